"""Which hosts we talk to: asked on every hop out, and of everybody who comes in."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.hosts import HostDecision
from fedi_k12.domain.urls import host_of
from fedi_k12.services.moderation import decision_for, decisions_for
from fedi_k12.web.remembered import Remembered
from fedi_k12.web.shelf import kept

Way = Literal["asked", "taken from"]
"""A host may be one that is asked and sent to, but whose letters are not taken."""


class _Decisions(Remembered[str, HostDecision]):
    """What was decided about hosts: asked on every hop."""

    ONLY = frozenset({"host_policy"})
    SIZE = 10_000


def host_check(ctx: Context) -> Callable[[str], Awaitable[None]]:
    """Return what the one HTTP client asks before it dials: raises for refused hosts."""

    async def check(host: str) -> None:
        await demand(ctx, host)

    return check


async def decide(ctx: Context, host: str) -> HostDecision:
    """Return whether we talk with `host`, and how far; nothing is decided about ourselves."""
    if host in ctx.settings.own_hosts:
        return HostDecision(allowed=True)
    decisions = kept(ctx, _Decisions)
    if (found := decisions.get(ctx, host)) is not None:
        return found
    as_of = decisions.as_of(ctx)
    async with ctx.read() as session:
        made = await decision_for(session, host, mode=ctx.settings.federation)
    decisions.put(ctx, host, made, as_of=as_of)
    return made


def is_allowed(ctx: Context, host: str) -> bool:
    """Return whether it is remembered that we talk with `host`; False may mean anything."""
    found = kept(ctx, _Decisions).get(ctx, host)
    return found is not None and found.allowed


async def demand(ctx: Context, host: str, *, way: Way = "asked") -> None:
    """Raise `ForbiddenError` for a host that we do not talk to (FED-34)."""
    decision = await decide(ctx, host)
    _demand_allowed(decision, host)
    if way == "taken from" and not decision.takes:
        raise ForbiddenError(f"This server takes nothing from {host}.")


async def demand_within(ctx: Context, session: AsyncSession, host: str) -> None:
    """Raise `ForbiddenError` as `demand` does, asked in a transaction that is under way."""
    if host in ctx.settings.own_hosts:
        return
    decision = await decision_for(session, host, mode=ctx.settings.federation)
    _demand_allowed(decision, host)


async def demand_all(ctx: Context, *addresses: str | None) -> None:
    """Raise `ForbiddenError` if the host of any of these ids is refused."""
    for host in dict.fromkeys(host_of(address) for address in addresses if address):
        await demand(ctx, host)


async def refused_among(ctx: Context, session: AsyncSession, names: Iterable[str]) -> set[str]:
    """Return which of these hosts we take nothing from, asked in one query."""
    wanted = {name for name in names if name}
    if not wanted:
        return set()
    found = await decisions_for(session, wanted, mode=ctx.settings.federation)
    return {name for name, it in found.items() if not (it.allowed and it.takes)}


async def reachable(
    ctx: Context, inboxes: Sequence[tuple[str, str]], *, private: bool = False
) -> list[tuple[str, str]]:
    """Return the (inbox, host) pairs that something may be sent to.

    `private`: a letter, or for followers alone: not for hosts that are known to leak.
    """
    found = await _decide_all(ctx, {host for _inbox, host in inboxes})
    return [
        (inbox, host)
        for inbox, host in inboxes
        if found[host].allowed
        and found[host].sends
        and not (private and found[host].no_followers_only)
    ]


def _demand_allowed(decision: HostDecision, host: str) -> None:
    if not decision.allowed:
        raise ForbiddenError(f"This server does not talk with {host}. {decision.why}".strip())


async def _decide_all(ctx: Context, hosts: Collection[str]) -> Mapping[str, HostDecision]:
    """Return whether we talk with each of these hosts, asked in one query at most."""
    decisions = kept(ctx, _Decisions)
    found = {host: known for host in hosts if (known := decisions.get(ctx, host)) is not None}
    unknown = [host for host in hosts if host not in found]
    if unknown:
        as_of = decisions.as_of(ctx)
        async with ctx.read() as session:
            made = await decisions_for(session, unknown, mode=ctx.settings.federation)
        for host, decision in made.items():
            decisions.put(ctx, host, decision, as_of=as_of)
        found |= made
    return found
