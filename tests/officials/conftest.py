"""Calling services, and browsers that speak for an official account."""

from collections.abc import Awaitable, Callable

import pytest

from fedi_k12.domain.ids import hash_token
from fedi_k12.services import acting, login
from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import Browser
from tests.services.conftest import arrive, audited, do, publish, see

__all__ = ["arrive", "audited", "do", "publish", "see"]


@pytest.fixture
def seated(client, ctx) -> Callable[..., Awaitable[Browser]]:
    """Return a function that gives the browser of a member, speaking for an account."""

    async def seat(member, account=None) -> Browser:
        given = {"member_id": member.actor.member_id, "now": ctx.clock()}
        token, _csrf = await ctx.write(login.open_session, client="Tests", **given)
        if account is not None:
            async with ctx.read() as session:
                signed = await login.session_for(
                    session, token_hash=hash_token(token), now=ctx.clock()
                )
            await ctx.write(
                acting.speak_as,
                session_id=signed.session_id,
                member_id=member.actor.member_id,
                account_id=account.id,
            )
        browser = Browser(client)
        browser.cookies[SESSION_COOKIE] = token
        return browser

    return seat
