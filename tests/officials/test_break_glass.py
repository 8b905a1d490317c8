"""Break-glass: published at once in an emergency, reviewed by a second person after (S-38)."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.submissions import Level
from fedi_k12.services import break_glass, follows, notifications, officials, reactions
from fedi_k12.worker import run_until_idle
from storage.tables import BreakGlassRow, OfficialRow, PostRow, RecordRow


@pytest.fixture
async def manager(lincoln, demand, maya, delegate_to):
    """Maya, who manages the school; everything needs a second person."""
    await demand(Level.ALL)
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
def open_it(do):
    """Return a function that publishes at once: the id of what is to be reviewed."""

    async def run(member, text="The bus on route 4 had an accident. Nobody is hurt.", **given):
        return await do(
            break_glass.publish,
            actor=member.actor,
            draft=Draft(text),
            reason=given.get("reason", "Parents are calling."),
        )

    return run


@pytest.fixture
def review(do):
    async def run(member, number, note=""):
        return await do(
            break_glass.review, member_id=member.actor.member_id, opened_id=number, note=note
        )

    return run


@pytest.fixture
def waits_for(see):
    """Return a function that says what waits for a review by somebody's team."""

    async def run(member):
        found = await see(break_glass.waiting, member_id=member.actor.member_id)
        return [one.id for one in found]

    return run


async def kinds_recorded(ctx):
    async with ctx.read() as session:
        return list(await session.scalars(select(RecordRow.kind).order_by(RecordRow.seq)))


async def test_it_goes_out_at_once_and_the_team_is_told(
    ctx, do, see, manager, approver, open_it, lincoln, tom, maya, make_server, make_remote
):
    """S-38: without approval and without the hold window, with its reason in the records."""
    elsewhere = await make_server("remote.example")
    ren = await make_remote("ren")
    uri = f"{ren.uri}/follows/1"
    await do(follows.request_follow, follower=ren, target=lincoln, uri=uri)
    await run_until_idle(ctx)
    elsewhere.delivered.clear()

    number = await open_it(manager)
    await run_until_idle(ctx)

    assert elsewhere.types() == ["Create"]

    async def told(member):
        found = await see(
            notifications.page,
            actor=member.actor,
            page=PageRequest(),
            types=["emergency_post"],
        )
        return [(one.account.acct, one.detail["break_glass_id"]) for one in found.items]

    assert await told(tom) == [("lincoln", str(number))]
    assert await told(maya) == []
    assert "break-glass" in await kinds_recorded(ctx)


async def test_it_waits_for_a_review_until_somebody_else_did_it(
    ctx, manager, approver, open_it, review, waits_for, see, tom, maya
):
    """S-38: shown until done, by a second person, once."""
    number = await open_it(manager)
    assert await waits_for(maya) == await waits_for(tom) == [number]

    with pytest.raises(ForbiddenError, match="second person"):
        await review(maya, number)
    await review(tom, number, "Well said.")

    assert await waits_for(maya) == await waits_for(tom) == []
    found = await see(break_glass.one, member_id=maya.actor.member_id, opened_id=number)
    assert (found.reviewer, found.review_note) == ("tom", "Well said.")
    with pytest.raises(ConflictError):
        await review(tom, number)
    assert (await kinds_recorded(ctx))[-1] == "break-glass reviewed"


async def test_the_database_lets_nobody_review_their_own(ctx, manager, open_it):
    """S-38: a constraint."""
    await open_it(manager)

    async def force(session):
        await session.execute(update(BreakGlassRow).values(reviewed_by=manager.actor.member_id))

    with pytest.raises(IntegrityError):
        await ctx.write(force)


async def test_only_managers_and_only_with_a_reason(
    ctx, do, open_it, lincoln, maya, tom, delegate_to, manager, make_member
):
    """S-38: nothing is published otherwise."""
    for role in ("responder", "author", "approver"):
        member = await delegate_to(lincoln, await make_member(f"a_{role}"), role)
        with pytest.raises(ForbiddenError):
            await open_it(member)
    with pytest.raises(ForbiddenError, match="official accounts"):
        await open_it(tom)
    for reason in ("", " \0 ", "x" * 501):
        with pytest.raises(InvalidError) as caught:
            await open_it(manager, reason=reason)
        assert "reason" in caught.value.fields
    async with ctx.read() as session:
        assert list(await session.scalars(select(PostRow))) == []


async def test_without_two_managers_there_is_nobody_to_review(
    ctx, do, open_it, manager, lincoln
):
    """R-8: nor is anything said in an emergency."""
    async with ctx.read() as session:
        found = await officials.delegates(session, actor=None, account_id=lincoln.id)
    for one in found:
        if one.member_id != manager.actor.member_id:
            await do(officials.end, actor=None, account_id=lincoln.id, person_id=one.account_id)

    with pytest.raises(InvalidError, match="two managers"):
        await open_it(manager)


async def test_only_who_approves_reviews_and_nobody_who_is_paused(
    do, open_it, review, waits_for, manager, approver, lincoln, tom, make_member, delegate_to
):
    """S-38, S-46: an author of the team reads of it, and decides nothing."""
    number = await open_it(manager)
    ada = await delegate_to(lincoln, await make_member("ada"))

    with pytest.raises(ForbiddenError, match="Only approvers"):
        await review(ada, number)
    assert await waits_for(ada) == await waits_for(tom) == [number]
    given = {"actor": None, "account_id": lincoln.id, "person_id": tom.account.id}
    await do(officials.pause, **given)

    assert await waits_for(tom) == []
    with pytest.raises(ForbiddenError):
        await review(tom, number)


async def test_strangers_see_nothing_of_it(see, review, manager, open_it, tom):
    number = await open_it(manager)

    for wanted in (number, 1):
        with pytest.raises(NotFoundError):
            await see(break_glass.one, member_id=tom.actor.member_id, opened_id=wanted)
        with pytest.raises(NotFoundError):
            await review(tom, wanted)


async def test_it_is_passed_on_beyond_the_budget(ctx, do, demand, manager, open_it, lincoln):
    """S-42: emergencies are exempt."""
    number = await open_it(manager)
    await demand(Level.NONE)

    async def used_up(session):
        (await session.get(OfficialRow, lincoln.id)).boosts_a_day = 0
        return (await session.get(BreakGlassRow, number)).post_id

    post_id = await ctx.write(used_up)

    assert await do(reactions.boost, actor=manager.actor, post_id=post_id)


async def test_the_pages_lead_from_the_form_to_the_review(
    seated, manager, approver, maya, tom, lincoln, clock
):
    """S-38: as the account, then by the second person as themselves."""
    browser = await seated(maya, lincoln)
    write = await browser.get("/write")
    assert write.root.find("a", href="/break-glass")
    page = await browser.get("/break-glass")
    wrong = await browser.submit(page, "/break-glass", {"text": "The bus", "reason": ""})
    assert wrong.status == 422
    assert "Say why it cannot wait" in wrong.root.text
    after = await browser.follow(
        await browser.submit(wrong, "/break-glass", {"reason": "Parents are calling"})
    )
    assert "No second person has reviewed it yet" in after.root.text
    assert "I have reviewed it" not in after.root.text

    second = await seated(tom)
    listed = await second.get("/approvals")
    assert "Published at once, to be reviewed" in listed.root.text
    path = after.url.partition("?")[0]
    shown = await second.get(path[path.index("/break-glass") :])
    done = await second.follow(
        await second.submit(shown, f"{path[path.index('/break-glass') :]}/review")
    )
    assert "@tom reviewed it" in done.root.text
    assert "to be reviewed" not in (await second.get("/approvals")).root.text
    assert "For managers of official accounts" in (await second.get("/break-glass")).root.text
