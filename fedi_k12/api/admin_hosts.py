"""Decisions about other servers, for the apps of staff.

https://docs.joinmastodon.org/methods/admin/domain_blocks/ and …/domain_allows/. Their words
`silence` and `noop` are our `limit` and `normal`. Beside their parameters we take `ground`, the
rule that the server breaks: needed where official accounts speak here.
"""

from aiohttp import web

from fedi_k12.api import staff_entities
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.hosts import Severity, rule_name
from fedi_k12.domain.permissions import Action
from fedi_k12.services import moderation, staff_hosts
from fedi_k12.services.moderation import HostPolicy
from fedi_k12.web.auth import actor, staff_token
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params

_reads_blocks = staff_token(Action.DECIDE_HOSTS, "admin:read:domain_blocks")
_writes_blocks = staff_token(Action.DECIDE_HOSTS, "admin:write:domain_blocks")
_reads_allows = staff_token(Action.DECIDE_HOSTS, "admin:read:domain_allows")
_writes_allows = staff_token(Action.DECIDE_HOSTS, "admin:write:domain_allows")
_SEVERITIES: dict[str, Severity] = {
    "noop": "normal",
    "silence": "limit",
    "suspend": "suspend",
}
"""The mildest first."""
_ORDER = list(_SEVERITIES.values())
MAX_COMMENT = 2000


@_reads_blocks
async def blocks(request: web.Request) -> web.Response:
    """Return a page of the decisions that restrain servers."""
    return await _page(request, allowing=False)


@_reads_blocks
async def block(request: web.Request) -> web.Response:
    """Return one decision that restrains a server."""
    return answer(staff_entities.domain_block(await _one(request, allowing=False)))


@_writes_blocks
async def create_block(request: web.Request) -> web.Response:
    """Restrain a server; a milder decision than the one that stands is refused."""
    ctx = context(request)
    asked = await params(request)
    severity = _severity(asked, "silence")
    name = rule_name(_domain(asked), severity)
    async with ctx.read() as session:
        known = await moderation.host_policy(session, domain=name)
    before = _known(known.severity) if known and known.severity != "allow" else None
    if before and _ORDER.index(severity) <= _ORDER.index(before):
        raise InvalidError(f"You have already imposed stricter limits on {name}.")
    return await _decided(request, asked, name, severity, None)


@_writes_blocks
async def update_block(request: web.Request) -> web.Response:
    """Restrain a server differently; what nothing is said of stays."""
    asked = await params(request)
    known = await _one(request, allowing=False)
    severity = _severity(asked, "") if asked.has("severity") else _known(known.severity)
    return await _decided(request, asked, known.domain, severity, known)


@_writes_blocks
async def delete_block(request: web.Request) -> web.Response:
    """Treat a server as others again; follows that ended stay in the ledger."""
    return await _taken_back(request, allowing=False)


@_reads_allows
async def allows(request: web.Request) -> web.Response:
    """Return a page of the servers that are let in by name."""
    return await _page(request, allowing=True)


@_reads_allows
async def allow(request: web.Request) -> web.Response:
    """Return one server that is let in by name."""
    return answer(staff_entities.domain_allow(await _one(request, allowing=True)))


@_writes_allows
async def create_allow(request: web.Request) -> web.Response:
    """Let a server in by name."""
    ctx = context(request)
    asked = await params(request)
    found = await ctx.write(
        moderation.set_host_policy,
        actor=actor(request),
        domain=_domain(asked),
        severity="allow",
        own_hosts=ctx.settings.own_hosts,
        now=ctx.clock(),
    )
    return answer(staff_entities.domain_allow(found))


@_writes_allows
async def delete_allow(request: web.Request) -> web.Response:
    """No longer let a server in by name."""
    return await _taken_back(request, allowing=True)


async def _page(request: web.Request, *, allowing: bool) -> web.Response:
    page = page_request(await params(request), default=100, most=200)
    async with context(request).read() as session:
        found = await staff_hosts.page(
            session, actor=actor(request), allowing=allowing, page=page
        )
    shown = staff_entities.domain_allow if allowing else staff_entities.domain_block
    return page_answer(request, found.with_items([]), [shown(one) for one in found.items])


async def _one(request: web.Request, *, allowing: bool) -> HostPolicy:
    async with context(request).read() as session:
        return await staff_hosts.one(
            session, actor=actor(request), policy_id=path_id(request), allowing=allowing
        )


async def _decided(
    request: web.Request,
    asked: Params,
    domain: str,
    severity: Severity,
    known: HostPolicy | None,
) -> web.Response:
    ctx = context(request)
    public, private = asked.optional("public_comment"), asked.optional("private_comment")
    found = await ctx.write(
        moderation.set_host_policy,
        actor=actor(request),
        domain=domain,
        severity=severity,
        reject_media=asked.flag("reject_media", bool(known and known.reject_media)),
        reject_reports=asked.flag("reject_reports", bool(known and known.reject_reports)),
        no_followers_only=bool(known and known.no_followers_only),
        obfuscate=asked.flag("obfuscate", bool(known and known.obfuscate)),
        public_comment=_comment(public, known.public_comment if known else ""),
        private_comment=_comment(private, known.private_comment if known else ""),
        ground=asked.optional("ground") or (known.ground if known else ""),
        own_hosts=ctx.settings.own_hosts,
        now=ctx.clock(),
    )
    return answer(staff_entities.domain_block(found))


async def _taken_back(request: web.Request, *, allowing: bool) -> web.Response:
    ctx = context(request)
    known = await _one(request, allowing=allowing)
    await ctx.write(
        moderation.remove_host_policy,
        actor=actor(request),
        domain=known.domain,
        now=ctx.clock(),
    )
    return empty()


def _domain(asked: Params) -> str:
    found = asked.text("domain").strip()
    if not found:
        raise InvalidError(
            "Validation failed: Domain can't be blank", fields={"domain": "can't be blank"}
        )
    return found


def _severity(asked: Params, default: str) -> Severity:
    found = _SEVERITIES.get(asked.text("severity") or default)
    if found is None:
        what = "is not included in the list"
        raise InvalidError(f"Validation failed: Severity {what}", fields={"severity": what})
    return found


def _known(severity: str) -> Severity:
    return next((one for one in _ORDER if one == severity), "normal")


def _comment(said: str | None, before: str) -> str:
    return before if said is None else said[:MAX_COMMENT]


_BLOCKS = "/api/v1/admin/domain_blocks"
_ALLOWS = "/api/v1/admin/domain_allows"

ROUTES = [
    web.get(_BLOCKS, blocks),
    web.post(_BLOCKS, create_block),
    web.get(_BLOCKS + "/{id}", block),
    web.put(_BLOCKS + "/{id}", update_block),
    web.patch(_BLOCKS + "/{id}", update_block),
    web.delete(_BLOCKS + "/{id}", delete_block),
    web.get(_ALLOWS, allows),
    web.post(_ALLOWS, create_allow),
    web.get(_ALLOWS + "/{id}", allow),
    web.delete(_ALLOWS + "/{id}", delete_allow),
]
