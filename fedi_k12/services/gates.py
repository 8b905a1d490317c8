"""What the actor may do with posts, asked by every service that makes one visible to others.

For one's own account that is little; for an official account it is the delegate's role, and
whether the account may speak at this moment.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import Deed, may, why_not
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.officials import HOLD_SECONDS
from fedi_k12.domain.permissions import Actor, Gate, gate_before_publication
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.submissions import in_public, needs_second_person
from fedi_k12.domain.words import marked
from fedi_k12.services import access, class_rules, officials, submissions
from storage import consultations, posts
from storage.tables import PostRow

OWN_THREADS = marked(
    "By its charter this account answers under its own posts only, and letters to it."
)


async def to_publish(
    session: AsyncSession, actor: Actor, draft: Draft, *, now: datetime, hold_seconds: int = 0
) -> Gate:
    """Return how long a new post is held; every way of writing one comes through here.

    Raises `ForbiddenError` where the actor may not write it, `InvalidError` where nobody could
    for this account at the moment, or where somebody else has to look first.
    """
    answers = draft.in_reply_to_id is not None
    if answers and (why := await why_no_answer(session, actor, draft.in_reply_to_id, now=now)):
        raise ForbiddenError(why)
    return await _gate(
        session, actor, draft, answers=answers, hold_seconds=hold_seconds, now=now
    )


async def why_no_answer(
    session: AsyncSession, actor: Actor | None, parent_id: int | None, *, now: datetime
) -> str:
    """Return why an official account does not answer a post, empty where it may (R-11).

    Its charter can say that it answers in threads that it began, and letters to it.
    """
    if actor is None or actor.delegation is None:
        return ""
    standing = await officials.standing(session, actor.account_id, now=now)
    if standing is None or not standing.own_threads:
        return ""
    parent = await posts.by_id(session, parent_id or 0)
    if parent is None or parent.visibility == Visibility.DIRECT:
        return ""
    if not await access.may_view(session, parent, viewer=actor):
        return ""
    first = await posts.by_id(session, parent.thread_id)
    return "" if first is not None and first.account_id == actor.account_id else OWN_THREADS


async def to_boost(session: AsyncSession, actor: Actor, *, now: datetime) -> Gate:
    """Return whether a boost needs a second person; refuse who may not pass posts on."""
    return await _gate(session, actor, Draft(""), now=now)


async def to_change(
    session: AsyncSession,
    actor: Actor,
    row: PostRow,
    draft: Draft | None = None,
    *,
    now: datetime,
) -> Gate:
    """Return whether a change needs a second person; refuse who may not change the post.

    Whoever may only answer changes their own answers. What is changed is published anew, so
    the account has to be able to speak, and a second person reads it like a new post.
    """
    anew = draft and replace(
        draft,
        in_reply_to_id=row.in_reply_to_id,
        quote_of_id=row.quote_of_id,
        visibility=Visibility(row.visibility),
    )
    return await _gate(session, actor, anew, answers=_own_answer(actor, row), now=now)


async def to_take_back(
    session: AsyncSession, actor: Actor, row: PostRow, *, now: datetime
) -> None:
    """Refuse who may not delete a post of the actor's account.

    Deleting is possible whatever the level, but for the question of a consultation that is out
    and not answered: that would close it without an answer.
    """
    asks = await consultations.of_post(session, row.id)
    if asks is not None and now - row.created_at > timedelta(seconds=HOLD_SECONDS):
        answered = asks.outcome_id and await posts.by_id(session, asks.outcome_id)
        if not answered:
            raise InvalidError(
                "This asks people something. Say first what you heard and what you decided."
            )
    if await officials.is_official(session, actor.account_id):
        demand(actor, Deed.ANSWER if _own_answer(actor, row) else Deed.WRITE)


def demand(actor: Actor, deed: Deed) -> None:
    """Refuse a delegate whose role does not reach so far."""
    if not may(actor.delegation, deed):
        raise ForbiddenError(why_not(actor.delegation, deed))


async def _gate(
    session: AsyncSession,
    actor: Actor,
    draft: Draft | None,
    *,
    now: datetime,
    answers: bool = False,
    hold_seconds: int = 0,
) -> Gate:
    standing = await officials.standing(session, actor.account_id, now=now)
    second = False
    if standing is not None and draft is not None:
        class_rules.demand_readers(await class_rules.of(session, actor.account_id), draft)
        second = needs_second_person(
            await submissions.level_of(session, actor.account_id),
            actor.delegation,
            to_individual=await submissions.individual(session, draft) is not None,
            public=in_public(draft.visibility),
        )
        # Apps have no form for it: there somebody else looks at the pictures.
        second = second or await submissions.unchecked(session, draft)
        # Whoever is asked to describe pictures is a second person who reads it.
        second = second or draft.ask_colleague
    gate = gate_before_publication(
        actor,
        standing=standing,
        answers=answers,
        needs_approval=second,
        hold_seconds=hold_seconds,
    )
    if gate.unfit:
        raise InvalidError(gate.why)
    if not gate.publish:
        raise ForbiddenError(gate.why)
    return replace(gate, official=standing is not None)


def _own_answer(actor: Actor, row: PostRow) -> bool:
    return row.in_reply_to_id is not None and row.author_member_id == actor.member_id
