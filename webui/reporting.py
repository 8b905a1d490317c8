"""Reporting somebody to the moderators, and what a suspension took from a member."""

from aiohttp import web

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import PostView
from fedi_k12.services import reports, severance, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

REASONS = (
    ("other", "It bothers me, for a reason I write below"),
    ("spam", "It is spam, or somebody sells something"),
    ("violation", "It breaks a rule of this place"),
    ("legal", "It may be against the law"),
)
_LABELS = {"comment": "What you wrote"}


@signed_in
async def show_report(request: web.Request) -> web.StreamResponse:
    """Show the form for a report."""
    post, account = await _about(request, request.query)
    return await _page(request, Form({"category": "other"}), post, account)


@signed_in
async def file_report(request: web.Request) -> web.StreamResponse:
    """Report an account or a post to the moderators."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    post, account = await _about(request, {"post": form["post"], "account": form["account"]})
    try:
        await ctx.write(
            reports.file,
            actor=actor(request),
            target_id=account.id,
            post_ids=[post.id] if post else [],
            comment=form["comment"],
            category=form["category"],
            forward=form.flag("forward"),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, post, account, status=422)
    return await render(
        request, "report.html", sent=True, post=post, account=account, noindex=True
    )


@signed_in
async def show_severed(request: web.Request) -> web.StreamResponse:
    """Show what suspensions of servers and accounts took from the member."""
    async with request.app[CONTEXT].read() as session:
        found = await severance.lost_by(session, actor=actor(request))
    return await render(request, "severed.html", lost=found, noindex=True)


@signed_in
async def severed_csv(request: web.Request) -> web.StreamResponse:
    """Give whom the member lost as a CSV that other servers import."""
    number = parse_id(request.match_info["id"])
    async with request.app[CONTEXT].read() as session:
        found = await severance.lost_by(session, actor=actor(request), limit=1000)
    one = next((lost for lost in found if lost.id == number), None)
    if one is None:
        raise NotFoundError("There is nothing here that you may see.")
    which = request.match_info["which"]
    handles = one.following if which == "following" else one.followers
    return web.Response(
        text=severance.as_csv(handles),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{which}-{one.id}.csv"',
            "Cache-Control": "private, no-store",
        },
    )


async def _about(request: web.Request, asked: object) -> tuple[PostView | None, AccountView]:
    """Return what a report is about: a post with its author, or an account."""
    values = dict(asked)  # type: ignore[call-overload]  # a query, or words of a form
    post_id = parse_id(str(values.get("post", "")))
    account_id = parse_id(str(values.get("account", "")))
    async with request.app[CONTEXT].read() as session:
        if post_id is not None:
            post = await views.post_view(session, post_id, viewer=actor(request))
            return post, post.account
        if account_id is not None:
            return None, await views.account_view(session, account_id)
    raise NotFoundError("There is nothing here that you may see.")


async def _page(
    request: web.Request,
    form: Form,
    post: PostView | None,
    account: AccountView,
    *,
    status: int = 200,
) -> web.StreamResponse:
    return await render(
        request,
        "report.html",
        status=status,
        sent=False,
        form=form,
        post=post,
        account=account,
        REASONS=REASONS,
        noindex=True,
    )


ROUTES = [
    web.get("/report", show_report),
    web.post("/report", file_report),
    web.get("/severed", show_severed),
    web.get(r"/severed/{id:\d+}/{which:following|followers}.csv", severed_csv),
]
