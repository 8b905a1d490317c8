"""What is asked for most is answered before a route is looked for, as the route would."""

from ipaddress import ip_network

import pytest
import structlog
from aiohttp import web
from msgspec.structs import replace
from sqlalchemy import update

from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.permissions import Role
from fedi_k12.observe import render_metrics
from fedi_k12.services import entry
from fedi_k12.web import limits
from storage.tables import TokenRow
from tests.conftest import HOST
from tests.remote import ACTIVITY, signed_headers

FINGER = f"/.well-known/webfinger?resource=acct:maya@{HOST}"
HOME = "/api/v1/timelines/home?limit=5"
EACH_ITS_OWN = ("Date", "X-Request-Id")


@pytest.fixture
def settings(settings, request):
    """The usual settings with what a test wants different."""
    return replace(settings, **getattr(request, "param", {}))


@pytest.fixture
def ask(client, ctx, remote, maya):
    """Return a function that asks for Maya: status, headers and body."""
    ria = remote.actor("ria")

    async def get(path, *, signed=True, **headers):
        given = {"Accept": ACTIVITY}
        if signed:
            now = ctx.clock()
            given |= signed_headers(ria, None, host=HOST, path=path, now=now, method="GET")
        if headers.pop("wrong", False):
            given["Signature"] = given["Signature"].replace('signature="', 'signature="AAAA')
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        answer = await client.get(path, headers=given, allow_redirects=False)
        return answer.status, answer.headers.copy(), await answer.read()

    return get


@pytest.fixture
def routed(monkeypatch):
    """The paths for which a route was looked for."""
    paths, resolve = [], web.UrlDispatcher.resolve

    async def note(router, request):
        paths.append(request.path)
        return await resolve(router, request)

    monkeypatch.setattr(web.UrlDispatcher, "resolve", note)
    return paths


@pytest.mark.parametrize(
    ("path", "signed"),
    [(FINGER, False), ("/users/maya", True), ("/users/maya", False)],
    ids=["webfinger", "an account, signed", "an account, unsigned"],
)
async def test_what_is_ready_is_what_the_handler_says(ctx, ask, routed, path, signed):
    await ask("/users/maya")
    usual = await ask(path, signed=signed, Connection="close")
    routed.clear()

    ready = await ask(path, signed=signed)

    assert routed == []
    assert (ready[0], ready[2]) == (usual[0], usual[2])
    assert ready[1].keys() >= set(EACH_ITS_OWN)
    for headers in (usual[1], ready[1]):
        for name in (*EACH_ITS_OWN, "Connection"):
            headers.pop(name, None)
    assert sorted(ready[1].items()) == sorted(usual[1].items())


async def test_what_is_ready_is_counted_and_logged_as_any(ask):
    for path in ("/users/maya", FINGER):
        await ask(path)
    before = counted()

    with structlog.testing.capture_logs() as lines:
        await ask("/users/maya")
        await ask(FINGER)

    assert [line["event"] for line in lines] == [
        "GET /users/maya",
        "GET /.well-known/webfinger",
    ]
    assert [value - before[name] for name, value in counted().items()] == [1, 1]


def counted():
    routes = ('"/.well-known/webfinger",status="200"', '"/users/{username}",status="200"')
    lines = render_metrics().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith('fedi_k12_requests_total{method="GET"')
        and any(route in line for route in routes)
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/html"}, 302),
        ({"wrong": True}, 401),
        ({"Date": "Mon, 01 Jan 2001 00:00:00 GMT"}, 401),
    ],
    ids=["a browser", "signed wrongly", "signed long ago"],
)
async def test_who_may_not_see_an_account_does_not_where_it_is_ready(ask, headers, status):
    for _ in range(2):
        assert (await ask("/users/maya"))[0] == 200

    assert (await ask("/users/maya", **headers))[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 421), ({"Content_Encoding": "gzip"}, 415)],
    ids=["another name", "packed"],
)
async def test_what_no_handler_is_asked_is_refused_where_the_answer_is_ready(
    ask, headers, status
):
    for _ in range(2):
        assert (await ask(FINGER, signed=False))[0] == 200

    assert (await ask(FINGER, signed=False, **headers))[0] == status


@pytest.fixture
def home(client):
    """Return a function that asks for somebody's home timeline: status, headers and posts."""

    async def get(member, **headers):
        answer = await client.get(HOME, headers={**member.headers, **headers})
        said = await answer.json()
        posts = [one["content"] for one in said] if answer.status == 200 else said["error"]
        return answer.status, answer.headers.copy(), posts

    return get


@pytest.mark.parametrize("settings", [{"rate_limits": True}], indirect=True, ids=["limited"])
async def test_a_page_at_home_that_is_ready_is_what_the_handler_says(
    ctx, client, home, maya, routed
):
    await client.post("/api/v1/statuses", json={"status": "one"}, headers=maya.headers)
    usual = [await home(maya), await home(maya, Connection="close")][1]
    routed.clear()

    ready = await home(maya)

    assert routed == []
    assert (ready[0], ready[2]) == (usual[0], usual[2]) == (200, ["<p>one</p>"])
    left = [int(one[1].popone("X-RateLimit-Remaining")) for one in (usual, ready)]
    assert left[0] - left[1] == 1
    for headers in (usual[1], ready[1]):
        for name in (*EACH_ITS_OWN, "Connection"):
            headers.pop(name, None)
    assert sorted(ready[1].items()) == sorted(usual[1].items())


async def test_a_page_at_home_that_is_ready_ends_with_what_it_shows_and_who_may_see_it(
    ctx, client, home, maya, tom, make_member
):
    writer = await make_member("wim", scopes="write")
    await client.post("/api/v1/statuses", json={"status": "one"}, headers=maya.headers)
    for _ in range(2):
        assert (await home(maya))[2] == ["<p>one</p>"]
        assert (await home(tom))[2] == []
        assert (await home(writer))[0] == 403

    await client.post("/api/v1/statuses", json={"status": "two"}, headers=maya.headers)
    assert (await home(maya))[2] == ["<p>two</p>", "<p>one</p>"]
    await ctx.write(_revoke, maya.token, ctx.clock())
    assert (await home(maya))[0] == 401
    assert (await home(tom))[0] == 200


async def _revoke(session, token, now):
    ended = update(TokenRow).values(revoked_at=now).where(TokenRow.hash == hash_token(token))
    await session.execute(ended)


@pytest.mark.parametrize("settings", [{"rate_limits": True}], indirect=True, ids=["limited"])
async def test_a_page_at_home_that_is_ready_is_not_for_who_asks_too_often(
    home, maya, clock, monkeypatch
):
    monkeypatch.setattr(limits, "API_LIMIT", 4)
    assert [(await home(maya))[0] for _ in range(6)] == [200] * 4 + [429] * 2
    clock.advance(minutes=6)
    assert (await home(maya))[0] == 200


@pytest.mark.parametrize(
    "settings",
    [{"trusted_proxies": (ip_network("127.0.0.0/8"),)}],
    indirect=True,
    ids=["proxy"],
)
async def test_a_page_at_home_that_is_ready_is_not_for_a_network_that_is_shut_out(
    ctx, home, maya, make_member
):
    mod = await make_member("mona", role=Role.MODERATOR)
    await ctx.write(
        entry.block_network, actor=mod.actor, network="192.0.2.0/24", severity="no_access",
        now=ctx.clock(),
    )  # fmt: skip
    for _ in range(2):
        assert (await home(maya, **{"X-Forwarded-For": "198.51.100.7"}))[0] == 200

    assert (await home(maya, **{"X-Forwarded-For": "192.0.2.7"}))[0] == 403
