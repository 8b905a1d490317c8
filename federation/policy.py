"""Which hosts we talk to: asked on every hop out, and of everybody who comes in."""

from collections.abc import Awaitable, Callable

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.urls import host_of
from fedi_k12.services.moderation import HostDecision, decision_for


def host_check(ctx: Context) -> Callable[[str], Awaitable[None]]:
    """Return what the one HTTP client asks before it dials: raises for refused hosts."""

    async def check(host: str) -> None:
        await demand(ctx, host)

    return check


async def decide(ctx: Context, host: str) -> HostDecision:
    """Return whether we talk with `host`, and how far."""
    async with ctx.read() as session:
        return await decision_for(session, host, mode=ctx.settings.federation)


async def demand(ctx: Context, host: str) -> None:
    """Raise `ForbiddenError` for a host that we do not talk to (FED-34)."""
    decision = await decide(ctx, host)
    if not decision.allowed:
        raise ForbiddenError(f"This server does not talk with {host}. {decision.why}".strip())


async def demand_all(ctx: Context, *addresses: str) -> None:
    """Raise `ForbiddenError` if the host of any of these ids is refused."""
    for host in dict.fromkeys(host_of(address) for address in addresses if address):
        await demand(ctx, host)
