"""Apps are woken: what a push service gets, what it may answer, and whom it may not hear of."""

import base64
import json
from datetime import timedelta

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import func, select

from fedi_k12.domain.webpush import decoded, encoded
from fedi_k12.services import moderation
from fedi_k12.worker import run_until_idle
from storage.tables import JobRow, PushSubscriptionRow
from tests.waking import Phone

URL = "/api/v1/push/subscription"
ALL = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update",
    "quote", "quoted_update", "admin.sign_up", "admin.report",
)  # fmt: skip


class Served(Phone):
    """The same with its push service, which may answer otherwise."""

    def __init__(self):
        super().__init__()
        self.status, self.headers = 201, {}

    async def receive(self, request):
        self.got.append((request.headers.copy(), await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def phone(aiohttp_server, resolver):
    made = Served()
    app = web.Application()
    app.router.add_post("/wake/1", made.receive)
    server = await aiohttp_server(app)
    resolver.ports["push.example"] = server.port
    return made


@pytest.fixture
def subscribe(call, phone):
    """Return a function that lets a member's app be woken."""

    async def run(member, *alerts, standard=True, policy="all", **changes):
        return await call(
            member, "POST", URL,
            subscription={
                "endpoint": "http://push.example/wake/1",
                "keys": {"p256dh": encoded(phone.point), "auth": encoded(phone.auth)},
                "standard": standard,
                **changes,
            },
            data={"alerts": dict.fromkeys(alerts or ALL, True), "policy": policy},
        )  # fmt: skip

    return run


def verified(token, key):
    """Return what a push service reads from a server's token, having checked it (RFC 8292)."""
    said, _, signature = token.rpartition(".")
    raw = decoded(signature)
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    public.verify(encode_dss_signature(r, s), said.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(decoded(part)) for part in said.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims


async def number_of(ctx, table):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": ""},
        {"endpoint": "push.example"},
        {"endpoint": "ftp://push.example/1"},
        {"endpoint": "javascript:alert(1)"},
        {"endpoint": "https://push.example/" + "x" * 9000},
        {"keys": {}},
        {"keys": {"p256dh": "!", "auth": "!"}},
        {"keys": {"p256dh": encoded(b"\x04" + b"\x01" * 64), "auth": encoded(b"x" * 16)}},
        {"keys": {"p256dh": "ü" * 40, "auth": "ü"}},
    ],
    ids=["no endpoint", "no scheme", "other scheme", "script", "too long", "no keys",
         "no base64", "no point of the curve", "not ASCII"],
)  # fmt: skip
async def test_what_cannot_be_woken_is_refused(ask, maya, phone, changes):
    status, said = await ask(
        maya, "POST", URL,
        subscription={
            "endpoint": "http://push.example/wake/1",
            "keys": {"p256dh": encoded(phone.point), "auth": encoded(phone.auth)},
            **changes,
        },
    )  # fmt: skip

    assert status == 422
    assert said["error"]
    assert (await ask(maya, "GET", URL))[0] == 404


async def test_a_policy_that_nobody_knows_is_refused(ask, subscribe, maya):
    await subscribe(maya)

    assert (await ask(maya, "PUT", URL, data={"policy": "enemies"}))[0] == 422


async def test_a_token_without_the_scope_wakes_nothing(ask, make_member):
    member = await make_member("ben", scopes="read write")

    for method in ("POST", "GET", "PUT", "DELETE"):
        assert (await ask(member, method, URL))[0] == 403


async def test_an_app_asks_changes_and_goes(ask, call, subscribe, client, maya):
    made = await subscribe(maya, "mention", standard=True)

    instance = await call(maya, "GET", "/api/v2/instance")
    app = await call(maya, "GET", "/api/v1/apps/verify_credentials")
    assert (
        made["server_key"]
        == instance["configuration"]["vapid"]["public_key"]
        == app["vapid_key"]
    )
    assert decoded(made["server_key"])[0] == 4
    assert isinstance(made["id"], int)
    assert made["id"] < 2**31
    assert made["standard"] is True
    assert {name for name, wanted in made["alerts"].items() if wanted} == {"mention"}
    assert set(made["alerts"]) == set(ALL)
    assert await call(maya, "GET", URL) == made

    form = {"data[alerts][follow]": "true", "data[policy]": "followed"}
    answer = await client.put(URL, headers=maya.headers, data=form)
    changed = await answer.json()
    assert (changed["alerts"]["mention"], changed["alerts"]["follow"]) == (False, True)
    assert (changed["policy"], changed["endpoint"]) == ("followed", made["endpoint"])

    assert await call(maya, "DELETE", URL) == {}
    assert await call(maya, "DELETE", URL) == {}
    assert (await ask(maya, "GET", URL))[0] == 404


async def test_asking_again_replaces_what_was_asked(call, subscribe, ctx, maya):
    await subscribe(maya, "mention")
    await subscribe(maya, "follow")

    assert (await call(maya, "GET", URL))["alerts"]["mention"] is False
    assert await number_of(ctx, PushSubscriptionRow) == 1


@pytest.mark.parametrize("standard", [True, False], ids=["RFC 8291", "draft of 2017"])
async def test_the_app_reads_what_happened(call, subscribe, phone, ctx, maya, tom, standard):
    await call(maya, "PATCH", "/api/v1/accounts/update_credentials", source={"language": "es"})
    made = await subscribe(maya, standard=standard)
    await call(tom, "POST", "/api/v1/statuses", status="@maya see <you> & me at five")
    await run_until_idle(ctx)

    [message] = phone.messages
    [told] = await call(maya, "GET", "/api/v1/notifications")
    assert message == {
        "access_token": maya.token,
        "preferred_locale": "es",
        "notification_id": int(told["id"]),
        "notification_type": "mention",
        "icon": told["account"]["avatar"],
        "title": "Tom te mencionó",
        "body": "@maya see <you> & me at five",
    }
    headers, body = phone.got[0]
    assert len(body) <= 4096
    assert int(headers["TTL"]) == 48 * 3600
    assert headers["Urgency"] == "normal"
    kind, _, rest = headers["Authorization"].partition(" ")
    if standard:
        assert kind == "vapid"
        token, key = rest.removeprefix("t=").split(",k=")
    else:
        assert kind == "WebPush"
        token = rest
        key = headers["Crypto-Key"].partition(";p256ecdsa=")[2]
    assert key == made["server_key"]
    claims = verified(token, key)
    assert claims["aud"] == "http://push.example"
    assert 0 < claims["exp"] - ctx.clock().timestamp() <= 24 * 3600
    assert claims["sub"].startswith(("mailto:", "https://"))


async def test_the_longest_post_fits_into_one_message(call, subscribe, phone, ctx, maya, tom):
    await call(tom, "PATCH", "/api/v1/accounts/update_credentials", display_name="🧮" * 30)
    await subscribe(maya)
    await call(tom, "POST", "/api/v1/statuses", status="@maya " + "🧑‍🏫" * 1200)
    await run_until_idle(ctx)

    assert len(phone.got[0][1]) <= 4096
    assert phone.messages[0]["body"].endswith("…")


async def test_every_alert_wakes_and_none_that_was_not_asked_for(
    call, subscribe, phone, ctx, maya, tom
):
    post = await call(maya, "POST", "/api/v1/statuses", status="mine", visibility="public")

    async def everything():
        await call(tom, "POST", f"/api/v1/statuses/{post['id']}/favourite")
        await call(tom, "POST", f"/api/v1/statuses/{post['id']}/reblog")
        await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")
        await call(tom, "POST", "/api/v1/statuses", status="@maya")
        await run_until_idle(ctx)

    await subscribe(maya, "favourite", "mention")
    await everything()

    assert {one["notification_type"] for one in phone.messages} == {"favourite", "mention"}


@pytest.mark.parametrize(
    ("policy", "follows", "woken"),
    [
        ("all", None, True),
        ("none", "both", False),
        ("followed", None, False),
        ("followed", "maya", True),
        ("follower", "maya", False),
        ("follower", "tom", True),
    ],
)
async def test_the_policy_says_who_wakes(
    call, subscribe, phone, ctx, maya, tom, policy, follows, woken
):
    if follows in {"maya", "both"}:
        await call(maya, "POST", f"/api/v1/accounts/{tom.actor.account_id}/follow")
    if follows in {"tom", "both"}:
        await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")
    await subscribe(maya, "mention", policy=policy)
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)

    assert bool(phone.got) is woken


async def test_whom_one_blocks_does_not_wake(call, subscribe, phone, ctx, maya, tom):
    await subscribe(maya)
    await call(maya, "POST", f"/api/v1/accounts/{tom.actor.account_id}/block")
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)

    assert phone.got == []


async def test_what_was_deleted_meanwhile_wakes_nobody(call, subscribe, phone, ctx, maya, tom):
    await subscribe(maya)
    post = await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await call(tom, "DELETE", f"/api/v1/statuses/{post['id']}")
    await run_until_idle(ctx)

    assert phone.got == []
    assert await number_of(ctx, JobRow) == 0


async def test_who_is_suspended_is_not_woken(call, subscribe, phone, ctx, maya, tom):
    await subscribe(maya)
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await ctx.write(
        moderation.suspend_account,
        actor=None,
        account_id=maya.actor.account_id,
        reason="",
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert phone.got == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_service_that_says_the_app_is_gone_is_believed(
    ask, call, subscribe, phone, ctx, maya, tom, status
):
    await subscribe(maya)
    phone.status = status
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)

    assert (await ask(maya, "GET", URL))[0] == 404
    assert await number_of(ctx, JobRow) == 0


@pytest.mark.parametrize("status", [400, 403, 413])
async def test_a_message_that_is_refused_is_not_sent_again(
    call, subscribe, phone, ctx, maya, tom, status
):
    await subscribe(maya)
    phone.status = status
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)

    assert await number_of(ctx, JobRow) == 0
    assert await call(maya, "GET", URL)


async def due_in(ctx):
    async with ctx.read() as session:
        row = await session.scalar(select(JobRow).where(JobRow.kind == "SendPush"))
        return row.due_at - ctx.clock()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_troubled_is_asked_later(
    call, subscribe, phone, ctx, clock, maya, tom, status
):
    await subscribe(maya)
    phone.status = status
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)
    assert len(phone.got) == 1

    assert timedelta(seconds=30) < await due_in(ctx) <= timedelta(minutes=1)
    phone.headers = {"Retry-After": "7200"}
    clock.advance(minutes=2)
    await run_until_idle(ctx)
    assert timedelta(minutes=118) < await due_in(ctx) <= timedelta(minutes=120)

    phone.status, phone.headers = 201, {}
    clock.advance(hours=3)
    await run_until_idle(ctx)
    assert len(phone.got) == 3
    assert await number_of(ctx, JobRow) == 0


async def test_what_is_two_days_old_wakes_nobody(call, subscribe, phone, ctx, clock, maya, tom):
    await subscribe(maya)
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    clock.advance(days=3)
    await run_until_idle(ctx)

    assert phone.got == []


async def test_an_endpoint_inside_the_network_is_not_asked(
    call, subscribe, phone, ctx, resolver, maya, tom
):
    """FED-41: a push service is an address that somebody else chose."""
    resolver.addresses["inside.example"] = ["10.0.0.5"]
    await subscribe(maya, endpoint="https://inside.example/wake/1")
    await call(tom, "POST", "/api/v1/statuses", status="@maya")
    await run_until_idle(ctx)

    assert phone.got == []


async def test_the_token_does_not_lie_in_the_store_as_it_is(subscribe, ctx, maya):
    await subscribe(maya)

    async with ctx.read() as session:
        row = await session.scalar(select(PushSubscriptionRow))
    assert maya.token.encode() not in row.sealed_token
    assert base64.b64encode(maya.token.encode()) not in row.sealed_token
    assert ctx.push_key.reveal(row.sealed_token).decode() == maya.token
