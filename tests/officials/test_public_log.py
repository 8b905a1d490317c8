"""Rules by two people, grounds for blocking servers, and the log that everybody reads."""

import csv
import io
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.blocklists import Entry
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.permissions import Role
from fedi_k12.services import (
    blocklists,
    first_contact,
    forum_rules,
    moderation,
    public_log,
    upkeep,
)
from storage.tables import FirstContactRow, ForumRuleRow, LogKeyRow
from tests.browse import filled_in

LOG = "/about/moderation-log"
HOST = "spam.example"
SCOPES = "read admin:read admin:write"


@pytest.fixture
async def vera(make_member):
    """A moderator."""
    return (await make_member("vera", role=Role.MODERATOR)).actor


@pytest.fixture
async def odo(make_member):
    """An administrator."""
    return (await make_member("odo", role=Role.ADMIN)).actor


@pytest.fixture
def log(client):
    """Return a function that reads the log as a program does."""

    async def read():
        return await (await client.get(f"{LOG}.json")).json()

    return read


async def test_an_own_rule_needs_a_second_person(ctx, do, see, vera, odo, log):
    """R-44: who wrote it cannot approve it, not even past the service; nobody else sees it."""
    number = await do(forum_rules.write, actor=vera, text="One answer for each question")
    with pytest.raises(ForbiddenError, match="Another person"):
        await do(forum_rules.approve, actor=vera, rule_id=number)

    async def past_the_service(session):
        await session.execute(update(ForumRuleRow).values(approved_by=vera.member_id, number=8))

    with pytest.raises(IntegrityError):
        await ctx.write(past_the_service)
    assert await see(forum_rules.own_rules) == []
    with pytest.raises(InvalidError):
        await see(forum_rules.stated, code=f"own:{number}")

    await do(forum_rules.approve, actor=odo, rule_id=number)

    assert (await see(forum_rules.stated, code=f"own:{number}")).number == 8
    (line,) = await log()
    assert (line["act"], line["role"]) == ("rule added", "admin")
    assert line["rule"] == {"number": 8, "text": "One answer for each question"}
    await do(forum_rules.end, actor=vera, rule_id=number)
    with pytest.raises(InvalidError):
        await see(forum_rules.stated, code=f"own:{number}")
    assert (await log())[0]["act"] == "rule ended"


async def test_the_desk_of_rules(client, seated, make_member, do, see):
    """R-44: written by one moderator and approved by another, with pages alone."""
    first = await make_member("mona", role=Role.MODERATOR)
    second = await make_member("moe", role=Role.MODERATOR)
    writer, reader = await seated(first), await seated(second)
    page = await writer.get("/moderation/forum-rules")
    page = await writer.submit(page, "/moderation/forum-rules", {"text": "No criticism"})
    assert page.status == 422
    assert "cannot be a reason" in page.text
    page = await writer.submit(page, "/moderation/forum-rules", {"text": "No raffles"})
    (rule,) = await see(forum_rules.own_rules, actor=first.actor)
    page = await writer.get("/moderation/forum-rules")
    assert not page.root.find("form", action=f"/moderation/forum-rules/{rule.id}/approve")
    assert "No raffles" not in (await reader.get("/about/forum-rules")).text
    page = await reader.get("/moderation/forum-rules")
    await reader.submit(page, f"/moderation/forum-rules/{rule.id}/approve")
    assert "No raffles" in (await reader.get("/about/forum-rules")).text


async def test_without_official_accounts_a_server_is_blocked_as_ever(do, log):
    await do(moderation.set_host_policy, actor=None, domain=HOST, severity="suspend")

    (line,) = await log()
    assert (line["act"], line["acted_on"], line["rule"]) == ("server blocked", HOST, None)


async def test_every_way_to_block_a_server_needs_a_ground(
    client, do, lincoln, odo, make_member, log
):
    """R-49: refused without one by service, list, first contact and API; then it is told."""
    decide = {"actor": odo, "domain": HOST}
    for severity in ("suspend", "limit"):
        with pytest.raises(InvalidError, match="Say which rule"):
            await do(moderation.set_host_policy, severity=severity, **decide)
    entry = Entry(HOST, "suspend")
    with pytest.raises(InvalidError, match="Say which rule"):
        await do(blocklists.apply, actor=odo, entry=entry, source="list", own_hosts=())
    with pytest.raises(InvalidError, match="Say which rule"):
        await do(first_contact.reject, actor=odo, domains=[HOST])
    assert await log() == []
    await do(moderation.set_host_policy, severity="normal", **decide)
    await do(moderation.set_host_policy, severity="suspend", ground="threat", **decide)
    await do(moderation.remove_host_policy, actor=odo, domain=HOST)

    told = [(one["act"], one["acted_on"], one["rule"], one["role"]) for one in await log()]

    threat = {"number": 1, "text": "threat"}
    assert told == [
        ("server freed", HOST, None, "admin"),
        ("server blocked", HOST, threat, "admin"),
    ]


async def test_apps_of_staff_name_the_ground(client, do, lincoln, make_member, log):
    """R-49: the API says 422 with the list; another change keeps the ground."""
    admin = await make_member("ada", role=Role.ADMIN, scopes=SCOPES)
    headers = {"Authorization": f"Bearer {admin.token}"}
    path = "/api/v1/admin/domain_blocks"
    asked = {"domain": HOST, "severity": "suspend"}
    answer = await client.post(path, data=asked, headers=headers)
    assert answer.status == 422
    assert "threat, obscenity" in (await answer.json())["error"]

    answer = await client.post(path, data={**asked, "ground": "spam"}, headers=headers)

    made = await answer.json()
    assert (answer.status, made["ground"]) == (200, "spam")
    answer = await client.put(
        f"{path}/{made['id']}", data={"private_comment": "Again"}, headers=headers
    )
    assert (await answer.json())["ground"] == "spam"


async def test_the_desk_asks_for_the_ground(client, seated, lincoln, make_member, do, ctx):
    """R-49: on the pages for servers, for lists and for new servers, nothing typed is lost."""
    ada = await make_member("ada", role=Role.ADMIN)
    browser = await seated(ada)
    page = await browser.get("/moderation/servers")
    page = await browser.submit(
        page, "/moderation/servers", {"domain": HOST, "severity": "suspend"}
    )
    assert (page.status, "Say which rule it breaks" in page.text) == (422, True)
    form = page.form("/moderation/servers")
    page = await browser.submit(page, "/moderation/servers", {"ground": "spam"})
    assert page.location == f"/moderation/servers/{HOST}"

    listed = f"#domain,#severity\nother.{HOST},suspend\n"
    sent = {"list": listed, "name": "theirs", "apply": "1", "csrf": filled_in(form)["csrf"]}
    assert (await browser.post("/moderation/list", sent)).status == 422
    assert (await browser.post("/moderation/list", {**sent, "ground": "spam"})).status == 303

    async def wait(session):
        session.add(FirstContactRow(domain="new.example", state="held", created_at=ctx.clock()))

    await ctx.write(wait)
    sent = {"domain": "new.example", "what": "out", "csrf": filled_in(form)["csrf"]}
    assert (await browser.post("/moderation/new", sent)).status == 422
    assert (await browser.post("/moderation/new", {**sent, "ground": "spam"})).status == 303


async def test_the_log_in_each_form(client, do, log):
    """R-51: page, table, JSON and Atom tell the same; a hidden name stays half hidden."""
    await do(
        moderation.set_host_policy,
        actor=None,
        domain="evil.example",
        severity="limit",
        ground="spam",
        obfuscate=True,
    )
    page = await (await client.get(LOG)).text()
    text = await (await client.get(f"{LOG}.csv")).text()
    (row,) = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    feed = fromstring(await (await client.get(f"{LOG}.atom")).text())  # noqa: S314 - our own
    (line,) = await log()

    atom = "{http://www.w3.org/2005/Atom}"
    assert (row["Act"], row["Rule"], row["Acting role"]) == ("server limited", "4", "operator")
    assert row["Acted on"] == line["acted_on"] == "evi*.****ple"
    assert line["acted_on"] in page
    assert "spam or repetition" in page
    assert line["acted_on"] in feed.find(f"{atom}entry/{atom}title").text
    assert (await client.get(f"{LOG}?max_id=x")).status == 200
    assert await (await client.get(f"{LOG}.json?max_id={line['id']}")).json() == []


async def test_pseudonyms_change_each_year_and_their_keys_are_forgotten(
    ctx, do, see, clock, maya, make_remote
):
    """R-51: a person is the same for a year; two years later nobody can tell who it was."""
    ren = await make_remote("ren")
    now = ctx.clock()
    category, name = await do(public_log.person, account=ren, now=now)
    assert category == "person elsewhere"
    assert (await do(public_log.person, account=ren, now=now))[1] == name
    assert (await do(public_log.person, account=maya.account, now=now))[0] == "person here"
    later = now + timedelta(days=366)
    assert (await do(public_log.person, account=ren, now=later))[1] != name

    clock.advance(days=2 * 366)
    await upkeep.sweep_store(ctx, SweepStore())

    async with ctx.read() as session:
        kept = list(await session.scalars(select(LogKeyRow.year)))
    assert kept == [later.year]
