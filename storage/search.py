"""The words of posts, and the search among them: FTS5 on SQLite, full text on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.search_query import Condition, SearchQuery, Words, tokens
from storage.posts import wanted_by
from storage.searching import concerns, findable_by
from storage.tables import AccountRow, MediaRow, PollRow, PostRow, PostWordsRow

SCANNED = 10_000
"""Of so many posts with the words, the newest, those that one may find are given.

It bounds what a word that stands in nearly every post costs in a store of millions.
"""

_index = table("post_words_index", column("rowid"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which part of what is found is asked for: posts between two ids, an author's."""

    limit: int
    offset: int = 0
    account_id: int | None = None
    min_id: int | None = None
    max_id: int | None = None


def is_of_the_index(name: str | None) -> bool:
    """Return whether the migration alone makes a table or index: metadata cannot say it."""
    return (name or "").startswith("post_words_index")


def words_of(title: str, summary: str, content: str) -> str:
    """Return the words that a post is found by; `content` is safe HTML."""
    return " ".join(tokens(f"{title}\n{summary}\n{plain_text(content)}"))


async def put_words(session: AsyncSession, posts: Sequence[tuple[int, str, str, str]]) -> None:
    """Keep the words of new posts: id, title, summary and safe HTML of each."""
    rows = [
        {"post_id": number, "words": words}
        for number, *said in posts
        if (words := words_of(*said))
    ]
    if rows:
        await session.execute(insert(PostWordsRow), rows)


async def replace_words(session: AsyncSession, post: PostRow) -> None:
    """Keep the words of a post as it reads now."""
    await session.execute(delete(PostWordsRow).where(PostWordsRow.post_id == post.id))
    await put_words(session, [(post.id, post.title, post.summary, post.content)])


async def find(
    session: AsyncSession, query: SearchQuery, *, viewer_id: int, own_host: str, bounds: Bounds
) -> list[int]:
    """Return the ids of posts that fit and that the viewer may find, the newest first."""
    if all(one.unwanted for one in query.words) and all(
        one.unwanted for one in query.conditions
    ):
        return []
    sqlite = session.get_bind().dialect.name == "sqlite"
    fitting = _fitting(query, sqlite=sqlite).where(
        *(_condition(one, viewer_id, own_host) for one in query.conditions), *_within(bounds)
    )
    statement = (
        select(PostRow.id)
        .where(
            PostRow.id.in_(fitting.order_by(PostRow.id.desc()).limit(SCANNED)),
            findable_by(viewer_id),
            wanted_by(viewer_id),
        )
        .order_by(PostRow.id.desc())
        .limit(bounds.limit)
        .offset(bounds.offset)
    )
    return list(await session.scalars(statement))


def _within(bounds: Bounds) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [PostRow.boost_of_id.is_(None)]
    if bounds.account_id is not None:
        found.append(PostRow.account_id == bounds.account_id)
    if bounds.min_id is not None:
        found.append(PostRow.id > bounds.min_id)
    if bounds.max_id is not None:
        found.append(PostRow.id < bounds.max_id)
    return found


def _fitting(query: SearchQuery, *, sqlite: bool) -> Select[int]:
    """Return the posts with the wanted words and without the unwanted ones."""
    statement = select(PostRow.id)
    holds = _holds_sqlite if sqlite else _holds_postgresql
    for unwanted in (False, True):
        found = [one for one in query.words if one.unwanted is unwanted]
        if found:
            ids = holds(found, any_of=unwanted)
            statement = statement.where(not_(ids) if unwanted else ids)
    return statement


def _holds_sqlite(words: Sequence[Words], *, any_of: bool) -> ColumnElement[bool]:
    # Tokens are letters and figures, and stand between quotes: nothing in them is syntax.
    phrases = [f'"{" ".join(one.tokens)}"{"*" if one.open_ended else ""}' for one in words]
    asked = (" OR " if any_of else " AND ").join(phrases)
    matches = literal_column("post_words_index").op("MATCH")(asked)
    return PostRow.id.in_(select(_index.c.rowid).where(matches))


def _holds_postgresql(words: Sequence[Words], *, any_of: bool) -> ColumnElement[bool]:
    # As above: each token stands between apostrophes.
    phrases = [
        "(" + " <-> ".join(f"'{token}'" for token in one.tokens)
        + (":*)" if one.open_ended else ")")
        for one in words
    ]  # fmt: skip
    simple: ColumnElement[str] = literal_column("'simple'::regconfig")
    asked = func.to_tsquery(simple, (" | " if any_of else " & ").join(phrases))
    held = func.to_tsvector(simple, PostWordsRow.words).op("@@")(asked)
    return PostRow.id.in_(select(PostWordsRow.post_id).where(held))


def _condition(wanted: Condition, viewer_id: int, own_host: str) -> ColumnElement[bool]:
    found = _said(wanted, viewer_id, own_host)
    return not_(func.coalesce(found, False)) if wanted.unwanted else found


def _said(wanted: Condition, viewer_id: int, own_host: str) -> ColumnElement[bool]:
    value = wanted.value
    match wanted.name:
        case "from":
            return _from(value, viewer_id, own_host)
        case "language":
            return or_(PostRow.language == value, PostRow.language.startswith(f"{value}-"))
        case "in":
            return concerns(viewer_id) if value == "library" else PostRow.visibility == "public"
        case "has":
            return _has(value)
        case "is":
            return {
                "reply": or_(
                    PostRow.in_reply_to_id.is_not(None), PostRow.in_reply_to_uri.is_not(None)
                ),
                "quote": or_(
                    PostRow.quote_of_id.is_not(None), PostRow.quote_of_uri.is_not(None)
                ),
                "sensitive": PostRow.sensitive.is_(True),
            }[value]
    found: ColumnElement[bool] = true()
    if wanted.since is not None:
        found = found & (PostRow.created_at >= wanted.since)
    if wanted.until is not None:
        found = found & (PostRow.created_at < wanted.until)
    return found


def _from(handle: str, viewer_id: int, own_host: str) -> ColumnElement[bool]:
    if handle == "me":
        return PostRow.account_id == viewer_id
    name, _, host = handle.partition("@")
    author = select(AccountRow.id).where(
        AccountRow.username_key == name,
        AccountRow.domain == ("" if host == own_host else host),
    )
    return PostRow.account_id.in_(author)


def _has(what: str) -> ColumnElement[bool]:
    if what == "poll":
        return exists().where(PollRow.post_id == PostRow.id)
    if what in {"link", "embed"}:
        return PostRow.card_url.is_not(None)
    kinds = {"image": ("image",), "video": ("video", "gifv"), "audio": ("audio",)}
    media = exists().where(MediaRow.post_id == PostRow.id)
    return media.where(MediaRow.kind.in_(kinds[what])) if what in kinds else media
