"""Whose posts are found by their words. Row 1.14 "searchableBy"."""

import itertools

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.searching import Searchable, searchable_by
from fedi_k12.services import follows, profiles, reactions, search
from storage.searching import findable_by
from storage.tables import AccountRow, PostRow

LEVELS = ("", "public", "followers", "self")


@pytest.fixture
def find(see):
    async def run(member, q="clay"):
        found = await see(search.posts, actor=member.actor, q=q, limit=40)
        return {view.id for view in found}

    return run


@pytest.fixture
def wish(do):
    """Return a function by which a member says who may find their posts."""

    async def run(member, **changes):
        await do(profiles.update_profile, actor=member.actor, changes=ProfileChanges(**changes))

    return run


async def test_nobodys_posts_are_found_without_their_wish(find, publish, maya, tom):
    post = await publish(maya, "Clay", visibility=Visibility.PUBLIC)

    assert await find(tom) == set()
    assert await find(maya) == {post.id}


@pytest.mark.parametrize("level", [None, *Searchable], ids=str)
@pytest.mark.parametrize("indexable", [True, False])
async def test_the_stricter_of_both_wishes_counts(
    do, find, wish, publish, maya, tom, make_member, level, indexable
):
    ann = await make_member("ann")
    await do(follows.follow, actor=ann.actor, target_id=maya.account.id)
    await wish(maya, indexable=indexable, searchable_by=level)

    post = await publish(maya, "Clay", visibility=Visibility.PUBLIC)

    by_all = indexable and level in {None, Searchable.PUBLIC}
    by_followers = by_all or (indexable and level is Searchable.FOLLOWERS)
    assert await find(tom) == ({post.id} if by_all else set())
    assert await find(ann) == ({post.id} if by_followers else set())
    assert await find(maya) == {post.id}


async def test_only_what_is_public_is_found_by_everybody(find, wish, publish, maya, tom):
    await wish(maya, indexable=True, searchable_by=Searchable.PUBLIC)
    for visibility in (Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DIRECT):
        await publish(maya, "Clay", visibility=visibility)

    assert await find(tom) == set()


async def test_what_concerns_one_is_found_all_the_same(do, find, publish, maya, tom):
    kept = await publish(maya, "Clay one", visibility=Visibility.PUBLIC)
    liked = await publish(maya, "Clay two", visibility=Visibility.PUBLIC)
    named = await publish(maya, "Clay @tom", visibility=Visibility.DIRECT)
    await do(reactions.bookmark, actor=tom.actor, post_id=kept.id)
    await do(reactions.favourite, actor=tom.actor, post_id=liked.id)

    assert await find(tom) == {kept.id, liked.id, named.id}


async def test_whom_one_blocked_is_not_found(do, find, wish, publish, maya, tom):
    """FED-85."""
    await wish(maya, indexable=True)
    await publish(maya, "Clay", visibility=Visibility.PUBLIC)
    await do(follows.block, actor=tom.actor, target_id=maya.account.id)

    assert await find(tom) == set()


@pytest.mark.parametrize("post_says", [None, "public", "followers", "self"])
async def test_the_condition_is_the_rule(ctx, do, arrive, make_remote, maya, tom, post_says):
    """`findable_by` against `searchable_by`, for every wish of an account and a post."""
    await do(follows.follow, actor=maya.actor, target_id=tom.account.id)
    from sqlalchemy import select

    for number, (says, indexable, visibility) in enumerate(
        itertools.product(LEVELS, (True, False), ("public", "unlisted"))
    ):
        author = await make_remote(f"a{number}", searchable_by=says, indexable=indexable)
        await do(follows.follow, actor=maya.actor, target_id=author.id)
        await do(
            follows.accepted_by_remote, target=author, follower=maya.account, follow_uri=None
        )
        post_id = await arrive(author, visibility=visibility, searchable_by=post_says)
        level = searchable_by(
            Visibility(visibility), indexable=indexable, account=says, post=post_says
        )

        async with ctx.read() as session:
            found = {
                name: await session.scalar(
                    select(PostRow.id).where(PostRow.id == post_id, findable_by(who))
                )
                is not None
                for name, who in (
                    ("follower", maya.account.id),
                    ("stranger", tom.account.id),
                )
            }
        assert found == {
            "follower": level.breadth >= 1,
            "stranger": level is Searchable.PUBLIC,
        }, (says, indexable, visibility)


async def test_who_is_kept_out_of_public_lists_is_found_by_nobody(
    ctx, find, wish, publish, maya, tom
):
    await wish(maya, indexable=True)
    await publish(maya, "Clay", visibility=Visibility.PUBLIC)

    async def limit(session):
        (await session.get(AccountRow, maya.account.id)).silenced_at = ctx.clock()

    await ctx.write(limit)

    assert await find(tom) == set()
