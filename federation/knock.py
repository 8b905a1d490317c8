"""In which way to sign for which server: the one it takes, learnt by knocking.

Unknown servers get the older way (draft-cavage) first, since most know no other. One that
refuses it is asked again in the way of RFC 9421, which comes first where it was taken before,
or where the server says that it knows it (FEP-844e). Never otherwise: some servers answer a
signature that they cannot read with a stripped document and no error.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from federation.signing import CAVAGE, RFC9421, Signer, Way, signature_headers
from fedi_k12.context import Context
from fedi_k12.guard import Answer
from fedi_k12.web.shelf import Fresh, kept
from storage import hosts

LASTS = timedelta(days=30)
"""How long it is remembered what a server takes."""
SIGN_GETS = "sign_gets"
"""What the operator said of a server: it does not expire."""
_SIGNATURES, _QUERY = "signatures", "query"
Scheme = Literal["cavage", "rfc9421"]


class Habits(Struct, frozen=True):
    """What is known of a server: the way that it takes, and what it signs over."""

    scheme: Scheme | None = None
    refused_newer: bool = False
    """It refused RFC 9421, whatever it says of itself."""
    with_query: bool = True
    sign_gets: bool = True
    """False where the operator says that it chokes on signed fetches."""

    def ways(self, *, has_query: bool) -> list[Way]:
        """Return the ways to try, the likeliest first."""
        older = [CAVAGE]
        if has_query:
            other = replace(CAVAGE, with_query=False)
            older = [CAVAGE, other] if self.with_query else [other, CAVAGE]
        return [RFC9421, *older] if self.scheme == "rfc9421" else [*older, RFC9421]


class _Known(Fresh[str, Habits]):
    """What was read from the store a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=timedelta(minutes=1))


async def knock(ctx: Context, url: URL, ask: Callable[[Way], Awaitable[Answer]]) -> Answer:
    """Return what `ask` gets with the way that the server takes, and remember that way.

    At most one request for each way. A 400 says that the way is wrong only where none is
    known to be right: it may as well be about what was sent.
    """
    host = url.raw_authority.lower()
    habits = await habits_of(ctx, host)
    refusals = {HTTPStatus.UNAUTHORIZED}
    if habits.scheme is None:
        refusals.add(HTTPStatus.BAD_REQUEST)
    first, *others = habits.ways(has_query=bool(url.raw_query_string))
    answer, way = await ask(first), first
    for other in others:
        if answer.status not in refusals:
            break
        answer, way = await ask(other), other
    taken = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    if taken and URL(answer.url, encoded=True).raw_authority.lower() == host:
        newer_failed = first == RFC9421 and way != RFC9421
        await _learn(ctx, host, habits, way, newer_failed=newer_failed)
    return answer


def signs_gets(
    ctx: Context, signer: Signer, way: Way, host: str
) -> Callable[[str, URL], Awaitable[dict[str, str]]]:
    """Return what gives the signature headers of each hop of a GET to `host`.

    Where a hop leads to another server, that one gets the way that it takes.
    """

    async def headers(method: str, url: URL) -> dict[str, str]:
        there = url.raw_authority.lower()
        fits = way
        if there != host:
            known = await habits_of(ctx, there)
            fits = known.ways(has_query=bool(url.raw_query_string))[0]
        return signature_headers(signer, fits, method=method, url=url, now=ctx.clock())

    return headers


async def habits_of(ctx: Context, host: str) -> Habits:
    """Return what is known of a server."""
    known = kept(ctx, _Known)
    habits = known.get(host, now=ctx.clock())
    if habits is None:
        async with ctx.read() as session:
            found = await hosts.capabilities(session, host)
        habits = _read(found, ctx.clock())
        known.put(host, habits, now=ctx.clock())
    return habits


async def advertised(ctx: Context, host: str) -> None:
    """Remember that a server says it knows RFC 9421, unless it was seen to refuse it."""
    habits = await habits_of(ctx, host)
    if habits.scheme != "rfc9421" and not habits.refused_newer:
        await _remember(ctx, host, replace(habits, scheme="rfc9421"), {_SIGNATURES})


async def _learn(
    ctx: Context, host: str, habits: Habits, way: Way, *, newer_failed: bool
) -> None:
    scheme: Scheme = "rfc9421" if way == RFC9421 else "cavage"
    changed = set()
    if scheme != habits.scheme or newer_failed:
        changed.add(_SIGNATURES)
    if scheme == "cavage" and way.with_query != habits.with_query:
        changed.add(_QUERY)
    if changed:
        learnt = replace(
            habits,
            scheme=scheme,
            refused_newer=newer_failed or (habits.refused_newer and scheme == "cavage"),
            with_query=way.with_query if scheme == "cavage" else habits.with_query,
        )
        await _remember(ctx, host, learnt, changed)


async def _remember(ctx: Context, host: str, habits: Habits, changed: set[str]) -> None:
    at = ctx.clock().isoformat()
    parts: dict[str, dict[str, object]] = {
        _SIGNATURES: {
            "scheme": habits.scheme,
            "refused_newer": habits.refused_newer,
            "at": at,
        },
        _QUERY: {"signed": habits.with_query, "at": at},
    }
    kept(ctx, _Known).put(host, habits, now=ctx.clock())
    await ctx.write(hosts.learn, host, {name: parts[name] for name in changed}, now=ctx.clock())


def _read(found: dict[str, object], now: datetime) -> Habits:
    signatures, query = _fresh(found, _SIGNATURES, now), _fresh(found, _QUERY, now)
    scheme = signatures.get("scheme")
    return Habits(
        "rfc9421" if scheme == "rfc9421" else "cavage" if scheme == "cavage" else None,
        refused_newer=signatures.get("refused_newer") is True,
        with_query=query.get("signed") is not False,
        sign_gets=found.get(SIGN_GETS) is not False,
    )


def _fresh(found: dict[str, object], name: str, now: datetime) -> dict[str, object]:
    part = found.get(name)
    if not isinstance(part, dict):
        return {}
    at = datetime.fromisoformat(str(part["at"]))
    return part if at > now - LASTS else {}
