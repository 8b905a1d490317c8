"""Reporting somebody to the moderators, and what a suspension took from a member."""

from collections.abc import Mapping

from aiohttp import web
from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import PostView
from fedi_k12.services import collections, looks, reports, severance, views
from fedi_k12.web.auth import actor, keeps_words, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms, given_back
from webui.forms import Form
from webui.pages import render

REASONS = (
    ("other", "It bothers me, for a reason I write below"),
    ("spam", "It is spam, or somebody sells something"),
    ("violation", "It breaks a rule of this place"),
    ("legal", "It may be against the law"),
)
_LABELS = {"comment": "What you wrote"}
_NAMED = ("post", "collection", "account")


@signed_in
async def show_report(request: web.Request) -> web.StreamResponse:
    """Show the form for a report."""
    about = await _about(request, request.query)
    return await _page(request, Form({"category": "other"}), about)


async def report_again(request: web.Request) -> web.StreamResponse:
    """Give a report back whose session or secret is gone, with all that was typed."""
    form = await forms.read(request)
    given_back.explain(request, form)
    about = None
    if viewer(request) is not None:
        about = await _about(request, {name: form[name] for name in _NAMED})
    return await _page(request, form, about, status=given_back.STATUS)


@keeps_words(report_again)
async def file_report(request: web.Request) -> web.StreamResponse:
    """Report an account, a post or a collection to the moderators."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    about = await _about(request, {name: form[name] for name in _NAMED})
    try:
        await ctx.write(
            reports.file,
            actor=actor(request),
            target_id=about.account.id,
            post_ids=[about.post.id] if about.post else [],
            collection_ids=[about.collection.id] if about.collection else [],
            comment=form["comment"],
            category=form["category"],
            forward=form.flag("forward"),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, about, status=422)
    return await render(request, "report.html", sent=True, account=about.account, noindex=True)


@signed_in
async def show_severed(request: web.Request) -> web.StreamResponse:
    """Show what suspensions of servers and accounts took from the member."""
    async with request.app[CONTEXT].read() as session:
        found = await severance.lost_by(session, actor=actor(request))
    return await render(request, "severed.html", lost=found, noindex=True)


@signed_in
async def show_looks(request: web.Request) -> web.StreamResponse:
    """Show the member who of the staff saw what only the two of them may know (H15)."""
    async with request.app[CONTEXT].read() as session:
        found = await looks.of_member(session, actor=actor(request))
    return await render(request, "looks.html", looks=found, noindex=True)


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


class _About(Struct, frozen=True):
    """What a report is about: an account, and a post or a collection of it."""

    account: AccountView
    post: PostView | None = None
    collection: CollectionView | None = None


async def _about(request: web.Request, asked: Mapping[str, str]) -> _About:
    post, collection, account = (parse_id(asked.get(name, "")) for name in _NAMED)
    async with request.app[CONTEXT].read() as session:
        if post is not None:
            seen = await views.post_view(session, post, viewer=actor(request))
            return _About(seen.account, post=seen)
        if collection is not None:
            found = await collections.get(
                session, collection_id=collection, viewer=actor(request)
            )
            return _About(found.owner, collection=found)
        if account is not None:
            return _About(await views.account_view(session, account))
    raise NotFoundError("There is nothing here that you may see.")


async def _page(
    request: web.Request,
    form: Form,
    about: _About | None,
    *,
    status: int = 200,
) -> web.StreamResponse:
    return await render(
        request,
        "report.html",
        status=status,
        sent=False,
        form=form,
        post=about.post if about else None,
        collection=about.collection if about else None,
        account=about.account if about else None,
        about={name: form[name] for name in _NAMED if form[name]},
        REASONS=REASONS,
        noindex=True,
    )


ROUTES = [
    web.get("/report", show_report),
    web.post("/report", file_report),
    web.get("/severed", show_severed),
    web.get("/settings/access-log", show_looks),
    web.get(r"/severed/{id:\d+}/{which:following|followers}.csv", severed_csv),
]
