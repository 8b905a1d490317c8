"""A server of tests that treats a person who goes away as the one at work does."""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


class Serving(TestServer):
    """aiohttp's own one stops what it does for whoever hangs up; `fedi-k12 serve` goes on.

    Stopped in between, a file that a thread has just opened has nobody who closes it.
    """

    async def _make_runner(self, **kwargs: Any) -> web.BaseRunner:
        return await super()._make_runner(**{**kwargs, "handler_cancellation": False})
