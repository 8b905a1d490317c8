"""Queries of the public copies of records."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import RecordBodyRow, RecordRedactionRow, RecordRow


async def of(session: AsyncSession, seqs: Sequence[int]) -> dict[int, list[RecordRedactionRow]]:
    """Return the redactions of these records, the oldest first: the last one's copy counts."""
    rows = await session.scalars(
        select(RecordRedactionRow)
        .where(RecordRedactionRow.seq.in_(seqs))
        .order_by(RecordRedactionRow.id)
    )
    found: dict[int, list[RecordRedactionRow]] = {}
    for row in rows:
        found.setdefault(row.seq, []).append(row)
    return found


async def redacted(session: AsyncSession) -> set[int]:
    """Return the numbers of the records that have a public copy."""
    return set(await session.scalars(select(RecordRedactionRow.seq).distinct()))


async def beside(
    session: AsyncSession, *, account_id: int, ids: Sequence[str], limit: int
) -> list[tuple[int, bytes]]:
    """Return (number, bytes) of an account's records about these things or in their thread."""
    rows = await session.execute(
        select(RecordRow.seq, RecordBodyRow.body)
        .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
        .where(
            RecordRow.account_id == account_id,
            or_(RecordRow.thread.in_(ids), RecordRow.object_id.in_(ids)),
        )
        .order_by(RecordRow.seq.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
