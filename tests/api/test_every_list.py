"""Every list of the API: the same number of queries for one thing and for many, and pages."""

from datetime import timedelta

import pytest

from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.events import EventDraft
from fedi_k12.domain.posts import Draft, PollDraft, Visibility
from fedi_k12.services import (
    collections,
    emoji_reactions,
    endorsements,
    events,
    featuring,
    filters,
    follows,
    lists,
    posts,
    reactions,
    scheduled,
    tags,
)
from fedi_k12.services.filters import FilterChanges
from tests.api import every_list
from tests.api.every_list import AT_MOST, BOUNDED, MANY, PEOPLE, PLACES, POSTS
from tests.api.filling import Doing, let_be_found, measured

pytestmark = pytest.mark.timeout(240)
"""Making many of everything takes a while on a busy machine."""


@pytest.fixture
async def lena(make_member, call):
    """Somebody who says herself who may follow her and whom she hears of."""
    lena = await make_member("lena")
    await call(lena, "PATCH", "/api/v1/accounts/update_credentials", locked=True)
    strangers = {"for_not_following": "filter"}
    await call(lena, "PATCH", "/api/v2/notifications/policy", **strangers)
    return lena


@pytest.fixture
def fill_people(ctx, call, make_member, make_remote, maya, lena):
    """Return a function that makes one more of what is between people; it returns names."""
    people, names, me = [], {"maya": maya.account.id}, maya.account.id

    async def begin(kim):
        await ctx.write(let_be_found, maya.account)
        names["kim"] = kim.account.id
        names["list"] = (await call(maya, "POST", "/api/v1/lists", title="All"))["id"]
        made = await call(maya, "POST", "/api/v1/collections", name="Science")
        names["collection"] = made["collection"]["id"]
        made = await call(maya, "POST", "/api/v2/filters", title="All", context=["account"])
        names["filter"] = made["id"]

    async def round_of(session, number, kim, bea):
        do, who, target = Doing(ctx, session), kim.account.id, {"target_id": kim.account.id}
        await let_be_found(session, kim.account)
        await do(maya, follows.follow, **target)
        await do(kim, follows.follow, target_id=me)
        await do(kim, follows.follow, target_id=lena.account.id)
        post = await do.write(kim, f"#topic{number} hello")
        await do.write(kim, f"@lena hello {number}")
        await do.write(kim, f"@lena letter {number}", visibility=Visibility.DIRECT)
        await do.write(maya, f"mine #mine{number}")
        await do(maya, endorsements.endorse, **target)
        await do(maya, follows.mute, target_id=bea.id)
        await do(maya, follows.block, target_id=bea.id)
        await do(maya, follows.block_domain, domain=f"host{number}.example")
        await do(maya, tags.follow, name=f"topic{number}")
        if number < AT_MOST["/api/v1/featured_tags"]:
            await do(maya, featuring.feature_tag, name=f"own{number}")
        if number + 1 < AT_MOST["/api/v1/accounts/{id}/collections"]:
            await do(maya, collections.create, draft=CollectionDraft(f"C{number}"))
        if number < AT_MOST["/api/v1/collections/{id}"]:
            kept = {"collection_id": int(names["collection"])}
            await do(maya, collections.add, **kept, account_id=who)
        await do(kim, collections.create, draft=CollectionDraft("Ours"), account_ids=[me])
        listed = await do(maya, lists.create, title=f"L{number}")
        await do(maya, lists.add, list_id=listed.id, account_ids=[names["kim"]])
        await do(maya, lists.add, list_id=int(names["list"]), account_ids=[who])
        changes = FilterChanges(title=f"f{number}", contexts=("account",))
        made = await do(maya, filters.create, changes=changes)
        word = {"keyword": f"word{number}", "whole_word": True}
        for one in (int(names["filter"]), made.id):
            await do(maya, filters.add_keyword, filter_id=one, **word)
            await do(maya, filters.add_post, filter_id=one, post_id=post)
        day = ctx.clock() + timedelta(days=number + 1)
        await do(maya, scheduled.schedule, draft=Draft("Later"), due_at=day)

    async def run(number):
        kim, bea = await make_member(f"kim{number}"), await make_remote(f"bea{number}")
        people.append(kim.account.id)
        names["ids"] = "&".join(f"id[]={one}" for one in people)
        if number == 0:
            await begin(kim)
        await ctx.write(round_of, number, kim, bea)
        return names

    return run


@pytest.fixture
def fill_posts(ctx, call, make_member, maya):
    """Return a function that makes one more of what can be done with a post."""
    ids, names, begun = [], {}, {}

    async def begin(kim):
        begun["ann"] = ann = await make_member("ann")
        names["ann"] = ann.account.id
        await ctx.write(let_be_found, maya.account, ann.account)
        mine = {"status": "Mine #own", "quote_approval_policy": "public"}
        names["own"] = begun["last"] = (await call(maya, "POST", "/api/v1/statuses", **mine))[
            "id"
        ]
        every = {"title": "All", "context": ["home", "public", "thread", "account"]}
        every |= {"filter_action": "warn", "keywords_attributes": [{"keyword": "hello"}]}
        await call(maya, "POST", "/api/v2/filters", **every)

    async def round_of(session, number, kim):
        do, own, ann = Doing(ctx, session), int(names["own"]), begun["ann"]
        await let_be_found(session, kim.account)
        await do(maya, follows.follow, target_id=kim.account.id)
        post = await do.write(kim, f"@maya kim #all #kim{number} hello", language="en")
        ids.append(post)
        for act in (reactions.favourite, reactions.bookmark, reactions.boost):
            await do(maya, act, post_id=post)
        for act in (reactions.favourite, reactions.boost):
            await do(kim, act, post_id=own)
        await do(kim, emoji_reactions.react, post_id=own, emoji="👍")
        text = f"@maya yes #kim{number}"
        begun["last"] = await do.write(kim, text, in_reply_to_id=int(begun["last"]))
        await do.write(kim, "See #all", quote_of_id=own)
        poll = PollDraft(("a", "b"), expires_in=3600)
        await do.write(ann, f"Which of #all, {number}?", poll=poll)
        if number:
            changed = Draft(f"Mine #own {number}")
            await do(maya, posts.edit, post_id=own, draft=changed)
        ahead = ctx.clock() + timedelta(days=number + 1)
        event = EventDraft(title=f"Lab {number}", starts_at=ahead)
        await do(kim, events.create, event=event, draft=Draft(""))
        if number in {0, MANY - 1}:
            named = " ".join(f"@kim{one}" for one in range(number + 1))
            names["naming"] = await do.write(ann, named)

    async def run(number):
        kim = await make_member(f"kim{number}")
        if not number:
            await begin(kim)
        await ctx.write(round_of, number, kim)
        names["ids"] = "&".join(f"id[]={one}" for one in ids)
        if number in {0, MANY - 1}:
            told = await call(maya, "GET", "/api/v2/notifications?types[]=favourite")
            names["key"] = told["notification_groups"][0]["group_key"]
        return names

    return run


async def test_every_list_is_measured_or_known_to_stay_short(client):
    tables = (PEOPLE, POSTS, PLACES, BOUNDED)
    named = [path for table in tables for path in table]

    assert sorted(named) == sorted(every_list.lists(client.app))
    assert every_list.undescribed(client.app) == set()


async def test_lists_of_people_cost_the_same_for_one_and_for_many(
    fill_people, queries, leaf, maya, lena
):
    asking = {"maya": maya, "lena": lena}

    assert await measured(PEOPLE, fill_people, queries, asking) == ({}, {})

    me = f"/api/v1/accounts/{maya.account.id}"
    for path in (
        f"{me}/followers", f"{me}/following", f"{me}/endorsements", "/api/v1/mutes",
        "/api/v1/blocks", "/api/v1/domain_blocks", "/api/v1/followed_tags",
        "/api/v1/endorsements",
    ):  # fmt: skip
        pages = await leaf(maya, f"{path}?limit=15")
        items = [one if isinstance(one, str) else one["id"] for page in pages for one in page]
        assert (len(items), len(set(items))) == (MANY, MANY), path


async def test_lists_of_posts_cost_the_same_for_one_and_for_many(
    fill_posts, queries, leaf, maya
):
    assert await measured(POSTS, fill_posts, queries, {"maya": maya}) == ({}, {})

    for path in ("/api/v1/favourites", "/api/v1/bookmarks"):
        pages = await leaf(maya, f"{path}?limit=15")
        items = [one["id"] for page in pages for one in page]
        assert (len(items), len(set(items))) == (MANY, MANY), path
