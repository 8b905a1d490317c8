"""What posts are found by: their words and marks, kept in the index that searches read.

A *mark* is a word that nobody can write: `_` and a fact of the post, such as who wrote it. So
"from whom" and "with which words" are one question to the index, and the rarer part leads.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.search_query import MAX_TEXT, stem, tokens
from storage.built import several
from storage.tables import MediaRow, PollOptionRow, PollRow, PostRow, PostWordsRow

EVERY = "_p"
"""The mark of every post."""
_BREAK = "_"
_MAX_POSITION = 16_383
"""Farther words have no place on PostgreSQL (12.9, Limitations): they are in no phrase."""
_MAX_PLACES = 255

_post: Table = PostRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_words: Table = PostWordsRow.__table__  # type: ignore[assignment]  # as above
_columns = [
    _post.c[name]
    for name in (
        "id", "account_id", "visibility", "language", "title", "summary", "content",
        "content_map", "in_reply_to_id", "in_reply_to_uri", "quote_of_id", "quote_of_uri",
        "sensitive", "card_url",
    )
]  # fmt: skip
_NAMES = [column.name for column in _columns]
_Post = Row[tuple[object, ...]] | SimpleNamespace
_IDS = several("ids")
_READ = select(*_columns).where(_post.c.id.in_(_IDS), _post.c.boost_of_id.is_(None))
_READ_MEDIA = (
    select(MediaRow.post_id, MediaRow.kind, MediaRow.alt)
    .where(MediaRow.post_id.in_(_IDS))
    .order_by(MediaRow.position, MediaRow.id)
)
_READ_ANSWERS = (
    select(PollRow.post_id, PollOptionRow.title)
    .join(PollOptionRow, PollOptionRow.poll_id == PollRow.id)
    .where(PollRow.post_id.in_(_IDS))
    .order_by(PollRow.post_id, PollOptionRow.position)
)
_DELETE = delete(_words).where(_words.c.post_id.in_(_IDS))
_INSERT = insert(_words)


class Entry(Struct, frozen=True):
    """What one post is found by: its marks, and the words of its parts."""

    marks: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


def is_of_the_index(name: str | None) -> bool:
    """Return whether the migration alone makes a table or index: metadata cannot say it."""
    return (name or "").startswith(("post_words_index", "account_words_index"))


def author_mark(account_id: int) -> str:
    """Return the mark of what an account wrote."""
    return f"_a{account_id}"


def language_mark(tag: str) -> str:
    """Return the mark of a language, of whichever country."""
    return f"_l{tag.lower().partition('-')[0]}"


def fact_mark(name: str, value: str) -> str:
    """Return the mark of what an operator asks for: `has` and `image`, `is` and `reply`."""
    return f"_{name}{value}"


async def put_words(session: AsyncSession, post_ids: Collection[int]) -> None:
    """Keep what these posts are found by as they read now; boosts among them are passed over.

    Called when all that belongs to a post is stored: its pictures, its poll, its link.
    """
    await session.flush()
    connection = await session.connection()
    await connection.run_sync(rewrite, post_ids)


def rewrite(connection: Connection, post_ids: Collection[int]) -> None:
    """Do what `put_words` does; the migration that makes the index does it for all posts."""
    if not post_ids:
        return
    ids = {"ids": list(post_ids)}
    rows = connection.execute(_READ, ids).all()
    media: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for post_id, kind, alt in connection.execute(_READ_MEDIA, ids):
        media[post_id or 0].append((kind, alt))
    answers: dict[int, list[str]] = defaultdict(list)
    for post_id, title in connection.execute(_READ_ANSWERS, ids):
        answers[post_id].append(title)
    connection.execute(_DELETE, ids)
    write = _written_as(connection.dialect.name)
    found = [
        {
            "post_id": row.id,
            "words": write(_entry(row, media.get(row.id, ()), answers.get(row.id, ()))),
        }
        for row in rows
    ]
    if found:
        connection.execute(_INSERT, found)


async def put_first_words(
    session: AsyncSession,
    posts: Sequence[Mapping[str, Any]],
    *,
    media: Iterable[tuple[int, str, str]] = (),
    answers: Iterable[tuple[int, str]] = (),
) -> None:
    """Keep what posts written in this transaction are found by, from what was written.

    `posts` are as `post_writes.insert_posts` took them, with the pages they lead to; `media`
    are (post, kind, description), `answers` (post, title) of their polls, in their order.
    """
    if not posts:
        return
    shown: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for post_id, kind, alt in media:
        shown[post_id].append((kind, alt))
    asked: dict[int, list[str]] = defaultdict(list)
    for post_id, title in answers:
        asked[post_id].append(title)
    connection = await session.connection()
    write = _written_as(connection.dialect.name)
    rows = [SimpleNamespace(**{name: post.get(name) for name in _NAMES}) for post in posts]
    await connection.execute(
        _INSERT,
        [
            {
                "post_id": row.id,
                "words": write(_entry(row, shown.get(row.id, ()), asked.get(row.id, ()))),
            }
            for row in rows
        ],
    )


def _written_as(dialect: str) -> Callable[[Entry], str]:
    return as_text if dialect == "sqlite" else as_vector


def as_text(entry: Entry) -> str:
    """Return an entry as FTS5 reads it: words with spaces, and a break after each part."""
    return " ".join([*entry.marks, *(word for part in entry.parts for word in (_BREAK, *part))])


def as_vector(entry: Entry) -> str:
    """Return an entry as a `tsvector` of PostgreSQL, with a place left free after each part."""
    places: dict[str, list[str]] = {}
    position = 0
    for part in entry.parts:
        for word in part:
            position += 1
            kept = places.setdefault(word, [])
            if position <= _MAX_POSITION and len(kept) < _MAX_PLACES:
                kept.append(str(position))
        position += 1
    return " ".join(
        [
            *(f"'{mark}'" for mark in entry.marks),
            *(f"'{word}':{','.join(at)}" if at else f"'{word}'" for word, at in places.items()),
        ]
    )


def _entry(row: _Post, media: Sequence[tuple[str, str]], answers: Sequence[str]) -> Entry:
    return Entry(
        tuple(_marks(row, [kind for kind, _alt in media], bool(answers))),
        tuple(_parts(row, media, answers)),
    )


def _marks(row: _Post, kinds: Sequence[str], has_poll: bool) -> Iterator[str]:
    yield EVERY
    yield author_mark(row.account_id)
    if row.visibility == "public":
        yield fact_mark("in", "public")
    if row.language:
        yield language_mark(row.language)
    if kinds:
        yield fact_mark("has", "media")
    for kind in {"video" if kind == "gifv" else kind for kind in kinds}:
        yield fact_mark("has", kind)
    facts = {
        ("has", "poll"): has_poll,
        ("has", "link"): row.card_url is not None,
        ("is", "reply"): row.in_reply_to_id is not None or row.in_reply_to_uri is not None,
        ("is", "quote"): row.quote_of_id is not None or row.quote_of_uri is not None,
        ("is", "sensitive"): row.sensitive,
    }
    for (name, value), holds in facts.items():
        if holds:
            yield fact_mark(name, value)


def _parts(
    row: _Post, media: Sequence[tuple[str, str]], answers: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    others = [text for text in (row.content_map or {}).values() if text != row.content]
    left = MAX_TEXT
    for text in (
        row.title,
        row.summary,
        *(plain_text(html) for html in (row.content, *others) if isinstance(html, str)),
        *answers,
        *(alt for _kind, alt in media),
    ):
        if text and left > 0:
            yield tuple(stem(token) for token in tokens(text[:left]))
            left -= len(text)
