"""Doing what one line of an import asks for, through the same services as everybody."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.jobs import CarryOutImport
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.portability import Entry
from fedi_k12.services import acting, follows, links, lists, reactions
from fedi_k12.services.portability import entry_of
from storage import accounts, jobs
from storage import follows as follow_queries
from storage import portability as queries
from storage.tables import ImportLineRow, ImportRow, MemberRow

PAUSE = timedelta(seconds=5)
"""Between two pieces, so that nobody is flooded."""
AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""When a server is asked again that did not answer, or a follow that was not yet accepted."""


class Piece(Struct, frozen=True):
    """What is to be done of an import now, and by whom."""

    actor: Actor
    kind: str
    lines: tuple[tuple[int, str, Entry], ...]
    """(id, `add` or `remove`, what)."""


async def piece_of(
    session: AsyncSession, job: CarryOutImport, *, per_host: int, limit: int, now: datetime
) -> Piece | None:
    """Return what a job is to do, None for one that was done before or is no longer wanted."""
    row = await session.get(ImportRow, job.import_id)
    if row is None or row.state != "running" or row.piece != job.piece:
        return None
    member = await session.get(MemberRow, row.member_id)
    account = await accounts.by_id(session, row.account_id)
    gone = account is None or account.deleted_at or account.suspended_at
    if member is None or member.disabled_at is not None or gone:
        return None
    actor = await acting.actor_of(session, member, row.account_id)
    found = await queries.due_lines(session, row.id, per_host=per_host, limit=limit, now=now)
    return Piece(
        actor,
        row.kind,
        tuple((line.id, line.action, entry_of(line)) for line in found),
    )


async def end_piece(session: AsyncSession, job: CarryOutImport, *, now: datetime) -> None:
    """Note that a piece is done, and add the job for the next; the last ends the import."""
    row = await session.get(ImportRow, job.import_id, with_for_update=True)
    if row is None or row.state != "running" or row.piece != job.piece:
        return
    row.piece += 1
    due = await queries.next_due(session, row.id)
    if due is None:
        row.state, row.finished_at = "done", now
        return
    await session.flush()
    following = CarryOutImport(row.id, row.piece)
    await jobs.enqueue(session, following, now=now, due_at=max(due, now + PAUSE))


async def carry_out(
    session: AsyncSession,
    *,
    piece: Piece,
    line_id: int,
    target_id: int | None,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Do what a line asks for, and note that it is done, in one transaction.

    `target_id` is the account or post it is about, where it is about one. What somebody else
    has to agree to first is left for later; refusals of the services are raised.
    """
    line = await session.get(ImportLineRow, line_id, with_for_update=True)
    if line is None or line.state != "todo":
        return
    entry = entry_of(line)
    if line.action == "remove":
        await _remove(session, piece, entry, target_id, now=now)
    elif piece.kind == "domain_blocks":
        await follows.block_domain(session, actor=piece.actor, domain=entry.subject, now=now)
    elif piece.kind == "links":
        await links.add(
            session,
            actor=piece.actor,
            url=entry.subject,
            title=entry.title,
            note=entry.note,
            tags=entry.tags,
            added=entry.added,
            now=now,
        )
    elif target_id is None:
        raise NotFoundError("Nobody was found under that handle.")
    elif piece.kind == "lists":
        listed = await _put_on_list(
            session, piece.actor, entry, target_id, addresses=addresses, now=now
        )
        if not listed:
            _leave(line, "They have not accepted that you follow them yet.", now=now)
            return
    else:
        await _add(session, piece, entry, target_id, addresses=addresses, now=now)
    line.state, line.reason = "done", ""


async def note_failure(session: AsyncSession, *, line_id: int, why: str) -> None:
    """Note that a line cannot be done."""
    line = await session.get(ImportLineRow, line_id, with_for_update=True)
    if line is not None and line.state == "todo":
        line.state, line.reason = "failed", why[:500]


async def leave_host(
    session: AsyncSession, *, line_ids: Sequence[int], why: str, now: datetime
) -> None:
    """Leave a host that does not answer in peace: these lines, and all that ask it, wait."""
    for line_id in line_ids:
        line = await session.get(ImportLineRow, line_id, with_for_update=True)
        if line is not None and line.state == "todo":
            _leave(line, why, now=now)
            await session.flush()
            await queries.rest_host(session, line.import_id, line.host, until=now + AGAIN[0])


def _leave(line: ImportLineRow, why: str, *, now: datetime) -> None:
    """Leave a line for later; one that was left often enough has failed."""
    if line.attempts >= len(AGAIN):
        line.state, line.reason = "failed", why[:500]
    else:
        line.due_at = now + AGAIN[line.attempts]
        line.attempts += 1


async def _add(
    session: AsyncSession,
    piece: Piece,
    entry: Entry,
    target_id: int,
    *,
    addresses: Addresses,
    now: datetime,
) -> None:
    actor = piece.actor
    match piece.kind:
        case "following":
            await follows.follow(
                session,
                actor=actor,
                target_id=target_id,
                addresses=addresses,
                now=now,
                show_boosts=entry.show_boosts,
                notify=entry.notify,
                languages=list(entry.languages) or None,
            )
        case "blocks":
            await follows.block(
                session, actor=actor, target_id=target_id, addresses=addresses, now=now
            )
        case "mutes":
            hide = entry.hide_notifications is not False
            await follows.mute(
                session, actor=actor, target_id=target_id, notifications=hide, now=now
            )
        case _:
            await reactions.bookmark(session, actor=actor, post_id=target_id, now=now)


async def _put_on_list(
    session: AsyncSession,
    actor: Actor,
    entry: Entry,
    target_id: int,
    *,
    addresses: Addresses,
    now: datetime,
) -> bool:
    """Put an account on a list, which is made where there is none; who is on it is followed.

    False where the follow still has to be accepted.
    """
    if target_id != actor.account_id:
        follow = await follow_queries.between(session, actor.account_id, target_id)
        if follow is None:
            await follows.follow(
                session, actor=actor, target_id=target_id, addresses=addresses, now=now
            )
    found = await queries.lists_called(session, actor.account_id, entry.list_title)
    list_id = found[0].id if found else None
    if list_id is None:
        made = await lists.create(session, actor=actor, title=entry.list_title, now=now)
        list_id = made.id
    if await queries.on_list(session, list_id, target_id):
        return True
    own = target_id == actor.account_id
    if not own and not await follow_queries.is_following(session, actor.account_id, target_id):
        return False
    await lists.add(session, actor=actor, list_id=list_id, account_ids=[target_id])
    return True


async def _remove(
    session: AsyncSession,
    piece: Piece,
    entry: Entry,
    target_id: int | None,
    *,
    now: datetime,
) -> None:
    actor = piece.actor
    if piece.kind == "domain_blocks":
        await follows.unblock_domain(session, actor=actor, domain=entry.subject)
        return
    if piece.kind == "links":
        await links.forget(session, actor=actor, url=entry.subject)
        return
    if piece.kind == "lists":
        for row in await queries.lists_called(session, actor.account_id, entry.list_title):
            if not entry.subject:
                await lists.delete(session, actor=actor, list_id=row.id)
            elif target_id is not None:
                await lists.remove(
                    session, actor=actor, list_id=row.id, account_ids=[target_id]
                )
        return
    if target_id is None:
        return
    match piece.kind:
        case "following":
            await follows.unfollow(session, actor=actor, target_id=target_id, now=now)
        case "blocks":
            await follows.unblock(session, actor=actor, target_id=target_id, now=now)
        case "mutes":
            await follows.unmute(session, actor=actor, target_id=target_id, now=now)
        case _:
            await reactions.unbookmark(session, actor=actor, post_id=target_id)
