"""Pages in Spanish: chosen by the browser or the member, dates and help included."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import webui
from webui import help_pages
from webui.front import HELP
from webui.locales import LOCALES, USUAL
from webui.times import Spoken
from webui.words import catalogue, ngettext, said, speaking

PAGES = Path(webui.__file__).parent / "help"
NOW = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
HERE = Spoken(NOW, ZoneInfo("America/Chicago"))


def said_in_spanish(sentence: str) -> str:
    with speaking("es"):
        return said(sentence)


def headings(text: str) -> list[str]:
    """Return the levels of a page's headings, in their order."""
    return re.findall(r"^(#+) ", text, re.MULTILINE)


def called(text: str) -> set[str]:
    """Return what a page sets apart: mostly what buttons and pages are called."""
    found = re.findall(r"(?<!\*)(\*{1,2})([^*]+)\1(?!\*)", text)
    return {part for _stars, name in found for part in " ".join(name.split()).split(", ")}


def names(text: str) -> set[str]:
    """Return what a page sets as code: commands, settings, files, ids."""
    return set(re.findall(r"`([^`\n]+)`", text))


async def test_a_visitor_reads_in_the_language_of_the_browser(visitor):
    page = await visitor.get("/", **{"Accept-Language": "es-MX, en;q=0.5"})

    assert page.root.find("html")[0]["lang"] == "es"
    assert page.headers["Content-Language"] == "es"
    assert "Iniciar sesión" in page.text
    assert "Sign in" not in page.text


async def test_every_page_of_help_is_in_spanish(visitor):
    for name, title in HELP:
        page = await visitor.get(f"/help/{name}", **{"Accept-Language": "es"})

        assert page.main.find("div", class_="manual")[0]["lang"] == "es"
        assert said_in_spanish(title) in page.title
        assert not re.search(r"\b(the|and|with)\b|usuari[oa]", page.main.text), name


async def test_help_that_nobody_has_translated_is_in_english_and_says_so(visitor, monkeypatch):
    monkeypatch.setattr(help_pages, "spoken_locale", lambda: "fr")

    page = await visitor.get("/help/families", **{"Accept-Language": "es"})

    assert page.main.find("div", class_="manual")[0]["lang"] == "en"
    assert "For families" in page.main.text


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {USUAL}))
def test_every_page_of_help_is_in_every_language(locale):
    written = {path.name for path in PAGES.glob("*.md")}

    assert {path.name for path in (PAGES / locale).glob("*.md")} == written
    assert written == {f"{name}.md" for name, _title in HELP}


@pytest.mark.parametrize("name", [name for name, _title in HELP])
def test_help_has_the_same_parts_and_names_the_same_things_in_spanish(name):
    english, spanish = (
        (folder / f"{name}.md").read_text("utf-8") for folder in (PAGES, PAGES / "es")
    )

    assert headings(spanish) == headings(english)
    assert names(spanish) == names(english)
    known = catalogue("es").single
    expected = {known[name].lower() for name in called(english) if name in known}
    assert expected <= {name.lower() for name in called(spanish)}


async def test_what_members_write_is_never_translated(visitor, maya, publish):
    number = await publish(maya, "Home")

    page = await visitor.get(f"/@maya/{number}", **{"Accept-Language": "es"})

    assert page.main.find("div", class_="prose")[0].text == "Home"


async def test_a_member_who_chose_spanish_is_refused_in_it(at_tom):
    appearance = await at_tom.get("/settings/appearance")
    await at_tom.submit(appearance, "/settings/appearance", {"page_language": "es"})
    page = await at_tom.get("/settings/filters/new")

    answer = await at_tom.submit(page, "/settings/filters/new", {"title": ""})

    assert answer.status == 422
    assert "Give the filter a name." not in answer.text
    assert said_in_spanish("Give the filter a name.") in answer.text


@pytest.mark.parametrize(
    ("say", "at", "words"),
    [
        (HERE.clock, NOW, "12:05\u202fp.m."),
        (HERE.short, datetime(2026, 11, 19, 18, tzinfo=UTC), "Ayer"),
        (HERE.day, datetime(2026, 11, 16, 18, tzinfo=UTC), "lunes, 16 de noviembre"),
        (HERE.short_date, datetime(2025, 1, 6, 18, tzinfo=UTC), "lun, 6 de ene de 2025"),
    ],
)
def test_times_are_said_as_in_spanish(say, at, words):
    with speaking("es"):
        assert say(at).replace("\xa0", " ") == words


def test_a_number_has_its_form():
    with speaking("es"):
        one, many = (ngettext("One post.", "%(num)s posts.", number) for number in (1, 3))

    assert one != many
    assert "%(num)s" in many


def test_a_sentence_without_translation_is_said_in_english():
    with speaking("es"):
        assert (
            said("No such sentence was ever written.") == "No such sentence was ever written."
        )
