"""Queries about apps that are woken by a push service."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import several
from storage.tables import (
    FollowRow,
    MemberRow,
    NotificationRow,
    PushSubscriptionRow,
    TokenRow,
)

MOST_SUMMED_UP = 40
"""So many notices are looked at for one message."""
_OF_ACCOUNTS = select(PushSubscriptionRow).where(
    PushSubscriptionRow.account_id.in_(several("ids"))
)


async def of_token(session: AsyncSession, token_id: int) -> PushSubscriptionRow | None:
    """Return the subscription that a token made."""
    return await session.scalar(
        select(PushSubscriptionRow).where(PushSubscriptionRow.token_id == token_id)
    )


async def of_accounts(
    session: AsyncSession, account_ids: Collection[int]
) -> list[PushSubscriptionRow]:
    """Return the subscriptions of these accounts' apps."""
    return list(await session.scalars(_OF_ACCOUNTS, {"ids": list(account_ids)}))


async def with_member(
    session: AsyncSession, subscription_id: int
) -> tuple[PushSubscriptionRow, MemberRow] | None:
    """Return a subscription and whose it is, while its token still lets them in."""
    found = (
        await session.execute(
            select(PushSubscriptionRow, MemberRow)
            .join(TokenRow, TokenRow.id == PushSubscriptionRow.token_id)
            .join(MemberRow, MemberRow.id == TokenRow.member_id)
            .where(
                PushSubscriptionRow.id == subscription_id,
                TokenRow.revoked_at.is_(None),
                MemberRow.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


async def members_of(session: AsyncSession, token_ids: Collection[int]) -> dict[int, MemberRow]:
    """Return whose these tokens are, by token."""
    rows = await session.execute(
        select(TokenRow.id, MemberRow)
        .join(MemberRow, MemberRow.id == TokenRow.member_id)
        .where(TokenRow.id.in_(token_ids))
    )
    return {row[0]: row[1] for row in rows}


async def told_since(
    session: AsyncSession, account_id: int, first_id: int, kinds: Collection[str]
) -> list[NotificationRow]:
    """Return what an account was told of from a notification on, the newest first."""
    rows = await session.scalars(
        select(NotificationRow)
        .where(
            NotificationRow.account_id == account_id,
            NotificationRow.id >= first_id,
            NotificationRow.kind.in_(kinds),
            NotificationRow.filtered.is_(False),
        )
        .order_by(NotificationRow.id.desc())
        .limit(MOST_SUMMED_UP)
    )
    return list(rows)


async def followings(
    session: AsyncSession, pairs: Sequence[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return which of these (follower, followed) pairs are so."""
    rows = await session.execute(
        select(FollowRow.follower_id, FollowRow.target_id).where(
            tuple_(FollowRow.follower_id, FollowRow.target_id).in_(pairs),
            FollowRow.accepted.is_(True),
        )
    )
    return {(follower, target) for follower, target in rows}


async def remove(session: AsyncSession, subscription_id: int) -> None:
    """Forget a subscription."""
    await session.execute(
        delete(PushSubscriptionRow).where(PushSubscriptionRow.id == subscription_id)
    )
