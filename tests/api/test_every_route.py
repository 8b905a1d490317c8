"""Every address of the API, walked: who may come in, and that nothing sent breaks it."""

import re

import pytest

import fedi_k12.api.routes
import fedi_k12.oauth.routes
from fedi_k12.web.auth import access_of
from fedi_k12.web.ops import ROUTES as OPS

ROUTES = [*fedi_k12.api.routes.ROUTES, *fedi_k12.oauth.routes.ROUTES]


def rooms(*kinds):
    """Return the routes of each module, as one parameter with its name."""
    found = {}
    for route in ROUTES:
        if not kinds or access_of(route.handler).kind in kinds:
            found.setdefault(route.handler.__module__.rpartition(".")[2], []).append(route)
    return [pytest.param(routes, id=name) for name, routes in sorted(found.items())]


def path_of(route, number="1"):
    return re.sub(r"\{[^}]*\}", number, route.path)


@pytest.mark.parametrize("routes", rooms("token", "app token"))
async def test_without_a_token_one_does_not_come_in(client, routes):
    for route in routes:
        answer = await client.request(route.method, path_of(route))

        assert answer.status == 401, route
        assert (await answer.json())["error"]


@pytest.mark.parametrize("routes", rooms("token", "app token"))
async def test_a_token_for_something_else_is_refused(client, make_member, routes):
    """FED-80, FED-81: scopes are asked for on every address."""
    other = await make_member("mia", scopes="admin:read")

    for route in routes:
        answer = await client.request(route.method, path_of(route), headers=other.headers)

        if access_of(route.handler).needs:
            assert answer.status == 403, route


ODD_IDS = ["1", "0", "x", "-1", "99999999999999999999", "%00", "1%27--"]


@pytest.mark.parametrize("routes", rooms())
async def test_ids_that_are_nobodys_are_refused(client, maya, routes):
    for route in routes:
        for number in ODD_IDS if "{" in route.path else []:
            answer = await client.request(
                route.method, path_of(route, number), headers=maya.headers
            )

            assert answer.status < 500, (route, number, await answer.text())


ODD_BODIES = [
    {
        "status": {"a": 1}, "id": {"a": []}, "q": ["a", "b"], "limit": "many", "title": 5,
        "keywords_attributes": "x", "context": 7, "choices": {"a": "b"}, "media_ids": "x",
        "poll": "x", "account_ids": {"0": {"1": "2"}}, "home": "x", "fields_attributes": [1],
        "source": 5, "display_name": [], "redirect_uris": {"a": {"b": "c"}}, "scopes": [1],
    },
    {
        "status": "x" * 6000, "id": "9" * 50, "q": "%" * 500, "limit": -5, "title": "",
        "comment": "x" * 5000, "duration": 10**30, "context": ["mars"], "choices": [99, -1],
        "media_ids": [1, "x"], "poll": {"options": [], "expires_in": "soon"},
        "account_ids": ["x", 1], "home": {"last_read_id": "x"}, "expires_in": -1,
        "keywords_attributes": [{"id": 5, "_destroy": True}, {"keyword": ""}],
        "display_name": "x" * 500, "note": "x" * 9000, "visibility": "everybody",
        "scheduled_at": "yesterday", "in_reply_to_id": "1", "language": "klingon-x-y-z",
        "acct": "@@@", "phrase": "\u202e", "domain": "not a domain", "name": "#",
        "filter_action": "explode", "replies_policy": "never", "status_id": "1",
        "redirect_uris": "javascript:x", "client_name": "x" * 999, "scope": "sudo",
        "offset": "-1", "type": "everything", "min_id": "x", "max_id": [], "since_id": {},
    },
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES, ids=["wrong types", "impossible values"])
@pytest.mark.parametrize("routes", rooms())
async def test_whatever_is_sent_is_an_answer_or_a_refusal(client, maya, routes, body):
    """FED-59 at the door of apps: bad input is never our fault."""
    query = {name: str(value)[:900] for name, value in body.items()}
    for route in routes:
        given = {"params": query} if route.method == "GET" else {"json": body}

        answer = await client.request(
            route.method, path_of(route), headers=maya.headers, allow_redirects=False, **given
        )

        assert answer.status < 500, (route, await answer.text())


@pytest.mark.parametrize("path", [route.path for route in OPS if route.path != "/metrics"])
async def test_operators_addresses_answer(client, path):
    assert (await client.get(path)).status == 200
