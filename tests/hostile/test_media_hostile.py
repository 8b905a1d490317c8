"""Files that broke other servers: a clear sentence, no hang, bounded memory (FED-99)."""

import io
import struct
import zlib

import pytest
from aiohttp import FormData
from PIL import Image

from fedi_k12.worker import run_until_idle
from tests.films import film, moving, photograph, probe

REFUSED = "Validation failed: File"


@pytest.fixture
def outcome(ctx, client, maya):
    """Return a function that uploads a file, and returns what became of it."""

    async def run(data, name="file"):
        form = FormData()
        form.add_field("file", io.BytesIO(data), filename=name, content_type="image/png")
        answer = await client.post("/api/v2/media", data=form, headers=maya.headers)
        entity = await answer.json()
        if answer.status == 202:
            await run_until_idle(ctx)
            answer = await client.get(f"/api/v1/media/{entity['id']}", headers=maya.headers)
            entity = await answer.json()
        return answer.status, entity

    return run


def chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def huge_png(width: int, height: int) -> bytes:
    """Return a few bytes that say they are a picture of so many pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def atom(kind: bytes, data: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", len(data) + 8 if size is None else size) + kind + data


FTYP = atom(b"ftyp", b"isom\0\0\x02\0isomiso2mp41")
BAD = {
    "nothing": b"",
    "one byte": b"\0",
    "words": b"Dear all, please find attached",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "an SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "a picture of 200 megapixels": huge_png(20_000, 10_000),
    "a bomb of 65535 by 65535": huge_png(65_535, 65_535),
    "half a photograph": photograph("JPEG", size=(900, 700))[:2000],
    "half a moving picture": moving("GIF", frames=40)[:300],
    "half an AVIF": photograph("AVIF", size=(300, 300))[:200],
    "half a HEIC": photograph("HEIF", size=(300, 300))[:200],
    "nothing but ftyp": FTYP,
    "an atom larger than the file": FTYP + atom(b"moov", b"x" * 8, size=0x7FFFFFFF),
    "an atom of size 1": FTYP + atom(b"moov", struct.pack(">Q", 1 << 62), size=1),
    "atoms within atoms": FTYP
    + b"".join(atom(b"moov", size=60_000 - n * 8) for n in range(7000)),
    "an EBML of nothing": b"\x1aE\xdf\xa3" + b"\x01" + b"\xff" * 7,
    "matroska in matroska": b"\x1aE\xdf\xa3\x80" + (b"\x18S\x80g\x01" + b"\xff" * 7) * 500,
    "ID3 of 256 MB": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"\0" * 100,
    "an Ogg page of nothing": b"OggS" + b"\0" * 60,
    "a WAVE without sound": b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + b"\0" * 16,
    "a FLAC of nothing": b"fLaC" + b"\0" * 40,
    "a WAVE of no channels": b"RIFF$\0\0\0WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 0, 0, 0, 0, 16)
    + b"data\0\0\0\0",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.timeout(40)
async def test_fed_99_bad_files_are_refused_with_a_sentence(outcome, name):
    status, answer = await outcome(BAD[name], name="holiday.jpg")

    assert status == 422
    assert answer["error"].startswith(REFUSED)


async def test_fed_99_a_film_of_many_tracks_is_refused(outcome, tmp_path):
    data = film(tmp_path / "f", form="matroska", audio=None, tracks=40, seconds=0.2)

    status, answer = await outcome(data.read_bytes())

    assert (status, "16 tracks" in answer["error"]) == (422, True)


def many_tracks(number: int) -> bytes:
    """Return an MP4 that names so many tracks, without anything in them."""
    track = atom(b"trak", atom(b"tkhd", b"\0" * 84))
    return FTYP + atom(b"moov", atom(b"mvhd", b"\0" * 100) + track * number)


async def test_fed_99_a_film_of_ten_thousand_tracks_is_refused(outcome):
    status, answer = await outcome(many_tracks(10_000))

    assert status == 422
    assert answer["error"].startswith(REFUSED)


async def test_fed_99_half_a_film_is_refused_or_shown_as_far_as_it_goes(outcome, tmp_path):
    whole = film(tmp_path / "f", seconds=3).read_bytes()

    status, answer = await outcome(whole[: len(whole) // 2])

    assert status == 422
    assert answer["error"].startswith(REFUSED)


async def test_fed_99_an_endless_sound_is_refused(outcome, monkeypatch):
    """A WAVE that says nothing of its length: what is in it counts."""
    head = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8, 8, 1, 8)
    data = head + b"data\xff\xff\xff\xff" + b"\x80" * 100_000  # 8 samples a second: 3.4 hours

    status, answer = await outcome(data)

    assert status == 422
    assert "180 minutes" in answer["error"] or "damaged" in answer["error"]


@pytest.mark.parametrize("form", ["GIF", "JPEG"])
async def test_fed_89_what_else_is_in_a_picture_is_gone(ctx, client, outcome, form):
    """GIFAR, and pages inside pictures."""
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "green").save(picture, form)
    hidden = b"PK\x03\x04<script>alert(document.domain)</script>"

    status, entity = await outcome(picture.getvalue() + hidden, name="x.html")

    answer = await client.get(entity["url"].partition("home.example")[2])
    data = await answer.read()
    assert (status, answer.content_type.partition("/")[0]) == (200, "image")
    assert b"script" not in data
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_fed_89_what_else_is_in_a_film_is_gone(client, outcome, tmp_path):
    hidden = b"<script>alert(document.domain)</script>"
    data = film(tmp_path / "f").read_bytes() + atom(b"free", hidden) + hidden

    _status, entity = await outcome(data, name="x.html")

    answer = await client.get(entity["url"].partition("home.example")[2])
    assert b"script" not in await answer.read()
    assert answer.content_type == "video/mp4"


async def test_fed_99_the_picture_in_a_sound_is_safe_or_left_out(client, outcome, tmp_path):
    sound = film(tmp_path / "f", form="mp3", video=None, audio="libmp3lame").read_bytes()
    for picture, shown in ((photograph("JPEG"), True), (huge_png(65_535, 65_535), False)):
        tag = b"\0image/jpeg\0\x03\0" + picture
        frame = b"APIC" + struct.pack(">I", len(tag)) + b"\0\0" + tag
        size = bytes((len(frame) >> shift) & 127 for shift in (21, 14, 7, 0))

        status, entity = await outcome(b"ID3\x03\0\0" + size + frame + sound)

        assert (status, entity["type"]) == (200, "audio")
        assert bool(entity["meta"].get("small")) is shown
        answer = await client.get(entity["url"].partition("home.example")[2])
        found = probe(await answer.read())
        assert (found["tracks"], found["words"].get("artist")) == (1, None)


async def test_a_film_under_a_wrong_name_is_known_by_what_it_is(outcome, tmp_path):
    status, entity = await outcome(film(tmp_path / "f").read_bytes(), name="plan.pdf.png")

    assert (status, entity["type"]) == (200, "video")


class TestSize:
    @pytest.fixture
    def more(self):
        return {"max_film_bytes": 20_000, "max_upload_bytes": 10_000}

    @pytest.fixture
    def settings(self, settings, more):
        from fedi_k12.settings import _replace

        return _replace(settings, **more)

    @pytest.mark.parametrize("size", [30_000, 3_000_000])
    async def test_what_is_too_large_is_refused_before_it_is_looked_at(self, outcome, size):
        status, answer = await outcome(b"\x1aE\xdf\xa3" + b"\0" * size)

        assert status in {413, 422}
        assert answer["error"]

    async def test_pictures_have_a_limit_of_their_own(self, outcome):
        status, answer = await outcome(b"\x89PNG\r\n\x1a\n" + b"\0" * 15_000)

        assert (status, "10000 bytes" in answer["error"]) == (413, True)
