"""The place's own words, look, rules and papers: changed at the desk, read everywhere."""

import io
import json

import pytest
from aiohttp import FormData
from PIL import Image

from fedi_k12.domain.permissions import Role
from fedi_k12.services import audit_log, site
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    unlabelled_in,
)

PLACE = "/moderation/site"
PAGES = ("", "/look", "/rules", "/papers")


@pytest.fixture
async def olga(make_member):
    return await make_member("olga", role=Role.OWNER)


@pytest.fixture
async def at_olga(seated, olga):
    return await seated(olga)


@pytest.fixture
async def at_mona(seated, make_member):
    return await seated(await make_member("mona", role=Role.MODERATOR))


@pytest.fixture
def logged(ctx, olga):
    """Return a function that gives what the log says that was changed, the newest first."""

    async def run():
        async with ctx.read() as session:
            entries = await audit_log.page(session, actor=olga.actor)
        return [one.detail["comment"] for one in entries if one.action == "site changed"]

    return run


@pytest.fixture
def call(client):
    async def run(path):
        answer = await client.get(path)
        return answer.status, await answer.json()

    return run


def rules_form(page, *, changes=(), **buttons):
    """Return what a browser sends of the form for rules, with some of its lines changed."""
    form = page.form(f"{PLACE}/rules")
    lines = [
        [one["value"] for one in form.find("input", name=name)]
        for name in ("id", "rule", "hint")
    ]
    for at, rule, hint in changes:
        lines[1][at], lines[2][at] = rule, hint
    data = FormData({"csrf": form.find("input", name="csrf")[0]["value"], **buttons})
    for number, rule, hint in zip(*lines, strict=True):
        data.add_field("id", number)
        data.add_field("rule", rule)
        data.add_field("hint", hint)
    return data


@pytest.mark.parametrize("path", PAGES)
async def test_only_those_who_may_change_the_place_see_the_forms(
    visitor, at_tom, at_mona, at_olga, path
):
    page = await at_olga.get(PLACE + path)
    secret = (await at_mona.get("/write")).root.find("input", name="csrf")[0]["value"]

    assert page.status == 200
    assert scripts_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []
    for browser in (at_tom, at_mona):
        assert (await browser.get(PLACE + path)).status == 403
    assert (await at_mona.post(PLACE + path, {"csrf": secret, "title": "Mine"})).status == 403
    assert (await at_olga.post(PLACE + path, {"title": "Without a secret"})).status == 403
    assert (await visitor.get(PLACE + path)).location.startswith("/auth/sign_in")


async def test_new_words_are_read_on_pages_and_in_apps(at_olga, visitor, call, logged):
    page = await at_olga.get(PLACE)
    done = await at_olga.submit(
        page,
        PLACE,
        {
            "title": "Lincoln Schools",
            "short_description": "All who teach & learn in Lincoln.",
            "description": "# Welcome\n\n- one\n- two\n\n<script>alert(1)</script>",
            "contact_email": "office@lincoln.example",
        },
    )
    front, about = await visitor.get("/"), await visitor.get("/about")
    _, instance = await call("/api/v2/instance")
    _, longer = await call("/api/v1/instance/extended_description")

    assert done.location == f"{PLACE}?saved"
    assert front.main.find("h1")[0].text == "Lincoln Schools"
    assert "All who teach & learn in Lincoln." in front.text
    assert [one.text for one in about.main.find("li")][:2] == ["one", "two"]
    assert "<script>" not in front.body + about.body + longer["content"]
    assert instance["title"] == "Lincoln Schools"
    assert instance["description"] == "All who teach & learn in Lincoln."
    assert instance["contact"]["email"] == "office@lincoln.example"
    assert "<li>one</li>" in longer["content"]
    assert await logged() == ["name, short description, description, contact"]


async def test_nothing_changed_is_nothing_noted(at_olga, logged):
    for path in ("", "/look", "/papers"):
        page = await at_olga.get(PLACE + path)
        assert (await at_olga.submit(page, PLACE + path)).status == 303

    assert await logged() == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"title": "x" * 81}, "80 characters"),
        ({"contact_email": "office"}, "no e-mail address"),
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"registrations": "everybody"}, "ways to join"),
    ],
    ids=["too long", "no address", "no zone", "no way to join"],
)
async def test_what_cannot_be_comes_back_as_it_was_typed(
    at_olga, visitor, changes, word, logged
):
    page = await at_olga.get(PLACE)
    answer = await at_olga.submit(page, PLACE, {"short_description": "Kept?", **changes})

    assert answer.status == 422
    assert word in answer.text
    assert "Kept?" in answer.body
    assert answer.title.startswith("Error:")
    assert await logged() == []


@pytest.mark.parametrize(
    ("mode", "sign_up", "enabled"),
    [
        ("open", 200, True),
        ("approval", 200, True),
        ("invite", 404, False),
        ("closed", 404, False),
    ],
)
async def test_who_may_join_is_changed_without_a_restart(
    at_olga, visitor, call, mode, sign_up, enabled
):
    page = await at_olga.get(PLACE)
    await at_olga.submit(page, PLACE, {"registrations": mode})
    _, instance = await call("/api/v2/instance")
    _, info = await call("/nodeinfo/2.1")

    assert (await visitor.get("/auth/sign_up")).status == sign_up
    assert instance["registrations"]["enabled"] is enabled
    assert instance["registrations"]["approval_required"] is (mode == "approval")
    assert info["openRegistrations"] is (mode == "open")


async def test_a_colour_is_taken_and_its_lightness_is_not(at_olga, visitor, logged):
    page = await at_olga.get(f"{PLACE}/look")
    await at_olga.submit(page, f"{PLACE}/look", {"colour": "#ffe600"})
    sheet = (await visitor.get("/accent.css")).body
    wrong = await at_olga.submit(page, f"{PLACE}/look", {"colour": "yellow; }"})

    assert "--accent-c: 0.11;" in sheet
    assert "--accent-h: 10" in sheet
    assert wrong.status == 422
    assert await logged() == ["colour"]


async def test_a_logo_is_drawn_anew_and_becomes_the_icon(at_olga, visitor, client, logged):
    page = await at_olga.get(f"{PLACE}/look")
    image = Image.new("RGB", (640, 640), "#123456")
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    image.save(made, "JPEG", exif=exif)
    before = await (await client.get("/icon-192.png")).read()
    await at_olga.submit(
        page, f"{PLACE}/look", files={"logo": ("logo.jpg", made.getvalue(), "image/jpeg")}
    )
    icons = {side: await (await client.get(f"/icon-{side}.png")).read() for side in (192, 512)}
    manifest = json.loads(await (await client.get("/manifest.webmanifest")).read())

    assert icons[192] != before
    for side, data in icons.items():
        drawn = Image.open(io.BytesIO(data))
        assert (drawn.format, drawn.size) == ("PNG", (side, side))
        assert b"taken at home" not in data
    assert manifest["name"] == "Home District"
    assert [icon["sizes"] for icon in manifest["icons"]] == ["192x192", "512x512"]
    assert await logged() == ["logo"]

    page = await at_olga.get(f"{PLACE}/look")
    await at_olga.submit(page, f"{PLACE}/look", {"remove_logo": "1"})
    assert await (await client.get("/icon-192.png")).read() == before


async def test_a_file_that_is_no_picture_is_refused(at_olga, logged):
    page = await at_olga.get(f"{PLACE}/look")
    answer = await at_olga.submit(
        page,
        f"{PLACE}/look",
        files={"logo": ("logo.svg", b"<svg onload=alert(1)>", "image/svg")},
    )

    assert answer.status == 422
    assert await logged() == []


async def test_rules_are_added_put_in_order_and_keep_their_ids(
    ctx, at_olga, visitor, call, logged, maya, tom
):
    page = await at_olga.get(f"{PLACE}/rules")
    await at_olga.post(
        f"{PLACE}/rules", rules_form(page, changes=[(4, "Be on time.", "For the bus, too.")])
    )
    _, first = await call("/api/v1/instance/rules")
    newest = first[-1]["id"]
    page = await at_olga.get(f"{PLACE}/rules")
    await at_olga.post(f"{PLACE}/rules", rules_form(page, up=newest))
    _, moved = await call("/api/v1/instance/rules")
    page = await at_olga.get(f"{PLACE}/rules")
    await at_olga.post(f"{PLACE}/rules", rules_form(page, changes=[(0, "", "")]))
    _, last = await call("/api/v1/instance/rules")
    shown = await visitor.get("/rules")

    assert [rule["text"] for rule in first] == [*site.DEFAULT_RULES, "Be on time."]
    assert [rule["id"] for rule in moved][3] == newest
    assert {rule["id"] for rule in moved} == {rule["id"] for rule in first}
    assert len(last) == 4
    assert {rule["id"] for rule in last} < {rule["id"] for rule in first}
    assert "Be on time. For the bus, too." in shown.text
    assert await logged() == ["rules", "rules", "rules"]


async def test_papers_are_read_on_pages_and_in_apps(at_olga, visitor, call, logged):
    assert (await visitor.get("/terms")).status == 404
    assert (await call("/api/v1/instance/terms_of_service"))[0] == 404
    usual = await visitor.get("/privacy")
    assert "What is kept" in usual.text

    page = await at_olga.get(f"{PLACE}/papers")
    await at_olga.submit(
        page,
        f"{PLACE}/papers",
        {"privacy": "## Ours\n\nWe keep little.", "terms": "Policy **7** of the board."},
    )
    _, policy = await call("/api/v1/instance/privacy_policy")
    _, terms = await call("/api/v1/instance/terms_of_service")
    _, instance = await call("/api/v2/instance")

    assert "We keep little." in (await visitor.get("/privacy")).text
    assert "Policy 7 of the board." in (await visitor.get("/terms")).text
    assert [
        link for link in (await visitor.get("/")).root.find("a") if link["href"] == "/terms"
    ]
    assert "<h2>Ours</h2>" in policy["content"]
    assert "<strong>7</strong>" in terms["content"]
    assert (await call(f"/api/v1/instance/terms_of_service/{terms['effective_date']}"))[
        0
    ] == 200
    assert (await call("/api/v1/instance/terms_of_service/2020-01-01"))[0] == 404
    assert instance["configuration"]["urls"]["terms_of_service"].endswith("/terms")
    assert instance["configuration"]["urls"]["privacy_policy"].endswith("/privacy")
    assert await logged() == ["privacy policy, terms"]
