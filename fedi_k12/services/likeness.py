"""Who could be taken for an official account of this district, found out once and kept (S-35).

Once: when an account of another server is learnt or bears another name, and for all of them
when there is an official account more or less, or one is called otherwise. Readers are told;
nothing else follows from it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.lookalikes import (
    Voice,
    Voices,
    bears_name,
    begins_with_label,
    claims_label,
    resembled,
    voices,
)
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.timed_jobs import CompareNames
from fedi_k12.domain.urls import host_of
from fedi_k12.domain.words import marked
from storage import jobs, officials
from storage.tables import AccountRow

BATCH = 500
"""So many accounts are compared in one transaction."""


async def compare(session: AsyncSession, rows: Sequence[AccountRow]) -> None:
    """Keep whom of ours each of these accounts of other servers could be taken for."""
    if not rows:
        return
    of = await _voices(session)
    for row in rows:
        _compare(row, of)


async def compare_all(session: AsyncSession, *, now: datetime) -> None:
    """Have every account of other servers compared anew, in the background."""
    await jobs.enqueue(session, CompareNames(), now=now, about="compare names")


async def compare_names(ctx: Context, job: CompareNames) -> None:
    """Job: compare the next accounts of other servers with those that speak for us."""
    await ctx.write(_compare_some, after=job.after, now=ctx.clock())


async def demand_own(
    session: AsyncSession, row: AccountRow, changes: ProfileChanges, *, now: datetime
) -> None:
    """Raise `InvalidError` where an account that is not official changes to pass for one.

    What it said before stays as it is: nobody is kept from saving a form. Where an official
    account gets another name, all others are compared with that.
    """
    name = changes.display_name if changes.display_name != row.display_name else None
    if await officials.official_among(session, [row.id]):
        if name is not None:
            await compare_all(session, now=now)
        return
    said = {(str(one["name"]), str(one.get("source", ""))) for one in row.fields}
    lines = [line for line in changes.fields or () if tuple(line) not in said]
    await demand_own_name(session, name, lines)


async def demand_own_name(
    session: AsyncSession, name: str | None, lines: Sequence[tuple[str, str]] = ()
) -> None:
    """Raise `InvalidError` where a member or a group would pass for an official account.

    In its name: that of an official account, or the words "official account". In the lines of
    a profile only what begins with these words: whoever looks after such an account may say so.
    """
    wrong = marked("That is what official accounts are called here. Choose another.")
    if name and (claims_label(name) or bears_name(name, await _voices(session)) is not None):
        raise InvalidError(wrong, fields={"display_name": wrong})
    for line in lines:
        if any(begins_with_label(part) for part in line):
            raise InvalidError(
                "Only the official accounts of this place say of themselves that they are.",
                fields={"fields": "is kept for official accounts"},
            )


async def _voices(session: AsyncSession) -> Voices:
    known = await officials.all_of_them(session)
    return voices(
        (Voice(row.id, row.username, row.display_name) for row in known),
        host=host_of(known[0].uri) if known else "",
    )


async def _compare_some(session: AsyncSession, *, after: int, now: datetime) -> None:
    of = await _voices(session)
    rows = list(
        await session.scalars(
            select(AccountRow)
            .where(
                AccountRow.domain != "", AccountRow.deleted_at.is_(None), AccountRow.id > after
            )
            .order_by(AccountRow.id)
            .limit(BATCH)
        )
    )
    for row in rows:
        _compare(row, of)
    if len(rows) == BATCH:
        await jobs.enqueue(
            session, CompareNames(rows[-1].id), now=now, about=f"compare names {rows[-1].id}"
        )
    await session.flush()


def _compare(row: AccountRow, of: Voices) -> None:
    found = resembled(row.username, row.display_name, row.domain, of)
    if found != row.resembles_id:
        row.resembles_id = found
        row.version = (row.version or 0) + 1
