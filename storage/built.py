"""Parameters of statements that are built once and sent many times.

Building a statement out of columns and conditions takes SQLAlchemy longer than SQLite needs to
answer it, and what it remembers of a statement it remembers with the object: so the statements
that every page asks stand as constants in their modules, or behind a cache, and what varies is
a parameter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BigInteger, BindParameter, Executable, Result, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import instance_state

from storage.inline_session import InlineSession
from storage.tables.base import UtcDateTime

R = TypeVar("R", bound=DeclarativeBase)


def number(name: str) -> BindParameter[int]:
    """Return a parameter that is an id."""
    return bindparam(name, type_=BigInteger)


def several(name: str) -> BindParameter[Any]:
    """Return a parameter that is a list, for `column.in_()`."""
    return bindparam(name, expanding=True)


def moment(name: str) -> BindParameter[datetime]:
    """Return a parameter that is a moment."""
    return bindparam(name, type_=UtcDateTime())


async def columns(
    session: AsyncSession, statement: Executable, given: Mapping[str, object]
) -> Result[*tuple[Any, ...]]:
    """Return rows of columns, which need nothing of the session but its transaction.

    What waits to be written is written first, as the session does before it reads.
    """
    if isinstance(session, InlineSession):
        connection = await session.asked_past()
    else:
        if session.autoflush:
            await session.flush()
        connection = await session.connection()
    return await connection.execute(statement, given)


def held(session: AsyncSession, kind: type[R], key: int) -> R | None:
    """Return the row of this key that the session holds as it is, or None: ask the store.

    A session holds what somebody holds: rows that nobody refers to any more are let go.
    """
    found: R | None = session.sync_session.identity_map.get((kind, (key,), None))
    if found is None or (state := instance_state(found)).expired or state.expired_attributes:
        return None
    return found
