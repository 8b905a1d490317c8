"""Pictures made safe: what hides in them does not come out again."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import pictures

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")

SECRET = b"41.8781 north, serial 12345"


def picture(form="PNG", size=(40, 30), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, "#2f6b5a").save(out, form, **options)
    return out.getvalue()


def opened(encoded):
    return Image.open(io.BytesIO(encoded.data))


def test_a_picture_keeps_its_size_and_gets_a_preview():
    made = pictures.prepare(picture(size=(1600, 800)))

    assert made.kind == "image"
    assert (made.full.width, made.full.height) == (1600, 800)
    assert (made.preview.width, made.preview.height) == (640, 320)
    assert opened(made.full).size == (1600, 800)
    assert 6 <= len(made.blurhash) <= 100


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_every_form_we_take_is_read(form):
    made = pictures.prepare(picture(form))

    assert made.full.mime_type in pictures.MIME_TYPES
    assert opened(made.full).size == (40, 30)


def test_drawings_stay_sharp_and_see_through():
    assert pictures.prepare(picture("PNG")).full.ending == "png"
    large = pictures.prepare(picture("PNG", size=(2000, 1500), mode="RGBA"))
    assert large.full.ending == "webp"
    assert pictures.prepare(picture("JPEG", size=(2000, 1500))).full.ending == "jpg"


def test_what_is_too_large_is_made_smaller():
    made = pictures.prepare(picture("JPEG", size=(5000, 100)))

    assert made.full.width == pictures.MAX_SIDE


def exif():
    data = Image.Exif()
    data[ExifTags.Base.Make] = SECRET.decode()
    data[ExifTags.Base.Orientation] = 6
    return data


def png_text():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return info


HIDING = {
    "EXIF in a photograph": picture("JPEG", exif=exif()),
    "a comment in a photograph": picture("JPEG", comment=SECRET),
    "EXIF in WebP": picture("WEBP", exif=exif()),
    "XMP in WebP": picture("WEBP", xmp=SECRET),
    "text in PNG": picture("PNG", pnginfo=png_text()),
    "EXIF in PNG": picture("PNG", exif=exif()),
    "a comment in GIF": picture("GIF", comment=SECRET),
    "something behind the end": picture("PNG") + SECRET,
    "HTML behind the end": picture("JPEG") + b"<script>" + SECRET,
}


@pytest.mark.parametrize("data", HIDING.values(), ids=[f"FED-89 {name}" for name in HIDING])
def test_what_hides_in_a_picture_is_gone(data):
    assert SECRET in data

    made = pictures.prepare(data)

    for encoded in (made.full, made.preview, pictures.prepare_avatar(data)):
        assert SECRET not in encoded.data
        assert b"<script" not in encoded.data
        assert not opened(encoded).getexif()


def test_a_photograph_is_turned_upright_before_its_marks_are_gone():
    made = pictures.prepare(picture("JPEG", size=(40, 30), exif=exif()))

    assert (made.full.width, made.full.height) == (30, 40)


def moving(frames, size=(40, 30), form="GIF"):
    images = [Image.new("RGB", size, (n * 50 % 256, n * 90 % 256, 0)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(out, form, save_all=True, append_images=images[1:], duration=50)
    return out.getvalue()


def test_what_moves_still_moves():
    made = pictures.prepare(moving(5))

    assert made.kind == "gifv"
    assert made.full.ending == "webp"
    assert opened(made.full).n_frames == 5
    assert getattr(opened(made.preview), "n_frames", 1) == 1


def bomb(width, height):
    """Return a PNG that says it has so many pixels and holds almost nothing."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


BAD = {
    "FED-98 HTML": b"<!doctype html><script>alert(1)</script>",
    "FED-98 SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>",
    "FED-98 XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
    "FED-98 PDF": b"%PDF-1.4\n/JS (app.alert(1))",
    "FED-98 a picture by its first bytes only": b"\x89PNG\r\n\x1a\n<script>",
    "FED-98 TIFF": picture("TIFF"),
    "FED-98 BMP": picture("BMP"),
    "FED-98 ICO": picture("ICO", size=(16, 16)),
    "FED-99 65535 by 65535 pixels": bomb(65_535, 65_535),
    "FED-99 50 million pixels": bomb(10_000, 5_000),
    "FED-99 301 frames": moving(pictures.MAX_FRAMES + 1, size=(1, 1)),
    "nothing": b"",
    "half a picture": picture("JPEG", size=(400, 300))[:200],
    "half a PNG": picture("PNG", size=(400, 300))[:60],
    "half a film": moving(5)[:120],
}


@pytest.mark.parametrize("data", BAD.values(), ids=list(BAD))
def test_what_is_no_picture_we_show_is_refused(data):
    for prepare in (pictures.prepare, pictures.prepare_avatar, pictures.prepare_header):
        with pytest.raises(InvalidError, match="Validation failed"):
            prepare(data)


WHOLE = [moving(3), picture("PNG"), picture("JPEG"), picture("WEBP"), picture("AVIF")]


@pytest.mark.parametrize("whole", WHOLE, ids=["GIF", "PNG", "JPEG", "WebP", "AVIF"])
def test_a_picture_cut_anywhere_is_a_picture_or_refused(whole):
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        try:
            pictures.prepare(whole[:end])
        except InvalidError as refused:
            assert str(refused)  # noqa: PT017 - a refusal is as good as an answer


@given(st.sampled_from(WHOLE), st.integers(0, 300), st.binary(min_size=1, max_size=8))
def test_a_picture_changed_anywhere_is_a_picture_or_refused(whole, at, change):
    try:
        pictures.prepare(whole[:at] + change + whole[at + len(change) :])
    except InvalidError as refused:
        assert str(refused)  # noqa: PT017 - a refusal is as good as an answer


@given(st.binary(max_size=300))
def test_any_bytes_are_a_picture_or_refused(data):
    try:
        pictures.prepare(data)
    except InvalidError as refused:
        assert str(refused)  # noqa: PT017 - a refusal is as good as an answer


def test_portraits_are_square_and_covers_wide():
    wide = picture("JPEG", size=(900, 300))

    assert opened(pictures.prepare_avatar(wide)).size == (400, 400)
    assert opened(pictures.prepare_header(wide)).size == pictures.HEADER_SIZE


def test_the_same_handle_always_has_the_same_quilt_block():
    one = pictures.quilt_block("maya")

    assert one == pictures.quilt_block("maya") != pictures.quilt_block("tom")
    assert opened(one).size == (400, 400)
    assert opened(pictures.plain_header("maya")).size == pictures.HEADER_SIZE
