"""Refuse people and apps from networks that staff shut out; other servers come in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from fedi_k12.context import Context
from fedi_k12.domain.entry import Network, lies_in
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.news import NetworksChanged, News
from fedi_k12.services import entry, officials
from fedi_k12.web.errors import for_servers
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import remote_address

KEPT = timedelta(seconds=30)
"""So long a list is believed, should the news of a newer one be lost."""
_OPEN = ("/assets/", "/accent.css", "/media/", "/health", "/readyz", "/metrics", "/alerts")
"""What servers and monitors fetch from anywhere, and what may save a life."""


class ShutNetworks:
    """The networks from which nobody comes in, read again when staff decide otherwise."""

    def __init__(self) -> None:
        self._networks: list[tuple[Network, datetime | None]] = []
        self._read_at: datetime | None = None

    def heard(self, news: Sequence[News]) -> None:
        """Forget the list where it may be another by now."""
        if any(isinstance(one, NetworksChanged) for one in news):
            self._read_at = None

    async def hold(self, ctx: Context, address: str) -> bool:
        """Return whether nobody comes in from this address."""
        now = ctx.clock()
        if not self._is_fresh(now):
            # Before the store is asked: what changes meanwhile is heard of.
            self._read_at = now
            async with ctx.read() as session:
                self._networks = await entry.shut_out(session, now=now)
        return self._hold(address, now)

    def let_in(self, address: str, *, now: datetime) -> bool:
        """Return whether it is known that somebody comes in; False may mean anything."""
        return self._is_fresh(now) and not self._hold(address, now)

    def _is_fresh(self, now: datetime) -> bool:
        return self._read_at is not None and timedelta(0) <= now - self._read_at < KEPT

    def _hold(self, address: str, now: datetime) -> bool:
        held = [one for one, until in self._networks if until is None or until > now]
        return bool(held) and lies_in(address, held)


SHUT_NETWORKS = web.AppKey("SHUT_NETWORKS", ShutNetworks)


@web.middleware
async def entry_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse who comes from a network that staff shut out."""
    if not for_servers(request) and not request.path.startswith(_OPEN):
        shut = request.app[SHUT_NETWORKS]
        held = await shut.hold(request.app[CONTEXT], remote_address(request))
        if held and not await _reads_official(request):
            raise ForbiddenError("Nobody comes in here from your network.")
    return await handler(request)


async def _reads_official(request: web.Request) -> bool:
    """Return whether somebody reads the pages of an official account: nobody is kept (R-48)."""
    if request.method not in {"GET", "HEAD"} or not request.path.startswith("/@"):
        return False
    username = request.path[2:].partition("/")[0]
    async with request.app[CONTEXT].read() as session:
        return await officials.official_named(session, username)
