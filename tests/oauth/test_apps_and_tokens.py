"""What apps register and what tokens allow: no page, no code."""

import pytest

from fedi_k12.domain.ids import new_token
from fedi_k12.services.apps import OUT_OF_BAND

BACK = "toot://back"


async def test_an_app_says_several_addresses_on_lines_or_in_a_list(client):
    lines = await client.post(
        "/api/v1/apps",
        data={"client_name": "Toot", "redirect_uris": f"{BACK}\n{OUT_OF_BAND}"},
    )
    listed = await client.post(
        "/api/v1/apps", json={"client_name": "Toot", "redirect_uris": [BACK, OUT_OF_BAND]}
    )

    for answer in (lines, listed):
        assert (await answer.json())["redirect_uris"] == [BACK, OUT_OF_BAND]


@pytest.mark.parametrize(
    "values",
    [{}, {"client_name": "x"}, {"client_name": "x", "redirect_uris": "javascript:x"}],
    ids=["nothing", "no address", "FED-80 a script"],
)
async def test_apps_that_cannot_be_are_refused(client, values):
    assert (await client.post("/api/v1/apps", data=values)).status == 422


async def test_who_the_token_stands_for(client, maya):
    answer = await client.get("/oauth/userinfo", headers=maya.headers)

    said = await answer.json()
    assert (said["preferred_username"], said["sub"]) == ("maya", maya.account.uri)
    assert (await client.get("/oauth/userinfo")).status == 401


async def test_the_server_says_what_it_offers(client):
    """Row 1.18 "OAuth discovery"."""
    said = await (await client.get("/.well-known/oauth-authorization-server")).json()

    assert said["issuer"] == "https://home.example/"
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert {"read", "write", "follow", "push", "profile"} <= set(said["scopes_supported"])
    assert "password" not in said["grant_types_supported"]


@pytest.mark.parametrize(
    "given", ["Bearer none", f"Bearer {new_token()}", "bearer  "], ids=["none", "one", "empty"]
)
async def test_tokens_that_are_none_are_refused(client, given):
    answer = await client.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": given}
    )

    assert answer.status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/statuses"),
        ("PATCH", "/api/v1/accounts/update_credentials"),
        ("POST", "/api/v1/accounts/1/follow"),
    ],
)
async def test_a_token_for_reading_does_not_write(client, make_member, method, path):
    """FED-80."""
    reader = await make_member("rhea", scopes="read")

    answer = await client.request(method, path, data={"status": "x"}, headers=reader.headers)

    assert answer.status == 403
    assert "scopes" in (await answer.json())["error"]
