"""What a search asks for: words, phrases, and the operators that narrow them.

The operators are Mastodon's: https://docs.joinmastodon.org/methods/search/. What is no operator
is a word, so nothing that one types is refused.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

MAX_PARTS = 32
"""What is asked for beyond is left out."""
MAX_TEXT = 100_000
"""So many characters of a post are found by its words."""
OPEN_FROM = 3
"""Words of so many letters are found by how they begin."""
SHORT, LONG = 3, 5
"""Shorter words have no endings; longer ones lose an `e`, so that class is found by classes."""
MAX_LETTERS = 64
"""Longer words are alike where so many letters are."""
# Letters that Unicode does not take apart, and those that Arabic writes one way or the other.
_ALIKE = str.maketrans(
    {
        "đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe",
        "\u0640": None, "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك",
        **{chr(0x0660 + digit): str(digit) for digit in range(10)},
        **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
    }
)  # fmt: skip
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
HAS = frozenset({"media", "image", "video", "audio", "poll", "link", "embed"})
IS = frozenset({"reply", "sensitive", "quote"})
IN = frozenset({"library", "public"})

# Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces, and Korean joins its particles
# to words: there each sign is a word, and several are a phrase.
_SIGNS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowels of India's scripts are no letters for Python, and stand within words all the same.
_VOWELS = "\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(rf"[{_SIGNS}]|(?:[^\W_{_SIGNS}]|[{_VOWELS}])+")
_PART = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)


class Words(Struct, frozen=True):
    """Words that stand together; the last may go on where `open_ended`."""

    tokens: tuple[str, ...]
    open_ended: bool
    unwanted: bool = False


class Condition(Struct, frozen=True):
    """An operator: `name` is `from`, `has`, `is`, `in`, `language`, `before` or `after`."""

    name: str
    value: str
    unwanted: bool = False
    since: datetime | None = None
    until: datetime | None = None
    """A span of time that begins with `since` and ends before `until`."""


class SearchQuery(Struct, frozen=True):
    """Everything that a search asks for."""

    words: tuple[Words, ...]
    conditions: tuple[Condition, ...]

    @property
    def wants(self) -> bool:
        """Whether anything is asked for, rather than only left out."""
        return not (
            all(one.unwanted for one in self.words)
            and all(one.unwanted for one in self.conditions)
        )

    @property
    def plain(self) -> str:
        """The wanted words alone: what names of people and hashtags are looked up by."""
        return " ".join(" ".join(one.tokens) for one in self.words if not one.unwanted)


def tokens(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case and accents.

    Of scripts without spaces each sign is a word. Chinese is compared as it is written: the
    simplified and the traditional form of a sign are two.
    """
    text = text[:MAX_TEXT]
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text)
        bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
        text = unicodedata.normalize("NFKC", bare.casefold()).translate(_ALIKE)
    return [token[:MAX_LETTERS] for token in _TOKEN.findall(text.casefold())]


def name_key(name: str) -> str:
    """Return a person's name as it is compared: each word with a space before it."""
    return "".join(f" {token}" for token in tokens(name))


def tag_beginning(name: str) -> str:
    """Return what hashtags that begin with `name` begin with, without accents."""
    return "".join(tokens(name))


def stem(token: str) -> str:
    """Return what a word of `tokens` is found by, whether it means one thing or several.

    Endings of English and of the Romance languages (fraction and fractions, escuela and
    escuelas, study and studies), and the Arabic article. A guess by letters alone: what two
    words have in common by chance finds both.
    """
    if token.isascii():
        return _without_plural(token) if len(token) > SHORT and token.isalpha() else token
    for article in _ARTICLES:
        if token.startswith(article) and len(token) - len(article) >= OPEN_FROM:
            return token[len(article) :]
    return token


def _without_plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-2]
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}i"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if word.endswith("s") and word[-2] not in "su":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > LONG else word


def parse(q: str) -> SearchQuery:
    """Return what `q` asks for; of very many parts the first."""
    words: list[Words] = []
    conditions: list[Condition] = []
    for number, found in enumerate(_PART.finditer(q)):
        if number == MAX_PARTS:
            break
        sign, name, quoted, bare = found.groups()
        value = bare if quoted is None else quoted
        condition = _condition((name or "").lower(), value, unwanted=bool(sign))
        if condition is not None:
            conditions.append(condition)
            continue
        said = tuple(tokens(f"{name} {value}" if name else value))
        if said:
            words.append(Words(said, quoted is None and len(said[-1]) >= OPEN_FROM, bool(sign)))
    return SearchQuery(tuple(words), tuple(conditions))


def _condition(name: str, value: str, *, unwanted: bool) -> Condition | None:
    word = value.strip().lower()
    if name in {"before", "after", "during"}:
        return _span(name, word, unwanted=unwanted)
    known = {"has": HAS, "is": IS, "in": IN}.get(name)
    if known is not None and word not in known:
        return None
    if name == "from":
        word = word.lstrip("@").replace("\0", "")
    if name == "language" and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,8})*", word):
        return None
    if not word or (known is None and name not in {"from", "language"}):
        return None
    return Condition(name, word, unwanted)


def _span(name: str, word: str, *, unwanted: bool) -> Condition | None:
    try:
        begins = datetime.combine(date.fromisoformat(word), time(), UTC)
        ends = begins + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    since = None if name == "before" else ends if name == "after" else begins
    until = None if name == "after" else begins if name == "before" else ends
    return Condition("time", word, unwanted, since, until)
