"""Queries about quotes, answers and reactions that need somebody's word."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.built import several
from storage.paging import page_of
from storage.posts import visible_to
from storage.tables import AccountRow, ApprovalRow, FollowRow, MentionRow, PostRow

_FOLLOWS = select(FollowRow.follower_id, FollowRow.target_id).where(
    FollowRow.follower_id.in_(several("followers")),
    FollowRow.target_id.in_(several("targets")),
    FollowRow.accepted.is_(True),
)
_NAMED = select(MentionRow.account_id, MentionRow.post_id).where(
    MentionRow.account_id.in_(several("accounts")), MentionRow.post_id.in_(several("posts"))
)


def entry(
    kind: str, number: int, post: PostRow, target: PostRow, state: str, *, now: datetime
) -> ApprovalRow:
    """Return a new row about a post that quotes or answers another."""
    return ApprovalRow(
        id=number,
        kind=kind,
        account_id=post.account_id,
        target_id=target.id,
        target_uri=target.uri,
        interaction_id=post.id,
        interaction_uri=post.uri,
        state=state,
        created_at=now,
    )


async def by_id(session: AsyncSession, approval_id: int) -> ApprovalRow | None:
    """Return the approval with this id."""
    return await session.get(ApprovalRow, approval_id)


async def of_interaction(session: AsyncSession, kind: str, uri: str) -> ApprovalRow | None:
    """Return what is known of the quote, answer or reaction with this id."""
    return await session.scalar(
        select(ApprovalRow).where(ApprovalRow.kind == kind, ApprovalRow.interaction_uri == uri)
    )


async def of_post(session: AsyncSession, kind: str, post_id: int) -> ApprovalRow | None:
    """Return what is known of a post as a quote, or as an answer."""
    return await session.scalar(
        select(ApprovalRow).where(
            ApprovalRow.kind == kind, ApprovalRow.interaction_id == post_id
        )
    )


async def of_posts(
    session: AsyncSession, kind: str, ids: Sequence[int]
) -> dict[int, ApprovalRow]:
    """Return what is known of posts as quotes, or as answers, by post."""
    if not ids:
        return {}
    rows = await session.scalars(
        select(ApprovalRow).where(ApprovalRow.kind == kind, ApprovalRow.interaction_id.in_(ids))
    )
    return {row.interaction_id: row for row in rows if row.interaction_id is not None}


async def asked_by(session: AsyncSession, uri: str) -> Sequence[ApprovalRow]:
    """Return the approvals that an activity with this id asked for, or about such a post."""
    rows = await session.scalars(
        select(ApprovalRow).where(
            or_(ApprovalRow.request_uri == uri, ApprovalRow.interaction_uri == uri)
        )
    )
    return list(rows)


async def stamped(session: AsyncSession, uri: str) -> Sequence[ApprovalRow]:
    """Return the approvals whose stamp has this id."""
    rows = await session.scalars(select(ApprovalRow).where(ApprovalRow.stamp_uri == uri))
    return list(rows)


async def due(session: AsyncSession, *, before: datetime, limit: int) -> list[int]:
    """Return the quoting posts whose stamps elsewhere were last looked at before a time."""
    rows = await session.scalars(
        select(ApprovalRow.interaction_id)
        .where(
            ApprovalRow.kind == "quote",
            ApprovalRow.state == "accepted",
            ApprovalRow.checked_at < before,
            ApprovalRow.interaction_id.is_not(None),
        )
        .order_by(ApprovalRow.checked_at)
        .limit(limit)
    )
    return [number for number in rows if number is not None]


async def quotes_of(
    session: AsyncSession, post_id: int, viewer_id: int | None, page: PageRequest
) -> Page[int]:
    """Return a page of the posts that quote a post with its author's leave."""
    statement = select(PostRow.id).where(
        PostRow.quote_of_id == post_id,
        PostRow.quote_state == "accepted",
        visible_to(viewer_id),
    )
    return await page_of(session, statement, PostRow.id, page)


async def local_quoters(session: AsyncSession, post_id: int) -> list[int]:
    """Return the accounts of this server that quote a post with its author's leave."""
    rows = await session.scalars(
        select(PostRow.account_id)
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(
            PostRow.quote_of_id == post_id,
            PostRow.quote_state == "accepted",
            AccountRow.domain == "",
        )
        .distinct()
    )
    return list(rows)


async def quoted_is_gone(session: AsyncSession, post_id: int) -> None:
    """Let those who quote a post that is about to go remember that it is gone."""
    await session.execute(
        update(PostRow)
        .where(PostRow.quote_of_id == post_id)
        .values(quote_state="deleted", quote_of_id=None, version=PostRow.version + 1)
    )


async def count_quotes(session: AsyncSession, post_id: int, *, step: int) -> None:
    """Add to how often a post is quoted."""
    await session.execute(
        update(PostRow)
        .where(PostRow.id == post_id)
        .values(quotes_count=PostRow.quotes_count + step, version=PostRow.version + 1)
    )


async def waiting_for(session: AsyncSession, account_id: int) -> list[ApprovalRow]:
    """Return what waits for an account's word, the oldest first."""
    rows = await session.scalars(
        select(ApprovalRow)
        .join(PostRow, PostRow.id == ApprovalRow.target_id)
        .where(
            PostRow.account_id == account_id,
            PostRow.local.is_(True),
            ApprovalRow.state == "pending",
            ApprovalRow.interaction_id.is_not(None),
        )
        .order_by(ApprovalRow.id)
    )
    return list(rows)


async def follows_among(
    session: AsyncSession, pairs: Sequence[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return which (follower, target) pairs are accepted follows."""
    if not pairs:
        return set()
    rows = await session.execute(
        _FOLLOWS,
        {
            "followers": list({follower for follower, _target in pairs}),
            "targets": list({target for _follower, target in pairs}),
        },
    )
    wanted = set(pairs)
    return {(a, b) for a, b in rows if (a, b) in wanted}


async def named_among(
    session: AsyncSession, pairs: Sequence[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return which (account, post) pairs are somebody and a post that names them."""
    if not pairs:
        return set()
    rows = await session.execute(
        _NAMED,
        {
            "accounts": list({account for account, _post in pairs}),
            "posts": list({post for _account, post in pairs}),
        },
    )
    wanted = set(pairs)
    return {(a, b) for a, b in rows if (a, b) in wanted}
