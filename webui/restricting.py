"""Letting somebody's answers wait, by two people, and what who it is about can do (R-48)."""

from typing import Any

from aiohttp import web

from fedi_k12.domain.errors import ConflictError, InvalidError
from fedi_k12.domain.forum import GROUND_MEANINGS, GROUND_WORDS, Ground
from fedi_k12.domain.restrictions import MAX_DAYS, checked_days
from fedi_k12.services import forum_rules, hidden_answers, restriction_views, restrictions
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

_LABELS = {"rule": "The rule", "words": "Your words", "days": "For how many days"}
ENDS = {
    "time": "Its time was over.",
    "lifted": "It was lifted before its time.",
    "appeal": "It was taken back after an appeal.",
    "refused": "The second person refused it: it never held.",
    "withdrawn": "It was withdrawn: it never held.",
}


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Show the answer that leads to it, and the form."""
    return await _asking(request, Form({"days": str(MAX_DAYS)}))


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Ask for a restriction, which a second person approves."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        number = await ctx.write(
            restrictions.ask,
            actor=actor(request),
            post_id=_id(request),
            code=form["rule"],
            words=form["words"],
            days=checked_days(form["days"]),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _asking(request, form)
    raise web.HTTPSeeOther(f"/restrictions/{number}")


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """Show whose answers wait, those that need somebody first."""
    async with request.app[CONTEXT].read() as session:
        found = await restriction_views.listed(session, actor=actor(request))
    return await render(request, "restrictions.html", found=found, ends=ENDS, noindex=True)


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show one restriction to who it is about, and to those who decide about it."""
    return await _one(request, Form(), key=request.query.get("key", ""))


@public
async def appeal(request: web.Request) -> web.StreamResponse:
    """Appeal: as who is restricted, signed in here or with the link of the letter."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            restrictions.appeal,
            actor=viewer(request),
            restriction_id=_id(request),
            key=form["key"],
            text=form["words"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _one(request, form, key=form["key"])
    return await _one(request, Form(), key=form["key"], status=200)


@signed_in
async def change(request: web.Request) -> web.StreamResponse:
    """Approve, drop or lift it, or decide about the appeal."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    given: dict[str, Any] = {
        "actor": actor(request),
        "restriction_id": _id(request),
        "now": ctx.clock(),
    }
    what = request.match_info["what"]
    try:
        if what == "approve":
            await ctx.write(restrictions.approve, addresses=ctx.addresses, **given)
        elif what == "drop":
            await ctx.write(restrictions.drop, **given)
        elif what == "lift":
            await ctx.write(restrictions.lift, **given)
        else:
            await ctx.write(
                restrictions.decide_appeal,
                overturn=form["decision"] == "overturned",
                words=form["words"],
                **given,
            )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _one(request, form)
    except ConflictError as error:
        form.errors[""] = forms.why(error)
        return await _one(request, form, status=error.status)
    raise web.HTTPSeeOther(f"/restrictions/{_id(request)}")


async def _asking(request: web.Request, form: Form) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        post = await hidden_answers.about(session, actor=actor(request), post_id=_id(request))
        own = await forum_rules.own_rules(session)
    fixed = [(one.value, one.number, GROUND_WORDS[one], GROUND_MEANINGS[one]) for one in Ground]
    return await render(
        request,
        "restrict.html",
        status=422 if form.errors else 200,
        form=form,
        post=post,
        fixed=fixed,
        own=own,
        most=MAX_DAYS,
        noindex=True,
    )


async def _one(
    request: web.Request, form: Form, *, key: str = "", status: int = 0
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await restriction_views.one(
            session, actor=viewer(request), restriction_id=_id(request), key=key
        )
    return await render(
        request,
        "restriction.html",
        status=status or (422 if form.errors else 200),
        form=form,
        one=found,
        ends=ENDS,
        key=key,
        noindex=True,
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


ROUTES = [
    web.get(r"/posts/{id:\d+}/restrict", ask),
    web.post(r"/posts/{id:\d+}/restrict", save),
    web.get("/restrictions", listed),
    web.get(r"/restrictions/{id:\d+}", show),
    web.post(r"/restrictions/{id:\d+}/appeal", appeal),
    web.post(r"/restrictions/{id:\d+}/{what:approve|drop|lift|decide}", change),
]
