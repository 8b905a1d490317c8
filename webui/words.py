"""The language of a page: catalogues, and how a sentence is said in the reader's language."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from msgspec import Struct, field

from fedi_k12.domain.words import Words
from webui.locales import USUAL
from webui.po import messages

Plural = tuple[str, ...]


class Catalogue(Struct, frozen=True):
    """What one language calls things: a translation for each English sentence."""

    locale: str
    single: dict[str, str] = field(default_factory=dict)
    plural: dict[str, Plural] = field(default_factory=dict)

    def gettext(self, message: str) -> str:
        """Return a sentence in this language, or in English where nobody has translated it."""
        return self.single.get(message) or message

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the form that fits a number (English and Spanish: one, and all others)."""
        forms = self.plural.get(one) or (one, many)
        return forms[0] if number == 1 else forms[-1]


ENGLISH = Catalogue(USUAL)
_now: ContextVar[Catalogue] = ContextVar("catalogue", default=ENGLISH)


def read_catalogue(locale: str) -> Catalogue:
    """Return the catalogue of a language; English, where sentences are written, has none."""
    if locale == USUAL:
        return ENGLISH
    single: dict[str, str] = {}
    plural: dict[str, Plural] = {}
    with (files("webui") / "translations" / f"{locale}.po").open(encoding="utf-8") as file:
        for message, forms in messages(file):
            if len(forms) == 1:
                single[message] = forms[0]
            else:
                plural[message] = forms
    return Catalogue(locale, single, plural)


catalogue = cache(read_catalogue)
"""The same, kept from the first time on."""


@contextmanager
def speaking(locale: str, *, once: bool = False) -> Iterator[None]:
    """Say everything in a language while this lasts.

    `once`: nobody reads a page in it for that reason, so the catalogue (1.5 MB, 30 ms) is not
    kept.
    """
    before = _now.set(read_catalogue(locale) if once else catalogue(locale))
    try:
        yield
    finally:
        _now.reset(before)


def gettext(message: str) -> str:
    """Return a sentence in the language of the page that is being made."""
    return _now.get().gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form that fits a number, in the language of the page that is being made."""
    return _now.get().ngettext(one, many, number)


def spoken_locale() -> str:
    """Return the tag of the language of the page that is being made."""
    return _now.get().locale


def said(text: str) -> str:
    """Return a sentence of ours in the reader's language; anything else as it is.

    For sentences that were made where nobody knows the reader: refusals, and words kept in
    tables. Names and what members wrote must not go through here.
    """
    if not isinstance(text, Words):
        return gettext(text)
    found = _now.get()
    form = (
        found.gettext(text.message)
        if text.many is None
        else found.ngettext(text.message, text.many, text.number)
    )
    parts = {
        name: said(part) if isinstance(part, Words) else part
        for name, part in text.parts.items()
    }
    return form % parts if parts else form
