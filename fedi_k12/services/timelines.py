"""Timelines: where a new post appears, and what is read there. Newest first, nothing ranked."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.news import PostArrived
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Thread, Visibility
from fedi_k12.services import access, views
from storage import conversations, posts
from storage import timelines as rows
from storage.built import moment, number
from storage.db import tell_after_commit
from storage.tables import FilterRow, FollowRow, ListRow, MuteRow

MAX_ANCESTORS = 100
MAX_DESCENDANTS = 1000
MAX_DESCENDANTS_FOR_VISITORS = 60
"""Visitors get less of a long thread: it costs the same and nobody answers for it."""
_EXPIRIES = union_all(
    *(
        select(func.min(kind.expires_at).label("ends")).where(
            kind.account_id == number("account"), kind.expires_at > moment("now")
        )
        for kind in (MuteRow, FilterRow)
    )
)


class Arrival(Struct, frozen=True):
    """A new post on its way into home timelines."""

    post_id: int
    author_id: int
    visibility: Visibility
    reply_to_author_id: int | None = None
    """Whom it answers; 0 for somebody we do not know, None where it answers nobody."""
    named_ids: tuple[int, ...] = ()
    """Local accounts it mentions."""
    tagged: bool = False
    language: str | None = None


async def fan_out(session: AsyncSession, arrivals: Sequence[Arrival]) -> None:
    """Put new posts into home timelines, all of them in a fixed number of statements.

    Followers get public, quiet and followers-only posts, replies only if they follow both
    sides; letters go to those of the named who follow the author, and to everybody's letters.
    """
    tell_after_commit(session, *(PostArrived(arrival.post_id) for arrival in arrivals))
    open_ones = [a for a in arrivals if a.visibility is not Visibility.DIRECT]
    await rows.fan_out(
        session,
        [
            {
                "post_id": arrival.post_id,
                "author_id": arrival.author_id,
                "reply_to_author_id": arrival.reply_to_author_id,
                "language": _spoken(arrival.language),
            }
            for arrival in open_ones
        ],
    )
    await conversations.put(
        session, [a.post_id for a in arrivals if a.visibility is Visibility.DIRECT]
    )
    letters = [a for a in arrivals if a.visibility is Visibility.DIRECT and a.named_ids]
    if letters:
        followers = {
            (follower, target)
            for follower, target in (
                await session.execute(
                    select(FollowRow.follower_id, FollowRow.target_id).where(
                        FollowRow.target_id.in_([a.author_id for a in letters]),
                        FollowRow.follower_id.in_([n for a in letters for n in a.named_ids]),
                        FollowRow.accepted.is_(True),
                    )
                )
            )
        }
        await rows.put_home(
            session,
            [
                (number, letter.post_id)
                for letter in letters
                for number in letter.named_ids
                if (number, letter.author_id) in followers
            ],
        )
    await rows.fan_out_tags(
        session,
        [a.post_id for a in open_ones if a.tagged and a.visibility is Visibility.PUBLIC],
    )


async def fan_out_boost(
    session: AsyncSession, *, boost_id: int, booster_id: int, original_id: int
) -> None:
    """Put a boost into the home timelines of those who want this account's boosts."""
    await rows.fan_out_boost(
        session, boost_id=boost_id, booster_id=booster_id, original_id=original_id
    )
    tell_after_commit(session, PostArrived(boost_id))


async def home(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[PostView]:
    """Return a page of the actor's home timeline."""
    return await _seen(session, await rows.home(session, actor.account_id, page), actor)


async def next_expiry(session: AsyncSession, *, actor: Actor, now: datetime) -> datetime | None:
    """Return when the next of the actor's mutes and filters ends by itself, None for never."""
    given = {"account": actor.account_id, "now": now}
    moments = await session.scalars(_EXPIRIES, given)
    return min((one for one in moments if one is not None), default=None)


async def public(
    session: AsyncSession,
    *,
    viewer: Actor | None,
    page: PageRequest,
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
) -> Page[PostView]:
    """Return a page of the public posts known here."""
    ids = await rows.public(
        session, _id(viewer), page, local=local, remote=remote, only_media=only_media
    )
    return await _seen(session, ids, viewer)


async def tag(
    session: AsyncSession,
    *,
    name: str,
    viewer: Actor | None,
    page: PageRequest,
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
    any_of: Sequence[str] = (),
    all_of: Sequence[str] = (),
    none_of: Sequence[str] = (),
    also: Sequence[ColumnElement[bool]] = (),
) -> Page[PostView]:
    """Return a page of the public posts with a hashtag; all names are keys.

    `also`: what else holds for each of them.
    """
    ids = await rows.tagged(
        session,
        _id(viewer),
        page,
        any_of=[name, *any_of],
        all_of=all_of,
        none_of=none_of,
        local=local,
        remote=remote,
        only_media=only_media,
        also=also,
    )
    return await _seen(session, ids, viewer)


async def of_account(
    session: AsyncSession,
    *,
    account_id: int,
    viewer: Actor | None,
    page: PageRequest,
    only_media: bool = False,
    exclude_replies: bool = False,
    exclude_boosts: bool = False,
    pinned: bool = False,
    tagged: str | None = None,
) -> Page[PostView]:
    """Return a page of what an account posted and boosted, as the viewer may see it."""
    await access.account_for(session, account_id, viewer=viewer)
    ids = await rows.of_account(
        session,
        account_id,
        _id(viewer),
        page,
        only_media=only_media,
        exclude_replies=exclude_replies,
        exclude_boosts=exclude_boosts,
        pinned=pinned,
        tag=tagged,
    )
    return await _seen(session, ids, viewer)


async def of_people(
    session: AsyncSession, *, account_ids: Sequence[int], page: PageRequest
) -> Page[PostView]:
    """Return a page of what these accounts of this server say to everybody, newest first."""
    return await _seen(session, await rows.of_people(session, account_ids, page), None)


async def bookmarks(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[PostView]:
    """Return a page of the posts the actor keeps; the cursors are those of the bookmarks."""
    ids = await rows.bookmarked(session, actor.account_id, page)
    return await _seen(session, ids, actor)


async def favourites(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[PostView]:
    """Return a page of the actor's favourites; the cursors are those of the favourites."""
    ids = await rows.favourited(session, actor.account_id, page)
    return await _seen(session, ids, actor)


async def list_timeline(
    session: AsyncSession, *, actor: Actor, list_id: int, page: PageRequest
) -> Page[PostView]:
    """Return a page of what the accounts on one of the actor's lists post."""
    row = await session.get(ListRow, list_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    ids = await rows.of_list(session, actor.account_id, list_id, page)
    return await _seen(session, ids, actor)


async def thread(session: AsyncSession, *, post_id: int, viewer: Actor | None) -> Thread:
    """Return a post with what it answers and what answers it, as the viewer may see them.

    Replies below something the viewer may not see are left out with it.
    """
    post = await views.post_view(session, post_id, viewer=viewer)
    above = await posts.ancestor_ids(session, post_id, limit=MAX_ANCESTORS)
    limit = MAX_DESCENDANTS if viewer is not None else MAX_DESCENDANTS_FOR_VISITORS
    below = await posts.descendant_rows(session, post_id, limit=limit)
    ancestors = await views.post_views(session, list(reversed(above)), viewer=viewer)
    replies = {
        view.id: view
        for view in await views.post_views(
            session, [number for number, _parent in below], viewer=viewer
        )
    }
    children: dict[int, list[int]] = {}
    for answer, parent in below:
        if answer in replies:
            children.setdefault(parent, []).append(answer)
    ordered, depths = _depth_first(post_id, children)
    first = ancestors[0] if ancestors else post
    return Thread(
        post=post,
        ancestors=tuple(ancestors),
        descendants=tuple(replies[number] for number in ordered),
        depths=tuple(depths),
        incomplete=first.reply_missing,
    )


def _depth_first(root: int, children: dict[int, list[int]]) -> tuple[list[int], list[int]]:
    ordered: list[int] = []
    depths: list[int] = []
    stack = [(number, 1) for number in reversed(children.get(root, []))]
    seen = {root}
    while stack:
        number, depth = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        ordered.append(number)
        depths.append(depth)
        stack += [(child, depth + 1) for child in reversed(children.get(number, []))]
    return ordered, depths


async def _seen(session: AsyncSession, ids: Page[int], viewer: Actor | None) -> Page[PostView]:
    return ids.with_items(await views.post_views(session, ids.items, viewer=viewer))


def _id(viewer: Actor | None) -> int | None:
    return viewer.account_id if viewer is not None else None


def _spoken(language: str | None) -> str | None:
    """Return how a language stands in the JSON of those that a follower chose (`["en"]`)."""
    return f'%"{language.partition("-")[0]}"%' if language else None
