"""Restrictions as who is restricted reads them, and those who decide about them (R-48)."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.forum import Stated
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.restrictions import RestrictionView
from fedi_k12.services import judges, restrictions, views
from storage import restrictions as rows
from storage.tables import RestrictionRow

PAGE = 50


async def one(
    session: AsyncSession, *, actor: Actor | None, restriction_id: int, key: str = ""
) -> RestrictionView:
    """Return a restriction to who is restricted, and to those who may decide about it."""
    row = await rows.by_id(session, restriction_id)
    own = row is not None and row.began_at is not None
    own = own and row is not None and restrictions.is_person(row, actor, key)
    if row is None or not (own or judges.may_judge(actor, row.account_id)):
        raise NotFoundError(restrictions.NOT_FOUND)
    (found,) = await _views(session, [row], actor, own=own)
    return found


async def listed(session: AsyncSession, *, actor: Actor) -> list[RestrictionView]:
    """Return restrictions, those that wait or hold first, to those who decide about them."""
    found = await rows.listed(session, account_id=judges.whose(actor), limit=PAGE)
    return await _views(session, found, actor)


async def _views(
    session: AsyncSession,
    found: Sequence[RestrictionRow],
    actor: Actor | None,
    *,
    own: bool = False,
) -> list[RestrictionView]:
    ids = {row.account_id for row in found} | {row.person_id for row in found}
    people = {view.id: view for view in await views.account_views(session, sorted(ids))}
    me = actor.member_id if actor is not None else None
    return [
        RestrictionView(
            id=row.id,
            account=people[row.account_id],
            person=people.get(row.person_id),
            handle=row.handle,
            post_uri=row.post_uri,
            rule=Stated(row.rule_code, row.rule_number, row.rule),
            words=row.words,
            days=row.days,
            asked_at=row.asked_at,
            began_at=row.began_at,
            ends_at=row.ends_at,
            told=row.told,
            appealed_at=row.appealed_at,
            appeal=row.appeal,
            decision=row.decision,
            answer=row.answer,
            ended_at=row.ended_at,
            ended_because=row.ended_because,
            own=own,
            approves=(judging := judges.may_judge(actor, row.account_id))
            and row.began_at is None
            and row.ended_at is None
            and row.asked_by != me,
            asked_for=judging and row.asked_by == me,
            decides=judging
            and row.appealed_at is not None
            and not row.decision
            and me not in {row.asked_by, row.approved_by},
            lifts=judging and row.began_at is not None and row.ended_at is None,
        )
        for row in found
    ]
