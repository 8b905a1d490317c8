"""How members present themselves, by apps: profile, source and what apps may know."""

import pytest

from tests.web.test_pictures_served import picture

PATH = "/api/v1/profile"


async def test_a_token_for_the_profile_alone_reads_it(client, make_member):
    mia = await make_member("mia", scopes="profile")

    for path in (PATH, "/api/v1/accounts/verify_credentials", "/oauth/userinfo"):
        answer = await client.get(path, headers=mia.headers)
        assert answer.status == 200, path
    for method, path in (("PATCH", PATH), ("GET", "/api/v1/preferences")):
        answer = await client.request(method, path, headers=mia.headers)
        assert answer.status == 403, path


async def test_a_profile_without_pictures_has_none(client, maya):
    answer = await client.get(PATH, headers=maya.headers)

    profile = await answer.json()
    assert (profile["avatar"], profile["avatar_static"], profile["header"]) == (None,) * 3
    assert profile["display_name"] == "Maya"
    assert (profile["fields"], profile["attribution_domains"]) == ([], [])
    assert profile["show_media"] is True


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_every_field_is_changed_and_read_back(client, maya, method):
    wanted = {
        "display_name": "Maya O.",
        "note": "Clay & #glaze",
        "locked": True,
        "bot": True,
        "discoverable": True,
        "hide_collections": False,
        "indexable": True,
        "avatar_description": "A kiln",
        "header_description": "Shelves",
        "attribution_domains": ["Clay.Example", "https://papers.example/"],
        "fields_attributes": [{"name": "Teaches", "value": "Grade 4"}],
    }

    answer = await client.request(method, PATH, json=wanted, headers=maya.headers)

    profile = await answer.json()
    for name in set(wanted) - {"fields_attributes", "attribution_domains"}:
        assert profile[name] == wanted[name], name
    assert profile["attribution_domains"] == ["clay.example", "papers.example"]
    assert profile["fields"] == [{"name": "Teaches", "value": "Grade 4", "verified_at": None}]
    credentials = await (
        await client.get("/api/v1/accounts/verify_credentials", headers=maya.headers)
    ).json()
    assert credentials["source"]["attribution_domains"] == profile["attribution_domains"]
    assert credentials["source"]["note"] == wanted["note"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"attribution_domains": ["not a host"]},
        {"attribution_domains": [f"a{n}.example" for n in range(11)]},
        {"display_name": "x" * 1000},
        {"note": "x" * 100_000},
        {"locked": "perhaps"},
        {"display_name": {"a": 1}},
        {"fields_attributes": [{"name": "x" * 3000, "value": "y"}]},
    ],
)
async def test_what_cannot_be_shown_is_refused(client, maya, wanted):
    answer = await client.patch(PATH, json=wanted, headers=maya.headers)

    assert answer.status in {400, 422}
    assert (await answer.json())["error"]
    after = await (await client.get(PATH, headers=maya.headers)).json()
    assert (after["display_name"], after["attribution_domains"]) == ("Maya", [])


async def test_pictures_come_and_go(client, maya):
    from aiohttp import FormData

    for name in ("avatar", "header"):
        form = FormData()
        form.add_field(name, picture(), filename="a.png", content_type="image/png")
        answer = await client.patch(PATH, data=form, headers=maya.headers)
        assert (await answer.json())[name].startswith("https://home.example/")

        gone = await client.delete(f"{PATH}/{name}", headers=maya.headers)

        assert gone.status == 200
        assert (await gone.json())["username"] == "maya"
        profile = await (await client.get(PATH, headers=maya.headers)).json()
        assert profile[name] is None
