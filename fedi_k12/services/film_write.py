"""Write films, sounds and moving pictures anew.

Tracks that browsers play are carried over as they are, others are encoded again. Of all else
in a file (places, dates, devices, names, further tracks) nothing is carried over (R-30).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import Flags, OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from msgspec.structs import replace
from PIL import Image

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.media import Made
from fedi_k12.services import film_read, pictures
from fedi_k12.services.film_read import Film, rate_of

CARRIED_PIXELS = 1920 * 1088
CARRIED_RATE = 60
CARRIED_BITS = 8_000_000
"""A second. What is heavier is encoded again: a school's line is shared by many."""
SIDE = 1280
"""The longer side of a film that is encoded again."""
_H264 = {"preset": "veryfast", "crf": "23", "maxrate": "4M", "bufsize": "8M"}
_WEBM_VIDEO, _WEBM_AUDIO = {"vp8", "vp9", "av1"}, {"opus", "vorbis"}
_MP4_AUDIO = {"aac", "mp3"}
_PLAIN = {"yuv420p", "yuvj420p"}
_CHANNELS = {1: "mono", 2: "stereo"}
_NO_SEI = "filter_units=remove_types=6"
"""Cameras write what they like into these units of H.264; players need none of them."""
_TURNS = {90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}
"""By how far pictures are to be turned against the clock."""
Put = Callable[[Any], None]


def write_film(film: Film, video: VideoStream, folder: Path) -> Made:
    """Write a film as MP4 (or as WebM where it is one that browsers play), and its poster."""
    webm = _is_webm(film, video)
    ending = "webm" if webm else "mp4"
    target = folder / f"film.{ending}"
    options = {} if webm else {"movflags": "+faststart"}
    with av.open(str(target), "w", format=ending, options=options) as out:
        _leave_no_marks(out)
        carried = webm or _is_plain(film, video)
        puts = {video.index: _carry(video, out) if carried else _encode_video(film, video, out)}
        if film.audio is not None:
            known = _WEBM_AUDIO if webm else _MP4_AUDIO
            puts[film.audio.index] = _audio_into(film.audio, out, known, codec="aac")
        seconds = _pump(film, puts)
    return _made(film, rate_of(video), target, seconds, folder)


def write_sound(film: Film, audio: AudioStream, folder: Path) -> Made:
    """Write a sound as MP3, or as M4A where it is AAC, with the picture it carries apart."""
    kept = audio.codec_context.name == "aac"
    target = folder / ("sound.m4a" if kept else "sound.mp3")
    form, options = ("mp4", {"movflags": "+faststart"}) if kept else ("mp3", _MP3)
    with av.open(str(target), "w", format=form, options=options) as out:
        _leave_no_marks(out)
        puts = {audio.index: _audio_into(audio, out, {"aac", "mp3"}, codec="libmp3lame")}
        seconds = _pump(film, puts)
    details = _sound_details(target)
    made = Made("audio", target.name, target.stat().st_size, seconds, details=details)
    if film.cover is None:
        return made
    try:
        prepared = pictures.prepare(film.cover)
    except InvalidError:
        return made
    return _with_preview(made, prepared.preview, prepared.blurhash, folder)


def write_moving(source: Path, folder: Path) -> Made:
    """Write a picture that moves (GIF, WebP, AVIF) as a film without sound."""
    image = pictures.opened(source.read_bytes())
    target = folder / "film.mp4"
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        _leave_no_marks(out)
        stream = out.add_stream("libx264", rate=30, options=_H264)
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.width, stream.height = _even(image.width, image.height, SIDE)
        stream.pix_fmt = "yuv420p"
        at, first = 0, None
        for still, milliseconds in _stills(image):
            first = first or still
            shown = still.resize((stream.width, stream.height))
            frame = VideoFrame.from_image(shown)  # type: ignore[no-untyped-call]  # as PyAV has it
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            out.mux(stream.encode(frame))
            at += milliseconds
        out.mux(stream.encode(None))
    if first is None:
        raise InvalidError("Validation failed: File is damaged and cannot be read")
    size = target.stat().st_size
    made = Made(
        "gifv", target.name, size, at / 1000, stream.width, stream.height,
        details={"frame_rate": "30/1", "bitrate": _bitrate(size, at / 1000)},
    )  # fmt: skip
    return _with_preview(made, *pictures.preview_of(first), folder)


_MP3 = {"id3v2_version": "0", "write_xing": "1"}


def _leave_no_marks(out: OutputContainer) -> None:
    """Let no program's name and no moment be written into a file."""
    # PyAV's flag set is typed as an enumeration of its own.
    out.flags |= Flags.bitexact.value  # type: ignore[operator]


def _pump(film: Film, puts: dict[int, Put]) -> float:
    """Hand every packet to the writer of its track; return how long it went on."""
    tracks = [track for track in (film.video, film.audio) if track is not None]
    last, begin = 0.0, None
    for packet in film.container.demux(tracks):
        if packet.pts is not None and packet.time_base:
            at = float(packet.pts * packet.time_base)
            begin = at if begin is None else min(begin, at)
            last = max(last, at + float((packet.duration or 0) * packet.time_base))
            film.demand_time(last - begin)
        if packet.size:
            puts[packet.stream_index](packet)
    for put in puts.values():
        put(None)
    if begin is None:
        raise InvalidError("Validation failed: File holds no picture and no sound")
    return round(last - begin, 3)


def _audio_into(
    audio: AudioStream, out: OutputContainer, known: set[str], *, codec: str
) -> Put:
    if audio.codec_context.codec.canonical_name in known:
        return _carry(audio, out)
    return _encode_audio(audio, out, codec)


def _carry(track: Any, out: OutputContainer) -> Put:
    """Return a writer that carries a track over as it is encoded."""
    target = out.add_stream_from_template(track)
    target.metadata.clear()
    clean = (
        BitStreamFilterContext(_NO_SEI, track, target) if track.codec.name == "h264" else None
    )

    def put(packet: "Packet[Any] | None") -> None:
        for item in _cleaned(packet, clean):
            if item.dts is None and item.pts is None:
                continue
            item.stream = target
            out.mux(item)

    return put


def _cleaned(
    packet: "Packet[Any] | None", clean: BitStreamFilterContext | None
) -> "Iterator[Packet[Any]]":
    if clean is not None:
        yield from clean.filter(packet)
    elif packet is not None:
        yield packet


def _encode_video(film: Film, video: VideoStream, out: OutputContainer) -> Put:
    """Return a writer that decodes a track, makes it upright and smaller, and encodes it."""
    video.thread_type = "AUTO"
    rate = min(rate_of(video), Fraction(CARRIED_RATE))
    state: dict[str, Any] = {}

    def begin(frame: VideoFrame) -> None:
        turned = frame.rotation % 180 != 0
        shape = (frame.height, frame.width) if turned else (frame.width, frame.height)
        width, height = _even(*shape, SIDE)
        target = out.add_stream("libx264", rate=rate, options=_H264)
        target.width, target.height, target.pix_fmt = width, height, "yuv420p"
        state["target"] = target
        state["graph"] = _graph(video, frame, rate, width, height)

    def drain() -> None:
        while True:
            try:
                frame = state["graph"].vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            frame.pict_type = 0
            out.mux(state["target"].encode(frame))

    def put(packet: "Packet[Any] | None") -> None:
        for frame in video.decode(packet):
            if "graph" not in state:
                begin(frame)
            state["graph"].vpush(frame)
            drain()
        if packet is None and state:
            state["graph"].vpush(None)
            drain()
            out.mux(state["target"].encode(None))

    # A sound's track must not be written before the film's is known: decode one picture now.
    first = next(film.container.decode(video), None)
    if first is None:
        raise InvalidError("Validation failed: File holds no picture that can be shown")
    begin(first)
    film.container.seek(0)
    return put


def _graph(video: Any, frame: VideoFrame, rate: Fraction, width: int, height: int) -> Graph:
    graph = Graph()
    turns = _TURNS.get(frame.rotation % 360, [])
    steps = [
        *turns, f"scale={width}:{height}", f"fps={rate}", "format=yuv420p", "setsar=1",
    ]  # fmt: skip
    nodes = [graph.add_buffer(template=video)]
    for step in steps:
        name, _, given = step.partition("=")
        nodes.append(graph.add(name, given) if given else graph.add(name))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def _encode_audio(audio: AudioStream, out: OutputContainer, codec: str) -> Put:
    """Return a writer that decodes a sound and encodes it for everybody, in stereo at most."""
    rate = audio.codec_context.sample_rate
    rate = rate if rate in {32000, 44100, 48000} else 48000 if rate > 32000 else 44100  # noqa: PLR2004 - rates of sound
    layout = "mono" if audio.codec_context.channels == 1 else "stereo"
    target: Any = out.add_stream(codec, rate=rate, layout=layout)
    target.bit_rate = 96_000 if layout == "mono" else 160_000
    resample = av.AudioResampler(target.format, layout, rate, target.codec_context.frame_size)

    def put(packet: "Packet[Any] | None") -> None:
        for frame in audio.decode(packet):
            _send(resample.resample(frame))
        if packet is None:
            _send(resample.resample(None))
            out.mux(target.encode(None))

    def _send(frames: list[AudioFrame]) -> None:
        for frame in frames:
            out.mux(target.encode(frame))

    return put


def _is_plain(film: Film, video: VideoStream) -> bool:
    """Return whether every browser plays a film's pictures as they are."""
    codec = video.codec_context
    return (
        codec.name == "h264"
        and codec.pix_fmt in _PLAIN
        and codec.width * codec.height <= CARRIED_PIXELS
        and rate_of(video) <= CARRIED_RATE
        and (film.container.bit_rate or 0) <= CARRIED_BITS
    )


def _is_webm(film: Film, video: VideoStream) -> bool:
    codec = video.codec_context
    audio = film.audio.codec_context.codec.canonical_name if film.audio is not None else "opus"
    return (
        film.name == "matroska"
        and codec.codec.canonical_name in _WEBM_VIDEO
        and audio in _WEBM_AUDIO
        and codec.pix_fmt in _PLAIN
        and codec.width * codec.height <= CARRIED_PIXELS
        and rate_of(video) <= CARRIED_RATE
        and (film.container.bit_rate or 0) <= CARRIED_BITS
    )


def _made(film: Film, rate: Fraction, target: Path, seconds: float, folder: Path) -> Made:
    frame = film_read.poster(target, "matroska" if target.suffix == ".webm" else "mov")
    if frame is None:
        raise InvalidError("Validation failed: File holds no picture that can be shown")
    still = _upright(frame)
    size = target.stat().st_size
    details = {
        "frame_rate": f"{rate.numerator}/{rate.denominator}",
        "bitrate": _bitrate(size, seconds),
        **({} if film.audio is None else _sound_details(target)),
    }
    made = Made("video", target.name, size, seconds, *still.size, details=details)
    return _with_preview(made, *pictures.preview_of(still), folder)


def _with_preview(made: Made, preview: pictures.Encoded, blurhash: str, folder: Path) -> Made:
    name = f"preview.{preview.ending}"
    (folder / name).write_bytes(preview.data)
    return replace(
        made,
        preview=name,
        preview_width=preview.width,
        preview_height=preview.height,
        blurhash=blurhash,
    )


def _upright(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # as PyAV has it
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _sound_details(target: Path) -> dict[str, str | int]:
    """Return what is said of a sound, in Mastodon's words."""
    with av.open(str(target)) as container:
        codec = container.streams.audio[0].codec_context
        details: dict[str, str | int] = {
            "audio_encode": codec.codec.canonical_name,
            "audio_bitrate": f"{codec.sample_rate} Hz",
            "audio_channels": _CHANNELS.get(codec.channels, f"{codec.channels} channels"),
        }
        if not container.streams.video:
            details["bitrate"] = int(container.bit_rate or 0)
        return details


def _stills(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """Yield the pictures of a moving one on white, each with its milliseconds."""
    for number in range(min(int(getattr(image, "n_frames", 1)), pictures.MAX_FRAMES)):
        image.seek(number)
        shown = image.convert("RGBA")
        ground = Image.new("RGBA", shown.size, "white")
        ground.alpha_composite(shown)
        yield ground.convert("RGB"), max(20, int(image.info.get("duration", 100) or 100))


def _even(width: int, height: int, side: int) -> tuple[int, int]:
    """Return a size within `side` whose parts are even, as H.264 wants them."""
    scale = min(1.0, side / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _bitrate(size: int, seconds: float) -> int:
    return int(size * 8 / seconds) if seconds else 0
