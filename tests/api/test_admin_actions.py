"""What moderators decide about accounts in their apps, and what it does at once."""

import pytest
from aiohttp import FormData, WSMsgType
from sqlalchemy import select

from fedi_k12.domain.permissions import Role
from fedi_k12.services import login, moderation
from fedi_k12.web.auth import SESSION_COOKIE
from storage.tables import AccountRow, AuditRow, MemberRow
from tests.browse import Browser
from tests.films import photograph

ALL = "/api/v1/admin/accounts"
ACTS = (
    "action", "approve", "reject", "enable", "unsilence", "unsuspend", "unsensitive",
)  # fmt: skip


@pytest.fixture
def decide(ask, mod):
    """Return a function that decides about somebody, as a moderator's app does."""

    async def run(account_id, act="action", **said):
        return await ask(mod, "POST", f"{ALL}/{account_id}/{act}", **said)

    return run


@pytest.fixture
def log(ctx):
    """Return a function that reads what was done, the oldest first."""

    async def run():
        async with ctx.read() as session:
            return [
                row.action
                for row in await session.scalars(select(AuditRow).order_by(AuditRow.id))
            ]

    return run


@pytest.mark.parametrize("act", ACTS)
async def test_only_who_moderates_and_may_by_scope_decides(ask, make_member, maya, act):
    """FED-80, FED-81: neither the scope nor the role is enough."""
    member = await make_member("kim", scopes="admin:read admin:write")
    app = await make_member("ann", role=Role.OWNER, scopes="read write admin:write:reports")
    path = f"{ALL}/{maya.account.id}/{act}"

    assert (await ask(None, "POST", path))[0] == 401
    assert (await ask(member, "POST", path))[0] == 403
    assert (await ask(app, "POST", path))[0] == 403


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("number", ["1", "x", "99999999999999999999"])
async def test_nobody_is_not_found(decide, act, number):
    assert (await decide(number, act))[0] == 404


@pytest.mark.parametrize("kind", ["none", "sensitive", "disable", "silence", "suspend"])
async def test_nobody_decides_about_themselves_or_who_stands_above(
    decide, mod, make_member, kind
):
    boss = await make_member("ann", role=Role.ADMIN)

    for member in (mod, boss):
        status, said = await decide(member.account.id, type=kind)
        assert (status, said["error"][:18]) == (403, "One cannot decide ")


async def test_what_cannot_be_decided_is_refused(decide, maya, make_remote):
    far = await make_remote("lee")

    assert (await decide(maya.account.id, type="shout"))[0] == 422
    assert (await decide(maya.account.id, type="none", text="x" * 5000))[0] == 422
    assert (await decide(maya.account.id, type="none", report_id="12"))[0] == 404
    assert (await decide(far.id, type="disable"))[0] == 422
    assert (await decide(maya.account.id, "approve"))[0] == 422
    assert (await decide(maya.account.id, "reject"))[0] == 422
    await decide(maya.account.id, type="suspend")
    assert (await decide(maya.account.id, "enable"))[0] == 422


async def test_a_member_is_told_in_the_moderators_words_and_the_report_is_closed(
    call, decide, log, mod, maya, make_member
):
    bad = await make_member("bad")
    await call(maya, "POST", "/api/v1/reports", account_id=str(bad.account.id))
    (report,) = await call(mod, "GET", "/api/v1/admin/reports")

    status, _ = await decide(
        bad.account.id, type="none", text="Be kind.", report_id=report["id"]
    )

    assert status == 200
    (told,) = await call(bad, "GET", "/api/v1/notifications?types[]=moderation_warning")
    assert told["moderation_warning"]["action"] == "none"
    assert told["moderation_warning"]["text"] == "Be kind."
    closed = await call(mod, "GET", f"/api/v1/admin/reports/{report['id']}")
    assert closed["action_taken"]
    assert (await log())[-2:] == ["account warned", "report closed"]


async def test_a_limited_account_is_met_by_its_followers_only(call, decide, mod, maya, tom):
    await call(maya, "POST", "/api/v1/statuses", status="Hello", visibility="public")
    await call(tom, "POST", f"/api/v1/accounts/{maya.account.id}/follow")
    await call(maya, "POST", "/api/v1/statuses", status="Again", visibility="public")

    assert len(await call(mod, "GET", "/api/v1/timelines/public")) == 2

    await decide(maya.account.id, type="silence")

    assert await call(mod, "GET", "/api/v1/timelines/public") == []
    assert len(await call(tom, "GET", "/api/v1/timelines/home")) > 0
    _, said = await decide(maya.account.id, "unsilence")
    assert not said["silenced"]
    assert len(await call(mod, "GET", "/api/v1/timelines/public")) == 2


async def test_a_limit_of_its_own_outlives_that_of_its_server(ctx, decide, make_remote):
    far = await make_remote("lee")
    other = await make_remote("kim")
    host = far.domain

    async def is_silenced(row):
        async with ctx.read() as session:
            return (await session.get(AccountRow, row.id)).silenced_at is not None

    await decide(far.id, type="silence")
    await ctx.write(
        moderation.set_host_policy, actor=None, domain=host, severity="limit", now=ctx.clock()
    )
    assert await is_silenced(far)
    assert await is_silenced(other)
    status, said = await decide(other.id, "unsilence")
    assert (status, said["error"]) == (422, "Its whole server is limited: decide about that.")
    await ctx.write(moderation.remove_host_policy, actor=None, domain=host, now=ctx.clock())

    assert await is_silenced(far)
    assert not await is_silenced(other)


async def test_pictures_of_a_sensitive_account_are_covered(call, client, decide, maya, tom):
    plain = await call(maya, "POST", "/api/v1/statuses", status="Only words")
    form = FormData()
    form.add_field("file", photograph("PNG"), filename="x.png", content_type="image/png")
    sent = await client.post("/api/v1/media", data=form, headers=maya.headers)
    picture = await sent.json()
    shown = await call(
        maya, "POST", "/api/v1/statuses", status="See", media_ids=[picture["id"]]
    )

    await decide(maya.account.id, type="sensitive")

    assert (await call(tom, "GET", f"/api/v1/statuses/{shown['id']}"))["sensitive"]
    assert not (await call(tom, "GET", f"/api/v1/statuses/{plain['id']}"))["sensitive"]
    _, said = await decide(maya.account.id, "unsensitive")
    assert not said["sensitized"]
    assert not (await call(tom, "GET", f"/api/v1/statuses/{shown['id']}"))["sensitive"]


async def test_who_cannot_sign_in_is_out_everywhere_at_once(
    call, ask, client, ctx, listen, decide, maya
):
    token, _ = await ctx.write(
        login.open_session, member_id=maya.actor.member_id, client="Tests", now=ctx.clock()
    )
    browser = Browser(client)
    browser.cookies[SESSION_COOKIE] = token
    assert (await browser.get("/settings")).status == 200

    async with listen(maya, "user") as ws:
        await decide(maya.account.id, type="disable")
        assert (await ws.receive(timeout=10)).type in {WSMsgType.CLOSE, WSMsgType.CLOSED}

    assert (await ask(maya, "GET", "/api/v1/timelines/home"))[0] == 403
    assert (await browser.get("/settings")).status == 303
    _, said = await decide(maya.account.id, "enable")
    assert not said["disabled"]
    assert (await ask(maya, "GET", "/api/v1/timelines/home"))[0] == 200


async def test_a_suspension_taken_back_leaves_the_sign_in_as_it_was(decide, clock, maya, tom):
    await decide(tom.account.id, type="disable")
    clock.advance(seconds=5)

    for member, disabled in ((maya, False), (tom, True)):
        await decide(member.account.id, type="suspend")
        status, said = await decide(member.account.id, "unsuspend")
        assert status == 200
        assert (said["suspended"], said["disabled"]) == (False, disabled)


@pytest.fixture
async def waiting(ctx, make_member):
    """Somebody who asked to become a member and waits."""
    who = await make_member("wes")

    async def put_back(session):
        row = await session.get(MemberRow, who.actor.member_id)
        row.approved_at, row.sign_up_reason = None, "I teach grade 5"

    await ctx.write(put_back)
    return who


async def test_who_waits_is_let_in(ask, decide, waiting, log):
    assert (await ask(waiting, "GET", "/api/v1/timelines/home"))[0] == 403

    status, said = await decide(waiting.account.id, "approve")

    assert (status, said["approved"]) == (200, True)
    assert (await ask(waiting, "GET", "/api/v1/timelines/home"))[0] == 200
    assert (await log())[-1] == "member let in"


async def test_what_somebody_wrote_is_read_until_they_are_let_in(call, decide, mod, waiting):
    before = await call(mod, "GET", f"{ALL}/{waiting.account.id}")
    _status, after = await decide(waiting.account.id, "approve")

    assert (before["invite_request"], after["invite_request"]) == ("I teach grade 5", None)


async def test_who_is_not_let_in_leaves_nothing_behind(
    call, ask, decide, mod, waiting, make_member
):
    status, said = await decide(waiting.account.id, "reject")

    assert (status, said["username"]) == (200, "wes")
    assert (await ask(waiting, "GET", "/api/v1/timelines/home"))[0] == 401
    assert await call(mod, "GET", ALL + "?pending=true") == []
    assert (await make_member("wes")).account.username == "wes"
