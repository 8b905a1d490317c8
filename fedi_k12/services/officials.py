"""Official accounts: made by administrators, spoken for by the people they are delegated to."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import Deed, DelegateRole, may, why_not
from fedi_k12.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.officials import DelegateView, SpeaksFor, Standing
from fedi_k12.domain.people import AccountKind, check_username
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.words import marked
from fedi_k12.services import (
    acting,
    class_rules,
    desk,
    likeness,
    moderation,
    offices,
    profiles,
)
from fedi_k12.services.keys import AccountKeys
from storage import accounts, charters, officials
from storage.tables import AccountRow, DelegationRow, MemberRow, OfficialRow

MAX_REASON = 500


async def make(
    session: AsyncSession,
    *,
    actor: Actor | None,
    username: str,
    display_name: str,
    keys: AccountKeys,
    addresses: Addresses,
    classroom: bool = False,
    local_only: bool = False,
    now: datetime,
) -> AccountRow:
    """Make an official account: an Organization to which nobody signs in.

    A `classroom` is read by those only whom it lets in, until the end of the school year;
    with `local_only` nothing of it leaves this server.

    By an administrator, or the operator (no `actor`). Nothing is posted before it has two
    managers and a charter. Raises `InvalidError` naming the field.
    """
    if actor is not None and not (decision := decide(actor, Action.MAKE_OFFICIALS)).allowed:
        raise ForbiddenError(decision.why)
    try:
        row = await profiles.create_account(
            session,
            username=check_username(username, office=True),
            kind=AccountKind.ORGANIZATION.value,
            display_name=display_name,
            keys=keys,
            addresses=addresses,
            now=now,
        )
    except ConflictError as error:
        raise InvalidError(
            "That short name is taken. Choose another.",
            fields={"username": "has already been taken"},
        ) from error
    session.add(
        OfficialRow(
            account_id=row.id,
            made_at=now,
            made_by=actor.member_id if actor else None,
        )
    )
    await likeness.compare_all(session, now=now)
    if classroom:
        await session.flush()
        await class_rules.make(session, account=row, local_only=local_only, now=now)
    await _note(
        session,
        actor,
        row,
        "official account made",
        {"classroom": True} if classroom else {},
        now,
    )
    return row


async def delegate(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    person_id: int,
    role: DelegateRole,
    probationary: bool = False,
    now: datetime,
) -> None:
    """Let a person act for an official account; for who does already, change their role.

    `person_id` is the person's own account. By an administrator, a manager of the account, or
    the operator. What they were before stays told as a delegation that ended.
    """
    account = await kept(session, actor, account_id)
    person, member = await _person(session, person_id)
    if member.disabled_at is not None or member.approved_at is None:
        raise InvalidError(
            "They cannot sign in at the moment.", fields={"person": "cannot sign in"}
        )
    former = await officials.delegation(session, account_id, member.id)
    if former is not None:
        if (former.role, former.probationary) == (role.value, probationary):
            return
        if former.paused_at is not None:
            raise InvalidError("That is paused. Let them act again first, or end it.")
        former.ended_at, former.ended_by = now, actor.member_id if actor else None
        await session.flush()
    session.add(
        DelegationRow(
            id=new_id(),
            account_id=account_id,
            member_id=member.id,
            handle=person.acct,
            role=role.value,
            probationary=probationary,
            since=now,
            given_by=actor.member_id if actor else None,
        )
    )
    told: dict[str, object] = {"person": person.acct, "role": role.value}
    if probationary:
        told["probationary"] = True
    await _note(session, actor, account, "delegated", told, now)
    await offices.relabel(session, person, now=now)


async def end(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    person_id: int,
    now: datetime,
) -> None:
    """End that a person acts for an official account: at once, wherever they do."""
    account = await kept(session, actor, account_id)
    person, member = await _person(session, person_id)
    row = await _held(session, account, member)
    await _end(session, actor, account, row, person.acct, now)


async def end_all_of(
    session: AsyncSession, *, actor: Actor | None, member_id: int, now: datetime
) -> None:
    """End whatever somebody acts for who is leaving. Their drafts stay the accounts'."""
    for row, account in await officials.held_by(session, member_id):
        await _end(session, actor, account, row, row.handle, now)


async def pause(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    person_id: int,
    reason: str = "",
    now: datetime,
) -> None:
    """Let a person not act for an account for now; nothing of theirs is lost.

    They are told `reason` and whom to ask. Takes effect at once, wherever they act for it.
    """
    account = await kept(session, actor, account_id)
    person, member = await _person(session, person_id)
    row = await _held(session, account, member)
    if row.paused_at is not None:
        return
    reason = " ".join(reason.replace("\0", "").split())
    if len(reason) > MAX_REASON:
        raise InvalidError("Please say it in 500 letters.", fields={"reason": "is too long"})
    row.paused_at, row.paused_by = now, actor.member_id if actor else None
    row.pause_reason = reason
    await acting.end_access(
        session,
        member_id=member.id,
        account_id=account.id,
        why="Whoever wrote this is paused.",
        for_good=False,
        now=now,
    )
    await desk.put_back(session, account_id=account.id, member_id=member.id, now=now)
    told: dict[str, object] = {"person": person.acct, "reason": reason}
    await _note(session, actor, account, "delegate paused", told, now)


async def resume(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    person_id: int,
    now: datetime,
) -> None:
    """Let a person act again who was paused. Nobody lifts their own pause."""
    account = await kept(session, actor, account_id)
    person, member = await _person(session, person_id)
    row = await _held(session, account, member)
    if row.paused_at is None:
        return
    row.paused_at, row.paused_by, row.pause_reason = None, None, ""
    told: dict[str, object] = {"person": person.acct}
    await _note(session, actor, account, "delegate acts again", told, now)


async def is_official(session: AsyncSession, account_id: int) -> bool:
    """Return whether an account is an official one of this server."""
    return bool(await officials.official_among(session, [account_id]))


async def official_named(session: AsyncSession, username: str) -> bool:
    """Return whether there is an official account of this short name here."""
    row = await accounts.local_by_username(session, username)
    return row is not None and await is_official(session, row.id)


async def official_among(session: AsyncSession, ids: Collection[int]) -> set[int]:
    """Return which of these accounts are official ones of this server."""
    return await officials.official_among(session, ids)


async def standing(session: AsyncSession, account_id: int, *, now: datetime) -> Standing | None:
    """Return how an official account stands now, None for every other account."""
    if not await is_official(session, account_id):
        return None
    managers = await officials.count_managers(session, [account_id])
    charter = await charters.current(session, account_id)
    room = await class_rules.of(session, account_id)
    return Standing(
        managers.get(account_id, 0),
        today=now.date(),
        review_by=charter.review_by if charter is not None else None,
        own_threads=charter is not None and charter.own_threads,
        over=room is not None and room.archived_at is not None,
    )


async def listed(session: AsyncSession) -> list[AccountRow]:
    """Return the official accounts of this server, by name."""
    return await officials.all_of_them(session)


async def delegates(
    session: AsyncSession, *, actor: Actor | None, account_id: int
) -> list[DelegateView]:
    """Return who acts for an official account and who did, those who do first.

    For administrators, for whoever acts for the account, and for the operator.
    """
    if not await is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    inside = actor is not None and actor.delegation and actor.account_id == account_id
    if actor is not None and not inside:
        decision = decide(actor, Action.MAKE_OFFICIALS)
        if not decision.allowed:
            raise ForbiddenError(decision.why)
    rows = await officials.delegations_of(session, account_id)
    people = {
        row[0]: row[1]
        for row in await session.execute(
            select(MemberRow.id, MemberRow.account_id).where(
                MemberRow.id.in_([row.member_id for row in rows])
            )
        )
    }
    return [
        DelegateView(
            row.id,
            row.member_id,
            people.get(row.member_id),
            row.handle,
            DelegateRole(row.role),
            row.probationary,
            row.since,
            row.paused_at,
            row.pause_reason,
            row.ended_at,
        )
        for row in rows
    ]


async def speaks_for(session: AsyncSession, *, member_id: int) -> list[SpeaksFor]:
    """Return the official accounts that a person acts for, paused ones too, by name."""
    return [
        SpeaksFor(
            account.id,
            account.username,
            account.display_name or account.username,
            DelegateRole(row.role),
            row.probationary,
            row.paused_at,
            row.pause_reason,
        )
        for row, account in await officials.held_by(session, member_id)
    ]


async def kept(session: AsyncSession, actor: Actor | None, account_id: int) -> AccountRow:
    """Return an official account of which the actor decides what it is and who acts for it.

    A manager who acts for it, an administrator, or the operator; raises `ForbiddenError` for
    others, `NotFoundError` where there is no such official account.
    """
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at is not None or not await is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    manages = (
        actor is not None
        and actor.account_id == account_id
        and may(actor.delegation, Deed.MANAGE)
    )
    if actor is not None and not manages:
        held = actor.delegation if actor.account_id == account_id else None
        if held is not None and held.unread:
            raise ForbiddenError(why_not(held, Deed.MANAGE))
        decision = decide(actor, Action.MAKE_OFFICIALS)
        if not decision.allowed:
            raise ForbiddenError(decision.why)
    return row


async def may_keep(session: AsyncSession, actor: Actor, account_id: int) -> bool:
    """Return whether the actor decides what an official account is."""
    try:
        await kept(session, actor, account_id)
    except DomainError:
        return False
    return True


async def _person(session: AsyncSession, person_id: int) -> tuple[AccountRow, MemberRow]:
    refusal = marked("Only people who sign in here can act for an account.")
    return await acting.person(session, person_id, otherwise=refusal)


async def _held(session: AsyncSession, account: AccountRow, member: MemberRow) -> DelegationRow:
    row = await officials.delegation(session, account.id, member.id)
    if row is None:
        raise NotFoundError("They do not act for this account.")
    return row


async def _end(
    session: AsyncSession,
    actor: Actor | None,
    account: AccountRow,
    row: DelegationRow,
    person: str,
    now: datetime,
) -> None:
    row.ended_at, row.ended_by = now, actor.member_id if actor else None
    await session.flush()
    await acting.end_access(
        session,
        member_id=row.member_id,
        account_id=account.id,
        why="Whoever wrote this no longer acts for this account.",
        for_good=True,
        now=now,
    )
    await desk.put_back(session, account_id=account.id, member_id=row.member_id, now=now)
    told: dict[str, object] = {"person": person, "role": row.role}
    await _note(session, actor, account, "delegation ended", told, now)
    await offices.relabel_member(session, row.member_id, now=now)


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    account: AccountRow,
    action: str,
    detail: dict[str, object],
    now: datetime,
) -> None:
    # The archive asks the store, past the session, whether the account is an official one.
    await session.flush()
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(account.id)),
        detail={"handle": account.acct, **detail},
        now=now,
    )
    await session.flush()
