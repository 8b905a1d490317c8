"""The one visibility rule, as a pure function and as SQL, says the same."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from fedi_k12.domain.posts import Draft, PostFacts, Visibility, may_boost, may_see
from fedi_k12.services import access, follows, posts
from storage.posts import visible_to
from storage.tables import PostRow

facts = st.builds(
    PostFacts,
    visibility=st.sampled_from(Visibility),
    local_only=st.booleans(),
    author_id=st.just(1),
    author_suspended=st.booleans(),
    viewer_follows_author=st.booleans(),
    viewer_is_addressed=st.booleans(),
    author_blocks_viewer=st.booleans(),
    removed=st.booleans(),
)


@given(facts)
def test_the_author_sees_every_post_of_theirs(fact):
    assert may_see(1, fact)


@given(facts)
def test_a_visitor_never_sees_more_than_a_member(fact):
    assert not may_see(None, fact) or may_see(2, fact) or fact.author_blocks_viewer


@given(facts)
def test_a_letter_is_seen_by_nobody_who_is_not_addressed(fact):
    if fact.visibility is Visibility.DIRECT and not fact.viewer_is_addressed:
        assert not may_see(2, fact)


@given(facts)
def test_whoever_is_blocked_sees_nothing(fact):
    if fact.author_blocks_viewer:
        assert not may_see(2, fact)


@given(facts)
def test_what_moderators_of_a_group_removed_only_its_author_sees(fact):
    if fact.removed:
        assert not may_see(2, fact)
        assert not may_see(None, fact)


@given(facts)
def test_what_stays_here_or_is_a_letter_is_never_boosted(fact):
    if fact.local_only or fact.visibility is Visibility.DIRECT:
        assert not may_boost(2, fact)
        assert not may_boost(1, fact)


@dataclass(frozen=True)
class Scene:
    visibility: Visibility
    local_only: bool
    follows: bool
    named: bool
    blocked: bool


SCENES = [
    Scene(visibility, local_only, follows_, named, blocked)
    for visibility in Visibility
    for local_only in (False, True)
    for follows_ in (False, True)
    for named in (False, True)
    for blocked in (False, True)
]


@pytest.fixture
async def tables_agree(ctx, maya, tom):
    async def check(scene: Scene) -> None:
        text = f"Hello {'@tom' if scene.named else 'all'}"
        post_id = await ctx.write(
            posts.publish,
            actor=maya.actor,
            draft=Draft(text, visibility=scene.visibility, local_only=scene.local_only),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await agree(scene, post_id)
        await ctx.write(take_away, post_id)
        await agree(scene, post_id)

    async def take_away(session, post_id: int) -> None:
        (await session.get(PostRow, post_id)).removed_at = ctx.clock()

    async def agree(scene: Scene, post_id: int) -> None:
        async with ctx.read() as session:
            row = await session.get(PostRow, post_id)
            for viewer in (None, tom.actor, maya.actor):
                viewer_id = viewer.account_id if viewer else None
                fact = (await access.facts_for(session, [row], viewer_id=viewer_id))[post_id]
                by_sql = await session.scalar(
                    select(PostRow.id).where(PostRow.id == post_id, visible_to(viewer_id))
                )
                assert (by_sql is not None) == may_see(viewer_id, fact), (scene, viewer)

    return check


@pytest.mark.parametrize("follows_", [False, True], ids=["a stranger", "a follower"])
@pytest.mark.parametrize("blocked", [False, True], ids=["welcome", "blocked"])
async def test_sql_and_rule_agree(ctx, maya, tom, tables_agree, follows_, blocked):
    if follows_:
        await ctx.write(
            follows.follow,
            actor=tom.actor,
            target_id=maya.account.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    if blocked:
        await ctx.write(
            follows.block, actor=maya.actor, target_id=tom.account.id, now=ctx.clock()
        )

    for scene in SCENES:
        if scene.follows == follows_ and scene.blocked == blocked:
            await tables_agree(scene)
