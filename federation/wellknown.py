"""Who is here and what speaks: WebFinger, host-meta and NodeInfo (FEP-f1d5)."""

import json
from html import escape

from aiohttp import web

from federation.fetch import AS_PROFILE
from federation.intents import INTENTS
from fedi_k12 import __version__
from fedi_k12.context import Context
from fedi_k12.domain.errors import GoneError, InvalidError, MalformedError, NotFoundError
from fedi_k12.domain.people import parse_handle
from fedi_k12.services import site
from fedi_k12.web.auth import from_servers
from fedi_k12.web.front import Ready, ready
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.remembered import TOLD, Remembered
from fedi_k12.web.shelf import kept
from fedi_k12.web.stats import site_stats
from storage import accounts
from storage.tables import AccountRow

FINGER = "/.well-known/webfinger"
MAX_RESOURCE = 2400
SOFTWARE = "fedi-k12"
_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
_AFTER = "on-success={on-success}&on-cancel={on-cancel}"
_INTENTS = (
    ("Follow", f"follow?object={{object}}&{_AFTER}"),
    ("Create", f"create?name={{name}}&content={{content}}&inReplyTo={{inReplyTo}}&{_AFTER}"),
    ("Like", f"like?object={{object}}&{_AFTER}"),
    ("Announce", f"announce?object={{object}}&{_AFTER}"),
    ("Object", "object?object={object}"),
)
"""What members do with what they found elsewhere: intent and address, with its blanks."""
_JRD = "application/jrd+json; charset=utf-8"


class _Fingers(Remembered[str, Ready]):
    """Answers that were found, by path and query as they came."""

    BUT = TOLD


@from_servers
async def webfinger(request: web.Request) -> web.StreamResponse:
    """Say who a handle, an id or a page stands for (RFC 7033)."""
    ctx = request.app[CONTEXT]
    if (known := ready_finger(ctx, request)) is not None:
        return known.response()
    resource = request.query.get("resource", "").strip()
    if not resource or len(resource) > MAX_RESOURCE:
        raise MalformedError("Name a resource, such as acct:name@host.")
    fingers = kept(ctx, _Fingers)
    as_of = fingers.as_of(ctx)
    row = await _find(ctx, resource)
    if row is None:
        raise NotFoundError("Nobody of that name is here.")
    if row.deleted_at is not None or row.suspended_at is not None:
        raise GoneError("This account is gone.")
    known = ready(
        ctx,
        route=FINGER,
        headers={"Content-Type": _JRD, "Cache-Control": "max-age=3600"},
        body=json.dumps(_jrd(ctx, row)).encode(),
    )
    fingers.put(ctx, request.raw_path, known, as_of=as_of)
    return known.response()


def ready_finger(ctx: Context, request: web.Request) -> Ready | None:
    """Return what WebFinger answers, where the same was asked for before."""
    return kept(ctx, _Fingers).get(ctx, request.raw_path)


@from_servers
async def host_meta(request: web.Request) -> web.StreamResponse:
    """Say where WebFinger is, as XRD (RFC 6415)."""
    template = escape(_finger_template(request.app[CONTEXT]))
    return web.Response(
        text='<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{template}"/>\n</XRD>\n',
        headers={"Content-Type": "application/xrd+xml; charset=utf-8"},
    )


@from_servers
async def host_meta_json(request: web.Request) -> web.StreamResponse:
    """Say where WebFinger is, as JRD."""
    link = {"rel": "lrdd", "template": _finger_template(request.app[CONTEXT])}
    return web.Response(text=json.dumps({"links": [link]}), headers={"Content-Type": _JRD})


@from_servers
async def nodeinfo_links(request: web.Request) -> web.StreamResponse:
    """Say where NodeInfo is and who speaks for the server (FEP-2677)."""
    ctx = request.app[CONTEXT]
    base = ctx.addresses.base_url
    links = [
        {"rel": f"{_SCHEMA}/{version}", "href": f"{base}/nodeinfo/{version}"}
        for version in ("2.1", "2.0")
    ]
    links.append(
        {
            "rel": "https://www.w3.org/ns/activitystreams#Application",
            "href": ctx.addresses.server_actor(),
        }
    )
    return web.json_response({"links": links})


@from_servers
async def nodeinfo(request: web.Request) -> web.StreamResponse:
    """Say what software this is, how big it is, and whom it talks with."""
    ctx = request.app[CONTEXT]
    version = request.match_info["version"]
    settings = ctx.settings
    async with ctx.read() as session:
        about = await site.site(
            session, name=settings.name, contact_email=settings.contact_email
        )
    joining = about.may_join(settings.registrations)
    stats = await site_stats(ctx)
    software: dict[str, str] = {"name": SOFTWARE, "version": __version__}
    if version == "2.1":
        software["homepage"] = ctx.addresses.base_url
    info = {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": joining == "open",
        "usage": {
            "users": {
                "total": stats.members,
                "activeMonth": stats.active_month,
                "activeHalfyear": stats.active_half_year,
            },
            "localPosts": stats.posts,
        },
        "metadata": {
            "nodeName": about.title,
            "nodeDescription": about.short_description,
            "staffAccounts": [about.contact.uri] if about.contact is not None else [],
            "federation": {
                "enabled": settings.federation != "off",
                "mode": settings.federation,
            },
            "accountActivationRequired": joining != "open",
        },
    }
    kind = f'application/json; profile="{_SCHEMA}/{version}#"; charset=utf-8'
    return web.Response(text=json.dumps(info), headers={"Content-Type": kind})


async def _find(ctx: Context, resource: str) -> AccountRow | None:
    """Return whom any of the usual ways to name somebody means."""
    if ctx.settings.federation == "off":
        return None
    addresses = ctx.addresses
    plain = resource.rstrip("/")
    name = f"{addresses.handle_domain.partition(':')[0]}@{addresses.handle_domain}"
    server = {
        addresses.base_url,
        _handle_base(ctx),
        addresses.server_actor(),
        f"acct:{name}",
        name,
    }
    async with ctx.read() as session:
        if plain in server:
            return await accounts.by_uri(session, addresses.server_actor())
        username = _username(ctx, plain)
        if username is None:
            return None
        row = await accounts.local_by_username(session, username)
    return row if row is not None and row.kind != "Application" else None


def _username(ctx: Context, resource: str) -> str | None:
    base = ctx.addresses.base_url
    for prefix in (f"{base}/users/", f"{base}/@", f"{_handle_base(ctx)}/@"):
        if resource.startswith(prefix):
            name = resource[len(prefix) :]
            return name if "/" not in name else None
    if "://" in resource:
        return None
    try:
        handle = parse_handle(resource, own_hosts=ctx.settings.own_hosts)
    except InvalidError:
        return None
    # Without a host it is no name that anybody could have been given.
    return handle.username if handle.host is None and "@" in resource.lstrip("@") else None


def _handle_base(ctx: Context) -> str:
    """Return where people look who know nothing but a handle."""
    return f"{ctx.settings.scheme}://{ctx.addresses.handle_domain}"


def _jrd(ctx: Context, row: AccountRow) -> dict[str, object]:
    addresses = ctx.addresses
    page = row.url or row.uri
    links: list[dict[str, str]] = [
        {"rel": "self", "type": "application/activity+json", "href": row.uri},
        {"rel": "self", "type": AS_PROFILE, "href": row.uri},
        {
            "rel": "http://webfinger.net/rel/profile-page",
            "type": "text/html",
            "href": page,
        },
        {
            "rel": "http://ostatus.org/schema/1.0/subscribe",
            "template": f"{addresses.base_url}/search?q={{uri}}",
        },
    ]
    if row.kind == "Application":
        links.append({"rel": "https://www.w3.org/ns/activitystreams#Service", "href": row.uri})
    else:
        links.append(
            {
                "rel": "http://webfinger.net/rel/avatar",
                "href": addresses.avatar(row.id, row.version),
            }
        )
        # FEP-3b86
        links += [
            {"rel": f"{INTENTS}{name}", "template": f"{addresses.base_url}/intents/{blanks}"}
            for name, blanks in _INTENTS
        ]
    return {
        "subject": f"acct:{row.username}@{addresses.handle_domain}",
        "aliases": list(dict.fromkeys([row.uri, page])),
        "links": links,
    }


def _finger_template(ctx: Context) -> str:
    return f"{ctx.addresses.base_url}/.well-known/webfinger?resource={{uri}}"
