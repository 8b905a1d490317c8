"""The layer around every answer: names, limits, headers, refusals, and what operators ask."""

import json
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.settings import Settings
from fedi_k12.web import limits
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import RateLimits


@pytest.fixture
def settings(settings, request) -> Settings:
    """The usual settings with what a test wants different."""
    changes = getattr(request, "param", {})
    values = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return Settings(**{**values, **changes})


def limited(**changes):
    return pytest.mark.parametrize(
        "settings", [{"rate_limits": True, **changes}], indirect=True, ids=["limited"]
    )


async def test_the_server_answers_to_its_own_name_only(client):
    """FED-39: a Host of somebody else."""
    answer = await client.get("/api/v2/instance", headers={"Host": "evil.example"})

    assert answer.status == 421


@pytest.mark.parametrize("host", ["HOME.example", "home.example:443"])
async def test_its_name_has_no_case_and_may_say_the_usual_port(client, host):
    assert (await client.get("/api/v2/instance", headers={"Host": host})).status == 200


async def test_people_who_typed_another_name_are_led_to_the_right_one(client):
    answer = await client.get(
        "/about?x=1", headers={"Host": "www.home.example"}, allow_redirects=False
    )

    assert answer.status == 308
    assert answer.headers["Location"] == "https://home.example/about?x=1"


@pytest.mark.parametrize("path", ["/inbox", "/users/maya/inbox"])
async def test_letters_for_another_name_are_refused(client, path):
    answer = await client.post(path, headers={"Host": "evil.example"})

    assert answer.status == 421


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Original-URL", "X-HTTP-Method-Override"]
)
async def test_headers_of_proxies_change_nothing(client, maya, header):
    """FED-39."""
    headers = {header: "DELETE", "Accept": "application/activity+json"}

    answer = await client.get("/users/maya", headers=headers)

    assert answer.status == 200


async def test_every_answer_is_dressed(client):
    answer = await client.get("/about")

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert len(answer.headers["X-Request-Id"]) == 16
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/nothing/here", "/api/v1/nothing", "/users/nobody/nothing"])
async def test_refusals_are_dressed_too(client, path):
    answer = await client.get(path)

    assert answer.status == 404
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]


async def test_pages_of_other_origins_may_ask_the_api(client):
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, x-evil;",
    }

    answer = await client.options("/api/v1/statuses", headers=asked)

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, x-evil"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    plain = await client.options("/api/v1/statuses", headers={"Origin": "https://app.example"})
    assert "Idempotency-Key" in plain.headers["Access-Control-Allow-Headers"]
    shown = await client.get("/api/v2/instance", headers={"Origin": "https://app.example"})
    assert "Link" in shown.headers["Access-Control-Expose-Headers"]


async def test_pages_of_other_origins_may_not_ask_for_our_pages(client):
    answer = await client.options("/auth/sign_in", headers={"Origin": "https://evil.example"})

    assert answer.status in {404, 405}
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/nothing", "application/json"),
        ("/oauth/token", "application/json"),
        ("/users/nobody", "application/problem+json"),
        ("/inbox", "application/problem+json"),
    ],
)
async def test_refusals_come_in_the_form_that_the_asker_reads(client, path, kind):
    method = "POST" if path in {"/oauth/token", "/inbox"} else "GET"

    answer = await client.request(method, path)

    assert answer.status >= 400
    assert answer.content_type == kind
    assert await answer.json()


async def test_people_get_a_page(client):
    answer = await client.get("/nothing", headers={"Accept": "text/html"})

    assert answer.status == 404
    assert answer.content_type == "text/html"
    assert "<main" in await answer.text()


async def test_a_wrong_method_says_which_are_right(client):
    answer = await client.delete("/api/v2/instance")

    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/users/%00", id="FED-66 NUL"),
        pytest.param("/users/" + "a" * 5000, id="FED-66 an endless name"),
        pytest.param("/tags/%F0%80%80%AF", id="FED-66 overlong letters"),
        pytest.param("/@%FF", id="FED-66 letters that are none"),
        pytest.param("/.well-known/webfinger?resource=" + "a" * 7000, id="FED-66 a resource"),
        pytest.param("/.well-known/webfinger?resource=%00", id="FED-66 a resource of NUL"),
        pytest.param("/media/files/../../etc/passwd", id="FED-100 out of the folder"),
        pytest.param("/media/files/%2e%2e%2fetc%2fpasswd", id="FED-100 escaped out"),
        pytest.param("/media/remote/999999999999999999999", id="a number too long"),
        pytest.param("/media/remote/https:%2f%2fevil.example", id="FED-52 an address"),
        pytest.param("/api/v1/statuses/99999999999999999999", id="an id too long"),
        pytest.param("/api/v1/accounts/lookup?acct=%00", id="FED-66 a handle of NUL"),
        pytest.param("/contexts/9223372036854775808", id="an id beyond all"),
    ],
)
async def test_odd_addresses_are_refused_and_never_an_error_of_ours(client, path):
    answer = await client.get(path)

    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Range": "bytes=" + "0-1," * 2000}, id="FED-66 ranges"),
        pytest.param({"Accept": "text/html;q=" + "0" * 7000}, id="FED-66 what is accepted"),
        pytest.param({"Accept-Language": "x-" * 3000}, id="FED-66 languages"),
        pytest.param({"Cookie": "fedi_k12_session=" + "a" * 6000}, id="an endless cookie"),
        pytest.param({"Cookie": "; ; =; fedi_k12_session"}, id="a broken cookie"),
        pytest.param({"If-None-Match": '"' * 5000}, id="an endless tag"),
        pytest.param({"X-Forwarded-For": "a, " * 2000}, id="endless hops"),
        pytest.param({"Authorization": "Basic x"}, id="another way to sign in"),
    ],
)
async def test_odd_headers_are_answered_and_never_an_error_of_ours(client, headers):
    answer = await client.get("/about", headers=headers)

    assert answer.status < 500


async def test_what_nobody_foresaw_is_an_answer_with_a_number(client, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("fedi_k12.services.site.site", fail)

    answer = await client.get("/api/v2/instance")
    said = await answer.json()

    assert answer.status == 500
    assert answer.headers["X-Request-Id"] in said["error"]
    assert "secret" not in json.dumps(said)


async def test_alive_and_ready(client):
    for path in ("/healthz", "/health", "/readyz"):
        assert (await client.get(path, headers={"Host": "127.0.0.1:8080"})).status == 200


async def test_health_is_told_in_mastodons_words(client):
    answer = await client.get("/health")

    assert (await answer.text(), answer.content_type) == ("OK", "text/plain")


async def test_not_ready_without_a_store(client, monkeypatch):
    class Broken:
        def __getattr__(self, name):
            raise OSError("disk gone")

    ctx = client.app[CONTEXT]
    monkeypatch.setattr(type(ctx), "read", Broken(), raising=False)

    answer = await client.get("/readyz")

    assert answer.status == 503
    assert "disk" not in await answer.text()


@pytest.mark.parametrize(
    "settings", [{"metrics_token": "let me in"}], indirect=True, ids=["token"]
)
@pytest.mark.parametrize(
    ("given", "status"),
    [("Bearer let me in", 200), ("Bearer wrong", 401), ("", 404)],
    ids=["the token", "another", "none"],
)
async def test_counters_are_for_operators(client, given, status):
    headers = {"Authorization": given} if given else {}

    answer = await client.get("/metrics", headers=headers)

    assert answer.status == status
    assert ("fedi_k12_requests_total" in await answer.text()) == (status == 200)


async def test_counters_are_for_admins(client, make_member):
    admin = await make_member("ann", role=Role.ADMIN)
    member = await make_member("tim")

    assert (await client.get("/metrics", headers=admin.headers)).status == 200
    assert (await client.get("/metrics", headers=member.headers)).status == 404


@limited()
async def test_what_comes_too_fast_is_told_to_wait(client, clock, maya, monkeypatch):
    monkeypatch.setattr(limits, "API_LIMIT", 3)
    path = "/api/v1/accounts/verify_credentials"

    seen = [await client.get(path, headers=maya.headers) for _ in range(4)]

    assert [answer.status for answer in seen] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in seen] == ["2", "1", "0", "0"]
    assert 0 < int(seen[-1].headers["Retry-After"]) <= 301
    clock.advance(minutes=6)
    assert (await client.get(path, headers=maya.headers)).status == 200


@limited()
async def test_each_token_has_its_own_allowance(client, maya, tom, monkeypatch):
    monkeypatch.setattr(limits, "API_LIMIT", 1)
    path = "/api/v1/accounts/verify_credentials"

    for member in (maya, tom):
        assert (await client.get(path, headers=member.headers)).status == 200
    assert (await client.get(path, headers=maya.headers)).status == 429


@limited()
async def test_attempts_to_sign_in_are_counted_by_address_whatever_they_show(
    client, monkeypatch
):
    """A new made-up token each time must not be a new allowance."""
    monkeypatch.setattr(limits, "SIGN_IN_LIMIT", 3)

    statuses = [
        (
            await client.post("/oauth/token", data={}, headers={"Authorization": f"Bearer {n}"})
        ).status
        for n in range(5)
    ]

    assert statuses[-1] == 429


@limited()
@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/v2/media", "MEDIA_LIMIT"),
        ("DELETE", "/api/v1/statuses/1", "DELETE_LIMIT"),
        ("POST", "/api/v1/apps", "SIGN_IN_LIMIT"),
        ("GET", "/about", "PAGE_LIMIT"),
    ],
)
async def test_costly_things_have_limits_of_their_own(client, monkeypatch, method, path, name):
    monkeypatch.setattr(limits, name, 1)

    first = await client.request(method, path)
    second = await client.request(method, path)

    assert first.status != 429
    assert second.status == 429


@limited()
async def test_other_servers_are_not_held_to_the_limits_of_people(client, monkeypatch):
    monkeypatch.setattr(limits, "PAGE_LIMIT", 1)

    for _ in range(3):
        assert (await client.get("/.well-known/nodeinfo")).status == 200


def test_a_flood_of_askers_takes_no_more_memory(clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BUCKETS", 10)
    counted = RateLimits(clock)

    for number in range(100):
        counted.take("api", str(number), limit=1, window=limits.WINDOW)

    assert len(counted._buckets) == 10


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "1.2.3.4", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "9.9.9.9, 1.2.3.4, 127.0.0.2", "1.2.3.4"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.3, ,", "127.0.0.1"),
        ("unknown", "1.2.3.4", "unknown"),
    ],
    ids=[
        "a stranger claims",
        "a proxy says",
        "the last that is no proxy",
        "nothing",
        "only proxies",
        "no address",
    ],
)
def test_only_proxies_that_are_trusted_are_believed(peer, forwarded, address):
    holder = SimpleNamespace(
        settings=SimpleNamespace(trusted_proxies=(ip_network("127.0.0.0/8"),))
    )
    request = SimpleNamespace(
        remote=peer, headers={"X-Forwarded-For": forwarded}, app={CONTEXT: holder}
    )

    assert limits.remote_address(request) == address


def test_a_household_counts_once():
    holder = SimpleNamespace(settings=SimpleNamespace(trusted_proxies=()))

    def who(address):
        request = SimpleNamespace(remote=address, headers={}, method="GET", path="/")
        return limits._who(holder, request, "pages")

    assert who("2001:db8:1:2:3:4:5:6") == who("2001:db8:1:2:ffff::1") != who("2001:db8:1:3::")
