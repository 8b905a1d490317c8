"""H7: when the newest unseen is read, home says so and offers nothing else."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import follows, notifications

CAUGHT = "You are caught up."


@pytest.fixture
async def wrote(ctx, publish, maya, tom):
    """Return a function that lets Tom, whom Maya follows, write some posts."""
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=tom.account.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    async def write(number: int) -> list[int]:
        return [
            await publish(tom, f"Number {at}", visibility=Visibility.PUBLIC)
            for at in range(number)
        ]

    return write


@pytest.fixture
def mark(ctx, maya):
    async def read_up_to(post_id: int) -> None:
        await ctx.write(
            notifications.set_marker,
            actor=maya.actor,
            timeline="home",
            last_read_id=post_id,
            now=ctx.clock(),
        )

    return read_up_to


@pytest.fixture
def marker(ctx, maya):
    async def look() -> int:
        async with ctx.read() as session:
            found = await notifications.markers(session, actor=maya.actor, timelines=["home"])
        return found["home"].last_read_id if found else 0

    return look


def posts_on(page) -> list[str]:
    return [one["id"].removeprefix("p") for one in page.main.find("article", class_="entry")]


def further(page) -> list[str]:
    return [
        a["href"]
        for a in page.main.find("a")
        if a["href"].startswith("/home?") and "max_id" in a["href"]
    ]


@pytest.mark.parametrize("new", [0, 1, 19, 20])
async def test_h7_after_the_last_new_post_there_is_nothing(at_maya, wrote, mark, new):
    old = await wrote(3)
    await mark(old[-1])
    posts = await wrote(new)
    page = await at_maya.get("/home")

    assert posts_on(page) == [str(number) for number in reversed(posts)]
    assert page.text.count(CAUGHT) == 1
    assert further(page) == []


async def test_h7_with_21_new_posts_the_first_page_is_not_the_end(at_maya, wrote, mark):
    old = await wrote(3)
    await mark(old[-1])
    posts = await wrote(21)
    first = await at_maya.get("/home")
    second = await at_maya.get(further(first)[0])

    assert posts_on(first) == [str(number) for number in reversed(posts[1:])]
    assert CAUGHT not in first.text
    assert not first.main.find("form", action="/home/read")
    assert posts_on(second) == [str(posts[0])]
    assert second.text.count(CAUGHT) == 1
    assert further(second) == []


async def test_what_was_read_on_two_pages_is_read(at_maya, wrote, marker):
    posts = await wrote(21)
    first = await at_maya.get("/home")
    second = await at_maya.get(further(first)[0])
    answer = await at_maya.submit(second, "/home/read")
    after = await at_maya.follow(answer)

    assert await marker() == posts[-1]
    assert posts_on(after) == []
    assert "Nothing new" in after.text


async def test_looking_does_not_say_that_one_has_read(at_maya, wrote, marker):
    await wrote(1)
    await at_maya.get("/home")

    assert await marker() == 0


async def test_what_was_read_is_there_for_who_looks_back(at_maya, wrote, mark):
    posts = await wrote(21)
    await mark(posts[-1])
    home = await at_maya.get("/home")
    back = await at_maya.get("/home?back")
    older = await at_maya.get(further(back)[0])

    assert home.root.find("a", href="/home?back")
    assert len(posts_on(back)) == 20
    assert posts_on(older) == [str(posts[0])]
    assert CAUGHT in older.text


async def test_nothing_is_unread_again(at_maya, wrote, mark, marker):
    posts = await wrote(2)
    page = await at_maya.get("/home")
    await mark(posts[-1])
    await at_maya.submit(page, "/home/read", {"last": str(posts[0])})

    assert await marker() == posts[-1]


@pytest.mark.parametrize("last", ["9" * 18, "x", "", "-1", "9" * 40])
async def test_what_is_still_to_be_written_is_not_read(
    at_maya, wrote, marker, publish, tom, last
):
    posts = await wrote(1)
    page = await at_maya.get("/home")
    await at_maya.submit(page, "/home/read", {"last": last})
    later = await publish(tom, "Later", visibility=Visibility.PUBLIC)

    assert await marker() <= posts[-1]
    assert str(later) in posts_on(await at_maya.get("/home"))


async def test_a_new_member_is_told_where_to_begin(at_maya):
    page = await at_maya.get("/home")

    assert "Your daybook is blank" in page.text
    assert CAUGHT not in page.text


async def test_the_page_of_a_hashtag_leads_to_its_feed(visitor, publish, maya):
    await publish(maya, "#clay", visibility=Visibility.PUBLIC)
    page = await visitor.get("/tags/clay")
    feeds = [link["href"] for link in page.root.find("link", rel="alternate")]

    assert feeds == ["/tags/clay.atom", "/tags/clay.rss"]
    assert page.root.find("a", href="/tags/clay.atom")
    assert [(await visitor.get(feed)).status for feed in feeds] == [200, 200]
