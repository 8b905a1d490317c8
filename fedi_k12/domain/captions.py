"""Captions of films: WebVTT (https://www.w3.org/TR/webvtt1/), without what only styles it."""

import re

from fedi_k12.domain.errors import InvalidError

_TIMES = re.compile(r"(\d{2,}:)?\d{2}:\d{2}\.\d{3}[ \t]+-->[ \t]+(\d{2,}:)?\d{2}:\d{2}\.\d{3}")
_REFUSED = "Captions: that is no WebVTT file. It begins with WEBVTT and says what is said when."


def read(data: bytes) -> str:
    """Return captions as they are handed out: times and words, no notes and no styles.

    Raises `InvalidError` for what is no WebVTT, or says nothing.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InvalidError(_REFUSED) from error
    head, *blocks = re.split(r"\n{2,}", text.replace("\0", "").strip("\n"))
    if head.split("\n", 1)[0].split(maxsplit=1)[:1] != ["WEBVTT"]:
        raise InvalidError(_REFUSED)
    cues = [cue for cue in map(_cue, blocks) if cue]
    if not cues:
        raise InvalidError(_REFUSED)
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _cue(block: str) -> str:
    """Return a cue without its name, empty for what is none."""
    lines = block.split("\n")
    for at, line in enumerate(lines[:2]):
        if _TIMES.match(line):
            return "\n".join([line, *lines[at + 1 :]])
    return ""
