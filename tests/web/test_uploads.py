"""Uploads of every kind: made safe, described, handed out, forgotten (R-30, client API 2.4)."""

import asyncio
import io
import time
from datetime import timedelta

import pytest
from aiohttp import FormData
from PIL import Image
from sqlalchemy import func, select

from fedi_k12.domain.jobs import MakeMedia, SweepStore
from fedi_k12.services import films, media_making, upkeep
from fedi_k12.worker import run_media, run_until_idle
from storage.tables import JobRow, MediaRow
from tests.films import TRACES, film, moving, photograph, probe


@pytest.fixture
def send(client, maya):
    """Return a function that uploads a file and returns status and entity."""

    async def run(data, *, version=2, name="file.bin", headers=None, **words):
        form = FormData()
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        for key, value in words.items():
            if isinstance(value, bytes):
                form.add_field(key, value, filename="x.png", content_type="image/png")
            else:
                form.add_field(key, value)
        answer = await client.post(
            f"/api/v{version}/media", data=form, headers=headers or maya.headers
        )
        return answer.status, await answer.json()

    return run


@pytest.fixture
def fetched(client, maya):
    """Return a function that asks for an upload."""

    async def run(entity):
        answer = await client.get(f"/api/v1/media/{entity['id']}", headers=maya.headers)
        return answer.status, await answer.json()

    return run


@pytest.fixture
def downloaded(client):
    """Return a function that reads what lies at an address of ours."""

    async def run(url, **headers):
        answer = await client.get(url.partition("home.example")[2], headers=headers)
        return answer, await answer.read()

    return run


@pytest.fixture
def count(ctx):
    """Return a function that counts the rows of a table."""

    async def run(table):
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(table))

    return run


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
async def test_a_photograph_loses_where_and_when_it_was_taken(send, downloaded, form):
    """R-30: places, too, and the name that the file came with."""
    status, entity = await send(photograph(form), name="me.svg", description="A field")

    answer, data = await downloaded(entity["url"])
    assert (status, entity["type"], entity["description"]) == (200, "image", "A field")
    assert not any(trace in data for trace in TRACES)
    assert "me.svg" not in entity["url"] + entity["preview_url"]
    image = Image.open(io.BytesIO(data))
    assert (image.size, dict(image.getexif())) == ((60, 40), {})
    assert entity["meta"]["original"] == {
        "width": 60, "height": 40, "size": "60x40", "aspect": 1.5,
    }  # fmt: skip
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


FILMS = {
    "mp4 that browsers play": ("mp4", "libx264", "aac", "video", "video/mp4", "h264", "aac"),
    "mov of a telephone": ("mov", "libx265", "aac", "video", "video/mp4", "h264", "aac"),
    "mov with raw sound": ("mov", "libx264", "pcm_s16le", "video", "video/mp4", "h264", "aac"),
    "webm": ("webm", "libvpx-vp9", "libopus", "video", "video/webm", "vp9", "opus"),
    "old film in mkv": ("matroska", "mpeg4", "libmp3lame", "video", "video/mp4", "h264", "mp3"),
    "silent film": ("mp4", "libx264", None, "video", "video/mp4", "h264", None),
    "mp3": ("mp3", None, "libmp3lame", "audio", "audio/mpeg", None, "mp3"),
    "ogg opus": ("ogg", None, "libopus", "audio", "audio/mpeg", None, "mp3"),
    "flac": ("flac", None, "flac", "audio", "audio/mpeg", None, "mp3"),
    "wav": ("wav", None, "pcm_s16le", "audio", "audio/mpeg", None, "mp3"),
    "m4a": ("ipod", None, "aac", "audio", "audio/mp4", None, "aac"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILMS)
async def test_films_and_sounds_are_made_safe_by_a_job(
    ctx, send, fetched, downloaded, tmp_path, name
):
    """R-30: MP4 and MOV say where they were taken in several places; none is left."""
    form, video, audio, kind, mime, video_out, audio_out = FILMS[name]
    source = film(tmp_path / "source", form=form, video=video, audio=audio).read_bytes()

    status, entity = await send(source, description="A walk")
    assert (status, entity["url"], entity["description"]) == (202, None, "A walk")
    assert (await fetched(entity))[0] == 206
    await run_until_idle(ctx)
    status, entity = await fetched(entity)

    answer, data = await downloaded(entity["url"])
    found = probe(data)
    assert (status, entity["type"], answer.content_type) == (200, kind, mime)
    assert (found["video"], found["audio"]) == (video_out, audio_out)
    assert found["seconds"] == pytest.approx(1.2, abs=0.2)
    assert any(trace in source for trace in TRACES)
    assert not any(trace in data for trace in TRACES)
    assert not any("SpyPhone" in text or "123.08" in text for text in found["words"].values())
    meta = entity["meta"]
    assert meta["original"]["duration"] == pytest.approx(1.2, abs=0.2)
    assert meta["length"].startswith("0:00:01.")
    if kind == "video":
        assert (meta["width"], meta["height"], meta["fps"]) == (64, 48, 10)
        assert meta["original"]["frame_rate"] == "10/1"
        assert entity["blurhash"]
        _answer, poster = await downloaded(entity["preview_url"])
        assert Image.open(io.BytesIO(poster)).size == (64, 48)
    if audio is not None:
        assert meta["audio_bitrate"] == "48000 Hz"
        assert (meta["audio_channels"], meta["audio_encode"]) == ("stereo", audio_out)


@pytest.mark.parametrize("video", ["libx264", "libx265"])
async def test_a_film_held_upright_stays_upright(
    ctx, send, fetched, downloaded, tmp_path, video
):
    source = film(tmp_path / "source", form="mov", video=video, turned=90).read_bytes()
    _status, entity = await send(source)
    await run_until_idle(ctx)
    _status, entity = await fetched(entity)

    _answer, data = await downloaded(entity["url"])
    before, after = probe(source)["image"], probe(data)["image"]
    assert (entity["meta"]["width"], entity["meta"]["height"]) == (48, 64)
    assert before.size == after.size == (48, 64)
    for place in ((4, 32), (44, 32)):
        one, other = before.getpixel(place), after.getpixel(place)
        assert all(abs(a - b) < 40 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_a_picture_that_moves_becomes_a_film_without_sound(
    ctx, send, fetched, downloaded, form
):
    status, entity = await send(moving(form))
    await run_until_idle(ctx)
    _status, entity = await fetched(entity)

    answer, data = await downloaded(entity["url"])
    assert (status, entity["type"], answer.content_type) == (202, "gifv", "video/mp4")
    assert probe(data)["audio"] is None
    assert entity["meta"]["original"]["width"] == 40


async def test_the_first_version_answers_when_the_file_is_ready(send, tmp_path):
    status, entity = await send(film(tmp_path / "f").read_bytes(), version=1)

    assert (status, entity["type"]) == (200, "video")
    assert entity["url"]


async def test_a_picture_of_ones_own_can_stand_for_a_film(
    ctx, client, maya, send, fetched, downloaded, tmp_path
):
    own = photograph("PNG", size=(30, 20))
    _status, entity = await send(film(tmp_path / "f").read_bytes(), thumbnail=own)
    await run_until_idle(ctx)
    _status, entity = await fetched(entity)
    _answer, data = await downloaded(entity["preview_url"])
    assert Image.open(io.BytesIO(data)).size == (30, 20)

    form = FormData()
    other = photograph("PNG", size=(10, 10))
    form.add_field("thumbnail", other, filename="x.png", content_type="image/png")
    form.add_field("focus", "0.25,-0.5")
    answer = await client.put(f"/api/v2/media/{entity['id']}", data=form, headers=maya.headers)

    entity = await answer.json()
    _answer, data = await downloaded(entity["preview_url"])
    assert Image.open(io.BytesIO(data)).size == (10, 10)
    assert entity["meta"]["focus"] == {"x": 0.25, "y": -0.5}


async def test_a_film_is_handed_out_in_parts(ctx, send, fetched, downloaded, tmp_path):
    _status, entity = await send(film(tmp_path / "f").read_bytes())
    await run_until_idle(ctx)
    _status, entity = await fetched(entity)
    answer, whole = await downloaded(entity["url"])
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "immutable" in answer.headers["Cache-Control"]

    part, data = await downloaded(entity["url"], Range="bytes=10-19")
    assert (part.status, data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    beyond, _data = await downloaded(entity["url"], Range="bytes=999999999-")
    assert beyond.status == 416
    same, _data = await downloaded(entity["url"], **{"If-None-Match": answer.headers["ETag"]})
    assert same.status == 304


async def test_what_is_not_ready_is_not_attached_and_nobody_is_handed_it_as_it_came(
    ctx, client, maya, send, tmp_path
):
    _status, entity = await send(film(tmp_path / "f").read_bytes())
    async with ctx.read() as session:
        row = await session.get(MediaRow, int(entity["id"]))

    answer = await client.post(
        "/api/v1/statuses", data={"media_ids[]": entity["id"]}, headers=maya.headers
    )

    assert answer.status == 422
    assert "finished processing" in (await answer.json())["error"]
    assert (await client.get(f"/media/files/{row.raw_file}")).status == 404
    await run_until_idle(ctx)
    assert await ctx.blobs.get(row.raw_file) is None


async def test_others_cannot_ask_for_an_upload(client, tom, send, tmp_path):
    """FED-81."""
    _status, entity = await send(film(tmp_path / "f").read_bytes())

    for method in ("get", "put", "delete"):
        answer = await getattr(client, method)(
            f"/api/v1/media/{entity['id']}", headers=tom.headers
        )
        assert answer.status == 404


async def test_an_upload_that_is_deleted_takes_its_files_along(ctx, client, maya, send, count):
    _status, entity = await send(photograph("PNG"))

    answer = await client.delete(f"/api/v1/media/{entity['id']}", headers=maya.headers)

    assert answer.status == 200
    assert await count(MediaRow) == 0
    assert await ctx.blobs.keys(older_than=time.time() + 60) == []


async def test_uploads_that_no_post_took_up_are_forgotten_after_a_day(
    ctx, client, maya, clock, send, count
):
    _status, kept = await send(photograph("PNG"))
    await send(photograph("JPEG"))
    await client.post(
        "/api/v1/statuses",
        json={"status": "Look", "media_ids": [kept["id"]]},
        headers=maya.headers,
    )
    clock.advance(hours=23)
    await upkeep.sweep_store(ctx, SweepStore())
    assert await count(MediaRow) == 2

    clock.advance(hours=2)
    await upkeep.sweep_store(ctx, SweepStore())

    assert await count(MediaRow) == 1
    assert len(await ctx.blobs.keys(older_than=time.time() + 60)) == 2


async def test_a_post_deleted_to_be_written_anew_keeps_its_files_for_a_day(
    ctx, client, maya, clock, send, count
):
    _status, picture = await send(photograph("PNG"))
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "Look", "media_ids": [picture["id"]]},
        headers=maya.headers,
    )
    clock.advance(days=30)
    await client.delete(f"/api/v1/statuses/{(await answer.json())['id']}", headers=maya.headers)

    await upkeep.sweep_store(ctx, SweepStore())

    assert await count(MediaRow) == 1


async def test_a_film_that_is_deleted_while_it_waits_harms_nobody(
    ctx, client, maya, send, count, tmp_path
):
    _status, entity = await send(film(tmp_path / "f").read_bytes())
    await client.delete(f"/api/v1/media/{entity['id']}", headers=maya.headers)

    await run_until_idle(ctx)

    assert (await count(MediaRow), await count(JobRow)) == (0, 0)


async def test_a_process_that_takes_too_long_is_ended(ctx, send, tmp_path, monkeypatch):
    """FED-99."""
    monkeypatch.setattr(films.make, "__kwdefaults__", {"patience": 0.05})
    source = film(tmp_path / "f").read_bytes()

    status, answer = await send(source, version=1)

    assert status == 422
    assert "too much work" in answer["error"]


async def test_the_lane_takes_one_film_at_a_time_for_longer_than_it_may_take(
    ctx, send, tmp_path
):
    await send(film(tmp_path / "f").read_bytes())
    await send(film(tmp_path / "g", seconds=0.5).read_bytes())

    assert await run_media(ctx) == 1
    assert await run_media(ctx) == 1
    assert await run_media(ctx) == 0
    assert films.PATIENCE < 1500


async def test_a_job_done_twice_does_no_harm(ctx, send, fetched, tmp_path):
    _status, entity = await send(film(tmp_path / "f").read_bytes())
    await run_until_idle(ctx)
    before = await fetched(entity)

    await media_making.make_media(ctx, MakeMedia(int(entity["id"])))

    assert await fetched(entity) == before


async def test_pruning_while_a_picture_is_being_attached_is_not_a_race(ctx, send, count):
    _status, entity = await send(photograph("PNG"))

    await asyncio.gather(
        media_making.prune_uploads(ctx, before=ctx.clock() + timedelta(days=1)),
        media_making.prune_uploads(ctx, before=ctx.clock() + timedelta(days=1)),
    )

    assert await count(MediaRow) == 0
    assert entity["id"]
