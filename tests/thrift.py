"""What each test would otherwise do anew, or leave behind: thousands of servers are started.

A server opens engines of its own, and each would compile every statement anew; aiohttp
remembers the last thousand applications, and Python looks through all of them again and again
for what can be thrown away. Seven hundred routes would be put up for each of them.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from aiohttp import web_app
from aiohttp.web_routedef import AbstractRouteDef
from aiohttp.web_urldispatcher import AbstractRoute, UrlDispatcher
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

import federation.routes
import fedi_k12.api.routes
import fedi_k12.oauth.routes
import storage.db
import webui.routes
from fedi_k12.web import media, ops
from storage.inline import InlineSQLite

FACES = (
    ops, federation.routes, fedi_k12.api.routes, fedi_k12.oauth.routes, media, webui.routes,
)  # fmt: skip
YOUNG = 10_000
"""So many new things are there before Python looks for garbage among them (usually 700)."""
_compiled: dict[type[Dialect], Any] = {}


def forget_application() -> None:
    """Let go of what aiohttp remembers of an application whose test is over."""
    web_app._cached_build_middleware.cache_clear()


@contextmanager
def errors_in_plain_words() -> Iterator[None]:
    """Let logs show where an error came from without a drawing of each variable in colors."""
    configured = structlog.get_config()
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*configured["processors"][:-1], plain])
    yield
    structlog.configure(**configured)


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


@contextmanager
def no_fear_of_power_cuts() -> Iterator[None]:
    """Let SQLite leave it to the machine when it writes to the disk: what it holds are tests.

    Servers that are processes of their own, as those that are killed, do as they always do.
    """
    assert "synchronous=FULL" in storage.db._PRAGMAS
    pragmas = tuple(
        "synchronous=OFF" if pragma == "synchronous=FULL" else pragma
        for pragma in storage.db._PRAGMAS
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.db, "_PRAGMAS", pragmas)
        yield


@contextmanager
def look_through_tests_only() -> Iterator[None]:
    """Let the search for garbage pass over what is loaded in here, and begin less often.

    Modules and tests are hundreds of thousands of things, and they stay to the end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, 10, 10)
        gc.enable()


@contextmanager
def routes_put_up_once() -> Iterator[None]:
    """Let all applications share the routes of the server.

    A route knows its handler and nothing of its application.
    """
    put_up = UrlDispatcher.add_routes
    ours = {id(module.ROUTES) for module in FACES}
    known: dict[tuple[int, ...], tuple[Any, ...]] = {}

    def add(self: Any, routes: Iterable[AbstractRouteDef]) -> list[AbstractRoute]:
        before = getattr(self, "_given", () if not self._resources else None)
        self._given = (
            None if before is None or id(routes) not in ours else (*before, id(routes))
        )
        if self._given is None:
            return put_up(self, routes)
        if self._given not in known:
            put_up(self, routes)
            known[self._given] = _state(self)
        resources, named, index = known[self._given]
        self._resources, self._named_resources = list(resources), dict(named)
        self._resource_index = {path: list(found) for path, found in index.items()}
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UrlDispatcher, "add_routes", add)
        yield


def _state(router: Any) -> tuple[Any, ...]:
    return router._resources, router._named_resources, router._resource_index
