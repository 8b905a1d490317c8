"""The browsers and apps that are in, and ending them: at once."""

import pytest
from msgspec.structs import force_setattr

from fedi_k12.domain.browsers import browser_name
from fedi_k12.services import apps, login
from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import Browser, filled_in
from tests.conftest import PASSWORD

NEW = "four other maple windows"
AGENT = "Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture
async def elsewhere(ctx, client, seated, maya):
    """Maya's browser at school."""
    browser = await seated(maya)
    token, _csrf = await ctx.write(
        login.open_session, member_id=maya.actor.member_id, client=AGENT, now=ctx.clock()
    )
    browser.cookies[SESSION_COOKIE] = token
    return browser


async def test_browsers_are_shown_and_signed_out_at_once(at_maya, elsewhere):
    page = await at_maya.get("/settings/security")
    assert "Chrome on a Chromebook" in page.text
    assert page.text.count("this one") == 1
    for form in page.root.find("form"):
        if form["action"] == "/settings/security/browsers":
            fields = {field["name"]: field["value"] for field in form.find("input")}
            if fields["id"] != "others":
                await at_maya.post("/settings/security/browsers", fields)

    assert (await elsewhere.get("/home")).status == 303
    assert (await at_maya.get("/home")).status == 200


async def test_all_others_are_signed_out(at_maya, at_tom, elsewhere):
    page = await at_maya.get("/settings/security")
    csrf = page.form("/settings/security/browsers").find("input", name="csrf")[0]["value"]

    await at_maya.post("/settings/security/browsers", {"csrf": csrf, "id": "others"})

    assert (await elsewhere.get("/home")).status == 303
    assert (await at_maya.get("/home")).status == 200
    assert (await at_tom.get("/home")).status == 200


async def test_another_password_ends_other_browsers(at_maya, elsewhere, client, maya):
    page = await at_maya.get("/settings/security")
    path = "/settings/security/password"
    for wrong in (
        {"password": "wrong", "new": NEW},
        {"password": PASSWORD, "new": "short"},
        {"password": PASSWORD, "new": "maya"},
    ):
        assert (await at_maya.submit(page, path, wrong)).status == 422
    assert (await elsewhere.get("/home")).status == 200

    done = await at_maya.submit(page, path, {"password": PASSWORD, "new": NEW})

    assert done.status == 303
    assert (await elsewhere.get("/home")).status == 303
    assert (await at_maya.get("/home")).status == 200
    assert (await elsewhere.sign_in("maya", PASSWORD)).status == 422
    assert (await elsewhere.sign_in("maya", NEW)).location == "/home"


async def test_an_app_is_shown_in_plain_words_and_ended_at_once(
    at_maya, client, ctx, maya, make_member
):
    await ctx.write(
        apps.create_token, username="maya", scopes="read", app_name="Old app", now=ctx.clock()
    )
    used = await client.get("/api/v1/timelines/home", headers=maya.headers)
    assert used.status == 200
    page = await at_maya.get("/settings/security")
    assert "Old app" in page.text
    assert "read everything of your account" in page.text
    forms = [f for f in page.root.find("form") if f["action"] == "/settings/security/apps"]
    assert len(forms) == 2

    for form in forms:
        await at_maya.post(
            "/settings/security/apps",
            {field["name"]: field["value"] for field in form.find("input")},
        )

    refused = await client.get("/api/v1/timelines/home", headers=maya.headers)
    assert refused.status == 401
    assert (await refused.json())["error"] == "The access token is invalid"
    assert "None so far." in (await at_maya.get("/settings/security")).text


async def test_what_is_anothers_is_not_ended(at_maya, at_tom, client, ctx, maya, tom):
    page = await at_tom.get("/settings/security")
    mine = await at_maya.get("/settings/security")
    csrf = page.form("/settings/security/apps").find("input", name="csrf")[0]["value"]
    app = mine.form("/settings/security/apps").find("input", name="id")[0]["value"]
    async with ctx.read() as session:
        found = await login.session_for(
            session,
            token_hash=login.hash_token(at_maya.cookies[SESSION_COOKIE]),
            now=ctx.clock(),
        )

    for what, number in (("apps", app), ("browsers", str(found.session_id)), ("apps", "x")):
        answer = await at_tom.post(f"/settings/security/{what}", {"csrf": csrf, "id": number})
        assert answer.status == 404, what
    assert (await at_maya.get("/home")).status == 200
    assert (await client.get("/api/v1/preferences", headers=maya.headers)).status == 200


async def test_of_a_browser_never_seen_one_is_told_in_the_others(
    at_maya, visitor, client, maya
):
    thief = Browser(client)
    page = await thief.get("/auth/sign_in")
    values = filled_in(page.form("/auth/sign_in")) | {"login": "maya", "password": PASSWORD}
    for _number in range(2):
        answer = await client.post(
            "/auth/sign_in",
            data=values,
            headers={"User-Agent": AGENT, "Cookie": f"fedi_k12_form={values['csrf']}"},
            allow_redirects=False,
        )
        assert answer.status == 303

    told = await at_maya.get("/notifications")

    assert told.text.count("in another browser: Chrome on a Chromebook") == 1
    apps_see = await client.get("/api/v1/notifications", headers=maya.headers)
    assert await apps_see.json() == []


async def test_when_a_browser_and_an_app_were_used_is_known(at_maya, client, ctx, clock, maya):
    clock.advance(days=3)
    await at_maya.get("/home")
    await client.get("/api/v1/preferences", headers=maya.headers)

    page = await at_maya.get("/settings/security")

    today = clock().strftime("%-d")
    assert page.text.count(f"last used {today}") + page.text.count(f" {today}") >= 2


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (AGENT, "Chrome on a Chromebook"),
        (
            "Mozilla/5.0 (iPhone; CPU OS 19) AppleWebKit Version/19 Safari/604",
            "Safari on an iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        ("", "A browser that does not say its name"),
        ("x" * 300, "x" * 40),
    ],
)
def test_browsers_are_called_by_their_names(agent, name):
    assert browser_name(agent) == name


@pytest.mark.parametrize("required", [False, True])
async def test_staff_need_a_second_step_where_the_server_says_so(
    ctx, make_member, seated, required
):
    from fedi_k12.domain.permissions import Role

    force_setattr(ctx.settings, "staff_second_factor", required)
    boss = await seated(await make_member("boss", role=Role.MODERATOR))

    answer = await boss.get("/moderation")

    assert answer.status == (303 if required else 200)
    assert (answer.location == "/settings/security?needed") is required
