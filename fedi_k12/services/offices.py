"""Offices: given, ended, and the label that the member's own account bears for it (S-24, R-50).

The label belongs to the account's row, where every face finds it. Nothing that a member
changes of their profile reaches it. Who acts for an official account has one too.
"""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.offices import Label, OfficeView, checked_title
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.timed_jobs import EndTerms
from fedi_k12.domain.words import marked
from fedi_k12.services import acting, moderation, profile_words
from storage import accounts, offices
from storage.tables import AccountRow, MemberRow, OfficeRow


async def give(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    title: str,
    label: Label,
    last_day: date | None = None,
    now: datetime,
) -> None:
    """Give a member an office from now on, by an administrator or the operator (no `actor`).

    Nobody gives one to themselves. Raises `ConflictError` while they hold another, and
    `InvalidError` naming the field.
    """
    person = await _person(session, actor, account_id)
    title = checked_title(title)
    if last_day is not None and last_day < now.date():
        raise InvalidError(
            "The last day of the term is over already.", fields={"last_day": "is over"}
        )
    if await offices.held(session, account_id) is not None:
        raise ConflictError("They hold an office already. End that first.")
    session.add(
        OfficeRow(
            id=new_id(),
            account_id=account_id,
            title=title,
            label=label.value,
            since=now,
            last_day=last_day,
            given_by=actor.member_id if actor else None,
        )
    )
    await session.flush()
    await _note(session, actor, person, "office given", title, label.value, now)
    await relabel(session, person, now=now)


async def end(
    session: AsyncSession, *, actor: Actor | None, account_id: int, now: datetime
) -> None:
    """End the office that a member holds; its label goes. Raises `NotFoundError` for none."""
    person = await _person(session, actor, account_id)
    row = await offices.held(session, account_id)
    if row is None:
        raise NotFoundError("They hold no office.")
    await _end(session, actor, person, row, now)


async def end_terms(ctx: Context, _job: EndTerms) -> None:
    """Job: end the offices whose last day is over."""
    await ctx.write(_end_over, now=ctx.clock())


async def all_of(session: AsyncSession, *, account_id: int) -> list[OfficeView]:
    """Return the offices that a member holds and held, the one they hold first."""
    return [
        OfficeView(row.title, Label(row.label), row.since, row.last_day, row.ended_at)
        for row in await offices.all_of(session, account_id)
    ]


def may_give(actor: Actor, *, account_id: int, member_id: int | None) -> bool:
    """Return whether the actor gives offices to this member, and ends them."""
    own = member_id is None or member_id == actor.member_id or account_id == actor.account_id
    return decide(actor, Action.MAKE_OFFICIALS).allowed and not own


async def relabel_member(session: AsyncSession, member_id: int, *, now: datetime) -> None:
    """Label the own account of a member as what they hold now asks for."""
    member = await session.get(MemberRow, member_id)
    row = await accounts.by_id(session, member.account_id) if member is not None else None
    if row is not None:
        await relabel(session, row, now=now)


async def relabel(session: AsyncSession, row: AccountRow, *, now: datetime) -> None:
    """Label an account as what its member holds now asks for, and tell other servers."""
    office = await offices.held(session, row.id)
    if office is not None:
        wanted = (office.label, office.title)
    elif await offices.speaks_for_some(session, row.id):
        wanted = (Label.PERSONAL.value, "")
    else:
        wanted = ("", "")
    if (row.label, row.office) == wanted:
        return
    row.label, row.office = wanted
    before, row.updated_at = row.updated_at, now
    row.version += 1
    await session.flush()
    if row.deleted_at is None and row.suspended_at is None:
        await profile_words.tell(session, row, before=before, now=now)


async def _end_over(session: AsyncSession, *, now: datetime) -> None:
    for row in await offices.over(session, day=now.date()):
        person = await accounts.by_id(session, row.account_id)
        if person is not None:
            await _end(session, None, person, row, now)


async def _end(
    session: AsyncSession,
    actor: Actor | None,
    person: AccountRow,
    row: OfficeRow,
    now: datetime,
) -> None:
    row.ended_at, row.ended_by = now, actor.member_id if actor else None
    await session.flush()
    await _note(session, actor, person, "office ended", row.title, row.label, now)
    await relabel(session, person, now=now)


async def _person(session: AsyncSession, actor: Actor | None, account_id: int) -> AccountRow:
    refusal = marked("Only people who sign in here hold an office.")
    row, member = await acting.person(session, account_id, otherwise=refusal)
    if actor is None:
        return row
    decision = decide(actor, Action.MAKE_OFFICIALS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
    if not may_give(actor, account_id=row.id, member_id=member.id):
        raise ForbiddenError("Nobody gives or ends an office of their own. Ask another.")
    return row


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    person: AccountRow,
    action: str,
    title: str,
    label: str,
    now: datetime,
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(person.id)),
        detail={"handle": person.acct, "office": title, "label": label},
        now=now,
    )
