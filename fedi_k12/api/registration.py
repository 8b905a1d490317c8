"""Becoming a member by an app: https://docs.joinmastodon.org/methods/accounts/#create."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.api.answers import answer, context
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.people import check_password, check_username, normalise_email
from fedi_k12.services import apps, confirmation, login, signup, site
from fedi_k12.services.apps import IssuedToken
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.signup import SignUpForm
from fedi_k12.web.auth import actor, app_token_ok, held_token_ok, identity, viewer
from fedi_k12.web.keys import Identity
from fedi_k12.web.limits import remote_address
from fedi_k12.web.params import Params, params

AFFILIATION = "neighbor"
"""Of who does not say more: the least that one can be here."""


@app_token_ok("write:accounts")
async def create(request: web.Request) -> web.Response:
    """Make somebody a member, and return a token for them.

    As with the page: by invitation where the server asks for one (`invite_code`), and where a
    moderator has to look first, the token works once they have; where mail is sent and nobody
    invited them, once they opened the link in the letter.
    """
    ctx = context(request)
    if viewer(request) is not None:
        raise ForbiddenError("This method requires an client credentials authentication")
    asked = await params(request)
    _check(asked)
    username = asked.text("username").strip()
    hashed = await asyncio.to_thread(login.hash_password, asked.text("password"))
    keys = await asyncio.to_thread(generate_keys)
    app = identity(request)

    async def work(session: AsyncSession) -> IssuedToken:
        registered = await signup.register(
            session,
            form=SignUpForm(
                username=username,
                display_name=asked.text("display_name") or username,
                email=asked.text("email"),
                password_hash=hashed,
                affiliation=AFFILIATION,
                rules_accepted=True,
                locale=asked.text("locale", "en")[:16],
                reason=asked.text("reason"),
            ),
            invite_code=asked.optional("invite_code"),
            registrations=await site.may_join(session, usual=ctx.settings.registrations),
            domains=ctx.settings.registration_domains,
            keys=keys,
            addresses=ctx.addresses,
            address=remote_address(request),
            mail=bool(ctx.settings.smtp_url),
            now=ctx.clock(),
        )
        return await apps.token_of_app(
            session,
            app_id=_app_of(app),
            member_id=registered.member_id,
            account_id=registered.account_id,
            scopes=app.scopes,
            now=ctx.clock(),
        )

    issued = await ctx.write(work)
    return answer(
        {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "scope": issued.scopes,
            "created_at": int(issued.created_at.timestamp()),
        }
    )


@held_token_ok("read:accounts")
async def is_confirmed(request: web.Request) -> web.Response:
    """Return whether the member opened the link in the letter to their e-mail address.

    https://docs.joinmastodon.org/methods/emails/; true where this server sends no mail.
    """
    async with context(request).read() as session:
        found = await confirmation.address_of(session, member_id=actor(request).member_id or 0)
    return answer(found.confirmed)


@held_token_ok("write:accounts")
async def confirm_again(request: web.Request) -> web.Response:
    """Send the link again while the address waits to be confirmed, or to another address.

    https://docs.joinmastodon.org/methods/emails/#confirmation
    """
    ctx, asked = context(request), await params(request)
    if asked.has("email"):
        normalise_email(asked.text("email"))
    await ctx.write(
        confirmation.ask_again,
        member_id=actor(request).member_id or 0,
        email=asked.text("email"),
        now=ctx.clock(),
    )
    return answer({})


def _check(asked: Params) -> None:
    """Refuse what nobody can become a member with; all that is wrong is told at once."""
    wrong: dict[str, str] = {}
    username, email = asked.text("username").strip(), asked.text("email").strip()
    checks: dict[str, Callable[[], str]] = {
        "username": lambda: check_username(username),
        "email": lambda: normalise_email(email),
        "password": lambda: check_password(
            asked.text("password"), username=username, email=email
        ),
    }
    for name, check in checks.items():
        try:
            check()
        except InvalidError as error:
            blank = not asked.text(name).strip()
            wrong[name] = "can't be blank" if blank else error.fields.get(name, "is invalid")
    if not asked.flag("agreement"):
        wrong["agreement"] = "must be accepted"
    if wrong:
        told = ", ".join(f"{name.title()} {text}" for name, text in wrong.items())
        raise InvalidError(f"Validation failed: {told}", fields=wrong)


def _app_of(found: Identity) -> int:
    if found.app_id is None:
        raise ForbiddenError("This method requires an client credentials authentication")
    return found.app_id


ROUTES = [
    web.post("/api/v1/accounts", create),
    web.post("/api/v1/emails/confirmations", confirm_again),
    web.get("/api/v1/emails/check_confirmation", is_confirmed),
]
