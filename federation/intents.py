"""Where somebody of another server goes on with something that they saw here (FEP-3b86)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from federation.vocab.values import objects
from federation.webfinger import asked_for
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.people import parse_handle
from fedi_k12.domain.urls import host_of, parse_remote_url
from fedi_k12.guard import FetchError

INTENTS = "https://w3id.org/fep/3b86/"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
MAX_LINKS = 100
_NOWHERE = "That server does not say where it takes what you found elsewhere."


async def onward(ctx: Context, handle: str, *, intent: str, object_uri: str) -> str:
    """Return the address at the server of `handle` where its owner does `intent`.

    What its WebFinger offers for the intent, for looking at the thing, or the older way to
    follow. Only an address of the server that answered for the handle counts, over TLS: a
    link here leads nowhere else. Raises `InvalidError` for what is no handle of elsewhere,
    `NotFoundError` where nobody of that name is or nothing is offered.
    """
    if "@" not in handle.lstrip("@"):
        raise InvalidError("A handle of your server looks like @maya@lincoln.example.")
    parsed = parse_handle(handle, own_hosts=ctx.settings.own_hosts)
    if parsed.host is None:
        return f"/intents/{intent.lower()}?object={quote(object_uri, safe='')}"
    answer = await asked_for(ctx, parsed)
    if answer.status != HTTPStatus.OK:
        raise NotFoundError(_NOWHERE)
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise FetchError("That server's answer cannot be read.", reason="form") from error
    links = document.get("links") if isinstance(document, Mapping) else None
    templates: dict[str, str] = {}
    for link in objects(links, limit=MAX_LINKS):
        rel, template = link.get("rel"), link.get("template")
        if isinstance(rel, str) and isinstance(template, str):
            templates.setdefault(rel, template)
    for rel in (f"{INTENTS}{intent}", f"{INTENTS}Object", SUBSCRIBE):
        if rel in templates:
            filled = _filled(templates[rel], object_uri)
            if filled and _is_theirs(ctx, filled, {parsed.host, host_of(answer.url)}):
                return filled
    raise NotFoundError(_NOWHERE)


def _filled(template: str, object_uri: str) -> str:
    """Return the template with the thing put in and every other blank left empty."""
    found, rest = "", template
    named = False
    while "{" in rest:
        before, _, after = rest.partition("{")
        name, _, rest = after.partition("}")
        named = named or name in {"object", "uri"}
        found += before + (quote(object_uri, safe="") if name in {"object", "uri"} else "")
    return found + rest if named else ""


def _is_theirs(ctx: Context, url: str, hosts: set[str]) -> bool:
    try:
        parsed = parse_remote_url(url)
    except InvalidError:
        return False
    safe = parsed.scheme == "https" or bool(ctx.settings.private_networks)
    return safe and parsed.raw_authority in hosts
