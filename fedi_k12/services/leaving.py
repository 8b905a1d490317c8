"""An account is gone for good: at once for everybody, what it left is forgotten in parts.

A member leaves, or staff delete one that they suspended before.

Of the account itself the id, the short name and the keys stay: nobody can take the name over,
and other servers can still check who says that it is gone (FED-92).
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Column, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.leaving_jobs import FederateLeaving, PurgeAccount
from fedi_k12.domain.news import AccessEnded
from fedi_k12.domain.permissions import Action, Actor, Role
from fedi_k12.services import forgetting, officials, reactions
from fedi_k12.services.farewell import account_is_gone, blank
from fedi_k12.services.moderation import audit, judged
from storage import accounts, follows, jobs
from storage.db import tell_after_commit
from storage.tables import AccountRow, Base, FollowRow, MemberRow, PostRow

BATCH = 100
_KEPT = {"key", "media", "post", "follow"}
"""Keys sign the farewell. The others go by their own ways, which count or delete files."""


async def leave(
    session: AsyncSession, *, actor: Actor | None, account_id: int, now: datetime
) -> None:
    """End a member's account: by the member, or by the operator (no `actor`).

    Raises `ForbiddenError` for somebody else's, `InvalidError` for the last admin.
    """
    row = await accounts.by_id(session, account_id)
    if row is None or not row.is_local or row.deleted_at is not None:
        raise NotFoundError("There is no such account here.")
    member = await session.scalar(select(MemberRow).where(MemberRow.account_id == row.id))
    if member is None:
        raise InvalidError("Only accounts of members can be deleted.")
    if actor is not None and actor.member_id != member.id:
        raise ForbiddenError("Only its member can delete an account.")
    await _end(session, row, member, actor=actor, now=now)


async def expel(session: AsyncSession, *, actor: Actor, account_id: int, now: datetime) -> None:
    """Delete for good an account that is suspended, and what is kept of it.

    A member's goes as if they left, so that other servers delete it, too. Of another server's
    what we hold is forgotten; should it be met again, it is suspended still. Raises
    `ForbiddenError` for one that is not suspended or that the actor may not decide about.
    https://docs.joinmastodon.org/methods/admin/accounts/#delete
    """
    row, member = await judged(
        session, actor=actor, action=Action.SUSPEND, account_id=account_id
    )
    if row.suspended_at is None:
        raise ForbiddenError("Only a suspended account can be deleted. Suspend it first.")
    if row.is_local:
        if member is None:
            raise InvalidError("Only accounts of members can be deleted.")
        await _end(session, row, member, actor=actor, now=now)
        return
    await _note(session, row, actor=actor, now=now)
    await account_is_gone(session, uri=row.uri, now=now)
    await _forget_ties(session, row)


async def purge(session: AsyncSession, job: PurgeAccount, *, now: datetime) -> None:
    """Forget the next part of what an account left; last, what others had with it."""
    row = await accounts.by_id(session, job.account_id)
    if row is None or row.deleted_at is None or not row.is_local:
        return
    left = await session.scalars(
        select(PostRow).where(PostRow.account_id == row.id).order_by(PostRow.id).limit(BATCH)
    )
    found = list(left)
    for post in found:
        if post.boost_of_id is not None:
            await reactions.remove_boost(session, post)
        else:
            await forgetting.forget(session, post, author=row, now=now)
    if len(found) == BATCH:
        await jobs.enqueue(session, PurgeAccount(row.id), now=now)
        return
    for follow in await session.scalars(
        select(FollowRow).where(
            (FollowRow.follower_id == row.id) | (FollowRow.target_id == row.id)
        )
    ):
        await follows.remove(session, follow)
    await session.flush()
    await _forget_ties(session, row)


async def demand_successor(session: AsyncSession, member: MemberRow) -> None:
    """Raise `InvalidError` for the last administrator, who cannot go."""
    if member.role == Role.ADMIN.value and not await _other_admin(session, member):
        raise InvalidError("You are the last admin here. Give somebody else the role first.")


async def _end(
    session: AsyncSession,
    row: AccountRow,
    member: MemberRow,
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    await demand_successor(session, member)
    await _note(session, row, actor=actor, now=now)
    await officials.end_all_of(session, actor=actor, member_id=member.id, now=now)
    tell_after_commit(session, AccessEnded(member_id=member.id))
    # Its sessions, tokens and factors go along.
    await session.delete(member)
    blank(row, now=now)
    row.suspended_at = row.suspended_at or now
    row.note_source, row.also_known_as, row.attribution_domains = "", [], []
    row.moved_to_id = row.moved_to_uri = None
    await session.flush()
    await jobs.enqueue(session, FederateLeaving(row.id), now=now, about=row.uri)


async def _note(
    session: AsyncSession, row: AccountRow, *, actor: Actor | None, now: datetime
) -> None:
    await audit(
        session,
        actor=actor,
        action="account deleted",
        target=("account", str(row.id)),
        detail={"handle": row.acct},
        now=now,
    )


async def _forget_ties(session: AsyncSession, row: AccountRow) -> None:
    for column in _columns():
        await session.execute(delete(column.table).where(column == row.id))


def _columns() -> Iterator[Column[int]]:
    """Yield every column by which a row would go along with its account.

    Asked of the tables themselves, so that what somebody adds is forgotten, too.
    """
    for table in Base.metadata.sorted_tables:
        if table.name in _KEPT:
            continue
        for key in table.foreign_keys:
            if key.column.table.name == AccountRow.__tablename__ and key.ondelete == "CASCADE":
                yield key.parent


async def _other_admin(session: AsyncSession, member: MemberRow) -> bool:
    found = await session.scalar(
        select(MemberRow.id)
        .where(
            MemberRow.role == Role.ADMIN.value,
            MemberRow.id != member.id,
            MemberRow.disabled_at.is_(None),
        )
        .limit(1)
    )
    return found is not None
