"""What may be uploaded, how much of it, and how a file is told by its first bytes.

What a file is called, and what its sender says it is, counts for nothing.
"""

from fractions import Fraction
from urllib.parse import urlsplit

from msgspec import Struct, field

MAX_STREAMS = 16
"""Tracks of a film; one with more is refused before they are looked at."""
MAX_FILM_SECONDS = 20 * 60
MAX_SOUND_SECONDS = 3 * 3600
MAX_FILM_PIXELS = 3840 * 2160
MAX_FRAME_RATE = 120
HEAD_BYTES = 4096
"""So much of a file is enough to tell what it is."""

FILM_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska")
SOUND_TYPES = (
    "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/opus", "audio/flac",
    "audio/wav", "audio/x-wav", "audio/webm",
)  # fmt: skip
SERVED_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "vtt": "text/vtt",
}
"""Endings of files that are handed out, and the type each goes out with.

An upload as it came (`raw`) is not among them: where and when it was made is still in it.
"""
STREAMED_TYPES = frozenset(
    {
        "video/mp4", "video/webm", "video/ogg", "audio/mpeg", "audio/mp4", "audio/ogg",
        "audio/webm", "audio/aac", "audio/flac", "audio/wav",
    }
)  # fmt: skip
"""Films and sounds of other servers that browsers play as they are."""
_STREAMED_ENDINGS = {
    "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav",
}  # fmt: skip
RAW = "raw"
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_MP4_PICTURES = (b"avif", b"avis", *_HEIF)
_MPEG_SYNC, _MPEG_LAYERS = 0xE0, 0x06


class Made(Struct, frozen=True):
    """A film or sound made safe: what is to be recorded of it."""

    kind: str
    """`video`, `gifv` (a film without sound that goes round) or `audio`."""
    file: str
    """Name of the file made."""
    size: int
    seconds: float
    width: int | None = None
    height: int | None = None
    preview: str | None = None
    """Name of the picture that stands for it."""
    preview_width: int | None = None
    preview_height: int | None = None
    blurhash: str | None = None
    details: dict[str, str | int] = field(default_factory=dict)
    """What Mastodon's `meta` says besides: `frame_rate`, `bitrate`, `audio_encode` …"""


def container_of(head: bytes) -> str | None:
    """Return which demuxer reads a film or sound that begins so; None for what is neither."""
    brand = head[8:12]
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return None if head[4:8] == b"ftyp" and brand in _MP4_PICTURES else "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"RIFF") and brand == b"WAVE":
        return "wav"
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) > 1 and head[0] == 0xFF and head[1] & _MPEG_SYNC == _MPEG_SYNC:  # noqa: PLR2004 - the sync word of MPEG sound
        return "mp3" if head[1] & _MPEG_LAYERS else "aac"
    return None


def streamed_type(kind: str, mime_type: str, url: str) -> str | None:
    """Return as what another server's film or sound can be passed on; None for what cannot.

    A playlist, for instance, cannot: it only names further addresses.
    """
    if kind not in {"video", "gifv", "audio"}:
        return None
    named = mime_type.partition(";")[0].strip().lower()
    if named:
        return named if named in STREAMED_TYPES else None
    return _STREAMED_ENDINGS.get(urlsplit(url).path.rpartition(".")[2].lower())


def is_heif(head: bytes) -> bool:
    """Return whether a file is a picture as telephones make them (HEIC)."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF


def aspect(width: int, height: int) -> float:
    """Return how much wider than high something is."""
    return width / height


def frames_per_second(rate: str) -> float:
    """Return a frame rate, such as `30000/1001`, as a number."""
    return float(Fraction(rate))


def length(seconds: float) -> str:
    """Return a duration as Mastodon writes `meta.length`: `0:01:28.65`."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
