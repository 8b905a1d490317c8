"""The `meta` of a file: https://docs.joinmastodon.org/entities/MediaAttachment/#meta."""

from fedi_k12.domain.media import aspect, frames_per_second, length
from fedi_k12.domain.posts import MediaView

_SOUND = ("audio_encode", "audio_bitrate", "audio_channels")
_SIZE = ("size", "width", "height", "aspect")


def meta_of(view: MediaView) -> dict[str, object]:
    """Return what is said of a file's size, length and sound, under Mastodon's names."""
    details, meta = view.details, dict[str, object]()
    original: dict[str, object] = {}
    if view.width and view.height:
        original = _size(view.width, view.height)
        meta["small"] = _size(
            view.preview_width or view.width, view.preview_height or view.height
        )
    elif view.preview_width and view.preview_height:
        meta["small"] = _size(view.preview_width, view.preview_height)
    if view.kind == "image" or view.focus_x or view.focus_y:
        meta["focus"] = {"x": view.focus_x, "y": view.focus_y}
    if view.duration is not None:
        meta |= {"duration": view.duration, "length": length(view.duration)}
        original["duration"] = view.duration
    original |= {name: details[name] for name in ("frame_rate", "bitrate") if name in details}
    if "frame_rate" in details:
        meta["fps"] = round(frames_per_second(str(details["frame_rate"])))
        meta |= {name: original[name] for name in _SIZE if name in original}
    meta |= {name: details[name] for name in _SOUND if name in details}
    if original:
        meta["original"] = original
    return meta


def _size(width: int, height: int) -> dict[str, object]:
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(aspect(width, height), 6),
    }
