"""Cards under posts that lead to a page: fetched calmly, by us, and believed in nothing.

Row 1.2 "Author attribution". Row 1.20 "oEmbed / OpenGraph".
"""

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import profiles
from fedi_k12.worker import run_until_idle
from storage.tables import CardRow, JobRow
from tests.remote import PUBLIC

URL = "http://blog.example/eighths"
HEAD = """<html lang="en"><head><title>x</title>
<meta property="og:title" content="Folding eighths">
<meta property="og:description" content="With paper">
<meta property="og:image" content="http://blog.example/pic.png">
<meta property="og:site_name" content="The Blog"><meta name="author" content="M. Smith">
{more}</head><body>"""


@pytest.fixture
async def blog(make_server):
    server = await make_server("blog.example")

    def write(more="", path="/eighths", kind="text/html; charset=utf-8", status=200):
        server.documents[path] = (status, kind, HEAD.format(more=more).encode())

    server.write = write
    write()
    return server


@pytest.fixture
def toot(client, ctx, maya):
    async def run(text, member=None, **parts):
        headers = (member or maya).headers
        answer = await client.post(
            "/api/v1/statuses", json={"status": text, **parts}, headers=headers
        )
        post = await answer.json()
        await run_until_idle(ctx)
        answer = await client.get(f"/api/v1/statuses/{post['id']}", headers=headers)
        return await answer.json()

    return run


def card_of(status):
    found = status["card"]
    return None if found is None else (found["title"], found["description"])


async def test_a_page_is_shown_in_short(blog, toot, at_maya):
    status = await toot(f"Read {URL}")

    card = status["card"]
    assert card_of(status) == ("Folding eighths", "With paper")
    assert (card["url"], card["provider_name"], card["language"]) == (URL, "The Blog", "en")
    assert card["authors"] == [{"name": "M. Smith", "url": "", "account": None}]
    assert (card["type"], card["html"], card["embed_url"]) == ("link", "", "")
    assert card["image"].startswith("https://home.example/media/pictures/")
    page = await at_maya.get(f"/@maya/{status['id']}")
    [shown] = page.main.find("div", class_="link-card")
    assert "Folding eighths" in shown.text
    assert "blog.example" in shown.text
    assert shown.find("img")[0]["src"].startswith("/media/pictures/")


async def test_one_page_is_fetched_once_for_everybody(blog, toot, tom):
    first = await toot(f"Read {URL}")
    second = await toot(f"Yes, {URL}#part", tom, visibility="unlisted")

    assert blog.asked.count("/eighths") == 1
    assert card_of(first) == card_of(second) == ("Folding eighths", "With paper")


@pytest.mark.parametrize(
    "parts",
    [{"visibility": "private"}, {"visibility": "direct"}],
    ids=["FED-91 followers", "FED-91 a letter"],
)
async def test_nothing_is_asked_for_what_is_not_public(ctx, blog, toot, parts):
    status = await toot(f"Read {URL} @tom", **parts)

    assert status["card"] is None
    assert blog.asked == []
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(CardRow)) == 0


@pytest.mark.parametrize(
    "text",
    ["@maya #clay", "https://home.example/@maya", "no link"],
    ids=["names and tags", "this place itself", "none"],
)
async def test_not_everything_is_a_page(toot, text):
    assert (await toot(text))["card"] is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, "text/html"), (500, "text/html"), (429, "text/html"), (200, "image/png"),
     (200, "application/json")],
)  # fmt: skip
async def test_what_is_no_page_is_left_and_not_asked_for_again(blog, toot, tom, status, kind):
    blog.write(status=status, kind=kind)

    assert (await toot(f"Read {URL}"))["card"] is None
    assert (await toot(f"Read {URL}", tom))["card"] is None

    assert blog.asked.count("/eighths") == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "http://localhost/x", "http://nowhere.example/x",
     "http://169.254.169.254/latest/meta-data/"],
)  # fmt: skip
async def test_addresses_that_lead_inside_give_no_card(toot, url):
    """FED-51, FED-41."""
    assert (await toot(f"Read {url}"))["card"] is None


async def test_a_blocked_server_is_not_asked(ctx, blog, toot, maya):
    from fedi_k12.services import moderation

    await ctx.write(
        moderation.set_host_policy, actor=None, domain="blog.example", severity="suspend",
        now=ctx.clock(),
    )  # fmt: skip

    assert (await toot(f"Read {URL}"))["card"] is None
    assert blog.asked == []


async def test_other_charsets_are_read(blog, toot):
    body = '<meta property="og:title" content="Größe">'
    blog.documents["/eighths"] = (200, "text/html; charset=iso-8859-1", body.encode("latin-1"))
    assert card_of(await toot(f"Read {URL}")) == ("Größe", "")

    blog.documents["/two"] = (200, "text/html; charset=nonsense", b"<title>\xff ok</title>")
    assert card_of(await toot("Read http://blog.example/two"))[0].endswith("ok")


async def test_oembed_fills_in_and_its_html_is_not_looked_at(blog, toot):
    """FED-97."""
    blog.documents["/film"] = (
        200,
        "text/html",
        b'<link type="application/json+oembed" href="/oembed?u=1">',
    )
    blog.documents["/oembed"] = (
        200,
        "application/json",
        b'{"title": "A film", "author_name": "Ann", "html": "<script>alert(1)</script>",'
        b' "type": "rich"}',
    )

    card = (await toot("See http://blog.example/film"))["card"]

    assert (card["title"], card["author_name"], card["html"]) == ("A film", "Ann", "")


@pytest.fixture
async def named(blog):
    blog.write('<meta name="fediverse:creator" content="@maya@home.example">')
    return blog


async def list_domains(ctx, member, *domains):
    await ctx.write(
        profiles.update_profile,
        actor=member.actor,
        changes=ProfileChanges(attribution_domains=domains),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )


async def test_who_lists_the_site_is_its_author(ctx, named, toot, maya, at_maya):
    await list_domains(ctx, maya, "blog.example")

    status = await toot(f"Read {URL}")

    [author] = status["card"]["authors"]
    assert (author["name"], author["account"]["acct"]) == ("Maya", "maya")
    assert status["card"]["author_url"] == "https://home.example/@maya"
    page = await at_maya.get(f"/@maya/{status['id']}")
    [shown] = page.main.find("div", class_="link-card")
    assert "/@maya" in [link["href"] for link in shown.find("a")]


@pytest.mark.parametrize(
    "domains", [(), ("og.example",), ("other.example", "sub.blog.example")]
)
async def test_who_does_not_list_it_is_not(ctx, named, toot, maya, domains):
    await list_domains(ctx, maya, *domains)

    [author] = (await toot(f"Read {URL}"))["card"]["authors"]

    assert author == {"name": "M. Smith", "url": "", "account": None}


async def test_a_wish_is_obeyed_also_later(ctx, named, toot, maya, client):
    await list_domains(ctx, maya, "blog.example")
    status = await toot(f"Read {URL}")

    await list_domains(ctx, maya)

    answer = await client.get(f"/api/v1/statuses/{status['id']}", headers=maya.headers)
    assert (await answer.json())["card"]["authors"][0]["account"] is None


@pytest.mark.parametrize(
    ("listed", "expected"), [(["blog.example"], True), (["x.example"], False)]
)
async def test_an_author_elsewhere_has_to_list_it_too(blog, remote, toot, listed, expected):
    remote.actor("ria", attributionDomains=listed)
    blog.write('<meta name="fediverse:creator" content="@ria@remote.example">')

    [author] = (await toot(f"Read {URL}"))["card"]["authors"]

    assert (author["account"] is not None) is expected
    assert (author["name"] == "Ria") is expected


@pytest.mark.parametrize(
    "creator", ["@nobody@nowhere.example", "not a handle", "@x@127.0.0.1", "@" * 900]
)
async def test_a_page_may_name_whom_it_likes(blog, toot, creator):
    blog.write(f'<meta name="fediverse:creator" content="{creator}">')

    assert card_of(await toot(f"Read {URL}")) == ("Folding eighths", "With paper")


async def test_our_pages_name_their_author(client, toot, maya):
    status = await toot("An article", title="Folding", visibility="public")

    answer = await client.get(f"/@maya/{status['id']}", headers={"Accept": "text/html"})

    assert '<meta name="fediverse:creator" content="@maya@home.example">' in await answer.text()


async def test_a_post_from_elsewhere_waits_a_random_while(
    ctx, clock, client, blog, ren, maya, send
):
    """Row 1.5 "Self-inflicted storms"."""
    note = ren.note(
        text=f'<p><a href="{URL}">x</a></p>',
        tag=[{"type": "Mention", "href": maya.account.uri}],
        cc=[maya.account.uri],
    )
    await send(ren, ren.create(note), process=False)
    from fedi_k12.worker import run_inbox

    await run_inbox(ctx)
    async with ctx.read() as session:
        [due] = await session.scalars(select(JobRow.due_at).where(JobRow.kind == "FetchCard"))
    assert 0 <= (due - ctx.clock()).total_seconds() + 5 <= 65

    clock.advance(seconds=61)
    await run_until_idle(ctx)

    assert blog.asked == ["/eighths"]
    found = await client.get(
        "/api/v2/search", params={"q": note["id"], "resolve": "true"}, headers=maya.headers
    )
    [status] = (await found.json())["statuses"]
    assert card_of(status) == ("Folding eighths", "With paper")


async def test_what_its_author_says_of_the_page_comes_first(
    ctx, clock, client, blog, ren, maya, send
):
    note = ren.note(
        text=f'<p><a href="{URL}">x</a></p>',
        attachment=[{"type": "Link", "href": URL, "name": "As I would say it"}],
        tag=[{"type": "Mention", "href": maya.account.uri}],
        to=[PUBLIC, maya.account.uri],
    )
    await send(ren, ren.create(note))
    clock.advance(seconds=61)
    await run_until_idle(ctx)

    assert blog.asked == []


async def test_an_edit_leads_elsewhere(ctx, client, blog, toot, maya):
    blog.write(path="/two")
    status = await toot(f"Read {URL}")
    path = f"/api/v1/statuses/{status['id']}"

    await client.put(path, json={"status": "Read nothing"}, headers=maya.headers)
    await run_until_idle(ctx)
    answer = await client.get(path, headers=maya.headers)

    assert (await answer.json())["card"] is None
