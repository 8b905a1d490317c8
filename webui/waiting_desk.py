"""Who asked to become a member: read by moderators, let in or turned away."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action
from fedi_k12.domain.staff import AccountFilter
from fedi_k12.services import sanctions, staff
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.door import AFFILIATIONS
from webui.forms import Form
from webui.moderating import desk_page
from webui.pages import may_join

PAGE = 40
_ACTS = {"in": sanctions.approve, "out": sanctions.reject}
_DONE = {"in": "They are let in, and can sign in.", "out": "They are turned away."}
_DECIDED = "Somebody else decided about them meanwhile."


@role_needed(Action.REVIEW_MEMBERS)
async def show_waiting(request: web.Request) -> web.StreamResponse:
    """Show who waits to be let in, whoever waits longest first."""
    return await _page(request, Form())


@role_needed(Action.REVIEW_MEMBERS)
async def decide_waiting(request: web.Request) -> web.StreamResponse:
    """Let in, or turn away, those who are ticked."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    act = _ACTS.get(form["what"])
    ids = [number for text in form.lists.get("id", [])[:PAGE] if (number := parse_id(text))]
    if act is None or not ids:
        form.errors[""] = "Tick at least one, and say what is to become of them."
        return await _page(request, form, status=422)
    done = 0
    for number in ids:
        try:
            await ctx.write(act, actor=me, account_id=number, now=ctx.clock())
        except (InvalidError, NotFoundError):
            continue  # Another moderator was faster: the rest is to be decided all the same.
        done += 1
    raise web.HTTPSeeOther(f"/moderation/waiting?done={form['what'] if done else 'late'}")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    found = await ctx.write(
        staff.page_in_full,
        actor=me,
        wanted=AccountFilter(origin="local", status="pending"),
        page=PageRequest(limit=PAGE, min_id=0),
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        count = await staff.waiting(session, actor=me)
    return await desk_page(
        request,
        "waiting_desk.html",
        "waiting",
        status=status,
        form=form,
        people=found.items[::-1],
        more=count > len(found.items),
        AFFILIATIONS=dict(AFFILIATIONS),
        registrations=await may_join(request),
        done={**_DONE, "late": _DECIDED}.get(request.query.get("done", ""), ""),
    )


ROUTES = [
    web.get("/moderation/waiting", show_waiting),
    web.post("/moderation/waiting", decide_waiting),
]
