"""Approval is for official accounts alone: nobody's own account waits for anybody (S-20)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.events import EventDraft
from fedi_k12.domain.permissions import Actor, Role, gate_before_publication
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.submissions import Level
from fedi_k12.services import events, posts, reactions, scheduled
from fedi_k12.worker import run_until_idle
from storage.tables import PostRow, SubmissionRow

KINDS = ("Person", "Service", "Organization")
"""What an account is that somebody signs in to."""


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", KINDS)
async def test_nobodys_own_post_is_held(ctx, clock, do, make_member, publish, tom, role, kind):
    """S-20: whatever the role and the kind of account, on each way that a post is made."""
    member = await make_member("writer", role=role, kind=kind)
    theirs = await publish(tom, "When does school start?")
    given = {"actor": member.actor}

    first = await do(posts.publish, draft=Draft("News"), **given)
    await do(posts.publish, draft=Draft("At eight.", in_reply_to_id=theirs.id), **given)
    await do(posts.edit, post_id=first, draft=Draft("News, corrected"), **given)
    await do(reactions.boost, post_id=theirs.id, **given)
    begins = ctx.clock() + timedelta(days=2)
    event = EventDraft("Open house", starts_at=begins)
    await do(events.create, event=event, draft=Draft("Come"), **given)
    due = ctx.clock() + timedelta(hours=1)
    await do(scheduled.schedule, draft=Draft("Soon"), due_at=due, **given)
    clock.advance(hours=2)
    await run_until_idle(ctx)

    async with ctx.read() as session:
        made = await session.scalar(
            select(func.count()).where(PostRow.account_id == member.account.id)
        )
        held = await session.scalar(select(func.count()).select_from(SubmissionRow))
    assert (made, held) == (5, 0)


async def test_who_acts_for_a_school_is_free_as_themselves(
    do, ctx, lincoln, maya, demand, delegate_to
):
    """S-20: also on probation there."""
    await demand(Level.ALL)
    await delegate_to(lincoln, maya, probationary=True)

    assert await do(posts.publish, actor=maya.actor, draft=Draft("My own words"))
    async with ctx.read() as session:
        assert not await session.scalar(select(func.count()).select_from(SubmissionRow))


@pytest.mark.parametrize("role", Role)
def test_the_gate_knows_no_approval_without_a_standing(role):
    """S-20: only an official account has a standing, and only that can ask for approval."""
    for held in (None, *map(Delegation, DelegateRole)):
        gate = gate_before_publication(
            Actor(1, 2, role, held), standing=None, needs_approval=True
        )
        assert (gate.publish, gate.needs_approval) == (True, False)
