"""Accounts as those who moderate need to see them.

What only the member and staff may know (the e-mail address, what somebody wrote to be let in)
is in what the functions with `now` return; they note who looked, and so need a write.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.looks import Seen
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Action, Actor, Role, decide
from fedi_k12.domain.staff import AccountFilter, StaffAccount
from fedi_k12.services import looks, views
from storage import accounts, staff


async def page(
    session: AsyncSession, *, actor: Actor, wanted: AccountFilter, page: PageRequest
) -> Page[StaffAccount]:
    """Return a page of the accounts that are looked for, without what `page_in_full` adds."""
    _demand(actor)
    found = await staff.page(session, wanted, page)
    known = await _by_ids(session, found.items)
    return found.with_items([_plain(known[number]) for number in found.items])


async def page_in_full(
    session: AsyncSession,
    *,
    actor: Actor,
    wanted: AccountFilter,
    page: PageRequest,
    now: datetime,
) -> Page[StaffAccount]:
    """Return a page of the accounts that are looked for, the newest first."""
    _demand(actor)
    found = await staff.page(session, wanted, page)
    known = await in_full(session, actor=actor, ids=found.items, now=now)
    return found.with_items([known[number] for number in found.items])


async def one(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> StaffAccount:
    """Return one account."""
    _demand(actor)
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at or (row.is_local and row.kind == "Application"):
        raise NotFoundError("Record not found")
    return (await in_full(session, actor=actor, ids=[account_id], now=now))[account_id]


async def inviter_of(session: AsyncSession, about: StaffAccount) -> AccountView | None:
    """Return who invited the member of an account."""
    if about.invited_by is None:
        return None
    return await views.account_view(session, about.invited_by)


async def last_seen(session: AsyncSession, about: StaffAccount) -> datetime | None:
    """Return when the member of an account last came by; None for who is signed in nowhere."""
    if about.member_id is None:
        return None
    return await staff.last_seen(session, about.member_id)


async def waiting(session: AsyncSession, *, actor: Actor) -> int:
    """Return how many wait to be let in."""
    _demand(actor)
    return await staff.waiting(session)


async def in_full(
    session: AsyncSession, *, actor: Actor, ids: Sequence[int], now: datetime
) -> dict[int, StaffAccount]:
    """Return these accounts, gone ones too, as staff see them: a fixed number of queries."""
    found = await _by_ids(session, ids)
    seen = {one.member_id for one in found.values() if one.member_id is not None}
    await looks.note(session, actor=actor, member_ids=seen, what=Seen.ACCOUNT, now=now)
    return found


def _plain(about: StaffAccount) -> StaffAccount:
    return replace(about, email=None, reason="")


async def _by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, StaffAccount]:
    rows = await accounts.by_ids(session, ids)
    shown = {view.id: view for view in await views.account_views(session, list(rows))}
    members = await staff.members_of(session, list(rows))
    found = {}
    for number, row in rows.items():
        member, invited_by = members.get(number, (None, None))
        about = StaffAccount(
            shown[number],
            row.created_at,
            silenced=row.silenced_at is not None,
            sensitized=row.sensitized_at is not None,
            suspended=row.suspended_at is not None,
        )
        if member is not None:
            about = replace(
                about,
                member_id=member.id,
                email=member.email,
                role=Role(member.role),
                locale=member.locale,
                affiliation=member.affiliation,
                staff_since=member.staff_since,
                confirmed=member.confirmed_at is not None,
                approved=member.approved_at is not None,
                disabled=member.disabled_at is not None,
                invited_by=invited_by,
                reason=member.sign_up_reason,
            )
        found[number] = about
    return found


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.REVIEW_MEMBERS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
