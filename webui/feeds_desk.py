"""The feeds that an official account posts from, at its managers' desk (S-21)."""

from aiohttp import web

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.feeds import A_DAY, MOST_A_DAY, Taken
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.words import marked
from fedi_k12.services import feeds, officials, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

_LABELS = {"url": "The address", "a_day": "The number"}
STATES = {
    Taken.WAITING: marked("Waits for its turn"),
    Taken.SENT: marked("A second person reads it first"),
    Taken.POSTED: marked("Posted"),
    Taken.LEFT: marked("Not taken"),
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the feeds of an official account, and what became of their entries."""
    return await _desk(request, Form())


@signed_in
async def add(request: web.Request) -> web.StreamResponse:
    """Let an official account post from a feed."""
    ctx, number = request.app[CONTEXT], _number(request, "id")
    form = await forms.read(request)
    try:
        await ctx.write(
            feeds.add,
            actor=actor(request),
            account_id=number,
            url=form["url"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _desk(request, form, status=422)
    except ForbiddenError as error:
        form.errors["url"] = forms.why(error)
        return await _desk(request, form, status=403)
    raise web.HTTPSeeOther(f"/official/{number}/feeds")


@signed_in
async def limit(request: web.Request) -> web.StreamResponse:
    """Say how many posts a day come from feeds."""
    ctx, number = request.app[CONTEXT], _number(request, "id")
    form = await forms.read(request)
    a_day = parse_id(form["a_day"]) if form["a_day"].strip() != "0" else 0
    try:
        await ctx.write(
            feeds.limit,
            actor=actor(request),
            account_id=number,
            a_day=a_day if a_day is not None else -1,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _desk(request, form, status=422)
    raise web.HTTPSeeOther(f"/official/{number}/feeds")


@signed_in
async def stop(request: web.Request) -> web.StreamResponse:
    """Let an official account no longer post from a feed."""
    ctx, number = request.app[CONTEXT], _number(request, "id")
    await ctx.write(
        feeds.stop,
        actor=actor(request),
        account_id=number,
        feed_id=_number(request, "feed"),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"/official/{number}/feeds")


async def _desk(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me, number = request.app[CONTEXT], actor(request), _number(request, "id")
    async with ctx.read() as session:
        if not await officials.may_keep(session, me, number):
            raise ForbiddenError(
                "Feeds are looked after by managers who speak as the account, and by "
                "administrators."
            )
        account = await views.account_view(session, number)
        found, a_day = await feeds.of_account(session, actor=me, account_id=number)
    return await render(
        request,
        "feeds_desk.html",
        status=status,
        account=account,
        form=form,
        feeds=found,
        a_day=a_day,
        usual=A_DAY,
        most=MOST_A_DAY,
        states=STATES,
        noindex=True,
    )


def _number(request: web.Request, name: str) -> int:
    number = parse_id(request.match_info[name])
    if number is None:
        raise NotFoundError("There is no such feed.")
    return number


_FEEDS = r"/official/{id:\d+}/feeds"
ROUTES = [
    web.get(_FEEDS, show),
    web.post(_FEEDS, add),
    web.post(_FEEDS + "/limit", limit),
    web.post(_FEEDS + r"/{feed:\d+}/stop", stop),
]
