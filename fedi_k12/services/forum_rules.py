"""Rules for what is said to official accounts: the fixed list, and own ones by two people."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.forum import OWN, Ground, OwnRule, Stated, checked_rule, fixed
from fedi_k12.domain.ids import new_id, parse_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.public_log import Act, Category
from fedi_k12.services import moderation, public_log
from storage import forum
from storage.tables import ForumRuleRow


async def own_rules(session: AsyncSession, *, actor: Actor | None = None) -> list[OwnRule]:
    """Return the rules in own words that hold; to staff also those that wait, and first."""
    staff = actor is not None and decide(actor, Action.RESTRAIN).allowed
    rows = await forum.rules(session)
    me = actor.member_id if actor is not None else None
    return [
        OwnRule(
            row.id,
            row.number,
            row.text,
            row.written_at,
            row.approved_at,
            row.ended_at,
            row.written_by == me,
        )
        for row in rows
        if staff or row.approved_at is not None
    ]


async def stated(session: AsyncSession, code: str) -> Stated:
    """Return the ground of this code as it is stated. Raises `InvalidError` for others."""
    code = code.strip()
    found = next((one for one in Ground if one.value == code), None)
    if found is not None:
        return fixed(found)
    number = parse_id(code.removeprefix(OWN)) if code.startswith(OWN) else None
    row = await forum.rule(session, number) if number is not None else None
    if row is None or row.number is None or row.ended_at is not None:
        raise InvalidError("Choose the rule that it breaks.", fields={"rule": "is not a rule"})
    return Stated(code, row.number, row.text)


async def write(session: AsyncSession, *, actor: Actor, text: str, now: datetime) -> int:
    """Write a rule in own words, which another person approves; return its id."""
    _demand(actor)
    row = ForumRuleRow(
        id=new_id(), text=checked_rule(text), written_by=actor.member_id or 0, written_at=now
    )
    session.add(row)
    await session.flush()
    await _note(session, actor, "forum rule written", row, now)
    return row.id


async def approve(session: AsyncSession, *, actor: Actor, rule_id: int, now: datetime) -> None:
    """Approve a rule that somebody else wrote: it holds from now on, for what comes."""
    row = await _row(session, actor, rule_id)
    if row.approved_at is not None:
        return
    if row.written_by == actor.member_id:
        raise ForbiddenError("Another person approves what you wrote.")
    row.approved_by, row.approved_at = actor.member_id, now
    row.number = max(await forum.highest_number(session), len(Ground)) + 1
    await session.flush()
    await _note(session, actor, "forum rule approved", row, now)
    await _tell(session, actor, Act.RULE_ADDED, row, now)


async def end(session: AsyncSession, *, actor: Actor, rule_id: int, now: datetime) -> None:
    """Use a rule no longer, or drop one that was never approved. Its number stays its own."""
    row = await _row(session, actor, rule_id)
    row.ended_at = now
    await session.flush()
    await _note(session, actor, "forum rule ended", row, now)
    if row.number is not None:
        await _tell(session, actor, Act.RULE_ENDED, row, now)


async def _row(session: AsyncSession, actor: Actor, rule_id: int) -> ForumRuleRow:
    _demand(actor)
    row = await forum.rule(session, rule_id)
    if row is None or row.ended_at is not None:
        raise NotFoundError("There is no such rule.")
    return row


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.RESTRAIN)
    if not decision.allowed:
        raise ForbiddenError(decision.why)


async def _tell(
    session: AsyncSession, actor: Actor, act: Act, row: ForumRuleRow, now: datetime
) -> None:
    rule = Stated(f"{OWN}{row.id}", row.number or 0, row.text)
    await public_log.add(
        session, actor=actor, act=act, category=Category.RULE, name="", rule=rule, now=now
    )


async def _note(
    session: AsyncSession, actor: Actor, action: str, row: ForumRuleRow, now: datetime
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("forum rule", str(row.id)),
        detail={"text": row.text},
        now=now,
    )
