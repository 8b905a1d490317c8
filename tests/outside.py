"""What is outside the machine, and so is played in tests: DNS, and the clock."""

import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp.abc import AbstractResolver, ResolveResult

from fedi_k12.context import utc_now


class FakeResolver(AbstractResolver):
    """DNS for the tests: names lead to fake servers on loopback, nothing else resolves."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.addresses: dict[str, list[str]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.ports and host not in self.addresses:
            raise OSError(f"no such host in the tests: {host}")
        return [
            {
                "hostname": host,
                "host": address,
                "port": self.ports.get(host, port),
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self.addresses.get(host, ["127.0.0.1"])
        ]

    async def close(self) -> None:
        pass


@dataclass
class Clock:
    """The machine's clock, which tests can put forward."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.offset

    def advance(self, **amount: float) -> None:
        self.offset += timedelta(**amount)
