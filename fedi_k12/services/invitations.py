"""Invitations as staff look after them: made with a limit and an end, listed, withdrawn."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Action, Actor, Role, decide
from fedi_k12.services import moderation, signup
from fedi_k12.services.account_views import account_views
from storage import invites
from storage.tables import InviteRow

State = Literal["open", "used up", "over", "withdrawn"]
MAX_NOTE, MAX_USES, MAX_LIFE = 200, 10_000, timedelta(days=366)
MAX_NAMED = 20
"""So many of those who came are named at each invitation."""


class Invitation(Struct, frozen=True):
    """An invitation, without its code: nobody knows that after it was made."""

    id: int
    note: str
    role: Role
    made_by: AccountView | None
    """None for one made on the command line, or by somebody who is gone."""
    created_at: datetime
    expires_at: datetime | None
    max_uses: int | None
    """None for any number."""
    uses: int
    state: State
    came: tuple[AccountView, ...]
    """The first of those who came and still are here."""
    withdrawable: bool


async def page(
    session: AsyncSession, *, actor: Actor, wanted: PageRequest, now: datetime
) -> Page[Invitation]:
    """Return a page of all invitations, the newest first."""
    _demand(actor)
    found = await invites.page(session, wanted)
    came = await invites.who_came(session, [row.id for row in found.items])
    makers = await invites.accounts_of(
        session, [row.created_by for row in found.items if row.created_by is not None]
    )
    shown = {*makers.values(), *(one for all_ in came.values() for one in all_[:MAX_NAMED])}
    people = {one.id: one for one in await account_views(session, sorted(shown))}
    return found.with_items(
        [
            _invitation(
                row,
                made_by=people.get(makers.get(row.created_by or 0, 0)),
                came=_named(came.get(row.id, ()), people),
                actor=actor,
                now=now,
            )
            for row in found.items
        ]
    )


async def make(
    session: AsyncSession,
    *,
    actor: Actor,
    note: str,
    max_uses: int | None,
    lasts: timedelta | None,
    role: Role = Role.MEMBER,
    now: datetime,
) -> str:
    """Return the code of a new invitation, which is known only now.

    `lasts` is how long it can be used, None for as long as nobody withdraws it. Raises
    `InvalidError` for what is too long or too many.
    """
    _demand(actor)
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise InvalidError(
            "A word of welcome has 200 letters at most.", fields={"note": "is too long"}
        )
    if max_uses is not None and not 1 <= max_uses <= MAX_USES:
        raise InvalidError(
            "Write a number from 1 to 10000, or nothing.", fields={"uses": "is no number"}
        )
    if lasts is not None and not timedelta(0) < lasts <= MAX_LIFE:
        raise InvalidError("An invitation holds for a year at most, or until it is withdrawn.")
    return await signup.create_invite(
        session,
        actor=actor,
        max_uses=max_uses,
        expires_at=None if lasts is None else now + lasts,
        role=role,
        note=note,
        now=now,
    )


async def withdraw(
    session: AsyncSession, *, actor: Actor, invite_id: int, now: datetime
) -> None:
    """Let nobody come in by an invitation any more; who came stays. Twice is as once."""
    _demand(actor)
    row = await session.get(InviteRow, invite_id)
    if row is None:
        raise NotFoundError("There is no such invitation.")
    if not actor.role.at_least(Role(row.role)):
        raise ForbiddenError("It invites to a higher role than yours: only such a one ends it.")
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    await moderation.audit(
        session,
        actor=actor,
        action="invitation withdrawn",
        target=("invite", row.role),
        now=now,
    )


def _invitation(
    row: InviteRow,
    *,
    made_by: AccountView | None,
    came: tuple[AccountView, ...],
    actor: Actor,
    now: datetime,
) -> Invitation:
    state = _state(row, now)
    return Invitation(
        id=row.id,
        note=row.note,
        role=Role(row.role),
        made_by=made_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        state=state,
        came=came,
        withdrawable=state == "open" and actor.role.at_least(Role(row.role)),
    )


def _state(row: InviteRow, now: datetime) -> State:
    if row.revoked_at is not None:
        return "withdrawn"
    if row.max_uses is not None and row.uses >= row.max_uses:
        return "used up"
    return "over" if row.expires_at is not None and row.expires_at <= now else "open"


def _named(
    account_ids: tuple[int, ...], people: Mapping[int, AccountView]
) -> tuple[AccountView, ...]:
    return tuple(people[one] for one in account_ids[:MAX_NAMED] if one in people)


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.INVITE)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
