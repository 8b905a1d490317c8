"""A second person reads what an official account says of itself (S-38)."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from fedi_k12.domain import presenting
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import ForbiddenError, InvalidError, SavedForApprovalError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.submissions import Level
from fedi_k12.services import (
    approving,
    break_glass,
    featuring,
    posts,
    profiles,
    reactions,
)
from storage.tables import AccountRow, DeliveryRow, JobRow, PostRow, RecordRow, SubmissionRow


@pytest.fixture
async def manager(lincoln, demand, maya, delegate_to):
    """Maya, who manages the school; everything needs a second person."""
    await demand(Level.ALL)
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
def ask(do):
    """Return a function that asks for changes of the profile: the number that waits."""

    async def run(member, **changes):
        with pytest.raises(SavedForApprovalError) as caught:
            await do(
                profiles.update_profile, actor=member.actor, changes=ProfileChanges(**changes)
            )
        return caught.value.submission_id

    return run


async def school(ctx, lincoln):
    async with ctx.read() as session:
        return await session.get(AccountRow, lincoln.id, populate_existing=True)


async def count(ctx, table, *conditions):
    async with ctx.read() as session:
        return len(list(await session.scalars(select(table).where(*conditions))))


def test_only_what_differs_is_asked_for():
    now = ProfileChanges(display_name="Lincoln", note="A school", locked=False)
    asked = ProfileChanges(display_name="Lincoln", note="Our school", locked=True)

    found = presenting.differing(asked, now)

    assert found == ProfileChanges(note="Our school", locked=True)
    detail = presenting.as_detail(found, now)
    assert presenting.from_detail(detail) == found
    assert [(one.before, one.after, one.flag) for one in presenting.listed(detail)] == [
        ("A school", "Our school", False),
        ("", "1", True),
    ]


async def test_a_profile_stays_as_it_is_until_a_second_person_agrees(
    ctx, manager, approver, ask, decide, read, lincoln
):
    """S-38: nothing of it is shown or sent before; then all of it, in one step, recorded."""
    before = await school(ctx, lincoln)
    told = (JobRow.kind == "FederateProfile", JobRow.about == before.uri)
    number = await ask(manager, note="We stand on Oak Street.", fields=(("Web", "l.example"),))

    waiting = await school(ctx, lincoln)
    assert (waiting.note, waiting.version) == (before.note, before.version)
    assert await count(ctx, JobRow, *told) == 0
    seen = await read(approver, number)
    assert [(one.label, one.before, one.after) for one in seen.changes] == [
        ("About the account", "", "We stand on Oak Street."),
        ("Lines of the profile", "", "Web: l.example"),
    ]

    await decide(approving.approve, approver, number)

    shown = await school(ctx, lincoln)
    assert "Oak Street" in shown.note
    assert [one["name"] for one in shown.fields] == ["Web"]
    assert await count(ctx, JobRow, *told) == 1
    assert await count(ctx, RecordRow, RecordRow.kind == "profile changed") == 1
    assert await count(ctx, RecordRow, RecordRow.kind == "approval: approved") == 1


async def test_nobody_agrees_to_their_own_profile(manager, ask, decide):
    number = await ask(manager, display_name="My school")

    with pytest.raises(ForbiddenError, match="second person"):
        await decide(approving.approve, manager, number)


async def test_asking_twice_is_asking_once(ctx, manager, ask):
    """S-38: what an app tries again makes no second draft."""
    first = await ask(manager, note="Our school")

    assert await ask(manager, note="Our school") == first
    assert await ask(manager, note="Their school") != first
    assert await count(ctx, SubmissionRow) == 2


async def test_what_changes_nothing_waits_for_nobody(ctx, do, manager, lincoln):
    same = ProfileChanges(display_name=lincoln.display_name, remove_avatar=True)

    await do(profiles.update_profile, actor=manager.actor, changes=same)

    assert await count(ctx, SubmissionRow) == 0


async def test_what_cannot_be_is_refused_before_anybody_reads_it(ctx, do, manager):
    lines = tuple((f"line {n}", "x") for n in range(40))

    with pytest.raises(InvalidError):
        await do(
            profiles.update_profile, actor=manager.actor, changes=ProfileChanges(fields=lines)
        )

    assert await count(ctx, SubmissionRow) == 0


@pytest.mark.parametrize("level", [Level.NONE, Level.INDIVIDUALS, Level.PROBATIONARY])
async def test_where_the_charter_asks_for_nobody_it_is_shown_at_once(
    ctx, do, manager, demand, lincoln, level
):
    """S-38: by the charter's level, as posts are."""
    await demand(level)

    await do(
        profiles.update_profile, actor=manager.actor, changes=ProfileChanges(note="At once")
    )

    assert "At once" in (await school(ctx, lincoln)).note


async def test_on_probation_it_waits_whatever_the_level(do, demand, lincoln, maya, tom, ask):
    """S-46: whoever is on probation shows nothing alone."""
    await demand(Level.NONE)
    held = Delegation(DelegateRole.MANAGER, probationary=True)

    assert await ask(
        replace(
            maya,
            actor=Actor(lincoln.id, maya.actor.member_id, maya.actor.role, delegation=held),
        ),
        note="Not yet",
    )


async def test_pins_and_hashtags_of_the_profile_wait_too(
    ctx, do, manager, approver, demand, decide, lincoln
):
    """S-38: what is kept at the top of the profile is part of what it says of itself."""
    await demand(Level.NONE)
    post_id = await do(posts.publish, actor=manager.actor, draft=posts.Draft("Welcome"))
    await demand(Level.ALL)
    numbers = []
    for change, given in (
        (reactions.pin, {"post_id": post_id}),
        (featuring.feature_tag, {"name": "LincolnReads"}),
    ):
        with pytest.raises(SavedForApprovalError) as caught:
            await do(change, actor=manager.actor, **given)
        numbers.append(caught.value.submission_id)
    assert await count(ctx, PostRow, PostRow.pinned_at.is_not(None)) == 0

    for number in numbers:
        await decide(approving.approve, approver, number)

    assert await count(ctx, PostRow, PostRow.pinned_at.is_not(None)) == 1
    async with ctx.read() as session:
        tags = await featuring.featured_tags(session, account_id=lincoln.id, viewer=None)
    assert [tag.name for tag in tags] == ["lincolnreads"]
    with pytest.raises(SavedForApprovalError):
        await do(reactions.unpin, actor=manager.actor, post_id=post_id)
    with pytest.raises(SavedForApprovalError):
        await do(featuring.unfeature_tag, actor=manager.actor, name="LincolnReads")


async def test_in_an_emergency_it_is_shown_at_once_and_reviewed(
    ctx, do, see, manager, approver, lincoln
):
    """S-38: break-glass is for the profile as it is for posts."""
    with pytest.raises(InvalidError):
        await do(
            break_glass.present,
            actor=manager.actor,
            changes=ProfileChanges(note="Closed today"),
            reason=" ",
        )
    number = await do(
        break_glass.present,
        actor=manager.actor,
        changes=ProfileChanges(note="Closed today: water pipe."),
        reason="Families stand at the door.",
    )

    assert "water pipe" in (await school(ctx, lincoln)).note
    one = await see(break_glass.one, member_id=approver.actor.member_id, opened_id=number)
    assert (one.profile, one.may_review) == (True, True)
    assert "Closed today: water pipe." in one.text


async def test_every_app_path_of_the_profile_waits(ctx, client, manager, lincoln):
    """S-38: an app is told in a sentence, and the profile stays as it was."""
    headers = {"Authorization": f"Bearer {manager.token}"}

    async def give_picture(session):
        row = await session.get(AccountRow, lincoln.id)
        row.avatar_file, row.header_file = "ab/avatar.png", "ab/header.png"

    await ctx.write(give_picture)
    before = await school(ctx, lincoln)
    actor = {"id": lincoln.uri, "type": "Organization", "name": "By the protocol"}
    for method, path, given in (
        ("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "X"}),
        ("PATCH", "/api/v1/profile", {"note": "Y"}),
        ("DELETE", "/api/v1/profile/avatar", None),
        ("DELETE", "/api/v1/profile/header", None),
        ("POST", "/api/v1/featured_tags", {"name": "Reads"}),
        ("POST", "/users/lincoln/outbox", {"type": "Update", "object": actor}),
    ):
        answer = await client.request(method, path, json=given, headers=headers)
        assert answer.status == 422, (path, await answer.text())
        assert "second person" in await answer.text(), path
    after = await school(ctx, lincoln)
    assert (after.display_name, after.note) == (before.display_name, before.note)
    assert (after.avatar_file, after.header_file) == ("ab/avatar.png", "ab/header.png")
    assert await count(ctx, SubmissionRow) == 6
    assert await count(ctx, DeliveryRow) == 0


async def test_the_page_shows_before_and_after(
    ctx, seated, maya, tom, manager, approver, lincoln
):
    """S-38: the form leads to what waits; the second person sees both and approves."""
    writes = await seated(maya, lincoln)
    form = await writes.get("/settings")
    page = await writes.submit(form, "/settings", {"display_name": "Lincoln School"})
    assert "/approvals/" in page.location
    where = page.location.partition("?")[0]
    reads = await seated(tom)
    page = await reads.get(where)
    assert all(word in page.text for word in ("Lincoln Elementary", "Lincoln School", "After"))
    # What the form only showed, because nobody ever said it, is not asked for.
    assert "Who finds its posts" not in page.text

    await reads.submit(page, f"{where}/approve")

    assert (await school(ctx, lincoln)).display_name == "Lincoln School"
