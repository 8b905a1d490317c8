"""What this place is and promises: pages for everybody."""

from aiohttp import web

from fedi_k12 import __version__
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.hosts import obfuscated
from fedi_k12.services import moderation, officials, site, views
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import may_join, render

PAPERS = ("privacy", "terms")
_KEPT_OUT = ("suspend", "limit")


@public
async def about(request: web.Request) -> web.StreamResponse:
    """Show who runs this place, who may join, and whom it talks with."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        policies = await moderation.host_policies(session)
    apart = [
        (_named(one), one.severity, one.public_comment)
        for one in policies
        if one.severity in _KEPT_OUT
    ]
    return await render(
        request,
        "about.html",
        joining=await may_join(request),
        federation=ctx.settings.federation,
        new_servers=ctx.settings.new_servers,
        apart=apart,
        version=__version__,
    )


@public
async def rules(request: web.Request) -> web.StreamResponse:
    """Show the rules of this place."""
    return await render(request, "rules.html")


@public
async def paper(request: web.Request) -> web.StreamResponse:
    """Show the privacy policy, or the terms where there are any."""
    ctx = request.app[CONTEXT]
    name = request.path.strip("/")
    async with ctx.read() as session:
        said = await site.site(session, name=ctx.settings.name)
    text = said.privacy if name == "privacy" else said.terms
    if not text:
        raise NotFoundError("There is nothing here that you may see.")
    since = said.privacy_since if name == "privacy" else said.terms_since
    return await render(request, "paper.html", name=name, body=text, since=since[:10])


@public
async def accessibility(request: web.Request) -> web.StreamResponse:
    """Show what is done so that everybody can read and write here."""
    return await render(request, "accessibility.html")


@public
async def humane(request: web.Request) -> web.StreamResponse:
    """Show the rules of humane design, and how each is tested."""
    hold_seconds = request.app[CONTEXT].settings.hold_seconds
    return await render(request, "humane.html", hold_seconds=hold_seconds)


_JSON = ("application/json", "application/activity+json", "application/ld+json")


@public
async def official_accounts(request: web.Request) -> web.StreamResponse:
    """Show which accounts speak for this place.

    Programs that ask for JSON are led to the list that the server's actor signed.
    """
    ctx = request.app[CONTEXT]
    accept = request.headers.get("Accept", "")
    if any(kind in accept for kind in _JSON):
        raise web.HTTPFound("/official-accounts.json", headers={"Vary": "Accept"})
    async with ctx.read() as session:
        rows = [row for row in await officials.listed(session) if row.suspended_at is None]
        found = await views.account_views(session, [row.id for row in rows])
    return await render(request, "official_accounts.html", found=found)


def _named(policy: moderation.HostPolicy) -> str:
    return obfuscated(policy.domain) if policy.obfuscate else policy.domain


ROUTES = [
    web.get("/about", about),
    web.get("/rules", rules),
    *(web.get(f"/{name}", paper) for name in PAPERS),
    web.get("/accessibility", accessibility),
    web.get("/humane", humane),
    web.get("/official-accounts", official_accounts),
]
