"""Alerts in an emergency: their levels, and the texts in which they are told (R-53 to R-55)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.languages import LANGUAGES, normalise_language
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.words import words as words_of

REVIEW_WITHIN = timedelta(hours=1)
"""So long after it was raised, a second person has looked at an alert."""
MAX_TEXT, MAX_AREA = 600, 200
MAX_LASTS = timedelta(days=7)
NEEDED_LANGUAGES = ("en", "es")
"""Every template is written in these; a district adds more."""


class Level(StrEnum):
    """What is to be done, in the words of the Standard Response Protocol and of districts."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"
    CLOSED = "closed"
    INFORMATION = "information"
    ALL_CLEAR = "all clear"


WORDS: Mapping[str, Mapping[Level, str]] = {
    "en": {
        Level.HOLD: "Hold",
        Level.SECURE: "Secure",
        Level.LOCKDOWN: "Lockdown",
        Level.EVACUATE: "Evacuate",
        Level.SHELTER: "Shelter",
        Level.CLOSED: "Closed",
        Level.INFORMATION: "Information",
        Level.ALL_CLEAR: "All clear",
    },
    "es": {
        Level.HOLD: "Permanecer en el aula",
        Level.SECURE: "Puertas exteriores cerradas",
        Level.LOCKDOWN: "Cierre de emergencia",
        Level.EVACUATE: "Evacuar",
        Level.SHELTER: "Refugiarse",
        Level.CLOSED: "Cerrado",
        Level.INFORMATION: "Información",
        Level.ALL_CLEAR: "Fin de la alerta",
    },
}
DRILL: Mapping[str, str] = {
    "en": "DRILL. This is an exercise, nothing has happened.",
    "es": "DRILL (SIMULACRO). Es un ejercicio, no ha pasado nada.",
}


class AlertView(Struct, frozen=True):
    """An alert as it is told, and who raised and reviewed it."""

    id: int
    chain_id: int
    """The first alert of its chain; its own id where it is the first."""
    follows_id: int | None
    level: Level
    drill: bool
    account_id: int
    area: str
    texts: Mapping[str, str]
    """What is told, by language; the first is the one told first."""
    starts_at: datetime
    ends_at: datetime
    over_at: datetime | None
    """When it ended or another took its place; None while it lasts."""
    post_id: int
    raised_by: int
    raised_at: datetime
    reviewed_at: datetime | None

    @property
    def review_due_at(self) -> datetime:
        """When a second person has to have looked at it."""
        return self.raised_at + REVIEW_WITHIN

    def lasts(self, now: datetime) -> bool:
        """Return whether it holds at a moment."""
        return self.over_at is None and self.starts_at <= now < self.ends_at


def word_of(level: Level, language: str) -> str:
    """Return the word for a level, in English where there is none in that language."""
    return WORDS.get(language.partition("-")[0], WORDS["en"])[level]


def drill_label(language: str) -> str:
    """Return the line that begins each text of a drill; it has the word DRILL in it."""
    return DRILL.get(language.partition("-")[0], DRILL["en"])


def heading(level: Level, area: str, language: str, *, drill: bool) -> str:
    """Return the one line that says what holds where."""
    label = "DRILL: " if drill else ""
    return f"{label}{word_of(level, language)}: {area}"


def told(level: Level, area: str, text: str, more: str, language: str, *, drill: bool) -> str:
    """Return the whole text of an alert in one language: paragraphs, plain."""
    parts = [
        drill_label(language) if drill else "",
        heading(level, area, language, drill=drill),
    ]
    return "\n\n".join(part for part in (*parts, text, more) if part)


def fitting(texts: Mapping[str, str], most: int) -> str:
    """Return the texts one after the other, as many whole ones as `most` characters hold."""
    whole = ""
    for words in texts.values():
        longer = f"{whole}\n\n{words}" if whole else words
        if len(longer) > most:
            break
        whole = longer
    return whole


def check_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a template by language tag, or raise `InvalidError`."""
    found = {}
    for name, given in texts.items():
        language, words = normalise_language(name), check_words(given, f"text_{name}")
        if not words:
            continue
        if language is None or language.partition("-")[0] not in LANGUAGES:
            raise InvalidError(
                "That is no language a computer knows. One looks like vi or pt-BR.",
                fields={"language": "is not known"},
            )
        found[language] = words
    for language in NEEDED_LANGUAGES:
        if language not in found:
            raise InvalidError(
                "Write it in English and in Spanish: all families learn of it together.",
                fields={f"text_{language}": "is missing"},
            )
    return {
        language: found[language]
        for language in (
            *NEEDED_LANGUAGES,
            *(one for one in found if one not in NEEDED_LANGUAGES),
        )
    }


def check_words(words: str, field: str) -> str:
    """Return a text without what cannot be told, or raise `InvalidError` naming the field."""
    words = words.replace("\0", "").strip()
    if len(words) > MAX_TEXT:
        raise InvalidError(
            words_of("Please say it in %(number)s characters.", number=MAX_TEXT),
            fields={field: "is too long"},
        )
    return words


def check_area(area: str) -> str:
    """Return where an alert holds, in words, or raise `InvalidError`."""
    words = clean_line(area, MAX_AREA)
    if not words:
        raise InvalidError("Say where it holds.", fields={"area": "is missing"})
    return words


def check_end(now: datetime, minutes: int) -> datetime:
    """Return when an alert ends that lasts so many minutes, or raise `InvalidError`."""
    if not 1 <= minutes <= MAX_LASTS / timedelta(minutes=1):
        raise InvalidError(
            "An alert lasts from a minute to a week. It can be renewed.",
            fields={"minutes": "is out of range"},
        )
    return now + timedelta(minutes=minutes)
