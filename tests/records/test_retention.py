"""Records are kept as long as a schedule says, then disposed of by two people (R-14)."""

import asyncio
import json

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.retention import read_schedule
from fedi_k12.services import disposal, records_chain, retention, schedules
from fedi_k12.services.records_desk import Search
from fedi_k12.worker import run_until_idle
from storage.tables import RecordBodyRow, RecordDisposalRow
from tests.records.short import SHORT

ONE_MORE = (
    "INSERT INTO record_disposal_item (seq, disposal_id)"
    " SELECT max(seq), (SELECT max(id) FROM record_disposal) FROM record"
)
KNOWN = {**schedules.known(), "short": read_schedule(SHORT)}


def at(words, seq):
    """Return words with # as the number of a record."""
    return words.replace("#", str(seq))


@pytest.fixture
async def owen(make_member):
    return await make_member("owen", role=Role.ADMIN)


@pytest.fixture
async def due(ctx, say, speaking, school, start, olga, clock):
    """Two posts of the school, each sent, whose time is over; and one of today."""
    await ctx.write(
        retention.choose,
        actor=olga.actor,
        account_id=school.account.id,
        schedule="short",
        floor="",
        schedules=KNOWN,
        now=ctx.clock(),
    )
    await say(speaking, "The buses are late.")
    await say(speaking, "The library is open.")
    clock.advance(days=400)
    await say(speaking, "Good morning.")


@pytest.fixture
def ask(ctx, school, olga):
    """Return a function by which Olga asks for the disposal of posts."""

    async def run(**given):
        usual = {
            "actor": olga.actor,
            "account_id": school.account.id,
            "record_class": "posts",
            "reason": "No longer needed.",
            "schedules": KNOWN,
            "now": ctx.clock(),
        }
        return await ctx.write(disposal.ask, **{**usual, **given})

    return run


@pytest.fixture
def approve(ctx):
    """Return a function that approves a disposal."""

    async def run(who, number):
        return await ctx.write(
            disposal.approve,
            actor=who.actor,
            disposal_id=number,
            schedules=KNOWN,
            now=ctx.clock(),
        )

    return run


@pytest.fixture
def hold(ctx, olga):
    """Return a function that places a legal hold."""

    async def run(**search):
        return await ctx.write(
            retention.hold,
            actor=olga.actor,
            search=Search(**search),
            reason="Case 7",
            now=ctx.clock(),
        )

    return run


@pytest.fixture
def line(ctx, olga):
    """Return a function that gives what is due of the class of posts."""

    async def run():
        async with ctx.read() as session:
            (one,) = await retention.overview(
                session, actor=olga.actor, schedules=KNOWN, now=ctx.clock()
            )
        return next(one for one in one.lines if one.record_class.name == "posts")

    return run


async def test_what_becomes_due_is_told(due, line):
    """R-14: by class, with when the next one's time is over."""
    found = await line()

    assert (found.due, found.held, found.kept) == (4, 0, 6)
    assert found.next_at is not None


async def test_two_people_dispose_and_the_chain_still_verifies(
    ctx, due, ask, approve, owen, verified, kept, line
):
    """R-14: the certificate tells class, number, days, hashes, people and schedule."""
    before = {one.entry.seq: one for one in await kept()}
    number = await ask()

    certificate = await approve(owen, number)

    after = {one.entry.seq: one for one in await kept()}
    gone = [seq for seq, one in after.items() if one.body is None]
    told = json.loads(after[certificate].body)
    assert len(gone) == told["count"] == 4
    assert told["records"] == [
        [seq, before[seq].entry.digest, before[seq].entry.envelope_digest] for seq in gone
    ]
    assert (told["class"]["id"], told["schedule"]["id"]) == ("posts", "short")
    assert (told["askedBy"], after[certificate].entry.person) == ("olga", "owen")
    assert told["from"] <= told["to"] < told["before"]
    assert [after[seq].entry for seq in gone] == [before[seq].entry for seq in gone]
    found = await verified()
    assert (found.fault, found.disposed, found.certificates) == ("", 4, (certificate,))
    assert (await line()).due == 0


async def test_nobody_approves_what_they_asked_for(ctx, due, ask, approve, olga, tamper):
    """R-14: the service refuses, and the database does."""
    number = await ask()

    with pytest.raises(ForbiddenError, match="Another person"):
        await approve(olga, number)
    with pytest.raises(DBAPIError):
        await tamper(
            "UPDATE record_disposal SET approved_by = asked_by, approved_at = asked_at, "
            "certificate = 1",
            guarded=True,
        )


@pytest.mark.parametrize(
    "search",
    [
        {}, {"account": "lincoln"}, {"word": "LATE"}, {"person": "@Maya"},
        {"since": "2000-01-01", "until": "2100-01-01"},
    ],
)  # fmt: skip
async def test_a_legal_hold_overrides_the_schedule(
    due, ask, approve, hold, owen, line, search, verified
):
    """R-14: whatever was asked for before, and whoever approves it."""
    number = await ask()
    await hold(**search)

    assert (await line()).held > 0
    with pytest.raises(ConflictError, match="legal hold"):
        await approve(owen, number)
    assert (await verified()).disposed == 0


async def test_the_database_holds_what_is_held(ctx, due, ask, approve, hold, owen, monkeypatch):
    """R-14: also where a service forgot to ask."""
    number = await ask()
    await hold(word="buses are")

    async def none(session, disposal_id):
        return 0

    monkeypatch.setattr("storage.retention.held_items", none)
    with pytest.raises(DBAPIError, match="legal hold covers"):
        await approve(owen, number)


async def test_a_hold_is_lifted_and_never_taken_back(ctx, due, hold, olga, line, tamper):
    """R-14: that it stood, and who lifted it, stays."""
    number = await hold(account="lincoln")
    with pytest.raises(DBAPIError, match="never changed"):
        await tamper("UPDATE record_hold SET since = placed_at", guarded=True)
    with pytest.raises(DBAPIError, match="never changed"):
        await tamper("DELETE FROM record_hold", guarded=True)

    await ctx.write(retention.lift, actor=olga.actor, hold_id=number, now=ctx.clock())

    assert (await line()).held == 0
    async with ctx.read() as session:
        (row,) = await retention.holds(session, actor=olga.actor)
    assert row.lifted_by == olga.actor.member_id


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM record_body",
        "DELETE FROM record_body WHERE seq IN (SELECT seq FROM record_disposal_item)",
        ONE_MORE,
        "UPDATE record_disposal SET count = 1",
        "UPDATE record_disposal SET approved_by = asked_by + 1, approved_at = asked_at",
        "DELETE FROM record_disposal",
        "DELETE FROM record_disposal_item",
    ],
)
async def test_nothing_else_takes_bytes_away(due, ask, tamper, statement, verified):
    """R-14: asked for is not approved, and approved is nothing without its certificate."""
    await ask()
    alone = statement.startswith("INSERT INTO")

    if alone:
        await tamper(statement, guarded=True)
        statement = (
            "UPDATE record_disposal SET approved_by = asked_by + 1, "
            "approved_at = asked_at, certificate = 1"
        )
    with pytest.raises(DBAPIError):
        await tamper(statement, guarded=True)
    assert (await verified()).disposed == 0


async def test_what_was_approved_is_never_changed(due, ask, approve, owen, tamper):
    """R-14."""
    await approve(owen, await ask())

    for statement in (
        "UPDATE record_disposal SET reason = 'x', withdrawn_at = asked_at",
        ONE_MORE,
        "DELETE FROM record_body WHERE seq = (SELECT certificate FROM record_disposal)",
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            await tamper(statement, guarded=True)


async def test_missing_is_told_from_disposed_of(
    ctx, due, ask, approve, owen, tamper, verified, kept
):
    """R-14: bytes that no certificate names are named as gone, past the triggers, too."""
    await approve(owen, await ask())
    seq = (await kept())[-1].entry.seq - 1

    await tamper(
        at(f"{ONE_MORE} WHERE seq = #", seq),
        at("DELETE FROM record_body WHERE seq = #", seq),
    )

    found = await verified()
    assert (found.seq, found.fault) == (
        seq,
        f"the bytes of record {seq} are gone, and no certificate names it",
    )


async def test_a_longer_schedule_that_came_in_between_is_kept_to(
    ctx, due, ask, approve, owen, olga, school
):
    """R-14: the class of the account keeps longer than that of the act."""
    number = await ask()
    await ctx.write(
        retention.choose,
        actor=olga.actor,
        account_id=school.account.id,
        schedule="short",
        floor="ever",
        schedules=KNOWN,
        now=ctx.clock(),
    )

    with pytest.raises(ConflictError, match="schedule was changed"):
        await approve(owen, number)
    with pytest.raises(InvalidError, match="Nothing of this class"):
        await ask()


async def test_what_was_withdrawn_can_be_asked_for_anew(ctx, due, ask, approve, olga, owen):
    """R-14: and what waits is not asked for twice."""
    number = await ask()
    with pytest.raises(InvalidError):
        await ask()

    await ctx.write(disposal.withdraw, actor=olga.actor, disposal_id=number, now=ctx.clock())

    with pytest.raises(ConflictError):
        await approve(owen, number)
    assert await approve(owen, await ask())


async def test_nothing_is_disposed_of_where_no_schedule_was_chosen(
    ctx, say, speaking, school, clock, ask
):
    """R-14: the default keeps everything."""
    await say(speaking)
    clock.advance(days=20_000)

    with pytest.raises(InvalidError, match="Nothing of this class"):
        await ask(record_class="permanent")


async def test_nothing_is_disposed_of_by_a_schedule_that_nobody_checked(due, ask):
    """R-14: what it says could be wrong, and records do not come back."""
    unchecked = {**KNOWN, "short": replace(KNOWN["short"], checked="")}

    with pytest.raises(InvalidError, match="against its source"):
        await ask(schedules=unchecked)
    assert await ask()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_only_administrators_look_after_it(ctx, make_member, role, school):
    """R-14."""
    mona = await make_member("mona", role=role)
    async with ctx.read() as session:
        with pytest.raises(ForbiddenError):
            await retention.overview(
                session, actor=mona.actor, schedules=KNOWN, now=ctx.clock()
            )


async def test_on_the_page_one_asks_and_another_approves(
    ctx, due, seated, olga, owen, school, monkeypatch
):
    """R-14: schedule, what is due, hold and certificate, without scripts."""
    monkeypatch.setattr("webui.records_keeping.schedules.known", lambda _folder: KNOWN)
    at_olga, at_owen = await seated(olga), await seated(owen)
    number = school.account.id
    page = await at_olga.get("/records/keeping?word=buses&account=lincoln")
    assert "Posts (1 year): 6 kept, 4 due, 0 on hold." in page.text

    chosen = {"schedule": "short/rest"}
    await at_olga.submit(page, f"/records/keeping/accounts/{number}", chosen)
    page = await at_olga.get("/records/keeping")
    assert page.root.find("option", value="short/rest")[0]["selected"] == ""
    assert "Ask for the disposal" not in page.text
    await at_olga.submit(page, f"/records/keeping/accounts/{number}", {"schedule": "short/"})

    page = await at_olga.get("/records/keeping?word=buses&account=lincoln")
    answer = await at_olga.submit(page, "/records/keeping/holds", {"reason": " "})
    assert (answer.status, "a case, a request" in answer.text) == (422, True)
    answer = await at_olga.submit(page, "/records/keeping/holds", {"reason": "Case 7"})
    page = await at_olga.follow(answer)
    assert "@lincoln, buses" in page.text
    await at_olga.submit(page, f"/records/keeping/accounts/{number}/dispose", {"why": "Over."})
    page = await at_olga.get("/records/keeping")
    assert "Another person has to approve it" in page.text
    (path,) = [one["action"] for one in page.root.find("form") if "/withdraw" in one["action"]]
    path = path.replace("withdraw", "approve")
    csrf = page.root.find("input", name="csrf")[0]["value"]
    assert (await at_olga.post(path, {"csrf": csrf})).status == 403

    page = await at_owen.get("/records/keeping")
    answer = await at_owen.submit(page, path)
    page = await at_owen.follow(answer)
    assert "records disposed" in page.text
    assert "For tests" in page.text
    page = await at_owen.get("/records/keeping")
    assert "Certificate: record" in page.text
    (path,) = [one["action"] for one in page.root.find("form") if "/lift" in one["action"]]
    await at_owen.submit(page, path)
    assert "Lift this hold" not in (await at_owen.get("/records/keeping")).text


@pytest.mark.parametrize(
    ("path", "typed", "status"),
    [
        ("accounts/{school}", {"schedule": "nothing/"}, 422),
        ("accounts/{school}", {"schedule": "us-wy/nothing"}, 422),
        ("accounts/99", {"schedule": "us-wy/"}, 404),
        ("accounts/{school}/dispose", {"record_class": "x", "why": "y"}, 422),
        ("accounts/99/dispose", {"record_class": "x", "why": "y"}, 404),
        ("holds", {"reason": "x", "since": "soon"}, 422),
        ("holds", {"reason": "x", "account": "nobody"}, 422),
        ("holds/99/lift", {}, 404),
        ("disposals/99/approve", {}, 404),
        ("disposals/9223372036854775808/approve", {}, 404),
    ],
)
async def test_what_cannot_be_done_on_the_page_is_said(at_olga, school, path, typed, status):
    """R-14: bad input never gives a 500."""
    page = await at_olga.get("/records/keeping")
    csrf = page.root.find("input", name="csrf")[0]["value"]
    path = f"/records/keeping/{path.replace('{school}', str(school.account.id))}"

    assert (await at_olga.post(path, {"csrf": csrf, **typed})).status == status


async def test_files_go_with_the_last_record_that_shows_them(
    ctx, school, speaking, say, client, clock, olga, owen, ask, approve
):
    """R-14: `records verify` reads every file, and names what is missing or changed."""
    key = await ctx.blobs.put(b"a picture", ending="webp")

    async def add(session):
        await disposal.records.note(
            session,
            kind="Create",
            actor=speaking,
            concerned=[],
            object_id="x",
            now=ctx.clock(),
            media=[key],
        )

    await ctx.write(add)
    assert await records_chain.verify_files(ctx) == (1, [])
    ctx.blobs.path(key).write_bytes(b"another")
    assert "was changed" in (await records_chain.verify_files(ctx))[1][0]
    await ctx.blobs.delete(key)
    assert "is missing" in (await records_chain.verify_files(ctx))[1][0]
    ctx.blobs.path(key).write_bytes(b"a picture")
    await ctx.write(
        retention.choose,
        actor=olga.actor,
        account_id=school.account.id,
        schedule="short",
        floor="",
        schedules=KNOWN,
        now=ctx.clock(),
    )
    clock.advance(days=400)

    await approve(owen, await ask())
    await run_until_idle(ctx)

    assert await ctx.blobs.get(key) is None
    assert await records_chain.verify_files(ctx) == (0, [])


async def test_two_who_approve_at_once_make_one_certificate(
    ctx, due, ask, approve, owen, make_member
):
    """R-14: a race."""
    third = await make_member("third", role=Role.ADMIN)
    number = await ask()

    done = await asyncio.gather(
        approve(owen, number), approve(third, number), return_exceptions=True
    )

    assert len([one for one in done if isinstance(one, int)]) == 1
    assert len([one for one in done if isinstance(one, ConflictError)]) == 1
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(RecordDisposalRow)) == 1
        assert await session.scalar(select(func.count()).select_from(RecordBodyRow)) > 0
