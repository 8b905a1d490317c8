"""Accounts for moderators' apps: https://docs.joinmastodon.org/methods/admin/accounts/."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fedi_k12.api import roles, staff_entities
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import NEEDED, Action, Role
from fedi_k12.domain.staff import ORIGINS, STATUSES, AccountFilter, StaffAccount
from fedi_k12.services import leaving, moderation, sanctions, staff
from fedi_k12.web.auth import actor, staff_token
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params

_reads = staff_token(Action.REVIEW_MEMBERS, "admin:read:accounts")
_writes = staff_token(Action.REVIEW_MEMBERS, "admin:write:accounts")
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
    return await show_account(request)


@_writes
async def act(request: web.Request) -> web.Response:
    """Decide about an account, and tell its member; `send_email_notification` sends none."""
    ctx = context(request)
    asked = await params(request)
    await ctx.write(
        sanctions.act,
        actor=actor(request),
        account_id=path_id(request),
        kind=asked.text("type", "none"),
        text=asked.text("text"),
        report_id=asked.id("report_id"),
        now=ctx.clock(),
    )
    return empty()


@_writes
async def unsuspend(request: web.Request) -> web.Response:
    """Take a suspension back."""
    ctx = context(request)
    await ctx.write(
        moderation.unsuspend_account,
        actor=actor(request),
        account_id=path_id(request),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await show_account(request)


@_writes
async def reject(request: web.Request) -> web.Response:
    """Do not let somebody in who asked; the answer is who it was."""
    ctx = context(request)
    found = await _found(request)
    await ctx.write(
        sanctions.reject, actor=actor(request), account_id=path_id(request), now=ctx.clock()
    )
    return answer(staff_entities.account(ctx, found))


@_writes
async def delete(request: web.Request) -> web.Response:
    """Delete a suspended account and what is kept of it, for good; the answer is who it was."""
    ctx = context(request)
    found = await _found(request)
    await ctx.write(
        leaving.expel, actor=actor(request), account_id=path_id(request), now=ctx.clock()
    )
    return answer(staff_entities.account(ctx, found))


def _does(work: Callable[..., Awaitable[None]], words: str) -> Any:
    """Return the handler that does `work` and answers with how the account is now."""

    @_writes
    async def does(request: web.Request) -> web.Response:
        ctx = context(request)
        await ctx.write(
            work, actor=actor(request), account_id=path_id(request), now=ctx.clock()
        )
        return await show_account(request)

    does.__doc__ = words
    return does


async def show_account(request: web.Request) -> web.Response:
    """Return the account in the path."""
    return answer(staff_entities.account(context(request), await _found(request)))


async def _found(request: web.Request) -> StaffAccount:
    ctx = context(request)
    return await ctx.write(
        staff.one, actor=actor(request), account_id=path_id(request), now=ctx.clock()
    )


async def _page(request: web.Request, asked: Params, wanted: AccountFilter) -> web.Response:
    ctx = context(request)
    found = await ctx.write(
        staff.page_in_full,
        actor=actor(request),
        wanted=wanted,
        page=page_request(asked, default=100, most=200),
        now=ctx.clock(),
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
    web.delete(_ONE, delete),
    web.post(_ONE + "/action", act),
    web.post(_ONE + "/approve", _does(sanctions.approve, "Let somebody in who asked.")),
    web.post(_ONE + "/reject", reject),
    web.post(_ONE + "/enable", _does(sanctions.enable, "Let a member sign in again.")),
    web.post(_ONE + "/unsilence", _does(sanctions.unsilence, "Take a limit back.")),
    web.post(_ONE + "/unsuspend", unsuspend),
    web.post(
        _ONE + "/unsensitive",
        _does(sanctions.unsensitize, "Show pictures as the account says."),
    ),
]
