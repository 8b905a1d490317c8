"""Hashtags that an account presents itself with, in the API and on the pages."""

import pytest


@pytest.fixture
def call(client, maya):
    async def run(method, path, status=200, **parts):
        answer = await client.request(method, path, headers=maya.headers, **parts)
        assert answer.status == status, await answer.text()
        return await answer.json()

    return run


async def test_a_hashtag_is_featured_and_no_longer(call, maya):
    await call("POST", "/api/v1/statuses", json={"status": "Fire it #Clay #Kiln"})

    suggested = await call("GET", "/api/v1/featured_tags/suggestions")
    assert {tag["name"] for tag in suggested} == {"clay", "kiln"}
    made = await call("POST", "/api/v1/featured_tags", json={"name": "Clay"})
    assert (made["name"], made["statuses_count"]) == ("Clay", "1")
    assert made["url"] == "https://home.example/tags/clay"
    assert made["last_status_at"]

    assert await call("GET", "/api/v1/featured_tags") == [made]
    assert await call("GET", f"/api/v1/accounts/{maya.account.id}/featured_tags") == [made]
    suggested = await call("GET", "/api/v1/featured_tags/suggestions")
    assert [tag["name"] for tag in suggested] == ["kiln"]

    await call("DELETE", f"/api/v1/featured_tags/{made['id']}")
    assert await call("GET", "/api/v1/featured_tags") == []
    await call("DELETE", f"/api/v1/featured_tags/{made['id']}", 404)


@pytest.mark.parametrize("name", ["", "#", "two words", "12", "a" * 300, "x/y"])
async def test_what_is_no_hashtag_is_refused(call, name):
    await call("POST", "/api/v1/featured_tags", 422, json={"name": name})


async def test_there_are_ten_and_each_once(call):
    for number in range(10):
        await call("POST", "/api/v1/featured_tags", json={"name": f"topic{number}"})

    await call("POST", "/api/v1/featured_tags", 422, json={"name": "Topic1"})
    await call("POST", "/api/v1/featured_tags", 422, json={"name": "eleven"})
    instance = await call("GET", "/api/v2/instance")
    assert instance["configuration"]["accounts"]["max_featured_tags"] == 10


async def test_a_hashtag_says_whether_it_is_featured(call):
    """Row 1.8 "Featured tags"."""
    for what, featuring in (("feature", True), ("feature", True), ("unfeature", False)):
        tag = await call("POST", f"/api/v1/tags/Clay/{what}")
        assert (tag["name"], tag["featuring"]) == ("clay", featuring)
        assert (await call("GET", "/api/v1/tags/clay"))["featuring"] is featuring
    await call("POST", "/api/v1/tags/clay/unfeature")
    await call("POST", "/api/v1/tags/12/feature", 422)


async def test_nobody_takes_anothers_away(call, client, tom, maya):
    made = await call("POST", "/api/v1/featured_tags", json={"name": "clay"})

    answer = await client.delete(f"/api/v1/featured_tags/{made['id']}", headers=tom.headers)

    assert answer.status == 404
    assert await call("GET", "/api/v1/featured_tags") == [made]
