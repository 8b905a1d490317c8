"""The column of who holds an office: what they say as such, on one page (S-24)."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import finding, timelines
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import render

POSTS = 20


@public
async def column(request: web.Request) -> web.StreamResponse:
    """Show what who holds an office says to everybody: no answers, nothing of others."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["acct"], own_hosts=ctx.settings.own_hosts
        )
        if account is None or not account.is_local or not account.column:
            raise NotFoundError("There is no such column.")
        page = await timelines.of_account(
            session,
            account_id=account.id,
            viewer=None,
            page=PageRequest(limit=POSTS, max_id=parse_id(request.query.get("max_id", ""))),
            exclude_replies=True,
            exclude_boosts=True,
        )
    return await render(
        request,
        "column.html",
        account=account,
        posts=page.items,
        earlier=page.oldest if len(page.items) >= POSTS else None,
        noindex=not account.indexable,
    )


ROUTES = [web.get("/@{acct}/column", column)]
