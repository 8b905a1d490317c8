"""Open PostgreSQL: a pool of connections, each of which remembers what it is asked often."""

import os
from typing import Any

from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.trouble import connect_postgresql

CONNECTIONS = 16
"""So many a process opens, at most."""
SLOW_CONNECTIONS = 2
"""So many more, at most, for what takes long."""
STATEMENTS = 300
"""So many statements a connection keeps prepared: all that are asked often."""
PATIENCE = 6.0
"""Seconds in which there is a connection: who asks for one lets somebody wait, too."""
ANSWER_SECONDS = 12.0
"""A PostgreSQL that answers nothing for so long is as good as gone: frozen, or cut off."""


def open_postgresql(
    url: str, *, connections: int, answer_seconds: float | None = None
) -> AsyncEngine:
    """Return an engine for a PostgreSQL at `url`.

    A statement that takes longer than `answer_seconds` ends, as trouble of the store does.
    """
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_recycle=1800,
        pool_timeout=PATIENCE,
        connect_args={
            "async_creator_fn": connect_postgresql,
            "prepared_statement_cache_size": STATEMENTS,
            "command_timeout": answer_seconds,
            # Whoever looks at PostgreSQL sees which process asks.
            "server_settings": {"application_name": f"fedi-k12 {os.getpid()}"},
        },
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def still_there(connection: Any, _record: object, _proxy: object) -> None:
        # asyncpg knows when the other side has hung up: to ask would be three questions more.
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError("PostgreSQL has hung up.")

    @event.listens_for(engine.sync_engine, "handle_error")
    def silent(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, TimeoutError):
            # Nobody knows what becomes of what was asked: this connection asks nothing more.
            context.is_disconnect = True
            raise OperationalError(context.statement, None, error) from error

    return engine
