"""Bring the store to the form this release wants.

Alembic is loaded only when there is something to do: it is large, and most starts need none.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fedi_k12.domain.errors import UnavailableError
from fedi_k12.domain.writes import EVERYTHING
from storage.db import is_sqlite, open_engine
from storage.wire import WRITTEN

_MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = max(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The newest revision: files are named by theirs."""

_LOCK = 7_239_175_044
"""An advisory lock on PostgreSQL, so that two processes starting together take turns."""


async def upgrade(url: str) -> bool:
    """Migrate the database at `url` to `HEAD`; return whether anything was done.

    Raises `UnavailableError` for a store that a newer release has written.
    """
    engine = open_engine(url, writer=True)
    try:
        async with engine.begin() as connection:
            if not is_sqlite(url):
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            at = await current(connection)
            if at == HEAD:
                return False
            if at is not None and at > HEAD:
                raise UnavailableError(
                    f"The store is of revision {at}, this release knows {HEAD}. "
                    "Start the release that wrote it, or restore a backup."
                )
            await connection.run_sync(to, HEAD)
            if not is_sqlite(url):
                # Processes that run on meanwhile cannot know what it changed.
                words = {"channel": WRITTEN, "words": f"migration {EVERYTHING}"}
                await connection.execute(text("SELECT pg_notify(:channel, :words)"), words)
            return True
    finally:
        await engine.dispose()


async def current(connection: AsyncConnection) -> str | None:
    """Return the store's revision, or None for an empty one."""

    def look(sync: Connection) -> str | None:
        if not inspect(sync).has_table("alembic_version"):
            return None
        return sync.execute(text("SELECT version_num FROM alembic_version")).scalar()

    return await connection.run_sync(look)


def to(connection: Connection, revision: str) -> None:
    """Bring the store forward to a revision that this release knows."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
