"""Groups at a browser: made, joined, written into, and looked after."""

import re

import pytest
from msgspec.structs import force_setattr

from fedi_k12.worker import run_until_idle
from tests.webui.test_every_page import scripts_in

FORM = {
    "name": "Fractions, K–5",
    "username": "fractions",
    "about": "One idea a week.",
    "rules": "Be kind\nNo names of children",
}


@pytest.fixture
async def place(at_maya) -> str:
    """A group that Maya made: its path."""
    page = await at_maya.get("/groups/new")
    done = await at_maya.submit(page, "/groups/new", FORM)
    assert done.status == 303, done.text
    return done.location


async def write(browser, place, ctx, **words):
    page = await browser.get(f"{place}/write")
    done = await browser.submit(page, f"{place}/write", words)
    await run_until_idle(ctx)
    return done


async def test_a_group_is_made_and_listed(at_maya, at_tom, visitor, place):
    page = await at_maya.get(place)

    assert "You are a member" in page.main.text
    assert "Open group" in page.main.text
    for browser in (at_maya, at_tom, visitor):
        assert "Fractions, K–5" in (await browser.get("/groups")).main.text
    assert "Be kind" in (await visitor.get(place)).text
    led = await visitor.get("/@fractions")
    assert (led.status, led.location) == (303, place)


@pytest.mark.parametrize(
    ("field", "words"), [("username", "Two words"), ("name", " "), ("rules", "x\n" * 21)]
)
async def test_what_has_to_be_corrected_comes_back_as_it_was_typed(at_maya, field, words):
    page = await at_maya.get("/groups/new")

    done = await at_maya.submit(page, "/groups/new", FORM | {field: words})

    assert done.status == 422
    assert "One idea a week." in done.text
    assert done.main.find("input", name=field) or done.main.find("textarea", name=field)


async def test_only_whoever_may_sees_the_form(ctx, client, at_maya, monkeypatch):
    force_setattr(ctx.settings, "groups_by", "admin")

    assert "/groups/new" not in (await at_maya.get("/groups")).main.text
    page = await at_maya.get("/groups/new")
    assert (await at_maya.submit(page, "/groups/new", FORM)).status == 403


async def test_a_member_joins_writes_and_leaves(ctx, at_maya, at_tom, place):
    page = await at_tom.get(place)
    await at_tom.submit(page, f"{place}/join")
    done = await write(at_tom, place, ctx, title="Fraction strips", text="Cut **them**")
    assert done.status == 303

    shown = await at_maya.get(place)
    thread = await at_tom.get(done.location)
    assert "Fraction strips" in shown.main.text
    assert "In the group" in thread.main.text
    home = await at_maya.get("/home")
    assert "Fraction strips" in home.main.text
    assert "Passed on by Fractions" not in home.main.text
    empty = await write(at_tom, place, ctx, title="", text="")
    assert empty.status == 422
    assert "Not posted yet" in empty.text

    await at_tom.submit(await at_tom.get(place), f"{place}/leave")
    assert "You are a member" not in (await at_tom.get(place)).main.text


async def test_only_those_who_look_after_it_see_its_desk(at_maya, at_tom, visitor, place):
    for part in ("members", "desk", "settings"):
        assert (await at_maya.get(f"{place}/{part}")).status == 200
        assert (await at_tom.get(f"{place}/{part}")).status == 403
        assert (await visitor.get(f"{place}/{part}")).status in {303, 401}


async def test_moderators_take_away_close_and_put_on_top(ctx, at_maya, at_tom, visitor, place):
    done = await write(at_tom, place, ctx, text="Buy my strips")
    await write(at_maya, place, ctx, title="Start here", text="How it works")
    page = await at_maya.get(place)
    number = done.location.rpartition("/")[2]

    def ruling(act):
        return next(
            form
            for form in page.main.find("form", action=f"{place}/rule")
            if form.find("input", name="act", value=act)
            and form.find("input", name="post", value=number)
        )

    token = ruling("remove").find("input", name="csrf")[0]["value"]
    refused = await at_tom.post(f"{place}/rule", {"act": "remove", "post": number})
    assert refused.status in {401, 403}
    for act in ("lock", "remove"):
        ruling(act)
        answer = await at_maya.post(
            f"{place}/rule",
            {"csrf": token, "act": act, "post": number, "reason": "Selling"},
        )
        assert answer.status == 303

    assert "Buy my strips" not in (await visitor.get(place)).main.text
    own = await at_tom.get(done.location)
    assert "took this away" in own.main.text
    desk = await at_maya.get(f"{place}/desk")
    assert "took away" in desk.main.text
    assert "Selling" in desk.main.text


async def test_moderators_close_the_group_to_somebody_and_open_it_again(
    at_maya, at_tom, tom, place
):
    await at_tom.submit(await at_tom.get(place), f"{place}/join")
    page = await at_maya.get(f"{place}/desk")
    wrong = await at_maya.submit(page, f"{place}/desk", {"handle": "@nobody"})
    assert wrong.status == 422
    done = await at_maya.submit(
        page, f"{place}/desk", {"handle": "@tom", "reason": "Spam", "days": "7"}
    )
    assert done.status == 303

    desk = await at_maya.get(f"{place}/desk")
    assert "Closed to" in desk.main.text
    refused = await at_tom.submit(await at_tom.get(place), f"{place}/join")
    assert refused.status == 403
    await at_maya.submit(desk, f"{place}/rule")
    assert "Closed to" not in (await at_maya.get(f"{place}/desk")).main.text


async def test_moderators_let_people_in_and_ask_others_to_help(at_maya, at_tom, tom, place):
    page = await at_maya.get(f"{place}/settings")
    await at_maya.submit(page, f"{place}/settings", {"approval": "1"})
    asked = await at_tom.get(place)
    assert "Ask to join" in asked.main.text
    await at_tom.submit(asked, f"{place}/join")
    told = await at_maya.get("/notifications")
    assert "tom asks to join Fractions, K–5" in told.main.text.replace("Tom", "tom")
    [way] = [link["href"] for link in told.main.find("a") if link["href"].startswith(place)]
    page = await at_maya.get(way)
    assert "Ask to join" in page.main.text

    await at_maya.submit(page, f"{place}/members/{tom.account.id}/let-in")
    assert "You are a member" in (await at_tom.get(place)).main.text
    page = await at_maya.get(f"{place}/members")
    await at_maya.submit(page, f"{place}/members", {"handle": "@tom"})
    assert (await at_tom.get(f"{place}/desk")).status == 200


async def test_the_pages_of_a_group_are_sound(ctx, at_maya, visitor, place):
    await write(at_maya, place, ctx, title="Start here", text="How it works")

    for browser, path in (
        (visitor, place),
        (at_maya, place),
        (at_maya, f"{place}/write"),
        (at_maya, f"{place}/desk"),
        (at_maya, f"{place}/members"),
        (at_maya, f"{place}/settings"),
        (at_maya, "/groups"),
        (at_maya, "/groups/new"),
    ):
        page = await browser.get(path)
        ids = re.findall(r'\bid="([^"]+)"', page.body)
        assert page.status == 200, path
        assert len(ids) == len(set(ids)), path
        assert page.body.count("<h1") == 1, path
        assert scripts_in(page) == []
