"""Drawings for the demo: diagrams a teacher would make."""

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

SIZE = (960, 480)
_PAPER, _INK, _LINE = "#fbf7ee", "#24332e", "#c9bfa8"
_GREEN, _YELLOW, _RED, _BLUE = "#3f7d62", "#e2a72e", "#b5533c", "#5b8db0"


def draw(name: str) -> bytes:
    """Return a drawing as PNG; `name` is one of `garden`, `fractions`, `rain`, `detour`."""
    image = Image.new("RGB", SIZE, _PAPER)
    _DRAWINGS[name](ImageDraw.Draw(image))
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def _fractions(pen: ImageDraw.ImageDraw) -> None:
    left, width, height = 60, 840, 62
    for row, parts in enumerate((1, 2, 3, 4, 6)):
        top = 48 + row * 80
        for part in range(parts):
            x0 = left + width * part // parts
            x1 = left + width * (part + 1) // parts
            lifted = parts == 4 and part == 1  # noqa: PLR2004 - the fourth that was lifted out
            shift = -14 if lifted else 0
            fill = _YELLOW if lifted else "#ffffff"
            box = (x0, top + shift, x1, top + height + shift)
            pen.rectangle(box, fill=fill, outline=_INK, width=3)


def _garden(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 360, 960, 480), fill="#e8dfc6")
    for at, colour in enumerate((_YELLOW, _RED, _GREEN)):
        left = 70 + at * 290
        pen.rectangle((left, 90, left + 240, 330), fill="#8a6a4a", outline=_INK, width=4)
        for row in range(3):
            for column in range(4):
                x, y = left + 34 + column * 58, 126 + row * 76
                pen.ellipse(
                    (x - 18, y - 18, x + 18, y + 18), fill=colour, outline=_INK, width=2
                )
    pen.line((0, 360, 960, 360), fill=_LINE, width=4)


def _rain(pen: ImageDraw.ImageDraw) -> None:
    weeks = (8, 12, 9, 22, 30, 27, 45, 52, 88, 61)
    for line in range(5):
        y = 420 - line * 84
        pen.line((70, y, 900, y), fill=_LINE, width=2)
    for at, value in enumerate(weeks):
        left = 90 + at * 81
        fill = _RED if value == max(weeks) else _BLUE
        pen.rectangle((left, 420 - value * 4, left + 54, 420), fill=fill, outline=_INK, width=2)
    pen.line((70, 420, 900, 420), fill=_INK, width=4)


def _detour(pen: ImageDraw.ImageDraw) -> None:
    for y in (140, 340):
        pen.line((0, y, 960, y), fill="#ded5c0", width=46)
    for x in (240, 480, 720):
        pen.line((x, 0, x, 480), fill="#ded5c0", width=46)
    route = ((0, 340), (240, 340), (240, 140), (720, 140), (720, 340), (960, 340))
    pen.line(route, fill=_GREEN, width=14, joint="curve")
    for x in range(300, 680, 46):
        pen.line((x, 322, x + 22, 358), fill=_RED, width=9)
    pen.rectangle((520, 44, 640, 104), fill=_YELLOW, outline=_INK, width=3)


_DRAWINGS: Mapping[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "fractions": _fractions,
    "garden": _garden,
    "rain": _rain,
    "detour": _detour,
}
