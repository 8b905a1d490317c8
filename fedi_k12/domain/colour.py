"""A district's colour: the hue and the strength of it, whatever was chosen.

OKLCH after Björn Ottosson, https://bottosson.github.io/posts/oklab/, as CSS Color 4 has it.
"""

import math
import re

from msgspec import Struct

MAX_CHROMA = 0.11
"""The most colourful accent: beyond it text on it would be hard to read."""
_NEAR = 1e-4
_HEX = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)
# The tokens of the style sheet that are made of the two numbers: lightness, share of chroma.
LIGHT = {
    "accent": (0.36, 1.0),
    "accent-strong": (0.29, 1.0),
    "accent-wash": (0.955, 0.22),
    "accent-rule": (0.74, 0.8),
}
DARK = {
    "accent": (0.86, 0.95),
    "accent-strong": (0.92, 0.7),
    "accent-wash": (0.29, 0.5),
    "accent-rule": (0.5, 0.8),
}


class Accent(Struct, frozen=True):
    """A hue in degrees and a chroma from 0 to `MAX_CHROMA`."""

    hue: float
    chroma: float

    @property
    def hex(self) -> str:
        """The accent on paper, as `#rrggbb`."""
        return srgb(LIGHT["accent"][0], self.chroma, self.hue)


def accent_of(colour: str) -> Accent | None:
    """Return hue and strength of `#rrggbb`, however light; None for what is no colour."""
    match = _HEX.fullmatch(colour.strip())
    if match is None:
        return None
    red, green, blue = (_linear(int(match[1][at : at + 2], 16) / 255) for at in range(0, 6, 2))
    long = _root(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = _root(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = _root(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    chroma = min(MAX_CHROMA, math.hypot(a, b))
    hue = math.degrees(math.atan2(b, a)) % 360 if chroma > _NEAR else 0.0
    return Accent(round(hue, 1), round(chroma, 4) if chroma > _NEAR else 0.0)


def srgb(lightness: float, chroma: float, hue: float) -> str:
    """Return OKLCH as `#rrggbb`; what screens cannot show is made paler until they can."""
    while True:
        parts = _parts(lightness, chroma, hue)
        if chroma <= 0 or all(-_NEAR <= part <= 1 + _NEAR for part in parts):
            break
        chroma -= 0.002
    return "#" + "".join(f"{round(_curved(part) * 255):02x}" for part in parts)


def stylesheet(accent: Accent) -> str:
    """Return `/accent.css`: the two numbers, and plain values where OKLCH is not known."""
    light, dark = _values(LIGHT, accent), _values(DARK, accent)
    return (
        f":root {{ --accent-h: {accent.hue:g}; --accent-c: {accent.chroma:g}; }}\n"
        "@supports not (color: oklch(0 0 0)) {\n@media screen {\n"
        f":root {{ {light} }}\n"
        f':root[data-theme="dark"] {{ {dark} }}\n'
        "}\n@media screen and (prefers-color-scheme: dark) {\n"
        f':root:not([data-theme="light"]) {{ {dark} }}\n}}\n}}\n'
    )


def _values(tokens: dict[str, tuple[float, float]], accent: Accent) -> str:
    return " ".join(
        f"--{name}: {srgb(lightness, accent.chroma * share, accent.hue)};"
        for name, (lightness, share) in tokens.items()
    )


def _parts(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _linear(part: float) -> float:
    # IEC 61966-2-1: the curve of sRGB
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _curved(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004


def _root(part: float) -> float:
    return math.copysign(abs(part) ** (1 / 3), part)
