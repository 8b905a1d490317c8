"""Queries about questions and who answered them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import PollOptionRow, PollRow, PollVoteRow


async def chosen(
    session: AsyncSession, poll_id: int, account_id: int, positions: Sequence[int]
) -> list[tuple[str, str, datetime]]:
    """Return (id of the vote, words, when) of an account's answers at these positions."""
    rows = await session.execute(
        select(PollVoteRow.uri, PollOptionRow.title, PollVoteRow.created_at)
        .join(
            PollOptionRow,
            (PollOptionRow.poll_id == PollVoteRow.poll_id)
            & (PollOptionRow.position == PollVoteRow.position),
        )
        .where(
            PollVoteRow.poll_id == poll_id,
            PollVoteRow.account_id == account_id,
            PollVoteRow.position.in_(positions),
        )
        .order_by(PollVoteRow.position)
    )
    return [(uri, title, at) for uri, title, at in rows if uri]


async def voters(session: AsyncSession, poll_id: int) -> set[int]:
    """Return who answered."""
    rows = await session.scalars(
        select(PollVoteRow.account_id).where(PollVoteRow.poll_id == poll_id).distinct()
    )
    return set(rows)


async def results_sent(session: AsyncSession, poll_id: int, *, now: datetime) -> None:
    """Remember that the results go out now."""
    await session.execute(
        update(PollRow).where(PollRow.id == poll_id).values(results_due=False, results_at=now)
    )
