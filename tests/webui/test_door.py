"""Coming in and going out."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import login, moderation, signup
from fedi_k12.web.auth import CSRF_COOKIE, SESSION_COOKIE
from tests.conftest import PASSWORD

WHOLE = {
    "display_name": "Ines Duarte",
    "username": "ines",
    "email": "ines@home.example",
    "password": "four unrelated words here",
    "affiliation": "staff",
    "agreement": "1",
}


@pytest.fixture
def invite(ctx):
    async def make(**changes) -> str:
        code = await ctx.write(signup.create_invite, actor=None, now=ctx.clock(), **changes)
        return f"/invite/{code}"

    return make


@pytest.mark.parametrize(
    ("name", "password"),
    [("maya", "not her password at all"), ("nobody", PASSWORD), ("", "")],
    ids=["wrong password", "unknown name", "nothing"],
)
async def test_a_wrong_sign_in_says_one_and_the_same(visitor, maya, name, password):
    page = await visitor.sign_in(name, password)

    assert page.status == 422
    assert "The name or the password is not right." in page.text
    assert page.title.startswith("Error:")
    assert page.root.find("input", id="f-login")[0]["value"] == name
    assert SESSION_COOKIE not in visitor.cookies


async def test_a_password_is_never_sent_back(visitor, maya):
    page = await visitor.sign_in("maya", "not her password at all")

    assert "not her password at all" not in page.body


async def test_ten_wrong_passwords_close_the_door_for_a_while(visitor, maya, clock):
    for _time in range(10):
        await visitor.sign_in("maya", "not her password at all")

    early = await visitor.sign_in("maya", PASSWORD)
    clock.advance(minutes=16)
    late = await visitor.sign_in("maya", PASSWORD)

    assert early.status == 422
    assert "The name or the password is not right." in early.text
    assert late.status == 303


async def test_a_suspended_member_does_not_come_in(visitor, ctx, maya, make_member):
    admin = await make_member("ada", role=Role.ADMIN)
    await ctx.write(
        moderation.suspend_account,
        actor=admin.actor,
        account_id=maya.account.id,
        reason="",
        now=ctx.clock(),
    )

    page = await visitor.sign_in("maya", PASSWORD)

    assert page.status in {403, 422}
    assert SESSION_COOKIE not in visitor.cookies


async def test_a_form_of_another_site_is_refused(visitor, maya):
    page = await visitor.post("/auth/sign_in", {"login": "maya", "password": PASSWORD})

    assert page.status == 403
    assert "This form is too old" in page.text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"],
)
async def test_signing_in_leads_to_no_other_site(visitor, maya, target):
    page = await visitor.get("/auth/sign_in")
    answer = await visitor.submit(
        page, "/auth/sign_in", {"login": "maya", "password": PASSWORD, "next": target}
    )

    assert answer.status == 303
    assert answer.location == "/home"


async def test_whoever_signs_in_gets_where_they_wanted(visitor, maya):
    asked = await visitor.get("/notifications")
    page = await visitor.follow(asked)
    answer = await visitor.submit(
        page, "/auth/sign_in", {"login": "Maya@home.example", "password": PASSWORD}
    )
    there = await visitor.follow(answer)

    assert asked.location == "/auth/sign_in?next=/notifications"
    assert answer.location == "/notifications"
    assert there.main.find("h1")[0].text == "Notifications"


async def test_the_cookies_are_for_this_site_and_no_script(visitor, maya):
    page = await visitor.get("/auth/sign_in")
    form_cookie = page.headers.get("Set-Cookie", "")
    answer = await visitor.sign_in("maya", PASSWORD)
    cookie = answer.headers.get("Set-Cookie", "")

    assert CSRF_COOKIE in visitor.cookies
    for one in (form_cookie, cookie):
        parts = {part.strip() for part in one.split(";")}
        assert {"HttpOnly", "Secure", "SameSite=Lax"} <= parts


async def test_who_is_signed_in_need_not_sign_in(at_maya):
    page = await at_maya.get("/auth/sign_in")

    assert page.location == "/home"


async def test_signing_out_ends_the_session(at_maya):
    token = at_maya.cookies[SESSION_COOKIE]
    home = await at_maya.get("/home")
    answer = await at_maya.submit(home, "/auth/sign_out")
    at_maya.cookies[SESSION_COOKIE] = token
    after = await at_maya.get("/home")

    assert answer.location == "/"
    assert after.location.startswith("/auth/sign_in")


async def test_an_invitation_that_is_none_is_not_here(visitor):
    page = await visitor.get("/invite/guessed")

    assert page.status == 404
    assert "This page is not here." in page.text


async def test_nobody_joins_without_an_invitation(visitor):
    page = await visitor.get("/auth/sign_up")

    assert page.status == 404


async def test_an_invitation_makes_a_member_who_is_signed_in(visitor, invite, ctx):
    path = await invite(note="See you in the staff room.")
    page = await visitor.get(path)
    answer = await visitor.submit(page, path, WHOLE)
    home = await visitor.follow(answer)
    async with ctx.read() as session:
        member = await login.find_member(session, login="ines")

    assert "See you in the staff room." in page.text
    assert home.main.find("h1")[0].text == "Home"
    assert "Ines Duarte" in home.text
    assert member is not None
    assert member.role is Role.MEMBER


async def test_the_first_invitation_makes_the_owner(visitor, ctx):
    code = await ctx.write(signup.owner_link_code, now=ctx.clock())
    page = await visitor.get(f"/invite/{code}")
    await visitor.submit(page, f"/invite/{code}", WHOLE)
    again = await visitor.get(f"/invite/{code}")
    async with ctx.read() as session:
        member = await login.find_member(session, login="ines")

    assert "This server is yours." in page.text
    assert member is not None
    assert member.role is Role.OWNER
    assert again.status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"display_name": " "}, "display_name"),
        ({"username": "Ines!"}, "username"),
        ({"username": "admin"}, "username"),
        ({"username": "maya"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"email": "maya@home.example"}, "email"),
        ({"password": "short"}, "password"),
        ({"agreement": ""}, "agreement"),
    ],
    ids=[
        "no name", "odd letters", "reserved", "taken name", "no address", "taken address",
        "short password", "rules not kept",
    ],
)  # fmt: skip
async def test_what_is_wrong_stands_beside_its_field(visitor, invite, maya, change, field):
    path = await invite()
    page = await visitor.get(path)
    answer = await visitor.submit(page, path, {**WHOLE, **change})

    links = [link["href"] for link in answer.root.find("div", id="errors")[0].find("a")]
    assert answer.status == 422
    assert links == [f"#f-{field}"]
    assert any(element["id"] == f"f-{field}" for element in answer.root.all())
    assert answer.title.startswith("Error:")
    kept = {k: v for k, v in {**WHOLE, **change}.items() if k in {"email", "username"}}
    for name, typed in kept.items():
        assert answer.root.find("input", id=f"f-{name}")[0]["value"] == typed


async def test_all_that_is_wrong_is_said_at_once(visitor, invite):
    path = await invite()
    page = await visitor.get(path)
    answer = await visitor.submit(
        page, path, {"display_name": "", "username": "", "email": "", "password": ""}
    )

    assert len(answer.root.find("div", id="errors")[0].find("li")) == 5
