"""The moderators' desk: reports, new servers, other servers, severed follows."""

import re

import pytest

from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.services import collections, first_contact, follows, moderation, reports
from storage import deliveries, hosts
from tests import owing
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    strangers_in,
    unlabelled_in,
)

PAGES = (
    "/moderation/reports", "/moderation/reports?tab=closed", "/moderation/reports/{report}",
    "/moderation/new",
    "/moderation/servers", "/moderation/servers?q=loud", "/moderation/servers/loud.example",
    "/moderation/servers/spam.example", "/moderation/severed", "/moderation/log",
)  # fmt: skip
FOR_ADMINS = [path for path in PAGES if "servers" in path or "severed" in path]


@pytest.fixture
async def at_olga(seated, make_member):
    return await seated(await make_member("olga", role=Role.OWNER))


@pytest.fixture
async def at_mona(seated, make_member):
    return await seated(await make_member("mona", role=Role.MODERATOR))


@pytest.fixture
async def desk(ctx, maya, tom, make_remote, publish):
    """A report, a server that waits, a loud one, a suspended one that cost follows."""
    now = ctx.clock()
    loud = await make_remote("lou", "loud.example")
    ria = await make_remote("ria", "spam.example")
    await ctx.write(
        follows.request_follow, follower=ria, target=maya.account, uri="http://x/1", now=now
    )
    await publish(maya, "Hello")
    report = await ctx.write(
        reports.file,
        actor=maya.actor,
        target_id=loud.id,
        comment="Too loud",
        forward=True,
        addresses=ctx.addresses,
        now=now,
    )
    await ctx.write(hosts.heard_from, "loud.example", now=now)
    await owing.owe(ctx, maya.account.id, "http://loud.example/inbox")
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="spam.example",
        severity="suspend",
        private_comment="Spam",
        now=now,
    )
    await ctx.write(first_contact.states, ["new.example"], usual="hold", now=now)
    await ctx.write(
        first_contact.hold,
        host="new.example",
        actor_uri="http://new.example/users/eve",
        kind="Create",
        summary="Buy now",
        body=b"{}",
        now=now,
    )
    return {"report": str(report.id), "loud": loud}


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_of_the_desk_keeps_the_rules(at_olga, desk, path):
    page = await at_olga.get(path.format(**desk))

    assert page.status == 200
    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []
    assert not re.search(r"\busers?\b", page.text.replace("/users/", ""), re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
async def test_the_desk_is_for_staff(at_tom, at_mona, desk, path):
    assert (await at_tom.get(path.format(**desk))).status == 403
    allowed = (await at_mona.get(path.format(**desk))).status
    assert allowed == (403 if path in FOR_ADMINS else 200)


async def test_staff_see_that_something_waits(at_mona, at_tom, desk):
    assert "Moderation new" in (await at_mona.get("/home")).text
    assert "Moderation" not in (await at_tom.get("/home")).text


async def test_a_member_reports_a_post(ctx, at_tom, maya, publish, at_mona):
    number = await publish(maya, "Unkind words")
    page = await at_tom.get(f"/report?post={number}")
    assert "Unkind words" in page.text

    sent = await at_tom.submit(page, "/report", {"comment": "Not kind"})

    assert "The moderators have your report" in sent.text
    listed = await at_mona.get("/moderation/reports")
    assert "Not kind" in listed.text
    links = [a["href"] for a in listed.main.find("a")]
    link = next(one for one in links if re.fullmatch(r"/moderation/reports/\d+", one))
    assert "Unkind words" in (await at_mona.get(link)).text


async def test_a_report_is_taken_noted_closed_and_opened_again(at_mona, desk):
    place = f"/moderation/reports/{desk['report']}"
    for what, words in [
        ("take", "Looked at by"), ("close", "Open it again"), ("reopen", "Close the report"),
    ]:  # fmt: skip
        page = await at_mona.submit(await at_mona.get(place), f"{place}/{what}")
        assert words in (await at_mona.follow(page)).text

    page = await at_mona.submit(
        await at_mona.get(place), f"{place}/note", {"text": "Wrote to them"}
    )
    assert "Wrote to them" in (await at_mona.follow(page)).text
    wrong = await at_mona.submit(await at_mona.get(place), f"{place}/note", {"text": " "})
    assert wrong.status == 422
    assert "A note needs words" in wrong.text


async def test_a_moderator_sends_the_words_that_can_be_sent(at_mona, desk):
    place = f"/moderation/reports/{desk['report']}"

    page = await at_mona.submit(
        await at_mona.get(place), f"{place}/forward", {"words": "Please look"}
    )

    assert "Told on" in (await at_mona.follow(page)).text


async def test_a_moderator_suspends_from_the_report(ctx, at_mona, desk):
    place = f"/moderation/reports/{desk['report']}"

    page = await at_mona.submit(await at_mona.get(place), f"{place}/suspend")

    assert "Suspended" in (await at_mona.follow(page)).text
    async with ctx.read() as session:
        assert await moderation.is_suspended(session, account_id=desk["loud"].id)


@pytest.mark.parametrize("what", ["in", "out"])
async def test_servers_that_wait_are_decided_together(at_mona, desk, what):
    page = await at_mona.get("/moderation/new")
    assert "Buy now" in page.text

    sent = await at_mona.submit(
        page, "/moderation/new", {"domain": "new.example", "what": what}
    )

    assert "No server waits" in (await at_mona.follow(sent)).text


async def test_what_a_suspension_costs_is_asked_first(ctx, at_olga, maya, make_remote, desk):
    await ctx.write(
        follows.request_follow,
        follower=desk["loud"],
        target=maya.account,
        uri="http://x/2",
        now=ctx.clock(),
    )
    wish = {"domain": "loud.example", "severity": "suspend"}

    asked = await at_olga.submit(
        await at_olga.get("/moderation/servers"), "/moderation/servers", wish
    )
    assert asked.status == 422
    assert "would end one follow of a member" in asked.text
    done = await at_olga.submit(asked, "/moderation/servers", {**wish, "sure": "1"})

    assert "Suspend" in (await at_olga.follow(done)).text
    again = await at_olga.submit(
        await at_olga.get("/moderation/servers"),
        "/moderation/servers",
        {"domain": "home.example", "severity": "suspend"},
    )
    assert "this server itself" in again.text


async def test_what_waits_for_a_server_is_paused_tried_and_dropped(ctx, at_olga, desk):
    place = "/moderation/servers/loud.example"
    page = await at_olga.submit(await at_olga.get(place), f"{place}/pause")
    assert "Paused since" in (await at_olga.follow(page)).text
    assert await ctx.write(deliveries.claim, limit=9, now=ctx.clock()) == []

    page = await at_olga.submit(await at_olga.get(place), f"{place}/resume")
    assert "Paused since" not in (await at_olga.follow(page)).text
    await at_olga.submit(await at_olga.get(place), f"{place}/retry")
    page = await at_olga.submit(await at_olga.get(place), f"{place}/drop")

    await at_olga.follow(page)
    assert await ctx.write(deliveries.claim, limit=9, now=ctx.clock()) == []


async def test_a_decision_is_taken_back_and_follows_restored(ctx, at_olga, at_maya, desk):
    assert "spam.example" in (await at_maya.get("/severed")).text
    told = await at_maya.get("/notifications")
    assert "suspended spam.example" in told.text
    place = "/moderation/servers/spam.example"

    await at_olga.submit(await at_olga.get(place), f"{place}/undecide", {"restore": "1"})

    assert "restored" in (await at_maya.get("/severed")).text
    assert "restored" in (await at_olga.get("/moderation/severed")).text


async def test_what_was_lost_can_be_kept_as_a_file(at_maya, at_tom, desk):
    page = await at_maya.get("/severed")
    [link] = [a["href"] for a in page.main.find("a") if a["href"].endswith(".csv")]

    assert (await at_maya.get(link)).body == "Account address\nria@spam.example\n"
    assert (await at_tom.get(link)).status == 404


async def test_what_staff_did_can_be_read(at_mona, desk):
    place = f"/moderation/reports/{desk['report']}"
    await at_mona.submit(await at_mona.get(place), f"{place}/close")

    page = await at_mona.get("/moderation/log")

    assert "Mona report closed a report" in page.text
    assert "The operator host suspend Spam one follow ended spam.example" in page.text


async def test_nothing_is_restored_while_the_suspension_holds(at_olga, desk):
    page = await at_olga.get("/moderation/severed")
    [place] = [f["action"] for f in page.main.find("form")]

    answer = await at_olga.submit(page, place)

    assert answer.status == 422
    assert "still suspended" in answer.text


async def test_a_list_is_looked_at_then_taken_over(at_olga, desk):
    data = b"#domain,#severity\nfar.example,suspend\n*,suspend\n"

    seen = await at_olga.submit(
        await at_olga.get("/moderation/servers"),
        "/moderation/list",
        files={"file": ("mine.csv", data, "text/csv")},
    )
    assert "far.example" in seen.text
    assert "every server" in seen.text
    assert "far.example" not in (await at_olga.get("/moderation/servers")).text
    done = await at_olga.submit(seen, "/moderation/list")

    assert "list mine.csv" in (await at_olga.follow(done)).text
    assert "far.example,suspend" in (await at_olga.get("/moderation/list.csv")).body
    wrong = await at_olga.submit(
        await at_olga.get("/moderation/servers"),
        "/moderation/list",
        files={"file": ("x.csv", b"<html>", "text/csv")},
    )
    assert wrong.status == 422


async def test_a_report_shows_the_collections_that_it_names(
    ctx, maya, tom, at_tom, at_mona, at_maya
):
    number = await ctx.write(
        collections.create,
        actor=maya.actor,
        draft=CollectionDraft("Grade 5", "<b>They teach</b>"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    page = await at_tom.get(f"/collections/{number}")
    [link] = [one for one in page.main.find("a") if "/report?" in one["href"]]
    form = await at_tom.get(link["href"])
    assert "Grade 5" in form.main.text
    answer = await at_tom.submit(form, "/report", {"comment": "Not nice"})
    assert answer.status == 200
    assert "/report?" not in (await at_maya.get(f"/collections/{number}")).text

    async with ctx.read() as session:
        [report] = await reports.queue(session, actor=Actor(1, 1, Role.MODERATOR))
    shown = await at_mona.get(f"/moderation/reports/{report.id}")

    assert "Collections it names" in shown.main.text
    assert "<b>They teach</b>" in shown.main.text
    assert report.collection_ids == (number,)
