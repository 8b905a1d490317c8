"""Whether an account of another server may become another kind of actor."""

from sqlalchemy.ext.asyncio import AsyncSession

from storage import follows
from storage.tables import AccountRow

_SPEAKERS = {"Person", "Service", "Organization"}
"""Kinds that may become one another."""


async def kind_from_now(session: AsyncSession, row: AccountRow, named: str) -> str:
    """Return of which kind an account of elsewhere is, now that its document names this one.

    Persons, services and organizations may become one another. A group with members here stays
    one, and what somebody follows here does not become one: they agreed to something else.
    """
    both = {row.kind, named}
    if row.kind in {None, named} or both <= _SPEAKERS:
        return named
    if "Application" in both or await follows.has_local_follower(session, [row.id]):
        return row.kind
    return named
