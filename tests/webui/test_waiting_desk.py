"""Becoming a member where a moderator has to look: asking, waiting, being let in."""

import pytest
from aiohttp import FormData
from msgspec.structs import replace

from fedi_k12.domain.permissions import Role
from fedi_k12.services import login
from fedi_k12.web.auth import SESSION_COOKIE
from tests.conftest import PASSWORD
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    strangers_in,
    unlabelled_in,
)

PLACE = "/moderation/waiting"


@pytest.fixture
def settings(settings):
    return replace(settings, registrations="approval")


@pytest.fixture
async def at_mona(seated, make_member):
    return await seated(await make_member("mona", role=Role.MODERATOR))


@pytest.fixture
def ask(visitor):
    """Return a function that asks to join, as a visitor does."""

    async def send(name: str = "ines", reason: str = "I teach grade 5 at Lincoln", **more):
        return await visitor.submit(
            await visitor.get("/auth/sign_up"),
            "/auth/sign_up",
            {
                "display_name": name.title(),
                "username": name,
                "email": f"{name}@home.example",
                "password": PASSWORD,
                "affiliation": "family",
                "agreement": "1",
                "reason": reason,
                **more,
            },
        )

    return send


async def test_whoever_asks_is_told_that_somebody_looks(visitor, ask):
    page = await visitor.get("/auth/sign_up")
    assert "looks at every wish to join" in page.text
    assert unlabelled_in(page.root) == []

    page = await ask()

    assert (page.status, "A moderator will look" in page.text) == (200, True)
    assert SESSION_COOKIE not in visitor.cookies
    assert not visitor.cookies.get(SESSION_COOKIE)


async def test_too_many_words_are_not_lost(ask):
    page = await ask(reason="word " * 500)

    assert page.status == 422
    assert page.root.find("textarea", id="f-reason")[0].text.startswith("word word")


async def test_whoever_waits_and_signs_in_reads_that_they_wait(visitor, ask):
    await ask()

    page = await visitor.sign_in("ines", PASSWORD)

    assert (page.status, page.main.find("h1")[0].text) == (200, "You are on the list")
    assert SESSION_COOKIE not in visitor.cookies
    # Whoever does not know the password does not learn that somebody asked.
    wrong = await visitor.sign_in("ines", "another password altogether")
    assert "on the list" not in wrong.text


async def test_the_desk_says_who_waits_and_what_they_wrote(at_mona, ask):
    assert "Nobody waits" in (await at_mona.get(PLACE)).text
    assert "waits to be let in" not in (await at_mona.get("/moderation")).text
    await ask()
    await ask("ren", "")

    page = await at_mona.get(PLACE)

    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []
    assert "I teach grade 5 at Lincoln" in page.text
    assert "They wrote nothing." in page.text
    assert page.text.index("@ines") < page.text.index("@ren")
    assert "2 people wait to be let in." in (await at_mona.get("/moderation")).text
    assert "Moderation new" in (await at_mona.get("/home")).text


async def test_who_waits_is_shown_to_moderators_only(visitor, at_tom, at_mona, ask):
    await ask()
    secret = (await at_tom.get("/write")).root.find("input", name="csrf")[0]["value"]
    member = await waiting(at_mona)
    sent = {"csrf": secret, "id": member[0], "what": "in"}

    assert (await visitor.get(PLACE)).location.startswith("/auth/sign_in")
    assert (await at_tom.get(PLACE)).status == 403
    assert (await at_tom.post(PLACE, sent)).status == 403
    assert (await visitor.post(PLACE, sent)).status in {303, 403}
    assert (await at_mona.post(PLACE, {**sent, "csrf": ""})).status == 403
    assert await waiting(at_mona) == member


async def waiting(browser) -> list[str]:
    """Return the accounts that the desk offers to decide about."""
    page = await browser.get(PLACE)
    return [box["value"] for box in page.main.find("input", name="id")]


async def decide(browser, ids, what: str):
    page = await browser.get(PLACE)
    data = FormData([("csrf", page.root.find("input", name="csrf")[0]["value"])])
    for number in ids:
        data.add_field("id", number)
    data.add_field("what", what)
    return await browser.post(PLACE, data)


async def test_many_are_let_in_at_once_and_can_sign_in(ctx, visitor, at_mona, ask):
    await ask()
    await ask("ren")
    await ask("kai")
    ines, ren, kai = await waiting(at_mona)

    done = await decide(at_mona, [ines, ren], "in")

    assert "They are let in" in (await at_mona.follow(done)).text
    assert await waiting(at_mona) == [kai]
    assert (await visitor.sign_in("ines", PASSWORD)).location == "/home"
    page = await at_mona.get(f"/moderation/members/{ines}")
    assert "member let in" in page.text
    assert "I teach grade 5" not in page.text


async def test_whoever_is_turned_away_leaves_nothing_behind(ctx, at_mona, ask):
    await ask()
    [ines] = await waiting(at_mona)

    done = await decide(at_mona, [ines], "out")

    assert "They are turned away" in (await at_mona.follow(done)).text
    async with ctx.read() as session:
        assert await login.find_member(session, login="ines") is None
    # A colleague who has the old page open is told, and the others are decided about.
    late = await decide(at_mona, [ines], "in")
    assert "Somebody else decided" in (await at_mona.follow(late)).text


@pytest.mark.parametrize(("ids", "what"), [([], "in"), (["1"], ""), (["x"], "out")])
async def test_without_a_choice_nothing_is_decided(at_mona, ask, ids, what):
    await ask()

    page = await decide(at_mona, ids, what)

    assert (page.status, "Tick at least one" in page.text) == (422, True)
    assert len(await waiting(at_mona)) == 1


async def test_one_is_let_in_on_their_own_page(at_mona, ask):
    await ask()
    [ines] = await waiting(at_mona)
    page = await at_mona.get(f"/moderation/members/{ines}")
    assert "I teach grade 5 at Lincoln" in page.text

    await at_mona.submit(page, PLACE, {"what": "in"})

    assert await waiting(at_mona) == []
