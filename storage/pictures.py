"""Other servers' pictures that stand in texts here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.pictures import picture_key
from storage.tables import PictureRow

_picture: Table = PictureRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table


async def remember(
    session: AsyncSession,
    pictures: Iterable[tuple[str, str, bool]],
    *,
    now: datetime,
) -> None:
    """Remember pictures as (address, host that shows it, small); known ones stay."""
    rows: dict[str, dict[str, Any]] = {}
    for url, host, small in pictures:
        key = picture_key(url)
        rows[key] = {
            "key": key,
            "url": url,
            "host": host,
            "small": small,
            "file": None,
            "size": 0,
            "created_at": now,
        }
    if not rows:
        return
    connection = await session.connection()
    insert: Any = (
        postgresql.insert(_picture)
        if connection.dialect.name == "postgresql"
        else sqlite.insert(_picture)
    )
    # In one order always: two writers must not wait for one another.
    ordered = [rows[key] for key in sorted(rows)]
    await connection.execute(insert.on_conflict_do_nothing(), ordered)
