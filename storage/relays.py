"""Queries about relays."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import RelayRow


async def by_id(session: AsyncSession, relay_id: int) -> RelayRow | None:
    """Return a relay."""
    return await session.get(RelayRow, relay_id)


async def by_address(session: AsyncSession, address: str) -> RelayRow | None:
    """Return the relay at an address."""
    found: RelayRow | None = await session.scalar(
        select(RelayRow).where(RelayRow.address == address)
    )
    return found


async def every(session: AsyncSession) -> list[RelayRow]:
    """Return all relays, the oldest first."""
    return list(await session.scalars(select(RelayRow).order_by(RelayRow.id)))


async def accepted(session: AsyncSession) -> list[RelayRow]:
    """Return the relays that take and send."""
    return list(await session.scalars(select(RelayRow).where(RelayRow.state == "accepted")))


async def of_host(session: AsyncSession, host: str) -> list[RelayRow]:
    """Return the relays that are on a host."""
    return list(await session.scalars(select(RelayRow).where(RelayRow.host == host)))
