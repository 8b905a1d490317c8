"""Moderators delete a suspended account in their apps: for good, here and elsewhere."""

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import moderation
from fedi_k12.services.receive import ReceivedPost, receive_posts
from fedi_k12.worker import run_until_idle
from storage.tables import AccountRow, AuditRow, FollowRow, KeyRow, MemberRow, PostRow

ALL = "/api/v1/admin/accounts"


@pytest.fixture
def suspend(ctx, mod):
    """Return a function that suspends an account, as a moderator does."""

    async def run(account_id):
        await ctx.write(
            moderation.suspend_account,
            actor=mod.actor,
            account_id=account_id,
            reason="spam",
            now=ctx.clock(),
        )

    return run


@pytest.fixture
def counted(ctx):
    """Return a function that counts rows."""

    async def run(table, condition):
        async with ctx.read() as session:
            statement = select(func.count()).select_from(table).where(condition)
            return await session.scalar(statement)

    return run


async def test_only_who_moderates_and_may_by_scope_deletes(ask, suspend, make_member, maya):
    """FED-80, FED-81: neither the scope nor the role is enough."""
    member = await make_member("kim", scopes="admin:read admin:write")
    app = await make_member("ann", role=Role.OWNER, scopes="read write admin:read")
    await suspend(maya.account.id)
    path = f"{ALL}/{maya.account.id}"

    assert (await ask(None, "DELETE", path))[0] == 401
    assert (await ask(member, "DELETE", path))[0] == 403
    assert (await ask(app, "DELETE", path))[0] == 403


async def test_who_is_not_suspended_is_not_deleted(ask, mod, maya, make_remote):
    far = await make_remote("lee")

    for account_id in (maya.account.id, far.id):
        status, said = await ask(mod, "DELETE", f"{ALL}/{account_id}")
        assert (status, said["error"][:30]) == (403, "Only a suspended account can b")
        assert (await ask(mod, "GET", f"{ALL}/{account_id}"))[0] == 200


async def test_nobody_deletes_who_stands_above(ask, ctx, mod, make_member):
    boss = await make_member("ann", role=Role.ADMIN)
    await ctx.write(
        moderation.suspend_account,
        actor=None,
        account_id=boss.account.id,
        reason="",
        now=ctx.clock(),
    )

    assert (await ask(mod, "DELETE", f"{ALL}/{boss.account.id}"))[0] == 403


async def test_a_member_is_gone_as_if_they_had_left(
    ask, call, ctx, suspend, counted, client, mod, maya, tom, remote, send
):
    lee = remote.actor("lee")
    await send(lee, lee.activity("Follow", maya.account.uri))
    await call(maya, "POST", "/api/v1/statuses", status="Hello")
    await call(tom, "POST", f"/api/v1/accounts/{maya.account.id}/follow")
    await run_until_idle(ctx)
    await suspend(maya.account.id)
    path = f"{ALL}/{maya.account.id}"

    status, said = await ask(mod, "DELETE", path)
    await run_until_idle(ctx)

    assert (status, said["username"], said["suspended"]) == (200, "maya", True)
    assert (await ask(mod, "GET", path))[0] == 404
    assert (await ask(mod, "DELETE", path))[0] == 404
    mine = maya.account.id
    assert await counted(MemberRow, MemberRow.account_id == mine) == 0
    assert await counted(PostRow, PostRow.account_id == mine) == 0
    assert await counted(FollowRow, FollowRow.target_id == mine) == 0
    finger = "/.well-known/webfinger?resource=acct:maya@home.example"
    assert (await client.get(finger)).status == 410
    told = remote.delivered[-1].body
    assert (told["type"], told["object"]) == ("Delete", maya.account.uri)
    await _assert_audited(ctx, mod, "maya")


async def test_of_another_servers_account_nothing_is_kept(
    ask, call, ctx, suspend, counted, mod, maya, make_remote
):
    far = await make_remote("lee")
    said = {"content": "<p>Buy</p>", "visibility": Visibility.PUBLIC}
    post = ReceivedPost(uri=f"{far.uri}/1", account_id=far.id, published=ctx.clock(), **said)
    await ctx.write(receive_posts, [post], now=ctx.clock())
    await call(maya, "POST", f"/api/v1/accounts/{far.id}/note", comment="spammer")
    await suspend(far.id)
    path = f"{ALL}/{far.id}"

    status, said = await ask(mod, "DELETE", path)

    assert (status, said["username"], said["domain"]) == (200, "lee", "remote.example")
    assert (await ask(mod, "GET", path))[0] == 404
    assert await counted(PostRow, PostRow.account_id == far.id) == 0
    assert await counted(KeyRow, KeyRow.account_id == far.id) == 0
    await _assert_audited(ctx, mod, "lee@remote.example")

    again = await make_remote("lee", display_name="Back")

    async with ctx.read() as session:
        row = await session.get(AccountRow, again.id)
    assert row.suspended_at is not None


async def _assert_audited(ctx, mod, handle):
    async with ctx.read() as session:
        rows = await session.scalars(
            select(AuditRow).where(AuditRow.action == "account deleted")
        )
        (row,) = list(rows)
    assert (row.member_id, row.detail) == (mod.actor.member_id, {"handle": handle})
