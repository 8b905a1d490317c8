"""A whole server whose media are in a bucket."""

import io

import pytest
from aiohttp import FormData
from msgspec.structs import replace
from PIL import Image

from storage.buckets import BucketBlobs
from tests.buckets import BUCKET, BucketServer


@pytest.fixture(scope="module")
def bucket_server():
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture
def settings(settings, bucket_server, monkeypatch, tmp_path):
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    return replace(settings, media_url=f"s3://{BUCKET}/{tmp_path.name}")


@pytest.fixture
async def kept(client, ctx):
    assert isinstance(ctx.blobs, BucketBlobs)
    data = bytes(range(256)) * 12_000
    return data, "/media/files/" + await ctx.blobs.put(data, ending="mp4")


async def test_a_picture_is_taken_in_and_served(client, maya, ctx):
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "#2f6b5a").save(picture, "PNG")
    form = FormData()
    form.add_field("file", picture.getvalue(), filename="a.png", content_type="image/png")
    taken = await client.post("/api/v2/media", data=form, headers=maya.headers)
    media = await taken.json()

    answer = await client.get(media["url"].removeprefix("https://home.example"))

    assert (answer.status, answer.content_type) == (200, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(await answer.read()) == int(answer.headers["Content-Length"]) > 0
    assert not (ctx.settings.data_dir / "media").exists()


async def test_a_film_is_served_whole_and_in_parts(client, kept):
    data, path = kept
    answer = await client.get(path)
    assert answer.status == 200
    assert await answer.read() == data
    assert answer.headers["Accept-Ranges"] == "bytes"

    for asked, part in (
        ("bytes=0-0", data[:1]),
        ("bytes=1000-", data[1000:]),
        ("bytes=-500", data[-500:]),
        ("bytes=2000000-9999999999", data[2_000_000:]),
    ):
        answer = await client.get(path, headers={"Range": asked})
        assert answer.status == 206, asked
        assert await answer.read() == part
        assert answer.headers["Content-Range"].endswith(f"/{len(data)}")
    tag = answer.headers["ETag"]
    stale = {"Range": "bytes=0-0", "If-Range": '"other"'}
    assert (await client.get(path, headers=stale)).status == 200
    assert (await client.get(path, headers={"If-None-Match": tag})).status == 304


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=99999999-", 416), ("bytes=9-2", 200), ("lines=1-2", 200), ("bytes=0-1,3-4", 200),
     ("bytes=--5", 200), ("bytes=", 200)],
)  # fmt: skip
async def test_a_part_that_is_none_is_refused_or_the_whole_served(client, kept, asked, status):
    data, path = kept

    answer = await client.get(path, headers={"Range": asked})

    assert answer.status == status
    assert status == 416 or await answer.read() == data


async def test_what_is_not_there_is_not_found(client, kept):
    assert (await client.get("/media/files/aa/" + "a" * 64 + ".mp4")).status == 404
    answer = await client.head(kept[1])
    assert (answer.status, int(answer.headers["Content-Length"])) == (200, len(kept[0]))
