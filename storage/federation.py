"""Queries that only the face for other servers asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.paging import Page, PageRequest
from storage.built import columns
from storage.paging import page_of
from storage.posts import visible_to
from storage.tables import (
    AccountRow,
    EmojiReactionRow,
    FavouriteRow,
    FollowRow,
    KeyRow,
    PostRow,
)

_KEY_OF = (
    select(
        KeyRow.public_key,
        AccountRow.id,
        AccountRow.uri,
        AccountRow.host,
        AccountRow.domain,
        AccountRow.suspended_at,
    )
    .join(AccountRow, AccountRow.id == KeyRow.account_id)
    .where(
        KeyRow.uri == bindparam("uri"),
        KeyRow.retired_at.is_(None),
        AccountRow.deleted_at.is_(None),
    )
)


async def follow_by_uri(session: AsyncSession, uri: str) -> FollowRow | None:
    """Return the follow that the Follow activity with this id asked for."""
    return await session.scalar(select(FollowRow).where(FollowRow.uri == uri).limit(1))


async def favourite(session: AsyncSession, favourite_id: int) -> FavouriteRow | None:
    """Return a favourite by its id of ours."""
    return await session.get(FavouriteRow, favourite_id)


async def emoji_reaction(session: AsyncSession, reaction_id: int) -> EmojiReactionRow | None:
    """Return an emoji that was given to a post, by its id of ours."""
    return await session.get(EmojiReactionRow, reaction_id)


async def liked_by(session: AsyncSession, uri: str) -> str | None:
    """Return the id of the post that the Like with this id is of."""
    return await session.scalar(
        select(PostRow.uri)
        .join(FavouriteRow, FavouriteRow.post_id == PostRow.id)
        .where(FavouriteRow.uri == uri)
        .limit(1)
    )


async def key_with_owner(session: AsyncSession, uri: str) -> tuple[KeyRow, AccountRow] | None:
    """Return the key with this id and whose it is, for accounts that are not deleted."""
    found = await session.execute(
        select(KeyRow, AccountRow)
        .join(AccountRow, AccountRow.id == KeyRow.account_id)
        .where(KeyRow.uri == uri, KeyRow.retired_at.is_(None), AccountRow.deleted_at.is_(None))
    )
    return found.one_or_none()


class KeyOf(NamedTuple):
    """What a request that was signed with a key has to be known of it."""

    public_key: str
    account_id: int
    uri: str
    """The owner's id."""
    host: str
    domain: str
    suspended_at: datetime | None


async def key_and_whose(session: AsyncSession, uri: str) -> KeyOf | None:
    """Return the key with this id and whose it is, for accounts that are not deleted."""
    found = (await columns(session, _KEY_OF, {"uri": uri})).one_or_none()
    return KeyOf(*found) if found is not None else None


async def key_to_sign_with(session: AsyncSession, key_id: int) -> KeyRow | None:
    """Return this key of ours, retired or not."""
    row = await session.get(KeyRow, key_id)
    return row if row is not None and row.private_key is not None else None


async def former_proof_keys(session: AsyncSession, account_id: int) -> list[KeyRow]:
    """Return the keys that a local account made proofs with, and does no more."""
    rows = await session.scalars(
        select(KeyRow)
        .where(
            KeyRow.account_id == account_id,
            KeyRow.asserts.is_(True),
            KeyRow.retired_at.is_not(None),
        )
        .order_by(KeyRow.id.desc())
    )
    return list(rows)


async def signing_key(session: AsyncSession, account_id: int) -> KeyRow | None:
    """Return the RSA key that a local account signs requests with."""
    return await session.scalar(
        select(KeyRow)
        .where(
            KeyRow.account_id == account_id,
            KeyRow.kind == "rsa",
            KeyRow.private_key.is_not(None),
            KeyRow.retired_at.is_(None),
        )
        .order_by(KeyRow.id.desc())
        .limit(1)
    )


async def proving_key(session: AsyncSession, account_id: int) -> KeyRow | None:
    """Return the Ed25519 key that a local account makes proofs with."""
    return await session.scalar(
        select(KeyRow)
        .where(
            KeyRow.account_id == account_id,
            KeyRow.kind == "ed25519",
            KeyRow.asserts.is_(True),
            KeyRow.private_key.is_not(None),
            KeyRow.retired_at.is_(None),
        )
        .order_by(KeyRow.id.desc())
        .limit(1)
    )


async def in_our_threads(session: AsyncSession, uris: Sequence[str]) -> set[str]:
    """Return which of these posts are ours, or stand in a thread or group of ours."""
    if not uris:
        return set()
    root = aliased(PostRow)
    rows = await session.scalars(
        select(PostRow.uri)
        .outerjoin(root, root.id == PostRow.thread_id)
        .outerjoin(AccountRow, AccountRow.id == PostRow.group_id)
        .where(
            PostRow.uri.in_(uris),
            or_(PostRow.local.is_(True), root.local.is_(True), AccountRow.domain == ""),
        )
    )
    return set(rows)


async def post_at(session: AsyncSession, address: str) -> PostRow | None:
    """Return the post whose id or page this is; its id counts first."""
    rows = await session.scalars(
        select(PostRow)
        .where(or_(PostRow.uri == address, PostRow.url == address))
        .order_by((PostRow.uri == address).desc())
        .limit(1)
    )
    return rows.one_or_none()


async def account_at(session: AsyncSession, address: str) -> AccountRow | None:
    """Return the account whose id or page this is; its id counts first."""
    rows = await session.scalars(
        select(AccountRow)
        .where(
            or_(AccountRow.uri == address, AccountRow.url == address),
            AccountRow.deleted_at.is_(None),
        )
        .order_by((AccountRow.uri == address).desc())
        .limit(1)
    )
    return rows.one_or_none()


async def account_of_inbox(session: AsyncSession, inbox: str) -> str | None:
    """Return the id of the account whose own inbox this is."""
    return await session.scalar(
        select(AccountRow.uri)
        .where(AccountRow.inbox == inbox, AccountRow.deleted_at.is_(None))
        .limit(1)
    )


async def outbox(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of an account's public posts and boosts."""
    original = aliased(PostRow)
    statement = (
        select(PostRow.id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(
            PostRow.account_id == account_id,
            visible_to(None),
            or_(PostRow.boost_of_id.is_(None), visible_to(None, original)),
        )
    )
    return await page_of(session, statement, PostRow.id, page)


async def count_public(session: AsyncSession, account_id: int) -> int:
    """Return how many public posts and boosts an account has."""
    original = aliased(PostRow)
    statement = (
        select(func.count(PostRow.id))
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(
            PostRow.account_id == account_id,
            visible_to(None),
            or_(PostRow.boost_of_id.is_(None), visible_to(None, original)),
        )
    )
    return await session.scalar(statement) or 0


async def pinned(session: AsyncSession, account_id: int) -> list[PostRow]:
    """Return an account's pinned posts that anybody may see, the latest pinned first."""
    rows = await session.scalars(
        select(PostRow)
        .where(
            PostRow.account_id == account_id,
            PostRow.pinned_at.is_not(None),
            visible_to(None),
        )
        .order_by(PostRow.pinned_at.desc())
    )
    return list(rows)


async def replies(
    session: AsyncSession, post: PostRow, page: PageRequest, *, own: bool
) -> Page[int]:
    """Return a page of public replies to a post: its author's, or everybody else's."""
    same = PostRow.account_id == post.account_id
    statement = select(PostRow.id).where(
        PostRow.in_reply_to_id == post.id, *_for_everybody(), same if own else ~same
    )
    return await page_of(session, statement, PostRow.id, page)


async def own_replies(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return, by post, the ids of the public replies of its own author to it, in order."""
    if not ids:
        return {}
    answered = aliased(PostRow)
    rows = await session.execute(
        select(answered.id, PostRow.uri)
        .join(answered, answered.id == PostRow.in_reply_to_id)
        .where(
            answered.id.in_(ids), PostRow.account_id == answered.account_id, *_for_everybody()
        )
        .order_by(PostRow.id)
    )
    found: dict[int, list[str]] = {}
    for number, uri in rows:
        found.setdefault(number, []).append(uri)
    return found


async def count_replies(session: AsyncSession, post_id: int) -> int:
    """Return how many public replies to a post are known."""
    statement = select(func.count()).where(PostRow.in_reply_to_id == post_id, *_for_everybody())
    return await session.scalar(statement) or 0


async def thread_posts(session: AsyncSession, thread_id: int, page: PageRequest) -> Page[int]:
    """Return a page of the public posts of a conversation.

    What belongs to it is told by what answers what; that a post names our context proves
    nothing, or anybody could put their own into it.
    """
    statement = select(PostRow.id).where(PostRow.thread_id == thread_id, *_for_everybody())
    return await page_of(session, statement, PostRow.id, page)


async def count_thread(session: AsyncSession, thread_id: int) -> int:
    """Return how many public posts of a conversation are known."""
    statement = select(func.count()).where(PostRow.thread_id == thread_id, *_for_everybody())
    return await session.scalar(statement) or 0


def _for_everybody() -> tuple[ColumnElement[bool], ...]:
    """Conditions of posts that may be listed for other servers: never boosts (FED-85)."""
    return PostRow.boost_of_id.is_(None), visible_to(None)


async def uris_of_posts(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Return the ids other servers know these posts by."""
    if not ids:
        return {}
    rows = await session.execute(select(PostRow.id, PostRow.uri).where(PostRow.id.in_(ids)))
    return dict(rows.all())


async def uris_of_accounts(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Return the ids other servers know these accounts by."""
    if not ids:
        return {}
    rows = await session.execute(
        select(AccountRow.id, AccountRow.uri).where(
            AccountRow.id.in_(ids), AccountRow.deleted_at.is_(None)
        )
    )
    return dict(rows.all())


async def uris_known(session: AsyncSession, uris: Sequence[str]) -> set[str]:
    """Return which of these ids are accounts that were ever seen here, deleted ones too."""
    return set(await session.scalars(select(AccountRow.uri).where(AccountRow.uri.in_(uris))))
