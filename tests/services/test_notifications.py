"""Who is told of what, and how far they have read."""

import pytest

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows, moderation, notifications, posts, reactions


@pytest.fixture
def page(see):
    async def run(member, **given):
        found = await see(notifications.page, actor=member.actor, page=PageRequest(), **given)
        return found.items

    return run


async def test_kinds_and_people_can_be_chosen(do, publish, page, maya, tom, make_member):
    ann = await make_member("ann")
    post = await publish(maya)
    await do(reactions.favourite, actor=tom.actor, post_id=post.id)
    await do(reactions.boost, actor=ann.actor, post_id=post.id)
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id)

    assert [item.kind for item in await page(maya)] == ["follow", "reblog", "favourite"]
    assert [item.kind for item in await page(maya, types=["follow"])] == ["follow"]
    assert len(await page(maya, exclude_types=["follow", "reblog"])) == 1
    assert [item.kind for item in await page(maya, account_id=ann.account.id)] == ["reblog"]
    assert await page(tom) == []


async def test_what_happens_to_one_post_is_told_together(
    do, publish, page, maya, tom, make_member
):
    post = await publish(maya, "@tom")
    for member in (tom, await make_member("ann")):
        await do(reactions.favourite, actor=member.actor, post_id=post.id)

    groups = {item.group_key for item in await page(maya)}

    assert len(groups) == 1
    assert groups.pop().startswith(f"favourite-{post.id}-")
    assert (await page(tom))[0].group_key.startswith("ungrouped-")


async def test_each_notification_is_its_owners_only(do, see, publish, page, maya, tom):
    """FED-81."""
    await publish(tom, "@maya")
    [item] = await page(maya)
    about = {"notification_id": item.id}

    assert await see(notifications.one, actor=maya.actor, **about) == item
    for call in (
        see(notifications.one, actor=tom.actor, **about),
        do(notifications.dismiss, actor=tom.actor, **about),
        see(notifications.one, actor=maya.actor, notification_id=1),
        do(notifications.dismiss, actor=maya.actor, notification_id=1),
    ):
        with pytest.raises(NotFoundError):
            await call
    await do(notifications.dismiss, actor=maya.actor, **about)
    assert await page(maya) == []


async def test_all_can_be_forgotten(do, publish, page, maya, tom):
    await publish(tom, "@maya")
    await publish(maya, "@tom")

    await do(notifications.clear, actor=maya.actor)

    assert await page(maya) == []
    assert len(await page(tom)) == 1


async def test_what_is_gone_is_not_told(do, publish, page, see, maya, tom):
    post = await publish(tom, "@maya")
    [item] = await page(maya)

    await do(moderation.suspend_account, actor=None, account_id=tom.account.id, reason="")

    assert await page(maya) == []
    with pytest.raises(NotFoundError):
        await see(notifications.one, actor=maya.actor, notification_id=item.id)
    await do(moderation.unsuspend_account, actor=None, account_id=tom.account.id)
    await do(posts.delete, actor=tom.actor, post_id=post.id)
    assert await page(maya) == []


@pytest.mark.parametrize("distance", ["block", "mute", "domain"])
async def test_the_unwelcome_are_not_heard_of(
    do, publish, arrive, page, maya, tom, make_remote, distance
):
    ria = await make_remote("ria")
    who, about = {
        "block": (follows.block, {"target_id": tom.account.id}),
        "mute": (follows.mute, {"target_id": tom.account.id}),
        "domain": (follows.block_domain, {"domain": "remote.example"}),
    }[distance]
    await do(who, actor=maya.actor, **about)

    if distance == "domain":
        await arrive(ria, mentioned_account_ids=(maya.account.id,))
    else:
        await publish(tom, "@maya")

    assert await page(maya) == []


async def test_people_elsewhere_are_not_told_here(do, ctx, make_remote, tom):
    ria = await make_remote("ria")

    await do(notifications.notify, account_id=ria.id, kind="follow", from_id=tom.account.id)
    await do(notifications.notify_many, [])


async def test_reading_marks_move(do, see, publish, maya, tom):
    for _ in range(3):
        await publish(tom, "@maya")
    mark = {"actor": maya.actor, "timeline": "notifications"}
    assert await see(notifications.unread_count, actor=maya.actor) == 3
    assert await see(notifications.unread_count, actor=maya.actor, limit=2) == 2

    first = await do(notifications.set_marker, **mark, last_read_id=5)
    second = await do(notifications.set_marker, **mark, last_read_id=(1 << 62))

    assert (first.version, second.version) == (0, 1)
    assert await see(notifications.unread_count, actor=maya.actor) == 0
    marks = await see(notifications.markers, actor=maya.actor)
    assert marks["notifications"] == second
    assert await see(notifications.markers, actor=maya.actor, timelines=["home"]) == {}
    with pytest.raises(NotFoundError):
        await do(notifications.set_marker, **{**mark, "timeline": "public"}, last_read_id=1)
