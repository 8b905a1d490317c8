"""E-mail domains and networks that staff keep out, for their apps.

https://docs.joinmastodon.org/methods/admin/email_domain_blocks/ and …/ip_blocks/.
"""

from datetime import timedelta

from aiohttp import web

from fedi_k12.api import staff_entities
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import entry
from fedi_k12.web.auth import actor, staff_token
from fedi_k12.web.limits import remote_address
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params

_reads_emails = staff_token(Action.DECIDE_ENTRY, "admin:read:email_domain_blocks")
_writes_emails = staff_token(Action.DECIDE_ENTRY, "admin:write:email_domain_blocks")
_reads_networks = staff_token(Action.DECIDE_ENTRY, "admin:read:ip_blocks")
_writes_networks = staff_token(Action.DECIDE_ENTRY, "admin:write:ip_blocks")


@_reads_emails
async def email_domains(request: web.Request) -> web.Response:
    """Return a page of the e-mail domains that nobody signs up with."""
    page = page_request(await params(request), default=100, most=200)
    async with context(request).read() as session:
        found = await entry.email_domains(session, actor=actor(request), page=page)
    entities = [staff_entities.email_domain_block(one) for one in found.items]
    return page_answer(request, found.with_items([]), entities)


@_reads_emails
async def email_domain(request: web.Request) -> web.Response:
    """Return one e-mail domain that nobody signs up with."""
    async with context(request).read() as session:
        found = await entry.email_domain(
            session, actor=actor(request), block_id=path_id(request)
        )
    return answer(staff_entities.email_domain_block(found))


@_writes_emails
async def block_email_domain(request: web.Request) -> web.Response:
    """Let nobody sign up with an address of a domain."""
    ctx = context(request)
    found = await ctx.write(
        entry.block_email_domain,
        actor=actor(request),
        domain=(await params(request)).text("domain"),
        now=ctx.clock(),
    )
    return answer(staff_entities.email_domain_block(found))


@_writes_emails
async def unblock_email_domain(request: web.Request) -> web.Response:
    """Let people sign up with addresses of a domain again."""
    ctx = context(request)
    await ctx.write(
        entry.unblock_email_domain,
        actor=actor(request),
        block_id=path_id(request),
        now=ctx.clock(),
    )
    return empty()


@_reads_networks
async def networks(request: web.Request) -> web.Response:
    """Return a page of what was decided about networks."""
    page = page_request(await params(request), default=100, most=200)
    async with context(request).read() as session:
        found = await entry.networks(session, actor=actor(request), page=page)
    entities = [staff_entities.ip_block(one) for one in found.items]
    return page_answer(request, found.with_items([]), entities)


@_reads_networks
async def network(request: web.Request) -> web.Response:
    """Return what was decided about one network."""
    async with context(request).read() as session:
        found = await entry.network(session, actor=actor(request), block_id=path_id(request))
    return answer(staff_entities.ip_block(found))


@_writes_networks
async def block_network(request: web.Request) -> web.Response:
    """Decide about a network."""
    ctx = context(request)
    asked = await params(request)
    found = await ctx.write(
        entry.block_network,
        actor=actor(request),
        network=asked.text("ip"),
        severity=asked.text("severity"),
        comment=asked.text("comment"),
        lasts=_lasts(asked),
        own_address=remote_address(request),
        now=ctx.clock(),
    )
    return answer(staff_entities.ip_block(found))


@_writes_networks
async def change_network(request: web.Request) -> web.Response:
    """Decide differently about a network."""
    ctx = context(request)
    asked = await params(request)
    found = await ctx.write(
        entry.change_network,
        actor=actor(request),
        block_id=path_id(request),
        network=asked.optional("ip"),
        severity=asked.optional("severity"),
        comment=asked.optional("comment"),
        lasts=_lasts(asked),
        own_address=remote_address(request),
        now=ctx.clock(),
    )
    return answer(staff_entities.ip_block(found))


@_writes_networks
async def unblock_network(request: web.Request) -> web.Response:
    """Take back what was decided about a network."""
    ctx = context(request)
    await ctx.write(
        entry.unblock_network, actor=actor(request), block_id=path_id(request), now=ctx.clock()
    )
    return empty()


def _lasts(asked: Params) -> timedelta | None:
    """Return how long it is to hold; 0 and less mean for good."""
    seconds = asked.whole("expires_in")
    if seconds is None:
        return None
    most = int(entry.LONGEST.total_seconds())
    return timedelta(seconds=max(0, min(seconds, most)))


_EMAILS = "/api/v1/admin/email_domain_blocks"
_NETWORKS = "/api/v1/admin/ip_blocks"

ROUTES = [
    web.get(_EMAILS, email_domains),
    web.post(_EMAILS, block_email_domain),
    web.get(_EMAILS + "/{id}", email_domain),
    web.delete(_EMAILS + "/{id}", unblock_email_domain),
    web.get(_NETWORKS, networks),
    web.post(_NETWORKS, block_network),
    web.get(_NETWORKS + "/{id}", network),
    web.put(_NETWORKS + "/{id}", change_network),
    web.patch(_NETWORKS + "/{id}", change_network),
    web.delete(_NETWORKS + "/{id}", unblock_network),
]
