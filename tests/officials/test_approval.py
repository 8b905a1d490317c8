"""A second person reads what an official account is to say (S-38, S-39, S-46)."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SavedForApprovalError,
)
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.submissions import Level, needs_second_person
from fedi_k12.services import (
    approving,
    follows,
    media,
    media_making,
    notifications,
    officials,
    posts,
    reactions,
    scheduled,
)
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.worker import run_until_idle
from storage.tables import DeliveryRow, MediaRow, PostRow, SubmissionRow

SMALL = Encoded(b"small", "png", 2, 1)
PICTURE = Prepared("image", Encoded(b"full", "png", 4, 3), SMALL, "LEHV6n")
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def rows_of(ctx, table):
    async with ctx.read() as session:
        return list(await session.scalars(select(table)))


@pytest.mark.parametrize(
    ("level", "probationary", "to_individual", "public", "expected"),
    [
        (Level.ALL, False, False, True, True),
        (Level.INDIVIDUALS, False, False, True, False),
        (Level.INDIVIDUALS, False, True, False, True),
        (Level.PROBATIONARY, False, True, False, False),
        (Level.PROBATIONARY, True, False, True, True),
        (Level.NONE, True, False, True, True),
        (Level.NONE, False, False, True, False),
        *((level, False, True, True, True) for level in Level),
    ],
)
def test_the_level_says_what_needs_a_second_person(
    level, probationary, to_individual, public, expected
):
    """S-38, S-39, S-46: a public answer to an individual, and probation, whatever the level."""
    held = Delegation(DelegateRole.AUTHOR, probationary)

    found = needs_second_person(level, held, to_individual=to_individual, public=public)

    assert found is expected


async def test_not_one_byte_of_a_draft_leaves_before_approval(
    ctx, do, clock, author, approver, submit, decide, lincoln, make_server, make_remote
):
    """S-38: captured outbox, of each way of saying something; then it goes out."""
    elsewhere = await make_server("remote.example")
    ren = await make_remote("ren")
    uri = f"{ren.uri}/follows/1"
    await do(follows.request_follow, follower=ren, target=lincoln, uri=uri)
    await run_until_idle(ctx)
    before = len(elsewhere.delivered)

    number = await submit(author, "Our secret plan @ren@remote.example")
    due = ctx.clock() + timedelta(hours=1)
    await do(scheduled.schedule, actor=author.actor, draft=Draft("Secret too"), due_at=due)
    clock.advance(hours=2)
    await run_until_idle(ctx)

    assert await rows_of(ctx, PostRow) == []
    assert await rows_of(ctx, DeliveryRow) == []
    assert len(elsewhere.delivered) == before
    await decide(approving.approve, approver, number)
    clock.advance(minutes=1)
    await run_until_idle(ctx)
    assert len(elsewhere.delivered) == before
    clock.advance(minutes=1)
    await run_until_idle(ctx)
    assert len(elsewhere.delivered) > before


async def test_approval_publishes_as_who_wrote_it(ctx, author, approver, submit, decide, read):
    number = await submit(author)

    post_id = await decide(approving.approve, approver, number)

    (row,) = await rows_of(ctx, PostRow)
    assert (row.id, row.author_member_id) == (post_id, author.actor.member_id)
    found = await read(author, number)
    assert (found.state, found.post_id) == ("published", post_id)
    assert [(step.did, step.handle) for step in found.steps] == [
        ("sent", "maya"),
        ("approved", "tom"),
    ]


async def test_nobody_approves_their_own(ctx, author, submit, decide, lincoln, maya, do):
    """S-38: not by the page, and not by the database."""
    number = await submit(author)
    await do(
        officials.delegate,
        actor=None,
        account_id=lincoln.id,
        person_id=maya.account.id,
        role=DelegateRole.MANAGER,
    )

    for what, more in ((approving.approve, {}), (approving.return_it, {"comment": "No"})):
        with pytest.raises(ForbiddenError, match="second person"):
            await decide(what, author, number, **more)

    async def force(session):
        await session.execute(
            update(SubmissionRow).values(state="approved", approved_by=author.actor.member_id)
        )

    async def alone(session):
        await session.execute(update(SubmissionRow).values(state="published"))

    for change in (force, alone):
        with pytest.raises(IntegrityError):
            await ctx.write(change)


async def test_managers_need_a_second_person_too(demand, lincoln, tom, delegate_to, submit):
    await demand(Level.ALL)
    manager = await delegate_to(lincoln, tom, "manager")

    await submit(manager)


async def test_only_the_team_sees_it_and_only_approvers_decide(
    author, submit, decide, read, lincoln, tom, make_member, delegate_to
):
    number = await submit(author)
    with pytest.raises(NotFoundError):
        await read(tom, number)
    with pytest.raises(NotFoundError):
        await decide(approving.approve, tom, number)

    other = await delegate_to(lincoln, await make_member("ada"))

    assert (await read(other, number)).may_approve is False
    with pytest.raises(ForbiddenError):
        await decide(approving.approve, other, number)
    with pytest.raises(ForbiddenError):
        await decide(approving.withdraw, other, number)
    with pytest.raises(ForbiddenError):
        await decide(approving.correct, other, number, text="Mine now")


async def test_a_returned_draft_is_corrected_and_sent_again(
    ctx, author, approver, submit, decide, read
):
    """S-46: comments and drafts stay, and approval is of what was read."""
    number = await submit(author, "Maya Lopez won")
    with pytest.raises(InvalidError):
        await decide(approving.return_it, approver, number, comment=" ")
    await decide(approving.return_it, approver, number, comment="No names, please")
    with pytest.raises(ConflictError):
        await decide(approving.approve, approver, number)

    await decide(approving.correct, author, number, text="Our team won")

    with pytest.raises(ConflictError):
        await decide(approving.approve, approver, number, version=1)
    await decide(approving.approve, approver, number, version=2)
    (row,) = await rows_of(ctx, PostRow)
    assert "Our team won" in row.content
    found = await read(author, number)
    assert [(step.did, step.comment, step.text) for step in found.steps] == [
        ("sent", "", "Maya Lopez won"),
        ("returned", "No names, please", "Maya Lopez won"),
        ("corrected", "", "Our team won"),
        ("approved", "", "Our team won"),
    ]


async def test_two_who_decide_at_once_decide_once(
    ctx, author, approver, submit, decide, lincoln, make_member, delegate_to
):
    """S-38: two approvers, and approval against withdrawal."""
    second = await delegate_to(lincoln, await make_member("ada"), "approver")

    for other in ((approving.approve, second), (approving.withdraw, author)):
        before = len(await rows_of(ctx, PostRow))
        number = await submit(author, f"With {other[1].token[:5]}")
        done = await asyncio.gather(
            decide(approving.approve, approver, number),
            decide(other[0], other[1], number),
            return_exceptions=True,
        )

        assert [type(one) for one in done].count(ConflictError) == 1
        published = len(await rows_of(ctx, PostRow)) - before
        async with ctx.read() as session:
            row = await session.get(SubmissionRow, number)
        assert published == (1 if row.state == "published" else 0)


async def test_the_same_key_is_the_same_draft(ctx, author, approver, submit, decide, do):
    """S-38: a retry makes no second draft, and gets the post once there is one."""
    numbers = {await submit(author, idempotency_key="k1") for _ in range(2)}
    assert len(numbers) == 1
    post_id = await decide(approving.approve, approver, numbers.pop())

    again = await do(
        posts.publish, actor=author.actor, draft=Draft("Open house", idempotency_key="k1")
    )

    assert again == post_id
    assert len(await rows_of(ctx, SubmissionRow)) == 1


async def test_retries_at_once_make_one_draft(ctx, author, submit):
    numbers = await asyncio.gather(*(submit(author, idempotency_key="k1") for _ in range(3)))

    assert len(set(numbers)) == 1


async def test_an_old_key_is_used_anew(clock, author, submit):
    first = await submit(author, idempotency_key="k1")
    clock.advance(hours=2)

    assert await submit(author, idempotency_key="k1") != first


async def test_who_wrote_it_has_to_act_for_the_account_still(
    ctx, author, approver, submit, decide, do, lincoln, maya
):
    """R-4: nothing is published in the name of who was paused."""
    number = await submit(author)
    await do(
        officials.pause,
        actor=None,
        account_id=lincoln.id,
        person_id=maya.account.id,
        reason="Ask",
    )

    with pytest.raises(ForbiddenError, match="may not act"):
        await decide(approving.approve, approver, number)
    assert await rows_of(ctx, PostRow) == []


async def test_edits_and_boosts_wait_too(
    ctx, demand, author, approver, publish, decide, do, tom, lincoln
):
    """S-38: a change and a boost say something for the school as a post does."""
    await demand(Level.NONE)
    own = await publish(author, "Before")
    theirs = await publish(tom, "A good thing")
    await demand(Level.ALL)

    with pytest.raises(SavedForApprovalError) as edit:
        await do(posts.edit, actor=author.actor, post_id=own.id, draft=Draft("After"))
    boosts = []
    for _ in range(2):
        with pytest.raises(SavedForApprovalError) as boost:
            await do(reactions.boost, actor=author.actor, post_id=theirs.id)
        boosts.append(boost.value.submission_id)
    assert boosts[0] == boosts[1]
    assert {row.content for row in await rows_of(ctx, PostRow)} == {own.content, theirs.content}

    await decide(approving.approve, approver, edit.value.submission_id)
    await decide(approving.approve, approver, boosts[0])

    rows = await rows_of(ctx, PostRow)
    assert any("After" in row.content for row in rows if row.id == own.id)
    assert [row.account_id for row in rows if row.boost_of_id == theirs.id] == [lincoln.id]


@pytest.mark.parametrize("approved", [True, False])
async def test_a_scheduled_post_comes_only_if_it_was_approved(
    ctx, clock, author, approver, do, see, decide, approved
):
    """S-38: approved in time it is published when it is due, else it is refused."""
    due = ctx.clock() + timedelta(hours=1)
    await do(scheduled.schedule, actor=author.actor, draft=Draft("Snow day"), due_at=due)
    (waits,) = await rows_of(ctx, SubmissionRow)
    if approved:
        assert await decide(approving.approve, approver, waits.id) is None
    assert await rows_of(ctx, PostRow) == []

    clock.advance(hours=2)
    await run_until_idle(ctx)

    (row,) = await rows_of(ctx, SubmissionRow)
    published = [one.id for one in await rows_of(ctx, PostRow)]
    found = await see(scheduled.page, actor=author.actor, page=scheduled.PageRequest())
    if approved:
        assert (row.state, [row.post_id]) == ("published", published)
    else:
        assert (published, [one.refused for one in found.items]) == (
            [],
            ["Nobody approved this in time."],
        )


async def test_what_is_called_off_waits_no_more(ctx, author, do):
    due = ctx.clock() + timedelta(hours=1)
    given = {"draft": Draft("Snow day"), "due_at": due}
    view = await do(scheduled.schedule, actor=author.actor, **given)

    await do(scheduled.cancel, actor=author.actor, scheduled_id=view.id)

    assert [row.state for row in await rows_of(ctx, SubmissionRow)] == ["withdrawn"]


async def test_approvers_are_told_and_who_wrote_it_is_told_of_the_end(
    see, author, approver, submit, decide, tom, maya
):
    async def told(member):
        found = await see(
            notifications.page,
            actor=member.actor,
            page=scheduled.PageRequest(),
            types=["approval_request", "approval_given", "approval_returned"],
        )
        return [(one.kind, one.account.acct) for one in found.items]

    first, second = await submit(author, "One"), await submit(author, "Two")
    assert await told(tom) == [("approval_request", "lincoln")] * 2
    assert await told(maya) == []
    await decide(approving.return_it, approver, first, comment="Say more")
    await decide(approving.approve, approver, second)

    assert await told(maya) == [("approval_given", "lincoln"), ("approval_returned", "lincoln")]


async def test_a_public_answer_to_a_person_always_waits(
    demand, author, do, publish, tom, lincoln, make_remote, arrive, submit, read
):
    """S-39: to people of here and elsewhere, as a reply or a quote; letters and schools not."""
    await demand(Level.NONE)
    here = await publish(tom, "Why so late?", choices=Choices(quote="public"))
    ren = await make_remote("ren")
    there = await arrive(ren, "1")
    school = await publish(author, "The bus is late")

    for draft in ({"in_reply_to_id": here.id}, {"in_reply_to_id": there}):
        number = await submit(author, "Read the notice", **draft)
        assert (await read(author, number)).to_person
    await submit(author, "Look at this", quote_of_id=here.id)
    await publish(author, "In private", in_reply_to_id=here.id, visibility=Visibility.DIRECT)
    await publish(author, "More", in_reply_to_id=school.id)


async def test_an_app_is_told_in_a_sentence(client, author):
    """S-38: 422, the same for a repeated key, and no second draft."""
    headers = {**author.headers, "Idempotency-Key": "k1"}
    said = []
    for _ in range(2):
        answer = await client.post(
            "/api/v1/statuses", json={"status": "Open house"}, headers=headers
        )
        said.append((answer.status, (await answer.json())["error"]))

    assert said[0] == said[1]
    assert said[0][0] == 422
    assert said[0][1].startswith("Saved for approval. ")
    assert "@principal_ann" in said[0][1]


async def test_pictures_wait_with_their_draft(ctx, clock, do, author, submit, decide):
    """S-38: they are not pruned, not used elsewhere, and free again once it is withdrawn."""
    made = await do(
        media.store,
        prepared=PICTURE,
        actor=author.actor,
        file="a/a.png",
        preview_file="b/b.png",
        alt="Two children plant beans in a wooden bed.",
    )
    number = await submit(author, media_ids=(made.id,))
    clock.advance(days=3)
    await media_making.prune_uploads(ctx, before=ctx.clock())
    assert len(await rows_of(ctx, MediaRow)) == 1
    with pytest.raises(InvalidError):
        await do(posts.publish, actor=author.actor, draft=Draft("", media_ids=(made.id,)))
    with pytest.raises(InvalidError):
        await do(media.delete, actor=author.actor, media_id=made.id)

    await decide(approving.withdraw, author, number)

    clock.advance(days=3)
    await media_making.prune_uploads(ctx, before=ctx.clock())
    assert await rows_of(ctx, MediaRow) == []


async def test_an_outbox_of_a_client_passes_the_same_gate(client, author):
    """S-38: client-to-server ActivityPub."""
    answer = await client.post(
        "/users/lincoln/outbox",
        json={"type": "Note", "content": "<p>News</p>", "to": [PUBLIC]},
        headers={**author.headers, "Content-Type": "application/activity+json"},
    )

    assert answer.status == 422
    assert "Saved for approval" in await answer.text()


async def test_the_page_shows_what_families_will_see(
    author, approver, submit, seated, tom, maya, ctx
):
    """S-38: preview and checklist; return, correct and approve without scripts."""
    number = await submit(author, "Jenny Miller is in Room 12")
    at_tom, at_maya = await seated(tom), await seated(maya)
    place = f"/approvals/{number}"

    listed = await at_tom.get("/approvals")
    assert place in listed.body
    page = await at_tom.get(place)
    assert "As families will see it" in page.text
    assert "Jenny Miller" in page.text
    assert "Room 12</strong>" in page.body
    empty = await at_tom.submit(page, f"{place}/return")
    assert (empty.status, "Say what is to be changed" in empty.text) == (422, True)
    await at_tom.submit(page, f"{place}/return", {"comment": "No names of children"})
    page = await at_maya.get(place)
    assert "No names of children" in page.text
    await at_maya.submit(page, f"{place}/correct", {"text": "We painted"})
    await at_tom.submit(await at_tom.get(place), f"{place}/approve")

    (row,) = await rows_of(ctx, PostRow)
    assert "We painted" in row.content
