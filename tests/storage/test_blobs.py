"""Files are kept in a folder or in a bucket that speaks S3, and behave the same in both."""

import io
import time

import pytest

from fedi_k12.domain.errors import NotFoundError, UnavailableError
from storage.blobs import FileBlobs
from storage.buckets import open_bucket
from tests.buckets import BUCKET, BucketServer


@pytest.fixture(scope="module")
def bucket_server():
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def blobs(request, tmp_path, monkeypatch):
    if request.param == "folder":
        return FileBlobs(tmp_path / "media")
    server = request.getfixturevalue("bucket_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return open_bucket(f"s3://{BUCKET}/{tmp_path.name}")


async def test_the_same_bytes_are_kept_once(blobs):
    key = await blobs.put(b"hello", ending="png")

    assert key == await blobs.put(b"hello", ending="png")
    assert await blobs.get(key) == b"hello"
    assert await blobs.size(key) == 5
    assert await blobs.keys(older_than=time.time() + 60) == [key]
    assert await blobs.keys(older_than=time.time() - 60) == []


async def test_files_can_be_forgotten(blobs, tmp_path):
    key = await blobs.put(b"hello", ending="png")

    for _ in range(2):
        await blobs.delete(key)

    assert await blobs.get(key) is None
    assert await blobs.size(key) is None
    with pytest.raises(NotFoundError):
        await blobs.copy(key, tmp_path / "copy")


async def test_a_long_file_goes_in_and_out_in_parts(blobs, tmp_path):
    data = bytes(range(256)) * 48_000
    key = await blobs.put_file(io.BytesIO(data), ending="mp4")

    parts = [part async for part in blobs.stream(key)]
    assert b"".join(parts) == data
    assert len(parts) > 1
    middle = [part async for part in blobs.stream(key, start=1000, end=9_000_000)]
    assert b"".join(middle) == data[1000:9_000_000]
    await blobs.copy(key, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "aa/../../x", "/etc/passwd", "aa/" + "0" * 64, "aa/x.png\n"]
)
async def test_what_is_no_key_of_ours_leads_nowhere(blobs, key):
    """FED-100."""
    assert blobs.path(key) is None
    assert await blobs.get(key) is None
    assert await blobs.size(key) is None
    await blobs.delete(key)


async def test_a_bucket_that_is_not_there_is_said_to_be_out_of_order(
    bucket_server, monkeypatch
):
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    blobs = open_bucket("s3://nowhere/x")

    with pytest.raises(UnavailableError, match="pictures"):
        await blobs.put(b"hello", ending="png")
