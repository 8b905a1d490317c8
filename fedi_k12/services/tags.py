"""Hashtags: looked up, found by their beginning, followed."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.search_query import tag_beginning
from fedi_k12.domain.text import scan, tag_key
from storage import post_writes
from storage.paging import page_of
from storage.posts import visible_to
from storage.tables import AccountRow, FollowedTagRow, PostRow, PostTagRow, TagRow


class TagState(Struct, frozen=True):
    """A hashtag: its key, how it is written, and whether the viewer follows it."""

    name: str
    display: str
    following: bool = False


async def get(session: AsyncSession, *, name: str, viewer: Actor | None) -> TagState:
    """Return a hashtag; one that nobody used yet is there too."""
    key = tag_key(name.lstrip("#"))
    row = await session.scalar(select(TagRow).where(TagRow.name == key))
    if row is None:
        return TagState(checked(name), name.lstrip("#"))
    followed = viewer is not None and await _follows(session, viewer, row.id)
    return TagState(row.name, row.display, followed)


async def follow(session: AsyncSession, *, actor: Actor, name: str, now: datetime) -> TagState:
    """Want the public posts with a hashtag at home."""
    key = checked(name)
    ids = await post_writes.tag_ids(session, [(key, name.lstrip("#"))], now=now)
    if not await _follows(session, actor, ids[key]):
        session.add(
            FollowedTagRow(
                id=new_id(), account_id=actor.account_id, tag_id=ids[key], created_at=now
            )
        )
        await session.flush()
    return await get(session, name=key, viewer=actor)


async def unfollow(session: AsyncSession, *, actor: Actor, name: str) -> TagState:
    """No longer want the posts with a hashtag."""
    tag_id = await session.scalar(select(TagRow.id).where(TagRow.name == checked(name)))
    await session.execute(
        delete(FollowedTagRow).where(
            FollowedTagRow.account_id == actor.account_id, FollowedTagRow.tag_id == tag_id
        )
    )
    return await get(session, name=name, viewer=actor)


async def followed(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[TagState]:
    """Return a page of the hashtags that the actor follows."""
    statement = select(FollowedTagRow.tag_id, FollowedTagRow.id).where(
        FollowedTagRow.account_id == actor.account_id
    )
    found = await page_of(session, statement, FollowedTagRow.id, page)
    rows = {
        row.id: row
        for row in await session.scalars(select(TagRow).where(TagRow.id.in_(found.items)))
    }
    return found.with_items(
        [TagState(rows[n].name, rows[n].display, True) for n in found.items if n in rows]
    )


async def search(
    session: AsyncSession,
    *,
    q: str,
    limit: int,
    offset: int,
    viewer: Actor | None,
    reviewed: bool = False,
) -> list[TagState]:
    """Return hashtags that begin with the words, the very one first and then by name.

    Accents can be left out. Moderators review here who writes, not each hashtag: those that are
    `reviewed` stand in a public post of somebody who was neither limited nor suspended.
    """
    key = tag_key(q.strip().lstrip("#"))
    if not key or " " in key:
        return []
    begins = [TagRow.name.startswith(key, autoescape=True)]
    if plain := tag_beginning(key):
        begins.append(TagRow.plain.startswith(plain, autoescape=True))
    statement = select(TagRow).where(or_(*begins))
    if reviewed:
        statement = statement.where(
            exists().where(
                PostTagRow.tag_id == TagRow.id,
                PostRow.id == PostTagRow.post_id,
                PostRow.visibility == "public",
                visible_to(None),
                AccountRow.id == PostRow.account_id,
                AccountRow.silenced_at.is_(None),
            )
        )
    rows = await session.scalars(
        statement.order_by((TagRow.name == key).desc(), TagRow.name).limit(limit).offset(offset)
    )
    followed_ids = (
        set(
            await session.scalars(
                select(FollowedTagRow.tag_id).where(
                    FollowedTagRow.account_id == viewer.account_id
                )
            )
        )
        if viewer is not None
        else set()
    )
    return [TagState(row.name, row.display, row.id in followed_ids) for row in rows]


async def _follows(session: AsyncSession, viewer: Actor, tag_id: int) -> bool:
    found = await session.scalar(
        select(FollowedTagRow.id).where(
            FollowedTagRow.account_id == viewer.account_id, FollowedTagRow.tag_id == tag_id
        )
    )
    return found is not None


def checked(name: str) -> str:
    """Return the key of a hashtag that can be one, or raise `InvalidError`."""
    plain = name.lstrip("#")
    found = scan(f"#{plain}", content_type="text/plain").hashtags
    if len(found) != 1 or tag_key(found[0]) != tag_key(plain):
        raise InvalidError("Validation failed: Hashtag is not one that can be written")
    return tag_key(plain)
