"""Families have something taken down, without an account, and see what became of it (R-33)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace
from sqlalchemy import select

from fedi_k12.domain.officials import HOLD_SECONDS
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.take_downs import next_working_day
from fedi_k12.services import follows, login
from fedi_k12.web import limits
from fedi_k12.web.auth import SESSION_COOKIE
from fedi_k12.worker import run_until_idle
from storage.tables import RecordRow, TakeDownRow
from tests.browse import Browser
from tests.mailbox import mail_server

FORM = "/take-down"
ASKED = {"who": "parent", "words": "The child on the left", "email": "ana@family.example"}


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
async def moderator(client, ctx, make_member):
    """The browser of a moderator."""
    vera = await make_member("vera", role=Role.MODERATOR)
    given = {"member_id": vera.actor.member_id, "now": ctx.clock()}
    token, _csrf = await ctx.write(login.open_session, client="Tests", **given)
    browser = Browser(client)
    browser.cookies[SESSION_COOKIE] = token
    return browser


@pytest.fixture
async def said(ctx, clock, do, lincoln, maya, delegate_to, publish, make_server, make_remote):
    """What the school said, and one other server has: (post, server)."""
    server = await make_server("remote.example")
    ren = await make_remote("ren", host="remote.example")
    uri = f"{ren.uri}/follows/1"
    await do(follows.request_follow, follower=ren, target=lincoln, uri=uri)
    post = await publish(await delegate_to(lincoln, maya), "Our class at the zoo")
    clock.advance(seconds=HOLD_SECONDS + 1)
    await run_until_idle(ctx)
    server.delivered.clear()
    return post, server


@pytest.mark.parametrize(
    ("asked", "due"),
    [("2026-11-27T15:00", "2026-11-30T15:00"), ("2026-11-25T08:00", "2026-11-26T08:00")],
)
def test_one_working_day_leaves_out_the_weekend(asked, due):
    zone = ZoneInfo("America/Chicago")
    moment = datetime.fromisoformat(asked).replace(tzinfo=zone).astimezone(UTC)
    assert next_working_day(moment, zone).isoformat()[:16] == due


async def test_a_family_asks_it_is_hidden_at_once_and_taken_down_everywhere(
    client, ctx, clock, box, moderator, said
):
    """R-33: a form, a clock, one click, a Delete, an honest report, and a mail at each step."""
    post, server = said
    family = Browser(client)
    page = await family.get(f"/@lincoln/{post.id}")
    (link,) = [one["href"] for one in page.root.find("a") if "/take-down?of=" in one["href"]]
    page = await family.submit(await family.get(link), FORM, ASKED)
    status = page.location
    page = await family.get(status)
    assert "A person looks at it by" in page.main.text
    assert (await family.get(status[:-3] + "xyz")).status == 404

    page = await moderator.get("/moderation/take-downs")
    assert "hide by" in page.main.text
    clock.advance(days=4)
    page = await moderator.get("/moderation/take-downs")
    assert "late: was to be hidden by" in page.main.text
    (case,) = {one["href"] for one in page.main.find("a") if "/take-downs/" in one["href"]}
    page = await moderator.get("/notifications")
    assert page.root.find("a", href=case)
    page = await moderator.get(case)
    assert "The child on the left" in page.main.text
    await moderator.submit(page, f"{case}/hide")
    await run_until_idle(ctx)

    for path in (f"/@lincoln/{post.id}", f"/api/v1/statuses/{post.id}"):
        assert (await client.get(path)).status == 404
    (letter,) = box.letters
    assert "It is hidden here" in letter.get_content()
    assert status.partition("?")[2] in letter.get_content()
    assert "It is hidden" in (await family.get(status)).main.text

    page = await moderator.get(case)
    page = await moderator.submit(page, f"{case}/show")
    assert (await client.get(f"/api/v1/statuses/{post.id}")).status == 200
    page = await moderator.submit(
        await moderator.get(case), f"{case}/decide", {"do": "remove", "words": "Sorry"}
    )
    await run_until_idle(ctx)
    assert [one.body["type"] for one in server.delivered] == ["Delete"]
    clock.advance(hours=1, seconds=1)
    await run_until_idle(ctx)

    for words in ("Asked 1 server, 1 confirmed", "remote.example", "cannot be called back"):
        assert words in (await family.get(status)).main.text
        assert words in (await moderator.get(case)).main.text
    text = box.letters[-1].get_content()
    assert "1 other server was asked to delete it, too; 1 confirmed" in text
    assert "Sorry" in text
    async with ctx.read() as session:
        row = await session.scalar(select(TakeDownRow))
        kinds = set(await session.scalars(select(RecordRow.kind)))
    assert row.email == "", "erased once the answer was sent"
    assert {"asked to be taken down", "removed a post for a family", "Delete"} <= kinds
    decided = await moderator.get(case)
    assert not [one for one in decided.main.find("form") if one["action"].startswith(case)]


async def test_what_stays_is_explained_and_what_is_wrong_is_said(
    client, ctx, box, moderator, publish, maya
):
    """R-33: no account, no third party, no riddle; where it is vague, moderators look."""
    post = await publish(maya, "A walk")
    family = Browser(client)
    page = await family.get(FORM)
    assert not page.root.find("script", src="https:")
    page = await family.submit(page, FORM, {"place": " ", "email": "x"})
    assert page.status == 422
    for words in ("Say where it is", "Choose who you are"):
        assert words in page.main.text
    page = await family.submit(page, FORM, {"place": "x", "who": "self", "email": "x"})
    assert (page.status, "does not look like an e-mail" in page.main.text) == (422, True)
    bot = await family.submit(page, FORM, {"place": "x", "who": "self", "website": "buy"})
    assert bot.status == 200
    page = await family.submit(page, FORM, ASKED | {"place": "the page with the walk"})
    status = page.location
    async with ctx.read() as session:
        (row,) = await session.scalars(select(TakeDownRow))
    case = f"/moderation/take-downs/{row.id}"
    page = await moderator.get(case)
    assert not page.root.find("form", action=f"{case}/hide")
    page = await moderator.submit(page, f"{case}/post", {"place": "https://x.example/1"})
    assert (page.status, "no post at this address" in page.main.text) == (422, True)
    await moderator.submit(page, f"{case}/post", {"place": post.url})
    page = await moderator.get(case)
    page = await moderator.submit(page, f"{case}/decide", {"do": "keep", "words": ""})
    assert (page.status, "Say why it stays" in page.main.text) == (422, True)
    await moderator.submit(page, f"{case}/hide")
    await moderator.submit(
        await moderator.get(case), f"{case}/decide", {"do": "keep", "words": "A drawing"}
    )
    await run_until_idle(ctx)

    assert (await client.get(f"/api/v1/statuses/{post.id}")).status == 200
    assert "A drawing" in (await family.get(status)).main.text
    assert "it stays where it is" in box.letters[-1].get_content()
    assert (await Browser(client).get(case)).status in {302, 303, 401, 403}


def test_so_many_ask_in_an_hour_and_no_more():
    """R-33: by address, whatever token a program makes up."""
    made_up = {"Authorization": "Bearer x"}
    asked = make_mocked_request("POST", FORM, headers=made_up)
    assert limits._allowance(asked) == (limits.TAKE_DOWN, 10, timedelta(hours=1))
    assert limits._allowance(make_mocked_request("GET", FORM))[0] == "pages"


async def test_two_cases_of_one_post_do_not_show_it_for_one_another(
    client, ctx, moderator, publish, maya
):
    """R-33: what one family had hidden stays so when the other's case is closed."""
    post = await publish(maya, "A walk")
    family = Browser(client)
    for _ in range(2):
        page = await family.get(FORM)
        page = await family.submit(page, FORM, {"place": post.url, "who": "parent"})
    async with ctx.read() as session:
        numbers = list(await session.scalars(select(TakeDownRow.id).order_by(TakeDownRow.id)))
    for number in numbers:
        case = f"/moderation/take-downs/{number}"
        await moderator.submit(await moderator.get(case), f"{case}/hide")
    for number, seen in zip(numbers, (404, 200), strict=True):
        case = f"/moderation/take-downs/{number}"
        await moderator.submit(
            await moderator.get(case), f"{case}/decide", {"do": "keep", "words": "No"}
        )
        assert (await client.get(f"/api/v1/statuses/{post.id}")).status == seen
