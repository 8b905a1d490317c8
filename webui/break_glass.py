"""Publishing at once in an emergency, and the review by a second person afterwards."""

from aiohttp import web

from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.domain.posts import Draft
from fedi_k12.services import break_glass
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import lead
from webui.pages import render

_LABELS = {"reason": "Why it cannot wait", "text": "Your post"}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form for a post that goes out at once."""
    return await _form(request, Form())


@signed_in
async def publish(request: web.Request) -> web.StreamResponse:
    """Publish a post at once, and lead to what has to be reviewed."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        number = await ctx.write(
            break_glass.publish,
            actor=actor(request),
            draft=Draft(form["text"], idempotency_key=form["key"][:64] or None),
            reason=form["reason"],
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["reason" if error.fields else "text"] = forms.why(error)
        return await _form(request, form, status=422)
    except ForbiddenError as error:
        form.errors["text"] = forms.why(error)
        return await _form(request, form, status=403)
    else:
        lead(f"/break-glass/{number}")


@signed_in
async def show_one(request: web.Request) -> web.StreamResponse:
    """Show what went out at once to the team of its account."""
    return await _one(request, Form())


@signed_in
async def review(request: web.Request) -> web.StreamResponse:
    """Note that a second person has read it."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            break_glass.review,
            member_id=actor(request).member_id or 0,
            opened_id=_id(request),
            note=form["note"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["note"], status = forms.why(error), 422
    except (ConflictError, ForbiddenError) as error:
        form.errors[""], status = forms.why(error), error.status
    else:
        lead(f"/break-glass/{_id(request)}")
    return await _one(request, form, status=status)


async def _form(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    return await render(
        request,
        "break_glass.html",
        status=status,
        form=form,
        key=form["key"] or new_token(),
        noindex=True,
    )


async def _one(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        one = await break_glass.one(
            session, member_id=actor(request).member_id or 0, opened_id=_id(request)
        )
    return await render(
        request, "break_glass_review.html", status=status, one=one, form=form, noindex=True
    )


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = (
    web.get("/break-glass", show),
    web.post("/break-glass", publish),
    web.get(r"/break-glass/{id:\d+}", show_one),
    web.post(r"/break-glass/{id:\d+}/review", review),
)
