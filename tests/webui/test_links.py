"""Links with notes and tags, for oneself alone, and what one makes of them (S-48)."""

import time
from functools import partial

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.link_files import parse_links
from fedi_k12.domain.posts import Draft
from fedi_k12.services import links, posts, reactions
from fedi_k12.worker import run_until_idle
from storage.tables import DraftRow, LinkRow, PostRow

NETSCAPE = """\
<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p>
  <DT><H3 ADD_DATE="1" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
  <DL><p>
    <DT><A HREF="https://clay.example/kiln?id=7&amp;utm_source=x&amp;gclid=2" ADD_DATE="1485003600"
      ICON="data:image/png;base64,AAAA" TAGS="Clay,Fire Safety">How to fire a <b>kiln</b> &amp; cool it</A>
    <DD>Read before
the open house.
    <DT><A HREF="javascript:alert(1)">Click</A>
    <DT><A HREF="data:text/html,x">Data</A><DT><A NAME="nowhere">No address</A>
    <DT><H3>Science</H3>
    <DL><p><DT><A HREF='https://bees.example/' ADD_DATE="junk">Bees</A></DL><p>
  </DL><p>
  <DT><A HREF="https://bees.example/">Bees again
"""  # noqa: E501 - as browsers write it
DIIGO = (
    "title,url,tags,description,comments,annotations,created_at\n"
    '"Rubrics, made fair",https://grades.example/a?fbclid=1,'
    '"assessment ""fair grading"" no_tag",'
    "From the meeting,,,2017-01-21 09:00:00 UTC\n"
    "Empty,,,,,,\n"
)


@pytest.fixture
def bring(at_maya, ctx):
    """Return a function that brings a file of links, begins it and lets it end."""

    async def run(data, name="bookmarks.html", mode="merge"):
        page = await at_maya.get("/settings/files")
        answer = await at_maya.submit(
            page,
            "/settings/files",
            {"kind": "links", "mode": mode},
            files={"file": (name, data.encode(), "text/html")},
        )
        if answer.status == 303:
            shown = await at_maya.follow(answer)
            await at_maya.submit(shown, answer.location + "/begin")
            await run_until_idle(ctx)
            return await at_maya.get(answer.location)
        return answer

    return run


async def test_what_is_kept_has_a_note_and_tags_for_nobody_else(
    ctx, client, at_maya, at_tom, maya, tom
):
    """S-48: a saved post and a page of the web; the bookmarks of apps are as before."""
    post = await ctx.write(
        posts.publish, actor=tom.actor, draft=Draft("We fire the kiln"),
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip
    await ctx.write(reactions.bookmark, actor=maya.actor, post_id=post, now=ctx.clock())
    page = await at_maya.get("/links")
    for wrong in ("javascript:alert(1)", "http://a@b.example/", "kiln"):
        refused = await at_maya.submit(page, "/links", {"url": wrong, "title": "x", "note": ""})
        assert refused.status == 422
        assert "no address of a web page" in refused.text
    given = {
        "url": "https://clay.example/kiln?utm_source=x&id=7&fbclid=1",
        "title": "Kilns",
        "note": "For <room> 12",
        "tags": "#Clay, fire",
    }
    await at_maya.submit(page, "/links", given)

    shown = await at_maya.get("/links")
    assert 'href="https://clay.example/kiln?id=7"' in shown.body
    assert "For &lt;room&gt; 12" in shown.body
    assert "Tom: We fire the kiln" in shown.text
    (saved,) = [
        one["href"] for one in shown.main.find("a", class_="btn")
        if "We fire the kiln" in one.text
    ]  # fmt: skip
    form = await at_maya.get(saved)
    await at_maya.submit(form, saved, {"note": "Ask Tom how", "tags": "clay"})
    assert "Ask Tom how" in (await at_maya.get("/links?tag=clay")).text
    assert "Tom: We fire" not in (await at_maya.get("/links?tag=fire")).text
    for path in (saved, "/links?tag=clay"):
        assert "Ask Tom how" not in (await at_tom.get(path)).text
    assert (await at_tom.get(saved)).status == 404
    number = int(saved.rpartition("/")[2])
    theirs = {"actor": tom.actor, "link_id": number}
    for act in (partial(links.change, note="x", tags=()), links.remove):
        with pytest.raises(NotFoundError):
            await ctx.write(act, **theirs)

    answer = await client.get("/api/v1/bookmarks", headers=maya.headers)
    assert [one["id"] for one in await answer.json()] == [str(post)]
    assert "Ask Tom" not in await answer.text()
    await at_maya.submit(form, f"{saved}/remove")
    answer = await client.get("/api/v1/bookmarks", headers=maya.headers)
    assert await answer.json() == []


async def test_the_links_of_a_week_become_a_draft_and_no_post(
    ctx, clock, at_maya, at_tom, maya
):
    """S-48: never posted by itself; who made it changes it, and what is older stays out."""
    page = await at_maya.get("/links")
    title = {"title": "Links of the week"}
    nothing = await at_maya.submit(page, "/links/week", title)
    assert nothing.status == 422
    await at_maya.submit(page, "/links", {"url": "https://old.example/"})
    clock.advance(days=8)
    new = {"url": "https://bees.example/a_(b)", "title": "*Bees* [1]", "note": "For the garden"}
    await at_maya.submit(page, "/links", new)

    made = await at_maya.submit(page, "/links/week", title)

    form = await at_maya.follow(made)
    assert made.location.startswith("/write?draft=")
    assert "Links of the week" in form.body
    assert "For the garden" in form.body
    async with ctx.read() as session:
        (words,) = await session.scalars(select(DraftRow.words))
        published = await session.scalar(select(func.count()).select_from(PostRow))
    assert words["text"] == (
        r"- [\*Bees\* \[1\]](https://bees.example/a_%28b%29) – For the garden"
    )
    assert published == 0
    assert "Bees" not in (await at_tom.get("/drafts")).text


async def test_bookmarks_of_browsers_and_diigo_come_in_and_go_out_again(
    ctx, at_maya, bring, maya
):
    """S-48: what leads nowhere is told with its reason; nothing of a file is a page of ours."""
    done = await bring(NETSCAPE)
    assert "2 of 4 are done" in done.text
    assert "no address of a web page" in done.text
    await bring(DIIGO, "diigo.csv")

    async with ctx.read() as session:
        rows = (await session.scalars(select(LinkRow).order_by(LinkRow.id))).all()
    kept = [(one.url, one.title, one.note, one.tags, one.created_at.year) for one in rows]
    assert kept == [
        (
            "https://clay.example/kiln?id=7",
            "How to fire a kiln & cool it",
            "Read before\nthe open house.",
            " clay fire-safety ",
            2017,
        ),
        ("https://bees.example/", "Bees", "", " science ", ctx.clock().year),
        (
            "https://grades.example/a",
            "Rubrics, made fair",
            "From the meeting",
            " assessment fair-grading ",
            2017,
        ),
    ]
    page = await at_maya.get("/links")
    await at_maya.submit(page, "/links", {"url": "https://x.example/", "title": "<script>"})
    file = await at_maya.get("/settings/files/links.html")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "<script>" not in file.body
    again = {entry.subject: entry for entry in parse_links(file.body.encode()).entries}
    assert len(again) == 4
    kiln = again["https://clay.example/kiln?id=7"]
    assert (kiln.title, kiln.note) == (rows[0].title, rows[0].note)
    assert (kiln.tags, kiln.added) == (("clay", "fire-safety"), 1485003600)
    # The same file once more changes nothing; in place of what is here, it ends the rest.
    await bring(DIIGO, "diigo.csv", mode="overwrite")
    async with ctx.read() as session:
        assert list(await session.scalars(select(LinkRow.title))) == ["Rubrics, made fair"]


HOSTILE = {
    "entries": "<DL>" + '<DT><A HREF="https://x.example/{}">x</A>\n' * 100_000,
    "marks without an end": "<a " * 2_000_000,
    "quotes without an end": '<a href="' * 800_000,
    "names without a value": "<a " + "href " * 1_000_000 + ">",
    "words without a value": "<a " + "h" * 7_000_000 + ">",
    "folders in folders": "<DL><H3>f</H3>" * 400_000,
    "no tags at all": "<" + "x" * 1_000,
    "too large": "<DL>" + "x" * 9_000_000,
    "a table of something else": "name,age\nMaya,40\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_of_links_is_refused_soon(text):
    """S-48: a sentence in time, whatever the file is."""
    began = time.process_time()

    with pytest.raises(InvalidError):
        parse_links(text.encode())

    assert time.process_time() - began < 12
