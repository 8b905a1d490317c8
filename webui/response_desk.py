"""The response desk of an official account: what reached it, assigned, answered, closed."""

from aiohttp import web

from fedi_k12.domain.desk import OPEN, REASONS, CaseState
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.services import balance, desk, desk_queue, desk_views, gates, officials, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import lead
from webui.pages import render
from webui.reading import numbered, reply_form

TABS = {
    "": ("Waiting", "/desk"),
    "mine": ("Mine to answer", "/desk?show=mine"),
    "answered": ("Answered", "/desk?show=answered"),
    "closed": ("Closed", "/desk?show=closed"),
}
_STATES = {"answered": (CaseState.ANSWERED,), "closed": (CaseState.CLOSED,)}
STATES = {
    "waiting": "waits for an answer",
    "assigned": "assigned",
    "answered": "answered",
    "closed": "closed",
}
STEPS = {
    "came": "It came",
    "again": "They wrote again",
    "assigned": "Assigned",
    "put-back": "Put back for everybody",
    "answered": "Answered",
    "taken-back": "The answer was taken back",
    "closed": "Closed",
    "reopened": "Opened again",
}
_LABELS = {"to": "Who answers", "reason": "Why", "remark": "The remark"}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the cases of the account that one speaks for; as oneself, whose desks there are."""
    ctx, me = request.app[CONTEXT], actor(request)
    if me.delegation is None:
        return await _whose(request)
    tab = request.query.get("show", "")
    tab = tab if tab in TABS else ""
    async with ctx.read() as session:
        found, more = await desk_views.page(
            session,
            actor=me,
            states=_STATES.get(tab, OPEN),
            mine=tab == "mine",
            after=parse_id(request.query.get("after", "")),
        )
        age = await desk_queue.age(session, actor=me)
    return await render(
        request,
        "response_desk.html",
        tab=tab,
        tabs=TABS,
        found=found,
        more=more,
        age=age,
        states=STATES,
        reasons=REASONS,
        noindex=True,
    )


@signed_in
async def case(request: web.Request) -> web.StreamResponse:
    """Show one case with its thread, what was done, and where it is answered."""
    return await _case(request, Form())


@signed_in
async def change(request: web.Request) -> web.StreamResponse:
    """Assign, close or reopen a case; what cannot be is said on the page."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    number, now = _id(request), ctx.clock()
    what, status = request.match_info["what"], 422
    try:
        if what == "assign":
            to = me.member_id if form["to"] == "me" else parse_id(form["to"]) or 0
            await ctx.write(
                desk.assign,
                actor=me,
                case_id=number,
                member_id=to if form["to"] else None,
                now=now,
            )
        elif what == "close":
            await ctx.write(
                desk.close,
                actor=me,
                case_id=number,
                reason=form["reason"],
                remark=form["remark"],
                now=now,
            )
        else:
            await ctx.write(desk.reopen, actor=me, case_id=number, now=now)
    except InvalidError as error:
        form.refuse(error, _LABELS)
    except ConflictError as error:
        form.errors[""], status = forms.why(error), error.status
    else:
        lead(f"/desk/{number}?done")
    return await _case(request, form, status=status)


@signed_in
async def show_balance(request: web.Request) -> web.StreamResponse:
    """Show the team how much its account talks and how much it answers."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await balance.of_account(session, actor=actor(request), now=ctx.clock())
    rows = (
        ("Posts of its own", found.own_posts),
        ("Posts of others that it passed on", found.boosts),
        ("Answers to staff", found.replies_to_staff),
        ("Answers to families and everybody else", found.replies_to_families),
        ("Questions that came", found.asked),
        ("Of these, not answered yet", found.unanswered),
    )
    return await render(request, "balance.html", balance=found, rows=rows, noindex=True)


async def _case(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        found = await desk_views.one(session, actor=me, case_id=_id(request))
        name = (await views.account_view(session, me.account_id)).username
        answer = found.to_answer
        no_answer = await gates.why_no_answer(
            session, me, answer.id if answer is not None else None, now=ctx.clock()
        )
    reply = reply_form(answer, name) if answer is not None else Form()
    return await render(
        request,
        "desk_case.html",
        status=status,
        found=found,
        no_answer=no_answer,
        case=found.case,
        theirs={one.post_id for one in found.messages},
        replies=numbered(found.thread) if found.thread is not None else [],
        form=form,
        reply=reply,
        key=new_token(),
        done="done" in request.query,
        states=STATES,
        steps=STEPS,
        reasons=REASONS,
        noindex=True,
    )


async def _whose(request: web.Request) -> web.StreamResponse:
    """Show the desks of the accounts that a person acts for; refuse who acts for none."""
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        held = await officials.speaks_for(session, member_id=me.member_id or 0)
        held = [one for one in held if one.paused_at is None]
        counts = await desk_views.open_counts(session, [one.account_id for one in held])
    if not held:
        raise ForbiddenError("Only who acts for an official account sees its desk.")
    return await render(request, "desks.html", held=held, counts=counts, noindex=True)


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is no such case at this desk.")
    return number


ROUTES = (
    web.get("/desk", show),
    web.get("/desk/balance", show_balance),
    web.get(r"/desk/{id:\d+}", case),
    web.post(r"/desk/{id:\d+}/{what:assign|close|reopen}", change),
)
