"""What a search asks for: words, phrases, and the operators that narrow them.

The operators are Mastodon's: https://docs.joinmastodon.org/methods/search/. What is no operator
is a word, so nothing that one types is refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MAX_PARTS = 32
"""What is asked for beyond is left out."""
MAX_TEXT = 100_000
"""So many characters of a post are found by its words."""
OPEN_FROM = 3
"""Words of so many letters are found by how they begin."""
HAS = frozenset({"media", "image", "video", "audio", "poll", "link", "embed"})
IS = frozenset({"reply", "sensitive", "quote"})
IN = frozenset({"library", "public"})

# Chinese and Japanese have no spaces: there each sign is a word, and several are a phrase.
_SIGNS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+")
_PART = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand together; the last may go on where `open_ended`."""

    tokens: tuple[str, ...]
    open_ended: bool
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator: `name` is `from`, `has`, `is`, `in`, `language`, `before` or `after`."""

    name: str
    value: str
    unwanted: bool = False
    since: datetime | None = None
    until: datetime | None = None
    """A span of time that begins with `since` and ends before `until`."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Everything that a search asks for."""

    words: tuple[Words, ...]
    conditions: tuple[Condition, ...]

    @property
    def plain(self) -> str:
        """The wanted words alone: what names of people and hashtags are looked up by."""
        return " ".join(" ".join(one.tokens) for one in self.words if not one.unwanted)


def tokens(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case and accents."""
    letters = unicodedata.normalize("NFKD", text[:MAX_TEXT])
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _TOKEN.findall(unicodedata.normalize("NFKC", bare.casefold()))


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
