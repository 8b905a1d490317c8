"""Links that a member keeps with notes and tags, and what they make of a week of them (S-48).

Saved posts are Mastodon's bookmarks; what is written about one here goes when it is unsaved.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.links import (
    MAX_LINKS,
    MAX_TITLE,
    MOST_IN_A_WEEK,
    WEEK,
    LinkView,
    clean_note,
    clean_tags,
    clean_url,
    stored_tags,
    week_text,
)
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line, short_text
from fedi_k12.domain.words import words
from fedi_k12.services import drafts, profiles, views
from storage import links
from storage.tables import BookmarkRow, LinkRow

PAGE = 50
SAID = 120
MAX_HEADLINE = 150
MOST_TAGS = 40


class LinkPage(Struct, frozen=True):
    """A page of what a member keeps; `more` where there is another."""

    links: tuple[LinkView, ...]
    more: bool
    tags: tuple[tuple[str, int], ...] = ()
    """The member's tags with how often each is used, the most used first."""


async def page(
    session: AsyncSession, *, actor: Actor, tag: str = "", number: int = 1
) -> LinkPage:
    """Return what the actor keeps, the newest first, of one tag where one is named."""
    found = await links.page(
        session,
        actor.account_id,
        tag=tag,
        limit=PAGE + 1,
        offset=(max(number, 1) - 1) * PAGE,
    )
    used: Counter[str] = Counter()
    for stored, times in await links.tags(session, actor.account_id):
        used.update(dict.fromkeys(stored.split(), times))
    shown = await _views(session, actor, found[:PAGE])
    return LinkPage(shown, len(found) > PAGE, tuple(used.most_common(MOST_TAGS)))


async def everything(session: AsyncSession, *, actor: Actor) -> tuple[LinkView, ...]:
    """Return all that the actor keeps, the newest first, to take along."""
    found = await links.page(session, actor.account_id, limit=2 * MAX_LINKS)
    shown: list[LinkView] = []
    for at in range(0, len(found), 500):
        shown += await _views(session, actor, found[at : at + 500])
    return tuple(shown)


async def one(session: AsyncSession, *, actor: Actor, link_id: int) -> LinkView:
    """Return something that the actor keeps; raise `NotFoundError` for what is another's."""
    row = await _own(session, actor, link_id)
    found = await _views(session, actor, [(row.id, isinstance(row, BookmarkRow))])
    if not found:
        raise NotFoundError("There is nothing here that you may see.")
    return found[0]


async def add(
    session: AsyncSession,
    *,
    actor: Actor,
    url: str,
    title: str = "",
    note: str = "",
    tags: Sequence[str] = (),
    added: float | None = None,
    now: datetime,
) -> int:
    """Keep a page of the web; return its id. Kept twice is kept once, with all that was said.

    Raises `InvalidError` for what is no address of a page, and where too much is kept.
    """
    address = clean_url(url)
    row = await links.by_url(session, actor.account_id, address)
    if row is None:
        if await links.count(session, actor.account_id) >= MAX_LINKS:
            raise InvalidError(
                words("You keep %(num)d links already. Remove some first.", num=MAX_LINKS)
            )
        row = LinkRow(
            id=new_id(),
            account_id=actor.account_id,
            url=address,
            title="",
            note="",
            tags="",
            created_at=_at(added, now),
        )
        session.add(row)
    row.title = clean_line(title, MAX_TITLE) or row.title
    row.note = clean_note(note) or row.note
    row.tags = stored_tags(clean_tags([*row.tags.split(), *tags]))
    await session.flush()
    return row.id


async def change(
    session: AsyncSession,
    *,
    actor: Actor,
    link_id: int,
    title: str = "",
    note: str,
    tags: Sequence[str],
) -> None:
    """Write something else about what the actor keeps; the title is that of a page alone."""
    row = await _own(session, actor, link_id)
    row.note, row.tags = clean_note(note), stored_tags(clean_tags(tags))
    if isinstance(row, LinkRow):
        row.title = clean_line(title, MAX_TITLE)
    await session.flush()


async def remove(session: AsyncSession, *, actor: Actor, link_id: int) -> None:
    """Keep something no longer; a post is no longer saved."""
    await session.delete(await _own(session, actor, link_id))
    await session.flush()


async def forget(session: AsyncSession, *, actor: Actor, url: str) -> None:
    """Keep the page at an address no longer, if it is kept."""
    row = await links.by_url(session, actor.account_id, url)
    if row is not None:
        await session.delete(row)
        await session.flush()


async def of_the_week(session: AsyncSession, *, actor: Actor, title: str, now: datetime) -> int:
    """Begin a draft with what the actor kept in the last seven days; return its id.

    Nothing is published: whoever began it changes it and sends it, or throws it away. Raises
    `InvalidError` where nothing was kept.
    """
    found = await links.page(session, actor.account_id, since=now - WEEK, limit=MOST_IN_A_WEEK)
    shown = await _views(session, actor, found)
    if not shown:
        raise InvalidError("You kept nothing in the last seven days.")
    chosen = await profiles.preferences(session, actor=actor)
    said = {
        "title": clean_line(title, MAX_HEADLINE),
        "text": week_text(shown[::-1]),
        "who": chosen.default_visibility.value,
        "language": chosen.default_language or "",
        "may-reply": chosen.default_reply_policy,
        "may-quote": chosen.default_quote_policy,
    }
    return await drafts.keep(
        session, actor=actor, draft_id=None, words=said, media_ids=(), now=now
    )


async def _own(session: AsyncSession, actor: Actor, link_id: int) -> LinkRow | BookmarkRow:
    row: LinkRow | BookmarkRow | None = await session.get(LinkRow, link_id)
    if row is None:
        row = await session.get(BookmarkRow, link_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("There is nothing here that you may see.")
    return row


async def _views(
    session: AsyncSession, actor: Actor, found: Sequence[tuple[int, bool]]
) -> tuple[LinkView, ...]:
    pages = await links.links_by_id(session, [number for number, saved in found if not saved])
    saved = await links.saved_by_id(session, [number for number, is_post in found if is_post])
    ids = [row.post_id for row in saved.values()]
    posts = {one.id: one for one in await views.post_views(session, ids, viewer=actor)}
    shown = []
    for number, is_post in found:
        if not is_post:
            row = pages[number]
            shown.append(
                LinkView(
                    row.id,
                    row.url,
                    row.title,
                    row.note,
                    tuple(row.tags.split()),
                    row.created_at,
                )
            )
        elif (post := posts.get(saved[number].post_id)) is not None:
            kept = saved[number]
            said = post.title or post.summary or plain_text(post.content)
            name = f"{post.account.name}: {short_text(' '.join(said.split()), SAID)}"
            shown.append(
                LinkView(
                    kept.id,
                    post.url or post.uri,
                    name,
                    kept.note,
                    tuple(kept.tags.split()),
                    kept.created_at,
                    post.id,
                )
            )
    return tuple(shown)


def _at(added: float | None, now: datetime) -> datetime:
    """Return when something was kept; what says that it is to come was kept now."""
    return min(datetime.fromtimestamp(added, UTC), now) if added is not None else now
