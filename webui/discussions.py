"""Discussions: the list, one with its points and answers, and planning one."""

from datetime import timedelta

from aiohttp import web

from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.discussions import DiscussionDraft
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import MAX_ID, new_token, parse_id
from fedi_k12.services import discussions
from fedi_k12.web.auth import actor, keeps_words, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms, given_back, later
from webui.forms import Form
from webui.leads import to_approval
from webui.pages import render

STAGES = {"planned": "It has not begun", "running": "It is on", "over": "It is over"}
BETWEEN = (
    ("0", "All at once"),
    ("5", "5 minutes"),
    ("8", "8 minutes"),
    ("10", "10 minutes"),
    ("15", "15 minutes"),
    ("1440", "1 day"),
    ("10080", "1 week"),
)
LASTS = (
    ("30", "30 minutes"),
    ("60", "1 hour"),
    ("90", "90 minutes"),
    ("1440", "1 day"),
    ("10080", "1 week"),
    ("20160", "2 weeks"),
    ("43200", "30 days"),
)
_LABELS = {
    "title": "The title",
    "intro": "The introduction",
    "points": "The points",
    "starts_at": "The beginning",
    "minutes": "The time between",
    "ends_at": "The end",
    "tag": "The tag",
}


@public
async def listed(request: web.Request) -> web.StreamResponse:
    """Show the discussions, the newest first."""
    ctx, who = request.app[CONTEXT], viewer(request)
    before = parse_id(request.query.get("before", "")) or MAX_ID
    async with ctx.read() as session:
        found, more = await discussions.page(
            session, viewer=who, before=before, now=ctx.clock()
        )
    return await render(
        request,
        "discussions.html",
        found=found,
        more=more,
        stages=STAGES,
        may_plan=_may_write(request),
    )


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show one: each point with what people answered."""
    ctx, who = request.app[CONTEXT], viewer(request)
    async with ctx.read() as session:
        found = await discussions.one(
            session, viewer=who, discussion_id=_id(request), now=ctx.clock()
        )
    return await render(request, "discussion.html", one=found, stages=STAGES)


@signed_in
async def begin(request: web.Request) -> web.StreamResponse:
    """Show the form for a new one."""
    return await _form(request, Form({"minutes": "8", "lasts": "60"}))


async def plan_again(request: web.Request) -> web.StreamResponse:
    """Give the form back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    return await _form(request, form, status=given_back.STATUS)


@keeps_words(plan_again)
async def plan(request: web.Request) -> web.StreamResponse:
    """Announce one; what has to be corrected comes back as it was typed."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    try:
        draft = await _draft(request, form)
        with to_approval():
            number = await ctx.write(
                discussions.announce,
                actor=me,
                plan=draft,
                key=form["key"][:64] or None,
                addresses=ctx.addresses,
                now=ctx.clock(),
                hold_seconds=ctx.settings.hold_seconds,
            )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _form(request, form, status=422)
    raise web.HTTPSeeOther(f"/discussions/{number}")


async def _draft(request: web.Request, form: Form) -> DiscussionDraft:
    starts_at = await later.moment(request, form)
    lines = [line.strip() for line in form["points"].splitlines()]
    lasts = parse_id(form["lasts"]) or 0
    between = parse_id(form["minutes"])
    return DiscussionDraft(
        title=form["title"],
        points=tuple(line for line in lines if line),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=min(lasts, 100_000)),
        minutes=-1 if between is None else min(between, 100_000),
        intro=form["intro"],
        tag=form["tag"].strip().lstrip("#"),
    )


async def _form(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    return await render(
        request,
        "discussion_form.html",
        status=status,
        form=form,
        key=form["key"] or new_token(),
        between=BETWEEN,
        lasts=LASTS,
        may_plan=status == given_back.STATUS or _may_write(request),
        noindex=True,
    )


def _may_write(request: web.Request) -> bool:
    who = viewer(request)
    held = who.delegation if who is not None else None
    return held is not None and held.role.at_least(DelegateRole.AUTHOR)


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is no such discussion.")
    return number


ROUTES = (
    web.get("/discussions", listed),
    web.get("/discussions/new", begin),
    web.post("/discussions/new", plan),
    web.get(r"/discussions/{id:\d+}", show),
)
