"""Every list of the API: the same number of queries for one thing and for many, and pages."""

import pytest

from fedi_k12.domain.posts import Draft
from fedi_k12.services import follows, posts

MANY = 12


@pytest.fixture
def fill(ask, ctx, maya, make_member):
    """Return a function that makes things for every list, for one more person each time."""
    made = []

    async def run(number):
        member = await make_member(f"kim{number}")
        theirs, mine = f"/api/v1/accounts/{member.account.id}", maya.account.id
        now, addresses = ctx.clock(), ctx.addresses
        text = f"@maya #tag{number} hello"
        post_id = await ctx.write(
            posts.publish, actor=member.actor, draft=Draft(text), addresses=addresses, now=now
        )
        if not made:
            _, own = await ask(maya, "POST", "/api/v1/statuses", status="Mine #own")
            _, kept = await ask(maya, "POST", "/api/v1/lists", title="All")
            made.extend((own["id"], kept["id"]))
        own, kept = made
        await ask(maya, "POST", f"{theirs}/follow")
        await ctx.write(
            follows.follow, actor=member.actor, target_id=mine, addresses=addresses, now=now
        )
        for act in ("favourite", "bookmark", "reblog"):
            await ask(maya, "POST", f"/api/v1/statuses/{post_id}/{act}")
        for act in ("favourite", "reblog"):
            await ask(member, "POST", f"/api/v1/statuses/{own}/{act}")
        await ask(member, "POST", "/api/v1/statuses", status="Yes", in_reply_to_id=own)
        for act in ("mute", "endorse"):
            await ask(maya, "POST", f"{theirs}/{act}")
        people = {"account_ids": [str(member.account.id)]}
        await ask(maya, "POST", f"/api/v1/lists/{kept}/accounts", **people)
        await ask(maya, "POST", f"/api/v1/tags/tag{number}/follow")
        await ask(maya, "POST", "/api/v1/domain_blocks", domain=f"host{number}.example")
        await ask(
            maya, "POST", "/api/v2/filters", title=f"f{number}", context=["account"],
            keywords_attributes=[{"keyword": f"word{number}"}],
        )  # fmt: skip
        blocked = await make_member(f"bea{number}")
        await ask(maya, "POST", f"/api/v1/accounts/{blocked.account.id}/block")
        return own, kept

    return run


async def test_a_list_costs_the_same_for_one_and_for_many(ask, fill, queries, leaf, maya):
    own, kept = await fill(0)
    me = f"/api/v1/accounts/{maya.account.id}"
    paths = [
        f"{me}/followers", f"{me}/following", f"{me}/statuses", f"{me}/endorsements",
        f"/api/v1/statuses/{own}/favourited_by", f"/api/v1/statuses/{own}/reblogged_by",
        f"/api/v1/statuses/{own}/context", f"/api/v1/lists/{kept}/accounts",
        f"/api/v1/timelines/list/{kept}", "/api/v1/timelines/public", "/api/v1/favourites",
        "/api/v1/bookmarks", "/api/v1/mutes", "/api/v1/blocks", "/api/v1/domain_blocks",
        "/api/v1/followed_tags", "/api/v2/filters", "/api/v1/filters", "/api/v1/endorsements",
        "/api/v1/accounts/search?q=kim", "/api/v1/notifications", "/api/v2/notifications",
    ]  # fmt: skip
    few = {path: (await queries(maya, path))[0] for path in paths}
    for number in range(1, MANY):
        await fill(number)

    grown = {}
    for path in paths:
        many, _found = await queries(maya, path)
        if many > few[path]:
            grown[path] = (few[path], many)

    assert grown == {}
    for path in (
        f"{me}/followers", f"{me}/following", f"{me}/endorsements", "/api/v1/favourites",
        f"/api/v1/statuses/{own}/favourited_by", f"/api/v1/statuses/{own}/reblogged_by",
        f"/api/v1/lists/{kept}/accounts", "/api/v1/bookmarks", "/api/v1/mutes",
        "/api/v1/blocks", "/api/v1/domain_blocks", "/api/v1/followed_tags",
        "/api/v1/endorsements",
    ):  # fmt: skip
        pages = await leaf(maya, f"{path}?limit=5")
        items = [one if isinstance(one, str) else one["id"] for page in pages for one in page]
        assert (len(items), len(set(items))) == (MANY, MANY), path
