"""Pictures made safe: decoded under caps, stripped of metadata, encoded anew.

Pure work of the processor: callers run it in a thread, outside transactions. Nothing of the
original file is kept, so what hides in it (places, serial numbers, scripts, second formats)
does not reach anybody.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.late import Late
from fedi_k12.domain.media import HEAD_BYTES, is_heif

if TYPE_CHECKING:
    import blurhash
    from PIL import Image, ImageCms, ImageDraw, ImageOps, ImageSequence
else:
    # 5 MB, which a server that shows no pictures of its own need not have in its memory.
    blurhash = Late("blurhash")
    Image = Late("PIL.Image")
    ImageCms = Late("PIL.ImageCms")
    ImageDraw = Late("PIL.ImageDraw")
    ImageOps = Late("PIL.ImageOps")
    ImageSequence = Late("PIL.ImageSequence")

MAX_PIXELS = 40_000_000
"""A picture of more is refused before it is decoded (a bomb, FED-99)."""
MAX_FRAMES = 300
MAX_FRAME_PIXELS = 80_000_000
"""Frames times pixels of a moving picture."""
MAX_SIDE = 3840
PREVIEW_SIDE = 640
AVATAR_SIDE = 400
HEADER_SIZE = (1500, 500)
TEXT_SIDE, EMOJI_SIDE = 1600, 128
READ_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
MIME_TYPES = (
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/heic",
    "image/heif",
)  # fmt: skip
"""What may be uploaded."""
_CLOTH = ("2f6b5a", "e2a72e", "b5533c", "5b8db0", "7a4e7e", "efe6d2", "2b3a3a", "d98d73")
_UNKNOWN = "Validation failed: File content type is not one that this server shows"


class Encoded(Struct, frozen=True):
    """A picture ready to be kept: bytes, ending, and size in pixels."""

    data: bytes
    ending: str
    width: int
    height: int

    @property
    def mime_type(self) -> str:
        """The content type to serve it with."""
        return {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}.get(
            self.ending, "image/webp"
        )


class Prepared(Struct, frozen=True):
    """An upload made safe, with its preview."""

    kind: str
    """`image`, or `gifv` for one that moves."""
    full: Encoded
    preview: Encoded
    blurhash: str


def damage(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what decoders raise when bytes are not what they seemed, and `more`."""
    return (
        OSError, ValueError, SyntaxError, EOFError, MemoryError, LookupError, TypeError,
        ArithmeticError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError,
        *more,
    )  # fmt: skip


def prepare(data: bytes) -> Prepared:
    """Return the picture made safe, or raise `InvalidError` saying what is wrong with it."""
    image = opened(data)
    frames = getattr(image, "n_frames", 1)
    try:
        if frames > 1:
            full, still = _moving(image, frames), _upright(_first(image))
        else:
            still = _upright(image)
            full = _encode(_fit(still, (MAX_SIDE, MAX_SIDE)), lossless=image.format == "PNG")
        preview = _fit(still, (PREVIEW_SIDE, PREVIEW_SIDE))
        return Prepared(
            "gifv" if frames > 1 else "image",
            full,
            _encode(preview, lossless=False),
            _blur(preview),
        )
    except damage() as error:
        raise InvalidError("Validation failed: File is damaged and cannot be read") from error


def moves(data: bytes) -> bool:
    """Return whether a picture moves; raise `InvalidError` for what is no picture."""
    return int(getattr(opened(data), "n_frames", 1)) > 1


def preview_of(still: Image.Image) -> tuple[Encoded, str]:
    """Return the picture that stands for a film, made of one of its own, and its blurhash."""
    preview = _fit(still.convert("RGB"), (PREVIEW_SIDE, PREVIEW_SIDE))
    return _encode(preview, lossless=False), _blur(preview)


def prepare_avatar(data: bytes) -> Encoded:
    """Return a portrait made safe: square, cut from the middle."""
    return _cut(data, (AVATAR_SIDE, AVATAR_SIDE))


def prepare_header(data: bytes) -> Encoded:
    """Return a cover picture made safe: three times as wide as high."""
    return _cut(data, HEADER_SIZE)


def prepare_icon(data: bytes, side: int) -> Encoded:
    """Return a picture of ours as a square PNG of this many pixels a side."""
    image = opened(data).convert("RGB")
    made = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(made, "PNG", optimize=True)
    return Encoded(made.getvalue(), "png", side, side)


def prepare_for_text(data: bytes) -> Encoded:
    """Return a picture that stands in a text made safe, still and no larger than needed."""
    return _still(data, TEXT_SIDE)


def prepare_emoji(data: bytes) -> Encoded:
    """Return a custom emoji made safe: small and still, nothing flickers (FED-102)."""
    return _still(data, EMOJI_SIDE)


def quilt_block(handle: str) -> Encoded:
    """Draw the quilt block that stands for an account without a picture.

    The same handle always gets the same block; no two cloths of one block are alike.
    """
    digest = hashlib.sha256(handle.encode()).digest()
    cloths = list(_CLOTH)
    ground = cloths.pop(digest[0] % len(cloths))
    one = cloths.pop(digest[1] % len(cloths))
    two = cloths.pop(digest[2] % len(cloths))
    cells = [[(digest[3 + row * 2 + column] % 3) for column in range(2)] for row in range(2)]
    side, scale = 4, 100
    image = Image.new("RGB", (side * scale, side * scale), f"#{ground}")
    for row in range(side):
        for column in range(side):
            # Mirrored both ways, as quilts are: it reads as made, not as noise.
            which = cells[min(row, side - 1 - row)][min(column, side - 1 - column)]
            colour = (ground, one, two)[which]
            box = (column * scale, row * scale, (column + 1) * scale, (row + 1) * scale)
            image.paste(f"#{colour}", box)
            if which != 0:
                _corner(image, box, f"#{ground}", flip=(row + column) % 2 == 0)
    return _encode(image, lossless=True)


def plain_header(handle: str) -> Encoded:
    """Draw the calm ground that stands for an account without a cover picture."""
    digest = hashlib.sha256(handle.encode()).digest()
    upper = Image.new("RGB", (1, 2))
    upper.putpixel((0, 0), _mixed(_CLOTH[digest[4] % len(_CLOTH)], 0.25))
    upper.putpixel((0, 1), _mixed(_CLOTH[digest[5] % len(_CLOTH)], 0.45))
    return _encode(upper.resize(HEADER_SIZE, Image.Resampling.BICUBIC), lossless=False)


def opened(data: bytes) -> Image.Image:
    """Return a picture whose size is known to be bearable; raise `InvalidError` for others."""
    if is_heif(data[:HEAD_BYTES]):
        # Loaded when the first telephone sends one: most servers start without.
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=READ_FORMATS)
            frames = int(getattr(image, "n_frames", 1))
    except damage() as error:
        raise InvalidError(_UNKNOWN, fields={"file": "content type is not shown"}) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InvalidError(
            f"Validation failed: File has {width} by {height} pixels; at most "
            f"{MAX_PIXELS // 1_000_000} million are taken"
        )
    if frames > MAX_FRAMES or frames * width * height > MAX_FRAME_PIXELS * 4:
        raise InvalidError("Validation failed: File moves for too long; make it shorter")
    return image


def _first(image: Image.Image) -> Image.Image:
    image.seek(0)
    return image


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    turned = ImageOps.exif_transpose(image)
    mode = "RGBA" if turned.has_transparency_data else "RGB"
    return _in_common_colours(turned.convert(mode), image.info.get("icc_profile"))


def _in_common_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB: its profile, which names the device, is not kept."""
    if not profile:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        common = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(image, own, common, outputMode=image.mode)
    except damage(ImageCms.PyCMSError):
        return image
    return made or image


def _fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.width <= size[0] and image.height <= size[1]:
        return image
    copy = image.copy()
    copy.thumbnail(size, Image.Resampling.LANCZOS)
    return copy


def _cut(data: bytes, size: tuple[int, int]) -> Encoded:
    try:
        image = _upright(_first(opened(data)))
        return _encode(ImageOps.fit(image, size, Image.Resampling.LANCZOS), lossless=False)
    except damage() as error:
        raise InvalidError("Validation failed: File is damaged and cannot be read") from error


def _still(data: bytes, side: int) -> Encoded:
    try:
        image = _upright(_first(opened(data)))
        return _encode(_fit(image, (side, side)), lossless=side == EMOJI_SIDE)
    except damage() as error:
        raise InvalidError("Validation failed: File is damaged and cannot be read") from error


def _encode(image: Image.Image, *, lossless: bool) -> Encoded:
    """Encode without any metadata: PNG where lines matter, JPEG or WebP for photographs."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    out = io.BytesIO()
    if lossless and image.width * image.height <= PREVIEW_SIDE * PREVIEW_SIDE * 4:
        clean.save(out, "PNG", optimize=True)
        ending = "png"
    elif image.mode == "RGBA":
        clean.save(out, "WEBP", quality=86, method=4)
        ending = "webp"
    else:
        clean.save(out, "JPEG", quality=86, optimize=True, progressive=True)
        ending = "jpg"
    return Encoded(out.getvalue(), ending, image.width, image.height)


def _moving(image: Image.Image, frames: int) -> Encoded:
    pictures, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100)) or 100)
        pictures.append(_fit(frame.convert("RGBA"), (PREVIEW_SIDE * 2, PREVIEW_SIDE * 2)))
        if len(pictures) >= frames:
            break
    out = io.BytesIO()
    pictures[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=80,
    )
    return Encoded(out.getvalue(), "webp", pictures[0].width, pictures[0].height)


def _blur(image: Image.Image) -> str:
    """Return the blurhash (https://github.com/woltapp/blurhash) of a small copy."""
    small = image.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    pixels = [[list(small.getpixel((x, y))) for x in range(32)] for y in range(32)]  # type: ignore[arg-type]  # RGB pixels are tuples
    return str(blurhash.encode(pixels, components_x=4, components_y=3))


def _corner(
    image: Image.Image, box: tuple[int, int, int, int], colour: str, *, flip: bool
) -> None:
    left, top, right, bottom = box
    points = (
        [(left, top), (right, top), (left, bottom)]
        if flip
        else [(right, bottom), (right, top), (left, bottom)]
    )
    ImageDraw.Draw(image).polygon(points, fill=colour)


def _mixed(colour: str, share: float) -> tuple[int, int, int]:
    """Return `colour` thinned with paper white."""
    parts = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
    red, green, blue = (round(244 + (part - 244) * share) for part in parts)
    return red, green, blue
