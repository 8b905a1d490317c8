"""Floods: how much of what bothers people one actor, server, domain or network may send.

Counted before anything is stored. Who sends too much is told to wait (429); a domain that
speaks through very many subdomains at once, and that nobody here knows, is put on hold.
"""

import asyncio
import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

from msgspec import Struct, field

from federation.vocab import values
from federation.vocab.parse import Activity
from fedi_k12.context import Context
from fedi_k12.domain.errors import TooManyError
from fedi_k12.domain.registrable import registrable
from fedi_k12.domain.urls import host_of
from fedi_k12.services import first_contact

WINDOW = timedelta(minutes=10)
LIMITS: dict[str, tuple[int, int, int]] = {
    "mention": (60, 1200, 1800),
    "follow": (30, 600, 900),
    "flag": (20, 40, 60),
    "block": (20, 300, 450),
    "reaction": (300, 6000, 9000),
}
"""Per window, by kind: of one actor, one host, one registrable domain. A network (/24, /64)
may as much as a domain: several servers can share one."""
BURST_WINDOW = timedelta(seconds=5)
MAX_BURST = 150
"""Within a moment, of one host, of whatever kind: others keep their share beside it."""
HELD_SECONDS, MAX_HELD = 0.2, 64
MAX_SUBDOMAINS = 50
"""So many hosts of one unknown domain within a window are a flood (FED-107)."""
MAX_HANDED_ON = 600
"""Within a window, of one host: what it hands on that others wrote."""
MAX_BUCKETS = 50_000
_KINDS = {
    "Follow": "follow",
    "Join": "follow",
    "Flag": "flag",
    "Block": "block",
    "Like": "reaction",
    "EmojiReact": "reaction",
    "Dislike": "reaction",
    "Announce": "reaction",
}


class _Bucket(Struct):
    """What came within a window."""

    until: datetime
    count: int = 0
    hosts: set[str] = field(default_factory=set)


class Buckets:
    """Counts in memory; the least used are forgotten, so that a flood of names cannot grow."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._held = 0

    async def calm_down(self) -> None:
        """Let whoever sends too much wait for the answer: at once, they would send the next."""
        if self._held >= MAX_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(HELD_SECONDS)
        finally:
            self._held -= 1

    def take(
        self, key: str, cost: int, *, now: datetime, window: timedelta = WINDOW
    ) -> _Bucket:
        """Count `cost` for `key` and return what came within its window."""
        bucket = self._buckets.get(key)
        # A clock that went back must not make a window longer.
        if bucket is None or bucket.until <= now or bucket.until - now > window:
            bucket = self._buckets[key] = _Bucket(now + window)
            while len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.count += cost
        return bucket


async def demand_room(ctx: Context, buckets: Buckets, activity: Activity, source: str) -> None:
    """Raise `TooManyError` where an activity is one too many of those that bother people."""
    if not ctx.settings.rate_limits:
        return
    now = ctx.clock()
    host = host_of(activity.actor)
    domain = registrable(host)
    burst = buckets.take(f"burst {host}", 1, now=now, window=BURST_WINDOW)
    if burst.count > MAX_BURST:
        await buckets.calm_down()
        raise TooManyError("Too much at once.", retry_after=int(BURST_WINDOW.total_seconds()))
    seen = buckets.take(f"hosts {domain}", 1, now=now)
    if len(seen.hosts) <= MAX_SUBDOMAINS:
        seen.hosts.add(host)
        if len(seen.hosts) > MAX_SUBDOMAINS:
            why = f"More than {MAX_SUBDOMAINS} servers of this domain wrote within minutes."
            await ctx.write(first_contact.quarantine, domain=domain, why=why, now=now)
    kind, cost = _kind(ctx, activity)
    if not kind:
        return
    actor, of_host, of_domain = LIMITS[kind]
    network = _network(source)
    for who, limit in (
        (f"actor {activity.actor}", actor),
        (f"host {host}", of_host),
        (f"domain {domain}", of_domain),
        (f"network {network}", of_domain if network else 0),
    ):
        if limit and buckets.take(f"{kind} {who}", cost, now=now).count > limit:
            raise TooManyError(
                f"Too many activities of this kind ({kind}). Try again later.",
                retry_after=int(WINDOW.total_seconds()),
            )


def demand_patience(ctx: Context, buckets: Buckets, host: str) -> None:
    """Raise `TooManyError` where a server hands on too much that others wrote.

    For each we may have to ask yet another server who that is.
    """
    seen = buckets.take(f"handed on {host}", 1, now=ctx.clock())
    if ctx.settings.rate_limits and seen.count > MAX_HANDED_ON:
        raise TooManyError(
            "Too much that others wrote. Try again later.",
            retry_after=int(WINDOW.total_seconds()),
        )


def _kind(ctx: Context, activity: Activity) -> tuple[str, int]:
    """Return which kind of bother an activity is, and how many people it bothers here."""
    if activity.type == "Undo":
        # Cycles of doing and undoing count as what they undo (FED-79, FED-106).
        return _KINDS.get(activity.object_type, "follow"), 1
    if activity.type != "Create":
        return _KINDS.get(activity.type, ""), 1
    note = activity.object or {}
    ours = f"{ctx.addresses.base_url}/"
    named = {
        values.text(tag, "href")
        for tag in values.objects(note.get("tag"), limit=500)
        if "Mention" in values.types(tag)
    }
    people = sum(address.startswith(ours) for address in named)
    return ("mention", people) if people else ("", 0)


def _network(source: str) -> str:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return ""
    if address.is_loopback:
        # A proxy that nobody told us of: all the world would be one network.
        return ""
    prefix = 24 if address.version == 4 else 64  # noqa: PLR2004 - what one customer has
    return str(ipaddress.ip_network((address, prefix), strict=False))
