"""Files of other servers: fetched when looked at, checked, sealed, kept within a budget.

Row 1.17 "CSAM / hash": held against hashes and a command before they are kept; quarantine.
"""

import hashlib
import io
import sys

import pytest
from msgspec.structs import replace
from PIL import Image
from sqlalchemy import func, select

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import media_check, moderation, receive, remote_files, upkeep, views
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from fedi_k12.web import media
from storage.tables import MediaRow, QuarantineRow, RemoteFileRow

HOST = "remote.example"


def picture(seed=0, form="PNG", size=(64, 48)):
    image = Image.new("RGB", size)
    image.putdata(
        [((x * (3 + seed)) % 256, (y * 5 + seed * 40) % 256, (x * y) % 256)
         for y in range(size[1]) for x in range(size[0])]
    )  # fmt: skip
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _nothing_missing():
    media._missing.clear()


@pytest.fixture
def more():
    return {}


@pytest.fixture
def settings(settings, more):
    return replace(settings, **more)


@pytest.fixture
def attach(ctx, make_remote, remote):
    async def run(url=f"http://{HOST}/a.png", data=None):
        if data is not None:
            remote.documents["/" + url.rpartition("/")[2]] = (200, "image/png", data)
        ria = await make_remote("ria")
        post = ReceivedPost(
            f"{ria.uri}/posts/{new_id()}", ria.id, Visibility.PUBLIC, "", ctx.clock(),
            media=(ReceivedMedia("image", url),),
        )  # fmt: skip
        [post_id] = await ctx.write(receive.receive_posts, [post], now=ctx.clock())
        async with ctx.read() as session:
            found = (await views.post_view(session, post_id, viewer=None)).media
        return found[0] if found else None

    return run


@pytest.fixture
def get(client, ctx):
    async def run(found):
        url = ctx.addresses.media(found.id).removeprefix("https://home.example")
        answer = await client.get(url)
        return answer.status, await answer.read()

    return run


@pytest.fixture
def count(ctx):
    async def run(table):
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(table))

    return run


async def test_fed_90_nothing_is_fetched_before_somebody_looks(attach, get, remote):
    found = await attach(data=picture())
    assert remote.asked == []

    assert (await get(found))[0] == 200

    assert remote.asked == ["/a.png"]


@pytest.mark.parametrize("query", ["", "?s=", "?s=abc", "?s=ü"])
async def test_fed_52_only_sealed_addresses_are_served(client, attach, remote, query):
    found = await attach(data=picture())

    answer = await client.get(f"/media/remote/{found.id}{query}")

    assert answer.status == 404
    assert remote.asked == []


async def test_fed_109_files_on_a_suspended_host_are_not_even_named(ctx, attach, remote):
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="cdn.example",
        severity="suspend",
        now=ctx.clock(),
    )

    assert await attach("http://media.cdn.example/a.png") is None
    assert await attach() is not None


async def test_pictures_of_a_host_whose_media_are_refused_are_not_served(
    ctx, attach, get, remote
):
    found = await attach(data=picture())
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain=HOST,
        severity="normal",
        reject_media=True,
        now=ctx.clock(),
    )

    assert (await get(found))[0] == 404
    assert remote.asked == []


class TestBudget:
    @pytest.fixture
    def more(self):
        return {"remote_media_bytes": 1}

    async def test_what_was_not_seen_for_longest_goes_and_comes_back(
        self, ctx, attach, get, remote, count
    ):
        found = await attach(data=picture())
        assert (await get(found))[0] == 200
        assert await count(RemoteFileRow) == 2

        forgotten = await upkeep.keep_to_budget(ctx)

        assert forgotten == 2
        assert await count(RemoteFileRow) == 0
        assert await ctx.blobs.keys(older_than=ctx.clock().timestamp() + 9) == []
        assert (await get(found))[0] == 200
        assert remote.asked == ["/a.png", "/a.png"]


async def test_the_oldest_unseen_go_first(ctx, attach, get, clock):
    old = await attach("http://remote.example/old.png", picture(1))
    new = await attach("http://remote.example/new.png", picture(2))
    await get(old)
    clock.advance(days=2)
    await get(new)
    clock.advance(days=2)
    await get(old)

    async with ctx.read() as session:
        figures = await remote_files.figures(session)
        found = await remote_files.candidates(session, over=figures.bytes - 1)
        again = await views.post_view(session, await _post_of(session, old), viewer=None)

    assert found[0][0] != again.media[0].file
    assert figures.hosts[0][0] == HOST


async def _post_of(session, found):
    row = await session.get(MediaRow, found.id)
    return row.post_id


async def test_bytes_that_a_member_uploaded_too_stay(ctx, client, maya, attach, get):
    found = await attach(data=picture())
    await get(found)
    async with ctx.read() as session:
        [one, *_] = await remote_files.candidates(session)
        file = await ctx.blobs.get(one[0])
    form = {"file": io.BytesIO(file)}
    answer = await client.post("/api/v2/media", data=form, headers=maya.headers)
    assert answer.status in {200, 202}

    await upkeep.forget_files(ctx, [one[0]])

    async with ctx.read() as session:
        needed = await remote_files.orphans(session, [one[0]])
    assert (await ctx.blobs.get(one[0]) is None) == (needed == [one[0]])


class TestHashes:
    @pytest.fixture
    def bad(self):
        return picture(7)

    @pytest.fixture
    def more(self, tmp_path, bad):
        path = tmp_path / "hashes.txt"
        look = media_check.look_of(bad)
        path.write_text(
            f"# kept by the county\n{hashlib.sha256(bad).hexdigest()}\ndhash:{look:016x}\n"
        )
        return {"media_check_hashes": path}

    async def test_a_file_on_the_list_is_never_kept_nor_asked_for_again(
        self, ctx, attach, get, remote, count, bad, settings
    ):
        found = await attach(data=bad)

        assert (await get(found))[0] == 404
        media._missing.clear()
        assert (await get(found))[0] == 404

        assert remote.asked == ["/a.png"]
        assert (await count(RemoteFileRow), await count(QuarantineRow)) == (0, 1)
        aside = settings.data_dir / "quarantine" / hashlib.sha256(bad).hexdigest()
        assert aside.read_bytes() == bad
        assert aside.stat().st_mode & 0o077 == 0

    async def test_the_same_picture_smaller_is_stopped_too(self, attach, get, bad, count):
        small = io.BytesIO()
        Image.open(io.BytesIO(bad)).resize((40, 30)).save(small, "JPEG", quality=80)
        found = await attach(data=small.getvalue())

        assert (await get(found))[0] == 404
        assert await count(QuarantineRow) == 1

    async def test_others_pass(self, attach, get):
        assert (await get(await attach(data=picture(2))))[0] == 200


COMMANDS = {
    "lets it pass": ("import sys; sys.stdin.buffer.read()", 200, 0),
    "stops it": ("import sys; print('known'); sys.exit(1)", 404, 1),
    "fails": ("import sys; sys.exit(3)", 404, 0),
}


@pytest.mark.parametrize("name", COMMANDS)
class TestCommand:
    @pytest.fixture
    def more(self, tmp_path, name):
        script = tmp_path / "check.py"
        script.write_text(COMMANDS[name][0])
        return {"media_check_command": f"{sys.executable} {script}"}

    async def test_the_operators_command_decides(self, attach, get, count, name):
        _code, status, stopped = COMMANDS[name]

        assert (await get(await attach(data=picture())))[0] == status

        assert await count(QuarantineRow) == stopped


@pytest.mark.parametrize("line", ["abc", "md5:" + "a" * 64, "dhash:" + "g" * 16, "z" * 64])
def test_a_list_that_is_none_is_refused(line):
    with pytest.raises(InvalidError, match="line 2"):
        media_check.read_hashes(f"# ours\n{line}")


async def test_fed_99_films_are_links_and_never_fetched(ctx, client, remote, make_remote, maya):
    ria = await make_remote("ria")
    post = ReceivedPost(
        f"{ria.uri}/posts/1", ria.id, Visibility.PUBLIC, "", ctx.clock(),
        media=(ReceivedMedia("video", f"http://{HOST}/a.m3u8"),),
    )  # fmt: skip
    [post_id] = await ctx.write(receive.receive_posts, [post], now=ctx.clock())

    answer = await client.get(f"/api/v1/statuses/{post_id}", headers=maya.headers)

    [entity] = (await answer.json())["media_attachments"]
    assert (entity["type"], entity["url"]) == ("unknown", f"http://{HOST}/a.m3u8")
    assert remote.asked == []


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "ab/../../x.png", "x" * 5000, "ab/" + "a" * 64 + ".svg%00"]
)
async def test_fed_100_names_of_files_are_ours(client, key):
    assert (await client.get(f"/media/files/{key}")).status in {404, 400, 414}
