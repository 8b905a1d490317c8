"""Imports are done in the background, in pieces: asked of other servers with restraint."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import ConflictError, InvalidError
from fedi_k12.domain.jobs import CarryOutImport
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.portability import parse
from fedi_k12.services import exports, follows, lists, portability
from fedi_k12.worker import run_until_idle
from storage import jobs
from storage.tables import (
    BookmarkRow,
    DomainMuteRow,
    FollowRow,
    ImportRow,
    JobRow,
    MuteRow,
)


@pytest.fixture
def bring(ctx):
    """Return a function that begins an import and gives its id."""

    async def run(member, kind: str, text: str, *, overwrite: bool = False) -> int:
        parsed = parse(text.encode(), kind=kind, own_hosts=ctx.settings.own_hosts)
        number = await ctx.write(
            portability.take_in,
            actor=member.actor,
            parsed=parsed,
            overwrite=overwrite,
            now=ctx.clock(),
        )
        await ctx.write(
            portability.begin, actor=member.actor, import_id=number, now=ctx.clock()
        )
        return number

    return run


@pytest.fixture
def work(ctx, clock):
    """Return a function that lets the worker go on for so many seconds."""

    async def run(seconds: float = 0, step: float = 6) -> None:
        await run_until_idle(ctx)
        while seconds > 0:
            clock.advance(seconds=step)
            seconds -= step
            await run_until_idle(ctx)

    return run


@pytest.fixture
def outcome(ctx):
    """Return a function that gives an import's state and why lines were not taken over."""

    async def look(member, number: int):
        async with ctx.read() as session:
            one = await portability.one(session, actor=member.actor, import_id=number)
            failed = await portability.failures(session, actor=member.actor, import_id=number)
        return one, {item.subject: item.why for item in failed}

    return look


@pytest.fixture
def taken_along(ctx):
    """Return a function that gives one of a member's files."""

    async def look(member, kind: str) -> str:
        async with ctx.read() as session:
            return await exports.file_of(
                session, actor=member.actor, kind=kind, handle_domain="home.example"
            )

    return look


async def test_whom_one_followed_elsewhere_is_followed_here(
    ctx, maya, tom, remote, bring, work, outcome
):
    for name in ("priya", "ren"):
        remote.actor(name)

    number = await bring(
        maya,
        "following",
        "Account address,Show boosts,Notify on new posts,Languages\n"
        'priya@remote.example,false,true,"en, de"\nren@remote.example,true,false,\n'
        "nobody@remote.example,true,false,\ntom@home.example,true,false,\n",
    )
    await work()

    one, failed = await outcome(maya, number)
    assert (one.state, one.done, one.failed) == ("done", 3, 1)
    assert "Nobody" in failed["nobody@remote.example"]
    assert remote.types().count("Follow") == 2
    async with ctx.read() as session:
        rows = list(await session.scalars(select(FollowRow).order_by(FollowRow.id)))
    kept = [(row.show_boosts, row.notify, row.languages) for row in rows]
    assert (False, True, ["en", "de"]) in kept
    assert len(rows) == 3


async def test_of_one_server_a_few_are_asked_at_a_time(
    ctx, maya, make_server, bring, work, outcome
):
    """Nothing floods other hosts, however long the file."""
    big, small = await make_server("big.example"), await make_server("small.example")
    for number in range(25):
        big.actor(f"ren{number}")
    small.actor("priya")
    lines = "".join(f"ren{number}@big.example\n" for number in range(25))

    number = await bring(maya, "following", lines + "priya@small.example\n")
    await run_until_idle(ctx)

    assert len({text for text in big.asked if text.startswith("webfinger")}) == 10
    assert small.types() == ["Follow"]
    await work(12)
    one, failed = await outcome(maya, number)
    assert (one.state, one.done, failed) == ("done", 26, {})
    assert big.types().count("Follow") == 25


async def test_a_server_that_does_not_answer_is_asked_again_and_then_given_up(
    maya, make_server, bring, work, outcome, resolver
):
    server = await make_server("slow.example")
    server.actor("ren")
    server.webfinger = lambda _resource: (_ for _ in ()).throw(RuntimeError("down"))

    number = await bring(maya, "following", "ren@slow.example\nkim@gone.example\n")
    await work()
    one, _failed = await outcome(maya, number)
    assert (one.state, one.waiting) == ("running", 2)

    server.webfinger = None
    await work(timedelta(hours=8).total_seconds(), step=600)
    one, failed = await outcome(maya, number)
    assert (one.state, one.done) == ("done", 1)
    assert failed == {"kim@gone.example": "gone.example did not answer."}


async def test_the_same_job_twice_does_it_once(ctx, maya, remote, bring, work, outcome):
    remote.actor("priya")
    number = await bring(maya, "following", "priya@remote.example\n")
    await ctx.write(jobs.enqueue, CarryOutImport(number, 0), now=ctx.clock())

    await work(12)
    await ctx.write(jobs.enqueue, CarryOutImport(number, 0), now=ctx.clock())
    await work(12)

    one, _failed = await outcome(maya, number)
    assert (one.state, one.done) == ("done", 1)
    assert remote.types().count("Follow") == 1
    async with ctx.read() as session:
        assert await session.scalar(select(JobRow.id)) is None
        assert (await session.get(ImportRow, number)).piece == 1


async def test_what_is_not_in_the_file_ends_where_one_wants_that(
    ctx, maya, tom, make_member, bring, work, taken_along
):
    await make_member("kim")
    await bring(maya, "following", "tom\nkim\n")
    await work()

    await bring(maya, "following", "kim\n")
    await work()
    assert "tom@home.example" in await taken_along(maya, "following")

    await bring(maya, "following", "kim@home.example,false\n", overwrite=True)
    await work()
    left = await taken_along(maya, "following")
    assert "tom@home.example" not in left
    assert "kim@home.example,false" in left


async def test_blocks_mutes_servers_and_saved_posts_come_along(
    ctx, maya, remote, bring, work, taken_along, outcome
):
    ren, troll = remote.actor("ren"), remote.actor("troll")
    remote.show(ren.note("1"))
    await bring(maya, "blocks", "troll@remote.example\n")
    await bring(
        maya,
        "mutes",
        "Account address,Hide notifications\nren@remote.example,false\n",
    )
    await bring(maya, "domain_blocks", "spam.example\n")
    number = await bring(
        maya, "bookmarks", f"{ren.uri}/posts/1\n{ren.uri}/posts/2\n{troll.uri}\n"
    )
    await work()

    assert await taken_along(maya, "blocks") == "troll@remote.example\n"
    assert await taken_along(maya, "mutes") == (
        "Account address,Hide notifications\nren@remote.example,false\n"
    )
    assert await taken_along(maya, "domain_blocks") == "spam.example\n"
    assert await taken_along(maya, "bookmarks") == f"{ren.uri}/posts/1\n"
    one, failed = await outcome(maya, number)
    assert (one.done, set(failed)) == (1, {f"{ren.uri}/posts/2", troll.uri})
    await bring(maya, "mutes", "someone@remote.example\n", overwrite=True)
    await bring(maya, "domain_blocks", "other.example\n", overwrite=True)
    await bring(maya, "bookmarks", f"{ren.uri}/posts/3\n", overwrite=True)
    await bring(maya, "blocks", "ren@remote.example\n", overwrite=True)
    await work()
    async with ctx.read() as session:
        for row in (MuteRow, BookmarkRow):
            assert await session.scalar(select(row.id)) is None
        assert await session.scalar(select(DomainMuteRow.domain)) == "other.example"
    assert await taken_along(maya, "blocks") == "ren@remote.example\n"


async def test_lists_come_along_once_those_on_them_are_followed(
    ctx, maya, tom, make_remote, remote, bring, work, taken_along, outcome, clock
):
    remote.actor("ren")
    await ctx.write(lists.create, actor=maya.actor, title="Old", now=ctx.clock())
    number = await bring(
        maya, "lists", "Grade 4,tom@home.example\nGrade 4,ren@remote.example\n", overwrite=True
    )
    await work()
    one, _failed = await outcome(maya, number)
    assert (one.state, one.waiting) == ("running", 1)
    assert await taken_along(maya, "lists") == "Grade 4,tom@home.example\n"
    async with ctx.read() as session:
        assert [item.title for item in await lists.lists(session, actor=maya.actor)] == [
            "Grade 4"
        ]
        follow = await session.scalar(select(FollowRow).where(~FollowRow.accepted))
    target = follow.target_id

    async def accept(session):
        row = await session.get(FollowRow, follow.id)
        row.accepted = True

    await ctx.write(accept)
    await work(66)

    assert (await outcome(maya, number))[0].state == "done"
    async with ctx.read() as session:
        row = (await follows.relationships(session, actor=maya.actor, target_ids=[target]))[0]
    assert row.following
    assert "Grade 4,ren@remote.example" in await taken_along(maya, "lists")


async def test_whom_one_blocks_is_not_followed_and_the_reason_is_told(
    ctx, maya, tom, bring, work, outcome
):
    await ctx.write(follows.block, actor=maya.actor, target_id=tom.account.id, now=ctx.clock())

    number = await bring(maya, "following", "tom\nmaya\n")
    await work()

    _one, failed = await outcome(maya, number)
    assert "blocks the other" in failed["tom"]
    assert "oneself" in failed["maya"]


async def test_what_is_stopped_goes_no_further(ctx, maya, remote, bring, work, outcome):
    remote.actor("ren")
    number = await bring(maya, "following", "ren@remote.example\n")

    await ctx.write(portability.drop, actor=maya.actor, import_id=number, now=ctx.clock())
    await work(12)

    assert (await outcome(maya, number))[0].state == "stopped"
    assert remote.asked == []
    with pytest.raises(ConflictError):
        await ctx.write(portability.drop, actor=maya.actor, import_id=number, now=ctx.clock())


async def test_nothing_is_done_for_who_was_suspended(ctx, maya, remote, bring, work):
    remote.actor("ren")
    await bring(maya, "following", "ren@remote.example\n")

    async def suspend(session):
        account = await session.get(type(maya.account), maya.account.id)
        account.suspended_at = ctx.clock()

    await ctx.write(suspend)
    await work(12)

    assert remote.asked == []


async def test_another_members_import_is_not_found(ctx, maya, tom, bring):
    number = await bring(maya, "following", "tom\n")

    async with ctx.read() as session:
        for act in (portability.one, portability.failures, portability.failures_file):
            with pytest.raises(portability.NotFoundError):
                await act(session, actor=Actor(tom.account.id), import_id=number)


async def test_imports_that_wait_are_counted(ctx, maya, bring):
    for _number in range(portability.MAX_OPEN):
        await bring(maya, "domain_blocks", "spam.example\n")

    with pytest.raises(InvalidError, match="not finished"):
        await bring(maya, "domain_blocks", "spam.example\n")
