"""The second step of signing in, without scripts: codes of an app, recovery codes."""

import re

import pyotp
import pytest
from sqlalchemy import select

from fedi_k12.services import second_factor
from fedi_k12.web.auth import SESSION_COOKIE
from storage.tables import FactorRow
from tests.browse import Browser
from tests.conftest import PASSWORD

CODE = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}")


@pytest.fixture
def code_of(clock):
    """Return a function that shows the code of a secret, so many seconds from now."""

    def show(secret: str, seconds: int = 0) -> str:
        return pyotp.TOTP(secret).at(int(clock().timestamp()) + seconds)

    return show


@pytest.fixture
def set_up(at_maya, code_of):
    """Return a function that sets codes up in Maya's browser: (secret, recovery codes)."""

    async def run() -> tuple[str, list[str]]:
        page = await at_maya.get("/settings/security/app")
        page = await at_maya.follow(
            await at_maya.submit(page, "/settings/security/app", {"password": PASSWORD})
        )
        secret = page.root.find("code", class_="copy")[0].text.replace(" ", "")
        done = await at_maya.submit(
            page, "/settings/security/app/confirm", {"code": code_of(secret)}
        )
        return secret, CODE.findall(done.main.text)

    return run


@pytest.fixture
def sign_in(client):
    """Return a function that takes the first step in a new browser."""

    async def run(next_: str = ""):
        browser = Browser(client)
        answer = await browser.sign_in("maya", PASSWORD, next_=next_)
        return browser, answer

    return run


async def second(browser, code: str):
    page = await browser.get("/auth/second")
    return await browser.submit(page, "/auth/second", {"code": code})


async def test_setting_up_needs_the_password_and_a_right_code(at_maya, ctx):
    page = await at_maya.get("/settings/security/app")
    wrong = await at_maya.submit(page, "/settings/security/app", {"password": "wrong"})
    assert (wrong.status, "not the password" in wrong.text) == (422, True)
    assert (await at_maya.get("/settings/security/app.svg")).status == 404

    page = await at_maya.follow(
        await at_maya.submit(page, "/settings/security/app", {"password": PASSWORD})
    )
    for code in ("000000", "", "abc", "１２３４５６", "0" * 5000):
        answer = await at_maya.submit(page, "/settings/security/app/confirm", {"code": code})
        assert answer.status == 422, code
    async with ctx.read() as session:
        row = await session.scalar(select(FactorRow))
    assert row.confirmed_at is None


async def test_the_picture_says_the_secret_and_is_kept_by_nobody(at_maya, visitor):
    page = await at_maya.get("/settings/security/app")
    page = await at_maya.follow(
        await at_maya.submit(page, "/settings/security/app", {"password": PASSWORD})
    )

    picture = await at_maya._client.get(
        "/settings/security/app.svg",
        headers={"Cookie": f"{SESSION_COOKIE}={at_maya.cookies[SESSION_COOKIE]}"},
    )

    assert picture.content_type == "image/svg+xml"
    assert "<script" not in await picture.text()
    assert picture.headers["Cache-Control"] == "no-store"
    assert page.headers["Cache-Control"] == "no-store"
    assert (await visitor.get("/settings/security/app.svg")).status == 303


async def test_one_signs_in_with_a_code_and_is_led_on(set_up, sign_in, code_of, clock):
    secret, codes = await set_up()
    assert len(set(codes)) == 10
    clock.advance(seconds=30)

    browser, answer = await sign_in(next_="/settings/reading")
    assert answer.location == "/auth/second"
    assert SESSION_COOKIE not in browser.cookies
    assert (await browser.get("/home")).status == 303
    done = await second(browser, code_of(secret))

    assert (done.status, done.location) == (303, "/settings/reading")
    assert (await browser.get("/home")).status == 200


async def test_a_code_counts_once(set_up, sign_in, code_of, clock):
    """RFC 6238, 5.2: a replay is refused, also of an earlier code than the last."""
    secret, _codes = await set_up()
    browser, _answer = await sign_in()
    assert (await second(browser, code_of(secret))).status == 422

    clock.advance(seconds=60)
    code = code_of(secret)
    assert (await second(browser, code)).status == 303
    other, _answer = await sign_in()
    assert (await second(other, code)).status == 422
    assert (await second(other, code_of(secret, -30))).status == 422


@pytest.mark.parametrize(
    ("seconds", "status"), [(-30, 303), (0, 303), (30, 303), (-60, 422), (60, 422)]
)
async def test_clocks_may_differ_by_half_a_minute(
    set_up, sign_in, code_of, clock, seconds, status
):
    secret, _codes = await set_up()
    clock.advance(seconds=300)
    browser, _answer = await sign_in()

    assert (await second(browser, code_of(secret, seconds))).status == status


async def test_a_recovery_code_counts_once_however_it_is_typed(set_up, sign_in, ctx, maya):
    _secret, codes = await set_up()
    browser, _answer = await sign_in()

    assert (await second(browser, f" {codes[0].upper().replace('-', ' ')} ")).status == 303
    other, _answer = await sign_in()
    assert (await second(other, codes[0])).status == 422
    assert (await second(other, codes[1])).status == 303
    async with ctx.read() as session:
        found = await second_factor.factors(session, member_id=maya.actor.member_id)
        kept = list(await session.scalars(select(FactorRow.secret)))
    assert found.recovery_codes == 8
    assert not {code.replace("-", "") for code in codes} & set(kept)


async def test_after_five_wrong_codes_one_begins_again(set_up, sign_in, code_of, clock):
    secret, _codes = await set_up()
    clock.advance(seconds=60)
    browser, _answer = await sign_in()
    page = await browser.get("/auth/second")
    for _number in range(4):
        assert (await browser.submit(page, "/auth/second", {"code": "1"})).status == 422
    last = await browser.submit(page, "/auth/second", {"code": "1"})

    assert "Begin again" in last.text
    late = await browser.submit(page, "/auth/second", {"code": code_of(secret)})
    assert (late.status, SESSION_COOKIE in browser.cookies) == (422, False)


async def test_after_ten_wrong_codes_the_account_rests(set_up, sign_in, code_of, clock):
    secret, _codes = await set_up()
    clock.advance(seconds=60)
    for _round in range(2):
        browser, answer = await sign_in()
        page = await browser.get("/auth/second")
        for _number in range(5):
            await browser.submit(page, "/auth/second", {"code": "1"})

    _browser, answer = await sign_in()
    assert (answer.status, "quarter of an hour" in answer.text) == (422, True)
    clock.advance(minutes=16)
    browser, answer = await sign_in()
    assert answer.location == "/auth/second"
    assert (await second(browser, code_of(secret))).status == 303


async def test_the_second_step_alone_opens_nothing(visitor, set_up, sign_in, clock, code_of):
    secret, _codes = await set_up()
    assert (await visitor.get("/auth/second")).location == "/auth/sign_in"
    page = await visitor.get("/auth/sign_in")
    csrf = page.root.find("input", name="csrf")[0]["value"]
    answer = await visitor.post("/auth/second", {"csrf": csrf, "code": code_of(secret)})
    assert answer.status == 422
    browser, _answer = await sign_in()

    clock.advance(minutes=11)

    assert (await browser.get("/auth/second")).location == "/auth/sign_in"


async def test_setting_up_signs_other_browsers_out(at_maya, seated, maya, set_up):
    other = await seated(maya)
    await set_up()

    assert (await other.get("/home")).status == 303
    assert (await at_maya.get("/home")).status == 200


async def test_what_is_asked_for_is_taken_away_with_the_password(at_maya, set_up, sign_in):
    await set_up()
    page = await at_maya.get("/settings/security/remove/totp")
    wrong = await at_maya.submit(page, "/settings/security/remove/totp", {"password": "no"})
    assert wrong.status == 422
    _browser, answer = await sign_in()
    assert answer.location == "/auth/second"

    await at_maya.submit(page, "/settings/security/remove/totp", {"password": PASSWORD})

    browser, answer = await sign_in()
    assert (answer.location, (await browser.get("/home")).status) == ("/home", 200)


async def test_new_recovery_codes_end_the_old_ones(at_maya, set_up, sign_in):
    _secret, codes = await set_up()
    page = await at_maya.get("/settings/security/codes")

    made = await at_maya.submit(page, "/settings/security/codes", {"password": PASSWORD})

    new = CODE.findall(made.main.text)
    browser, _answer = await sign_in()
    assert (await second(browser, codes[3])).status == 422
    assert (await second(browser, new[3])).status == 303


async def test_an_app_is_let_in_behind_the_second_step(set_up, sign_in, code_of, clock):
    """In an app's own browser, without scripts."""
    secret, _codes = await set_up()
    clock.advance(seconds=60)
    target = "/oauth/authorize?client_id=x"
    browser, answer = await sign_in(next_=target.replace("?", "%3F").replace("=", "%3D"))
    assert answer.location == "/auth/second"

    done = await second(browser, code_of(secret))

    assert done.location == target


async def test_the_operator_takes_it_away(ctx, set_up, sign_in):
    await set_up()

    await ctx.write(second_factor.reset, username="maya", now=ctx.clock())

    _browser, answer = await sign_in()
    assert answer.location == "/home"
    with pytest.raises(second_factor.NotFoundError):
        await ctx.write(second_factor.reset, username="nobody", now=ctx.clock())


@pytest.mark.parametrize(
    "answer", ["{}", "[]", "x", '{"id": 1}', "[" * 9000, '{"id":"a","response":{}}']
)
async def test_what_is_no_answer_of_a_key_is_refused(set_up, sign_in, answer):
    await set_up()
    browser, _answer = await sign_in()
    page = await browser.get("/auth/second")

    refused = await browser.submit(page, "/auth/second", {"answer": answer, "code": ""})

    assert refused.status == 422
    assert SESSION_COOKIE not in browser.cookies
