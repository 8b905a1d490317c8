"""Ask other servers who somebody is (RFC 7033), and check that names and ids agree.

After the SWICG report on ActivityPub and WebFinger, and FEP-2c59.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

from msgspec import Struct

from federation.fetch import is_activity_json
from federation.vocab.actor import ActorIn
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.people import Handle, parse_handle
from fedi_k12.domain.urls import host_of
from fedi_k12.guard import Answer, FetchError
from fedi_k12.web.shelf import Fresh, kept

MAX_JRD = 65_536
_LRDD = re.compile(
    r"<Link\b(?=[^>]*\brel=[\"']lrdd[\"'])[^>]*\btemplate=[\"']([^\"']{1,2048})[\"']",
    re.IGNORECASE,
)


class Finger(Struct, frozen=True):
    """What a server says of a handle: its canonical form, and the actor's id."""

    handle: Handle
    actor_uri: str


class Verified(Struct, frozen=True):
    """The handle to show for an actor; `ok` where name and id confirm each other."""

    username: str
    host: str
    ok: bool


class _Plain(Fresh[str, bool]):
    """Hosts of private networks that answered over plain http a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=1000, lasts=timedelta(minutes=1))


async def finger(ctx: Context, handle: Handle) -> Finger:
    """Return what the handle's server says of it.

    Raises `NotFoundError` where it knows nobody of that name, `FetchError` otherwise.
    """
    if handle.host is None:
        raise NotFoundError(f"{handle} is of this server.")
    answer = await _ask(ctx, handle)
    return _read(answer, handle)


async def asked_for(ctx: Context, handle: Handle) -> Answer:
    """Return the whole answer of a handle's server; raises as `finger` does."""
    return await _ask(ctx, handle)


async def verified(ctx: Context, actor: ActorIn) -> Verified:
    """Return the handle of an actor, checked both ways (FED-9, FED-10).

    What the check fails for is shown as of the host that its id is of, unverified.
    """
    host = host_of(actor.id)
    claimed = actor.webfinger or f"{actor.username}@{host}"
    unverified = Verified(actor.username, host, ok=False)
    try:
        handle = parse_handle(claimed, own_hosts=())
        found = await finger(ctx, handle)
        if found.actor_uri != actor.id:
            return unverified
        if found.handle != handle:
            again = await finger(ctx, found.handle)
            if again.actor_uri != actor.id or again.handle != found.handle:
                return unverified
    except DomainError:
        return unverified
    return Verified(found.handle.username, found.handle.host or host, ok=True)


async def _ask(ctx: Context, handle: Handle) -> Answer:
    """Return the answer; plain http is tried second, where private networks are allowed."""
    plain, host = kept(ctx, _Plain), str(handle.host)
    schemes = ("https", "http") if ctx.settings.private_networks else ("https",)
    if plain.get(host, now=ctx.clock()):
        schemes = schemes[::-1]
    failure: FetchError | None = None
    for scheme in schemes:
        base = f"{scheme}://{handle.host}"
        try:
            answer = await _get(ctx, f"{base}/.well-known/webfinger?resource={{uri}}", handle)
            if answer.status == HTTPStatus.NOT_FOUND:
                template = await _template(ctx, base)
                if template is not None:
                    answer = await _get(ctx, template, handle)
        except FetchError as error:
            failure = failure or error
            if error.reason not in {"tls", "connect", "http"}:
                break
            continue
        if scheme == "http":
            plain.put(host, True, now=ctx.clock())
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise NotFoundError(f"{handle.host} knows nobody called {handle}.")
        if answer.status != HTTPStatus.OK:
            raise FetchError(
                f"{handle.host} answered {answer.status} when asked for {handle}.",
                reason="status",
            )
        return answer
    raise failure or FetchError(f"{handle.host} cannot be reached.", reason="connect")


async def _get(ctx: Context, template: str, handle: Handle) -> Answer:
    resource = quote(f"acct:{handle.username}@{handle.host}", safe="")
    return await ctx.http.get(
        template.replace("{uri}", resource),
        headers={"Accept": "application/jrd+json, application/json"},
        max_bytes=MAX_JRD,
    )


async def _template(ctx: Context, base: str) -> str | None:
    """Return the template that host-meta (RFC 6415) names, where there is another."""
    answer = await ctx.http.get(f"{base}/.well-known/host-meta", max_bytes=MAX_JRD)
    if answer.status != HTTPStatus.OK:
        return None
    match = _LRDD.search(answer.body.decode("utf-8", "replace"))
    template = match[1].replace("&amp;", "&") if match else ""
    usual = f"{base}/.well-known/webfinger?resource={{uri}}"
    return template if "{uri}" in template and template != usual else None


def _read(answer: Answer, handle: Handle) -> Finger:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise FetchError(
            f"{handle.host}'s answer cannot be read.", reason="form", permanent=True
        ) from error
    if not isinstance(document, Mapping):
        raise FetchError(f"{handle.host}'s answer is empty.", reason="form", permanent=True)
    actor_uri = _self(document.get("links"))
    if actor_uri is None:
        raise FetchError(
            f"{handle} has no ActivityPub actor.", reason="no_actor", permanent=True
        )
    subject = document.get("subject")
    try:
        named = parse_handle(str(subject), own_hosts=()) if subject else handle
    except InvalidError:
        named = handle
    return Finger(named if named.host else handle, actor_uri)


def _self(links: object) -> str | None:
    for link in links if isinstance(links, list) else []:
        if (
            isinstance(link, Mapping)
            and link.get("rel") == "self"
            and is_activity_json(str(link.get("type", "")))
            and isinstance(link.get("href"), str)
        ):
            return str(link["href"])
    return None
