"""A server of tests that treats a person who goes away as the one at work does."""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from fedi_k12.web.front import Runner


class Serving(TestServer):
    """aiohttp's own one stops what it does for whoever hangs up; `fedi-k12 serve` goes on.

    Stopped in between, a file that a thread has just opened has nobody who closes it.
    """

    async def _make_runner(self, **kwargs: Any) -> web.BaseRunner:
        return Runner(self.app, **{**kwargs, "handler_cancellation": False})
