"""What a feed or a schedule posts says so, and is never more than a few a day (S-21)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.feeds import MAX_ENTRIES, read_feed
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.submissions import Level
from fedi_k12.domain.timed_jobs import ReadFeeds
from fedi_k12.services import feed_reading, feeds, officials, scheduled
from fedi_k12.worker import run_until_idle
from storage.tables import (
    FeedItemRow,
    FeedRow,
    NotificationRow,
    OfficialRow,
    PostRow,
    SubmissionRow,
)

FAIR = "<script>alert(1)</script><b>Fair</b>"
URL = "http://news.example/feed"


def item(name, *, title=None, link=None, said="", at=None, guid=None):
    """Return an entry of an RSS feed."""
    place = f"http://news.example/{name}" if link is None else link
    when = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
    return (
        f"<item><title>{escape(title or f'News {name}')}</title><link>{escape(place)}</link>"
        f"<guid isPermaLink='false'>{guid or name}</guid>{when}"
        f"<description>{escape(said)}</description></item>"
    )


def rss(*items, head=""):
    """Return an RSS feed."""
    return (
        f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>News</title>'
        f"{''.join(items)}</channel></rss>"
    ).encode()


@pytest.fixture
async def manager(demand, lincoln, maya, delegate_to):
    """Maya, who manages the school; nothing needs a second person."""
    await demand(Level.NONE)
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
async def news(make_server):
    """The site of the school: what it shows as its feed."""
    server = await make_server("news.example")

    def write(*items, status=200, **parts):
        server.documents["/feed"] = (status, "application/rss+xml", rss(*items, **parts))

    server.write = write
    write(item("old"))
    return server


@pytest.fixture
def tick(ctx, clock):
    """Return a function that lets time pass and everything happen that is due."""

    async def run(**amount):
        clock.advance(**(amount or {"minutes": 31}))
        await feed_reading.read_feeds(ctx, ReadFeeds())
        await run_until_idle(ctx)

    return run


@pytest.fixture
async def feed(do, manager, lincoln, news, tick):
    """A feed that the school posts from, read once: its id."""
    given = {"actor": manager.actor, "account_id": lincoln.id}
    number = await do(feeds.add, url=URL, **given)
    await tick()
    return number


@pytest.fixture
def told(ctx):
    """Return a function that lists the posts of automatons, the oldest first."""

    async def run():
        async with ctx.read() as session:
            rows = await session.scalars(
                select(PostRow).where(PostRow.posted_by != "").order_by(PostRow.id)
            )
            return list(rows)

    return run


@pytest.fixture
def states(ctx):
    """Return a function that tells what became of entries, by title."""

    async def run():
        async with ctx.read() as session:
            rows = await session.scalars(select(FeedItemRow).order_by(FeedItemRow.id))
            return {row.title: row.state for row in rows}

    return run


async def test_what_is_new_in_a_feed_is_posted_and_says_so_in_every_layer(
    feed, news, tick, told, client, ctx, lincoln, maya, seated
):
    """S-21: on the page, in `application` and `bot`, in `generator`; the old is not told."""
    assert await told() == []
    news.write(item("new", said="<p>Come &amp; <b>see</b></p>"), item("old"))
    await tick()

    post = (await told())[0]
    assert post.source == "News new\n\nCome & see\n\nhttp://news.example/new"
    entity = await (
        await client.get(f"/api/v1/statuses/{post.id}", headers=maya.headers)
    ).json()
    assert entity["application"] == {"name": "Posted by a feed", "website": None}
    assert entity["account"]["bot"] is True
    path = post.uri.partition("home.example")[2]
    shown = await client.get(path, headers={"Accept": "application/activity+json"})
    document = await shown.json()
    assert document["generator"] == {"type": "Application", "name": "Posted by a feed"}
    browser = await seated(maya)
    assert "Posted by a feed" in (await browser.get(f"/@lincoln/{post.id}")).root.text
    assert "Posted by a feed" in (await browser.get("/@lincoln")).root.text

    await tick()
    assert len(await told()) == 1
    assert news.asked.count("/feed") == 3


async def test_a_person_who_posts_too_makes_the_account_no_automaton(
    feed, news, tick, publish, manager, client, maya, lincoln
):
    """S-21: `bot` is for accounts that post only automatically."""
    await publish(manager, "We met at the gate today")

    path = f"/api/v1/accounts/{lincoln.id}"
    assert (await (await client.get(path, headers=maya.headers)).json())["bot"] is False


async def test_no_more_than_the_day_allows_is_posted_whatever_comes(
    feed, news, tick, told, states, do, manager, lincoln
):
    """S-21: the rest waits for the next day, ten at most, and a week at most."""
    many = [item(f"n{number:03}") for number in range(300)]
    news.write(*reversed(many))
    await tick()

    assert [post.source.split("\n")[0] for post in await told()] == [
        "News n290", "News n291", "News n292",
    ]  # fmt: skip
    found = list((await states()).values())
    assert len(found) == MAX_ENTRIES + 1
    assert (found.count("waiting"), found.count("posted"), found.count("left")) == (7, 3, 190)
    await tick()
    assert len(await told()) == 3
    await do(feeds.limit, actor=manager.actor, account_id=lincoln.id, a_day=1)
    await tick(days=1)
    assert len(await told()) == 4
    await tick(days=8)
    assert len(await told()) == 4
    assert "waiting" not in (await states()).values()
    await do(feeds.limit, actor=manager.actor, account_id=lincoln.id, a_day=0)
    news.write(item("last"))
    await tick(days=1)
    assert len(await told()) == 4


async def test_an_approved_account_posts_from_a_feed_only_what_a_second_person_read(
    feed, news, tick, told, demand, ctx, states
):
    """S-21, S-38: a feed goes the way of every draft."""
    await demand(Level.ALL)
    news.write(item("new"))
    await tick()

    assert await told() == []
    assert (await states())["News new"] == "sent"
    async with ctx.read() as session:
        waiting = await session.scalar(select(SubmissionRow))
    assert waiting.draft["posted_by"] == "feed"


async def test_hostile_entries_are_plain_words_with_honest_links_or_not_taken(
    feed, news, tick, told, states, do, manager, lincoln, tom
):
    """S-21: markup, scripts, names of people, doubles, and dates that go backwards."""
    await do(feeds.limit, actor=manager.actor, account_id=lincoln.id, a_day=10)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    news.write(
        item(
            "bold",
            title="<script>alert(1)</script><b>Fair</b>",
            said="Ask @tom or @tom@x.example",
        ),
        item("script", link="javascript:alert(1)"),
        item("twice"),
        item("twice", title="Other words", link="http://news.example/other"),
        item("ancient", at=past),
        item("again", link="http://news.example/old", guid="new-guid"),
    )
    await tick()

    found = {post.source.split("\n")[0]: post for post in await told()}
    assert set(found) == {"Fair", "News twice"}
    assert "mention" not in found["Fair"].content
    assert "<script" not in found["Fair"].content
    assert (await states())["News script"] == "left"
    assert (await states())["News ancient"] == (await states())["News again"] == "old"


def test_a_feed_that_is_a_bomb_or_none_is_refused():
    """S-21: entities are not expanded, other documents are no feeds."""
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    body = rss("<item><title>&a9;</title><link>http://x.example/</link></item>")
    bomb = body.replace(b"<rss", f"<!DOCTYPE x [{entities}]><rss".encode(), 1)
    assert sum(len(one.text) for one in read_feed(bomb)) < 1000
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss'
    found = read_feed(body.replace(b"&a9;", b"&a;").replace(b"<rss", outside.encode(), 1))
    assert all("root" not in one.text for one in found)
    for other in (b"", b"<html><body>No</body></html>", b"http://x.example/feed", b"\xff" * 99):
        with pytest.raises(InvalidError):
            read_feed(other)


async def test_a_feed_that_fails_is_told_to_managers_once_after_days(
    feed, news, tick, ctx, manager, seated, maya, lincoln
):
    """S-21: asked ever more seldom; told again only after it was read meanwhile."""
    news.documents["/feed"] = (500, "text/plain", b"")

    async def notices():
        async with ctx.read() as session:
            kinds = await session.scalars(
                select(NotificationRow.kind).where(NotificationRow.kind == "feed_failing")
            )
            return len(list(kinds))

    await tick()
    await tick(days=2)
    assert await notices() == 0
    await tick(days=1, hours=1)
    first = await notices()
    assert first >= 1
    before = len(news.asked)
    await tick(hours=1)
    assert len(news.asked) == before
    await tick(days=2)
    assert await notices() == first
    browser = await seated(maya, lincoln)
    page = await browser.get(f"/official/{lincoln.id}/feeds")
    assert "It answered with 500." in page.root.text


async def test_managers_alone_name_feeds_and_nothing_is_posted_for_who_is_gone(
    do, feed, news, tick, told, ctx, maya, tom, make_member, delegate_to, lincoln, seated
):
    """S-21: what waits then goes on waiting, and the page says why."""
    olga = await make_member("olga", role=Role.ADMIN)
    author = await delegate_to(lincoln, tom)
    for who in (author, olga):
        with pytest.raises(ForbiddenError):
            await do(feeds.add, actor=who.actor, account_id=lincoln.id, url=f"{URL}/2")
    browser = await seated(maya, lincoln)
    page = await browser.get(f"/official/{lincoln.id}/feeds")
    place = f"/official/{lincoln.id}/feeds"
    for url in ("javascript:alert(1)", "file:///etc/passwd", URL):
        assert (await browser.submit(page, place, {"url": url})).status == 422
    assert (await browser.submit(page, f"{place}/limit", {"a_day": "11"})).status == 422
    assert (await browser.submit(page, f"{place}/limit", {"a_day": "2"})).status == 303

    news.write(item("new"))
    await do(officials.pause, actor=None, account_id=lincoln.id, person_id=maya.account.id)
    await tick()
    assert await told() == []
    async with ctx.read() as session:
        row = await session.scalar(select(FeedRow))
        limit = await session.scalar(select(OfficialRow.fed))
    assert (row.trouble != "", limit) == (True, 0)


async def test_what_an_official_account_scheduled_says_so(
    ctx, clock, do, manager, told, maya, client
):
    """S-21: and what a person wrote for later under their own name does not."""
    for who in (manager.actor, maya.actor):
        due = ctx.clock() + timedelta(minutes=10)
        await do(scheduled.schedule, actor=who, draft=Draft("Open house"), due_at=due)
    clock.advance(minutes=11)
    await run_until_idle(ctx)

    found = await told()
    assert [(post.account_id, post.posted_by) for post in found] == [
        (manager.actor.account_id, "schedule")
    ]
    answer = await client.get(f"/api/v1/statuses/{found[0].id}", headers=maya.headers)
    assert (await answer.json())["application"]["name"] == "Posted by a schedule"
