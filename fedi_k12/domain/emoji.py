"""Emojis by which people answer a post without words."""

import re
import unicodedata

from msgspec import Struct

MAX_EMOJI = 32
"""Code points: a family of four in all skin colours has fewer."""
QUICK = ("👏", "❤️", "🎉", "💡", "🙏", "😄", "🤔", "🍎")
"""Offered on the pages; apps may send every other."""
SHORTCODE = re.compile(r"[A-Za-z0-9_+-]{1,64}")
_PICTORIAL = {"So", "Sm"}
_JOINER, _KEYCAP, _TEXT, _PICTURE = "\u200d", "\u20e3", "\ufe0e", "\ufe0f"
_ALSO = set("‼⁉〰©®ℹ#*0123456789")
"""Signs that are emojis and, to Unicode, no symbols."""


class EmojiSign(Struct, frozen=True):
    """An emoji that somebody gives: a character, or a custom one with its picture."""

    name: str
    """The character; of a custom one its shortcode, of another server with `@host` behind."""
    url: str | None = None
    """Where the picture of a custom one is: a path of ours, or another server's address."""

    @property
    def shortcode(self) -> str:
        """What stands between colons in a document."""
        return self.name.partition("@")[0]


class ReactionView(Struct, frozen=True):
    """An emoji under a post: how many gave it, and whether the viewer did."""

    name: str
    url: str | None
    count: int
    mine: bool = False

    @property
    def is_custom(self) -> bool:
        """Whether it is a picture of some server and no character."""
        return self.url is not None


def is_emoji(text: str) -> bool:
    """Return whether a text is one emoji, such as 👏, 👩🏽‍🏫, 🇵🇹 or 3️⃣, and nothing else."""
    if not 0 < len(text) <= MAX_EMOJI:
        return False
    signs = [part.strip(_PICTURE + _TEXT) for part in text.split(_JOINER)]
    return all(_is_sign(sign) for sign in signs)


def _is_sign(text: str) -> bool:
    if not text:
        return False
    if text.endswith(_KEYCAP):
        return text.strip(_KEYCAP + _PICTURE) in _ALSO
    if all(0x1F1E6 <= ord(one) <= 0x1F1FF for one in text):  # noqa: PLR2004 - halves of flags
        return len(text) == 2  # noqa: PLR2004 - a country has two letters
    first, rest = text[0], text[1:].strip(_PICTURE)
    if first in "#*0123456789":
        return False
    pictorial = unicodedata.category(first) in _PICTORIAL or first in _ALSO
    return pictorial and all(_belongs(one) for one in rest)


def _belongs(one: str) -> bool:
    """Return whether it colours the sign before it (skins), or spells a region's flag."""
    return "\U0001f3fb" <= one <= "\U0001f3ff" or "\U000e0020" <= one <= "\U000e007f"
