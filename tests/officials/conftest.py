"""Calling services, browsers that speak for an official account, what waits for approval."""

from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, update

from fedi_k12.domain.digest_jobs import KeepDigests
from fedi_k12.domain.digests import Pick
from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.submissions import Level
from fedi_k12.services import acting, approving, digests, login, posts, site
from fedi_k12.services.digest_writing import keep_digests
from fedi_k12.services.site import SiteChanges
from fedi_k12.web.auth import SESSION_COOKIE
from storage.tables import AccountRow, OfficialRow
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


@pytest.fixture
async def place(do, lincoln):
    """A place whose digest the school tells, by the clock of Chicago."""
    changes = SiteChanges(time_zone="America/Chicago", digest_account="lincoln")
    await do(site.save_site, actor=None, changes=changes)


@pytest.fixture
def let_feature(ctx):
    """Return a function that lets a member be featured, or no longer."""

    async def run(member, yes=True):
        async def change(session):
            await session.execute(
                update(AccountRow)
                .where(AccountRow.id == member.account.id)
                .values(discoverable=yes)
            )

        await ctx.write(change)

    return run


@pytest.fixture
def morning(ctx, clock):
    """Return a function that lets it be seven in the morning of the next day in Chicago."""

    async def run():
        now = ctx.clock()
        local = now.astimezone(ZoneInfo("America/Chicago"))
        next_day = (local + timedelta(days=1)).replace(hour=7, minute=0)
        clock.advance(seconds=(next_day - local).total_seconds())
        await keep_digests(ctx, KeepDigests())
        return (ctx.clock().astimezone(local.tzinfo) - timedelta(days=1)).date()

    return run


@pytest.fixture
def picked(do, see):
    """Return a function that takes all of a day in, and sends it to a second person."""

    async def run(member, day, line="Well done"):
        me = {"member_id": member.actor.member_id, "day": day}
        found = await see(digests.one, **me)
        picks = [
            Pick(item.id, True, len(found.items) - at, f"{line} {at}")
            for at, item in enumerate(found.items)
        ]
        await do(digests.save, picks=picks, **me)
        await do(digests.send, **me)
        return (await see(digests.one, **me)).version

    return run


@pytest.fixture
def approved(do, picked, author, approver):
    """Return a function that has a day edited by Maya, and approved by Tom."""

    async def run(day):
        version = await picked(author, day)
        await do(
            digests.approve,
            member_id=approver.actor.member_id,
            day=day,
            version=version,
        )

    return run


@pytest.fixture
async def ada(make_member, let_feature):
    """Somebody who lets herself be featured."""
    member = await make_member("ada")
    await let_feature(member)
    return member
