"""Groups as others see them, and who is in them.

Row 1.12 "Group actor". Row 1.12 "Membership". Row 1.9 "Lists of members".
"""

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.groups import GroupDraft, Standing
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.services import follows, groups
from fedi_k12.worker import run_until_idle
from storage import groups as rows
from storage.tables import FollowRow
from tests.remote import ACTIVITY, signed_headers


@pytest.fixture
def follow_states(ctx):
    """Return a function that gives whether each follow of a group was accepted."""

    async def look(group):
        async with ctx.read() as session:
            found = await session.scalars(
                select(FollowRow)
                .where(FollowRow.target_id == group.id, FollowRow.follower_local.is_(False))
                .order_by(FollowRow.id)
            )
            return [row.accepted for row in found]

    return look


def answers(remote):
    return [
        (item.body["type"], item.body["object"]["type"])
        for item in remote.delivered
        if item.body["type"] in {"Accept", "Reject"}
    ]


async def test_only_whoever_has_the_role_makes_groups(ctx, maya, account_keys):
    with pytest.raises(ForbiddenError, match="moderator"):
        await ctx.write(
            groups.create,
            actor=maya.actor,
            username="fractions",
            draft=GroupDraft("Fractions"),
            needed=Role.MODERATOR,
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )


@pytest.mark.parametrize(
    ("name", "wishes", "field"),
    [
        ("moderators", {}, "username"),
        ("maya", {}, "username"),
        ("fractions", {"display_name": " "}, "name"),
        ("fractions", {"about": "x" * 3000}, "about"),
        ("fractions", {"rules": "rule\n" * 21}, "rules"),
    ],
)
async def test_a_group_that_cannot_be_is_refused_by_field(make_group, name, wishes, field):
    with pytest.raises(InvalidError) as refused:
        await make_group(name, **wishes)

    assert field in refused.value.fields


async def test_who_makes_a_group_looks_after_it_and_is_in_it(ctx, maya, tom, fractions):
    async with ctx.read() as session:
        hers = await groups.one(session, group_id=fractions.id, viewer=maya.actor)
        his = await groups.one(session, group_id=fractions.id, viewer=tom.actor)

    assert (hers.moderates, hers.standing) == (True, Standing.MEMBER)
    assert (his.moderates, his.standing) == (False, Standing.NONE)
    assert [one.username for one in his.moderators] == ["maya"]
    assert his.account.followers_count == 1


async def test_only_moderators_see_who_is_in_it(ctx, maya, tom, fractions):
    with pytest.raises(ForbiddenError):
        async with ctx.read() as session:
            await groups.members(
                session, actor=tom.actor, group_id=fractions.id, page=PageRequest(limit=40)
            )

    async with ctx.read() as session:
        found = await groups.members(
            session, actor=maya.actor, group_id=fractions.id, page=PageRequest(limit=40)
        )
    assert [one.username for one in found.items] == ["maya"]


async def test_a_person_is_no_group(ctx, maya, tom):
    async with ctx.read() as session:
        with pytest.raises(NotFoundError):
            await groups.one(session, group_id=tom.account.id, viewer=maya.actor)


async def test_its_document_says_who_looks_after_it(client, make_group):
    group = await make_group(restricted=True, rules="Be kind\n\n  No names of children ")

    answer = await client.get("/users/fractions", headers={"Accept": ACTIVITY})
    document = await answer.json()
    lists = document["attributedTo"].removeprefix("https://home.example")
    people = await (await client.get(lists, headers={"Accept": ACTIVITY})).json()

    assert document["type"] == "Group"
    assert document["postingRestrictedToMods"] is True
    assert document["manuallyApprovesFollowers"] is False
    assert people["type"] == "OrderedCollection"
    assert people["orderedItems"] == ["https://home.example/users/maya"]
    assert people["attributedTo"] == group.uri
    for part in ("outbox", "followers", "featured"):
        assert document[part].startswith(group.uri)
    assert document["endpoints"]["sharedInbox"]


async def test_its_members_are_counted_and_not_listed(client, ctx, remote, fractions):
    """FED-94"""
    ren = remote.actor("ren")
    headers = signed_headers(
        ren,
        None,
        host="home.example",
        path="/users/fractions/followers?page=true",
        now=ctx.clock(),
        method="GET",
    )

    answer = await client.get(
        "/users/fractions/followers?page=true", headers={"Accept": ACTIVITY, **headers}
    )
    document = await answer.json()

    assert document["totalItems"] == 1
    assert not {"first", "items", "orderedItems"} & set(document)


async def test_a_person_has_no_list_of_moderators(client, maya):
    answer = await client.get(
        "/users/maya/collections/moderators", headers={"Accept": ACTIVITY}
    )

    assert answer.status == 404


@pytest.mark.parametrize("kind", ["Follow", "Join"])
async def test_an_open_group_takes_in_who_asks_and_answers_in_kind(
    remote, send, fractions, follow_states, kind
):
    ren = remote.actor("ren")

    await send(ren, ren.activity(kind, fractions.uri))

    assert await follow_states(fractions) == [True]
    assert answers(remote) == [("Accept", kind)]


async def test_a_group_by_approval_waits_for_a_moderator(
    ctx, maya, tom, remote, send, make_group, follow_states, account_by_uri
):
    group = await make_group(approval=True)
    ren = remote.actor("ren")
    await send(ren, ren.activity("Join", group.uri))
    who = await account_by_uri(ren.uri)

    assert await follow_states(group) == [False]
    assert answers(remote) == []
    with pytest.raises(ForbiddenError):
        await ctx.write(
            groups.let_in,
            actor=tom.actor,
            group_id=group.id,
            account_id=who.id,
            now=ctx.clock(),
        )
    await ctx.write(
        groups.let_in, actor=maya.actor, group_id=group.id, account_id=who.id, now=ctx.clock()
    )
    await run_until_idle(ctx)

    assert await follow_states(group) == [True]
    assert answers(remote) == [("Accept", "Join")]


async def test_who_is_turned_away_is_told(
    ctx, maya, remote, send, make_group, follow_states, account_by_uri
):
    group = await make_group(approval=True)
    ren = remote.actor("ren")
    await send(ren, ren.activity("Join", group.uri))
    who = await account_by_uri(ren.uri)

    await ctx.write(
        groups.turn_away,
        actor=maya.actor,
        group_id=group.id,
        account_id=who.id,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert await follow_states(group) == []
    assert answers(remote) == [("Reject", "Join")]


async def test_who_is_kept_out_cannot_join(
    ctx, remote, send, fractions, follow_states, make_remote
):
    kept_out = await make_remote("ren")
    ren = remote.actor("ren")
    await ctx.write(
        rows.keep_out,
        fractions.id,
        kept_out.id,
        reason="Spam",
        expires_at=None,
        now=ctx.clock(),
    )

    await send(ren, ren.activity("Join", fractions.uri))

    assert await follow_states(fractions) == []
    assert answers(remote) == [("Reject", "Join")]


@pytest.mark.parametrize("way", ["Undo Follow", "Undo Join", "Undo by id", "Leave"])
async def test_whoever_leaves_is_gone(remote, send, fractions, follow_states, way):
    ren = remote.actor("ren")
    asked = ren.activity("Join" if "Join" in way else "Follow", fractions.uri)
    await send(ren, asked)
    leaving = (
        ren.activity("Leave", fractions.uri)
        if way == "Leave"
        else ren.activity("Undo", asked["id"] if way == "Undo by id" else asked)
    )

    await send(ren, leaving)

    assert await follow_states(fractions) == []


async def test_nobody_leaves_for_another(remote, send, fractions, follow_states):
    """FED-71"""
    ren, eve = remote.actor("ren"), remote.actor("eve")
    asked = ren.activity("Join", fractions.uri)
    await send(ren, asked)

    await send(eve, eve.activity("Undo", asked))
    await send(eve, eve.activity("Leave", fractions.uri))

    assert await follow_states(fractions) == [True]


async def test_a_change_of_the_group_is_told_to_its_servers(ctx, maya, remote, send, fractions):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", fractions.uri))

    await ctx.write(
        groups.change,
        actor=maya.actor,
        group_id=fractions.id,
        draft=GroupDraft("Fractions and more", restricted=True),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    told = remote.delivered[-1].body
    assert (told["type"], told["actor"]) == ("Update", fractions.uri)
    assert told["object"]["name"] == "Fractions and more"
    assert told["object"]["postingRestrictedToMods"] is True


async def test_what_is_private_stays_private(ctx, maya, make_group):
    group = await make_group(private=True)

    await ctx.write(
        groups.change,
        actor=maya.actor,
        group_id=group.id,
        draft=GroupDraft("Staff", approval=False, private=False),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    async with ctx.read() as session:
        view = await groups.one(session, group_id=group.id, viewer=None)
    assert view.private
    assert view.account.locked


async def test_the_list_has_our_groups_and_those_one_is_in(
    ctx, maya, tom, fractions, make_remote, join
):
    maths = await make_remote("maths", kind="Group", inbox="http://remote.example/c/maths/in")
    await make_remote("other", kind="Group")
    await join(tom, maths)

    async with ctx.read() as session:
        his = await groups.listed(session, viewer=tom.actor)
        hers = await groups.listed(session, viewer=maya.actor)

    assert [(one.account.username, one.standing) for one in his] == [
        ("fractions", Standing.NONE),
        ("maths", Standing.ASKED),
    ]
    assert [one.account.username for one in hers] == ["fractions"]


async def test_who_looks_after_a_group_is_told_who_asks_to_join(
    ctx, client, make_group, join, maya, tom
):
    group = await make_group(approval=True)

    async def told():
        answer = await client.get(
            "/api/v1/notifications?types[]=group_request", headers=maya.headers
        )
        return [(one["type"], one["account"]["acct"]) for one in await answer.json()]

    for decide in (groups.let_in, groups.turn_away):
        await join(tom, group)
        await join(tom, group)
        assert await told() == [("group_request", "tom")]
        await ctx.write(
            decide,
            actor=maya.actor, group_id=group.id, account_id=tom.account.id, now=ctx.clock(),
        )  # fmt: skip
        assert await told() == []
        await ctx.write(follows.unfollow, actor=tom.actor, target_id=group.id, now=ctx.clock())


async def test_whose_own_follow_is_decided_about_is_still_told_of_the_group(
    ctx, client, make_group, join, maya, tom
):
    group = await make_group(approval=True)
    await join(tom, group)
    await join(tom, maya.account)

    await ctx.write(
        follows.unfollow, actor=tom.actor, target_id=maya.account.id, now=ctx.clock()
    )

    answer = await client.get(
        "/api/v1/notifications?types[]=group_request&types[]=follow_request",
        headers=maya.headers,
    )
    assert [one["type"] for one in await answer.json()] == ["group_request"]
