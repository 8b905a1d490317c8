"""The only way to get a thing for a viewer: what may not be seen is not found."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostFacts, Visibility, may_see
from storage import accounts, posts
from storage.built import number, several
from storage.tables import AccountRow, BlockRow, FollowRow, MentionRow, PostRow

_READER, _ACCOUNTS = number("reader"), several("accounts")
_FOLLOWED = select(FollowRow.target_id).where(
    FollowRow.follower_id == _READER,
    FollowRow.target_id.in_(_ACCOUNTS),
    FollowRow.accepted.is_(True),
)
_BLOCKING = select(BlockRow.account_id).where(
    BlockRow.target_id == _READER, BlockRow.account_id.in_(_ACCOUNTS)
)
_ADDRESSED = select(MentionRow.post_id).where(
    MentionRow.account_id == _READER, MentionRow.post_id.in_(several("posts"))
)
_NOT_FOUND = "Record not found"
"""The words of Mastodon's API; one sentence for what is not there and what is not theirs."""


async def post_for(session: AsyncSession, post_id: int, *, viewer: Actor | None) -> PostRow:
    """Return the post, or raise `NotFoundError` if the viewer may not see it."""
    row = await posts.by_id(session, post_id)
    if row is None or not await may_view(session, row, viewer=viewer):
        raise NotFoundError(_NOT_FOUND)
    return row


async def may_view(session: AsyncSession, row: PostRow, *, viewer: Actor | None) -> bool:
    """Return whether the viewer may see the post and, for a boost, what it boosts."""
    return row.id in await visible_ids(session, [row.id], viewer=viewer)


async def visible_ids(
    session: AsyncSession, ids: Sequence[int], *, viewer: Actor | None
) -> set[int]:
    """Return which of these posts the viewer may see; a boost only with what it boosts."""
    rows = await posts.by_ids(session, ids)
    originals = await posts.by_ids(
        session, [row.boost_of_id for row in rows.values() if row.boost_of_id]
    )
    viewer_id = viewer.account_id if viewer else None
    facts = await facts_for(session, [*rows.values(), *originals.values()], viewer_id=viewer_id)
    seen = {post_id for post_id, fact in facts.items() if may_see(viewer_id, fact)}
    return {
        row.id
        for row in rows.values()
        if row.id in seen and (row.boost_of_id is None or row.boost_of_id in seen)
    }


async def facts_for(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer_id: int | None
) -> dict[int, PostFacts]:
    """Return what `may_see` asks of these posts, by post, in a fixed number of queries."""
    author_ids = {row.account_id for row in rows}
    authors = await accounts.by_ids(session, list(author_ids))
    followed: set[int] = set()
    blocking: set[int] = set()
    addressed: set[int] = set()
    if viewer_id is not None and rows:
        followed = set(
            await session.scalars(
                _FOLLOWED, {"reader": viewer_id, "accounts": list(author_ids)}
            )
        )
        blocking = set(
            await session.scalars(
                _BLOCKING, {"reader": viewer_id, "accounts": list(author_ids)}
            )
        )
        addressed = set(
            await session.scalars(
                _ADDRESSED, {"reader": viewer_id, "posts": [row.id for row in rows]}
            )
        )
        followed |= await _joined(session, rows, viewer_id)
    return {
        row.id: PostFacts(
            visibility=Visibility(row.visibility),
            local_only=row.local_only,
            author_id=row.account_id,
            author_suspended=_is_suspended(authors.get(row.account_id)),
            viewer_follows_author=row.account_id in followed,
            viewer_is_addressed=row.id in addressed
            or (viewer_id is not None and row.in_reply_to_account_id == viewer_id)
            or (row.group_id is not None and row.group_id in followed),
            author_blocks_viewer=row.account_id in blocking,
            removed=row.removed_at is not None,
            unapproved=row.reply_state is not None,
            viewer_decides=viewer_id is not None
            and (
                (row.reply_state == Consent.PENDING and row.in_reply_to_account_id == viewer_id)
                or row.waits_at == viewer_id
            ),
        )
        for row in rows
    }


async def account_for(
    session: AsyncSession, account_id: int, *, viewer: Actor | None
) -> AccountRow:
    """Return the account, or raise `NotFoundError`. Suspended ones are found, and say so."""
    del viewer  # who exists here is no secret; what they say is guarded post by post
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at is not None:
        raise NotFoundError(_NOT_FOUND)
    return row


async def _joined(session: AsyncSession, rows: Sequence[PostRow], viewer_id: int) -> set[int]:
    """Return the groups of the letters among these posts that the viewer is a member of."""
    wanted = {row.group_id for row in rows if row.group_id and row.visibility == "direct"}
    if not wanted:
        return set()
    return set(
        await session.scalars(_FOLLOWED, {"reader": viewer_id, "accounts": list(wanted)})
    )


def _is_suspended(author: AccountRow | None) -> bool:
    return author is None or author.suspended_at is not None or author.deleted_at is not None
