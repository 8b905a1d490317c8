"""What each test would otherwise do anew, or leave behind: thousands of servers are started.

A server opens engines of its own, and each would compile every statement anew; aiohttp
remembers the last thousand applications, and Python looks through all of them again and again
for what can be thrown away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web_app
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

import storage.db
from storage.inline import InlineSQLite

_compiled: dict[type[Dialect], Any] = {}


def forget_application() -> None:
    """Let go of what aiohttp remembers of an application whose test is over."""
    web_app._cached_build_middleware.cache_clear()


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a kind share what they compile."""
    create = storage.db.create_async_engine

    def sharing(*args: Any, **options: Any) -> AsyncEngine:
        engine = create(*args, **options)
        sync = engine.sync_engine
        sync._compiled_cache = _compiled.setdefault(type(sync.dialect), sync._compiled_cache)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.db, "create_async_engine", sharing)
        for dialect in (InlineSQLite, PGDialect_asyncpg):
            # What is compiled is kept by dialect, and each engine has one of its own.
            patch.setattr(dialect, "__hash__", lambda self: hash(type(self)))
            patch.setattr(dialect, "__eq__", lambda self, other: type(self) is type(other))
        yield
