"""Pages in Spanish: chosen by the browser or the member, dates and help included."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webui.times import Spoken
from webui.words import ngettext, said, speaking

NOW = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
HERE = Spoken(NOW, ZoneInfo("America/Chicago"))


def said_in_spanish(sentence: str) -> str:
    with speaking("es"):
        return said(sentence)


async def test_a_visitor_reads_in_the_language_of_the_browser(visitor):
    page = await visitor.get("/", **{"Accept-Language": "es-MX, en;q=0.5"})

    assert page.root.find("html")[0]["lang"] == "es"
    assert page.headers["Content-Language"] == "es"
    assert "Iniciar sesión" in page.text
    assert "Sign in" not in page.text


async def test_help_is_in_spanish_where_it_was_translated_and_says_where_not(visitor):
    spanish = {"Accept-Language": "es"}

    families = await visitor.get("/help/families", **spanish)
    operators = await visitor.get("/help/operators", **spanish)

    assert families.main.find("div", class_="prose")[0]["lang"] == "es"
    assert "distrito" in families.text
    assert operators.main.find("div", class_="prose")[0]["lang"] == "en"


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
