"""What becomes of a post that an official account deletes, told honestly (S-47)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.services import officials, submissions, whereabouts
from fedi_k12.services.whereabouts import Arrival
from storage import accounts, deletions
from storage import officials as official_rows
from storage.tables import DeletionRow, PostRow

SHORT = 200
LISTED = 100
LOG_KEPT = whereabouts.KEPT - timedelta(days=2)
"""After so long the numbers are written down, before the log of deliveries is forgotten."""


class DeletionReport(Struct, frozen=True):
    """What was deleted, how many servers were asked to do the same, and how many said so."""

    id: int
    username: str
    said: str
    published_at: datetime
    deleted_at: datetime
    by: str
    told: bool
    """Whether any other server knew of it."""
    begun: bool
    """Whether the requests were made; before that nobody was asked yet."""
    asked: int
    confirmed: int
    waiting: int
    """So many are still tried."""
    arrivals: tuple[Arrival, ...] = ()
    """By server, while the delivery log is kept."""


async def begin(
    session: AsyncSession, row: PostRow, *, actor: Actor, told: bool, now: datetime
) -> None:
    """Keep that a post is deleted, where it is an official account's."""
    if not await officials.is_official(session, row.account_id):
        return
    person = await submissions.person_of(session, actor)
    words = " ".join(plain_text(row.title or row.summary or row.content).split())
    session.add(
        DeletionRow(
            id=row.id,
            account_id=row.account_id,
            uri=row.uri,
            said=short_text(words, SHORT) or "…",
            published_at=row.created_at,
            deleted_at=now,
            by=person.acct if person is not None else "",
            told=told,
        )
    )
    await session.flush()


async def report(session: AsyncSession, *, member_id: int, post_id: int) -> DeletionReport:
    """Return what became of a deleted post, to whoever acts for its account.

    The numbers are those of the delivery log (`whereabouts`), and grow with it.
    """
    row = await session.get(DeletionRow, post_id)
    held = (
        await official_rows.delegation(session, row.account_id, member_id)
        if row is not None
        else None
    )
    if row is None or held is None or held.paused_at is not None:
        raise NotFoundError("There is nothing here that you may see.")
    return await _report(session, row)


async def listed(session: AsyncSession, *, member_id: int) -> list[DeletionReport]:
    """Return what the accounts deleted that a person acts for now, the newest first."""
    held = [
        row.account_id
        for row, _ in await official_rows.held_by(session, member_id)
        if row.paused_at is None
    ]
    rows = await deletions.of_accounts(session, held, limit=LISTED)
    return [await _report(session, row) for row in rows]


async def write_down(session: AsyncSession, *, before: datetime) -> None:
    """Write the numbers down of what was deleted before a moment: their log is forgotten."""
    for row in await deletions.not_final(session, before=before):
        arrivals = await servers(session, uri=row.uri)
        row.asked, row.confirmed = len(arrivals), _confirmed(arrivals)
    await session.flush()


async def servers(session: AsyncSession, *, uri: str) -> tuple[Arrival, ...]:
    """Return which servers were asked to delete a post, and what each of them said."""
    found, _ = await whereabouts.arrivals(session, uri=uri)
    # A server that this one does not talk with was asked nothing.
    return tuple(one for one in found if one.state != "not sent")


async def _report(session: AsyncSession, row: DeletionRow) -> DeletionReport:
    account = await accounts.by_id(session, row.account_id)
    arrivals = await servers(session, uri=row.uri) if row.asked is None else ()
    states = Counter(one.state for one in arrivals)
    return DeletionReport(
        id=row.id,
        username=account.username if account is not None else "",
        said=row.said,
        published_at=row.published_at,
        deleted_at=row.deleted_at,
        by=row.by,
        told=row.told,
        begun=row.asked_at is not None,
        asked=len(arrivals) if row.asked is None else row.asked,
        confirmed=_confirmed(arrivals) if row.confirmed is None else row.confirmed,
        waiting=states["waiting"],
        arrivals=arrivals,
    )


def _confirmed(arrivals: Sequence[Arrival]) -> int:
    return sum(one.state == "taken" for one in arrivals)
