"""What people do with posts: recommend, pass on, keep, pin, answer questions."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import follows, reactions, timelines, views
from storage import posts as post_rows
from storage.tables import AccountRow


@pytest.fixture
async def post(publish, maya):
    return await publish(maya)


@pytest.fixture
def row(ctx):
    async def run(post_id):
        async with ctx.read() as session:
            return await post_rows.by_id(session, post_id)

    return run


@pytest.fixture
def view(see):
    async def run(post_id, viewer=None):
        return await see(views.post_view, post_id, viewer=viewer.actor if viewer else None)

    return run


async def test_a_favourite_counts_once_and_tells_the_author(do, view, told, post, maya, tom):
    for _ in range(2):
        await do(reactions.favourite, actor=tom.actor, post_id=post.id)

    seen = await view(post.id, tom)
    assert (seen.favourites_count, seen.own.favourited) == (1, True)
    assert await told(maya) == [("favourite", "tom")]
    for _ in range(2):
        await do(reactions.unfavourite, actor=tom.actor, post_id=post.id)
    assert (await view(post.id, tom)).favourites_count == 0
    assert await told(maya) == []


async def test_ones_own_favourite_tells_nobody(do, told, post, maya):
    await do(reactions.favourite, actor=maya.actor, post_id=post.id)

    assert await told(maya) == []


async def test_a_favourite_elsewhere_is_sent_and_taken_back(
    do, arrive, queued, maya, make_remote
):
    post_id = await arrive(await make_remote("ria"))

    await do(reactions.favourite, actor=maya.actor, post_id=post_id)
    await do(reactions.unfavourite, actor=maya.actor, post_id=post_id)

    assert [kind for kind, _ in await queued()] == ["FederateFavourite", "FederateUnfavourite"]


async def test_a_boost_appears_with_followers_and_counts_once(
    do, view, home, told, queued, post, maya, tom, make_member
):
    ann = await make_member("ann")
    await do(follows.follow, actor=ann.actor, target_id=tom.account.id)

    boost_id = await do(reactions.boost, actor=tom.actor, post_id=post.id)
    again = await do(reactions.boost, actor=tom.actor, post_id=boost_id)

    assert again == boost_id
    assert await home(ann) == [boost_id]
    shown = await view(boost_id, tom)
    assert shown.boost_of.id == post.id
    assert shown.boost_of.boosts_count == 1
    assert shown.own.boosted
    assert await told(maya) == [("reblog", "tom")]
    assert len(await queued("FederateBoost")) == 1


async def test_a_boost_can_be_taken_back(do, view, home, told, queued, post, maya, tom):
    boost_id = await do(reactions.boost, actor=tom.actor, post_id=post.id)

    for _ in range(2):
        assert await do(reactions.unboost, actor=tom.actor, post_id=post.id) == post.id

    with pytest.raises(NotFoundError):
        await view(boost_id, tom)
    assert (await view(post.id)).boosts_count == 0
    assert await told(maya) == []
    assert len(await queued("FederateUnboost")) == 1


async def test_boosts_can_be_unwanted(do, home, post, tom, make_member):
    ann = await make_member("ann")
    await do(follows.follow, actor=ann.actor, target_id=tom.account.id, show_boosts=False)

    await do(reactions.boost, actor=tom.actor, post_id=post.id)

    assert await home(ann) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"visibility": Visibility.FOLLOWERS},
        {"visibility": Visibility.DIRECT, "text": "@tom"},
        {"local_only": True},
    ],
    ids=["FED-74 followers only", "FED-74 a letter", "FED-74 stays here"],
)
async def test_what_is_not_for_all_is_not_passed_on(do, publish, maya, tom, parts):
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id)
    post = await publish(maya, **parts)

    with pytest.raises(ForbiddenError):
        await do(reactions.boost, actor=tom.actor, post_id=post.id)


async def test_authors_pass_on_their_own_to_followers_only(do, view, publish, maya):
    post = await publish(maya, visibility=Visibility.FOLLOWERS)

    boost_id = await do(reactions.boost, actor=maya.actor, post_id=post.id)

    assert (await view(boost_id, maya)).visibility is Visibility.FOLLOWERS


async def test_a_boost_is_never_a_letter(do, post, tom):
    with pytest.raises(InvalidError):
        await do(
            reactions.boost, actor=tom.actor, post_id=post.id, visibility=Visibility.DIRECT
        )


async def test_what_one_may_not_see_one_cannot_touch(do, publish, maya, tom):
    letter = await publish(maya, visibility=Visibility.DIRECT)

    for service in (
        reactions.favourite, reactions.unfavourite, reactions.boost, reactions.unboost,
        reactions.bookmark, reactions.unbookmark, reactions.pin, reactions.unpin,
        reactions.mute_thread, reactions.unmute_thread,
    ):  # fmt: skip
        with pytest.raises(NotFoundError):
            await do(service, actor=tom.actor, post_id=letter.id)


async def test_a_bookmark_is_between_oneself_and_oneself(do, see, view, told, post, maya, tom):
    for _ in range(2):
        await do(reactions.bookmark, actor=tom.actor, post_id=post.id)

    kept = await see(timelines.bookmarks, actor=tom.actor, page=PageRequest())
    assert [item.id for item in kept.items] == [post.id]
    assert (await view(post.id, tom)).own.bookmarked
    assert not (await view(post.id, maya)).own.bookmarked
    assert await told(maya) == []
    await do(reactions.unbookmark, actor=tom.actor, post_id=post.id)
    assert not (await view(post.id, tom)).own.bookmarked


async def test_favourites_can_be_read_again(do, see, post, tom):
    await do(reactions.favourite, actor=tom.actor, post_id=post.id)

    found = await see(timelines.favourites, actor=tom.actor, page=PageRequest())

    assert [item.id for item in found.items] == [post.id]


async def test_a_pin_keeps_a_post_on_top(do, see, view, post, maya):
    for _ in range(2):
        await do(reactions.pin, actor=maya.actor, post_id=post.id)

    pinned = {"account_id": maya.account.id, "page": PageRequest(), "pinned": True}
    found = await see(timelines.of_account, **pinned, viewer=None)
    assert [item.id for item in found.items] == [post.id]
    assert (await view(post.id, maya)).own.pinned
    await do(reactions.unpin, actor=maya.actor, post_id=post.id)
    assert (await see(timelines.of_account, **pinned, viewer=None)).items == []


async def test_pins_have_their_rules(do, publish, post, maya, tom):
    with pytest.raises(InvalidError, match="Someone else"):
        await do(reactions.pin, actor=tom.actor, post_id=post.id)
    await do(reactions.unpin, actor=tom.actor, post_id=post.id)
    boost_id = await do(reactions.boost, actor=maya.actor, post_id=post.id)
    with pytest.raises(InvalidError, match="boost"):
        await do(reactions.pin, actor=maya.actor, post_id=boost_id)
    letter = await publish(maya, visibility=Visibility.DIRECT)
    with pytest.raises(InvalidError, match="mentioned people"):
        await do(reactions.pin, actor=maya.actor, post_id=letter.id)
    for _ in range(reactions.MAX_PINS):
        await do(reactions.pin, actor=maya.actor, post_id=(await publish(maya)).id)
    with pytest.raises(InvalidError, match="At most"):
        await do(reactions.pin, actor=maya.actor, post_id=post.id)


async def test_a_muted_thread_is_not_heard_of(do, publish, view, told, post, maya, tom):
    for _ in range(2):
        await do(reactions.mute_thread, actor=maya.actor, post_id=post.id)

    await publish(tom, "@maya yes", in_reply_to_id=post.id)

    assert await told(maya) == []
    assert (await view(post.id, maya)).own.muted
    for _ in range(2):
        await do(reactions.unmute_thread, actor=maya.actor, post_id=post.id)
    await publish(tom, "@maya and", in_reply_to_id=post.id)
    assert await told(maya) == [("mention", "tom")]


async def test_who_recommended_and_passed_on_can_be_read(do, see, post, tom):
    await do(reactions.favourite, actor=tom.actor, post_id=post.id)
    boost_id = await do(reactions.boost, actor=tom.actor, post_id=post.id)

    for post_id in (post.id, boost_id):
        for service in (reactions.favourited_by, reactions.boosted_by):
            found = await see(service, post_id=post_id, viewer=None, page=PageRequest())
            assert [account.acct for account in found.items] == ["tom"]


async def test_likes_from_elsewhere_count_once_and_are_undone(
    do, view, row, told, post, maya, make_remote
):
    ria, pat = await make_remote("ria"), await make_remote("pat")
    stored = await row(post.id)
    for _ in range(2):
        await do(
            reactions.receive_like, account=ria, post=stored, uri="http://remote.example/l/1"
        )
    assert (await view(post.id)).favourites_count == 1
    assert await told(maya) == [("favourite", "ria@remote.example")]

    undo = {"post": None, "uri": "http://remote.example/l/1"}
    await do(reactions.undo_like, account=pat, **undo)
    assert (await view(post.id)).favourites_count == 1
    await do(reactions.undo_like, account=ria, **undo)
    await do(reactions.undo_like, account=ria, post=stored, uri=None)

    assert (await view(post.id)).favourites_count == 0


@pytest.fixture
def receive_boost(ctx, do, row):
    async def run(account, post, **changes):
        values = {
            "account": account,
            "post": await row(post.id),
            "uri": f"{account.uri}/boosts/{post.id}",
            "published": ctx.clock(),
            "visibility": Visibility.PUBLIC,
            **changes,
        }
        return await do(reactions.receive_boost, **values)

    return run


async def test_boosts_from_elsewhere_arrive_and_are_undone(
    do, receive_boost, view, row, home, told, post, maya, tom, make_remote
):
    ria, pat = await make_remote("ria"), await make_remote("pat")
    await do(follows.follow, actor=tom.actor, target_id=ria.id)
    await do(follows.accepted_by_remote, target=ria, follower=tom.account, follow_uri=None)

    boost_id = await receive_boost(ria, post)

    assert await receive_boost(ria, post) == boost_id
    assert await home(tom) == [boost_id]
    assert await told(maya) == [("reblog", "ria@remote.example")]
    uri = f"{ria.uri}/boosts/{post.id}"
    await do(reactions.undo_boost, account=pat, post=None, uri=uri)
    assert (await view(post.id)).boosts_count == 1
    await do(reactions.undo_boost, account=ria, post=None, uri=uri)
    await do(reactions.undo_boost, account=ria, post=await row(post.id), uri=None)
    assert (await view(post.id)).boosts_count == 0


async def test_an_old_boost_takes_its_place_in_time(ctx, receive_boost, post, make_remote):
    ria = await make_remote("ria")

    boost_id = await receive_boost(ria, post, published=ctx.clock() - timedelta(days=3))

    assert boost_id < post.id


async def test_a_boost_of_the_future_is_of_now(ctx, receive_boost, view, post, make_remote):
    """FED-60."""
    ria = await make_remote("ria")

    boost_id = await receive_boost(ria, post, published=ctx.clock() + timedelta(days=3650))

    assert (await view(boost_id)).created_at <= ctx.clock()


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_what_is_not_for_all_is_not_passed_on_elsewhere(
    receive_boost, publish, maya, make_remote, visibility
):
    """FED-74."""
    post = await publish(maya, visibility=visibility)

    assert await receive_boost(await make_remote("ria"), post) is None


async def test_somebody_blocked_passes_nothing_on(do, receive_boost, post, maya, make_remote):
    """FED-74."""
    ria = await make_remote("ria")
    await do(follows.block, actor=maya.actor, target_id=ria.id)

    assert await receive_boost(ria, post) is None


async def test_nothing_of_a_suspended_author_is_passed_on(
    ctx, receive_boost, post, maya, make_remote
):
    """FED-74."""

    async def suspend(session):
        (await session.get(AccountRow, maya.account.id)).suspended_at = ctx.clock()

    await ctx.write(suspend)

    assert await receive_boost(await make_remote("ria"), post) is None
