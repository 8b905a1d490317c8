"""Films, sounds and pictures as telephones and cameras make them, with all that they hide."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import AudioFrame, VideoFrame
from PIL import Image

SECRETS = {
    "location": "+44.0521-123.0868/",
    "com.apple.quicktime.location.ISO6709": "+44.0521-123.0868/",
    "creation_time": "2026-01-02T03:04:05Z",
    "make": "SpyPhone",
    "com.apple.quicktime.model": "SpyPhone 12",
    "comment": "SpyPhone was here",
    "artist": "SpyPhone",
}
TRACES = (b"SpyPhone", b"123.0868", b"2026-01-02", b"mvhd\x00\x00\x00\x00\xe6")


def film(
    path: Path,
    *,
    form: str = "mp4",
    video: str | None = "libx264",
    audio: str | None = "aac",
    size: tuple[int, int] = (64, 48),
    seconds: float = 1.2,
    rate: int = 10,
    turned: int | None = None,
    tracks: int = 1,
) -> Path:
    """Write a film (or a sound) with secrets in it; red above, blue below, unless turned."""
    options = {"movflags": "+use_metadata_tags"} if form in {"mp4", "mov"} else {}
    with av.open(str(path), "w", format=form, options=options) as out:
        out.metadata.update(SECRETS)
        pictures = [_picture_track(out, video, size, rate, turned) for _ in range(tracks)]
        sound: Any = out.add_stream(audio, rate=48000, layout="stereo") if audio else None
        if video:
            image = Image.new("RGB", size, "blue")
            image.paste("red", (0, 0, size[0], size[1] // 2))
            for track in pictures:
                for number in range(int(seconds * rate)):
                    frame = VideoFrame.from_image(image)
                    frame.pts, frame.time_base = number, Fraction(1, rate)
                    out.mux(track.encode(frame))
                out.mux(track.encode(None))
        if sound is not None:
            _silence(out, sound, seconds)
    return path


def _picture_track(
    out: Any, video: str | None, size: tuple[int, int], rate: int, turned: int | None
) -> Any:
    if video is None:
        return None
    options = {"x265-params": "log-level=none"} if video == "libx265" else {}
    track = out.add_stream(video, rate=rate, options=options)
    track.width, track.height = size
    track.pix_fmt = "yuv420p"
    if turned is not None:
        track.set_display_rotation(turned)
    return track


def _silence(out: Any, sound: Any, seconds: float) -> None:
    samples = sound.codec_context.frame_size or 1024
    for number in range(int(48000 * seconds / samples)):
        frame = AudioFrame(
            format=sound.codec_context.format.name, layout="stereo", samples=samples
        )
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = (
            48000, number * samples, Fraction(1, 48000),
        )  # fmt: skip
        out.mux(sound.encode(frame))
    out.mux(sound.encode(None))


def moving(form: str = "GIF", *, frames: int = 6) -> bytes:
    """Return a picture that moves."""
    stills = [Image.new("RGB", (40, 30), (number * 30, 90, 60)) for number in range(frames)]
    out = io.BytesIO()
    stills[0].save(out, form, save_all=True, append_images=stills[1:], duration=80, loop=0)
    return out.getvalue()


def photograph(form: str, *, size: tuple[int, int] = (60, 40)) -> bytes:
    """Return a picture that says where, when and with what it was taken."""
    image = Image.new("RGB", size, (200, 120, 40))
    exif = Image.Exif()
    exif[0x010F] = "SpyPhone"
    exif[0x0132] = "2026-01-02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (44.0, 3.0, 7.56)
    more: dict[str, Any] = {"xmp": b"<x:xmpmeta>SpyPhone</x:xmpmeta>"}
    if form == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, form, exif=exif.tobytes(), **(more if form in {"WEBP", "HEIF"} else {}))
    return out.getvalue()


def probe(data: bytes) -> dict[str, Any]:
    """Return what a reader finds in a film or sound: tracks, words, size, time."""
    with av.open(io.BytesIO(data)) as container:
        video = container.streams.video[0] if container.streams.video else None
        audio = container.streams.audio[0] if container.streams.audio else None
        words = dict(container.metadata)
        for stream in container.streams:
            words |= {f"{stream.index}:{name}": text for name, text in stream.metadata.items()}
        first = next(container.decode(video)) if video is not None else None
        image = first.to_image() if first is not None else None
        if image is not None and first is not None and first.rotation:
            image = image.rotate(first.rotation, expand=True)
        return {
            "video": video.codec_context.codec.canonical_name if video is not None else None,
            "audio": audio.codec_context.codec.canonical_name if audio is not None else None,
            "tracks": len(container.streams),
            "words": words,
            "image": image,
            "seconds": (container.duration or 0) / 1_000_000,
        }
