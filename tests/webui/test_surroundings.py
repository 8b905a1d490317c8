"""What stands around the pages: feeds, oEmbed, words for robots.

Row 1.20 "RSS/Atom per actor, tag, group", "oEmbed / OpenGraph" and "robots / AI opt-out".
"""

from html import escape
from xml.etree import ElementTree

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts
from tests.conftest import HOST

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = f"https://{HOST}"


@pytest.fixture
def publish(ctx):
    async def run(member, text, **parts):
        return await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run


async def read(client, path):
    answer = await client.get(path)
    assert answer.status == 200, await answer.text()
    return answer, ElementTree.fromstring(await answer.read())  # noqa: S314 - our own


async def test_a_feed_holds_what_somebody_says_to_everybody(client, maya, tom, publish):
    shown = await publish(maya, "Hello <world> & all #Fractions", language="en")
    await publish(maya, "For followers", visibility=Visibility.FOLLOWERS)
    await publish(maya, "Quietly", visibility=Visibility.UNLISTED)
    await publish(maya, "Only here", local_only=True)
    await publish(maya, "An answer", in_reply_to_id=await publish(tom, "Hello all"))

    answer, feed = await read(client, "/@maya.atom")
    entries = feed.findall(f"{ATOM}entry")
    assert answer.content_type == "application/atom+xml"
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"{BASE}/users/maya/statuses/{shown}"
    ]
    assert "Hello &lt;world&gt; &amp; all" in entries[0].findtext(f"{ATOM}content")
    assert entries[0].find(f"{ATOM}category").get("term") == "fractions"
    answer, rss = await read(client, "/@maya.rss")
    assert answer.content_type == "application/rss+xml"
    assert [item.findtext("link") for item in rss.iter("item")] == [f"{BASE}/@maya/{shown}"]


async def test_a_group_and_a_hashtag_have_feeds_too(client, maya, make_member, publish):
    group = await make_member("science", kind="Group")
    await publish(group, "Meeting on Friday")
    await publish(maya, "One #Fractions")

    _answer, feed = await read(client, "/@science.atom")
    assert "Meeting on Friday" in ElementTree.tostring(feed, encoding="unicode")
    _answer, feed = await read(client, "/tags/fractions.rss")
    assert len(list(feed.iter("item"))) == 1


async def test_a_content_note_stands_for_its_post_in_a_feed(client, maya, publish):
    await publish(maya, "The ending is sad", summary="Spoiler")

    _answer, feed = await read(client, "/@maya.atom")
    text = ElementTree.tostring(feed, encoding="unicode")
    assert "Spoiler" in text
    assert "sad" not in text


async def test_fed_85_nobody_of_elsewhere_and_nobody_unknown_has_a_feed(client, make_remote):
    await make_remote("ria")

    for path in ("/@ria.atom", "/@nobody.rss", "/@ria@remote.example.atom"):
        assert (await client.get(path)).status == 404, path


async def test_fed_95_a_feed_stays_well_formed_whatever_a_name_holds(
    client, make_member, publish
):
    member = await make_member("odd", display_name='"><script>]]>&nbsp;')
    await publish(member, "]]></content> \x0b <b>&")

    for path in ("/@odd.atom", "/@odd.rss"):
        _answer, feed = await read(client, path)
        assert "<script>" not in ElementTree.tostring(feed, encoding="unicode")


async def test_fed_97_oembed_names_a_frame_that_can_do_nothing(client, maya, publish):
    number = await publish(maya, "Look at this")
    page = f"{BASE}/@maya/{number}"

    answer = await client.get("/api/oembed", params={"url": page, "maxwidth": "300"})
    found = await answer.json()

    assert found["type"] == "rich"
    assert found["width"] == 300
    assert f'src="{escape(page)}/embed"' in found["html"]
    assert "sandbox=" in found["html"]
    assert "allow-scripts" not in found["html"]
    frame = await client.get(f"/@maya/{number}/embed")
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "Look at this" in await frame.text()
    assert "<script" not in await frame.text()


@pytest.mark.parametrize(
    "parts",
    [
        {"visibility": Visibility.FOLLOWERS},
        {"visibility": Visibility.DIRECT},
        {"local_only": True},
    ],
)
async def test_fed_85_what_is_not_for_everybody_is_not_embedded(client, maya, publish, parts):
    number = await publish(maya, "Not for all", **parts)

    answer = await client.get("/api/oembed", params={"url": f"{BASE}/@maya/{number}"})
    assert answer.status == 404
    assert (await client.get(f"/@maya/{number}/embed")).status == 404


@pytest.mark.parametrize(
    "url",
    ["", "https://evil.example/@maya/1", f"{BASE}/@maya", f"{BASE}/@maya/x", "javascript:1"],
)
async def test_other_addresses_are_not_embedded(client, maya, url):
    answer = await client.get("/api/oembed", params={"url": url})

    assert answer.status == 404
    assert (await answer.json())["error"]


async def test_a_public_page_describes_itself_to_link_cards(client, maya, publish):
    number = await publish(maya, "A lesson on fractions")

    text = await (await client.get(f"/@maya/{number}")).text()
    assert '<meta property="og:title" content="Maya">' in text
    assert "A lesson on fractions" in text
    assert 'type="application/json+oembed"' in text
    profile = await (await client.get("/@maya")).text()
    assert 'type="application/atom+xml"' in profile


async def test_robots_hear_what_they_may_read(client, maya, publish):
    await publish(maya, "Hello")
    rules = await (await client.get("/robots.txt")).text()

    assert "User-agent: GPTBot" in rules
    assert rules.rstrip().endswith("Disallow: /")
    assert 'name="robots" content="noindex"' in await (await client.get("/@maya")).text()
    assert (await client.get("/@maya.atom")).headers["X-Robots-Tag"].startswith("noindex")
