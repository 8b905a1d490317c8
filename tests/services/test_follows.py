"""What accounts are to one another: followed, blocked, muted, noted."""

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import farewell, follows, moderation, profiles
from storage.tables import AccountRow, BlockRow


@pytest.fixture
def follow(do):
    async def run(one, other, **choices):
        return await do(follows.follow, actor=one.actor, target_id=_id(other), **choices)

    return run


@pytest.fixture
def lock(do):
    async def run(member):
        await do(
            profiles.update_profile,
            actor=member.actor,
            changes=profiles.ProfileChanges(locked=True),
        )

    return run


@pytest.fixture
def between(see):
    async def run(one, other):
        return (await see(follows.relationships, actor=one.actor, target_ids=[_id(other)]))[0]

    return run


def _id(who):
    return who.account.id if hasattr(who, "account") else who.id


async def test_a_follow_of_an_open_account_counts_at_once(
    follow, between, counts, told, maya, tom, queued
):
    made = await follow(tom, maya)

    assert made.following
    assert not made.requested
    assert (await between(maya, tom)).followed_by
    assert await counts(tom.account.id) == (1, 0, 0)
    assert await counts(maya.account.id) == (0, 1, 0)
    assert await told(maya) == [("follow", "tom")]
    assert await queued("FederateFollow") == []


async def test_a_second_follow_changes_only_what_is_wanted(follow, counts, told, maya, tom):
    await follow(tom, maya)

    again = await follow(tom, maya, show_boosts=False, notify=True, languages=["en"])

    assert (again.showing_boosts, again.notifying, again.languages) == (False, True, ("en",))
    assert await counts(maya.account.id) == (0, 1, 0)
    assert len(await told(maya)) == 1


async def test_a_follow_of_a_locked_account_waits_for_its_owner(
    do, follow, lock, between, counts, told, maya, tom
):
    await lock(maya)

    made = await follow(tom, maya)

    assert made.requested
    assert not made.following
    assert (await between(maya, tom)).requested_by
    assert await counts(maya.account.id) == (0, 0, 0)
    assert await told(maya) == [("follow_request", "tom")]
    await do(follows.accept, actor=maya.actor, follower_id=tom.account.id)
    assert (await between(tom, maya)).following
    assert await told(maya) == [("follow", "tom")]


async def test_a_request_can_be_refused(do, follow, lock, between, told, maya, tom):
    """Row 1.8 "Locked accounts"."""
    await lock(maya)
    await follow(tom, maya)

    await do(follows.reject, actor=maya.actor, follower_id=tom.account.id)

    assert not (await between(tom, maya)).requested
    assert await told(maya) == []


async def test_what_was_not_asked_cannot_be_accepted(do, maya, tom):
    with pytest.raises(NotFoundError):
        await do(follows.accept, actor=maya.actor, follower_id=tom.account.id)


async def test_a_new_follow_brings_older_posts_home(follow, publish, home, maya, tom):
    post = await publish(maya)
    assert await home(tom) == []

    await follow(tom, maya)

    assert await home(tom) == [post.id]


async def test_unfollowing_takes_the_posts_along(
    do, follow, publish, home, counts, between, maya, tom
):
    await follow(tom, maya)
    await publish(maya)

    after = await do(follows.unfollow, actor=tom.actor, target_id=maya.account.id)
    await do(follows.unfollow, actor=tom.actor, target_id=maya.account.id)

    assert not after.following
    assert await home(tom) == []
    assert await counts(maya.account.id) == (0, 0, 1)


async def test_a_follower_can_be_removed(do, follow, publish, home, between, maya, tom):
    await follow(tom, maya)
    await publish(maya)

    await do(follows.remove_follower, actor=maya.actor, follower_id=tom.account.id)

    assert not (await between(tom, maya)).following
    assert await home(tom) == []


async def test_nobody_follows_themselves_or_nobody(follow, maya, make_remote, do):
    gone = await make_remote("gone")
    await do(farewell.delete_remote_account, uri=gone.uri)

    with pytest.raises(ForbiddenError):
        await follow(maya, maya)
    with pytest.raises(NotFoundError):
        await follow(maya, gone)


async def test_nobody_follows_a_suspended_account(do, follow, maya, tom):
    await do(moderation.suspend_account, actor=None, account_id=tom.account.id, reason="")

    with pytest.raises(ForbiddenError):
        await follow(maya, tom)


async def test_there_is_an_end_to_following(ctx, follow, maya, tom):
    async def flood(session):
        (await session.get(AccountRow, maya.account.id)).following_count = follows.MAX_FOLLOWS

    await ctx.write(flood)

    with pytest.raises(InvalidError, match="cannot follow more"):
        await follow(maya, tom)


async def test_a_follow_elsewhere_is_asked_and_waits(
    do, follow, between, queued, maya, make_remote, home, arrive
):
    ria = await make_remote("ria")

    made = await follow(maya, ria)

    assert made.requested
    [job] = await queued("FederateFollow")
    await do(follows.accepted_by_remote, target=ria, follower=maya.account, follow_uri=None)
    assert (await between(maya, ria)).following
    assert job["follow_id"]
    post_id = await arrive(ria)
    assert await home(maya) == [post_id]


async def test_an_accept_of_another_follow_means_nothing(
    do, follow, between, maya, tom, make_remote
):
    """FED-71."""
    ria, pat = await make_remote("ria"), await make_remote("pat")
    await follow(maya, ria)

    for changes in (
        {"target": pat},
        {"follow_uri": "https://home.example/users/maya#follows/0"},
        {"follower": tom.account},
    ):
        given = {"target": ria, "follower": maya.account, "follow_uri": None, **changes}
        await do(follows.accepted_by_remote, **given)
        await do(follows.rejected_by_remote, **given)

    assert (await between(maya, ria)).requested


async def test_a_reject_ends_an_accepted_follow_too(
    do, follow, between, counts, maya, make_remote
):
    ria = await make_remote("ria")
    await follow(maya, ria)
    pair = {"target": ria, "follower": maya.account, "follow_uri": None}
    await do(follows.accepted_by_remote, **pair)

    await do(follows.rejected_by_remote, **pair)

    assert not (await between(maya, ria)).following
    assert await counts(maya.account.id) == (0, 0, 0)


async def test_unfollowing_elsewhere_is_told(do, follow, queued, maya, make_remote):
    ria = await make_remote("ria")
    await follow(maya, ria)

    await do(follows.unfollow, actor=maya.actor, target_id=ria.id)

    [job] = await queued("FederateUnfollow")
    assert job["target_id"] == ria.id


@pytest.fixture
def ask(do, maya):
    async def run(remote, uri="http://remote.example/follows/1"):
        return await do(follows.request_follow, follower=remote, target=maya.account, uri=uri)

    return run


async def test_a_follow_from_elsewhere_is_answered_each_time(
    ask, queued, told, counts, maya, make_remote
):
    ria = await make_remote("ria")

    await ask(ria)
    await ask(ria, uri="http://remote.example/follows/2")

    answers = await queued("SendAccept")
    assert [job["follow_uri"][-1] for job in answers] == ["1", "2"]
    assert await told(maya) == [("follow", "ria@remote.example")]
    assert await counts(maya.account.id) == (0, 1, 0)


async def test_accepting_somebody_elsewhere_is_told(
    do, ask, lock, queued, ctx, maya, make_remote
):
    ria = await make_remote("ria")
    await lock(maya)
    async with ctx.read() as session:
        locked = await session.get(AccountRow, maya.account.id)
    await do(
        follows.request_follow, follower=ria, target=locked, uri="http://remote.example/f/1"
    )
    assert await queued("SendAccept") == []

    await do(follows.accept, actor=maya.actor, follower_id=ria.id)

    assert len(await queued("SendAccept")) == 1


async def test_removing_a_follower_elsewhere_is_told(do, ask, queued, maya, make_remote):
    ria = await make_remote("ria")
    await ask(ria)

    await do(follows.remove_follower, actor=maya.actor, follower_id=ria.id)
    await do(follows.remove_follower, actor=maya.actor, follower_id=ria.id)

    assert len(await queued("SendReject")) == 1


async def test_a_follow_taken_back_elsewhere_is_over(
    do, ask, between, counts, maya, make_remote
):
    ria = await make_remote("ria")
    await ask(ria)

    for _ in range(2):
        await do(follows.undone_by_remote, follower=ria, target=maya.account, uri=None)

    assert not (await between(maya, ria)).followed_by
    assert await counts(maya.account.id) == (0, 0, 0)


async def test_a_follow_of_ours_is_not_taken_back_by_others(do, follow, between, maya, tom):
    """FED-71."""
    await follow(tom, maya)

    await do(follows.undone_by_remote, follower=tom.account, target=maya.account, uri=None)

    assert (await between(tom, maya)).following


async def test_a_block_ends_everything_both_ways(
    do, follow, publish, home, between, told, counts, maya, tom
):
    await follow(tom, maya)
    await follow(maya, tom)
    await publish(tom)
    await publish(maya)

    made = await do(follows.block, actor=maya.actor, target_id=tom.account.id)
    await do(follows.block, actor=maya.actor, target_id=tom.account.id)

    assert made.blocking
    assert not made.following
    assert not made.followed_by
    assert (await between(tom, maya)).blocked_by
    assert len(await home(maya)) == 1
    assert len(await home(tom)) == 1
    assert await told(maya) == []
    assert await counts(maya.account.id) == (0, 0, 1)
    with pytest.raises(ForbiddenError):
        await follow(tom, maya)
    with pytest.raises(ForbiddenError):
        await follow(maya, tom)


async def test_a_block_can_be_ended_and_follows_stay_ended(do, follow, maya, tom):
    await do(follows.block, actor=maya.actor, target_id=tom.account.id)

    after = await do(follows.unblock, actor=maya.actor, target_id=tom.account.id)

    assert not after.blocking
    assert (await follow(tom, maya)).following


async def test_a_block_elsewhere_is_never_told(do, follow, ask, queued, maya, make_remote):
    """1.8: a Block would tell a harasser."""
    ria = await make_remote("ria")
    await follow(maya, ria)
    await ask(ria)

    await do(follows.block, actor=maya.actor, target_id=ria.id)

    kinds = [kind for kind, _ in await queued()]
    assert kinds.count("SendReject") == kinds.count("FederateUnfollow") == 1
    assert not [kind for kind in kinds if "Block" in kind]


async def test_a_block_from_elsewhere_ends_follows_silently(
    do, follow, ask, ctx, queued, told, between, maya, make_remote
):
    ria = await make_remote("ria")
    await follow(maya, ria)
    await do(follows.accepted_by_remote, target=ria, follower=maya.account, follow_uri=None)
    await ask(ria)
    before = await queued()

    for _ in range(2):
        await do(follows.blocked_by_remote, blocker=ria, target=maya.account, uri=None)

    after = await between(maya, ria)
    assert not after.following
    assert not after.followed_by
    assert await queued() == before
    with pytest.raises(ForbiddenError):
        await follow(maya, ria)
    await do(follows.unblocked_by_remote, blocker=ria, target=maya.account)
    async with ctx.read() as session:
        assert not list(await session.scalars(BlockRow.__table__.select()))


async def test_nobody_blocks_or_mutes_themselves(do, maya):
    for service in (follows.block, follows.mute):
        with pytest.raises(ForbiddenError):
            await do(service, actor=maya.actor, target_id=maya.account.id)


async def test_muted_people_are_not_read_and_not_told(
    do, follow, publish, home, told, between, maya, tom
):
    await follow(maya, tom)
    await publish(tom, "@maya before")

    muted = await do(follows.mute, actor=maya.actor, target_id=tom.account.id)
    await publish(tom, "@maya after")

    assert muted.muting
    assert muted.muting_notifications
    assert await home(maya) == []
    assert len(await told(maya)) <= 1
    after = await do(follows.unmute, actor=maya.actor, target_id=tom.account.id)
    assert not after.muting
    assert len(await home(maya)) == 2


async def test_a_mute_may_end_by_itself_and_leave_notifications(ctx, do, maya, tom):
    made = await do(
        follows.mute,
        actor=maya.actor,
        target_id=tom.account.id,
        notifications=False,
        duration=3600,
    )

    assert made.muting_expires_at > ctx.clock()
    assert not made.muting_notifications


async def test_a_whole_host_can_be_shut_out(do, between, see, maya, make_remote):
    ria = await make_remote("ria")
    for _ in range(2):
        await do(follows.block_domain, actor=maya.actor, domain="remote.example")

    assert (await between(maya, ria)).domain_blocking
    page = await see(follows.domain_blocks, actor=maya.actor, page=PageRequest())
    assert page.items == ["remote.example"]
    await do(follows.unblock_domain, actor=maya.actor, domain="remote.example")
    assert not (await between(maya, ria)).domain_blocking


async def test_a_note_is_for_oneself(do, between, maya, tom):
    about = {"actor": maya.actor, "target_id": tom.account.id}
    await do(follows.note, **about, comment="Grade 4")

    assert (await do(follows.note, **about, comment="Grade 5")).note == "Grade 5"
    assert (await between(tom, maya)).note == ""
    assert (await do(follows.note, **about, comment=" ")).note == ""
    assert (await do(follows.note, **about, comment=" ")).note == ""
    with pytest.raises(InvalidError):
        await do(follows.note, **about, comment="x" * (follows.MAX_NOTE + 1))


async def test_relationships_come_in_order_without_unknown_ones(see, maya, tom, make_remote):
    ria = await make_remote("ria")

    found = await see(
        follows.relationships, actor=maya.actor, target_ids=[ria.id, 1, tom.account.id, ria.id]
    )

    assert [one.target_id for one in found] == [ria.id, tom.account.id]


async def test_lists_of_people_are_hidden_from_others(do, follow, see, maya, tom):
    await follow(tom, maya)
    page = {"page": PageRequest()}
    about = {"account_id": maya.account.id, **page}

    assert (await see(follows.followers, **about, viewer=None)).items == []
    assert (await see(follows.followers, **about, viewer=tom.actor)).items == []
    own = await see(follows.followers, **about, viewer=maya.actor)
    assert [view.acct for view in own.items] == ["tom"]
    await do(
        profiles.update_profile,
        actor=tom.actor,
        changes=profiles.ProfileChanges(hide_collections=False),
    )
    shown = await see(follows.following, account_id=tom.account.id, viewer=None, **page)
    assert [view.acct for view in shown.items] == ["maya"]


async def test_requests_blocks_and_mutes_are_listed_for_their_owner(
    do, follow, lock, see, maya, tom, make_remote
):
    ria = await make_remote("ria")
    await lock(maya)
    await follow(tom, maya)
    await do(follows.block, actor=maya.actor, target_id=ria.id)
    await do(follows.mute, actor=maya.actor, target_id=tom.account.id)
    page = {"actor": maya.actor, "page": PageRequest()}

    requests = await see(follows.follow_requests, **page)
    blocks = await see(follows.blocks, **page)
    mutes = await see(follows.mutes, **page)

    assert [view.acct for view in requests.items] == ["tom"]
    assert [view.acct for view in blocks.items] == ["ria@remote.example"]
    assert [view.acct for view in mutes.items] == ["tom"]
