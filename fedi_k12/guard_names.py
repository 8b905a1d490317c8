"""Looking up names of other servers: is it they who are gone, or our own resolver."""

import socket
from collections.abc import Callable, Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from fedi_k12.domain.troubles import Part, Troubles

_NOT_THEIRS = {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM}
"""No answer at all, where a name that nobody has is answered with EAI_NONAME."""
MANY = 3
"""So many different names that find no answer, and none that does, are no fault of theirs."""
_SENTENCE = (
    "The names of other servers cannot be looked up: nothing reaches them until the resolver "
    "of this machine answers again."
)


class Names:
    """Tells a resolver that does not answer from names that lead nowhere."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._unanswered: set[str] = set()

    def failed(self, host: str, error: OSError) -> None:
        """Note that a name was not found, whoever's fault it is."""
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, socket.gaierror):
            cause = cause.__cause__ or cause.__context__
        if cause is None or cause.errno not in _NOT_THEIRS:
            return
        if len(self._unanswered) < MANY:
            self._unanswered.add(host)
        if len(self._unanswered) >= MANY:
            self._troubles.begin(Part.NAMES, _SENTENCE)

    def found(self) -> None:
        """Note that a name was found: the resolver works."""
        if self._unanswered:
            self._unanswered.clear()
            self._troubles.end(Part.NAMES)


class GuardedResolver(AbstractResolver):
    """Resolves a name once and hands on only addresses that may be dialled (FED-44)."""

    def __init__(
        self,
        inner: AbstractResolver | None,
        fixed: Mapping[str, str],
        admit: Callable[[str, list[ResolveResult]], list[ResolveResult]],
        names: Names,
    ) -> None:
        self._names = names
        self._inner = inner
        self._fixed = fixed
        self._admit = admit

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host` that may be dialled."""
        if (place := self._fixed.get(host)) is not None:
            return self._admit(host, [_fixed(host, place, port)])
        if host == "localhost" or host.endswith(".localhost"):
            # RFC 6761: names of this very machine, whatever a DNS server would say.
            return self._admit(host, [_fixed(host, "127.0.0.1", port)])
        if self._inner is None:
            self._inner = aiohttp.ThreadedResolver()
        try:
            found = await self._inner.resolve(host, port, family)
        except OSError as error:
            self._names.failed(host, error)
            raise
        self._names.found()
        return self._admit(host, found)

    async def close(self) -> None:
        """Close the resolver inside."""
        if self._inner is not None:
            await self._inner.close()


def _fixed(host: str, place: str, port: int) -> ResolveResult:
    address, _, other = place.rpartition(":") if place.count(":") == 1 else (place, "", "")
    return {
        "hostname": host,
        "host": address,
        "port": int(other) if other else port,
        "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST,
    }
