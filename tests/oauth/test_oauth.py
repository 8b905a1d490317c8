"""OAuth as Mastodon's apps use it: registered, asked on a page, changed for a token."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import login, sanctions
from fedi_k12.services.apps import OUT_OF_BAND
from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import Browser
from tests.conftest import PASSWORD

BACK = "toot://back"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


@pytest.fixture
def register(client):
    async def run(**changes):
        values = {
            "client_name": "Toot",
            "redirect_uris": BACK,
            "scopes": "read write",
            **changes,
        }
        answer = await client.post("/api/v1/apps", data=values)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return run


@pytest.fixture
async def at_maya(client, ctx, maya):
    token, _csrf = await ctx.write(
        login.open_session, member_id=maya.actor.member_id, client="Tests", now=ctx.clock()
    )
    browser = Browser(client)
    browser.cookies[SESSION_COOKIE] = token
    return browser


def page_for(app, **changes):
    query = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": BACK,
        "scope": "read",
        "state": "s t&te",
        **changes,
    }
    asked = {name: value for name, value in query.items() if value is not None}
    return f"/oauth/authorize?{urlencode(asked)}"


def answered(page):
    """Return where the app is led and with what."""
    place = urlsplit(page.location)
    values = {name: found[0] for name, found in parse_qs(place.query).items()}
    return f"{place.scheme}://{place.netloc}{place.path}", values


@pytest.fixture
def change(client):
    async def run(app, code, **changes):
        values = {
            "grant_type": "authorization_code",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "redirect_uri": BACK,
            "code": code,
            **changes,
        }
        answer = await client.post("/oauth/token", data=values)
        return answer.status, await answer.json()

    return run


async def test_an_app_comes_in_through_the_page(client, register, at_maya, change, maya):
    app = await register()
    page = await at_maya.get(
        page_for(
            app, scope="read write", code_challenge=CHALLENGE, code_challenge_method="S256"
        )
    )
    assert page.status == 200
    assert "Toot" in page.main.text
    assert "toot:" in page.headers["Content-Security-Policy"]

    allowed = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"})

    place, values = answered(allowed)
    assert place == BACK
    assert values["state"] == "s t&te"
    status, issued = await change(app, values["code"], code_verifier=VERIFIER)
    assert status == 200
    assert (issued["token_type"], issued["scope"]) == ("Bearer", "read write")
    me = await client.get(
        "/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {issued['access_token']}"},
    )
    assert (await me.json())["acct"] == "maya"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_what_moderators_do_is_let_do_by_moderators_only(
    ctx, register, maya, at_maya, change, role
):
    await ctx.write(
        sanctions.give_role,
        actor=None, account_id=maya.account.id, role=role, now=ctx.clock(),
    )  # fmt: skip
    app = await register(scopes="read admin:read:accounts")
    page = await at_maya.get(page_for(app, scope="read admin:read:accounts"))
    moderates = role is Role.MODERATOR
    assert ("as a moderator, read accounts" in page.main.text) is moderates

    _, values = answered(await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"}))

    _, issued = await change(app, values["code"])
    assert issued["scope"] == ("read admin:read:accounts" if moderates else "read")


async def test_a_visitor_signs_in_first_and_comes_back(client, register):
    app = await register()

    page = await Browser(client).get(page_for(app))

    assert page.status == 303
    place, values = answered(page)
    assert place.endswith("/auth/sign_in")
    assert (await Browser(client).get(values["next"])).location == page.location


async def test_no_means_no(register, at_maya):
    app = await register()
    page = await at_maya.get(page_for(app))

    denied = await at_maya.submit(page, "/oauth/authorize", {"decision": "deny"})

    place, values = answered(denied)
    assert (place, values["error"], values["state"]) == (BACK, "access_denied", "s t&te")
    assert "code" not in values


async def test_a_code_may_be_copied_by_hand(register, at_maya, change):
    app = await register(redirect_uris=OUT_OF_BAND)
    page = await at_maya.get(page_for(app, redirect_uri=OUT_OF_BAND))

    allowed = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"})
    shown = await at_maya.follow(allowed)

    code = parse_qs(urlsplit(allowed.location).query)["code"][0]
    assert code in shown.body
    assert (await change(app, code, redirect_uri=OUT_OF_BAND))[0] == 200


async def test_the_only_address_needs_no_naming(register, at_maya):
    app = await register()

    assert (await at_maya.get(page_for(app, redirect_uri=None))).status == 200


async def test_a_query_of_the_registered_address_is_kept(register, at_maya):
    app = await register(redirect_uris="https://app.example/back?x=1")
    page = await at_maya.get(page_for(app, redirect_uri="https://app.example/back?x=1"))

    denied = await at_maya.submit(page, "/oauth/authorize", {"decision": "deny"})

    assert denied.location.startswith("https://app.example/back?x=1&error=")
    assert "https://app.example" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": "unknown"}, id="an unknown app"),
        pytest.param({"redirect_uri": "toot://back/more"}, id="FED-80 a longer address"),
        pytest.param({"redirect_uri": "toot://"}, id="FED-80 a shorter address"),
        pytest.param({"redirect_uri": "https://evil.example/"}, id="FED-80 another address"),
    ],
)
async def test_nobody_is_led_where_the_app_did_not_register(register, at_maya, changes):
    app = await register()

    page = await at_maya.get(page_for(app, **changes))

    assert page.status == 422
    assert not page.location


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
        pytest.param({"scope": "sudo"}, "invalid_scope", id="an unknown scope"),
        pytest.param({"scope": "push"}, "invalid_scope", id="more than registered"),
        pytest.param({"code_challenge": "x"}, "invalid_request", id="FED-80 PKCE plain"),
        pytest.param(
            {"code_challenge": "x", "code_challenge_method": "plain"},
            "invalid_request",
            id="FED-80 PKCE plain in words",
        ),
    ],
)
async def test_what_cannot_be_is_told_to_the_app(register, at_maya, changes, error):
    app = await register()

    place, values = answered(await at_maya.get(page_for(app, **changes)))

    assert (place, values["error"]) == (BACK, error)
    page = await at_maya.get(page_for(app))
    sent = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow", **changes})
    assert answered(sent)[1]["error"] == error


@pytest.mark.parametrize(
    ("registered", "asked", "fits"),
    [
        ("http://127.0.0.1/back", "http://127.0.0.1:43117/back", True),
        ("http://[::1]:1/back?a=1", "http://[::1]:43117/back?a=1", True),
        ("http://localhost:3000/", "http://localhost:4000/", True),
        ("http://localhost", "http://localhost:4000/", True),
        ("http://127.0.0.1/back", "http://127.0.0.1:43117/other", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:43117/back?b=1", False),
        ("http://127.0.0.1/back", "https://127.0.0.1:43117/back", False),
        ("http://127.0.0.1/back", "http://x@127.0.0.1:43117/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:99999/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1.evil.example/back", False),
        ("http://127.0.0.1/back", "http://localhost/back", False),
        ("https://app.example/back", "https://app.example:444/back", False),
        ("http://app.example/back", "http://app.example:81/back", False),
    ],
)
async def test_at_this_machine_any_port_will_do(
    register, at_maya, change, registered, asked, fits
):
    """RFC 8252, 7.3."""
    app = await register(redirect_uris=registered)

    page = await at_maya.get(page_for(app, redirect_uri=asked))

    assert page.status == (200 if fits else 422)
    if fits:
        allowed = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"})
        _place, values = answered(allowed)
        assert allowed.location.startswith(asked)
        assert (await change(app, values["code"], redirect_uri=registered))[0] == (
            200 if registered == asked else 400
        )


async def test_who_let_an_app_in_is_not_asked_again(register, at_maya, change):
    back = "https://app.example/back"
    app = await register(redirect_uris=back, scopes="read write")
    first = await at_maya.get(page_for(app, redirect_uri=back))
    allowed = await at_maya.submit(first, "/oauth/authorize", {"decision": "allow"})
    await change(app, answered(allowed)[1]["code"], redirect_uri=back)

    again = await at_maya.get(page_for(app, redirect_uri=back))
    more = await at_maya.get(page_for(app, redirect_uri=back, scope="read write"))

    place, values = answered(again)
    assert (again.status, place, values["state"]) == (303, back, "s t&te")
    assert (await change(app, values["code"], redirect_uri=back))[0] == 200
    assert more.status == 200
    assert "Let it in" in more.text


async def test_a_program_of_this_machine_is_asked_about_each_time(register, at_maya, change):
    """RFC 8252, 8.6: another program may have taken its scheme."""
    app = await register()
    first = await at_maya.get(page_for(app))
    allowed = await at_maya.submit(first, "/oauth/authorize", {"decision": "allow"})
    await change(app, answered(allowed)[1]["code"])

    again = await at_maya.get(page_for(app))

    assert again.status == 200
    assert "You let this app in before." in again.text


async def test_an_app_can_have_one_sign_in_anew(register, at_maya):
    app = await register()

    asked = await at_maya.get(page_for(app, force_login="true", lang="es"))
    page = await at_maya.follow(asked)
    signed = await at_maya.submit(
        page, "/auth/sign_in", {"login": "maya", "password": PASSWORD}
    )

    assert asked.location.startswith("/auth/sign_in?")
    assert page.form("/auth/sign_in")
    assert signed.location.startswith("/oauth/authorize?")
    assert "force_login" not in signed.location
    assert "Toot" in (await at_maya.follow(signed)).text


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"code_challenge": "=" * 43, "code_challenge_method": "S256"},
    ],
    ids=["plain", "plain by silence", "too short", "other letters"],
)
async def test_challenges_other_than_s256_are_refused(register, at_maya, changes):
    app = await register()

    answer = await at_maya.get(page_for(app, **changes))

    assert answered(answer)[1]["error"] == "invalid_request"


async def test_a_form_of_another_site_lets_nobody_in(register, at_maya):
    app = await register()
    query = parse_qs(urlsplit(page_for(app)).query)

    page = await at_maya.post(
        "/oauth/authorize", {**{k: v[0] for k, v in query.items()}, "decision": "allow"}
    )

    assert page.status == 403
    assert not page.location


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"code": "made up"}, 400, "invalid_grant", id="a made-up code"),
        pytest.param({"client_secret": "x"}, 401, "invalid_client", id="a wrong secret"),
        pytest.param({"client_id": "x"}, 401, "invalid_client", id="an unknown app"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="passwords"),
        pytest.param({"grant_type": ""}, 400, "unsupported_grant_type", id="nothing"),
    ],
)
async def test_refusals_have_the_words_of_the_standard(
    register, change, changes, status, error
):
    app = await register()

    answer, body = await change(app, **{"code": "none", **changes})

    assert (answer, body["error"]) == (status, error)
    assert body["error_description"]


async def test_what_is_no_form_is_an_invalid_request(client):
    answer = await client.post("/oauth/token", json={"grant_type": {"a": 1}})

    assert answer.status == 400
    assert (await answer.json())["error"] == "invalid_request"


async def test_an_app_may_show_its_secret_in_the_header(client, register):
    app = await register()
    pair = f"{app['client_id']}:{app['client_secret']}".encode()

    answer = await client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "scope": "read"},
        headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
    )

    assert answer.status == 200
    assert answer.headers["Cache-Control"].startswith("no-store")
    token = (await answer.json())["access_token"]
    own = await client.get(
        "/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {token}"}
    )
    assert (await own.json())["name"] == "Toot"
    me = await client.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"}
    )
    assert me.status == 422


async def test_a_broken_header_is_refused(client):
    answer = await client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": "Basic %%%"},
    )

    assert answer.status == 401


async def test_a_token_is_taken_back(client, register, at_maya, change):
    app = await register()
    page = await at_maya.get(page_for(app))
    allowed = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"})
    _, issued = await change(app, answered(allowed)[1]["code"])
    own = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    other = await register()

    theirs = await client.post(
        "/oauth/revoke",
        data={
            "client_id": other["client_id"],
            "client_secret": other["client_secret"],
            "token": issued["access_token"],
        },
    )
    wrong = await client.post(
        "/oauth/revoke", data={**own, "client_secret": "x", "token": issued["access_token"]}
    )
    done = await client.post("/oauth/revoke", data={**own, "token": issued["access_token"]})

    assert (theirs.status, wrong.status, done.status) == (403, 403, 200)
    me = await client.get(
        "/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {issued['access_token']}"},
    )
    assert me.status == 401
    assert "invalid_token" in me.headers["WWW-Authenticate"]


async def test_a_code_used_twice_ends_the_token(client, register, at_maya, change):
    """FED-80."""
    app = await register()
    page = await at_maya.get(page_for(app))
    allowed = await at_maya.submit(page, "/oauth/authorize", {"decision": "allow"})
    code = answered(allowed)[1]["code"]
    _, issued = await change(app, code)

    status, body = await change(app, code)

    assert (status, body["error"]) == (400, "invalid_grant")
    me = await client.get(
        "/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {issued['access_token']}"},
    )
    assert me.status == 401
