"""Archives of X and Facebook become records on an official account's page, no posts (S-22)."""

import io
import json
import zipfile

import pytest
from yarl import URL

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.record_jobs import TakeArchive
from fedi_k12.services import archive_import, archive_reading, archives
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.worker import run_until_idle
from storage import records
from tests.archives import (
    broken_utf8,
    facebook_archive,
    picture,
    town_archive,
    tweet,
    x_archive,
    zipped,
)


@pytest.fixture
async def manager(lincoln, maya, delegate_to):
    """Maya, a manager of the school's account, as she acts for it."""
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
def bring(ctx, lincoln, manager):
    """Return a function that brings an archive and begins to take it over: its number."""

    async def run(data, *, begin=True):
        number = await archive_import.bring(
            ctx,
            io.BytesIO(data),
            actor=manager.actor,
            account_id=lincoln.id,
            file_name="archive.zip",
        )
        if begin:
            await ctx.write(
                archives.begin,
                actor=manager.actor,
                account_id=lincoln.id,
                archive_id=number,
                now=ctx.clock(),
            )
        return number

    return run


@pytest.fixture
def read(tmp_path, clock):
    """Return a function that reads an archive's bytes."""

    def run(data):
        path = tmp_path / "archive.zip"
        path.write_bytes(data)
        return archive_reading.read(path, now=clock())

    return run


@pytest.fixture
def shown(ctx, lincoln):
    """Return a function that gives the posts that the account's archive page shows."""

    async def run(**wanted):
        async with ctx.read() as session:
            return (await archives.page(session, lincoln.id, **wanted)).posts

    return run


@pytest.fixture
def at_desk(ctx, lincoln, manager):
    """Return a function that gives an archive as the desk sees it."""

    async def run(number):
        async with ctx.read() as session:
            return await archives.one(
                session, actor=manager.actor, account_id=lincoln.id, archive_id=number
            )

    return run


def test_of_x_its_own_words_are_read_and_what_is_left_is_counted(read):
    """S-22: retweets, answers to others and letters stay out; a thread with itself does not."""
    found = read(town_archive())

    assert [post.text for post in found.posts] == [
        "First day of school! Buses & bells at 8:00.",
        "Science fair https://lincoln.example/fair?day=2",
        "And bring a towel.",
    ]
    assert [post.at.year for post in found.posts] == [2014, 2016, 2021]
    assert found.posts[1].pictures[0].alt == "Three tables with volcanoes"
    assert found.owner == "LincolnES"
    assert found.left == {"repost": 1, "reply": 1, "messages": 1}


def test_of_facebook_words_are_mended_and_what_others_wrote_is_left(read):
    """S-22: UTF-8 as Latin-1 is read as it was written, shared addresses without tracking."""
    link = {"external_context": {"url": "https://news.example/a?fbclid=1"}}
    media = {"media": {"uri": "posts/media/fair.jpg", "description": broken_utf8("Niños")}}
    posts = [
        {"timestamp": 1400000000, "data": [{"post": broken_utf8("¡Feliz año! 🎉")}]},
        {"timestamp": 1400000001, "data": [{"post": "Read"}],
         "attachments": [{"data": [link]}]},
        {"timestamp": 1400000002, "attachments": [{"data": [media]}]},
        {"timestamp": 1400000003, "title": "Lincoln wrote on Ana's timeline.",
         "data": [{"post": "Hello Ana"}]},
        {"timestamp": 1400000004, "data": []},
        {"timestamp": 99999999999, "data": [{"post": "from the future"}]},
        "what is this",
    ]  # fmt: skip
    found = read(
        facebook_archive(
            posts,
            media={"fair.jpg": picture()},
            more={"other_people's_posts_to_your_timeline.json": json.dumps([{}, {}])},
        )
    )

    assert [post.text for post in found.posts] == [
        "¡Feliz año! 🎉", "Read\n\nhttps://news.example/a", "",
    ]  # fmt: skip
    assert found.posts[2].pictures[0].alt == "Niños"
    assert found.left == {"reply": 1, "empty": 1, "unread": 2, "others": 2}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all",
        zipped({"data/notes.txt": "x"}),
        zipped({"posts/your_posts_1.html": "<p>"}),
        zipped({"data/tweets.js": "window.YTD.tweets.part0 = [{]"}),
        zipped({"data/tweets.js": "window.YTD.tweets.part0 = 5"}),
        zipped({"data/tweets.js": b"\xff\xfe"}),
        zipped({"data/tweets.js": "[" * 100_000}),
        x_archive([tweet(1, "Hello")])[:-40],
    ],
)
def test_what_is_no_archive_is_refused_with_a_sentence(read, data):
    with pytest.raises(InvalidError, match="archive"):
        read(data)


def test_hostile_entries_cost_themselves_and_nothing_else(read):
    """Wrong types, numbers that are none, names that lead out, moments that never were."""
    photo = {"type": "photo", "media_url_https": "https://x.example/../../../etc/passwd"}
    hostile = [
        5, None, [], {"tweet": None}, {"tweet": []}, {"tweet": {"id_str": "1"}},
        tweet(2, "Yes", created_at="yesterday"),
        tweet(3, "Yes", id_str="../../3"),
        tweet(4, "Yes", entities=7, extended_entities=[1]),
        {"tweet": json.loads("[" * 50 + "]" * 50)},
        tweet(6, "Kept", extended_entities={"media": [photo, 3, {}]}),
        tweet(6, "The same once more"),
    ]  # fmt: skip
    found = read(x_archive(hostile))

    assert [post.text for post in found.posts] == ["Kept"]
    assert found.left["unread"] == len(hostile) - 2
    assert found.posts[0].pictures[0].name == "data/tweets_media/6-passwd"


def test_a_bomb_is_read_up_to_its_bound(read, monkeypatch):
    monkeypatch.setattr(archive_reading, "MAX_JSON", 100_000)
    bomb = x_archive([tweet(1, "a" * 5_000_000)])
    assert len(bomb) < 50_000

    with pytest.raises(InvalidError, match="too large"):
        read(bomb)


async def test_it_is_shown_on_the_page_and_nowhere_else(
    ctx, client, bring, lincoln, seated, maya
):
    """S-22: dated back, read by everybody; in no timeline and no outbox."""
    await bring(town_archive())
    await run_until_idle(ctx)
    visitor = await seated(maya)

    profile = await visitor.get("/@lincoln")
    assert "Archive from X, 2014 to 2021" in profile.text
    assert "Science fair" not in profile.text
    page = await visitor.get("/@lincoln/archive")
    assert "Science fair" in page.text
    assert [one["datetime"][:4] for one in page.main.find("time") if one["datetime"]][:3] == [
        "2021", "2016", "2014",
    ]  # fmt: skip
    (image,) = [one for one in page.main.find("img") if "volcanoes" in one["alt"]]
    assert (await client.get(URL(image["src"]).path)).status == 200
    (link,) = page.main.find("a", rel="nofollow noopener noreferrer")
    assert link["href"] == "https://lincoln.example/fair?day=2"
    found = await visitor.get("/@lincoln/archive?q=BELL&from=x")
    assert "Buses & bells" in found.main.text
    assert "Science" not in found.main.text

    answer = await client.get(f"/api/v1/accounts/{lincoln.id}/statuses")
    assert await answer.json() == []
    outbox = await client.get(
        "/users/lincoln/outbox?page=true", headers={"Accept": "application/activity+json"}
    )
    assert "Science" not in await outbox.text()


async def test_apps_read_it_at_an_endpoint_of_its_own(ctx, client, bring, lincoln, maya):
    """S-22."""
    await bring(town_archive())
    await run_until_idle(ctx)
    path = f"/api/fedi/v1/accounts/{lincoln.id}/archive"

    told = await (await client.get(f"{path}?source=x&q=science")).json()

    assert told["sources"] == [{"source": "x", "posts": 3, "first": 2014, "last": 2021}]
    assert [post["said_at"] for post in told["posts"]] == ["2016-09-03T14:02:00.000Z"]
    assert told["posts"][0]["pictures"][0]["description"] == "Three tables with volcanoes"
    assert (await client.get(f"{path}?source=myspace")).status == 404
    assert (await client.get(f"/api/fedi/v1/accounts/{maya.account.id}/archive")).status == 404


async def test_twenty_stand_on_a_page(ctx, bring, shown, client):
    await bring(x_archive([tweet(number, f"Day {number}.") for number in range(1, 26)]))
    await run_until_idle(ctx)

    first, second = await shown(), await shown(offset=20)
    assert len(first) == 20
    assert [post.text for post in second] == [f"Day {number}." for number in range(5, 0, -1)]
    assert "Page 2 of 2." in await (await client.get("/@lincoln/archive?page=2")).text()
    assert (await client.get("/@lincoln/archive?page=999999999999999999999")).status == 200


async def test_the_same_file_twice_takes_nothing_twice(ctx, bring, shown, at_desk):
    """S-22: posts are known by their numbers, whichever archive they come in."""
    await bring(town_archive())
    await run_until_idle(ctx)
    again = await bring(town_archive())
    await run_until_idle(ctx)

    assert len(await shown()) == 3
    told = await at_desk(again)
    assert (told.state, told.taken, told.left["known"]) == ("done", 0, 3)


async def test_an_import_that_was_cut_off_goes_on_where_it_was(
    ctx, bring, shown, at_desk, monkeypatch
):
    """S-22: what was stored is counted with what it stored, so nothing is lost or doubled."""
    monkeypatch.setattr(archive_import, "AT_ONCE", 2)
    number = await bring(x_archive([tweet(at, f"Day {at}.") for at in range(1, 8)]))
    blobs_are_down = RuntimeError("the power went")
    seen = []

    async def ready(ctx, post, files):
        seen.append(post.key)
        if post.key == "5" and seen.count("5") == 1:
            raise blobs_are_down
        return archive_import._Ready(post, (), 0)

    monkeypatch.setattr(archive_import, "_ready", ready)
    with pytest.raises(RuntimeError):
        await archive_import.take_archive(ctx, TakeArchive(number))
    assert ((await at_desk(number)).done, len(await shown())) == (4, 4)

    await archive_import.take_archive(ctx, TakeArchive(number))
    assert [post.text for post in await shown()] == [f"Day {at}." for at in range(7, 0, -1)]
    assert seen.count("1") == 1
    folder = archive_import.folder_of(ctx)
    assert list(folder.iterdir()) == []


async def test_records_keep_each_post_with_its_picture_and_who_brought_it(
    ctx, bring, manager, client
):
    """S-22: in the records, and so in what is handed out of them."""
    before = await _records(ctx)
    await bring(town_archive())
    await run_until_idle(ctx)
    kept = (await _records(ctx))[len(before) :]

    assert [one.entry.kind for one in kept] == [
        "archive begun", "archived", "archived", "archived", "archive taken over",
    ]  # fmt: skip
    told = json.loads(kept[2].body)
    assert told["object"]["published"].startswith("2016-09-03T14:02:00")
    assert kept[2].entry.member_id == manager.actor.member_id
    assert len(kept[2].entry.media) == 1
    assert {one.entry.thread for one in kept} == {kept[0].entry.thread} != {""}


async def test_what_is_taken_off_the_page_stays_in_the_records(
    ctx, bring, shown, seated, maya, lincoln
):
    """S-22: an old picture of a child goes from the page at once."""
    number = await bring(town_archive())
    await run_until_idle(ctx)
    browser = await seated(maya, lincoln)
    page = await browser.get("/@lincoln/archive?q=science")
    (form,) = [one for one in page.main.find("form") if one["action"].endswith("take-off")]
    assert (await browser.submit(page, form["action"])).status == 303

    assert len(await shown()) == 2
    assert (await _records(ctx))[-1].entry.kind == "archive taken off"
    again = await bring(town_archive())
    await run_until_idle(ctx)
    assert len(await shown()) == 2, "bringing it once more does not show it again"

    page = await browser.get(f"/official/{lincoln.id}/archives/{number}")
    await browser.submit(page, f"/official/{lincoln.id}/archives/{number}/take-off")
    assert await shown() == ()
    assert (await browser.get("/@lincoln/archive")).status == 404
    assert again != number


async def test_a_manager_brings_one_on_the_page_after_seeing_what_is_in_it(
    ctx, seated, maya, manager, lincoln, shown
):
    """S-22."""
    browser = await seated(maya, lincoln)
    desk = f"/official/{lincoln.id}/archives"
    page = await browser.get(desk)
    refused = await browser.submit(
        page, desk, files={"file": ("a.zip", b"no", "application/zip")}
    )
    assert refused.status == 422
    assert "no archive" in refused.text

    answer = await browser.submit(
        page, desk, files={"file": ("x.zip", town_archive(), "application/zip")}
    )
    page = await browser.get(answer.location)
    for told in ("@LincolnES", "3 posts of the account", "From 2014 to 2021", "1 · answers to"):
        assert told in page.text
    assert await shown() == ()

    await browser.submit(page, f"{answer.location}/begin")
    await run_until_idle(ctx)
    assert "3 posts were taken over" in (await browser.get(answer.location)).text
    assert len(await shown()) == 3


async def test_others_neither_bring_nor_begin_nor_take_off(
    ctx, bring, lincoln, make_member, seated
):
    number = await bring(town_archive(), begin=False)
    ana = await make_member("ana")
    browser = await seated(ana)
    desk = f"/official/{lincoln.id}/archives"

    assert (await browser.get(desk)).status == 403
    assert (await browser.get(f"{desk}/{number}")).status == 403
    for act in (archives.begin, archives.stop, archives.take_off):
        with pytest.raises(ForbiddenError):
            await ctx.write(
                act,
                actor=ana.actor,
                account_id=lincoln.id,
                archive_id=number,
                now=ctx.clock(),
            )


async def test_files_nobody_began_are_forgotten_and_shown_pictures_are_not(
    ctx, bring, shown, clock
):
    await bring(town_archive(), begin=False)
    taken = await bring(town_archive())
    await run_until_idle(ctx)
    clock.advance(days=9)
    await sweep_store(ctx, SweepStore())

    assert list(archive_import.folder_of(ctx).glob("*.zip")) == []
    key = next(post.pictures[0].file for post in await shown() if post.pictures)
    assert await ctx.blobs.get(key)
    assert taken


async def test_stopped_it_goes_on_when_somebody_wants(ctx, bring, at_desk, lincoln, manager):
    number = await bring(town_archive())
    given = {"actor": manager.actor, "account_id": lincoln.id, "archive_id": number}
    await archive_import.stop(ctx, **given)
    await run_until_idle(ctx)
    assert ((await at_desk(number)).state, (await at_desk(number)).taken) == ("stopped", 0)

    await ctx.write(archives.begin, now=ctx.clock(), **given)
    await run_until_idle(ctx)
    assert ((await at_desk(number)).state, (await at_desk(number)).taken) == ("done", 3)


def test_a_zip_that_is_locked_or_damaged_is_refused(read):
    data = bytearray(x_archive([tweet(1, "Hello")]))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as packed:
        at = packed.getinfo("data/tweets.js").header_offset
    data[at + 45 : at + 60] = b"\0" * 15
    with pytest.raises(InvalidError, match="archive"):
        read(bytes(data))


async def _records(ctx):
    async with ctx.read() as session:
        return [one async for one in records.walk(session)]
