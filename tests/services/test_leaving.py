"""A member leaves for good: what is left of them, and who hears of it.

Row 1.8 "Delete / Tombstone". FED-92.
"""

import pytest
from sqlalchemy import select

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import leaving, posts, reactions, views
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage import posts as post_rows
from storage.tables import AuditRow, Base, MemberRow

FINGER = "/.well-known/webfinger?resource=acct:maya@home.example"


@pytest.fixture
def write(ctx):
    async def run(member, text, **parts):
        number = await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        async with ctx.read() as session:
            return await post_rows.by_id(session, number)

    return run


@pytest.fixture
def leave(ctx):
    async def run(member, actor=None):
        await ctx.write(
            leaving.leave, actor=actor, account_id=member.account.id, now=ctx.clock()
        )
        await run_until_idle(ctx)

    return run


async def test_fed_92_nobody_deletes_the_account_of_another(ctx, leave, maya, tom):
    with pytest.raises(ForbiddenError):
        await leave(maya, tom.actor)

    async with ctx.read() as session:
        assert (await accounts.by_id(session, maya.account.id)).deleted_at is None


async def test_the_last_admin_cannot_leave(leave, make_member):
    ann = await make_member("ann", role=Role.ADMIN)
    with pytest.raises(InvalidError):
        await leave(ann, ann.actor)
    await make_member("kim", role=Role.ADMIN)

    await leave(ann, ann.actor)


async def test_fed_92_every_server_is_told_and_none_is_answered(
    client, remote, send, leave, maya, write
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    post = await write(maya, "Hello", visibility=Visibility.PUBLIC)
    remote.delivered.clear()

    await leave(maya, maya.actor)

    told = remote.delivered[-1].body
    assert (told["type"], told["actor"], told["object"]) == (
        "Delete",
        maya.account.uri,
        maya.account.uri,
    )
    for path in (FINGER, f"/users/{maya.account.username}", post.uri.split("example", 1)[1]):
        answer = await client.get(path, headers={"Accept": "application/activity+json"})
        assert answer.status == 410, path
    assert (await client.get("/@maya")).status in {404, 410}


async def test_fed_92_nothing_personal_stays_with_others(ctx, leave, maya, tom, write):
    quoted = await write(
        maya, "Clay", visibility=Visibility.PUBLIC, choices=Choices(quote="public")
    )
    quoting = await write(
        tom, "As @maya says", visibility=Visibility.PUBLIC, quote_of_id=quoted.id
    )
    mine = await write(tom, "Who comes?", visibility=Visibility.PUBLIC)
    await ctx.write(
        reactions.boost,
        actor=maya.actor,
        post_id=mine.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    await leave(maya, maya.actor)

    async with ctx.read() as session:
        seen = await views.post_view(session, quoting.id, viewer=tom.actor)
        assert (await views.post_view(session, mine.id, viewer=tom.actor)).boosts_count == 0
        left = await views.account_view(session, maya.account.id)
        for table in Base.metadata.sorted_tables:
            if table.name in {"key", "audit", "account"}:
                continue
            for key in table.foreign_keys:
                if key.column.table.name == "account":
                    found = await session.execute(
                        select(table).where(key.parent == maya.account.id)
                    )
                    assert found.first() is None, f"{table.name}.{key.parent.name}"
        [logged] = await session.scalars(
            select(AuditRow).where(AuditRow.action == "account deleted")
        )
    assert seen.mentions == ()
    assert seen.quote is None or seen.quote.post is None
    assert (left.display_name, left.note, left.fields) == ("", "", ())
    assert logged.target_id == str(maya.account.id)


async def test_fed_92_the_member_is_out_and_the_name_stays_taken(
    ctx, client, leave, maya, make_member
):
    await leave(maya, maya.actor)

    own = await client.get("/api/v1/accounts/verify_credentials", headers=maya.headers)
    assert own.status == 401
    async with ctx.read() as session:
        assert await session.get(MemberRow, maya.actor.member_id) is None
    with pytest.raises(InvalidError):
        await make_member("maya")


async def test_what_is_gone_cannot_be_deleted_again(leave, maya):
    await leave(maya)

    with pytest.raises(NotFoundError):
        await leave(maya)
