"""The lock of a SQLite file: begin to write once no other process does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

LOCK_SECONDS = 5.0
"""So long a write waits for another process that writes to the SQLite file."""
LOCK_PAUSE = 0.02


@asynccontextmanager
async def begun(connection: AsyncConnection) -> AsyncIterator[None]:
    """Hold a transaction, begun once nobody else writes to the file.

    Raises `OperationalError` if another process holds it for `LOCK_SECONDS`.
    """
    ends = monotonic() + LOCK_SECONDS
    async with AsyncExitStack() as stack:
        while True:
            try:
                await stack.enter_async_context(connection.begin())  # type: ignore[unused-awaitable]  # it is entered
                break
            except OperationalError as error:
                if "locked" not in str(error.orig) or monotonic() > ends:
                    raise
            await asyncio.sleep(LOCK_PAUSE)
        yield
