"""Families ask that a post or picture be taken down, and see what became of it (R-33).

One click hides it while somebody decides. What is removed is deleted like any post: other
servers are asked to delete it, too, and the case says honestly which of them confirmed.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id, new_token
from fedi_k12.domain.mail_jobs import SendTakeDownNews
from fedi_k12.domain.news import PostChanged
from fedi_k12.domain.people import normalise_email
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.take_downs import MAX_WORDS, Asked, Server, TakeDown, checked
from fedi_k12.domain.take_downs import next_working_day as due
from fedi_k12.domain.words import words as said
from fedi_k12.services import (
    deletions,
    moderation,
    notifications,
    officials,
    posts,
    records,
    site,
    views,
)
from storage import jobs, take_downs
from storage import posts as post_rows
from storage.db import tell_after_commit
from storage.tables import PostRow, TakeDownRow

PAGE = 50
CALM = timedelta(hours=1)
"""So long after a removal its mail waits, so that it can say which servers confirmed."""
_NOT_FOUND = "There is nothing here that you may see."


async def ask(
    session: AsyncSession, *, asked: Asked, own_hosts: Collection[str], now: datetime
) -> tuple[int, str]:
    """Make a case of what somebody asks; return its number and the key to see how it stands.

    What is asked is not looked up for whoever asks: nobody learns by it what is here. Raises
    `InvalidError` with a sentence for each field that is wrong.
    """
    asked = checked(asked)
    email = normalise_email(asked.email) if asked.email else ""
    row = TakeDownRow(
        id=new_id(),
        key=new_token(),
        asked_at=now,
        due_at=due(now, await site.zone(session)),
        place=asked.place,
        who=asked.who,
        words=asked.words,
        email=email,
        locale=asked.locale,
    )
    session.add(row)
    found = await take_downs.post_at(session, asked.place, own_hosts=own_hosts)
    if found is not None:
        _name(row, found)
    await session.flush()
    await _note(session, None, "asked to be taken down", row, now=now)
    await _tell_moderators(session, row, now=now)
    return row.id, row.key


async def status(session: AsyncSession, *, number: int, key: str, now: datetime) -> TakeDown:
    """Return how a case stands, to whoever has its key."""
    row = await take_downs.by_id(session, number)
    if row is None or not secrets.compare_digest(row.key.encode(), key.encode()):
        raise NotFoundError(_NOT_FOUND)
    return (await _views(session, [row], now=now))[0]


async def listed(session: AsyncSession, *, actor: Actor, now: datetime) -> list[TakeDown]:
    """Return cases to moderators, those that wait first, by when they are due."""
    _demand(actor)
    rows = await take_downs.listed(session, limit=PAGE)
    return await _views(session, rows, staff=True, now=now)


async def one(session: AsyncSession, *, actor: Actor, number: int, now: datetime) -> TakeDown:
    """Return a case to moderators, with the post as it is."""
    _demand(actor)
    row = await take_downs.by_id(session, number)
    if row is None:
        raise NotFoundError(_NOT_FOUND)
    return (await _views(session, [row], staff=True, servers=True, now=now))[0]


async def name_post(
    session: AsyncSession,
    *,
    actor: Actor,
    number: int,
    place: str,
    own_hosts: Collection[str],
    now: datetime,
) -> None:
    """Say which post a case is about, where its address did not say it."""
    row = await _open(session, actor, number)
    found = await take_downs.post_at(session, place.strip(), own_hosts=own_hosts)
    if found is None:
        raise InvalidError(
            "There is no post at this address.", fields={"place": "is not known here"}
        )
    if row.held_at is not None:
        raise ConflictError("Something is hidden for this case already. Show it again first.")
    _name(row, found)
    await session.flush()
    del now


async def hide(session: AsyncSession, *, actor: Actor, number: int, now: datetime) -> None:
    """Hide the post at once, from everybody but its author, until somebody decides."""
    row = await _open(session, actor, number)
    post = await _post(session, row)
    if row.held_at is not None:
        return
    row.held_at, row.hides = now, post.removed_at is None
    if row.hides:
        post.removed_at = now
        _changed(session, post)
    await session.flush()
    await _did(session, actor, "hid a post that a family asked about", row, now=now)
    await _mail(session, row, now=now)


async def show(session: AsyncSession, *, actor: Actor, number: int, now: datetime) -> None:
    """Show the post again before it is decided."""
    row = await _open(session, actor, number)
    if row.held_at is not None:
        await _release(session, row)
        await _did(session, actor, "showed a post again", row, now=now)


async def keep(
    session: AsyncSession, *, actor: Actor, number: int, words: str, now: datetime
) -> None:
    """Leave the post where it is; whoever asked is told why."""
    row = await _open(session, actor, number)
    row.answer = _short(words)
    if not row.answer:
        raise InvalidError("Say why it stays.", fields={"words": "can't be blank"})
    if row.held_at is not None:
        await _release(session, row)
    await _decide(session, actor, row, "kept", now=now)
    await _mail(session, row, now=now)


async def remove(
    session: AsyncSession, *, actor: Actor, number: int, words: str, now: datetime
) -> None:
    """Delete the post here, and have every server that got it asked to delete it, too.

    What is of another server stays hidden here for good: only that server can delete it.
    """
    row = await _open(session, actor, number)
    post = await _post(session, row)
    row.answer = _short(words)
    if post.local:
        row.told = not post.local_only
        author = Actor(post.account_id, actor.member_id, actor.role)
        if await officials.is_official(session, post.account_id):
            author = Actor(
                post.account_id,
                actor.member_id,
                actor.role,
                Delegation(DelegateRole.MANAGER),
            )
        await posts.delete(session, actor=author, post_id=post.id, now=now, keep_media=False)
    else:
        post.removed_at = post.removed_at or now
        _changed(session, post)
    row.held_at = row.held_at or now
    await _decide(session, actor, row, "removed", now=now)
    await _mail(session, row, now=now, due_at=now + CALM if row.told else now)


async def news(
    session: AsyncSession, *, number: int, now: datetime
) -> tuple[str, str, TakeDown]:
    """Return to whom a mail goes, in which language, and how the case stands.

    The address is empty where nobody is to be told.
    """
    row = await take_downs.by_id(session, number)
    if row is None:
        raise NotFoundError(_NOT_FOUND)
    return row.email, row.locale, (await _views(session, [row], now=now))[0]


async def note_told(session: AsyncSession, *, number: int) -> None:
    """Erase the address of whoever asked, once the answer was sent."""
    row = await take_downs.by_id(session, number)
    if row is not None and row.state != "open":
        row.email = ""
        await session.flush()


async def write_down(session: AsyncSession, *, before: datetime) -> None:
    """Write the numbers down of what was removed before a moment: their log is forgotten."""
    for row in await take_downs.not_final(session, before=before):
        servers = await _servers(session, row)
        row.asked, row.confirmed = len(servers), _confirmed(servers)
        row.email = ""
    await session.flush()


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.HANDLE_REPORTS)
    if actor.delegation is not None or not decision.allowed:
        raise ForbiddenError(decision.why or _NOT_FOUND)


async def _open(session: AsyncSession, actor: Actor, number: int) -> TakeDownRow:
    _demand(actor)
    row = await take_downs.by_id(session, number)
    if row is None:
        raise NotFoundError(_NOT_FOUND)
    if row.state != "open":
        raise ConflictError("This was decided already. Look at it again.")
    return row


async def _post(session: AsyncSession, row: TakeDownRow) -> PostRow:
    post = await post_rows.by_id(session, row.post_id or 0)
    if post is None:
        raise InvalidError("Say first which post it is.", fields={"place": "is not known here"})
    return post


def _name(row: TakeDownRow, post: PostRow) -> None:
    row.post_id, row.post_uri, row.author_id = post.id, post.uri, post.account_id


async def _release(session: AsyncSession, row: TakeDownRow) -> None:
    """Show a post again that this case hides, unless another case does so, too."""
    post = await post_rows.by_id(session, row.post_id or 0)
    row.held_at = None
    if not row.hides:
        return
    row.hides = False
    other = await take_downs.holding(session, row.post_id or 0, but=row.id)
    if other is not None:
        other.hides = True
    elif post is not None:
        post.removed_at = None
        _changed(session, post)
    await session.flush()


def _changed(session: AsyncSession, post: PostRow) -> None:
    post.version += 1
    tell_after_commit(session, PostChanged(post.id))


async def _decide(
    session: AsyncSession, actor: Actor, row: TakeDownRow, state: str, *, now: datetime
) -> None:
    row.state, row.decided_at, row.decided_by = state, now, actor.member_id
    await session.flush()
    did = {"removed": "removed a post for a family", "kept": "left a post where it was"}
    await _did(session, actor, did[state], row, now=now)


async def _did(
    session: AsyncSession, actor: Actor, action: str, row: TakeDownRow, *, now: datetime
) -> None:
    """Keep what was done, in the log of staff and in the records of an official account."""
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("take-down", str(row.id)),
        detail={"post": row.post_uri},
        now=now,
    )
    await _note(session, actor, action, row, now=now)


async def _note(
    session: AsyncSession, actor: Actor | None, kind: str, row: TakeDownRow, *, now: datetime
) -> None:
    if row.author_id is None or not await officials.is_official(session, row.author_id):
        return
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[row.author_id],
        object_id=row.post_uri,
        now=now,
        detail={"case": str(row.id), "who": row.who, "answer": row.answer},
    )


async def _mail(
    session: AsyncSession, row: TakeDownRow, *, now: datetime, due_at: datetime | None = None
) -> None:
    if row.email:
        job = SendTakeDownNews(row.id, cause=f"take-down-{new_id()}")
        await jobs.enqueue(session, job, now=now, due_at=due_at)


async def _tell_moderators(session: AsyncSession, row: TakeDownRow, *, now: datetime) -> None:
    """Tell everybody who handles reports; without a post it is nobody's but their own."""
    detail = {"take_down_id": str(row.id)}
    for number in await notifications.staff_for(session, Action.HANDLE_REPORTS):
        notice = notifications.Notice(
            number, "take_down", row.author_id or number, None, detail
        )
        await notifications.notify_many(session, [notice], now=now)


async def _servers(session: AsyncSession, row: TakeDownRow) -> tuple[Server, ...]:
    if row.state != "removed" or not row.told:
        return ()
    found = await deletions.servers(session, uri=row.post_uri)
    return tuple(Server(one.host, one.state) for one in found)


def _confirmed(servers: Sequence[Server]) -> int:
    return sum(one.state == "taken" for one in servers)


def _short(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > MAX_WORDS:
        raise InvalidError(
            said("Please say it in %(num)d letters.", num=MAX_WORDS),
            fields={"words": "is too long"},
        )
    return text


async def _views(
    session: AsyncSession,
    rows: Sequence[TakeDownRow],
    *,
    staff: bool = False,
    servers: bool = True,
    now: datetime,
) -> list[TakeDown]:
    """Return cases as they are shown; the servers that were asked where there is one alone."""
    shown = {}
    if staff:
        ids = [row.post_id for row in rows if row.post_id]
        found = await views.reported_views(session, ids)
        shown = {view.id: view for view in found}
    alone = servers and len(rows) == 1
    result = []
    for row in rows:
        asked = await _servers(session, row) if alone and row.asked is None else ()
        result.append(
            TakeDown(
                id=row.id,
                key=row.key,
                place=row.place,
                who=row.who,
                words=row.words,
                asked_at=row.asked_at,
                due_at=row.due_at,
                held_at=row.held_at,
                state=row.state,
                decided_at=row.decided_at,
                answer=row.answer,
                told=row.told,
                servers=asked,
                asked=len(asked) if row.asked is None else row.asked,
                confirmed=_confirmed(asked) if row.confirmed is None else row.confirmed,
                late=row.state == "open" and row.held_at is None and now > row.due_at,
                post=shown.get(row.post_id or 0),
                mail=bool(row.email),
            )
        )
    return result
