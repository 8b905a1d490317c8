"""Apps and tokens: OAuth 2 as Mastodon's clients use it."""

import base64
import hashlib

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import hash_token
from fedi_k12.services import apps, moderation
from fedi_k12.services.apps import OAuthError
from storage.tables import MemberRow

BACK = "toot://back"
VERIFIER = "a" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


@pytest.fixture
async def app(do):
    return await do(
        apps.register_app, name="Toot", redirect_uris=[BACK], scopes="read write", website=""
    )


@pytest.fixture
def grant(do, app, maya):
    async def run(challenge=None):
        return await do(
            apps.grant_code,
            app_id=app.id,
            actor=maya.actor,
            redirect_uri=BACK,
            scopes=frozenset({"read"}),
            code_challenge=challenge,
        )

    return run


@pytest.fixture
def redeem(do, app):
    async def run(code, **changes):
        values = {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": None,
            **changes,
        }
        return await do(apps.redeem_code, **values)

    return run


async def test_an_app_is_registered_and_found(see, do):
    made = await do(
        apps.register_app,
        name=" Toot ",
        redirect_uris=[apps.OUT_OF_BAND, "https://toot.example/back?x=1"],
        scopes="read push",
        website="https://toot.example",
    )

    found = await see(apps.app_by_client_id, made.client_id)

    assert (found.name, found.website) == ("Toot", "https://toot.example")
    assert found.redirect_uris == (apps.OUT_OF_BAND, "https://toot.example/back?x=1")
    assert found.scopes == {"read", "push"}
    assert found.client_secret == ""
    assert await see(apps.app_by_id, made.id) == found
    assert await see(apps.app_by_id, 1) is None
    assert await see(apps.app_by_client_id, "none") is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": " "}, id="no name"),
        pytest.param({"name": "x" * 201}, id="an endless name"),
        pytest.param({"redirect_uris": []}, id="nowhere to go back to"),
        pytest.param({"redirect_uris": [" "]}, id="a blank to go back to"),
        pytest.param({"redirect_uris": [BACK] * 21}, id="too many places"),
        pytest.param({"redirect_uris": ["javascript:alert(1)"]}, id="FED-80 a script"),
        pytest.param({"redirect_uris": ["java\tscript:x"]}, id="FED-80 a script with a tab"),
        pytest.param({"redirect_uris": ["DATA:text/html,x"]}, id="FED-80 data"),
        pytest.param({"redirect_uris": ["/relative"]}, id="FED-80 relative"),
        pytest.param({"redirect_uris": ["https://a.example/#x"]}, id="FED-80 a fragment"),
        pytest.param({"redirect_uris": ["https://a.example/\x7f\x01"]}, id="FED-80 controls"),
        pytest.param({"redirect_uris": ["https://a/" + "x" * 2000]}, id="FED-80 endless"),
        pytest.param({"scopes": "read everything"}, id="an unknown scope"),
    ],
)
async def test_apps_that_cannot_be_are_refused(do, changes):
    values = {"name": "Toot", "redirect_uris": [BACK], "scopes": "read", **changes}

    with pytest.raises(InvalidError):
        await do(apps.register_app, **values)


async def test_a_website_that_is_none_is_left_out(do):
    made = await do(
        apps.register_app, name="Toot", redirect_uris=[BACK], website="javascript:x"
    )

    assert made.website is None


async def test_a_code_becomes_a_token_for_its_member(see, grant, redeem, maya):
    issued = await redeem(await grant())

    info = await see(apps.token_for, token_hash=hash_token(issued.access_token))
    assert info.actor == maya.actor
    assert info.scopes == {"read"}
    assert issued.scopes == "read"


async def test_a_code_used_twice_takes_the_token_back(see, grant, redeem):
    """FED-80, RFC 6749 4.1.2."""
    code = await grant()
    issued = await redeem(code)

    assert await redeem(code) is None
    assert await see(apps.token_for, token_hash=hash_token(issued.access_token)) is None


async def test_a_code_with_a_challenge_needs_its_verifier(grant, redeem):
    """RFC 7636."""
    assert await redeem(await grant(CHALLENGE), code_verifier=VERIFIER)


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(None, id="FED-80 PKCE missing"),
        pytest.param("", id="FED-80 PKCE empty"),
        pytest.param(CHALLENGE, id="FED-80 PKCE plain"),
        pytest.param("b" * 64, id="FED-80 PKCE another"),
    ],
)
async def test_a_code_with_a_challenge_is_worth_nothing_without(grant, redeem, verifier):
    with pytest.raises(OAuthError) as refused:
        await redeem(await grant(CHALLENGE), code_verifier=verifier)

    assert refused.value.code == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"redirect_uri": BACK + "/more"}, id="FED-80 a longer address"),
        pytest.param({"redirect_uri": "toot://"}, id="FED-80 a shorter address"),
        pytest.param({"code": "made up"}, id="FED-80 a made-up code"),
    ],
)
async def test_codes_that_do_not_fit_are_refused(grant, redeem, changes):
    code = await grant()

    with pytest.raises(OAuthError, match="invalid"):
        await redeem(**{"code": code, **changes})


async def test_a_code_is_of_no_use_to_another_app(do, grant, redeem):
    """FED-80."""
    other = await do(apps.register_app, name="Other", redirect_uris=[BACK])

    with pytest.raises(OAuthError) as refused:
        await redeem(
            await grant(), client_id=other.client_id, client_secret=other.client_secret
        )

    assert refused.value.code == "invalid_grant"


async def test_a_code_grows_old(clock, grant, redeem):
    code = await grant()

    clock.advance(minutes=11)

    with pytest.raises(OAuthError, match="expired"):
        await redeem(code)


@pytest.mark.parametrize("changes", [{"client_id": "none"}, {"client_secret": "wrong"}])
async def test_apps_have_to_prove_who_they_are(grant, redeem, changes):
    with pytest.raises(OAuthError) as refused:
        await redeem(await grant(), **changes)

    assert (refused.value.code, refused.value.status) == ("invalid_client", 401)


async def test_an_apps_own_token_stands_for_nobody(do, see, app):
    issued = await do(
        apps.client_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
        scopes="read",
    )

    info = await see(apps.token_for, token_hash=hash_token(issued.access_token))
    assert info.actor is None
    assert info.app_id == app.id


@pytest.mark.parametrize("scopes", ["push", "everything", "admin:read"])
async def test_an_app_gets_no_more_than_it_registered_for(do, app, scopes):
    with pytest.raises(OAuthError) as refused:
        await do(
            apps.client_token,
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=scopes,
        )

    assert refused.value.code == "invalid_scope"


async def test_a_token_can_be_taken_back_by_its_app(do, see, app, grant, redeem):
    issued = await redeem(await grant())
    own = {"client_id": app.client_id, "client_secret": app.client_secret}

    await do(apps.revoke, **own, token=issued.access_token)
    await do(apps.revoke, **own, token=issued.access_token)
    await do(apps.revoke, **own, token="never given")

    assert await see(apps.token_for, token_hash=hash_token(issued.access_token)) is None


async def test_a_token_cannot_be_taken_back_by_another_app(do, see, grant, redeem):
    """FED-80."""
    issued = await redeem(await grant())
    other = await do(apps.register_app, name="Other", redirect_uris=[BACK])

    with pytest.raises(OAuthError) as refused:
        await do(
            apps.revoke,
            client_id=other.client_id,
            client_secret=other.client_secret,
            token=issued.access_token,
        )

    assert refused.value.status == 403
    assert await see(apps.token_for, token_hash=hash_token(issued.access_token))


async def test_the_operator_makes_tokens_for_members_only(do, make_remote):
    await make_remote("ria")

    for name in ("nobody", "ria"):
        with pytest.raises(NotFoundError, match=name):
            await do(apps.create_token, username=name, scopes="read", app_name="Script")


async def test_a_token_ends_with_a_suspension(do, see, maya):
    await do(moderation.suspend_account, actor=None, account_id=maya.account.id, reason="Spam")

    assert await see(apps.token_for, token_hash=hash_token(maya.token)) is None


@pytest.mark.parametrize(
    ("field", "words"), [("disabled_at", "disabled"), ("approved_at", "pending")]
)
async def test_a_token_of_somebody_who_may_not_come_in_is_refused(ctx, see, maya, field, words):
    async def change(session):
        row = await session.get(MemberRow, maya.actor.member_id)
        setattr(row, field, ctx.clock() if field == "disabled_at" else None)

    await ctx.write(change)

    with pytest.raises(ForbiddenError, match=words):
        await see(apps.token_for, token_hash=hash_token(maya.token))
