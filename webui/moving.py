"""A member's settings: where the account came from, and where it goes."""

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.domain.errors import DomainError, InvalidError
from fedi_k12.services import moves
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render
from webui.passwords import WRONG, knows_password

_SLOW = "The other server takes too long. Try again in a while."


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show where the account came from and where it went."""
    return await _page(request, Form())


@signed_in
async def add_alias(request: web.Request) -> web.StreamResponse:
    """Name another account as one's own, so that it can move here."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    target = await _account(request, form, "alias")
    if target is not None:
        try:
            await ctx.write(
                moves.add_alias, actor=actor(request), target_id=target, now=ctx.clock()
            )
        except InvalidError as error:
            form.errors["alias"] = forms.why(error)
        else:
            raise web.HTTPSeeOther("/settings/moving?saved")
    return await _page(request, form, status=422)


@signed_in
async def remove_alias(request: web.Request) -> web.StreamResponse:
    """No longer name another account as one's own."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    await ctx.write(moves.remove_alias, actor=actor(request), uri=form["uri"], now=ctx.clock())
    raise web.HTTPSeeOther("/settings/moving?saved")


@signed_in
async def move(request: web.Request) -> web.StreamResponse:
    """Send one's followers to another account; the password is asked for once more."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me = actor(request)
    if not await knows_password(request, me, form["password"]):
        form.errors["password"] = WRONG
    target = await _account(request, form, "target")
    if target is not None and not form.errors:
        try:
            await ctx.write(moves.move_away, actor=me, target_id=target, now=ctx.clock())
        except InvalidError as error:
            form.errors["target"] = forms.why(error)
        else:
            raise web.HTTPSeeOther("/settings/moving?saved")
    return await _page(request, form, status=422)


@signed_in
async def stay(request: web.Request) -> web.StreamResponse:
    """Take back that one went elsewhere."""
    ctx = request.app[CONTEXT]
    await ctx.write(moves.stay, actor=actor(request), now=ctx.clock())
    raise web.HTTPSeeOther("/settings/moving?saved")


async def _account(request: web.Request, form: Form, name: str) -> int | None:
    """Return the account that a handle in the form names, asked of its own server just now."""
    try:
        return await resolve_account(request.app[CONTEXT], form[name], anew=True)
    except TimeoutError:
        form.errors[name] = _SLOW
    except DomainError as error:
        form.errors[name] = forms.why(error)
    return None


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        moving = await moves.moving(session, actor=actor(request), now=ctx.clock())
    return await render(
        request,
        "moving.html",
        status=status,
        form=form,
        moving=moving,
        saved="saved" in request.query,
        noindex=True,
    )


ROUTES = [
    web.get("/settings/moving", show),
    web.post("/settings/moving/aliases", add_alias),
    web.post("/settings/moving/aliases/remove", remove_alias),
    web.post("/settings/moving/away", move),
    web.post("/settings/moving/stay", stay),
]
