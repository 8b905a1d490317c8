"""A school's channel is read and followed by people who have no account at all (S-22)."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from fedi_k12.domain.events import EventDraft
from fedi_k12.domain.posts import Draft
from fedi_k12.services import events
from tests.browse import Browser

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def settings(settings):
    """A place that has e-mail; nothing is sent here."""
    return replace(settings, smtp_url="smtp://mail.example:25")


@pytest.fixture
async def school(ctx, lincoln, delegate_to, maya, publish):
    """Lincoln, which said something and announced an event."""
    manager = await delegate_to(lincoln, maya, "manager")
    await publish(manager, "Our science fair: <b>Thursday</b> & Friday! #Fair", language="en")
    starts = ctx.clock() + timedelta(days=3)
    await ctx.write(
        events.create,
        actor=manager.actor,
        event=EventDraft("Science fair", starts, starts + timedelta(hours=2), "UTC"),
        draft=Draft("Come and see"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return lincoln


async def test_its_page_says_four_ways_to_follow_without_account_or_script(client, school):
    """S-22: 100 KB with all that belongs to it; nothing on it needs a script."""
    visitor = Browser(client)
    page = await visitor.get(f"/@{school.username}")
    weight = len(page.text.encode())
    for one in page.root.find("link", rel="stylesheet"):
        weight += len(await (await client.get(one["href"])).read())

    assert weight <= 100_000
    assert [one for one in page.root.find("script") if not one["type"].startswith("app")] == []
    assert "Four ways to follow" in page.text
    assert "science fair" in page.main.text
    for path in (
        "/@lincoln.atom", "/@lincoln.rss", "/mail/of/lincoln", "/events/of/lincoln.ics",
    ):  # fmt: skip
        assert path.endswith(".rss") or page.main.find("a", href=path), path
        assert (await client.get(path)).status == 200, path


async def test_apps_are_told_that_it_is_official(client, school):
    """S-22: with its role and a field, whatever an app shows of an account."""
    told = await (await client.get("/api/v1/accounts/lookup?acct=lincoln")).json()

    assert [role["name"] for role in told["roles"]] == ["Official account"]
    assert any("Official" in field["value"] + field["name"] for field in told["fields"])


async def test_its_feeds_are_valid(client, school):
    """S-22: what RFC 4287 and RSS 2.0 demand of a feed and of each entry is there."""
    feed = ElementTree.fromstring(await (await client.get("/@lincoln.atom")).read())  # noqa: S314
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1
        assert urlsplit(one.findtext(f"{ATOM}id")).scheme == "https"
        assert datetime.fromisoformat(one.findtext(f"{ATOM}updated")).tzinfo
        rels = [link.get("rel") for link in one.findall(f"{ATOM}link")]
        assert rels.count("alternate") == 1
    assert all(one.findtext(f"{ATOM}author/{ATOM}name") for one in entries)
    assert len({one.findtext(f"{ATOM}id") for one in entries}) == len(entries)
    assert {one.find(f"{ATOM}content").get("type") for one in entries} == {"html"}

    rss = ElementTree.fromstring(await (await client.get("/@lincoln.rss")).read())  # noqa: S314
    assert (rss.tag, rss.get("version")) == ("rss", "2.0")
    (channel,) = rss.findall("channel")
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    for item in channel.findall("item"):
        assert item.findtext("title") or item.findtext("description")
        assert item.find("guid").get("isPermaLink") == "false"
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo
