"""What alerts are made of, and who may raise them: agreed on while there is time (R-53)."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.alerts import Level, check_texts
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.words import marked
from fedi_k12.services import acting, moderation
from storage import alerts
from storage.tables import AccountRow, AlertRaiserRow, AlertTemplateRow, MemberRow

MAX_NAME = 80


class Template(Struct, frozen=True):
    """What is told at a level; it can be used once a second person approved it."""

    id: int
    level: Level
    name: str
    texts: Mapping[str, str]
    approved: bool
    own: bool
    """Whether whoever looks wrote it: another approves it."""


class Raiser(Struct, frozen=True):
    """A member who may raise alerts."""

    account_id: int
    handle: str
    name: str


async def may_raise(session: AsyncSession, actor: Actor) -> bool:
    """Return whether somebody was given the right to raise alerts."""
    if actor.member_id is None:
        return False
    return await session.get(AlertRaiserRow, actor.member_id) is not None


async def may_look(session: AsyncSession, actor: Actor) -> bool:
    """Return whether somebody has the desk: who raises alerts, and who says who does."""
    return decide(actor, Action.GIVE_ALERTS).allowed or await may_raise(session, actor)


async def demand_desk(session: AsyncSession, actor: Actor) -> int:
    """Refuse who has nothing to do at the desk for alerts; return the member's id."""
    if actor.member_id is None or not await may_look(session, actor):
        raise ForbiddenError("Administrators say who may raise alerts. You may not.")
    return actor.member_id


async def allow(
    session: AsyncSession, *, actor: Actor | None, person_id: int, now: datetime
) -> None:
    """Let a member raise alerts; `person_id` is their own account."""
    person, member = await _person(session, actor, person_id)
    if member.disabled_at is not None or member.approved_at is None:
        raise InvalidError(f"@{person.username} cannot sign in at the moment.")
    if await session.get(AlertRaiserRow, member.id) is None:
        by = actor.member_id if actor else None
        session.add(AlertRaiserRow(member_id=member.id, given_by=by, given_at=now))
        await _note(session, actor, "may raise alerts", person, now)


async def disallow(
    session: AsyncSession, *, actor: Actor | None, person_id: int, now: datetime
) -> None:
    """Let a member no longer raise alerts."""
    person, member = await _person(session, actor, person_id)
    row = await session.get(AlertRaiserRow, member.id)
    if row is not None:
        await session.delete(row)
        await _note(session, actor, "may no longer raise alerts", person, now)


async def raisers(session: AsyncSession) -> list[Raiser]:
    """Return who may raise alerts, by name."""
    return [
        Raiser(account.id, account.acct, account.display_name or account.username)
        for _member, account in await alerts.raisers(session)
    ]


async def listed(session: AsyncSession, *, actor: Actor) -> list[Template]:
    """Return the templates, those that wait to be approved first."""
    await demand_desk(session, actor)
    return [_view(row, actor) for row in await alerts.templates(session)]


async def get(session: AsyncSession, *, actor: Actor, template_id: int) -> Template:
    """Return one template."""
    await demand_desk(session, actor)
    return _view(await _row(session, template_id), actor)


async def write(
    session: AsyncSession,
    *,
    actor: Actor,
    level: str,
    name: str,
    texts: Mapping[str, str],
    instead_of: int | None = None,
    now: datetime,
) -> int:
    """Write a template and return its id; another person approves it.

    `instead_of` is what it changes: that one is used until the new one is approved.
    """
    member_id = await demand_desk(session, actor)
    if level not in list(Level):
        raise InvalidError("Choose a level.", fields={"level": "is not known"})
    name = clean_line(name, MAX_NAME)
    if not name:
        raise InvalidError("Give it a name.", fields={"name": "is missing"})
    if instead_of is not None:
        await _row(session, instead_of)
    row = AlertTemplateRow(
        id=new_id(),
        level=level,
        name=name,
        texts=check_texts(texts),
        written_by=member_id,
        written_at=now,
        replaces_id=instead_of,
    )
    session.add(row)
    await _audit(session, actor, "alert template written", row, now)
    return row.id


async def approve(
    session: AsyncSession, *, actor: Actor, template_id: int, now: datetime
) -> None:
    """Approve a template that somebody else wrote; what it changes is retired."""
    member_id = await demand_desk(session, actor)
    row = await _row(session, template_id)
    if row.written_by == member_id:
        raise ForbiddenError("You wrote this. Ask another person to read and approve it.")
    if row.approved_at is not None:
        return
    row.approved_by, row.approved_at = member_id, now
    former = await session.get(AlertTemplateRow, row.replaces_id) if row.replaces_id else None
    if former is not None and former.retired_at is None:
        former.retired_at = now
    await _audit(session, actor, "alert template approved", row, now)


async def retire(
    session: AsyncSession, *, actor: Actor, template_id: int, now: datetime
) -> None:
    """Use a template no longer."""
    await demand_desk(session, actor)
    row = await _row(session, template_id)
    row.retired_at = now
    await _audit(session, actor, "alert template retired", row, now)


def _view(row: AlertTemplateRow, actor: Actor) -> Template:
    texts = {str(tag): str(words) for tag, words in row.texts.items()}
    return Template(
        row.id,
        Level(row.level),
        row.name,
        texts,
        row.approved_at is not None,
        row.written_by == actor.member_id,
    )


async def _row(session: AsyncSession, template_id: int) -> AlertTemplateRow:
    row = await session.get(AlertTemplateRow, template_id)
    if row is None or row.retired_at is not None:
        raise NotFoundError("There is no such template.")
    return row


async def _person(
    session: AsyncSession, actor: Actor | None, person_id: int
) -> tuple[AccountRow, MemberRow]:
    if actor is not None and not (decision := decide(actor, Action.GIVE_ALERTS)).allowed:
        raise ForbiddenError(decision.why)
    refusal = marked("Only people who sign in here can raise alerts.")
    return await acting.person(session, person_id, otherwise=refusal)


async def _note(
    session: AsyncSession, actor: Actor | None, action: str, person: AccountRow, now: datetime
) -> None:
    await session.flush()
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(person.id)),
        detail={"handle": person.acct},
        now=now,
    )


async def _audit(
    session: AsyncSession, actor: Actor, action: str, row: AlertTemplateRow, now: datetime
) -> None:
    await session.flush()
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("alert template", str(row.id)),
        detail={"name": row.name, "level": row.level},
        now=now,
    )
