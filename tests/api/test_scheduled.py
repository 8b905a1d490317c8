"""Posts that are to come: kept, changed, taken back, and published when they are due."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select, update

from fedi_k12.worker import run_until_idle
from storage.tables import MemberRow, ScheduledRow

LATER = "/api/v1/scheduled_statuses"


@pytest.fixture
def schedule(ask, ctx):
    """Return a function that writes a post for later."""

    async def run(member, words, minutes=10, **parts):
        at = (ctx.clock() + timedelta(minutes=minutes)).isoformat()
        return await ask(
            member, "POST", "/api/v1/statuses", status=words, scheduled_at=at, **parts
        )

    return run


@pytest.fixture
def upload(client):
    async def run(member):
        out = io.BytesIO()
        Image.new("RGB", (40, 30), "#2f6b5a").save(out, "PNG")
        out.seek(0)
        answer = await client.post(
            "/api/v2/media", data={"file": out, "description": "A plan"}, headers=member.headers
        )
        return (await answer.json())["id"]

    return run


async def posts_of(ask, member):
    return (await ask(member, "GET", f"/api/v1/accounts/{member.account.id}/statuses"))[1]


@pytest.mark.parametrize(
    "at",
    ["yesterday", "2020-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00+14:00"],
)
async def test_times_that_cannot_be_are_refused(ask, maya, at):
    for method, path in (("POST", "/api/v1/statuses"), ("PUT", f"{LATER}/1")):
        status, said = await ask(maya, method, path, status="Hi", scheduled_at=at)
        assert status == (422 if method == "POST" or at == "yesterday" else status)
        assert said["error"]
    assert (await ask(maya, "GET", LATER))[1] == []


async def test_five_minutes_ahead_is_the_soonest(schedule, maya):
    assert (await schedule(maya, "Hi", minutes=4))[0] == 422
    assert (await schedule(maya, "Hi", minutes=6))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"words": ""}, 422), ({"words": "x" * 6000}, 422),
        ({"words": "x", "media_ids": ["1"]}, 404), ({"words": "x", "in_reply_to_id": "1"}, 404),
        ({"words": "x", "poll": {"options": ["a"], "expires_in": 3600}}, 422),
    ],
)  # fmt: skip
async def test_what_could_not_be_published_cannot_be_scheduled(schedule, maya, body, status):
    words = body.pop("words")

    assert (await schedule(maya, words, **body))[0] == status


async def test_a_post_waits_and_comes_when_it_is_due(
    ask, schedule, upload, ctx, clock, maya, tom
):
    await ask(tom, "POST", f"/api/v1/accounts/{maya.account.id}/follow")
    number = await upload(maya)
    status, made = await schedule(
        maya, "See you there", visibility="unlisted", spoiler_text="Plans", language="en",
        media_ids=[number],
    )  # fmt: skip

    assert status == 200, made
    assert made["params"]["text"] == "See you there"
    assert made["params"]["visibility"] == "unlisted"
    assert isinstance(made["params"]["application_id"], int)
    assert made["media_attachments"][0]["description"] == "A plan"
    assert (await ask(maya, "GET", LATER))[1] == [made]
    assert (await ask(maya, "GET", f"{LATER}/{made['id']}"))[1] == made
    await run_until_idle(ctx)
    assert await posts_of(ask, maya) == []
    assert (await ask(maya, "POST", "/api/v1/statuses", status="x", media_ids=[number]))[
        0
    ] == 422, "the picture is taken"
    assert (await ask(maya, "DELETE", f"/api/v1/media/{number}"))[0] == 422

    clock.advance(minutes=11)
    await run_until_idle(ctx)

    [post] = await posts_of(ask, maya)
    assert (post["content"], post["spoiler_text"]) == ("<p>See you there</p>", "Plans")
    assert (post["visibility"], post["media_attachments"][0]["id"]) == ("unlisted", number)
    assert (await ask(maya, "GET", LATER))[1] == []
    assert [one["id"] for one in (await ask(tom, "GET", "/api/v1/timelines/home"))[1]] == [
        post["id"]
    ]
    await run_until_idle(ctx)
    assert len(await posts_of(ask, maya)) == 1


async def test_posts_to_come_are_their_writers(ask, schedule, maya, tom):
    """FED-81."""
    _, made = await schedule(maya, "Later")
    path = f"{LATER}/{made['id']}"

    for method in ("GET", "PUT", "DELETE"):
        status, _ = await ask(tom, method, path, scheduled_at="2040-01-01T00:00:00Z")
        assert status in {404, 422}
        assert (await ask(tom, method, path))[0] in {404, 422}
    assert (await ask(tom, "GET", LATER))[1] == []
    assert (await ask(maya, "GET", path))[1] == made


async def test_a_post_comes_at_the_last_time_that_was_said(ask, schedule, ctx, clock, maya):
    _, made = await schedule(maya, "Later", minutes=10)
    later = (ctx.clock() + timedelta(minutes=60)).isoformat()

    status, moved = await ask(maya, "PUT", f"{LATER}/{made['id']}", scheduled_at=later)

    assert (status, moved["id"]) == (200, made["id"])
    assert moved["scheduled_at"] > made["scheduled_at"]
    clock.advance(minutes=11)
    await run_until_idle(ctx)
    assert await posts_of(ask, maya) == []
    clock.advance(minutes=50)
    await run_until_idle(ctx)
    assert len(await posts_of(ask, maya)) == 1


async def test_a_post_is_taken_back_and_its_picture_is_free(
    ask, schedule, upload, ctx, clock, maya
):
    number = await upload(maya)
    _, made = await schedule(maya, "Later", media_ids=[number])

    assert await ask(maya, "DELETE", f"{LATER}/{made['id']}") == (200, {})

    clock.advance(minutes=11)
    await run_until_idle(ctx)
    assert await posts_of(ask, maya) == []
    assert (await ask(maya, "POST", "/api/v1/statuses", status="x", media_ids=[number]))[
        0
    ] == 200


async def test_the_same_key_makes_one_post(client, ctx, maya):
    at = (ctx.clock() + timedelta(minutes=10)).isoformat()
    ids = set()
    for _ in range(2):
        answer = await client.post(
            "/api/v1/statuses",
            json={"status": "Once", "scheduled_at": at},
            headers={**maya.headers, "Idempotency-Key": "abc"},
        )
        ids.add((await answer.json())["id"])

    assert len(ids) == 1


async def test_what_is_refused_when_it_is_due_is_kept_with_the_reason(
    ask, schedule, ctx, clock, maya, tom, at_page
):
    post = (await ask(tom, "POST", "/api/v1/statuses", status="Hello"))[1]
    await schedule(maya, "@tom an answer", in_reply_to_id=post["id"])
    await ask(tom, "DELETE", f"/api/v1/statuses/{post['id']}")

    clock.advance(minutes=11)
    await run_until_idle(ctx)

    assert await posts_of(ask, maya) == []
    assert len((await ask(maya, "GET", LATER))[1]) == 1
    assert (await at_page()).refused


async def test_who_can_no_longer_sign_in_publishes_nothing(
    ask, schedule, ctx, clock, maya, at_page
):
    await schedule(maya, "Later")

    async def disable(session):
        await session.execute(
            update(MemberRow)
            .where(MemberRow.id == maya.actor.member_id)
            .values(disabled_at=ctx.clock())
        )

    await ctx.write(disable)
    clock.advance(minutes=11)
    await run_until_idle(ctx)

    assert (await at_page()).refused


@pytest.fixture
def at_page(ctx):
    """Return a function that looks at the one post that is to come."""

    async def look():
        async with ctx.read() as session:
            return await session.scalar(select(ScheduledRow))

    return look


async def test_posts_to_come_come_by_the_page_and_cost_the_same(
    schedule, leaf, queries, ask, maya
):
    await schedule(maya, "One")
    few, _ = await queries(maya, LATER)
    for number in range(7):
        await schedule(maya, f"Post {number}", minutes=10 + number)

    many, found = await queries(maya, LATER)

    assert (many, len(found)) == (few, 8)
    pages = await leaf(maya, f"{LATER}?limit=3")
    assert [len(page) for page in pages[:3]] == [3, 3, 2]


async def test_only_so_many_wait_for_a_day(ask, ctx, maya):
    at = (ctx.clock() + timedelta(days=2)).replace(hour=9).isoformat()
    for _ in range(25):
        assert (await ask(maya, "POST", "/api/v1/statuses", status="x", scheduled_at=at))[
            0
        ] == 200

    assert (await ask(maya, "POST", "/api/v1/statuses", status="x", scheduled_at=at))[0] == 422
