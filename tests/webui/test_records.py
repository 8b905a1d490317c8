"""The pages of records: who may read them, what they find, and what a deletion leaves."""

import json

import pytest
from sqlalchemy import select

from fedi_k12.domain.permissions import Role
from fedi_k12.worker import run_until_idle
from storage.tables import RecordRow
from tests.webui.test_every_page import broken_outline, scripts_in


@pytest.fixture
async def school(lincoln, maya, delegate_to):
    """The school, spoken for by Maya, one of its managers."""
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
async def said(ctx, school, publish, clock):
    """What the school said, by now sent."""
    post_id = await publish(school, "The buses are late.")
    clock.advance(minutes=5)
    await run_until_idle(ctx)
    return post_id


@pytest.fixture
async def at_olga(seated, make_member):
    """The browser of an administrator."""
    return await seated(await make_member("olga", role=Role.ADMIN))


@pytest.fixture
def numbers(ctx):
    """Return a function that gives the numbers of all records of a kind."""

    async def run(kind):
        async with ctx.read() as session:
            rows = await session.scalars(select(RecordRow).where(RecordRow.kind == kind))
            return [row.seq for row in rows]

    return run


@pytest.mark.parametrize("path", ["/records", "/records/1"])
async def test_records_are_not_for_everybody(at_tom, visitor, seated, make_member, said, path):
    """R-16: neither for members, nor for moderators who manage no official account."""
    assert (await at_tom.get(path)).status in {403, 404}
    mona = await seated(await make_member("mona", role=Role.MODERATOR))
    assert (await mona.get(path)).status in {403, 404}
    assert (await visitor.get(path)).status in {303, 401}


async def test_an_author_of_the_account_does_not_read_its_records(
    seated, tom, lincoln, delegate_to, said
):
    """R-16: who manages it does."""
    await delegate_to(lincoln, tom, "author")

    assert (await (await seated(tom)).get("/records")).status == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True), ("?word=BUSES", True), ("?word=trains", False), ("?person=maya", True),
        ("?person=tom", False), ("?account=lincoln", True), ("?account=nobody", False),
        ("?since=2000-01-01&until=2100-01-01", True), ("?until=2000-01-01", False),
    ],
)  # fmt: skip
async def test_records_are_searched(at_olga, at_maya, said, numbers, query, found):
    """R-16: by account, day, word and person; by administrators and managers."""
    number = (await numbers("Create"))[0]

    for browser in (at_olga, at_maya):
        page = await browser.get(f"/records{query}")
        assert page.status == 200
        assert bool(page.root.find("a", href=f"/records/{number}")) is found


@pytest.mark.parametrize("query", ["since=soon", "until=2026-13-45", "since=0000-00-00"])
async def test_a_day_that_is_none_is_said(at_olga, said, query):
    """R-16: bad input."""
    page = await at_olga.get(f"/records?{query}")

    assert page.status == 422
    assert "2026-11-28" in page.text


@pytest.mark.parametrize("query", ["before=x", "before=9999999999999999999", "thread=%27"])
async def test_odd_queries_are_read_as_well_as_can_be(at_olga, said, query):
    """R-16: bad input never gives a 500."""
    assert (await at_olga.get(f"/records?{query}")).status == 200


async def test_a_record_is_shown_with_bytes_and_signature(
    at_olga, said, send, remote, numbers, school
):
    """R-16: what came in, by whom, and what the check found; it is text, never markup."""
    ren = remote.actor("ren")
    uri = f"https://home.example/users/lincoln/statuses/{said}"
    note = ren.note("1", inReplyTo=uri, content="<script>alert(1)</script>When?")
    await send(ren, json.dumps(ren.create(note)).encode())

    page = await at_olga.get(f"/records/{(await numbers('Create'))[-1]}")

    assert page.status == 200
    assert "@ren@remote.example" in page.text
    assert "verified" in page.text
    assert "<script>alert(1)" in page.text
    assert scripts_in(page) == []
    assert broken_outline(page.main) == []
    assert "hashes do not fit" not in page.text


@pytest.mark.parametrize("number", ["0", "99999", "9223372036854775808"])
async def test_a_record_that_is_not_there_is_not_found(at_olga, said, number):
    assert (await at_olga.get(f"/records/{number}")).status == 404


async def test_whoever_deletes_is_told_that_the_record_stays(at_tom, tom, said, publish):
    """R-15: before confirming; also for answers to an official account, for nothing else."""
    answer = await publish(tom, "Thank you!", in_reply_to_id=said)
    alone = await publish(tom, "Good morning.")

    assert "The record of it stays." in (await at_tom.get(f"/posts/{answer}/delete")).text
    assert "The record of it stays." not in (await at_tom.get(f"/posts/{alone}/delete")).text


async def test_the_desk_says_that_it_may_be_a_public_record(at_olga, said):
    """R-19: on every page of the staff's desk."""
    for path in ("/moderation", "/moderation/reports", "/moderation/log", "/records"):
        assert "may be a public record" in (await at_olga.get(path)).text
