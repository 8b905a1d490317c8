"""Every sentence of the pages goes through the catalogue."""

import re

import pytest
from aiohttp import web
from sqlalchemy import String, select

from fedi_k12 import __version__
from fedi_k12.domain.permissions import Role
from fedi_k12.services.site import DEFAULT_RULES
from storage.tables.base import Base
from tests import catalogue
from tests.browse import Element
from tests.webui.test_every_page import ALL, open_page, places
from webui import words
from webui.locales import LOCALES, USUAL
from webui.routes import ROUTES
from webui.words import Catalogue

__all__ = ["open_page", "places"]

_SAID = re.compile(r"⟦[^⟦⟧]*⟧")
_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
_WRITTEN = (
    "Clay & <b>paper</b>", "Mine.", "Yes.", "Begun", "CSV", "HTML", "@name@school.example",
    "@maths@forum.example", "0 bytes", f"fedi-k12 {__version__}", *DEFAULT_RULES,
)  # fmt: skip
"""What is shown in another form than it is stored in, and what is no sentence."""
_TIMES = re.compile(
    r"\d+:\d\d [ap]m(, [A-Z][a-z]+ \d+ [A-Z][a-z]+ \d{4})?|[A-Z][a-z]{2} \d+ [A-Z][a-z]{2,3}\b"
)
_NOT_OURS = {"code", "bdi", "time", "script", "style", "svg", "textarea", "option"}


class Pseudo(Catalogue):
    """A language in which every sentence of the catalogue shows that it went through it."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, one, many, number):
        return f"⟦{one if number == 1 else many}⟧"


@pytest.fixture
def pseudo(monkeypatch):
    monkeypatch.setattr(words, "catalogue", Pseudo)
    monkeypatch.setattr(words, "read_catalogue", Pseudo)


@pytest.fixture
def stored(ctx):
    """All that anybody wrote into the store."""

    async def everything() -> list[str]:
        found: set[str] = {ctx.settings.name, ctx.settings.domain, ctx.settings.handle_domain}
        async with ctx.read() as session:
            for table in Base.metadata.sorted_tables:
                texts = [column for column in table.c if isinstance(column.type, String)]
                if texts:
                    rows = await session.execute(select(*texts))
                    found |= {str(value) for row in rows for value in row if value}
        return sorted((one for one in found if len(one) > 1), key=len, reverse=True)

    return everything


def unmarked(element: Element, known: list[str]):
    """Yield the texts of a page that are in no catalogue."""
    foreign = "lang" in element.attributes and element.name != "html"
    if element.name in _NOT_OURS or foreign:
        return
    texts = [child for child in element.children if isinstance(child, str)]
    texts += [element[name] for name in _ATTRIBUTES]
    yield from (text for text in texts if is_ours(text, known))
    for child in element.children:
        if isinstance(child, Element):
            yield from unmarked(child, known)


def is_ours(text: str, known: list[str]) -> bool:
    """Return whether something is left of a text without what is said and what is stored."""
    left = _TIMES.sub("", " ".join(text.split()))
    while _SAID.search(left):
        left = _SAID.sub("|", left)
    for value in (*_WRITTEN, *known):
        left = left.replace(" ".join(value.split()), "")
    return re.search(r"[A-Za-z]{3}", left) is not None


async def test_every_sentence_of_a_page_is_in_the_catalogue(
    open_page, pseudo, stored, subtests
):
    known = await stored()
    for who, path in ALL:
        with subtests.test(f"{who} {path}"):
            page = await open_page(who, path)
            assert page.status in {200, 404}
            assert list(unmarked(page.root, known)) == []


PLAIN = sorted(
    {
        route.path
        for route in ROUTES
        if isinstance(route, web.RouteDef) and route.method == "GET" and "{" not in route.path
    }
)


async def test_every_sentence_that_an_owner_reads_is_in_the_catalogue(
    make_member, seated, places, pseudo, stored, subtests
):
    browser = await seated(await make_member("olga", role=Role.OWNER))
    known, read = await stored(), 0
    for path in PLAIN:
        with subtests.test(path):
            page = await browser.get(path)
            if page.status == 200 and page.headers["Content-Type"].startswith("text/html"):
                assert list(unmarked(page.root, known)) == []
                read += 1
    assert read > len(PLAIN) / 2


@pytest.mark.parametrize("locale", [tag for tag in LOCALES if tag != USUAL])
def test_every_sentence_is_translated(locale):
    fresh = catalogue.renewed(locale)

    missing = [one.id for one in fresh if one.id and not (one.string and all(one.string))]
    assert missing == [], "run `python -m tests.catalogue`, and translate what is new"


@pytest.mark.parametrize("locale", [tag for tag in LOCALES if tag != USUAL])
def test_a_translation_says_what_the_sentence_says(locale):
    fresh = catalogue.renewed(locale)

    wrong = [(one.id, error) for one in fresh for error in one.check(fresh)]
    assert wrong == []
    assert [one.id for one in fresh if tags_in(one.id) != tags_in(one.string)] == []


def tags_in(sentence) -> set[str]:
    """Return what stands in a sentence and must stay: elements and parts."""
    text = sentence if isinstance(sentence, str) else sentence[-1]
    return set(re.findall(r"</?[a-z]+[^>]*>|%\([a-z_]+\)s", text))
