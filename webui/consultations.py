"""Consultations: the list, one with its results and its answer, asking, and answering."""

from aiohttp import web

from fedi_k12.domain.consultations import MAX_DAYS, ConsultationDraft, Outcome
from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import consultations
from fedi_k12.web.auth import actor, keeps_words, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms, given_back
from webui.forms import Form
from webui.leads import to_approval
from webui.pages import render
from webui.words import said

STAGES = {
    "open": "Open",
    "ended": "Its time is over, the answer is to come",
    "answered": "Answered",
}
DAYS = ("3", "7", "14", "21", "30", str(MAX_DAYS))
_LABELS = {
    "title": "The title",
    "question": "The question",
    "background": "The background",
    "days": "How long it is open",
    "heard": "What we heard",
    "decided": "What we decided",
}


@public
async def listed(request: web.Request) -> web.StreamResponse:
    """Show the consultations, the newest first."""
    ctx, who = request.app[CONTEXT], viewer(request)
    asked = PageRequest(max_id=parse_id(request.query.get("before", "")))
    async with ctx.read() as session:
        found = await consultations.page(session, viewer=who, page=asked, now=ctx.clock())
    return await render(
        request,
        "consultations.html",
        found=found.items,
        more=found.oldest if len(found.items) == asked.limit else None,
        stages=STAGES,
        may_ask=_may_write(request),
    )


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show one, with how people answered and what was decided."""
    return await _one(request, Form())


@signed_in
async def begin(request: web.Request) -> web.StreamResponse:
    """Show the form for a new one."""
    return await _form(request, Form({"days": "14"}))


async def ask_again(request: web.Request) -> web.StreamResponse:
    """Give the form for a question back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    return await _form(request, form, status=given_back.STATUS)


@keeps_words(ask_again)
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask people; what has to be corrected comes back as it was typed."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    lines = [line.strip() for line in form["answers"].splitlines()]
    try:
        with to_approval():
            number = await ctx.write(
                consultations.ask,
                actor=me,
                asked=ConsultationDraft(
                    title=form["title"],
                    question=form["question"],
                    background=form["background"],
                    options=tuple(line for line in lines if line),
                    multiple=form.flag("several"),
                    days=parse_id(form["days"]) or 0,
                ),
                key=form["key"][:64] or None,
                addresses=ctx.addresses,
                now=ctx.clock(),
                hold_seconds=ctx.settings.hold_seconds,
            )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _form(request, form, status=422)
    raise web.HTTPSeeOther(f"/consultations/{number}")


async def close_again(request: web.Request) -> web.StreamResponse:
    """Give the form for an answer back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    return await _one(request, form, status=given_back.STATUS, again=True)


@keeps_words(close_again)
async def close(request: web.Request) -> web.StreamResponse:
    """Close one by publishing what was heard and decided."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    usual = Outcome("", "").headings
    status = 422
    try:
        with to_approval():
            await ctx.write(
                consultations.close,
                actor=me,
                consultation_id=_id(request),
                outcome=Outcome(
                    form["heard"],
                    form["decided"],
                    headings=(said(usual[0]), said(usual[1])),
                ),
                key=form["key"][:64] or None,
                addresses=ctx.addresses,
                now=ctx.clock(),
                hold_seconds=ctx.settings.hold_seconds,
            )
    except InvalidError as error:
        form.refuse(error, _LABELS)
    except ConflictError as error:
        form.errors[""], status = forms.why(error), error.status
    else:
        raise web.HTTPSeeOther(f"/consultations/{_id(request)}")
    return await _one(request, form, status=status)


async def _one(
    request: web.Request, form: Form, *, status: int = 200, again: bool = False
) -> web.StreamResponse:
    ctx, who = request.app[CONTEXT], viewer(request)
    async with ctx.read() as session:
        found = await consultations.one(
            session, viewer=who, consultation_id=_id(request), now=ctx.clock()
        )
    own = who is not None and who.account_id == found.account.id
    return await render(
        request,
        "consultation.html",
        status=status,
        one=found,
        form=form,
        key=new_token(),
        stages=STAGES,
        may_close=again or (own and _may_write(request)),
    )


async def _form(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    again = status == given_back.STATUS
    return await render(
        request,
        "consultation_form.html",
        status=status,
        form=form,
        key=form["key"] or new_token(),
        days=DAYS,
        may_ask=again or _may_write(request),
        noindex=True,
    )


def _may_write(request: web.Request) -> bool:
    who = viewer(request)
    held = who.delegation if who is not None else None
    return held is not None and held.role.at_least(DelegateRole.AUTHOR)


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is no such consultation.")
    return number


ROUTES = (
    web.get("/consultations", listed),
    web.get("/consultations/new", begin),
    web.post("/consultations/new", ask),
    web.get(r"/consultations/{id:\d+}", show),
    web.post(r"/consultations/{id:\d+}/close", close),
)
