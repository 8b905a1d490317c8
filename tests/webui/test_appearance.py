"""How pages look to a member: light, letters, counts, language, clock."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import reactions
from tests.browse import filled_in
from webui import locales, words

PLACE = "/settings/appearance"


@pytest.fixture
def spanish(monkeypatch):
    """Pages that can be said in Spanish and Arabic, too."""
    known = {"en": "English", "es": "Español", "ar": "العربية"}
    monkeypatch.setattr(locales, "LOCALES", known)
    monkeypatch.setattr("webui.appearance.LOCALES", known)
    # Which language it is counts here, not what is said in it.
    monkeypatch.setattr(words, "catalogue", words.Catalogue)


@pytest.fixture
def choose(at_maya):
    async def send(**changes: str):
        page = await at_maya.get(PLACE)
        return await at_maya.submit(page, PLACE, changes)

    return send


def spoken_in(page) -> tuple[str, str]:
    html = page.root.find("html")[0]
    return html["lang"], html["dir"]


def modes_of(page) -> dict[str, str]:
    html = page.root.find("html")[0].attributes
    return {name: value for name, value in html.items() if name.startswith("data-")}


async def test_a_visitor_cannot_choose(visitor):
    answer = await visitor.get(PLACE)

    assert answer.status == 303
    assert answer.location.startswith("/auth/sign_in")


async def test_visitors_see_pages_as_their_device_is_set(visitor, choose):
    await choose(theme="dark", contrast="more", text="large", reading="plain")

    assert modes_of(await visitor.get("/")) == {}


async def test_what_is_chosen_is_on_every_page(at_maya, choose):
    answer = await choose(theme="dark", contrast="more", text="large", reading="plain")
    saved = await at_maya.follow(answer)

    assert "Saved." in saved.text
    for path in (PLACE, "/home", "/@maya", "/nothing/here"):
        assert modes_of(await at_maya.get(path)) == {
            "data-theme": "dark",
            "data-contrast": "more",
            "data-text": "large",
            "data-reading": "plain",
        }


async def test_what_the_device_says_is_left_out_of_the_page(at_maya, choose):
    await choose(theme="dark", text="large")
    await choose(theme="system", text="normal")

    assert modes_of(await at_maya.get("/home")) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("contrast", "most"),
        ("time_zone", "Moon/Base"),
        ("time_zone", "../etc/passwd"),
        ("page_language", "tlh"),
    ],
    ids=["theme", "contrast", "zone", "path", "language"],
)
async def test_what_is_not_offered_is_refused_and_nothing_is_lost(at_maya, choose, name, value):
    answer = await choose(**{"reading": "plain", "show_counts": "1", name: value})

    assert answer.status == 422
    assert answer.root.find("a", href=f"#f-{name}")
    assert filled_in(answer.form(PLACE))["reading"] == "plain"
    assert filled_in(answer.form(PLACE))["show_counts"] == "1"
    assert modes_of(await at_maya.get("/home")) == {}


async def test_times_are_said_on_the_members_clock(at_maya, choose, publish, maya):
    post = await publish(maya, "Clay.")
    before = (await at_maya.get(f"/@maya/{post}")).main.find("time")[0].text
    await choose(time_zone="Asia/Kolkata")

    after = (await at_maya.get(f"/@maya/{post}")).main.find("time")[0].text
    assert before != after


class TestCounts:
    """H8: pages show no counts, unless the member asks for them."""

    @pytest.fixture
    async def post(self, ctx, publish, maya, tom) -> str:
        number = await publish(maya, "Which first?", visibility=Visibility.PUBLIC)
        how = {"actor": tom.actor, "post_id": number, "now": ctx.clock()}
        await ctx.write(reactions.favourite, addresses=ctx.addresses, **how)
        await ctx.write(reactions.boost, addresses=ctx.addresses, **how)
        return f"/@maya/{number}"

    @pytest.mark.parametrize("where", ["post", "/@maya", "/local"])
    async def test_there_are_none(self, at_maya, post, where):
        page = await at_maya.get(post if where == "post" else where)

        assert not page.root.find("p", class_="counts")
        assert "recommended by one" not in page.text

    async def test_they_are_there_for_who_asks(self, at_maya, at_tom, choose, post):
        await choose(show_counts="1")
        page, profile = await at_maya.get(post), await at_maya.get("/@maya")

        assert "recommended by one, passed on by one" in page.text
        assert "0 follow maya" in profile.text.lower()
        assert not (await at_tom.get(post)).root.find("p", class_="counts")


class TestLanguage:
    @pytest.mark.usefixtures("spanish")
    async def test_pages_follow_the_browser(self, visitor):
        page = await visitor.get("/", **{"Accept-Language": "fr, es-MX;q=0.8, en;q=0.5"})

        assert spoken_in(page) == ("es", "ltr")
        assert "Accept-Language" in page.headers["Vary"]

    @pytest.mark.usefixtures("spanish")
    async def test_what_the_member_chose_comes_first(self, at_maya, choose):
        await choose(page_language="ar")
        page = await at_maya.get("/home", **{"Accept-Language": "es"})

        assert spoken_in(page) == ("ar", "rtl")

    @pytest.mark.usefixtures("spanish")
    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("", "en"),
            ("fr", "en"),
            ("es", "es"),
            ("ES-mx", "es"),
            ("es;q=0, en;q=0.1", "en"),
            ("en;q=0.2, es;q=0.9", "es"),
            ("*", "en"),
            ("es;q=high", "en"),
            (",;,=;q", "en"),
            ("es" * 5000, "en"),
        ],
    )
    async def test_what_a_browser_asks_for_is_read_with_care(self, visitor, asked, said):
        page = await visitor.get("/", **{"Accept-Language": asked[:4000]})

        assert spoken_in(page)[0] == said

    async def test_only_languages_that_pages_are_written_in_are_said(self, visitor):
        """A page that calls itself Klingon and is not would be read out wrongly."""
        page = await visitor.get("/", **{"Accept-Language": "tlh"})

        assert spoken_in(page) == ("en", "ltr")
