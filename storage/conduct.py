"""Queries about guides of conduct and who accepted them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.officials import stands
from storage.tables import DelegationRow, GuideAcceptanceRow, GuideRow


async def current(session: AsyncSession, account_id: int) -> GuideRow | None:
    """Return the newest guide that an account has of its own."""
    return await session.scalar(
        select(GuideRow)
        .where(GuideRow.account_id == account_id)
        .order_by(GuideRow.version.desc())
        .limit(1)
    )


async def acceptance(
    session: AsyncSession, account_id: int, member_id: int, version: int, digest: str
) -> GuideAcceptanceRow | None:
    """Return that a person accepted just this text, None where they did not."""
    return await session.scalar(
        select(GuideAcceptanceRow).where(
            GuideAcceptanceRow.account_id == account_id,
            GuideAcceptanceRow.member_id == member_id,
            GuideAcceptanceRow.version == version,
            GuideAcceptanceRow.digest == digest,
        )
    )


async def acceptances(session: AsyncSession, account_id: int) -> list[GuideAcceptanceRow]:
    """Return all that was ever accepted for an account, the newest first."""
    rows = await session.scalars(
        select(GuideAcceptanceRow)
        .where(GuideAcceptanceRow.account_id == account_id)
        .order_by(GuideAcceptanceRow.at.desc(), GuideAcceptanceRow.id.desc())
    )
    return list(rows)


async def still_to_accept(
    session: AsyncSession, account_id: int, version: int, digest: str
) -> list[str]:
    """Return the handles of who acts for an account now and did not accept this text."""
    done = select(GuideAcceptanceRow.member_id).where(
        GuideAcceptanceRow.account_id == account_id,
        GuideAcceptanceRow.version == version,
        GuideAcceptanceRow.digest == digest,
    )
    rows = await session.scalars(
        select(DelegationRow.handle)
        .where(
            DelegationRow.account_id == account_id,
            stands(),
            DelegationRow.member_id.not_in(done),
        )
        .order_by(DelegationRow.handle)
    )
    return list(rows)
