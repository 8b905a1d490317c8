"""Becoming a member by an app: the refusals, and then a token that works."""

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from fedi_k12.services import apps, confirmation, signup
from fedi_k12.web.keys import CONTEXT
from storage.tables import EmailLinkRow

GOOD = {
    "username": "priya",
    "email": "priya@home.example",
    "password": "seven quiet maple windows",
    "agreement": "true",
    "locale": "en",
}


@pytest.fixture
def doors(client, ctx):
    """Return a function that says how one becomes a member here."""

    def set_to(registrations: str, **more) -> None:
        changed = replace(ctx.settings, registrations=registrations, **more)
        client.app._state[CONTEXT] = replace(ctx, settings=changed)

    return set_to


@pytest.fixture
def app_token(ctx):
    async def make(scopes: str = "read write") -> dict[str, str]:
        app = await ctx.write(
            apps.register_app,
            name="Toot",
            redirect_uris=["toot://back"],
            scopes=scopes,
            now=ctx.clock(),
        )
        issued = await ctx.write(
            apps.client_token,
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=scopes,
            now=ctx.clock(),
        )
        return {"Authorization": f"Bearer {issued.access_token}"}

    return make


async def ask(client, headers, **changes):
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    answer = await client.post("/api/v1/accounts", json=values, headers=headers)
    return answer.status, await answer.json()


async def test_without_a_token_of_the_app_nobody_is_made(client, doors, app_token, maya):
    doors("open")

    assert (await ask(client, {}))[0] == 401
    assert (await ask(client, await app_token("read")))[0] == 403
    assert (await ask(client, maya.headers))[0] == 403


@pytest.mark.parametrize("registrations", ["closed", "invite"])
async def test_where_one_is_invited_an_app_makes_nobody(
    client, doors, app_token, registrations
):
    doors(registrations)

    status, said = await ask(client, await app_token())

    assert (status, "invitation" in said["error"]) == (403, True)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"username": "maya"}, "username", "ERR_TAKEN"),
        ({"username": "admin"}, "username", "ERR_RESERVED"),
        ({"username": "Ms. K!"}, "username", "ERR_INVALID"),
        ({"username": None}, "username", "ERR_BLANK"),
        ({"email": "maya@home.example"}, "email", "ERR_TAKEN"),
        ({"email": "nowhere"}, "email", "ERR_INVALID"),
        ({"email": "priya@elsewhere.example"}, "email", "ERR_BLOCKED"),
        ({"password": "short"}, "password", "ERR_TOO_SHORT"),
        ({"password": "x" * 2000}, "password", "ERR_TOO_LONG"),
        ({"agreement": "false"}, "agreement", "ERR_ACCEPTED"),
        ({"agreement": None}, "agreement", "ERR_ACCEPTED"),
    ],
)
async def test_what_is_wrong_is_told_in_mastodons_words(
    client, doors, app_token, maya, changes, field, word
):
    doors("open", registration_domains=("home.example",))

    status, said = await ask(client, await app_token(), **changes)

    assert status == 422
    assert said["details"][field][0]["error"] == word
    assert set(said["details"]) == {field}


async def test_all_that_is_wrong_is_told_at_once(client, doors, app_token):
    doors("open")

    status, said = await ask(
        client, await app_token(), username="", email="", password="", agreement="false"
    )

    assert status == 422
    assert set(said["details"]) == {"username", "email", "password", "agreement"}
    assert said["error"].startswith("Validation failed: Username can't be blank, ")


async def test_a_new_member_comes_in_with_the_token(client, doors, app_token):
    doors("open")

    status, issued = await ask(client, await app_token())

    assert (status, issued["token_type"], issued["scope"]) == (200, "Bearer", "read write")
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    me = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
    assert (await me.json())["acct"] == "priya"
    confirmed = await client.get("/api/v1/emails/check_confirmation", headers=headers)
    assert (confirmed.status, await confirmed.json()) == (200, True)
    again = await client.post("/api/v1/emails/confirmations", headers=headers)
    assert (again.status, "awaiting" in (await again.json())["error"]) == (403, True)
    wrong = await client.post(
        "/api/v1/emails/confirmations", json={"email": "no"}, headers=headers
    )
    assert wrong.status == 422


async def test_an_invitation_opens_the_door(client, ctx, doors, app_token):
    doors("invite")
    code = await ctx.write(signup.create_invite, actor=None, max_uses=1, now=ctx.clock())

    assert (await ask(client, await app_token(), invite_code=code))[0] == 200
    status, said = await ask(
        client, await app_token(), invite_code=code, username="ren", email="r@home.example"
    )
    assert (status, "used up" in said["error"]) == (404, True)


async def test_what_one_says_to_the_moderators_is_not_endless(client, doors, app_token):
    doors("approval")

    status, said = await ask(client, await app_token(), reason="x" * 2001)

    assert (status, "reason" in said["details"]) == (422, True)
    assert (await ask(client, await app_token(), reason="x" * 2000))[0] == 200


async def test_who_waits_for_a_moderator_comes_in_later(client, doors, app_token):
    doors("approval")

    _status, issued = await ask(client, await app_token())

    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    me = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
    assert (me.status, "pending" in (await me.json())["error"]) == (403, True)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b'{"username": {"a": 1}}'])
async def test_what_cannot_be_read_is_refused(client, doors, app_token, body):
    doors("open")
    headers = {**await app_token(), "Content-Type": "application/json"}

    answer = await client.post("/api/v1/accounts", data=body, headers=headers)

    assert answer.status in {400, 422}
    assert (await answer.json())["error"]


async def test_where_mail_is_sent_the_token_works_once_the_link_was_opened(
    client, ctx, doors, app_token
):
    doors("open", smtp_url="smtp://127.0.0.1:9")
    _status, issued = await ask(client, await app_token())
    headers = {"Authorization": f"Bearer {issued['access_token']}"}

    early = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
    before = await client.get("/api/v1/emails/check_confirmation", headers=headers)
    again = await client.post(
        "/api/v1/emails/confirmations",
        json={"email": "priya.shah@home.example"},
        headers=headers,
    )
    link = await confirmation_link(ctx, "priya.shah@home.example")
    await ctx.write(confirmation.confirm, token=link.token, now=ctx.clock())
    own = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
    after = await client.get("/api/v1/emails/check_confirmation", headers=headers)
    late = await client.post("/api/v1/emails/confirmations", headers=headers)

    assert (early.status, (await early.json())["error"]) == (
        403,
        "Your login is missing a confirmed e-mail address",
    )
    assert (before.status, await before.json()) == (200, False)
    assert (again.status, await again.json()) == (200, {})
    assert own.status == 200
    assert (after.status, await after.json()) == (200, True)
    assert (late.status, "awaiting" in (await late.json())["error"]) == (403, True)


async def confirmation_link(ctx, email):
    async with ctx.read() as session:
        member_id = await session.scalar(
            select(EmailLinkRow.member_id).where(EmailLinkRow.email == email)
        )
    return await ctx.write(confirmation.issue, member_id=member_id, now=ctx.clock())
