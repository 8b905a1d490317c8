"""What a suspension ends is kept, told to members, and can be restored.

Row 1.17 "Domain policies": the ledger of severed follows, with its CSV and its undo.
Row 1.8 "Remove follower / soft-block": suspended accounts elsewhere hear a Reject.
"""

import pytest

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows, moderation, notifications, severance


@pytest.fixture
async def friends(do, maya, make_remote):
    """Maya and ria follow each other; ria lives at a.spam.example."""
    ria = await make_remote("ria", "a.spam.example")
    await do(follows.follow, actor=maya.actor, target_id=ria.id, notify=True, show_boosts=False)
    await do(follows.accepted_by_remote, target=ria, follower=maya.account, follow_uri=None)
    await do(
        follows.request_follow,
        follower=ria,
        target=maya.account,
        uri="http://a.spam.example/follows/1",
    )
    return ria


async def suspend(do, domain="spam.example"):
    return await do(moderation.set_host_policy, actor=None, domain=domain, severity="suspend")


async def between(see, member, other):
    return (await see(follows.relationships, actor=member.actor, target_ids=[other.id]))[0]


async def test_members_are_told_what_a_suspension_took_from_them(do, see, maya, friends):
    await suspend(do)

    [notice] = (
        await see(
            notifications.page,
            actor=maya.actor,
            page=PageRequest(),
            types=["severed_relationships"],
        )
    ).items

    assert notice.account.id == maya.account.id
    told = {k: v for k, v in notice.detail.items() if k not in {"id", "created_at"}}
    assert told == {
        "type": "domain_block",
        "target_name": "spam.example",
        "following_count": 1,
        "followers_count": 1,
    }
    [lost] = await see(severance.lost_by, actor=maya.actor)
    assert lost.following == lost.followers == ("ria@a.spam.example",)


async def test_undo_restores_both_directions_as_they_were(
    do, see, maya, friends, counts, queued
):
    await suspend(do)
    assert await counts(maya.account.id) == (0, 0, 0)

    restored = await do(
        moderation.remove_host_policy, actor=None, domain="spam.example", restore=True
    )

    assert restored == 2
    relation = await between(see, maya, friends)
    assert relation.requested
    assert relation.followed_by
    assert await queued("FederateFollow") != []
    await do(follows.accepted_by_remote, target=friends, follower=maya.account, follow_uri=None)
    relation = await between(see, maya, friends)
    assert (relation.following, relation.notifying, relation.showing_boosts) == (
        True, True, False,
    )  # fmt: skip
    assert await counts(maya.account.id) == (1, 1, 0)


async def test_undo_is_for_later_too_but_only_once(do, see, maya, friends):
    await suspend(do)
    await do(moderation.remove_host_policy, actor=None, domain="spam.example")
    assert not (await between(see, maya, friends)).followed_by
    [event] = await see(severance.listed)
    assert (event.follows, event.members, event.left) == (2, 1, 2)

    about = {"actor": None, "severance_id": event.id}
    assert await do(moderation.restore_follows, **about) == 2

    assert (await between(see, maya, friends)).followed_by
    [event] = await see(severance.listed)
    assert (event.left, event.undone_at is not None) == (0, True)
    [lost] = await see(severance.lost_by, actor=maya.actor)
    assert lost.restored == 2
    with pytest.raises(InvalidError, match="already"):
        await do(moderation.restore_follows, **about)
    with pytest.raises(NotFoundError):
        await do(moderation.restore_follows, actor=None, severance_id=1)


async def test_nothing_is_restored_while_the_host_is_suspended(do, see, maya, friends):
    await suspend(do)
    [event] = await see(severance.listed)

    with pytest.raises(InvalidError, match="still"):
        await do(moderation.restore_follows, actor=None, severance_id=event.id)

    assert not (await between(see, maya, friends)).followed_by


async def test_a_suspended_server_hears_nothing_of_it(do, maya, friends, queued):
    before = await queued()

    await suspend(do)

    assert await queued() == before


async def test_a_suspended_account_elsewhere_hears_that_it_is_over(
    do, see, maya, friends, queued
):
    await do(moderation.suspend_account, actor=None, account_id=friends.id, reason="Spam")

    [reject] = await queued("SendReject")
    [unfollow] = await queued("FederateUnfollow")
    assert reject["follow_uri"] == "http://a.spam.example/follows/1"
    assert unfollow["target_id"] == friends.id
    assert not (await between(see, maya, friends)).followed_by

    await do(moderation.unsuspend_account, actor=None, account_id=friends.id)

    relation = await between(see, maya, friends)
    # They heard that it is over: only they can ask again.
    assert (relation.requested, relation.followed_by) == (True, False)


async def test_an_excepted_subdomain_keeps_its_follows(do, see, maya, friends):
    await do(moderation.set_host_policy, actor=None, domain="a.spam.example", severity="allow")

    await suspend(do)

    assert (await between(see, maya, friends)).following
    assert await see(severance.listed) == []


async def test_accounts_of_a_suspended_host_are_hidden_until_it_is_over(
    do, see, arrive, maya, friends, make_remote
):
    alone = await make_remote("ada", "spam.example")
    await do(moderation.suspend_account, actor=None, account_id=alone.id, reason="Spam")

    await suspend(do)

    async def hidden(account):
        return await see(moderation.is_suspended, account_id=account.id)

    assert await hidden(friends)
    await do(moderation.remove_host_policy, actor=None, domain="spam.example")
    assert not await hidden(friends)
    assert await hidden(alone), "suspended by itself, before its host was"


async def test_the_impact_is_known_before(do, see, maya, tom, friends):
    await do(
        follows.request_follow, follower=friends, target=tom.account, uri="http://x.example/2"
    )

    found = await see(moderation.impact_of, domain="spam.example")

    assert (found.follows, found.members) == (3, 2)


def test_the_csv_is_one_that_mastodon_reads():
    assert severance.as_csv(("ria@a.example", "=HYPERLINK")) == (
        "Account address\nria@a.example\n'=HYPERLINK\n"
    )


@pytest.mark.parametrize("domain", ["home.example", "example", "*.example"])
async def test_this_server_cannot_be_suspended(do, domain):
    with pytest.raises(InvalidError, match="itself"):
        await do(
            moderation.set_host_policy,
            actor=None,
            domain=domain,
            severity="suspend",
            own_hosts={"home.example"},
        )
