"""Other servers' films and sounds: passed on in parts while somebody watches, never kept."""

import pytest
from aiohttp import web
from msgspec.structs import replace

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import moderation, receive
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from fedi_k12.web import streams
from storage.tables import RemoteFileRow
from tests.remote import Remote

FILM = bytes(range(256)) * 800


class Cinema(Remote):
    """A server that gives films in parts, as web servers do."""

    def __init__(self, host):
        super().__init__(host)
        self.ranges = []
        self.kind = "video/mp4"

    async def _get(self, request):
        if not request.path.startswith("/films/"):
            return await super()._get(request)
        self.ranges.append(request.headers.get("Range"))
        if request.path == "/films/moved.mp4":
            raise web.HTTPFound("/films/a.mp4")
        if request.path == "/films/inside.mp4":
            raise web.HTTPFound("http://10.1.2.3/x.mp4")
        part = request.http_range
        body = FILM[part] if part.start is not None else FILM
        status = 206 if part.start is not None else 200
        headers = {"Content-Type": self.kind, "Set-Cookie": "spy=1", "X-Spy": "1"}
        if status == 206:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(FILM)}"
        return web.Response(body=body, status=status, headers=headers)


@pytest.fixture
async def cinema(resolver):
    found = Cinema("remote.example")
    resolver.ports["remote.example"] = await found.start()
    yield found
    await found.stop()


@pytest.fixture
def more():
    return {}


@pytest.fixture
def settings(settings, more):
    return replace(settings, **more)


@pytest.fixture
def shown(ctx, client, maya, make_remote, cinema):
    """Return a function that lets a film arrive, and returns it as apps see it."""

    async def run(path="/films/a.mp4", kind="video", mime="video/mp4"):
        ria = await make_remote("ria")
        post = ReceivedPost(
            f"{ria.uri}/posts/{new_id()}", ria.id, Visibility.PUBLIC, "", ctx.clock(),
            media=(ReceivedMedia(kind, f"http://remote.example{path}", mime),),
        )  # fmt: skip
        [post_id] = await ctx.write(receive.receive_posts, [post], now=ctx.clock())
        answer = await client.get(f"/api/v1/statuses/{post_id}", headers=maya.headers)
        return (await answer.json())["media_attachments"][0]

    return run


@pytest.fixture
def watch(client):
    async def run(film, **headers):
        url = film["url"].removeprefix("https://home.example")
        answer = await client.get(url, headers=headers)
        return answer, await answer.read()

    return run


async def test_a_part_is_asked_for_and_nothing_more(shown, watch, cinema):
    film = await shown()
    assert (film["type"], cinema.ranges) == ("video", [])

    answer, data = await watch(film, Range="bytes=100-199")

    assert (answer.status, data) == (206, FILM[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(FILM)}"
    assert answer.content_type == "video/mp4"
    assert cinema.ranges == ["bytes=100-199"]
    assert not {"Set-Cookie", "X-Spy"} & set(answer.headers)
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_whole_film_is_passed_on_and_not_kept(ctx, shown, watch):
    film = await shown("/films/moved.mp4")

    answer, data = await watch(film)

    assert (answer.status, data) == (200, FILM)
    assert await ctx.blobs.keys(older_than=ctx.clock().timestamp() + 60) == []
    async with ctx.read() as session:
        assert await session.get(RemoteFileRow, "x") is None


async def test_a_range_that_is_none_is_not_passed_on(shown, watch, cinema):
    answer, data = await watch(await shown(), Range="bytes=0-1,5-9,20-")

    assert (answer.status, len(data)) == (200, len(FILM))
    assert cinema.ranges == [None]


async def test_fed_51_a_film_that_leads_inside_is_not_followed(ctx, shown, watch):
    ctx.http._allowed = tuple(n for n in ctx.http._allowed if not n.overlaps(n.supernet(0)))
    answer, _data = await watch(await shown("/films/inside.mp4"))

    assert answer.status == 404


async def test_fed_89_what_is_no_film_is_not_passed_on(shown, watch, cinema):
    cinema.kind = "text/html"

    answer, data = await watch(await shown())

    assert (answer.status, FILM[:50] in data) == (404, False)


@pytest.mark.parametrize(
    ("path", "mime"),
    [
        ("/live.m3u8", "application/x-mpegURL"),
        ("/live.m3u8", ""),
        ("/a.avi", "video/x-msvideo"),
    ],
)
async def test_fed_99_what_browsers_do_not_play_is_a_link(shown, path, mime):
    film = await shown(path, mime=mime)

    assert (film["type"], film["url"]) == ("unknown", f"http://remote.example{path}")


async def test_fed_52_an_address_without_its_seal_gives_nothing(client, shown, cinema):
    film = await shown()
    url = film["url"].removeprefix("https://home.example").partition("?")[0]

    assert (await client.get(url)).status == 404
    assert cinema.ranges == []


async def test_a_host_whose_media_are_refused_gives_nothing(ctx, shown, watch, cinema):
    film = await shown()
    await ctx.write(
        moderation.set_host_policy, actor=None, domain="remote.example", severity="limit",
        reject_media=True, now=ctx.clock(),
    )  # fmt: skip

    answer, _data = await watch(film)

    assert (answer.status, cinema.ranges) == (404, [])


async def test_seats_are_counted(shown, watch, monkeypatch):
    monkeypatch.setattr(streams, "AT_ONCE_EACH", 0)

    answer, _data = await watch(await shown())

    assert answer.status == 429


class TestBudget:
    @pytest.fixture
    def more(self):
        return {"remote_stream_bytes": 1000}

    async def test_beyond_the_days_budget_nothing_is_passed_on(self, shown, watch, clock):
        film = await shown()
        await watch(film, Range="bytes=0-999")

        assert (await watch(film, Range="bytes=0-9"))[0].status == 429
        clock.advance(days=1)
        assert (await watch(film, Range="bytes=0-9"))[0].status == 206


class TestChecked:
    @pytest.fixture
    def more(self):
        return {"media_check_command": "true"}

    async def test_what_cannot_be_checked_is_a_link(self, shown):
        film = await shown()

        assert (film["type"], film["url"]) == ("unknown", "http://remote.example/films/a.mp4")
