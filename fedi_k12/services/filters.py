"""Filters: words and posts that a member wants hidden, or to be warned of."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.news import FiltersChanged
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line
from fedi_k12.services import access
from storage.built import moment, several
from storage.db import tell_after_commit
from storage.tables import FilterKeywordRow, FilterPostRow, FilterRow, OfficialRow

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
MAX_FILTERS, MAX_KEYWORDS = 100, 100
MAX_TITLE, MAX_KEYWORD = 255, 512
_ACTIVE = (
    select(FilterRow, OfficialRow.account_id)
    .outerjoin(OfficialRow, OfficialRow.account_id == FilterRow.account_id)
    .where(
        FilterRow.account_id.in_(several("accounts")),
        or_(FilterRow.expires_at.is_(None), FilterRow.expires_at > moment("now")),
    )
)


class KeywordView(Struct, frozen=True):
    """A word of a filter."""

    id: int
    keyword: str
    whole_word: bool


class FilteredPostView(Struct, frozen=True):
    """A post of a filter."""

    id: int
    post_id: int


class FilterView(Struct, frozen=True):
    """A filter with its words and posts."""

    id: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: datetime | None
    keywords: tuple[KeywordView, ...] = ()
    posts: tuple[FilteredPostView, ...] = ()


class Match(Struct, frozen=True):
    """That a filter fits a post, and by what."""

    filter: FilterView
    keywords: tuple[str, ...]
    post_ids: tuple[int, ...]


class KeywordChange(Struct, frozen=True):
    """A word to add (no id), to change, or to take away (`destroy`)."""

    keyword: str | None = None
    whole_word: bool | None = None
    id: int | None = None
    destroy: bool = False


class FilterChanges(Struct, frozen=True):
    """What is to be different about a filter; None leaves as it is."""

    title: str | None = None
    contexts: tuple[str, ...] | None = None
    action: str | None = None
    expires_in: int | None = None
    """Seconds; zero or less for no end."""
    keywords: tuple[KeywordChange, ...] = ()


async def filters(session: AsyncSession, *, actor: Actor) -> list[FilterView]:
    """Return the actor's filters, the oldest first."""
    rows = await session.scalars(
        select(FilterRow).where(FilterRow.account_id == actor.account_id).order_by(FilterRow.id)
    )
    return await _views(session, list(rows))


async def active(
    session: AsyncSession, *, actor: Actor | None, context: str, now: datetime
) -> list[FilterView]:
    """Return the filters that hold in a context (`home`, `public`, …) now."""
    if actor is None:
        return []
    found = await active_among(session, [actor.account_id], context=context, now=now)
    return found.get(actor.account_id, [])


async def active_among(
    session: AsyncSession, account_ids: Collection[int], *, context: str, now: datetime
) -> dict[int, list[FilterView]]:
    """Return the filters of each of these accounts that hold in a context now.

    Those of an official account leave nothing out for its team: they fold (R-46).
    """
    rows = await session.execute(_ACTIVE, {"accounts": list(account_ids), "now": now})
    wanted = [(row, official) for row, official in rows if context in row.contexts]
    shown = await _views(session, [row for row, _official in wanted]) if wanted else []
    found: dict[int, list[FilterView]] = {}
    for (row, official), view in zip(wanted, shown, strict=True):
        one = replace(view, action="warn") if official and view.action == "hide" else view
        found.setdefault(row.account_id, []).append(one)
    return found


async def of_accounts(
    session: AsyncSession, account_ids: Collection[int], *, now: datetime
) -> dict[int, list[FilterView]]:
    """Return the filters of each of these accounts that hold now, wherever that is."""
    given = {"accounts": list(account_ids), "now": now}
    rows = list(await session.scalars(_ACTIVE, given))
    found: dict[int, list[FilterView]] = {}
    for row, view in zip(rows, await _views(session, rows) if rows else [], strict=True):
        found.setdefault(row.account_id, []).append(view)
    return found


def first_word(found: Sequence[FilterView], text: str) -> str:
    """Return the first word of these filters that a text has, empty for none."""
    words = (word for one in found for word in one.keywords)
    hit = (
        word.keyword
        for word in words
        if _pattern(word.keyword, word.whole_word).search(text) is not None
    )
    return next(hit, "")


def matches(
    found: Sequence[FilterView], post: PostView, *, viewer: Actor | None = None
) -> list[Match]:
    """Return which filters fit a post, or the post that it passes on; none one's own."""
    shown = post.boost_of or post
    if not found or (viewer is not None and shown.account.id == viewer.account_id):
        return []
    words = "\n".join(
        (
            plain_text(shown.content),
            shown.title,
            shown.summary,
            *(item.alt for item in shown.media),
            *(option.title for option in (shown.poll.options if shown.poll else ())),
        )
    )
    result = []
    for one in found:
        hit = [
            k.keyword for k in one.keywords if _pattern(k.keyword, k.whole_word).search(words)
        ]
        posts = [item.post_id for item in one.posts if item.post_id in {post.id, shown.id}]
        if hit or posts:
            result.append(Match(one, tuple(hit), tuple(posts)))
    return result


def hides(matches: Sequence[Match]) -> bool:
    """Return whether the reader wants a post with these matches not to be shown at all."""
    return any(match.filter.action == "hide" for match in matches)


async def get(session: AsyncSession, *, actor: Actor, filter_id: int) -> FilterView:
    """Return one of the actor's filters."""
    return (await _views(session, [await _own(session, actor, filter_id)]))[0]


async def create(
    session: AsyncSession, *, actor: Actor, changes: FilterChanges, now: datetime
) -> FilterView:
    """Make a filter."""
    so_far = await session.scalar(
        select(func.count())
        .select_from(FilterRow)
        .where(FilterRow.account_id == actor.account_id)
    )
    if (so_far or 0) >= MAX_FILTERS:
        raise InvalidError(f"Validation failed: There can be {MAX_FILTERS} filters at most")
    if not changes.contexts:
        raise InvalidError("Validation failed: Context can't be blank")
    row = FilterRow(
        id=new_id(),
        account_id=actor.account_id,
        title=_title(changes.title or ""),
        contexts=[],
        action="warn",
        created_at=now,
    )
    session.add(row)
    await session.flush()
    tell_after_commit(session, FiltersChanged(actor.account_id))
    return await _change(session, row, changes, now)


async def update(
    session: AsyncSession,
    *,
    actor: Actor,
    filter_id: int,
    changes: FilterChanges,
    now: datetime,
) -> FilterView:
    """Change a filter."""
    return await _change(session, await _to_change(session, actor, filter_id), changes, now)


async def delete(session: AsyncSession, *, actor: Actor, filter_id: int) -> None:
    """Delete a filter."""
    await session.delete(await _to_change(session, actor, filter_id))


async def keyword(session: AsyncSession, *, actor: Actor, keyword_id: int) -> KeywordView:
    """Return one word of the actor's filters."""
    row, _filter = await _keyword(session, actor, keyword_id)
    return _keyword_view(row)


async def add_keyword(
    session: AsyncSession, *, actor: Actor, filter_id: int, keyword: str, whole_word: bool
) -> KeywordView:
    """Add a word to a filter."""
    row = await _to_change(session, actor, filter_id)
    made = FilterKeywordRow(
        id=new_id(), filter_id=row.id, keyword=_word(keyword), whole_word=whole_word
    )
    session.add(made)
    await session.flush()
    return _keyword_view(made)


async def update_keyword(
    session: AsyncSession,
    *,
    actor: Actor,
    keyword_id: int,
    keyword: str | None,
    whole_word: bool | None,
) -> KeywordView:
    """Change a word of a filter."""
    row, owner = await _keyword(session, actor, keyword_id)
    await _to_change(session, actor, owner.id)
    if keyword is not None:
        row.keyword = _word(keyword)
    if whole_word is not None:
        row.whole_word = whole_word
    await session.flush()
    return _keyword_view(row)


async def remove_keyword(session: AsyncSession, *, actor: Actor, keyword_id: int) -> None:
    """Take a word away from its filter."""
    row, owner = await _keyword(session, actor, keyword_id)
    await _to_change(session, actor, owner.id)
    await session.delete(row)


async def keyword_filter(session: AsyncSession, *, actor: Actor, keyword_id: int) -> FilterView:
    """Return the filter that a word belongs to."""
    _row, owner = await _keyword(session, actor, keyword_id)
    return (await _views(session, [owner]))[0]


async def add_post(
    session: AsyncSession, *, actor: Actor, filter_id: int, post_id: int
) -> FilteredPostView:
    """Add a post that the actor may see to a filter."""
    row = await _to_change(session, actor, filter_id)
    post = await access.post_for(session, post_id, viewer=actor)
    made = FilterPostRow(id=new_id(), filter_id=row.id, post_id=post.id)
    session.add(made)
    await session.flush()
    return FilteredPostView(made.id, made.post_id)


async def take_in(
    session: AsyncSession,
    *,
    actor: Actor,
    filter_id: int | None,
    fresh: FilterChanges,
    post_id: int | None,
    keyword: str,
    now: datetime,
) -> int:
    """Put a post, or a word where there is no post, into a filter; return the filter's id.

    Without `filter_id` the filter that `fresh` describes is made first. What is in it already
    stays in it once.
    """
    if filter_id is None:
        filter_id = (await create(session, actor=actor, changes=fresh, now=now)).id
    there = await get(session, actor=actor, filter_id=filter_id)
    if post_id is not None and all(one.post_id != post_id for one in there.posts):
        await add_post(session, actor=actor, filter_id=filter_id, post_id=post_id)
    known = {one.keyword.casefold() for one in there.keywords}
    if post_id is None and keyword.casefold() not in known:
        await add_keyword(
            session, actor=actor, filter_id=filter_id, keyword=keyword, whole_word=False
        )
    return filter_id


async def filtered_post(
    session: AsyncSession, *, actor: Actor, entry_id: int
) -> FilteredPostView:
    """Return one post of the actor's filters."""
    row = await _filtered_post(session, actor, entry_id)
    return FilteredPostView(row.id, row.post_id)


async def remove_post(session: AsyncSession, *, actor: Actor, entry_id: int) -> None:
    """Take a post away from its filter."""
    row = await _filtered_post(session, actor, entry_id)
    await _to_change(session, actor, row.filter_id)
    await session.delete(row)


async def _change(
    session: AsyncSession, row: FilterRow, changes: FilterChanges, now: datetime
) -> FilterView:
    if changes.title is not None:
        row.title = _title(changes.title)
    if changes.contexts is not None:
        if not changes.contexts or set(changes.contexts) - set(CONTEXTS):
            raise InvalidError("Validation failed: Context None or invalid context supplied")
        row.contexts = list(dict.fromkeys(changes.contexts))
    if changes.action is not None:
        if changes.action not in ACTIONS:
            raise InvalidError("Validation failed: Filter action is not one that is known")
        row.action = changes.action
    if changes.expires_in is not None:
        ends = now + timedelta(seconds=min(changes.expires_in, 10**9))
        row.expires_at = ends if changes.expires_in > 0 else None
    await session.flush()
    for change in changes.keywords[:MAX_KEYWORDS]:
        await _change_keyword(session, row, change)
    return (await _views(session, [row]))[0]


async def _change_keyword(session: AsyncSession, row: FilterRow, change: KeywordChange) -> None:
    if change.id is None:
        if change.destroy:
            return
        session.add(
            FilterKeywordRow(
                id=new_id(),
                filter_id=row.id,
                keyword=_word(change.keyword or ""),
                whole_word=bool(change.whole_word),
            )
        )
    else:
        known = await session.get(FilterKeywordRow, change.id)
        if known is None or known.filter_id != row.id:
            raise NotFoundError("Record not found")
        if change.destroy:
            await session.delete(known)
        else:
            known.keyword = _word(change.keyword) if change.keyword else known.keyword
            if change.whole_word is not None:
                known.whole_word = change.whole_word
    await session.flush()


async def _to_change(session: AsyncSession, actor: Actor, filter_id: int) -> FilterRow:
    """Return a filter of the actor's, whose apps hear that it is no longer as it was."""
    row = await _own(session, actor, filter_id)
    tell_after_commit(session, FiltersChanged(actor.account_id))
    return row


async def _own(session: AsyncSession, actor: Actor, filter_id: int) -> FilterRow:
    row = await session.get(FilterRow, filter_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row


async def _keyword(
    session: AsyncSession, actor: Actor, keyword_id: int
) -> tuple[FilterKeywordRow, FilterRow]:
    row = await session.get(FilterKeywordRow, keyword_id)
    if row is None:
        raise NotFoundError("Record not found")
    return row, await _own(session, actor, row.filter_id)


async def _filtered_post(session: AsyncSession, actor: Actor, entry_id: int) -> FilterPostRow:
    row = await session.get(FilterPostRow, entry_id)
    if row is None:
        raise NotFoundError("Record not found")
    await _own(session, actor, row.filter_id)
    return row


async def _views(session: AsyncSession, rows: Sequence[FilterRow]) -> list[FilterView]:
    ids = [row.id for row in rows]
    words: dict[int, list[KeywordView]] = {}
    posts: dict[int, list[FilteredPostView]] = {}
    for word in await session.scalars(
        select(FilterKeywordRow)
        .where(FilterKeywordRow.filter_id.in_(ids))
        .order_by(FilterKeywordRow.id)
    ):
        words.setdefault(word.filter_id, []).append(_keyword_view(word))
    for post in await session.scalars(
        select(FilterPostRow).where(FilterPostRow.filter_id.in_(ids)).order_by(FilterPostRow.id)
    ):
        posts.setdefault(post.filter_id, []).append(FilteredPostView(post.id, post.post_id))
    return [
        FilterView(
            row.id,
            row.title,
            tuple(row.contexts),
            row.action,
            row.expires_at,
            tuple(words.get(row.id, ())),
            tuple(posts.get(row.id, ())),
        )
        for row in rows
    ]


@lru_cache(maxsize=4096)
def _pattern(word: str, whole: bool) -> re.Pattern[str]:
    escaped = re.escape(word)
    if whole:
        before = r"\b" if re.match(r"\w", word) else ""
        after = r"\b" if re.search(r"\w\Z", word) else ""
        escaped = before + escaped + after
    return re.compile(escaped, re.IGNORECASE)


def _keyword_view(row: FilterKeywordRow) -> KeywordView:
    return KeywordView(row.id, row.keyword, row.whole_word)


def _title(text: str) -> str:
    title = clean_line(text, MAX_TITLE)
    if not title:
        raise InvalidError("Validation failed: Title can't be blank")
    return title


def _word(text: str) -> str:
    word = clean_line(text, MAX_KEYWORD)
    if not word:
        raise InvalidError("Validation failed: Keyword can't be blank")
    return word
