"""Coming in and going out: invitation, sign-up, sign-in, sign-out."""

import asyncio

from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.people import check_password, check_username
from fedi_k12.domain.permissions import Role
from fedi_k12.services import confirmation, login, second_factor, sessions, signup
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.signup import InviteView, SignUpForm
from fedi_k12.web.auth import end_session, identity, public, signed_in, start_session, viewer
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import remote_address
from webui import forms, second_step
from webui.forms import Form
from webui.leads import lead, local_path
from webui.pages import may_join, render

AFFILIATIONS = (
    ("staff", "staff of a school or the district"),
    ("family", "family of a child at a school"),
    ("neighbor", "a neighbor, or working with schools"),
)
_LABELS = {
    "display_name": "Your name",
    "username": "The short name",
    "email": "The e-mail address",
    "password": "The password",
    "agreement": "The rules",
    "reason": "What you tell the moderators",
}
LOOK = "Look into your mail"
HELD = (
    "A letter with a link is on its way to your e-mail address. Open the link, and you can "
    "sign in. It works for two days. Nothing there after ten minutes? Then look among what "
    "your mail program takes for spam. Signing in here sends another one."
)
# Said of a resting account, too: what is said of one must not tell that there is one.
_WRONG = (
    "The name or the password is not right. After ten wrong passwords nobody can sign in with "
    "that name for a quarter of an hour."
)


@public
async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """Show the sign-in page; who is signed in is led on."""
    target = local_path(request.query.get("next", ""))
    if viewer(request) is not None and "anew" not in request.query:
        lead(target)
    return await second_step.first_step(request, Form({"next": target}))


@public
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Sign a browser in. A wrong name and a wrong password read the same."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    async with ctx.read() as session:
        member = await login.find_member(session, login=form["login"])
    right = await asyncio.to_thread(
        login.check_password_hash, member.password_hash if member else None, form["password"]
    )
    now = ctx.clock()
    rests = member is not None and (member.locked_until or now) > now
    if member is None or rests or not right:
        if member is not None and not rests:
            await ctx.write(login.record_failure, member_id=member.member_id, now=now)
        form.errors["login"] = _WRONG
    elif member.disabled:
        form.errors[""] = "This account is suspended. Ask who runs this server."
    elif member.held:
        await ctx.write(confirmation.ask_again, member_id=member.member_id, now=now)
        return await _waits(request, LOOK, HELD)
    elif not member.approved:
        return await _waits(
            request,
            "You are on the list",
            "A moderator has not let you in yet. There is nothing more for you to do: come "
            "back in a day or two and sign in with the same name and password.",
        )
    if form.errors or member is None:
        return await second_step.first_step(request, form, status=422)
    target = local_path(form["next"])
    async with ctx.read() as session:
        found = await second_factor.factors(session, member_id=member.member_id)
    if found.any:
        return await second_step.ask(request, member_id=member.member_id, target=target)
    return await _signed_in(request, member.member_id, target)


@signed_in
async def sign_out(request: web.Request) -> web.StreamResponse:
    """Sign a browser out."""
    session_id = identity(request).session_id
    if session_id is not None:
        await request.app[CONTEXT].write(login.end_session, session_id=session_id)
    response = web.Response(status=303, headers={"Location": "/"})
    end_session(request, response)
    return response


@public
async def show_sign_up(request: web.Request) -> web.StreamResponse:
    """Show the form for becoming a member, by invitation or without."""
    invite = await _invite(request)
    return await _sign_up_page(request, Form({"affiliation": "staff"}), invite)


@public
async def sign_up(request: web.Request) -> web.StreamResponse:
    """Make somebody a member and sign them in."""
    ctx = request.app[CONTEXT]
    invite = await _invite(request)
    form = await forms.read(request)
    _check(form)
    if form.errors:
        return await _sign_up_page(request, form, invite, status=422)
    try:
        registered = await _register(ctx, request, form)
    except InvalidError as error:
        form.refuse(error, _LABELS)
    except ConflictError as error:
        form.errors["username"] = forms.why(error)
    else:
        if registered.waits_for_mail:
            return await _waits(request, LOOK, HELD)
        if registered.waits_for_approval:
            return await _waits(
                request,
                "Thank you",
                "A moderator will look at your wish to join. Then you can sign in with the "
                "name and the password that you chose.",
            )
        return await _signed_in(request, registered.member_id, "/home")
    return await _sign_up_page(request, form, invite, status=422)


async def _register(ctx: Context, request: web.Request, form: Form) -> signup.Registered:
    hashed = await asyncio.to_thread(login.hash_password, form["password"])
    keys = await asyncio.to_thread(generate_keys)
    return await ctx.write(
        signup.register,
        form=SignUpForm(
            username=check_username(form["username"]),
            display_name=form["display_name"],
            email=form["email"],
            password_hash=hashed,
            affiliation=form["affiliation"] or "staff",
            rules_accepted=form.flag("agreement"),
            reason=form["reason"],
        ),
        invite_code=request.match_info.get("code"),
        registrations=await may_join(request),
        domains=ctx.settings.registration_domains,
        keys=keys,
        addresses=ctx.addresses,
        address=remote_address(request),
        mail=bool(ctx.settings.smtp_url),
        now=ctx.clock(),
    )


def _check(form: Form) -> None:
    """Note what is wrong with what was typed, all of it at once."""
    if not form["display_name"].strip():
        form.errors["display_name"] = "Say what colleagues call you."
    try:
        check_username(form["username"])
    except InvalidError as error:
        form.errors["username"] = forms.why(error)
    if not form["email"].strip():
        form.errors["email"] = "An e-mail address is needed to sign in with."
    try:
        check_password(form["password"], username=form["username"], email=form["email"])
    except InvalidError as error:
        form.errors["password"] = forms.why(error)
    if form["affiliation"] not in {value for value, _word in AFFILIATIONS}:
        form.errors[""] = "Say whether you are staff, family or a neighbor."
    if not form.flag("agreement"):
        form.errors["agreement"] = "Please read the rules and say that you keep to them."


async def _invite(request: web.Request) -> InviteView | None:
    """Return the invitation in the path; not found where one is needed and there is none."""
    ctx = request.app[CONTEXT]
    code = request.match_info.get("code")
    if code is not None:
        async with ctx.read() as session:
            return await signup.invite_for(session, code=code, now=ctx.clock())
    if await may_join(request) not in {"open", "approval"}:
        raise NotFoundError("There is nothing here that you may see.")
    return None


async def _signed_in(request: web.Request, member_id: int, target: str) -> web.Response:
    ctx = request.app[CONTEXT]
    token = await ctx.write(
        sessions.sign_in,
        member_id=member_id,
        client=request.headers.get("User-Agent", ""),
        now=ctx.clock(),
    )
    response = web.Response(status=303, headers={"Location": target})
    start_session(request, response, token)
    return response


async def _waits(request: web.Request, title: str, text: str) -> web.Response:
    return await render(
        request,
        "message.html",
        title=title,
        text=text,
        href="/",
        word="To the front page",
        noindex=True,
    )


async def _sign_up_page(
    request: web.Request, form: Form, invite: InviteView | None, *, status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "sign_up.html",
        status=status,
        form=form,
        invite=invite,
        owner=invite is not None and invite.role is Role.OWNER,
        asks=invite is None and await may_join(request) == "approval",
        action=request.path,
        affiliations=AFFILIATIONS,
        noindex=True,
    )


ROUTES = [
    web.get("/auth/sign_in", show_sign_in),
    web.post("/auth/sign_in", sign_in),
    web.post("/auth/sign_out", sign_out),
    web.get("/auth/sign_up", show_sign_up),
    web.post("/auth/sign_up", sign_up),
    web.get("/invite/{code}", show_sign_up),
    web.post("/invite/{code}", sign_up),
]
