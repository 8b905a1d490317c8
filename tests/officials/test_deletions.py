"""What becomes of a deleted post is told honestly, and the hold window as it is (S-47)."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.officials import HOLD_SECONDS
from fedi_k12.domain.posts import Draft
from fedi_k12.services import deletions, follows, officials, posts, whereabouts
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.worker import run_until_idle
from storage.sent import NOTHING_SENT
from storage.tables import SentRow


@pytest.fixture
async def speaking(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


@pytest.fixture
async def families(lincoln, do, ctx, make_server, make_remote):
    """Two servers where somebody follows the school."""
    found = []
    for host in ("remote.example", "other.example"):
        found.append(await make_server(host))
        ren = await make_remote("ren", host=host)
        uri = f"{ren.uri}/follows/1"
        await do(follows.request_follow, follower=ren, target=lincoln, uri=uri)
    await run_until_idle(ctx)
    for server in found:
        server.delivered.clear()
    return found


@pytest.fixture
def out(do, ctx, clock, speaking):
    """Return a function that publishes a post for the school and lets the window pass."""

    async def run(text="The concert is on Tuesday"):
        number = await do(posts.publish, actor=speaking.actor, draft=Draft(text))
        clock.advance(seconds=HOLD_SECONDS + 1)
        await run_until_idle(ctx)
        return number

    return run


@pytest.fixture
def report(see, maya):
    async def read(number, member=maya):
        return await see(deletions.report, member_id=member.actor.member_id, post_id=number)

    return read


async def logged(ctx, uri):
    """Return what the log of deliveries says: hosts asked, hosts that took it."""
    async with ctx.read() as session:
        found, _ = await whereabouts.arrivals(session, uri=uri)
    return {one.host for one in found}, {one.host for one in found if one.state == "taken"}


async def test_the_report_is_the_log_of_deliveries_and_grows_with_it(
    ctx, clock, do, families, out, report, speaking
):
    """S-47: servers that were asked, those that confirmed it, and later more of them."""
    number = await out()
    families[1].inbox_status = 503

    await do(posts.delete, actor=speaking.actor, post_id=number)
    at_once = await report(number)
    assert (at_once.told, at_once.begun, at_once.asked) == (True, False, 0)
    await run_until_idle(ctx)

    found = await report(number)
    assert (found.asked, found.confirmed, found.waiting) == (2, 1, 1)
    async with ctx.read() as session:
        uris = set(await session.scalars(select(SentRow.object_key)))
    (uri,) = uris
    asked, took = await logged(ctx, uri)
    assert asked == {one.host for one in found.arrivals} == {"remote.example", "other.example"}
    assert (found.asked, found.confirmed) == (len(asked), len(took))

    families[1].inbox_status = 202
    clock.advance(hours=1)
    await run_until_idle(ctx)
    found = await report(number)
    assert (found.asked, found.confirmed, found.waiting) == (2, 2, 0)


async def test_what_was_refused_is_not_confirmed(ctx, do, families, out, report, speaking):
    """S-47: neither what no longer takes letters nor what was given up."""
    number = await out()
    families[0].inbox_status, families[1].inbox_status = 410, 400

    await do(posts.delete, actor=speaking.actor, post_id=number)
    await run_until_idle(ctx)

    found = await report(number)
    assert (found.asked, found.confirmed, found.waiting) == (2, 0, 0)
    assert {one.state for one in found.arrivals} == {"refused", "given up"}


async def test_in_the_window_nobody_had_to_be_asked(ctx, do, families, report, speaking, clock):
    """S-47: zero deliveries."""
    number = await do(posts.publish, actor=speaking.actor, draft=Draft("Oops"))

    await do(posts.delete, actor=speaking.actor, post_id=number)
    clock.advance(hours=1)
    await run_until_idle(ctx)

    assert [server.delivered for server in families] == [[], []]
    found = await report(number)
    assert (found.told, found.asked) == (False, 0)


async def test_the_numbers_outlive_the_log(ctx, clock, do, families, out, report, speaking):
    """S-47: the log is forgotten after a month, the report is not."""
    number = await out()
    await do(posts.delete, actor=speaking.actor, post_id=number)
    await run_until_idle(ctx)

    for days in (29, 5):
        clock.advance(days=days)
        await sweep_store(ctx, SweepStore())

    found = await report(number)
    assert (found.asked, found.confirmed, found.arrivals) == (2, 2, ())
    async with ctx.read() as session:
        assert list(await session.scalars(select(SentRow))) == []


async def test_the_team_reads_it_and_nobody_else(
    do, out, report, speaking, tom, lincoln, maya, see
):
    """S-47: whichever way it was deleted; whoever is paused reads nothing."""
    number = await out()
    own = await do(posts.publish, actor=tom.actor, draft=Draft("Mine"))
    await do(posts.delete, actor=tom.actor, post_id=own)
    await do(posts.delete, actor=speaking.actor, post_id=number)

    assert (await report(number)).said == "The concert is on Tuesday"
    for member, wanted in ((tom, number), (tom, own), (maya, own), (maya, 1)):
        with pytest.raises(NotFoundError):
            await report(wanted, member)
    assert await see(deletions.listed, member_id=tom.actor.member_id) == []
    (mine,) = await see(deletions.listed, member_id=maya.actor.member_id)
    assert mine.id == number
    given = {"actor": None, "account_id": lincoln.id, "person_id": maya.account.id}
    await do(officials.pause, **given)
    with pytest.raises(NotFoundError):
        await report(number)
    assert await see(deletions.listed, member_id=maya.actor.member_id) == []


async def test_who_only_answers_deletes_only_their_own_answers(
    do, out, delegate_to, lincoln, make_member, publish, speaking
):
    """S-47, S-37: taking back is for whoever could have written it."""
    number = await out()
    rose = await delegate_to(lincoln, await make_member("rose"), "responder")
    mine = await publish(rose, "At eight.", in_reply_to_id=number)
    theirs = await publish(speaking, "In the gym.", in_reply_to_id=number)

    for post_id in (number, theirs.id):
        with pytest.raises(ForbiddenError):
            await do(posts.delete, actor=rose.actor, post_id=post_id)
    await do(posts.delete, actor=rose.actor, post_id=mine.id)


async def test_a_server_that_is_not_talked_with_was_asked_nothing(
    ctx, do, families, out, report, speaking
):
    """S-47: it was suspended while the request was on its way out."""
    number = await out()
    await do(posts.delete, actor=speaking.actor, post_id=number)
    await run_until_idle(ctx)

    async def let_be(session):
        (row,) = await session.scalars(select(SentRow))
        row.hosts = [host for host in row.hosts if host != "other.example"]
        row.refused = {"other.example": NOTHING_SENT}

    await ctx.write(let_be)

    found = await report(number)
    assert [one.host for one in found.arrivals] == ["remote.example"]
    assert (found.asked, found.confirmed, found.waiting) == (1, 1, 0)


async def test_the_confirmation_leads_to_the_report(
    seated, maya, lincoln, speaking, families, out, ctx
):
    """S-47: from the page that asks to the page that tells, and found again later."""
    number = await out()
    browser = await seated(maya, lincoln)
    asked = await browser.get(f"/posts/{number}/delete")
    assert "how many servers were asked" in asked.root.text

    after = await browser.follow(await browser.submit(asked, f"/posts/{number}/delete"))
    assert "Other servers are about to be asked" in after.root.text
    await run_until_idle(ctx)

    again = await browser.get(after.url)
    assert "Asked 2 servers, 2 confirmed receipt. Copies may remain." in again.root.text
    assert "Deleted by @maya" in again.root.text
    there = await browser.get("/deletions")
    assert there.root.find("a", href=f"/deletions/{number}")
    assert (await browser.get("/approvals")).root.find("a", href="/deletions")


async def test_the_page_counts_the_seconds_of_an_official_account(
    seated, maya, lincoln, speaking, do, clock, ctx, delegate_to
):
    """S-47: 90, not those of the server, and none of what goes out at once."""
    number = await do(posts.publish, actor=speaking.actor, draft=Draft("Soon"))
    browser = await seated(maya, lincoln)
    page = await browser.get(f"/@lincoln/{number}")
    assert "after 90 seconds" in page.root.text
    assert (
        "No other server was told yet"
        in (await browser.get(f"/posts/{number}/deliveries")).root.text
    )

    clock.advance(seconds=60)
    assert "Take it back" in (await browser.get(f"/@lincoln/{number}")).root.text
    clock.advance(seconds=31)
    await run_until_idle(ctx)
    assert "Take it back" not in (await browser.get(f"/@lincoln/{number}")).root.text
