"""Who acts: the one place where a person and an account become an `Actor`.

A token, a session, an app that is woken and a post that is due each name a person and the
account acted for. Whether the person may still act for it is asked here, each time.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.conduct import OF_THE_PLACE, Guide
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_token
from fedi_k12.domain.news import AccessEnded
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.words import words
from storage import accounts, conduct, officials
from storage.db import tell_after_commit
from storage.tables import (
    AccountRow,
    GrantRow,
    MemberRow,
    PushSubscriptionRow,
    ScheduledRow,
    SessionRow,
    TokenRow,
)


async def actor_of(session: AsyncSession, member: MemberRow, account_id: int) -> Actor:
    """Return the actor that a person is for an account: their own, or one delegated to them.

    For an official account nobody has powers of staff. Raises `ForbiddenError` with a sentence
    for the person where they may not act for it, or not at the moment.
    """
    if account_id == member.account_id:
        return Actor(account_id, member.id, Role(member.role))
    if member.disabled_at is not None:
        raise ForbiddenError("Your login is currently disabled")
    row = await officials.delegation(session, account_id, member.id)
    account = await accounts.by_id(session, account_id)
    if row is None or account is None:
        raise ForbiddenError("You do not act for this account, or no longer.")
    if row.paused_at is not None:
        raise ForbiddenError(await _paused(session, account, row.pause_reason))
    if account.suspended_at is not None or account.deleted_at is not None:
        raise ForbiddenError("This account is suspended: nobody acts for it.")
    guide = await guide_of(session, account_id)
    accepted = await conduct.acceptance(
        session, account_id, member.id, guide.version, guide.digest
    )
    unread = "" if accepted is not None else f"{account.url or account.uri}/guide"
    held = Delegation(DelegateRole(row.role), row.probationary, unread=unread)
    return Actor(account_id, member.id, Role.MEMBER, held)


async def guide_of(session: AsyncSession, account_id: int) -> Guide:
    """Return the guide by which one writes for an official account: its own, or the place's."""
    row = await conduct.current(session, account_id)
    if row is None:
        return Guide(account_id, 0, OF_THE_PLACE)
    return Guide(account_id, row.version, row.texts, row.made_at, row.author)


async def actor_for(session: AsyncSession, *, member_id: int, account_id: int) -> Actor:
    """Return the actor that a member is for an account, as `actor_of` does."""
    member = await session.get(MemberRow, member_id)
    if member is None:
        raise NotFoundError("Record not found")
    return await actor_of(session, member, account_id)


async def own_account(session: AsyncSession, *, member_id: int) -> int:
    """Return the id of a member's own account, for whomever they speak now."""
    member = await session.get(MemberRow, member_id)
    if member is None:
        raise NotFoundError("Record not found")
    return member.account_id


async def person(
    session: AsyncSession, account_id: int, *, otherwise: str
) -> tuple[AccountRow, MemberRow]:
    """Return an account and who signs in to it; raise `InvalidError(otherwise)` for others'."""
    row = await accounts.by_id(session, account_id)
    member = await session.scalar(select(MemberRow).where(MemberRow.account_id == account_id))
    if row is None or member is None:
        raise InvalidError(otherwise, fields={"person": "does not sign in here"})
    return row, member


async def speak_as(
    session: AsyncSession, *, session_id: int, member_id: int, account_id: int
) -> None:
    """Let a browser speak for another account from now on.

    The secret of its forms is another, too: what was written in the other's name cannot be
    sent in this one's. Raises `ForbiddenError` where the member may not act for the account,
    `NotFoundError` where the browser is not the member's.
    """
    member = await session.get(MemberRow, member_id)
    row = await session.get(SessionRow, session_id)
    if member is None or row is None or row.member_id != member_id:
        raise NotFoundError("Record not found")
    await actor_of(session, member, account_id)
    if row.account_id == account_id:
        return
    row.account_id, row.csrf = account_id, new_token()


async def end_access(
    session: AsyncSession,
    *,
    member_id: int,
    account_id: int,
    why: str,
    for_good: bool,
    now: datetime,
) -> None:
    """End at once what a person does for an account: browsers, apps, streams, posts to come.

    `for_good` revokes the tokens, too; otherwise they answer 403 until the person acts again.
    Posts that were to come stay, refused, with `why`: whoever manages the account sees them.
    """
    own = await session.scalar(select(MemberRow.account_id).where(MemberRow.id == member_id))
    for row in await session.scalars(
        select(SessionRow).where(
            SessionRow.member_id == member_id, SessionRow.account_id == account_id
        )
    ):
        if own is not None:
            row.account_id, row.csrf = own, new_token()
    theirs = (TokenRow.member_id == member_id) & (TokenRow.account_id == account_id)
    if for_good:
        tokens = select(TokenRow.id).where(theirs)
        await session.execute(
            delete(PushSubscriptionRow).where(PushSubscriptionRow.token_id.in_(tokens))
        )
        await session.execute(
            update(TokenRow).where(theirs, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
        )
    await session.execute(
        delete(GrantRow).where(
            GrantRow.member_id == member_id,
            GrantRow.account_id == account_id,
            GrantRow.used_at.is_(None),
        )
    )
    await session.execute(
        update(ScheduledRow)
        .where(ScheduledRow.member_id == member_id, ScheduledRow.account_id == account_id)
        .values(refused=why)
    )
    tell_after_commit(session, AccessEnded(member_id=member_id, account_id=account_id))


async def _paused(session: AsyncSession, account: AccountRow, reason: str) -> str:
    """Return why somebody may not act now, and whom they can ask."""
    managers = await officials.managers_now(session, account.id)
    people = await accounts.by_ids(session, [one.account_id for one in managers])
    asked = ", ".join(sorted(f"@{row.username}" for row in people.values()))
    if reason and asked:
        return words(
            "That you act for @%(name)s is paused: %(reason)s. Ask %(people)s.",
            name=account.username,
            reason=reason.rstrip("."),
            people=asked,
        )
    return words(
        "That you act for @%(name)s is paused. Ask its managers.", name=account.username
    )
