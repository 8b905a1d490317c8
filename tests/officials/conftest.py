"""Calling services, browsers that speak for an official account, what waits for approval."""

from collections.abc import Awaitable, Callable
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, update

from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.submissions import Level
from fedi_k12.services import acting, approving, login, posts
from fedi_k12.web.auth import SESSION_COOKIE
from storage.tables import OfficialRow
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


@pytest.fixture
def demand(ctx, lincoln):
    """Return a function that says what of the school needs a second person."""

    async def run(level):
        async def change(session):
            await session.execute(update(OfficialRow).values(approval=level.value))

        await ctx.write(change)

    return run


@pytest.fixture
async def author(demand, lincoln, maya, delegate_to):
    """Maya, who writes for the school; everything needs a second person."""
    await demand(Level.ALL)
    return await delegate_to(lincoln, maya)


@pytest.fixture
async def approver(lincoln, tom, delegate_to):
    """Tom, who approves for the school."""
    return await delegate_to(lincoln, tom, "approver")


@pytest.fixture
def submit(do):
    """Return a function that sends a post for approval and returns the refusal's number."""

    async def run(member, text="Open house on Friday", **parts):
        with pytest.raises(SavedForApprovalError) as caught:
            await do(posts.publish, actor=member.actor, draft=Draft(text, **parts))
        return caught.value.submission_id

    return run


@pytest.fixture
def decide(do):
    """Return a function that lets a person do something with what waits."""

    async def run(what, member, number, version=1, **more):
        return await do(
            what,
            member_id=member.actor.member_id,
            submission_id=number,
            version=version,
            **more,
        )

    return run


@pytest.fixture
def read(see):
    """Return a function that reads what waits, as a person of the team sees it."""

    async def run(member, number):
        return await see(approving.one, member_id=member.actor.member_id, submission_id=number)

    return run


@pytest.fixture
def counted():
    """Return a context in which what is asked of the store is listed."""

    @contextmanager
    def run():
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return run
