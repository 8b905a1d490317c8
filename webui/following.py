"""Who follows whom: the pages of followers, of those followed, and of those who ask."""

from aiohttp import web

from fedi_k12.domain.accounts import AccountView, Relationship
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.services import finding, follows
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import profile_of, render

PEOPLE = 40
_NOT_HERE = "There is nothing here that you may see."


@signed_in
async def followers(request: web.Request) -> web.StreamResponse:
    """Show who follows an account; on one's own page each can be taken away."""
    account = await _account(request)
    async with request.app[CONTEXT].read() as session:
        page = await follows.followers(
            session, account_id=account.id, viewer=actor(request), page=_asked(request)
        )
    return await _page(request, account, page, "followers")


@signed_in
async def following(request: web.Request) -> web.StreamResponse:
    """Show whom an account follows."""
    account = await _account(request)
    async with request.app[CONTEXT].read() as session:
        page = await follows.following(
            session, account_id=account.id, viewer=actor(request), page=_asked(request)
        )
    return await _page(request, account, page, "following")


@signed_in
async def requests(request: web.Request) -> web.StreamResponse:
    """Show who asks to follow the member, to be accepted or declined."""
    async with request.app[CONTEXT].read() as session:
        page = await follows.follow_requests(
            session, actor=actor(request), page=_asked(request)
        )
    return await render(
        request,
        "follow_requests.html",
        people=page.items,
        earlier=_earlier(page),
        noindex=True,
    )


async def _page(
    request: web.Request, account: AccountView, page: Page[AccountView], tab: str
) -> web.StreamResponse:
    me = actor(request)
    async with request.app[CONTEXT].read() as session:
        relations = await follows.relationships(
            session, actor=me, target_ids=[one.id for one in page.items]
        )
        asking = await follows.follow_requests(session, actor=me, page=PageRequest(limit=1))
    between = {one.target_id: one for one in relations}
    return await render(
        request,
        "following.html",
        account=account,
        people=[(one, between.get(one.id, Relationship(one.id))) for one in page.items],
        tab=tab,
        waiting=account.id == me.account_id and bool(asking.items),
        earlier=_earlier(page),
        noindex=True,
    )


async def _account(request: web.Request) -> AccountView:
    ctx = request.app[CONTEXT]
    acct = request.match_info["acct"]
    async with ctx.read() as session:
        try:
            found = await finding.lookup(session, acct=acct, own_hosts=ctx.settings.own_hosts)
        except InvalidError as error:
            raise NotFoundError(_NOT_HERE) from error
    if found is None or found.kind == "Application" or found.is_group:
        raise NotFoundError(_NOT_HERE)
    if acct != found.acct:
        raise web.HTTPSeeOther(f"{profile_of(found)}/{request.path.rpartition('/')[2]}")
    return found


def _asked(request: web.Request) -> PageRequest:
    return PageRequest(limit=PEOPLE, max_id=parse_id(request.query.get("max_id", "")))


def _earlier(page: Page[AccountView]) -> int | None:
    return page.oldest if len(page.items) >= PEOPLE else None


ROUTES = [
    web.get("/@{acct}/followers", followers),
    web.get("/@{acct}/following", following),
    web.get("/follow-requests", requests),
]
