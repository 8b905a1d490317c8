"""Moderators of groups, here and elsewhere, and whose word counts.

Row 1.12 "Moderation".
"""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.groups import Act
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.services import group_moderation, group_posts
from fedi_k12.services.group_moderation import Ruling
from fedi_k12.worker import run_until_idle
from storage import groups as rows
from storage import posts as post_rows
from tests.groups.conftest import sent, to_group
from tests.remote import ACTIVITY, PUBLIC


@pytest.fixture
async def lemmy(make_server):
    return await make_server("lemmy.example")


@pytest.fixture
async def kim(lemmy, send, fractions):
    """A member on a server that knows groups."""
    kim = lemmy.actor("kim")
    await send(kim, kim.activity("Follow", fractions.uri))
    await send(kim, kim.create(to_group(kim, fractions, "0")))
    lemmy.delivered.clear()
    return kim


@pytest.fixture
async def mod(remote, fractions, ctx, send):
    """A moderator of our group who lives elsewhere."""
    mod = remote.actor("mod")
    await ctx.write(rows.add_moderator, fractions.id, mod.uri, now=ctx.clock())
    return mod


@pytest.fixture
def rule(ctx):
    async def run(member, group, act, target_uri, **more):
        await ctx.write(
            group_moderation.rule,
            actor=member.actor,
            group_id=group.id,
            ruling=Ruling(act, target_uri, **more),
            now=ctx.clock(),
        )
        await run_until_idle(ctx)

    return run


@pytest.fixture
def state(ctx):
    """Return a function that gives (removed, pinned, locked) of a post."""

    async def look(uri):
        async with ctx.read() as session:
            post = await post_rows.by_uri(session, uri)
            known = (await rows.state_of(session, [post.id])).get(post.id)
        return (
            post.removed_at is not None,
            known is not None and known.pinned_at is not None,
            known is not None and known.locked_at is not None,
        )

    return look


@pytest.fixture
def log(ctx, maya):
    async def look(group):
        async with ctx.read() as session:
            page = await group_moderation.log(
                session, actor=maya.actor, group_id=group.id, page=PageRequest(limit=40)
            )
        return [(e.act, e.moderator.acct if e.moderator else "", e.reason) for e in page.items]

    return look


ACTS = [Act.REMOVE, Act.RESTORE, Act.LOCK, Act.UNLOCK, Act.PIN, Act.UNPIN]


@pytest.mark.parametrize("act", list(Act))
async def test_who_does_not_look_after_a_group_decides_nothing(
    maya, tom, fractions, write, rule, state, log, act
):
    post = await write(maya, "Cut them", group_id=fractions.id)
    target = post.uri if act in ACTS else maya.account.uri

    with pytest.raises(ForbiddenError):
        await rule(tom, fractions, act, target)

    assert await state(post.uri) == (False, False, False)
    assert await log(fractions) == []


async def test_what_is_not_in_the_group_is_not_its_moderators_matter(
    maya, tom, fractions, write, rule
):
    post = await write(tom, "Mine")

    with pytest.raises(NotFoundError):
        await rule(maya, fractions, Act.REMOVE, post.uri)


async def test_a_group_is_not_left_alone(maya, fractions, rule):
    with pytest.raises(InvalidError, match="look after"):
        await rule(maya, fractions, Act.DISMISS, maya.account.uri)
    with pytest.raises(InvalidError, match="Dismiss it first"):
        await rule(maya, fractions, Act.BAN, maya.account.uri)


async def test_what_is_removed_only_its_author_sees(
    client, maya, tom, make_member, fractions, join, write, rule, listed, at_home, log
):
    eve = await make_member("eve")
    await join(eve, fractions)
    post = await write(tom, "Buy my strips", group_id=fractions.id)
    assert await at_home(eve) == [post.uri]

    await rule(maya, fractions, Act.REMOVE, post.uri, reason="Selling")

    assert await at_home(eve) == []
    assert await listed(fractions, eve) == []
    statuses = [
        (await client.get(f"/api/v1/statuses/{post.id}", headers=one.headers)).status
        for one in (eve, tom)
    ]
    assert statuses == [404, 200]
    path = post.uri.removeprefix("https://home.example")
    assert (await client.get(path, headers={"Accept": ACTIVITY})).status in {401, 404}
    assert await log(fractions) == [(Act.REMOVE, "maya", "Selling")]

    await rule(maya, fractions, Act.RESTORE, post.uri)

    assert await at_home(eve) == [post.uri]


async def test_nobody_answers_below_what_is_locked(
    maya, tom, fractions, write, rule, kim, send, ctx
):
    post = await write(tom, "Cut them", group_id=fractions.id)
    below = await write(maya, "Or fold them", in_reply_to_id=post.id)
    await rule(maya, fractions, Act.LOCK, post.uri)

    with pytest.raises(ForbiddenError, match="closed this thread"):
        await write(tom, "But", in_reply_to_id=below.id)
    answer = kim.note("5", inReplyTo=below.uri)
    await send(kim, kim.create(answer, "5"))

    async with ctx.read() as session:
        assert (await post_rows.by_uri(session, answer["id"])).group_id is None
    await rule(maya, fractions, Act.UNLOCK, post.uri)
    assert (await write(tom, "But", in_reply_to_id=below.id)).group_id == fractions.id


async def test_what_is_pinned_stands_on_top_and_in_featured(
    client, ctx, maya, tom, fractions, write, rule, kim
):
    mine = await write(tom, "Start here", group_id=fractions.id)
    theirs = kim.note("0")["id"]
    await rule(maya, fractions, Act.PIN, mine.uri)
    await rule(maya, fractions, Act.PIN, theirs)

    async with ctx.read() as session:
        found = await group_posts.pinned(session, group_id=fractions.id, viewer=None)
    answer = await client.get(
        "/users/fractions/collections/featured", headers={"Accept": ACTIVITY}
    )
    items = (await answer.json())["orderedItems"]

    assert [one.uri for one in found] == [theirs, mine.uri]
    assert items == [theirs, mine.uri]


async def test_a_ban_ends_membership_and_holds_for_its_time(
    ctx, clock, maya, tom, fractions, join, write, rule, listed
):
    await join(tom, fractions)
    post = await write(tom, "Buy", group_id=fractions.id)

    await rule(
        maya,
        fractions,
        Act.BAN,
        tom.account.uri,
        expires_at=ctx.clock() + timedelta(days=7),
        remove_data=True,
    )

    assert await listed(fractions) == []
    with pytest.raises(ForbiddenError, match="closed it to this account"):
        await write(tom, "Again", group_id=fractions.id)
    with pytest.raises(ForbiddenError):
        await join(tom, fractions)
    async with ctx.read() as session:
        found = await group_moderation.bans(
            session, actor=maya.actor, group_id=fractions.id, now=ctx.clock()
        )
    assert [one.account.acct for one in found] == ["tom"]
    clock.advance(days=8)
    assert (await write(tom, "Sorry", group_id=fractions.id)).group_id == fractions.id
    assert post.group_id == fractions.id


WIRE = {
    Act.REMOVE: ("Delete", None, None),
    Act.RESTORE: ("Undo", "Delete", None),
    Act.LOCK: ("Lock", None, None),
    Act.UNLOCK: ("Undo", "Lock", None),
    Act.PIN: ("Add", None, "featured"),
    Act.UNPIN: ("Remove", None, "featured"),
}


async def test_other_servers_hear_what_was_decided(lemmy, kim, maya, fractions, rule):
    post = kim.note("0")["id"]
    for act, (kind, undone, _list) in WIRE.items():
        lemmy.delivered.clear()
        await rule(maya, fractions, act, post, reason="Because")

        [told] = sent(lemmy)
        inner = told["object"]
        assert (told["actor"], inner["actor"]) == (fractions.uri, maya.account.uri)
        assert (inner["type"], inner["audience"]) == (kind, fractions.uri)
        assert inner["proof"]
        if undone:
            assert (inner["object"]["type"], inner["object"]["object"]) == (undone, post)
        else:
            assert (inner["object"], inner["summary"]) == (post, "Because")


async def test_a_ban_is_told_as_block(ctx, lemmy, kim, remote, send, maya, fractions, rule):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", fractions.uri))
    ends = ctx.clock() + timedelta(days=1)

    await rule(maya, fractions, Act.BAN, ren.uri, expires_at=ends, remove_data=True)
    await rule(maya, fractions, Act.UNBAN, ren.uri)
    await rule(maya, fractions, Act.APPOINT, ren.uri)
    await rule(maya, fractions, Act.DISMISS, ren.uri)

    block, undo, add, removed = (item["object"] for item in sent(lemmy))
    assert (block["type"], block["object"], block["target"]) == (
        "Block",
        ren.uri,
        fractions.uri,
    )
    assert block["removeData"] is True
    assert block["endTime"].startswith(ends.isoformat()[:19])
    assert (undo["type"], undo["object"]["type"]) == ("Undo", "Block")
    assert add["target"] == removed["target"] == f"{fractions.uri}/collections/moderators"


async def test_staff_of_the_server_act_in_the_groups_name(
    lemmy, kim, make_member, fractions, rule
):
    staff = await make_member("ines", role=Role.MODERATOR)

    await rule(staff, fractions, Act.LOCK, kim.note("0")["id"])

    assert sent(lemmy)[0]["object"]["actor"] == fractions.uri


def decided(actor, group, post, act):
    kind, undone, which = WIRE[act]
    thing = actor.activity(undone, post, "u") if undone else post
    target = f"{group.uri}/collections/{which}" if which else None
    return actor.activity(
        kind, thing, act.value, target=target, summary="Because", to=[PUBLIC], cc=[group.uri]
    )


@pytest.mark.parametrize("act", ACTS)
async def test_fed_76_only_those_on_our_list_decide_from_elsewhere(
    ctx, lemmy, remote, kim, mod, send, fractions, state, log, act
):
    """FED-76, FED-72."""
    post = kim.note("0")["id"]
    before = {Act.RESTORE: Act.REMOVE, Act.UNLOCK: Act.LOCK, Act.UNPIN: Act.PIN}.get(act)
    if before is not None:
        await send(mod, decided(mod, fractions, post, before))
    was = await state(post)
    lemmy.delivered.clear()
    eve = remote.actor("eve")
    await send(eve, decided(eve, fractions, post, act))
    assert await state(post) == was
    assert sent(lemmy) == []

    await send(mod, decided(mod, fractions, post, act))

    assert await state(post) == (act is Act.REMOVE, act is Act.PIN, act is Act.LOCK)
    assert [item["object"]["actor"] for item in sent(lemmy)] == [mod.uri]
    assert (await log(fractions))[0][:2] == (act, "mod@remote.example")


async def test_fed_76_whoever_was_dismissed_a_minute_ago_decides_nothing(
    lemmy, kim, maya, mod, send, fractions, state, rule
):
    post = kim.note("0")["id"]
    await rule(maya, fractions, Act.DISMISS, mod.uri)

    await send(mod, decided(mod, fractions, post, Act.REMOVE))

    assert await state(post) == (False, False, False)


async def test_a_moderator_elsewhere_bans_and_appoints(
    ctx, kim, mod, remote, send, fractions, account_by_uri
):
    await send(
        mod,
        mod.activity(
            "Block",
            kim.uri,
            target=fractions.uri,
            removeData=True,
            endTime="2099-01-01T00:00:00Z",
            to=[PUBLIC],
        ),
    )
    lists = f"{fractions.uri}/collections/moderators"
    await send(mod, mod.activity("Add", "http://remote.example/users/new", target=lists))

    banned = await account_by_uri(kim.uri)
    async with ctx.read() as session:
        ban = await rows.ban_of(session, fractions.id, banned.id, now=ctx.clock())
        post = await post_rows.by_uri(session, kim.note("0")["id"])
        assert await rows.is_moderator(session, fractions.id, "http://remote.example/users/new")
    assert ban.expires_at.year == 2099
    assert post.removed_at is not None


@pytest.fixture
async def maths(lemmy, tom, join, account_by_uri, send, ctx):
    """A group elsewhere that Tom is in, looked after by Pat of a third server."""
    maths = lemmy.actor(
        "maths", type="Group", attributedTo="http://lemmy.example/users/maths/moderators"
    )
    set_moderators(lemmy, "http://remote.example/users/pat")
    await send(maths, maths.activity("Announce", "http://nowhere.example/1", "0"))
    await join(tom, await account_by_uri(maths.uri))
    await run_until_idle(ctx)
    follow = next(i.body for i in lemmy.delivered if i.body["type"] == "Follow")
    await send(maths, maths.activity("Accept", follow))
    lou = lemmy.actor("lou")
    await send(maths, maths.activity("Announce", lou.create(to_group(lou, maths)), "1"))
    lemmy.delivered.clear()
    return maths


def set_moderators(lemmy, *uris):
    lemmy.show(
        {
            "id": "http://lemmy.example/users/maths/moderators",
            "type": "OrderedCollection",
            "orderedItems": list(uris),
        }
    )


async def test_fed_76_of_a_group_elsewhere_its_moderators_decide_through_it(
    lemmy, remote, maths, send, state
):
    """FED-76: the list is asked for; the moderator's own word is not enough."""
    pat, eve = remote.actor("pat"), remote.actor("eve")
    post = "http://lemmy.example/users/lou/posts/1"

    await send(pat, pat.activity("Delete", post, summary="Spam"))
    assert await state(post) == (False, False, False)
    await send(maths, maths.activity("Announce", eve.activity("Delete", post), "2"))
    assert await state(post) == (False, False, False)

    await send(maths, maths.activity("Announce", pat.activity("Delete", post), "3"))

    assert await state(post) == (True, False, False)
    assert lemmy.asked.count("/users/maths/moderators") == 1


async def test_fed_76_the_list_is_asked_for_anew_after_ten_minutes(
    lemmy, clock, remote, maths, send, state
):
    pat = remote.actor("pat")
    post = "http://lemmy.example/users/lou/posts/1"
    await send(maths, maths.activity("Announce", pat.activity("Lock", post), "2"))
    assert await state(post) == (False, False, True)
    set_moderators(lemmy)
    clock.advance(minutes=11)

    await send(maths, maths.activity("Announce", pat.activity("Delete", post), "3"))

    assert await state(post) == (False, False, True)


async def test_fed_75_a_group_decides_nothing_in_another(
    lemmy, remote, maths, kim, fractions, send, state
):
    pat = remote.actor("pat")
    post = kim.note("0")["id"]

    await send(maths, maths.activity("Announce", pat.activity("Delete", post), "2"))

    assert await state(post) == (False, False, False)


async def test_a_members_post_taken_out_of_a_group_elsewhere_stays_theirs(
    lemmy, remote, maths, send, tom, write, state, account_by_uri, listed
):
    pat = remote.actor("pat")
    group = await account_by_uri(maths.uri)
    post = await write(tom, "Cut them", group_id=group.id)
    create = next(i.body for i in lemmy.delivered if i.body["type"] == "Create")
    await send(maths, maths.activity("Announce", create, "2"))
    assert post.uri in await listed(group, tom)

    await send(maths, maths.activity("Announce", pat.activity("Delete", post.uri), "3"))

    assert await state(post.uri) == (False, False, False)
    assert post.uri not in await listed(group, tom)


async def test_a_member_looks_after_a_group_elsewhere(
    ctx, lemmy, maths, tom, rule, account_by_uri, state
):
    group = await account_by_uri(maths.uri)
    post = "http://lemmy.example/users/lou/posts/1"
    with pytest.raises(ForbiddenError):
        await rule(tom, group, Act.REMOVE, post)
    await ctx.write(rows.add_moderator, group.id, tom.account.uri, now=ctx.clock())

    await rule(tom, group, Act.REMOVE, post, reason="Spam")

    [told] = sent(lemmy, "Delete")
    assert (told["actor"], told["object"], told["summary"]) == (tom.account.uri, post, "Spam")
    assert await state(post) == (True, False, False)
