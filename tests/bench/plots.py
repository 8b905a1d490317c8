"""Plots of what was measured, as SVG written by hand."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 250, 56, 60
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#b37400",
    "#3a9bc8",
    "#000000",
    "#7f5539",
)
"""Told apart by those, too, who see red and green alike (Okabe and Ito)."""
MARKS = ("circle", "square", "up", "diamond", "down")
_ROOM = 17
"""So far apart, at least, the names beside the lines stand."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One curve and what it is called."""

    name: str
    points: Points
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """What is told along one side; both ends are powers of ten where it is logarithmic."""

    name: str
    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, name: str, values: Iterable[float], *, log: bool) -> "Axis":
        """Return an axis on which all values have their place."""
        known = [value for value in values if value > 0 or not log]
        if log:
            low, high = floor(log10(min(known))), ceil(log10(max(known)))
            return cls(name, 10.0**low, 10.0 ** max(high, low + 1), log)
        step = _step(max(known))
        return cls(name, 0.0, max(1, ceil(max(known) / step)) * step, log)

    def at(self, value: float) -> float:
        """Return how far along a value stands, between 0 and 1."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return log10(max(value, self.low) / self.low) / log10(self.high / self.low)

    def ticks(self) -> list[float]:
        """Return the values that a line is drawn at."""
        if not self.log:
            step = _step(self.high)
            return [step * at for at in range(round(self.high / step) + 1)]
        return [10.0**at for at in range(round(log10(self.low)), round(log10(self.high)) + 1)]


def _step(high: float) -> float:
    size = 10.0 ** floor(log10(high or 1.0))
    return next(part * size for part in (0.2, 0.5, 1.0, 2.0) if high / (part * size) <= 6)


def chart(title: str, x_name: str, y_name: str, lines: Sequence[Line], *, log_y: bool) -> str:
    """Return a plot whose x axis is logarithmic."""
    x = Axis.over(x_name, [one for line in lines for one, _y in line.points], log=True)
    y = Axis.over(y_name, [one for line in lines for _x, one in line.points], log=log_y)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="28" font-size="17" font-weight="bold">{escape(title)}</text>',
        *_axes(x, y),
    ]
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    ends = []
    for nth, line in enumerate(lines):
        colour = COLOURS[nth % len(COLOURS)]
        places = [
            (LEFT + x.at(at) * wide, HEIGHT - BOTTOM - y.at(value) * high)
            for at, value in line.points
        ]
        path = " ".join(f"{at:.1f},{value:.1f}" for at, value in places)
        dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
            f"{dashes}/>"
        )
        parts += [_mark(MARKS[nth % len(MARKS)], *place, colour) for place in places]
        ends.append((places[-1], line.name, colour))
    return "\n".join([*parts, *_names(ends), "</svg>", ""])


def _axes(x: Axis, y: Axis) -> list[str]:
    wide, high, foot = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    parts = []
    for value in x.ticks():
        at = LEFT + x.at(value) * wide
        parts += [
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{foot}" stroke="#e3e3e3"/>',
            f'<text x="{at:.1f}" y="{foot + 20}" text-anchor="middle">{_number(value)}</text>',
        ]
    for value in y.ticks():
        at = foot - y.at(value) * high
        parts += [
            f'<line x1="{LEFT}" x2="{LEFT + wide}" y1="{at:.1f}" y2="{at:.1f}" '
            f'stroke="#e3e3e3"/>',
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_number(value)}</text>',
        ]
    middle = TOP + high / 2
    return [
        *parts,
        f'<path d="M{LEFT},{TOP} V{foot} H{LEFT + wide}" fill="none" stroke="#333"/>',
        f'<text x="{LEFT + wide / 2}" y="{foot + 46}" text-anchor="middle">'
        f"{escape(x.name)}</text>",
        f'<text x="20" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 20 {middle})">{escape(y.name)}</text>',
    ]


def _mark(kind: str, x: float, y: float, colour: str) -> str:
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    corners = {
        "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        "up": ((0, -5), (5, 4), (-5, 4)),
        "down": ((0, 5), (5, -4), (-5, -4)),
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
    }[kind]
    path = " ".join(f"{x + right:.1f},{y + down:.1f}" for right, down in corners)
    return f'<polygon points="{path}" fill="{colour}"/>'


def _names(ends: Sequence[tuple[tuple[float, float], str, str]]) -> list[str]:
    """Return the names beside the ends of their lines, none on another."""
    parts, last = [], TOP - _ROOM * 1.0
    room = HEIGHT - BOTTOM
    ordered = sorted(ends, key=lambda end: end[0][1])
    for left, ((x, y), name, colour) in zip(
        range(len(ordered) - 1, -1, -1), ordered, strict=True
    ):
        last = max(last + _ROOM, min(y, room - left * _ROOM))
        start = WIDTH - RIGHT + 26
        parts += [
            f'<line x1="{x + 6:.1f}" y1="{y:.1f}" x2="{start - 4}" y2="{last:.1f}" '
            f'stroke="{colour}" stroke-width="0.7"/>',
            f'<text x="{start}" y="{last + 4:.1f}" fill="{colour}">{escape(name)}</text>',
        ]
    return parts


def _number(value: float) -> str:
    for size, letter in ((1e6, " million"), (1e3, ",000")):
        if value >= size and value % size == 0:
            return f"{value / size:,.0f}{letter}"
    return f"{value:g}"


def draw(came: dict[str, Any]) -> dict[str, str]:
    """Return the plots of all that was measured (`tests.bench.growth`), by name."""
    posts = came["posts"]
    pages = list(posts[0]["pages"])
    home = [name for name in pages if name.startswith("home")]
    others = [name for name in pages if name not in home]

    def of(name: str, figure: str) -> Points:
        return [(one["posts"], one["pages"][name][figure]) for one in posts]

    drawn = {
        "home": [Line(name, of(name, "p99")) for name in home],
        "home_work": [Line(name, of(name, "cpu_p99")) for name in home],
        "pages": [Line(name, of(name, "p99")) for name in others],
        "pages_work": [Line(name, of(name, "cpu_p99")) for name in others],
    }
    said = {
        "home": "The home timeline, 99th percentile by the clock",
        "home_work": "The home timeline, 99th percentile of the server's work",
        "pages": "Other pages, 99th percentile by the clock",
        "pages_work": "Other pages, 99th percentile of the server's work",
    }
    found = {
        name: chart(said[name], "posts", "milliseconds", lines, log_y=True)
        for name, lines in drawn.items()
    }
    return found | _more(came)


def _more(came: dict[str, Any]) -> dict[str, str]:
    posts, spread, members = came["posts"], came["fan_out"], came["members"]
    well = [one for one in spread if one["followers"] == one["deliveries"]]
    news, rested = members[-1]["news"], [one for one in posts if "rest" in one]

    def along(points: Sequence[dict[str, Any]], x: str, y: Callable[[Any], float]) -> Points:
        return [(one[x], y(one)) for one in points]

    return {
        "inbox": chart(
            "Notes that come in", "posts", "a second, until visible",
            [Line("notes", along(posts, "posts", lambda one: one["inbox"]["a_second"]))],
            log_y=False,
        ),
        "fan_out": chart(
            "One post to followers on other servers", "followers", "seconds",
            [
                Line("until the last has it", along(well, "followers", lambda o: o["seconds"])),
                Line(
                    "what the server works",
                    along(well, "followers", lambda o: o["cpu_us"] * o["deliveries"] / 1e6),
                ),
            ],
            log_y=True,
        ),
        "homes": chart(
            "One note to members who follow its author", "members", "milliseconds",
            [
                Line("until it stands in every home",
                     along(news, "followers", lambda o: o["ms_a_note"])),
                Line("what the server works",
                     along(news, "followers", lambda o: o["cpu_us"] / 1e3)),
            ],
            log_y=True,
        ),
        "memory": chart(
            "Memory of the server's own, by what it does", "posts", "megabytes",
            [
                Line("idle", along(rested, "posts", lambda one: one["rest"]["memory_mb"])),
                Line("inbox", along(posts, "posts", lambda one: one["inbox"]["memory_mb"])),
                Line("pages", along(posts, "posts", lambda one: max(
                    page["memory_mb"] for page in one["pages"].values()))),
            ],
            log_y=False,
        ),
        "database": chart(
            "The database", "posts", "megabytes",
            [Line("fedi-k12.db", along(posts, "posts", lambda one: one["database_mb"]))],
            log_y=True,
        ),
    }  # fmt: skip
