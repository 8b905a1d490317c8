"""Whom a member keeps at a distance: the muted, the blocked, and servers shut out."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import local_path
from webui.pages import render

MUTED, BLOCKED, SERVERS = "/settings/muted", "/settings/blocked", "/settings/servers"
PEOPLE = 40
SPANS = ("3600", "86400", "604800", "2592000", "7776000")
"""For how long somebody is muted, in seconds."""


def lasting(form: Form) -> int | None:
    """Return for how many seconds somebody is to be muted, None for good."""
    return int(form["lasts"]) if form["lasts"] in SPANS else None


@signed_in
async def muted(request: web.Request) -> web.StreamResponse:
    """Show whom the member mutes, and until when."""
    me = actor(request)
    async with request.app[CONTEXT].read() as session:
        page = await follows.mutes(session, actor=me, page=_asked(request))
        relations = await follows.relationships(
            session, actor=me, target_ids=[one.id for one in page.items]
        )
    return await render(
        request,
        "muted.html",
        people=page.items,
        relations={one.target_id: one for one in relations},
        earlier=page.oldest if len(page.items) >= PEOPLE else None,
        noindex=True,
    )


@signed_in
async def blocked(request: web.Request) -> web.StreamResponse:
    """Show whom the member blocks."""
    async with request.app[CONTEXT].read() as session:
        page = await follows.blocks(session, actor=actor(request), page=_asked(request))
    return await render(
        request,
        "blocked.html",
        people=page.items,
        earlier=page.oldest if len(page.items) >= PEOPLE else None,
        noindex=True,
    )


@signed_in
async def servers(request: web.Request) -> web.StreamResponse:
    """Show which servers the member wants nothing from, with a form for another."""
    return await _servers(request, Form())


@signed_in
async def shut_out(request: web.Request) -> web.StreamResponse:
    """Want nothing from a server any more."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    host = form["host"].strip().rpartition("@")[2].lower()
    if host in ctx.settings.own_hosts:
        form.errors["host"] = "That is this server. Mute or block people of it instead."
    else:
        try:
            await ctx.write(
                follows.block_domain, actor=actor(request), domain=host, now=ctx.clock()
            )
        except InvalidError:
            form.errors["host"] = "That is no server’s name. One looks like social.example."
    if form.errors:
        return await _servers(request, form, status=422)
    raise web.HTTPSeeOther(local_path(form["back"], SERVERS))


@signed_in
async def let_in(request: web.Request) -> web.StreamResponse:
    """Take things from a server again."""
    form = await forms.read(request)
    try:
        await request.app[CONTEXT].write(
            follows.unblock_domain, actor=actor(request), domain=form["host"]
        )
    except InvalidError as error:
        raise NotFoundError("There is nothing here that you may see.") from error
    raise web.HTTPSeeOther(local_path(form["back"], SERVERS))


async def _servers(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with request.app[CONTEXT].read() as session:
        page = await follows.domain_blocks(session, actor=actor(request), page=_asked(request))
    return await render(
        request,
        "shut_out.html",
        status=status,
        form=form,
        hosts=page.items,
        earlier=page.oldest if len(page.items) >= PEOPLE else None,
        noindex=True,
    )


def _asked(request: web.Request) -> PageRequest:
    return PageRequest(limit=PEOPLE, max_id=parse_id(request.query.get("max_id", "")))


ROUTES = [
    web.get(MUTED, muted),
    web.get(BLOCKED, blocked),
    web.get(SERVERS, servers),
    web.post(SERVERS, shut_out),
    web.post(SERVERS + "/let-in", let_in),
]
