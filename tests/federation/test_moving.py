"""Accounts that go elsewhere, and those who follow them. Row 1.8 "Move"."""

import pytest

from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import follows, lists, moderation, moves, views
from fedi_k12.worker import run_until_idle
from storage import accounts
from tests.remote import OTHER_KEYS, PUBLIC

OLD = "http://remote.example/users/ren"
NEW = "http://new.example/users/ren"


@pytest.fixture
async def new_server(make_server):
    return await make_server("new.example")


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
async def ren_anew(new_server):
    """Where Ren goes: an account that names the old one."""
    return new_server.actor("ren", alsoKnownAs=[OLD])


@pytest.fixture
def account_at(ctx):
    async def look(uri):
        async with ctx.read() as session:
            return await accounts.by_uri(session, uri)

    return look


@pytest.fixture
def do(ctx):
    async def run(fn, **given):
        return await ctx.write(fn, now=ctx.clock(), **given)

    return run


@pytest.fixture
def relation(ctx, account_at):
    """Return a function that says what a member and the account at an address are."""

    async def look(member, uri):
        row = await account_at(uri)
        if row is None:
            return None
        async with ctx.read() as session:
            found = await follows.relationships(
                session, actor=member.actor, target_ids=[row.id]
            )
        return found[0]

    return look


@pytest.fixture
def follow(ctx, do, send, make_remote, account_at):
    """Return a function that lets a member follow Ren's old account, accepted."""

    async def run(member, ren, **wishes):
        row = await account_at(OLD) or await make_remote("ren")
        await do(
            follows.follow, actor=member.actor, target_id=row.id, addresses=ctx.addresses,
            **wishes,
        )  # fmt: skip
        await run_until_idle(ctx)
        asked = f"{member.account.uri}#follows/"
        await send(
            ren,
            ren.activity(
                "Accept",
                {"type": "Follow", "actor": member.account.uri, "object": ren.uri, "id": asked},
                number=member.account.username,
            ),
        )
        return row

    return run


def move(ren, target=NEW, number="1", **changes):
    return ren.activity("Move", ren.uri, number, target=target, **changes)


async def test_followers_go_where_an_account_goes(
    ctx, send, ren, ren_anew, maya, follow, relation, account_at, new_server, remote
):
    await follow(maya, ren, show_boosts=False)

    assert await send(ren, move(ren)) == 202

    asked = await relation(maya, NEW)
    assert (asked.requested, (await relation(maya, OLD)).following) == (True, False)
    assert new_server.types() == ["Follow"]
    assert remote.types()[-1] == "Undo"
    async with ctx.read() as session:
        shown = await views.account_view(session, (await account_at(OLD)).id)
    assert shown.moved_to.acct == "ren@new.example"

    await send(
        ren_anew,
        ren_anew.activity("Accept", new_server.delivered[0].body),
        keys=ren_anew.keys,
    )
    now = await relation(maya, NEW)
    assert (now.following, now.showing_boosts) == (True, False)


async def test_lists_notes_mutes_and_blocks_come_along(
    ctx, do, send, ren, ren_anew, maya, tom, make_member, follow, relation, account_at
):
    old = await follow(maya, ren)
    ana = await make_member("ana")
    friends = await do(lists.create, actor=maya.actor, title="Friends")
    await ctx.write(lists.add, actor=maya.actor, list_id=friends.id, account_ids=[old.id])
    await ctx.write(follows.note, actor=maya.actor, target_id=old.id, comment="Fractions!")
    await do(follows.mute, actor=ana.actor, target_id=old.id, notifications=False)
    await do(follows.block, actor=tom.actor, target_id=old.id)

    await send(ren, move(ren))

    new = await account_at(NEW)
    assert (await relation(maya, NEW)).note == "Fractions!"
    assert (await relation(tom, NEW)).blocking
    muted = await relation(ana, NEW)
    assert (muted.muting, muted.muting_notifications) == (True, False)
    async with ctx.read() as session:
        on = await lists.containing(session, actor=maya.actor, account_id=new.id)
        off = await lists.containing(session, actor=maya.actor, account_id=old.id)
    assert ([item.title for item in on], off) == (["Friends"], [])


async def test_a_move_may_be_told_by_where_it_went_to(
    send, remote, new_server, maya, follow, ren, ren_anew, relation
):
    """FEP-7628, pull mode: the old server no longer signs, but its document says where."""
    await follow(maya, ren)
    told = ren_anew.activity("Move", OLD, target=NEW)

    await send(ren_anew, {**told, "id": f"{NEW}/move/1"})
    assert await relation(maya, NEW) is not None
    assert not (await relation(maya, NEW)).requested

    remote.show(ren.document(movedTo=NEW))
    await send(ren_anew, {**told, "id": f"{NEW}/move/2"})
    assert (await relation(maya, NEW)).requested


@pytest.mark.parametrize(
    ("aliases", "changes", "more"),
    [
        ([], {}, {}),
        (["http://remote.example/users/renata"], {}, {}),
        ([OLD], {"object": "http://remote.example/users/somebody"}, {}),
        ([OLD], {"target": OLD}, {}),
        ([OLD], {"target": None}, {}),
        ([OLD], {"target": "http://new.example/users/nobody"}, {}),
        ([OLD], {}, {"movedTo": "http://third.example/users/ren"}),
        ([OLD], {}, {"movedTo": OLD}),
        ([OLD], {}, {"type": "Application"}),
    ],
    ids=[
        "FED-73 no alias", "FED-73 other alias", "FED-73 of another", "FED-73 to itself",
        "FED-73 nowhere", "FED-73 to nobody", "FED-73 chain", "FED-73 loop", "FED-73 a server",
    ],
)  # fmt: skip
async def test_a_move_that_is_none_moves_nobody(
    send, ren, new_server, remote, maya, follow, relation, account_at, aliases, changes, more
):
    await follow(maya, ren)
    new_server.actor("ren", alsoKnownAs=aliases, **more)
    remote.actor("somebody")

    assert await send(ren, {**move(ren), **changes}) in {202, 422}

    assert (await relation(maya, OLD)).following
    assert (await account_at(OLD)).moved_to_id is None
    assert new_server.types() == []


async def test_fed_73_a_move_to_a_blocked_server_moves_nobody(
    ctx, send, ren, ren_anew, maya, follow, relation
):
    await follow(maya, ren)
    await ctx.write(
        moderation.set_host_policy, actor=None, domain="new.example", severity="suspend",
        now=ctx.clock(),
    )  # fmt: skip

    await send(ren, move(ren))

    assert (await relation(maya, OLD)).following


async def test_fed_73_one_move_a_week(
    send, clock, ren, ren_anew, make_server, maya, follow, account_at
):
    await follow(maya, ren)
    third = await make_server("third.example")
    there = third.actor("ren", alsoKnownAs=[OLD]).uri
    await send(ren, move(ren))

    await send(ren, move(ren, there, "2"))
    assert (await account_at(OLD)).moved_to_uri == NEW

    clock.advance(days=8)
    await send(ren, move(ren, there, "3"))
    assert (await account_at(OLD)).moved_to_uri == there


async def test_fed_73_a_big_account_moves_a_part_at_a_time(
    ctx, send, clock, ren, ren_anew, maya, tom, follow, new_server, monkeypatch
):
    monkeypatch.setattr(moves, "BATCH", 1)
    await follow(maya, ren)
    await follow(tom, ren)

    await send(ren, move(ren))
    assert new_server.types() == ["Follow"]

    clock.advance(seconds=11)
    await run_until_idle(ctx)
    assert new_server.types() == ["Follow", "Follow"]


async def test_nobody_is_made_to_follow_who_blocks_them(
    ctx, do, send, ren, ren_anew, maya, follow, relation, make_remote
):
    await follow(maya, ren)
    there = await make_remote("ren", "new.example")
    await do(follows.block, actor=maya.actor, target_id=there.id)

    await send(ren, move(ren))

    found = await relation(maya, NEW)
    assert (found.requested, found.following, found.blocking) == (False, False, True)


async def test_a_member_is_moved_to(do, send, ren, maya, tom, follow, relation, account_at):
    """An account comes here: those here who followed it follow the member."""
    await follow(tom, ren)
    row = await account_at(OLD)
    await do(moves.add_alias, actor=maya.actor, target_id=row.id)

    await send(ren, move(ren, maya.account.uri))

    assert (await relation(tom, maya.account.uri)).following
    assert not (await relation(tom, OLD)).following


async def test_a_member_moves_away(
    ctx, do, send, clock, remote, ren_anew, maya, tom, relation, account_at, client
):
    fan = remote.actor("fan")
    await send(fan, fan.activity("Follow", maya.account.uri))
    await do(
        follows.follow, actor=tom.actor, target_id=maya.account.id, addresses=ctx.addresses
    )
    await send(ren_anew, ren_anew.activity("Follow", maya.account.uri))
    new = await account_at(NEW)

    with pytest.raises(InvalidError, match="does not name this one"):
        await do(moves.move_away, actor=maya.actor, target_id=new.id)

    clock.advance(minutes=6)
    await ctx.write(_alias, uri=NEW, alias=maya.account.uri)
    await do(moves.move_away, actor=maya.actor, target_id=new.id)
    await run_until_idle(ctx)

    sent = [item.body for item in remote.delivered if item.body["type"] == "Move"]
    assert len(sent) == 1
    assert (sent[0]["actor"], sent[0]["object"]) == (maya.account.uri, maya.account.uri)
    assert (sent[0]["target"], sent[0]["to"]) == (NEW, [f"{maya.account.uri}/followers"])
    assert PUBLIC not in sent[0]["to"]
    update = next(item.body for item in remote.delivered if item.body["type"] == "Update")
    assert update["object"]["movedTo"] == NEW
    assert (await relation(tom, NEW)).requested
    assert (
        await (
            await client.get(f"/api/v1/accounts/{maya.account.id}", headers=tom.headers)
        ).json()
    )["moved"]["acct"] == "ren@new.example"

    await do(moves.stay, actor=maya.actor)
    with pytest.raises(InvalidError, match="once in seven days"):
        await do(moves.move_away, actor=maya.actor, target_id=new.id)
    clock.advance(days=8)
    await do(moves.move_away, actor=maya.actor, target_id=new.id)


async def _alias(session, *, uri, alias):
    row = await accounts.by_uri(session, uri)
    row.also_known_as = [alias]


async def test_a_document_that_says_where_its_account_went_is_checked(
    send, clock, remote, ren, maya, follow, account_at, new_server
):
    await follow(maya, ren)
    new_server.actor("ren")
    remote.show(ren.document(movedTo=NEW))
    update = ren.activity("Update", ren.document(movedTo=NEW))

    await send(ren, update)
    assert ((await account_at(OLD)).moved_to_uri, (await account_at(OLD)).moved_to_id) == (
        NEW,
        None,
    )

    new_server.actor("ren", alsoKnownAs=[OLD])
    clock.advance(minutes=10)
    await send(ren, {**update, "id": f"{OLD}/updates/2"})
    assert (await account_at(OLD)).moved_to_id == (await account_at(NEW)).id

    remote.show(ren.document())
    await send(ren, {**update, "id": f"{OLD}/updates/3"})
    assert (await account_at(OLD)).moved_to_id is None


async def test_two_accounts_that_name_each_other_are_not_asked_for_ever(
    send, remote, ren, maya, follow, new_server, make_remote, do, ctx
):
    await follow(maya, ren)
    there = new_server.actor("ren", movedTo=OLD)
    remote.show(ren.document(movedTo=NEW))

    await send(ren, ren.activity("Update", ren.document(movedTo=NEW)))

    assert new_server.asked.count(there.uri.removeprefix("http://new.example")) <= 2


async def test_a_forged_move_is_refused(send, ren, ren_anew, maya, follow, relation):
    await follow(maya, ren)

    assert await send(ren, move(ren), keys=OTHER_KEYS) == 401

    assert (await relation(maya, OLD)).following
