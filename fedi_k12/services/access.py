"""The only way to get a thing for a viewer: what may not be seen is not found."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import literal, select, union_all
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
_FOLLOWS, _BLOCKS, _ADDRESSES = range(3)
_BETWEEN = union_all(
    _FOLLOWED.with_only_columns(literal(_FOLLOWS).label("what"), FollowRow.target_id),
    select(literal(_BLOCKS), BlockRow.account_id).where(
        BlockRow.target_id == _READER, BlockRow.account_id.in_(_ACCOUNTS)
    ),
    select(literal(_ADDRESSES), MentionRow.post_id).where(
        MentionRow.account_id == _READER, MentionRow.post_id.in_(several("posts"))
    ),
)
"""Whom of these accounts the reader follows, who of them blocks the reader, and which of these
posts name the reader: asked together, for each question costs more than its answer."""
_NOT_FOUND = "Record not found"
"""The words of Mastodon's API; one sentence for what is not there and what is not theirs."""


class Seen(Struct, frozen=True):
    """Which of some posts somebody may see, and what was read to find that out.

    As long as this is held, a session need not read these rows again (`storage.built.held`).
    """

    ids: set[int]
    rows: Mapping[int, PostRow]
    """Those asked about, whether seen or not, and what they boost, by id."""
    authors: Mapping[int, AccountRow]


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
    return (await seen_among(session, ids, viewer=viewer)).ids


async def seen_among(
    session: AsyncSession, ids: Sequence[int], *, viewer: Actor | None
) -> Seen:
    """Return what `visible_ids` does, with the rows that were read for it."""
    rows = await posts.by_ids(session, ids)
    originals = await posts.by_ids(
        session, [row.boost_of_id for row in rows.values() if row.boost_of_id]
    )
    viewer_id = viewer.account_id if viewer else None
    both = {**rows, **originals}
    authors = await accounts.by_ids(session, [row.account_id for row in both.values()])
    facts = await facts_for(session, list(both.values()), viewer_id=viewer_id)
    seen = {post_id for post_id, fact in facts.items() if may_see(viewer_id, fact)}
    found = {
        row.id
        for row in rows.values()
        if row.id in seen and (row.boost_of_id is None or row.boost_of_id in seen)
    }
    return Seen(found, both, authors)


async def facts_for(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer_id: int | None
) -> dict[int, PostFacts]:
    """Return what `may_see` asks of these posts, by post, in a fixed number of queries."""
    author_ids = {row.account_id for row in rows}
    authors = await accounts.by_ids(session, list(author_ids))
    followed, blocking, addressed = await _between(session, rows, viewer_id)
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


async def _between(
    session: AsyncSession, rows: Sequence[PostRow], viewer_id: int | None
) -> tuple[set[int], set[int], set[int]]:
    """Return whom the viewer follows, who blocks the viewer, and which posts name the viewer.

    Of posts of the viewer's own nothing of that is asked.
    """
    found: tuple[set[int], set[int], set[int]] = (set(), set(), set())
    others = [row for row in rows if row.account_id != viewer_id]
    if viewer_id is None or not others:
        return found
    given = {
        "reader": viewer_id,
        "accounts": list({row.account_id for row in others}),
        "posts": [row.id for row in others],
    }
    for what, one in await session.execute(_BETWEEN, given):
        found[what].add(one)
    found[_FOLLOWS].update(await _joined(session, others, viewer_id))
    return found


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
