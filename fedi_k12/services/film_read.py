"""Open a film or sound that nobody has looked at yet, and refuse what is too much.

The demuxer is chosen by the first bytes, never by the file itself, and gets no address to
open anything else by: a playlist that names other files is simply no film here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.media import (
    MAX_FILM_PIXELS,
    MAX_FILM_SECONDS,
    MAX_FRAME_RATE,
    MAX_SOUND_SECONDS,
    MAX_STREAMS,
)
from fedi_k12.services import pictures

DAMAGED = pictures.damage(av.FFmpegError)
MICROSECONDS = 1_000_000
UNKNOWN = "Validation failed: File content type is not one that this server shows"
_VIDEO_CODECS = {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"}
_AUDIO_CODECS = {"aac", "mp3", "mp2", "opus", "vorbis", "flac", "alac", "ac3", "eac3"}
_OPTIONS = {
    "max_streams": str(MAX_STREAMS + 1),
    "probesize": "8000000",
    "analyzeduration": "10000000",
    "protocol_whitelist": "none",
}


class Film(Struct, frozen=True):
    """What is taken of a file: one picture track, one sound track, and the rest is left."""

    container: InputContainer
    name: str
    """Of the demuxer that reads it."""
    video: VideoStream | None
    audio: AudioStream | None
    cover: bytes | None = None
    """The picture that a sound carries with it."""

    @property
    def seconds(self) -> float:
        """How long it says it is; 0 where it does not say."""
        return max(0.0, (self.container.duration or 0) / MICROSECONDS)

    @property
    def most_seconds(self) -> int:
        """How long it may be."""
        return MAX_SOUND_SECONDS if self.video is None else MAX_FILM_SECONDS

    def demand_time(self, seconds: float) -> None:
        """Raise `InvalidError` where it goes on for longer than is taken, whatever it said."""
        if seconds > self.most_seconds:
            raise InvalidError(
                f"Validation failed: File is longer than {self.most_seconds // 60} minutes; "
                "make it shorter"
            )


def rate_of(video: VideoStream) -> Fraction:
    """Return how many pictures a second a track shows."""
    found = video.average_rate or video.guessed_rate or Fraction(30)
    return Fraction(found).limit_denominator(100_000)


@contextmanager
def opened(source: Path, name: str) -> Iterator[Film]:
    """Yield what is in a file, read by the demuxer of that name; raise for what is too much."""
    with source.open("rb") as file:
        try:
            container = av.open(file, "r", format=name, container_options=_OPTIONS)
        except DAMAGED as error:
            raise InvalidError(
                "Validation failed: File is damaged and cannot be read"
            ) from error
        with container:
            film = _film(container, name)
            _demand_bearable(film)
            yield film


def poster(source: Path, name: str) -> VideoFrame | None:
    """Return the picture that may stand for a film: one of its first second."""
    found: VideoFrame | None = None
    with (
        source.open("rb") as file,
        av.open(file, "r", format=name, container_options=_OPTIONS) as container,
    ):
        for frame in container.decode(container.streams.video[0]):
            found = frame
            if (frame.time or 0) >= 1:
                break
    return found


def _film(container: InputContainer, name: str) -> Film:
    if len(container.streams) > MAX_STREAMS:
        raise InvalidError(
            f"Validation failed: File has more than {MAX_STREAMS} tracks; keep one picture and "
            "one sound"
        )
    moving, cover = [], None
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            moving.append(stream)
        elif cover is None:
            cover = stream
    video = moving[0] if moving else None
    audio = container.streams.audio[0] if container.streams.audio else None
    picture = _attached(container, cover) if cover is not None and video is None else None
    return Film(container, name, video, audio, picture)


def _attached(container: InputContainer, stream: VideoStream) -> bytes | None:
    """Return the picture of a sound (ID3 and its like): the first packet of its track."""
    for number, packet in enumerate(container.demux(stream)):
        if packet.size:
            container.seek(0)
            return bytes(packet)
        if number > MAX_STREAMS:
            break
    container.seek(0)
    return None


def _demand_bearable(film: Film) -> None:
    if film.video is not None:
        codec = film.video.codec_context
        if codec.name not in _VIDEO_CODECS and codec.codec.canonical_name not in _VIDEO_CODECS:
            raise InvalidError(UNKNOWN)
        if not codec.width or not codec.height:
            raise InvalidError("Validation failed: File is damaged and cannot be read")
        if codec.width * codec.height > MAX_FILM_PIXELS:
            raise InvalidError(
                f"Validation failed: File has {codec.width} by {codec.height} pixels; films of "
                "at most 3840 by 2160 are taken"
            )
        if rate_of(film.video) > MAX_FRAME_RATE:
            raise InvalidError(
                f"Validation failed: File shows more than {MAX_FRAME_RATE} pictures a second"
            )
    if film.audio is not None:
        name = film.audio.codec_context.codec.canonical_name
        if name not in _AUDIO_CODECS and not name.startswith("pcm_"):
            raise InvalidError(UNKNOWN)
    film.demand_time(film.seconds)
