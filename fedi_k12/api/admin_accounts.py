"""Accounts for moderators' apps: https://docs.joinmastodon.org/methods/admin/accounts/."""

from aiohttp import web

from fedi_k12.api import roles, staff_entities
from fedi_k12.api.answers import answer, context, page_answer, path_id
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import NEEDED, Action, Role
from fedi_k12.domain.staff import ORIGINS, STATUSES, AccountFilter
from fedi_k12.services import staff
from fedi_k12.web.auth import actor, staff_token
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params

_reads = staff_token(Action.REVIEW_MEMBERS, "admin:read:accounts")
_STAFF = tuple(role for role in Role if role.at_least(NEEDED[Action.HANDLE_REPORTS]))


@_reads
async def listed_v1(request: web.Request) -> web.Response:
    """Return a page of accounts; each kind of filter is a yes or no of its own."""
    asked = await params(request)
    origin = next((name for name in ORIGINS if asked.flag(name)), "")
    status = next((name for name in STATUSES if asked.flag(name)), "")
    return await _page(
        request, asked, _filter(asked, origin, status, staff_only=asked.flag("staff"))
    )


@_reads
async def listed_v2(request: web.Request) -> web.Response:
    """Return a page of accounts, by `origin`, `status`, `permissions`, roles and names."""
    asked = await params(request)
    origin, status = asked.text("origin"), asked.text("status")
    return await _page(
        request,
        asked,
        _filter(
            asked,
            origin,
            status,
            staff_only=asked.text("permissions") == "staff",
        ),
    )


@_reads
async def show(request: web.Request) -> web.Response:
    """Return one account."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await staff.one(session, actor=actor(request), account_id=path_id(request))
    return answer(staff_entities.account(ctx, found))


async def _page(request: web.Request, asked: Params, wanted: AccountFilter) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        found = await staff.page(
            session,
            actor=actor(request),
            wanted=wanted,
            page=page_request(asked, default=100, most=200),
        )
    entities = [staff_entities.account(ctx, one) for one in found.items]
    return page_answer(request, found.with_items([]), entities)


def _filter(asked: Params, origin: str, status: str, *, staff_only: bool) -> AccountFilter:
    """Return what is looked for; what cannot be finds nobody, as with Mastodon."""
    wanted = asked.texts("role_ids")
    given = tuple(role for text in wanted if (role := roles.role_named(text)) is not None)
    invited_by = asked.text("invited_by")
    known = (
        origin in {"", *ORIGINS}
        and status in {"", *STATUSES}
        and len(given) == len(wanted)
        and (not invited_by or parse_id(invited_by) is not None)
    )
    if staff_only:
        given = tuple(role for role in _STAFF if role in given or not given)
        known = known and bool(given)
    return AccountFilter(
        origin=next((one for one in ORIGINS if one == origin), ""),
        status=next((one for one in STATUSES if one == status), ""),
        username=asked.text("username").strip().removeprefix("@"),
        display_name=asked.text("display_name").strip(),
        domain=asked.text("by_domain").strip(),
        email=asked.text("email").strip(),
        roles=given,
        invited_by=parse_id(invited_by),
        # From where members come is not kept, so nobody came from there.
        nobody=not known or bool(asked.text("ip").strip()),
    )


_ONE = "/api/v1/admin/accounts/{id}"

ROUTES = [
    web.get("/api/v1/admin/accounts", listed_v1),
    web.get("/api/v2/admin/accounts", listed_v2),
    web.get(_ONE, show),
]
