"""The first page of the desk: what waits, what fails, and how much room is taken."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from fedi_k12.domain.jobs import RefreshAccount
from fedi_k12.domain.permissions import Role
from fedi_k12.services import reports
from storage import deliveries, hosts, jobs
from storage.tables import DeliveryRow, JobRow
from storage.tables.work import FAILED
from tests import owing
from tests.webui.test_every_page import broken_outline, ids_in, scripts_in
from webui.desk import size_words

PLACE = "/moderation"


@pytest.fixture
async def at_mona(seated, make_member):
    return await seated(await make_member("mona", role=Role.MODERATOR))


@pytest.fixture
async def at_olga(seated, make_member):
    return await seated(await make_member("olga", role=Role.OWNER))


async def test_members_and_visitors_do_not_see_it(visitor, at_tom):
    assert (await at_tom.get(PLACE)).status == 403
    assert (await visitor.get(PLACE)).location.startswith("/auth/sign_in")


async def test_on_a_quiet_day_nothing_waits(at_mona, at_olga):
    for browser in (at_mona, at_olga):
        page = await browser.get(PLACE)

        assert page.status == 200
        assert "Nothing waits for you" in page.text
        assert scripts_in(page) == []
        assert broken_outline(page.main) == []
        assert [name for name, times in ids_in(page.root).items() if times > 1] == []


async def test_what_waits_leads_to_where_it_is_decided(ctx, at_mona, maya, tom):
    await ctx.write(
        reports.file,
        actor=tom.actor,
        target_id=maya.account.id,
        comment="Unkind",
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    page = await at_mona.get(PLACE)

    [link] = page.main.find("a", href="/moderation/reports")[-1:]
    assert link.text == "1 report is open."
    assert "Unkind" in (await at_mona.get(link["href"])).text


async def test_the_machine_is_for_those_who_look_after_it(at_mona, at_olga):
    machine = ("Work in the background", "Servers in trouble", "Disk space")

    at_hers, at_owners = await at_mona.get(PLACE), await at_olga.get(PLACE)
    assert not [words for words in machine if words in at_hers.text]
    assert [words for words in machine if words in at_owners.text] == [*machine]


async def test_jobs_that_failed_say_what_went_wrong(ctx, at_olga):
    async def fail(session):
        await jobs.enqueue(session, RefreshAccount("http://remote.example/a"), now=ctx.clock())
        await session.execute(
            update(JobRow)
            .where(JobRow.kind == "RefreshAccount")
            .values(state=FAILED, last_error="ValueError: <b>odd</b>")
        )

    await ctx.write(fail)
    page = await at_olga.get(PLACE)

    assert "1 failed" in page.text
    assert "RefreshAccount × 1 ValueError: <b>odd</b>" in page.text


async def test_a_server_that_does_not_answer_is_named_with_what_to_do(ctx, at_olga, maya):
    async def owe(session):
        one = owing.owed(maya.account.id, "http://deaf.example/inbox")
        await deliveries.add(session, [one], now=ctx.clock())
        await session.execute(
            update(DeliveryRow).values(state=FAILED, last_status=503, last_error="answered 503")
        )
        for at in range(12):
            await hosts.note_failures(
                session, ["deaf.example"], now=ctx.clock() + timedelta(seconds=at)
            )

    await ctx.write(owe)
    page = await at_olga.get(PLACE)

    assert "1 given up" in page.text
    assert "answered 503" in page.text
    assert page.main.find("a", href="/moderation/servers/deaf.example")
    assert "tried again by itself" in page.text


async def test_it_shows_how_much_room_is_taken_and_no_vanity(at_olga, publish, maya):
    await publish(maya, "One post")
    page = await at_olga.get(PLACE)

    assert "of at most 10.7 GB" in page.text
    assert "Database" in page.text
    for word in ("members", "posts", "active", "followers"):
        assert f"{word}:" not in page.text.lower()
        assert f"1 {word.rstrip('s')}" not in page.text


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (81_200, "81 KB"), (3_400_000, "3.4 MB"),
     (340_000_000, "340 MB"), (10_737_418_240, "10.7 GB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_sizes_are_said_as_people_say_them(number, words):
    assert size_words(number) == words
