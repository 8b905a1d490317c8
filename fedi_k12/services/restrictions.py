"""Let somebody's answers to an official account wait at its desk, for a time (R-48).

A ground from the list, a second person, an end, notice and appeal. Answers are all that can be
restricted: nothing here, and no column of the store, keeps anybody from reading.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.forum import Stated
from fedi_k12.domain.ids import hash_token, new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.public_log import Act
from fedi_k12.domain.restrictions import MAX_DAYS
from fedi_k12.domain.timed_jobs import EndRestriction
from fedi_k12.domain.words import words as said
from fedi_k12.services import (
    account_letters,
    desk_queue,
    forum_rules,
    hidden_answers,
    judges,
    notifications,
    public_log,
    records,
    submissions,
)
from fedi_k12.services.notifications import Notice
from storage import accounts, forum, jobs, restrictions
from storage import submissions as teams
from storage.tables import AccountRow, RestrictionRow

NOT_FOUND = "There is nothing here that you may see."
_ACTS = {
    "time": "restriction ended by itself",
    "lifted": "restriction lifted",
    "appeal": "restriction overturned",
    "refused": "restriction refused",
    "withdrawn": "restriction not asked for any more",
}


async def ask(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    code: str,
    words: str = "",
    days: int = MAX_DAYS,
    now: datetime,
) -> int:
    """Ask that the answers of a post's author wait; return its number.

    By whoever approves for the account, or a moderator. Nothing changes until a second person
    approves. What was asked for already is returned again.
    """
    row, account = await hidden_answers.answer_to_judge(session, actor, post_id)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidError(said("Choose from 1 to %(num)d days.", num=MAX_DAYS))
    author = await accounts.by_id(session, row.account_id)
    if author is None:
        raise NotFoundError(NOT_FOUND)
    known = await restrictions.open_for(session, account.id, author.id)
    if known is not None:
        return known.id
    rule = await forum_rules.stated(session, code)
    made = RestrictionRow(
        id=new_id(),
        account_id=account.id,
        person_id=author.id,
        handle=author.acct,
        post_id=row.id,
        post_uri=row.uri,
        rule_code=rule.code,
        rule_number=rule.number,
        rule=rule.words,
        words=hidden_answers.short(words),
        days=days,
        asked_by=actor.member_id or 0,
        asked_at=now,
    )
    session.add(made)
    await session.flush()
    await _note(session, actor, "restriction asked for", made, now=now)
    await _tell_judges(session, made, "restriction_asked", now=now)
    return made.id


async def approve(
    session: AsyncSession,
    *,
    actor: Actor,
    restriction_id: int,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Let a restriction begin that somebody else asked for, and tell who it is about."""
    row = await _judged(session, actor, restriction_id)
    _demand_asked(row)
    if actor.member_id is None or actor.member_id == row.asked_by:
        raise ForbiddenError("Another person approves what you asked for.")
    await _demand_other(session, actor, row)
    row.approved_by, row.began_at = actor.member_id, now
    row.ends_at = now + timedelta(days=row.days)
    await session.flush()
    row.told = await _tell_person(session, actor, row, addresses, now=now)
    await session.flush()
    act = Act.ANSWERS_RESTRICTED if row.told else Act.ANSWERS_RESTRICTED_UNTOLD
    await _log(session, actor, act, row, until=row.ends_at, now=now)
    await _note(session, actor, "restriction began", row, now=now)
    await jobs.enqueue(session, EndRestriction(row.id), now=now, due_at=row.ends_at)


async def drop(
    session: AsyncSession, *, actor: Actor, restriction_id: int, now: datetime
) -> None:
    """Refuse what somebody asked for, or withdraw what one asked for oneself."""
    row = await _judged(session, actor, restriction_id)
    _demand_asked(row)
    why = "withdrawn" if actor.member_id == row.asked_by else "refused"
    await _end(session, actor, row, why, now=now)


async def lift(
    session: AsyncSession, *, actor: Actor, restriction_id: int, now: datetime
) -> None:
    """End a restriction before its time: one person is enough for that."""
    row = await _judged(session, actor, restriction_id)
    if row.began_at is None or row.ended_at is not None:
        raise ConflictError("It does not hold any more.")
    await _end(session, actor, row, "lifted", now=now)
    await _log(session, actor, Act.RESTRICTION_ENDED, row, now=now)


async def appeal(
    session: AsyncSession,
    *,
    actor: Actor | None,
    restriction_id: int,
    key: str = "",
    text: str = "",
    now: datetime,
) -> None:
    """Ask another person to decide: by who is restricted, signed in or with their letter's key.

    Once. Those who can decide are told.
    """
    row = await _found(session, restriction_id)
    if row.began_at is None or not is_person(row, actor, key):
        raise NotFoundError(NOT_FOUND)
    if row.ended_at is not None:
        raise InvalidError("It is over already.")
    if row.appealed_at is not None:
        raise InvalidError("You have appealed already.")
    row.appealed_at, row.appeal = now, hidden_answers.short(text)
    await session.flush()
    await forum.tell_appeal(session, case_id=row.id, appeal="open")
    await _note(session, actor, "appeal", row, now=now)
    await _tell_judges(session, row, "restriction_appealed", now=now)


async def decide_appeal(
    session: AsyncSession,
    *,
    actor: Actor,
    restriction_id: int,
    overturn: bool,
    words: str = "",
    now: datetime,
) -> None:
    """Decide an appeal: by another person than the two who restricted."""
    row = await _judged(session, actor, restriction_id)
    if row.appealed_at is None or row.decision:
        raise InvalidError("No appeal waits here.")
    if actor.member_id is None or actor.member_id in {row.asked_by, row.approved_by}:
        raise ForbiddenError("Another person than the two who restricted decides.")
    await _demand_other(session, actor, row)
    row.decided_by, row.decided_at = actor.member_id, now
    row.decision = "overturned" if overturn else "upheld"
    row.answer = hidden_answers.short(words)
    await session.flush()
    await forum.tell_appeal(session, case_id=row.id, appeal=row.decision)
    await _note(session, actor, "appeal decided", row, now=now)
    if overturn and row.ended_at is None:
        await _end(session, actor, row, "appeal", now=now)
        await _log(session, actor, Act.RESTRICTION_ENDED, row, now=now)
    told = Notice(row.person_id, "restriction_decided", row.account_id, None, _about(row))
    await notifications.notify_many(session, [told], now=now)


async def end_restriction(ctx: Context, job: EndRestriction) -> None:
    """Job: end a restriction whose time is over, and show what waits because of it."""

    async def end(session: AsyncSession) -> None:
        now = ctx.clock()
        row = await restrictions.by_id(session, job.restriction_id)
        if row is None or row.ended_at is not None or row.ends_at is None or row.ends_at > now:
            return
        await _end(session, None, row, "time", now=now)

    await ctx.write(end)


def is_person(row: RestrictionRow, actor: Actor | None, key: str) -> bool:
    """Return whether somebody is who a restriction is about, or has the key of their letter."""
    if actor is not None and actor.account_id == row.person_id:
        return True
    return bool(key and row.key_hash and secrets.compare_digest(hash_token(key), row.key_hash))


async def _end(
    session: AsyncSession, actor: Actor | None, row: RestrictionRow, why: str, *, now: datetime
) -> None:
    row.ended_at, row.ended_because = now, why
    await session.flush()
    for waiting in await restrictions.queued_under(session, row.id):
        await desk_queue.release(session, waiting, outcome="ended", actor=actor, now=now)
    await _note(session, actor, _ACTS[why], row, now=now)


async def _found(session: AsyncSession, restriction_id: int) -> RestrictionRow:
    row = await restrictions.by_id(session, restriction_id)
    if row is None:
        raise NotFoundError(NOT_FOUND)
    return row


async def _judged(session: AsyncSession, actor: Actor, restriction_id: int) -> RestrictionRow:
    row = await _found(session, restriction_id)
    if not judges.may_judge(actor, row.account_id):
        raise NotFoundError(NOT_FOUND)
    return row


def _demand_asked(row: RestrictionRow) -> None:
    if row.began_at is not None or row.ended_at is not None:
        raise ConflictError("This was decided already. Look at it again.")


async def _demand_other(session: AsyncSession, actor: Actor, row: RestrictionRow) -> None:
    """Refuse who would decide about a restriction of their own."""
    person = await submissions.person_of(session, actor)
    if person is None or person.id == row.person_id:
        raise ForbiddenError("Another person than who it is about decides.")


async def _tell_judges(
    session: AsyncSession, row: RestrictionRow, kind: str, *, now: datetime
) -> None:
    """Tell those who approve for the account, but not those who decided already."""
    notices = [
        Notice(one.account_id, kind, row.account_id, None, _about(row))
        for one in await teams.approvers(session, row.account_id)
        if one.id not in {row.asked_by, row.approved_by}
    ]
    await notifications.notify_many(session, notices, now=now)


async def _tell_person(
    session: AsyncSession,
    actor: Actor,
    row: RestrictionRow,
    addresses: Addresses,
    *,
    now: datetime,
) -> str:
    """Tell the person here by a notice, elsewhere by a letter; return how, empty for not."""
    person = await accounts.by_id(session, row.person_id)
    account = await accounts.by_id(session, row.account_id)
    if person is None or account is None or row.ends_at is None:
        return ""
    if person.is_local:
        notice = Notice(person.id, "answers_restricted", account.id, None, _about(row))
        await notifications.notify_many(session, [notice], now=now)
        return "notice"
    key = secrets.token_urlsafe(24)
    link = f"{addresses.base_url}/restrictions/{row.id}?key={key}"
    row.key_hash = hash_token(key)
    await session.flush()
    sent = await account_letters.send(
        session,
        account_id=account.id,
        member_id=actor.member_id,
        text=_letter(row, person, account, link),
        addresses=addresses,
        now=now,
    )
    return "letter" if sent else ""


def _letter(row: RestrictionRow, person: AccountRow, account: AccountRow, link: str) -> str:
    until = row.ends_at.strftime("%Y-%m-%d %H:%M UTC") if row.ends_at is not None else ""
    rule = f"{row.rule_number} ({row.rule})"
    return (
        f"@{person.acct} Until {until}, what you answer to @{account.username} is looked at "
        f"before others here see it, under rule {rule}. You read everything as before, and the "
        f"restriction ends by itself. You can appeal, and another person decides: {link}\n\n"
        f"Hasta {until}, lo que usted responda a @{account.username} se revisa antes de que "
        f"otros lo vean aquí, según la regla {rule}. Usted lee todo como antes, y la "
        f"restricción termina sola. Puede recurrir, y decide otra persona: {link}"
    )


def _about(row: RestrictionRow) -> dict[str, object]:
    return {"restriction_id": str(row.id)}


async def _log(
    session: AsyncSession,
    actor: Actor,
    act: Act,
    row: RestrictionRow,
    *,
    until: datetime | None = None,
    now: datetime,
) -> None:
    person = await accounts.by_id(session, row.person_id)
    account = await accounts.by_id(session, row.account_id)
    if person is None or account is None:
        return
    category, name = await public_log.person(session, person, now=now)
    await public_log.add(
        session,
        actor=actor,
        act=act,
        category=category,
        name=name,
        rule=Stated(row.rule_code, row.rule_number, row.rule),
        account=account.username,
        until=until,
        case_id=row.id if act is not Act.RESTRICTION_ENDED else None,
        now=now,
    )


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    kind: str,
    row: RestrictionRow,
    *,
    now: datetime,
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[row.account_id],
        object_id=f"/restrictions/{row.id}",
        now=now,
        detail={
            "person": row.handle,
            "post": row.post_uri,
            "rule": row.rule_number,
            "ruleText": row.rule,
            "words": row.words,
            "days": row.days,
            "ends": row.ends_at.isoformat() if row.ends_at is not None else "",
            "told": row.told,
            "appeal": row.appeal,
            "decision": row.decision,
            "answer": row.answer,
        },
    )
