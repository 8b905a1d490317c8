"""Who may come in: e-mail domains nobody signs up with, and networks that are kept out."""

from datetime import timedelta

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action
from fedi_k12.services import entry
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import remote_address
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page

PAGE = 40
PLACE = "/moderation/entry"
_SEVERITIES = {
    "sign_up_requires_approval": (
        "They wait",
        "Whoever signs up from there waits until a moderator lets them in.",
    ),
    "sign_up_block": (
        "No new members",
        "Nobody signs up from there. Who is a member comes in as always.",
    ),
    "no_access": (
        "Nobody comes in",
        "No page and no app works from there, for members neither. "
        "Other servers still reach us.",
    ),
}
_LASTING = {
    "0": "Until somebody takes it back",
    "3600": "An hour",
    "86400": "A day",
    "604800": "A week",
    "2592000": "30 days",
    "31536000": "A year",
}
_LABELS = {"domain": "The domain", "ip": "The network", "severity": "The decision"}
_DONE = {
    "email": "Nobody signs up with such an address any more.",
    "email-removed": "People can sign up with such an address again.",
    "network": "Decided. It holds from now on.",
    "network-removed": "Taken back. Whoever comes from there is treated as everybody.",
}


@role_needed(Action.DECIDE_ENTRY)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the e-mail domains and the networks that something was decided about."""
    return await _page(request, Form({"severity": "sign_up_requires_approval"}))


@role_needed(Action.DECIDE_ENTRY)
async def block_email(request: web.Request) -> web.StreamResponse:
    """Let nobody sign up with an address of a domain."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            entry.block_email_domain,
            actor=actor(request),
            domain=form["domain"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        _refuse(form, error, "domain")
        form.set("severity", "sign_up_requires_approval")
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?done=email")


@role_needed(Action.DECIDE_ENTRY)
async def unblock_email(request: web.Request) -> web.StreamResponse:
    """Let people sign up with addresses of a domain again."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        entry.unblock_email_domain,
        actor=actor(request),
        block_id=_number(request),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"{PLACE}?done=email-removed")


@role_needed(Action.DECIDE_ENTRY)
async def block_network(request: web.Request) -> web.StreamResponse:
    """Decide about a network."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            entry.block_network,
            actor=actor(request),
            network=form["ip"],
            severity=form["severity"],
            comment=form["comment"],
            lasts=_lasts(form),
            own_address=remote_address(request),
            now=ctx.clock(),
        )
    except InvalidError as error:
        _refuse(form, error, "ip")
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?done=network")


@role_needed(Action.DECIDE_ENTRY)
async def show_network(request: web.Request) -> web.StreamResponse:
    """Show the form for deciding differently about a network."""
    async with request.app[CONTEXT].read() as session:
        found = await entry.network(session, actor=actor(request), block_id=_number(request))
    form = Form({"ip": found.network, "severity": found.severity, "comment": found.comment})
    return await _network_page(request, form)


@role_needed(Action.DECIDE_ENTRY)
async def change_network(request: web.Request) -> web.StreamResponse:
    """Decide differently about a network."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            entry.change_network,
            actor=actor(request),
            block_id=_number(request),
            network=form["ip"],
            severity=form["severity"],
            comment=form["comment"],
            lasts=_lasts(form),
            own_address=remote_address(request),
            now=ctx.clock(),
        )
    except InvalidError as error:
        _refuse(form, error, "ip")
        return await _network_page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?done=network")


@role_needed(Action.DECIDE_ENTRY)
async def unblock_network(request: web.Request) -> web.StreamResponse:
    """Take back what was decided about a network."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        entry.unblock_network,
        actor=actor(request),
        block_id=_number(request),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"{PLACE}?done=network-removed")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me, asked = request.app[CONTEXT], actor(request), request.query
    async with ctx.read() as session:
        domains = await entry.email_domains(
            session, actor=me, page=_before(asked.get("domains_before", ""))
        )
        networks = await entry.networks(
            session, actor=me, page=_before(asked.get("networks_before", ""))
        )
    return await desk_page(
        request,
        "entry_desk.html",
        "entry",
        status=status,
        form=form,
        domains=domains.items,
        networks=networks.items,
        domains_before=domains.oldest if len(domains.items) >= PAGE else None,
        networks_before=networks.oldest if len(networks.items) >= PAGE else None,
        now=ctx.clock(),
        SEVERITIES=_SEVERITIES,
        LASTING=_LASTING,
        done=_DONE.get(asked.get("done", ""), ""),
    )


async def _network_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await entry.network(session, actor=actor(request), block_id=_number(request))
    return await desk_page(
        request,
        "network_desk.html",
        "entry",
        status=status,
        form=form,
        found=found,
        SEVERITIES=_SEVERITIES,
        LASTING={"": "As it is", **_LASTING},
    )


def _before(text: str) -> PageRequest:
    return PageRequest(limit=PAGE, max_id=parse_id(text))


def _lasts(form: Form) -> timedelta | None:
    """Return how long it is to hold: nothing for good, None for as it was."""
    seconds = form["lasts"]
    return timedelta(seconds=int(seconds)) if seconds in _LASTING else None


def _refuse(form: Form, error: InvalidError, where: str) -> None:
    """Note what is wrong; a sentence made for apps is said anew."""
    for name, text in error.fields.items():
        for_apps = str(error).startswith(forms.PREFIX)
        form.errors[name] = (
            f"{_LABELS.get(name, 'This')} {text}." if for_apps else forms.why(error)
        )
    if not error.fields:
        form.errors[where] = forms.why(error)


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


_DOMAINS, _NETWORKS = PLACE + "/domains", PLACE + "/networks"
ROUTES = [
    web.get(PLACE, show),
    web.post(_DOMAINS, block_email),
    web.post(_DOMAINS + r"/{id:\d+}/remove", unblock_email),
    web.post(_NETWORKS, block_network),
    web.get(_NETWORKS + r"/{id:\d+}", show_network),
    web.post(_NETWORKS + r"/{id:\d+}", change_network),
    web.post(_NETWORKS + r"/{id:\d+}/remove", unblock_network),
]
