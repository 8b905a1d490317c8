"""Posts of this server: published, edited, deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import delete as delete_rows
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import text
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.approvals import Choices, Consent
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import id_for
from fedi_k12.domain.jobs import FederateDeletion
from fedi_k12.domain.news import PostChanged
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MAX_MEDIA, Draft, MediaEdit, PostSource, PostView, Visibility
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.text import clean_line
from fedi_k12.services import (
    access,
    approvals,
    attaching,
    backfill,
    cards,
    class_rules,
    deletions,
    desk,
    forgetting,
    gates,
    group_posts,
    holding,
    notifications,
    polls,
    post_history,
    quotes,
    records,
    replies,
    submissions,
    tag_posts,
    timelines,
    views,
    wording,
)
from fedi_k12.services.notifications import Notice
from fedi_k12.services.views import Fresh
from storage import accounts, conversations, follows, jobs, post_writes, posts, reactions
from storage import timelines as timeline_rows
from storage.db import tell_after_commit
from storage.search_words import put_first_words, put_words
from storage.tables import AccountRow, IdempotencyRow, MediaRow, PostRow

MAX_CHARACTERS, MAX_ARTICLE, MAX_TITLE = 5000, 100_000, 150
"""The longest post; the instance documents announce it."""
IDEMPOTENCY_KEPT = timedelta(hours=1)
NEW_POST = Paper()


async def publish(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: Draft,
    addresses: Addresses,
    now: datetime,
    hold_seconds: int = 0,
    paper: Paper = NEW_POST,
    fresh: Fresh | None = None,
) -> int:
    """Publish a post and return its id; everything that follows from it is in the same write.

    Other servers are told `hold_seconds` later: until then it can be taken back (`holding`).
    The same idempotency key within an hour returns the first post. Raises `InvalidError` for
    an empty or too long one, `NotFoundError` where what it answers may not be seen, and
    `SavedForApprovalError` where a second person reads it first: `paper` says as what it is
    kept, or that somebody did. `fresh` is given the view of a post that has words and hashtags.
    """
    if draft.idempotency_key and (
        done := await _already(session, actor, draft.idempotency_key, now)
    ):
        return done
    author = await _author(session, actor)
    gate = await gates.to_publish(session, actor, draft, hold_seconds=hold_seconds, now=now)
    sent_at = now + timedelta(seconds=gate.hold_seconds)
    check_words(draft)
    parent = await _parent(session, actor, draft.in_reply_to_id)
    held = await replies.waits(session, author, parent, draft, now=now) if parent else None
    quoted = await quotes.to_quote(session, actor=actor, account=author, draft=draft)
    media = await attaching.of_draft(session, actor, author, draft, given=paper.given)
    written = await wording.worded(session, draft, addresses)
    group, draft = await group_posts.place(
        session, author=author, draft=draft, named=written.named, parent=parent, now=now
    )
    policy = await approvals.chosen(session, actor, draft, in_group=group is not None)
    if gate.needs_approval and not paper.given:
        await submissions.hold(session, actor=actor, draft=draft, paper=paper, now=now)
    post_id = id_for(now)
    uri = addresses.post(author.username, post_id)
    near = (parent, quoted.row if quoted is not None else None)
    local_only = await class_rules.stays_here(session, actor, draft, *near)
    link = cards.link_of(draft, written.html, addresses)
    post = {
        "id": post_id,
        "uri": uri,
        "url": addresses.post_page(author.username, post_id),
        "account_id": author.id,
        "local": True,
        "kind": wording.kind_of(draft, in_group=group is not None),
        "group_id": group.id if group is not None else None,
        "title": clean_line(draft.title, MAX_TITLE),
        "visibility": draft.visibility.value,
        "local_only": local_only,
        "content": written.html,
        "content_map": dict(written.versions) or None,
        "source": draft.text,
        "source_type": draft.content_type,
        "summary": draft.summary,
        "sensitive": draft.sensitive or bool(draft.summary and not draft.title),
        "language": written.language,
        "emojis": list(written.emojis),
        "extra": wording.extra_of(draft),
        "in_reply_to_id": parent.id if parent is not None else None,
        "in_reply_to_account_id": parent.account_id if parent is not None else None,
        "thread_id": parent.thread_id if parent is not None else post_id,
        "context_uri": parent.context_uri if parent else addresses.context(post_id),
        "conversation": parent.conversation if parent else None,
        "quote_of_id": quoted.row.id if quoted is not None else None,
        "quote_of_uri": quoted.row.uri if quoted is not None else None,
        "quote_state": Consent.PENDING.value if quoted is not None else None,
        "reply_state": held.state if held else None,
        "waits_at": held.at if held else None,
        "interaction_policy": policy.stored(),
        "application_id": draft.application_id,
        "posted_by": draft.posted_by,
        "author_member_id": actor.member_id,
        "card_url": link,
        "created_at": now,
        "received_at": now,
    }
    hidden = [n for n in draft.hidden_ids if n not in {row.id for row in written.named}]
    tags = await _store(session, post, draft, written, media, hidden, now=now)
    await post_writes.count_post(session, author, posted_at=now)
    if held:
        await timeline_rows.put_home(session, [(author.id, post_id)])
    else:
        if parent is not None:
            await post_writes.count_replies(session, [parent.id], step=1)
        await _spread(session, author, post_id, draft, parent, written, now=now)
    if group is not None and not held:
        await group_posts.stand(
            session, group=group, post_id=post_id, begins=parent is None, now=now
        )
    if not local_only and not held:
        await _send(session, post_id, uri, sent_at, now=now)
    row = await posts.by_id(session, post_id) if quoted or parent else None
    if row is not None:
        when = {"now": now, "sent_at": sent_at}
        await _tell_near(session, row, author, parent, quoted, waiting=held, **when)
    if draft.idempotency_key:
        await post_writes.claim_key(
            session,
            account_id=actor.account_id,
            key=draft.idempotency_key,
            post_id=post_id,
            now=now,
        )
    named = [*(one.id for one in written.named), *hidden]
    if row is not None or named or gate.official or actor.delegation is not None:
        await desk.note_new(session, actor, post_id, named=named, near=row, now=now)
    if fresh is not None and not (row or named or group or media or draft.poll or link):
        fresh.view = await views.view_of_new(session, post, author, tags, viewer=actor)
    return post_id


async def check(
    session: AsyncSession, *, actor: Actor, draft: Draft, now: datetime
) -> Sequence[MediaRow]:
    """Return the pictures of a draft that could be published; raise what `publish` would."""
    author = await _author(session, actor)
    await gates.to_publish(session, actor, draft, now=now)
    check_words(draft)
    await _parent(session, actor, draft.in_reply_to_id)
    unused = await attaching.unattached(session, actor, draft.media_ids)
    return attaching.for_everybody(author, unused)


async def edit(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    draft: Draft,
    media_edits: Sequence[MediaEdit] = (),
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> int:
    """Change how a post of the actor's reads; keep how it read before. Return its id.

    Who may see it stays, as does what it answers. Media that the draft leaves out are taken
    away. Raises `SavedForApprovalError` as `publish` does.
    """
    row = await _own_post(session, actor, post_id)
    gate = await gates.to_change(session, actor, row, draft, now=now)
    check_words(draft)
    written = await wording.worded(session, draft, addresses)
    kept = (await posts.media_of(session, [row.id])).get(row.id, [])
    added = [number for number in draft.media_ids if number not in {m.id for m in kept}]
    fresh = await attaching.unattached(session, actor, added)
    if gate.needs_approval and not (paper and paper.given):
        detail = {"media_edits": msgspec.to_builtins(list(media_edits))}
        asked = paper or Paper("edit", row.id, detail)
        shown = replace(draft, visibility=Visibility(row.visibility))
        await submissions.hold(session, actor=actor, draft=shown, paper=asked, now=now)
    await post_history.remember(session, row, kept, actor)
    row.content, row.source = written.html, draft.text
    row.content_map = dict(written.versions) or None
    row.source_type, row.summary = draft.content_type, draft.summary
    row.sensitive = draft.sensitive or bool(draft.summary and not draft.title)
    if row.kind in {"Note", "Article", "Page"}:
        row.kind = wording.kind_of(draft, in_group=row.group_id is not None)
        row.title = clean_line(draft.title, MAX_TITLE)
    row.language, row.emojis = written.language, list(written.emojis)
    row.extra = wording.extra_of(draft)
    row.edited_at = now
    row.interaction_policy = approvals.anew(actor, row, draft.choices).stored()
    row.version += 1
    await session.flush()
    await attaching.rearrange(
        session,
        row.id,
        draft.media_ids,
        {m.id: m for m in [*kept, *fresh]},
        checked=draft.checked,
        now=now,
    )
    await attaching.describe(session, await _author(session, actor), row.id, media_edits)
    narrow = replace(draft, visibility=Visibility(row.visibility))
    await cards.attach_own(session, row.id, narrow, written.html, addresses, now=now)
    newly = await wording.name_anew(session, row.id, written.named)
    await post_writes.remove_tags(session, row.id)
    await wording.give_tags(session, row.id, written.tags, now=now)
    if draft.poll is not None:
        row.kind = "Question"
        await polls.ask_anew(session, row.id, draft.poll, now=now)
    await put_words(session, [row.id])
    await conversations.put(session, [row.id])
    await desk.take_in(session, newly and [row.id], now=now)
    told = [Notice(number, "mention", actor.account_id, row.id) for number in newly]
    boosters = await reactions.local_boosters(session, row.id)
    told += [Notice(number, "update", actor.account_id, row.id) for number in boosters]
    await notifications.notify_many(session, told, now=now)
    await quotes.tell_of_edit(session, row, now=now)
    tell_after_commit(session, PostChanged(row.id))
    await holding.tell_of_edit(session, row, now=now)
    due_at = await holding.held_until(session, row.id)
    await tag_posts.consider(session, row.id, due_at=due_at, now=now)
    await records.note_post(session, kind="Update", actor=actor, post_id=row.id, now=now)
    return row.id


async def set_policy(
    session: AsyncSession, *, actor: Actor, post_id: int, choices: Choices, now: datetime
) -> None:
    """Change who may answer, quote or pass on a post of the actor's; what is there stays."""
    row = await _own_post(session, actor, post_id)
    await gates.to_change(session, actor, row, now=now)
    approvals.demand_own(actor, choices)
    row.interaction_policy = approvals.anew(actor, row, choices).stored()
    row.version += 1
    await session.flush()
    await holding.tell_of_edit(session, row, anew=True, now=now)


async def delete(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    now: datetime,
    keep_media: bool = True,
) -> None:
    """Delete a post of the actor's and tell those who got it.

    Its pictures stay the actor's, unattached, so that it can be written anew, unless
    `keep_media` is false.
    """
    row = await _own_post(session, actor, post_id)
    await gates.to_take_back(session, actor, row, now=now)
    author = await _author(session, actor)
    await records.note_post(session, kind="Delete", actor=actor, post_id=row.id, now=now)
    told = not row.local_only and not await holding.withdraw(session, row)
    await deletions.begin(session, row, actor=actor, told=told, now=now)
    if told:
        concerned = await reactions.concerned_by(session, row.id)
        if row.in_reply_to_account_id is not None:
            concerned.add(row.in_reply_to_account_id)
        if row.group_id is not None:
            concerned.add(row.group_id)
        concerned.discard(author.id)
        await jobs.enqueue(
            session,
            FederateDeletion(
                account_id=author.id,
                uri=row.uri,
                visibility=row.visibility,
                former_type=row.kind,
                account_ids=sorted(concerned),
                group_id=row.group_id,
            ),
            now=now,
            about=row.uri,
        )
    own_media = MediaRow.post_id == row.id
    if keep_media:
        # Its author writes it anew: the day after which uploads are forgotten begins again.
        await session.execute(update(MediaRow).where(own_media).values(created_at=now))
    else:
        await session.execute(delete_rows(MediaRow).where(own_media))
    await forgetting.forget(session, row, author=author, now=now)


async def source(session: AsyncSession, *, actor: Actor, post_id: int) -> PostSource:
    """Return what the actor wrote, for editing."""
    row = await _own_post(session, actor, post_id)
    return PostSource(
        row.id,
        row.source or "",
        row.summary,
        row.source_type,
        row.title,
        approvals.policy_of(row),
    )


async def own_post_view(session: AsyncSession, *, actor: Actor, post_id: int) -> PostView:
    """Return a post of the actor's as shown, or raise `NotFoundError` for another's."""
    row = await _own_post(session, actor, post_id)
    return await views.post_view(session, row.id, viewer=actor)


async def _author(session: AsyncSession, actor: Actor) -> AccountRow:
    row = await accounts.by_id(session, actor.account_id)
    if row is None or not row.is_local or row.deleted_at is not None:
        raise NotFoundError("Record not found")
    if row.suspended_at is not None:
        raise ForbiddenError("This account is suspended and cannot post.")
    return row


async def _own_post(session: AsyncSession, actor: Actor, post_id: int) -> PostRow:
    row = await posts.by_id(session, post_id)
    if row is None or row.account_id != actor.account_id or row.boost_of_id is not None:
        raise NotFoundError("Record not found")
    return row


async def _already(session: AsyncSession, actor: Actor, key: str, now: datetime) -> int | None:
    row = await session.get(IdempotencyRow, (actor.account_id, key))
    if row is None:
        return await submissions.already(session, actor, key, now=now)
    if now - row.created_at < IDEMPOTENCY_KEPT and await posts.by_id(session, row.post_id):
        return row.post_id
    await session.delete(row)
    await session.flush()
    return None


def check_words(draft: Draft) -> None:
    """Raise `InvalidError` for a draft that nobody could publish as it reads."""
    has_media = bool(draft.media_ids)
    if not draft.text.strip() and not has_media:
        raise InvalidError(
            "Validation failed: Text can't be blank", fields={"status": "can't be blank"}
        )
    length = text.count_characters(draft.text) + text.count_characters(draft.summary)
    most = MAX_ARTICLE if draft.title else MAX_CHARACTERS
    if length > most:
        raise InvalidError(
            f"Validation failed: Text character limit of {most} exceeded",
            fields={"status": f"is {length - most} characters too long"},
        )
    if draft.title and draft.poll is not None:
        raise InvalidError("Validation failed: An article cannot ask a question")
    if "\x00" in draft.text or "\x00" in draft.summary:
        raise InvalidError("Validation failed: Text contains a null character")
    if len(draft.media_ids) > MAX_MEDIA:
        raise InvalidError(f"Validation failed: Cannot attach more than {MAX_MEDIA} files")
    if draft.poll is not None:
        if has_media:
            raise InvalidError("Validation failed: Cannot attach both a poll and media")
        polls.check(draft.poll)


async def _store(
    session: AsyncSession,
    post: Mapping[str, Any],
    draft: Draft,
    written: wording.Written,
    media: Sequence[MediaRow],
    hidden: Sequence[int],
    *,
    now: datetime,
) -> list[tuple[str, str]]:
    """Store a new post with its parts; return its hashtags as they are shown."""
    post_id = post["id"]
    await post_writes.insert_posts(session, [post])
    await attaching.attach(session, post_id, media, checked=draft.checked, now=now)
    await wording.name_people(session, post_id, written.named)
    await wording.address_secretly(session, post_id, hidden)
    tags = await wording.give_tags(session, post_id, written.tags, now=now)
    if draft.poll is not None:
        await polls.ask(session, post_id, draft.poll, now=now)
    await cards.look_at(session, post["card_url"], now=now)
    await put_first_words(
        session,
        [post],
        media=[(post_id, one.kind, one.alt) for one in media],
        answers=[(post_id, title) for title in (draft.poll.options if draft.poll else ())],
    )
    return tags


async def _send(
    session: AsyncSession, post_id: int, uri: str, due_at: datetime, *, now: datetime
) -> None:
    """Have other servers told of a post, and hashtags' accounts pass it on, when it is time."""
    await holding.send_at(session, post_id, uri=uri, due_at=due_at, now=now)
    await tag_posts.consider(session, post_id, due_at=due_at, now=now)


async def _tell_near(
    session: AsyncSession,
    row: PostRow,
    author: AccountRow,
    parent: PostRow | None,
    quoted: quotes.Quoted | None,
    *,
    waiting: replies.Waits | None,
    sent_at: datetime,
    now: datetime,
) -> None:
    """Let those know of a new post whom it answers or quotes."""
    when = {"now": now, "sent_at": sent_at}
    if quoted is not None:
        await quotes.ask(session, post=row, account=author, quoted=quoted, **when)
    if parent is None:
        return
    await replies.answered(
        session, post=row, account=author, parent=parent, waiting=waiting, **when
    )
    if not parent.local:
        # Whoever takes part wants to read the rest, too.
        await backfill.begin_later(session, post=parent, now=now)


async def _parent(session: AsyncSession, actor: Actor, parent_id: int | None) -> PostRow | None:
    if parent_id is None:
        return None
    row = await access.post_for(session, parent_id, viewer=actor)
    if row.boost_of_id is not None:
        row = await access.post_for(session, row.boost_of_id, viewer=actor)
    if (row.extra or {}).get("closed"):
        raise InvalidError("Validation failed: Its author takes no answers to this")
    return row


async def _spread(
    session: AsyncSession,
    author: AccountRow,
    post_id: int,
    draft: Draft,
    parent: PostRow | None,
    written: wording.Written,
    *,
    now: datetime,
) -> None:
    """Put the post into home timelines and tell the people it names."""
    named = tuple(row.id for row in written.named if row.is_local)
    await timeline_rows.put_home(session, [(author.id, post_id)])
    arrival = timelines.Arrival(
        post_id=post_id,
        author_id=author.id,
        visibility=draft.visibility,
        reply_to_author_id=parent.account_id if parent is not None else None,
        named_ids=tuple(number for number in named if number != author.id),
        tagged=bool(written.tags),
        language=written.language,
    )
    await timelines.fan_out(session, [arrival])
    told = [Notice(n, "mention", author.id, post_id) for n in (*named, *draft.hidden_ids)]
    if draft.visibility is not Visibility.DIRECT and parent is None:
        watching = await follows.watching(session, author.id)
        told += [Notice(n, "status", author.id, post_id) for n in watching if n not in named]
    await notifications.notify_many(session, told, now=now)
