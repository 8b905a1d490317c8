"""Job: fetch what is missing of a thread, a part at a time (FEP-f228).

First the collections of the whole thread that its posts name, then the replies of each post
breadth first, and what is answered up to the first post. Each post is fetched from its own id
and judged as everything that is fetched: a list only says where to ask. What is known already
is asked for anew now and then, for its replies, its numbers, and whether it is still there.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import structlog

from federation.collect import Caps, Collected, read_collection
from federation.crawl import (
    MAX_EMBEDDED,
    MAX_HOSTS_OF_A_DOMAIN,
    MAX_PAGES,
    MAX_POSTS,
    MAX_REPLIES,
    Crawl,
    Task,
)
from federation.fetch import Budget, Fetched, fetch_document
from federation.policy import demand_all
from federation.resolve import take_in_post
from federation.vocab import values
from federation.vocab.counts import counts_in
from federation.vocab.note import NoteIn, parse_object
from federation.vocab.parse import ACTIVITIES
from federation.vocab.values import Json
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, GoneError, InvalidError, NotFoundError
from fedi_k12.domain.jobs import BackfillThread, GatherThread
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.urls import same_origin
from fedi_k12.guard import FetchError
from fedi_k12.services import backfill as services
from storage import posts, threads
from storage.tables import PostOriginRow, PostRow

AT_ONCE, AT_ONE_HOST = 4, 2
TASKS = 40
SLICE_SECONDS = 8.0
"""After so long a job makes room for other threads, and goes on later."""
TASK_SECONDS = 10.0
ACTORS = 40
"""New accounts that one part may bring."""
KNOWN = 1000
ANEW_AT_MOST = timedelta(hours=24)
_UNWRAPPED = 3
_log = structlog.get_logger("backfill")


async def gather_thread(ctx: Context, job: GatherThread) -> None:
    """Job: begin to fetch a thread that nobody looks at."""
    await ctx.write(services.begin, post_id=job.post_id, now=ctx.clock())


async def backfill_thread(ctx: Context, job: BackfillThread) -> None:
    """Job: fetch a part of what is missing of a thread, and come again for the rest."""
    async with ctx.read() as session:
        row = await threads.backfill(session, job.backfill_id)
    if row is None or row.finished_at is not None:
        return
    work = _Work(ctx, Crawl.load(row.progress), row.found)
    if not work.crawl.begun:
        await work.begin(row.thread_id, row.post_id)
    loop = asyncio.get_running_loop()
    ends = loop.time() + SLICE_SECONDS
    tasks = 0
    while not work.crawl.done and loop.time() < ends and tasks < TASKS:
        taken = work.crawl.take(AT_ONCE, of_one_host=AT_ONE_HOST)
        if not taken:
            break
        tasks += len(taken)
        await asyncio.gather(*(work.do(task) for task in taken))
    work.settle()
    await ctx.write(
        services.save,
        backfill_id=row.id,
        progress=work.crawl.dump(),
        found=work.found,
        done=work.crawl.done,
        now=ctx.clock(),
    )
    if work.crawl.done:
        _log.info("thread fetched", post_id=row.post_id, found=work.found)


class _Work:
    """One part of a thread's fetching."""

    def __init__(self, ctx: Context, crawl: Crawl, found: int) -> None:
        self._ctx = ctx
        self._own = ctx.addresses.base_url
        self.crawl = crawl
        self.found = found
        self._budget = Budget(
            actors=ACTORS, hosts=crawl.hosts, hosts_of_a_domain=MAX_HOSTS_OF_A_DOMAIN
        )

    async def begin(self, thread_id: int, post_id: int) -> None:
        """Put what is known of the thread into the queue: contexts first, then its posts."""
        async with self._ctx.read() as session:
            rows = await threads.thread_rows(session, thread_id, limit=KNOWN)
        # What was looked at goes first among the posts: its replies are waited for.
        rows.sort(key=lambda pair: (pair[0].id != thread_id, pair[0].id != post_id))
        for post, _origin in rows:
            if not post.local:
                self.crawl.add_context(post.context_uri, own=self._own)
        for post, origin in rows:
            if post.local or not self._is_due(post, origin):
                self.crawl.seen[post.uri] = None
            else:
                self.crawl.add(Task("post", post.uri))
        for post, _origin in rows:
            if post.in_reply_to_id is None and post.in_reply_to_uri:
                self.crawl.add(Task("up", post.in_reply_to_uri))

    def settle(self) -> None:
        """Count the accounts that this part asked for."""
        self.crawl.actors += ACTORS - max(self._budget.actors, 0)

    async def do(self, task: Task) -> None:
        """Do one thing; whatever goes wrong with it is that thing's alone."""
        try:
            async with asyncio.timeout(TASK_SECONDS):
                if task.kind in {"context", "replies"}:
                    await self._list(task)
                else:
                    await self._post(task)
        except TimeoutError:
            self.crawl.failed(task)
        except FetchError as error:
            if error.reason == "budget":
                self.crawl.again(task)
            elif not error.permanent:
                self.crawl.failed(task)
        except DomainError as error:
            _log.info("left out", uri=task.uri[:300], reason=str(error))

    async def _list(self, task: Task) -> None:
        await demand_all(self._ctx, task.uri)
        caps = Caps(
            items=MAX_POSTS if task.kind == "context" else MAX_REPLIES,
            pages=MAX_PAGES - self.crawl.pages,
            seconds=TASK_SECONDS - 1,
        )
        found = await read_collection(
            self._ctx, task.embedded or task.uri, of=task.of or task.uri, caps=caps
        )
        self.crawl.pages += found.fetches
        if task.kind == "context":
            self._history(found.document, task.uri)
            if found.whole:
                self.crawl.finished(task)
        self._add_items(found)

    def _add_items(self, found: Collected) -> None:
        for item in found.items:
            uri = _post_named(item)
            if uri and not same_origin(uri, self._own):
                self.crawl.add(Task("post", uri))

    def _history(self, document: Json, of: str) -> None:
        """Have the activities of a conversation read where a document names them (f228)."""
        uri = values.id_of(document.get("contextHistory"))
        if uri and same_origin(uri, of):
            self.crawl.add_context(uri, own=self._own)

    async def _post(self, task: Task) -> None:
        uri = task.uri
        async with self._ctx.read() as session:
            known = await posts.by_uri(session, uri)
            buried = known is None and await posts.tombstone(session, uri) is not None
        if buried or (known is not None and known.local):
            return
        await demand_all(self._ctx, uri)
        try:
            fetched = await fetch_document(self._ctx, uri)
        except (GoneError, NotFoundError) as error:
            await self._missing(uri, gone=isinstance(error, GoneError))
            return
        if "Tombstone" in values.types(fetched.document):
            await self._missing(uri, gone=True)
            return
        note = parse_object(fetched.document)
        if known is None and (note.is_vote or not self._belongs(task, note)):
            return
        row = await self._take_in(fetched, note, known)
        if row is None:
            return
        self._lead_on(fetched, note, row)

    async def _take_in(
        self, fetched: Fetched, note: NoteIn, known: PostRow | None
    ) -> PostRow | None:
        row = known
        since = (known.edited_at or known.created_at) if known is not None else None
        if since is None or (note.updated is not None and note.updated > since):
            row = await take_in_post(self._ctx, fetched, self._budget, known=known)
        if row is not None and known is None:
            self.found += 1
            self.crawl.posts += 1
        if row is not None:
            await self._ctx.write(
                services.note_counts,
                post_id=row.id,
                counts=counts_in(fetched.document),
                now=self._ctx.clock(),
                crawled=True,
            )
        return row

    def _lead_on(self, fetched: Fetched, note: NoteIn, row: PostRow) -> None:
        """Have fetched what a post leads to: its context, its replies, what it answers."""
        self.crawl.add_context(note.context, own=self._own)
        self._history(fetched.document, fetched.id)
        replies = fetched.document.get("replies")
        if replies and not self.crawl.told_all(fetched.id):
            link = values.id_of(replies) or f"{fetched.id}#replies"
            self.crawl.add(Task("replies", link, fetched.id, _small(replies)))
        if row.in_reply_to_id is None and row.in_reply_to_uri:
            self.crawl.add(Task("up", row.in_reply_to_uri))

    def _belongs(self, task: Task, note: NoteIn) -> bool:
        """Return whether a post is of this thread, not just of a list that says so.

        By what it answers, or by naming the same context; its first post answers nothing.
        """
        if task.kind == "up":
            return True
        if note.in_reply_to is not None and (
            note.in_reply_to in self.crawl.seen or same_origin(note.in_reply_to, self._own)
        ):
            return True
        return note.context is not None and note.context in self.crawl.contexts

    async def _missing(self, uri: str, *, gone: bool) -> None:
        await self._ctx.write(services.note_missing, uri=uri, gone=gone, now=self._ctx.clock())

    def _is_due(self, post: PostRow, origin: PostOriginRow | None) -> bool:
        """Return whether to ask for a known post again: the older it is, the more seldom."""
        if Visibility(post.visibility).breadth < Visibility.UNLISTED.breadth:
            return False
        if origin is None or origin.crawled_at is None:
            return True
        now = self._ctx.clock()
        pause = min(max((now - post.created_at) / 8, services.COOLDOWN), ANEW_AT_MOST)
        return now - origin.crawled_at >= pause


def _post_named(item: object) -> str:
    """Return the id of the post that an item of a list is about: also within activities."""
    for _depth in range(_UNWRAPPED):
        if not isinstance(item, Mapping) or not ACTIVITIES & set(values.types(item)):
            break
        item = item.get("object")
    uri = values.id_of(item)
    try:
        return values.remote_id(uri)
    except InvalidError:
        return ""


def _small(replies: object) -> Mapping[str, object] | None:
    """Return an embedded list if it is worth keeping until its turn."""
    if not isinstance(replies, Mapping) or not {"first", "items"} & set(replies):
        return None
    return replies if len(msgspec.json.encode(replies)) <= MAX_EMBEDDED else None
