"""Hiding an answer to an official account under a rule, and what its author can do about it."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.forum import GROUND_MEANINGS, GROUND_WORDS, Ground
from fedi_k12.services import forum_rules, hidden_answers
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

_LABELS = {"rule": "The rule", "words": "Your words"}


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Show the answer, and the rules it can be hidden under."""
    return await _asking(request, Form())


@signed_in
async def hide(request: web.Request) -> web.StreamResponse:
    """Hide the answer."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        case_id = await ctx.write(
            hidden_answers.hide,
            actor=actor(request),
            post_id=int(request.match_info["id"]),
            code=form["rule"],
            words=form["words"],
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _asking(request, form)
    raise web.HTTPSeeOther(f"/hidden/{case_id}")


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """Show what is hidden, appeals that wait first."""
    async with request.app[CONTEXT].read() as session:
        found = await hidden_answers.listed(session, actor=actor(request))
    return await render(request, "hidden_answers.html", found=found, noindex=True)


@public
async def show_case(request: web.Request) -> web.StreamResponse:
    """Show one hidden answer to its author, and to those who decide about it."""
    return await _case(request, Form(), key=request.query.get("key", ""))


@public
async def appeal(request: web.Request) -> web.StreamResponse:
    """Appeal: as its author, signed in here or with the link of the letter."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            hidden_answers.appeal,
            actor=viewer(request),
            case_id=_id(request),
            key=form["key"],
            text=form["words"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _case(request, form, key=form["key"])
    return await _case(request, Form(), key=form["key"], status=200)


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Decide an appeal as another person than who hid the answer."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            hidden_answers.decide_appeal,
            actor=actor(request),
            case_id=_id(request),
            overturn=form["decision"] == "overturned",
            words=form["words"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _case(request, form)
    raise web.HTTPSeeOther(f"/hidden/{_id(request)}")


@signed_in
async def show_again(request: web.Request) -> web.StreamResponse:
    """Show a hidden answer again."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        hidden_answers.show, actor=actor(request), case_id=_id(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther(f"/hidden/{_id(request)}")


async def _asking(request: web.Request, form: Form) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        post = await hidden_answers.about(
            session, actor=actor(request), post_id=int(request.match_info["id"])
        )
        own = await forum_rules.own_rules(session)
    fixed = [(one.value, one.number, GROUND_WORDS[one], GROUND_MEANINGS[one]) for one in Ground]
    return await render(
        request,
        "hide.html",
        status=422 if form.errors else 200,
        form=form,
        post=post,
        fixed=fixed,
        own=own,
        noindex=True,
    )


async def _case(
    request: web.Request, form: Form, *, key: str = "", status: int = 0
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await hidden_answers.one(
            session, actor=viewer(request), case_id=_id(request), key=key
        )
    return await render(
        request,
        "hidden_answer.html",
        status=status or (422 if form.errors else 200),
        form=form,
        one=found,
        key=key,
        noindex=True,
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


ROUTES = [
    web.get(r"/posts/{id:\d+}/hide", ask),
    web.post(r"/posts/{id:\d+}/hide", hide),
    web.get("/hidden", listed),
    web.get(r"/hidden/{id:\d+}", show_case),
    web.post(r"/hidden/{id:\d+}/appeal", appeal),
    web.post(r"/hidden/{id:\d+}/decide", decide),
    web.post(r"/hidden/{id:\d+}/show", show_again),
]
