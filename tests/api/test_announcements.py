"""Announcements, recommendations, and what is empty or refused by design."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Role
from fedi_k12.services import announcements
from storage.tables import MuteRow

TOLD = "/api/v1/announcements"


@pytest.fixture
def announce(ctx):
    """Return a function that tells everybody something."""

    async def run(text="The server rests on Sunday.", *, actor=None, **more):
        return await ctx.write(
            announcements.announce, actor=actor, text=text, addresses=ctx.addresses,
            now=ctx.clock(), **more,
        )  # fmt: skip

    return run


async def test_members_and_moderators_announce_nothing(ctx, announce, maya, make_member):
    ann = await make_member("ann", role=Role.MODERATOR)
    number = await announce()

    for member in (maya, ann):
        with pytest.raises(ForbiddenError):
            await announce(actor=member.actor)
        with pytest.raises(ForbiddenError):
            await ctx.write(
                announcements.withdraw, actor=member.actor, announcement_id=number,
                now=ctx.clock(),
            )  # fmt: skip
        async with ctx.read() as session:
            with pytest.raises(ForbiddenError):
                await announcements.everything(session, actor=member.actor)


async def test_everybody_reads_it_once(ask, announce, maya, tom):
    number = await announce("See https://home.example/about <b>now</b>")

    _, [told] = await ask(maya, "GET", TOLD)
    assert told["id"] == str(number)
    assert "<b>" not in told["content"]
    assert 'href="https://home.example/about"' in told["content"]
    assert told["read"] is False
    assert await ask(maya, "POST", f"{TOLD}/{number}/dismiss") == (200, {})
    assert (await ask(maya, "POST", f"{TOLD}/{number}/dismiss"))[0] == 200
    assert (await ask(maya, "GET", TOLD))[1][0]["read"] is True
    assert (await ask(tom, "GET", TOLD))[1][0]["read"] is False
    assert (await ask(maya, "POST", f"{TOLD}/1/dismiss"))[0] == 404


async def test_it_is_told_until_it_is_over_or_withdrawn(ask, ctx, clock, announce, maya):
    number = await announce()
    await announce("Snow day", ends_at=ctx.clock() + timedelta(hours=1))
    assert len((await ask(maya, "GET", TOLD))[1]) == 2

    clock.advance(hours=2)
    assert [one["id"] for one in (await ask(maya, "GET", TOLD))[1]] == [str(number)]
    await ctx.write(announcements.withdraw, actor=None, announcement_id=number, now=ctx.clock())
    assert (await ask(maya, "GET", TOLD))[1] == []


async def test_emojis_are_given_and_taken_back(ask, announce, maya, tom):
    path = f"{TOLD}/{await announce()}/reactions"

    for member, name in ((maya, "🎉"), (maya, "🎉"), (tom, "🎉"), (tom, "❤️")):
        assert await ask(member, "PUT", f"{path}/{name}") == (200, {})
    given = (await ask(maya, "GET", TOLD))[1][0]["reactions"]
    assert [(one["name"], one["count"], one["me"]) for one in given] == [
        ("🎉", 2, True), ("❤️", 1, False),
    ]  # fmt: skip
    assert (await ask(maya, "DELETE", f"{path}/🎉"))[0] == 200
    assert (await ask(maya, "GET", TOLD))[1][0]["reactions"][0]["count"] == 1
    assert (await ask(maya, "PUT", f"{path}/hello"))[0] == 422
    assert (await ask(maya, "PUT", f"{TOLD}/1/reactions/🎉"))[0] == 404
    for name in "😀😁😂😃😄😅":
        assert (await ask(maya, "PUT", f"{path}/{name}"))[0] == 200
    assert (await ask(maya, "PUT", f"{path}/😆"))[0] == 422


async def test_announcements_cost_the_same_for_one_and_for_many(queries, announce, maya):
    await announce()
    few, _ = await queries(maya, TOLD)
    for number in range(20):
        await announce(f"Number {number}")

    many, found = await queries(maya, TOLD)

    assert (many, len(found)) == (few, 21)


@pytest.mark.parametrize(
    ("add", "take"), [("endorse", "unendorse"), ("pin", "unpin")], ids=["new", "old"]
)
async def test_who_is_followed_can_be_recommended(ask, maya, tom, add, take):
    path = f"/api/v1/accounts/{tom.account.id}"
    mine = f"/api/v1/accounts/{maya.account.id}/endorsements"
    assert (await ask(maya, "POST", f"{path}/{add}"))[0] == 422
    await ask(maya, "POST", f"{path}/follow")

    status, found = await ask(maya, "POST", f"{path}/{add}")
    assert (status, found["endorsed"]) == (200, True)
    assert (await ask(maya, "POST", f"{path}/{add}"))[1]["endorsed"] is True
    for address in (mine, "/api/v1/endorsements"):
        assert [one["username"] for one in (await ask(maya, "GET", address))[1]] == ["tom"]
    assert len((await ask(None, "GET", mine))[1]) == 1
    assert (await ask(maya, "POST", f"{path}/{take}"))[1]["endorsed"] is False
    await ask(maya, "POST", f"{path}/{add}")
    await ask(maya, "POST", f"{path}/unfollow")
    assert (await ask(maya, "GET", mine))[1] == []
    assert (await ask(maya, "POST", f"/api/v1/accounts/1/{add}"))[0] == 404


async def test_mutes_say_until_when_and_end_then(ask, ctx, maya, tom):
    path = f"/api/v1/accounts/{tom.account.id}"
    await ask(maya, "POST", f"{path}/mute", duration=3600, notifications=False)

    _, [muted] = await ask(maya, "GET", "/api/v1/mutes")
    assert muted["mute_expires_at"].endswith("Z")
    _, [found] = await ask(maya, "GET", f"/api/v1/accounts/relationships?id={tom.account.id}")
    assert (found["muting"], found["muting_notifications"]) == (True, False)

    async def pass_time(session):
        await session.execute(
            update(MuteRow).values(expires_at=ctx.clock() - timedelta(days=1))
        )

    await ctx.write(pass_time)
    assert (await ask(maya, "GET", "/api/v1/mutes"))[1] == []
    _, [found] = await ask(maya, "GET", f"/api/v1/accounts/relationships?id={tom.account.id}")
    assert found["muting"] is False
    await ask(maya, "POST", f"{path}/mute")
    assert (await ask(maya, "GET", "/api/v1/mutes"))[1][0]["mute_expires_at"] is None


async def test_what_shutting_a_server_out_would_cost(ask, ctx, maya, make_remote):
    path = "/api/v1/domain_blocks/preview"

    assert (await ask(maya, "GET", f"{path}?domain=remote.example"))[1] == {
        "following_count": 0, "followers_count": 0,
    }  # fmt: skip
    assert (await ask(maya, "GET", path))[0] == 422
    assert (await ask(maya, "GET", f"{path}?domain=not%20a%20host"))[0] == 422


async def test_what_nobody_does_here_answers_so(ask, maya, tom):
    _, post = await ask(tom, "POST", "/api/v1/statuses", status="Hallo")

    for path in ("trends/tags", "trends/statuses", "trends/links", "trends", "suggestions"):
        assert await ask(maya, "GET", f"/api/v1/{path}") == (200, [])
    assert await ask(maya, "GET", "/api/v2/suggestions") == (200, [])
    assert await ask(maya, "DELETE", f"/api/v1/suggestions/{tom.account.id}") == (200, {})
    assert (await ask(maya, "DELETE", "/api/v1/suggestions/1"))[0] == 404
    assert (await ask(maya, "POST", f"/api/v1/statuses/{post['id']}/translate"))[0] == 404
    assert (await ask(maya, "POST", "/api/v1/statuses/1/translate"))[0] == 404
    _, policy = await ask(None, "GET", "/api/v1/instance/privacy_policy")
    assert "no advertising" in policy["content"]
    assert (await ask(None, "GET", "/api/v1/instance/terms_of_service"))[0] == 404
    assert (await ask(None, "GET", "/api/v1/instance/terms_of_service/2026-01-01"))[0] == 404
