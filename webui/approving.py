"""What official accounts are to say: read by a second person, approved or returned."""

from aiohttp import web

from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.guards import weak_description
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.picture_check import (
    FOCUSES,
    STATEMENTS,
    PictureCheck,
    read_check,
)
from fedi_k12.services import approving, break_glass, digests, name_guard
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import lead
from webui.pages import render

KINDS = {
    "post": "A new post",
    "edit": "A change of a post",
    "boost": "A post by others, to be passed on",
    "event": "An event",
    "event edit": "A change of an event",
    "event status": "Whether an event takes place",
    "consultation": "A question to people",
    "outcome": "What we heard, what we decided",
    "discussion": "A discussion and its points",
    "transcript": "The transcript of a discussion",
    "profile": "A change of the profile",
    "pin": "A post to be kept at the top of the profile",
    "unpin": "A post no longer to be kept at the top of the profile",
    "feature": "A hashtag to be shown on the profile",
    "unfeature": "A hashtag no longer to be shown on the profile",
    "endorse": "An account to be recommended on the profile",
    "unendorse": "An account no longer to be recommended on the profile",
}
STATES = {
    "waiting": "waits for a second person",
    "returned": "came back to be changed",
    "approved": "approved, published when it is due",
    "published": "approved and published",
    "withdrawn": "withdrawn",
}
STEPS = {
    "sent": "Sent for approval",
    "corrected": "Changed and sent again",
    "returned": "Returned",
    "described": "Described the pictures",
    "approved": "Approved",
    "withdrawn": "Withdrawn",
}


@signed_in
async def waiting(request: web.Request) -> web.StreamResponse:
    """Show what waits for the accounts that a member acts for."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await approving.waiting(
            session, member_id=_me(request), addresses=ctx.addresses, now=ctx.clock()
        )
        opened = await break_glass.waiting(session, member_id=_me(request))
        days = await digests.desk(session, member_id=_me(request))
    return await render(
        request,
        "approvals.html",
        opened=opened,
        days=days,
        found=found,
        kinds=KINDS,
        states=STATES,
        noindex=True,
    )


@signed_in
async def review(request: web.Request) -> web.StreamResponse:
    """Show one thing as families will see it, with what is to be looked at."""
    return await _page(request, Form())


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Approve, return, correct or withdraw; what cannot be is said on the page."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    number, me, now = _id(request), _me(request), ctx.clock()
    version = parse_id(form["version"]) or 0
    what = request.match_info["what"]
    status = 422
    try:
        if what == "approve":
            await ctx.write(
                approving.approve,
                member_id=me,
                submission_id=number,
                version=version,
                addresses=ctx.addresses,
                now=now,
                checked=await _checked(request, form),
            )
        elif what == "return":
            await ctx.write(
                approving.return_it,
                member_id=me,
                submission_id=number,
                version=version,
                comment=form["comment"],
                now=now,
            )
        elif what == "correct":
            await ctx.write(
                approving.correct,
                member_id=me,
                submission_id=number,
                version=version,
                text=form["text"],
                summary=form["note"],
                descriptions=_descriptions(form),
                now=now,
            )
        elif what == "describe":
            await ctx.write(
                approving.describe,
                member_id=me,
                submission_id=number,
                version=version,
                descriptions=_descriptions(form),
                now=now,
            )
        else:
            await ctx.write(
                approving.withdraw,
                member_id=me,
                submission_id=number,
                version=version,
                now=now,
            )
    except InvalidError as error:
        field = "comment" if what == "return" else "text" if what == "correct" else ""
        form.errors[field] = forms.why(error)
    except (ConflictError, ForbiddenError) as error:
        form.errors[""], status = forms.why(error), error.status
    else:
        lead(f"/approvals/{number}?done")
    return await _page(request, form, status=status)


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        one = await approving.one(
            session,
            member_id=_me(request),
            submission_id=_id(request),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        said = (one.draft.title, one.draft.summary, one.draft.text) if one.draft else ()
        descriptions = [media.alt for media in one.media]
        names = await name_guard.to_look_at(session, *said, *descriptions)
    if one.draft is not None and not form["version"]:
        form.set("text", one.draft.text)
        form.set("note", one.draft.summary)
    return await render(
        request,
        "approval.html",
        status=status,
        one=one,
        form=form,
        saved="saved" in request.query,
        done="done" in request.query,
        names=names,
        FOCUSES=FOCUSES,
        STATEMENTS=STATEMENTS,
        weak=[(media, weak_description(media.alt)) for media in one.media],
        kinds=KINDS,
        states=STATES,
        did=STEPS,
        noindex=True,
    )


async def _checked(request: web.Request, form: Form) -> PictureCheck | None:
    """Return what the approver says of the pictures, where nobody did before."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        one = await approving.one(
            session,
            member_id=_me(request),
            submission_id=_id(request),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    if not one.unchecked:
        return None
    given = {name: form[name] for name in ("focus", *STATEMENTS)}
    return read_check(given, by=_me(request))


def _descriptions(form: Form) -> dict[int, str]:
    found = {}
    for name in form.lists:
        number = parse_id(name.removeprefix("alt-")) if name.startswith("alt-") else None
        if number is not None:
            found[number] = form[name]
    return found


def _me(request: web.Request) -> int:
    return actor(request).member_id or 0


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = (
    web.get("/approvals", waiting),
    web.get(r"/approvals/{id:\d+}", review),
    web.post(r"/approvals/{id:\d+}/{what:approve|return|correct|describe|withdraw}", decide),
)
