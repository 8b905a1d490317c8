"""A member's settings: setting up and taking away what is asked for besides the password."""

import io

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.services import second_factor, security_keys, views
from fedi_k12.web.auth import actor, identity, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render
from webui.passwords import WRONG, knows_password
from webui.second_step import place_of

_LABELS = {"code": "The code"}


@signed_in
async def begin_app(request: web.Request) -> web.StreamResponse:
    """Make a secret for an app that shows codes; the password is asked for once more."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    if not await knows_password(request, actor(request), form["password"]):
        return await _password_page(request, "app", status=422)
    await ctx.write(second_factor.begin_totp, member_id=_member(request), now=ctx.clock())
    raise web.HTTPSeeOther("/settings/security/app")


@signed_in
async def show_app(request: web.Request) -> web.StreamResponse:
    """Show the secret that is being set up, as a picture and in letters."""
    try:
        return await _app_page(request, Form())
    except NotFoundError:
        return await _password_page(request, "app")


@signed_in
async def app_picture(request: web.Request) -> web.StreamResponse:
    """Draw the secret that is being set up as a QR code."""
    _secret, address = await _secret_of(request)
    out = io.BytesIO()
    import segno

    segno.make(address, error="m", micro=False).save(
        out, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return web.Response(
        body=out.getvalue(),
        content_type="image/svg+xml",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        },
    )


@signed_in
async def confirm_app(request: web.Request) -> web.StreamResponse:
    """Ask for codes from now on, once the member has shown one."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        codes = await ctx.write(
            second_factor.confirm_totp,
            member_id=_member(request),
            code=form["code"],
            keep_session=identity(request).session_id or 0,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _app_page(request, form, status=422)
    except NotFoundError:
        raise web.HTTPSeeOther("/settings/security/app") from None
    return await _codes_page(request, codes)


@signed_in
async def show_key(request: web.Request) -> web.StreamResponse:
    """Ask for the password before a key is added."""
    return await _password_page(request, "key")


@signed_in
async def add_key(request: web.Request) -> web.StreamResponse:
    """Ask the browser for a new key once the password is right, and keep what it answers."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    member_id = _member(request)
    if not form["answer"]:
        if not await knows_password(request, actor(request), form["password"]):
            return await _password_page(request, "key", status=422)
        token = await ctx.write(
            second_factor.challenge, member_id=member_id, purpose="add key", now=ctx.clock()
        )
        return await _key_page(request, token, Form({"name": form["name"]}))
    async with ctx.read() as session:
        waits = await second_factor.waiting(
            session, token=form["waiting"], purpose="add key", now=ctx.clock()
        )
    if waits is None or waits.member_id != member_id:
        raise web.HTTPSeeOther("/settings/security/key")
    try:
        codes = await ctx.write(
            security_keys.add,
            waiting=waits,
            answer=form["answer"],
            name=form["name"],
            place=place_of(request),
            keep_session=identity(request).session_id or 0,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors[""] = forms.why(error)
        return await _key_page(request, form["waiting"], form, status=422)
    return await _codes_page(request, codes)


@signed_in
async def new_codes(request: web.Request) -> web.StreamResponse:
    """Make new recovery codes; the old ones end."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    if not await knows_password(request, actor(request), form["password"]):
        return await _password_page(request, "codes", status=422)
    async with ctx.read() as session:
        found = await second_factor.factors(session, member_id=_member(request))
    if not found.any:
        raise web.HTTPSeeOther("/settings/security")
    codes = await ctx.write(
        second_factor.new_recovery, member_id=_member(request), now=ctx.clock()
    )
    return await _codes_page(request, codes)


@signed_in
async def show_codes(request: web.Request) -> web.StreamResponse:
    """Ask for the password before new recovery codes are made."""
    return await _password_page(request, "codes")


@signed_in
async def show_remove(request: web.Request) -> web.StreamResponse:
    """Ask for the password before a factor is taken away."""
    return await _password_page(request, f"remove/{request.match_info['factor']}")


@signed_in
async def remove(request: web.Request) -> web.StreamResponse:
    """No longer ask for a factor."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    factor = request.match_info["factor"]
    if not await knows_password(request, actor(request), form["password"]):
        return await _password_page(request, f"remove/{factor}", status=422)
    await ctx.write(second_factor.remove, member_id=_member(request), factor=factor)
    raise web.HTTPSeeOther("/settings/security?saved")


def _member(request: web.Request) -> int:
    member_id = actor(request).member_id
    if member_id is None:
        raise NotFoundError("There is nothing here that you may see.")
    return member_id


async def _secret_of(request: web.Request) -> tuple[str, str]:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        me = await views.account_view(session, actor(request).account_id)
        return await second_factor.totp_address(
            session,
            member_id=_member(request),
            account=f"{me.username}@{ctx.addresses.handle_domain}",
            issuer=ctx.settings.name,
        )


async def _app_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    secret, _address = await _secret_of(request)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return _fresh(
        await render(
            request, "factor_app.html", status=status, form=form, secret=groups, noindex=True
        )
    )


async def _key_page(
    request: web.Request, token: str, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        waits = await second_factor.waiting(
            session, token=token, purpose="add key", now=ctx.clock()
        )
        if waits is None:
            raise web.HTTPSeeOther("/settings/security/key")
        me = await views.account_view(session, actor(request).account_id)
        asked = await security_keys.adding(
            session,
            waiting=waits,
            place=place_of(request),
            username=me.username,
            name=me.name,
        )
    return _fresh(
        await render(
            request,
            "factor_key.html",
            status=status,
            form=form,
            asked=asked,
            waiting=token,
            noindex=True,
        )
    )


async def _codes_page(request: web.Request, codes: list[str]) -> web.StreamResponse:
    if not codes:
        raise web.HTTPSeeOther("/settings/security?saved")
    return _fresh(await render(request, "factor_codes.html", codes=codes, noindex=True))


async def _password_page(
    request: web.Request, what: str, *, status: int = 200
) -> web.StreamResponse:
    form = Form()
    if status != 200:  # noqa: PLR2004 - the form was wrong
        form.errors["password"] = WRONG
    return await render(
        request, "factor_password.html", status=status, form=form, what=what, noindex=True
    )


def _fresh(page: web.StreamResponse) -> web.StreamResponse:
    page.headers["Cache-Control"] = "no-store"
    return page


ROUTES = [
    web.get("/settings/security/app", show_app),
    web.post("/settings/security/app", begin_app),
    web.get("/settings/security/app.svg", app_picture),
    web.post("/settings/security/app/confirm", confirm_app),
    web.get("/settings/security/key", show_key),
    web.post("/settings/security/key", add_key),
    web.get("/settings/security/codes", show_codes),
    web.post("/settings/security/codes", new_codes),
    web.get("/settings/security/remove/{factor:totp|[0-9]+}", show_remove),
    web.post("/settings/security/remove/{factor:totp|[0-9]+}", remove),
]
