"""The search among the words of posts: FTS5 on SQLite, full text on PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import SQLColumnExpression

from fedi_k12.domain.ids import MAX_ID
from fedi_k12.domain.search_query import Condition, SearchQuery, Words, stem
from storage import search_words as marks
from storage.posts import wanted_by
from storage.searching import concerns, findable_authors, findable_by, library_of
from storage.tables import AccountRow, MediaRow, PollRow, PostRow, PostWordsRow
from storage.tables.base import BigId

SCANNED = 40_000
"""So many posts of strangers are looked at for one query, the newest that fit, before it ends.

What fits is found by the index alone: words, who wrote it, its language, what it has and is,
and when it was written. Looked at is whether the viewer may find it. So the bound is met only
by words of very many posts that nearly all are hidden from the viewer, on a server where more
than `FEW` authors let themselves be found. One's own library is always searched whole.
"""
FEW = 100
"""Where no more authors let the viewer find them, only their posts are looked at, but all."""

_FIRST, _MOST = 500, 8000
_EARLY = timedelta(minutes=11)
"""So much later than its author's clock the id of a post can be (`services.receive.FRESH`)."""
_LOW_BITS = 16

_index = table("post_words_index", column("rowid", BigId))
_viewer: BindParameter[int] = bindparam("viewer", type_=BigId)
_post_id: ColumnElement[int] = PostWordsRow.__table__.c.post_id


class Bounds(Struct, frozen=True):
    """Which part of what is found is asked for: posts between two ids, an author's."""

    limit: int
    offset: int = 0
    account_id: int | None = None
    min_id: int | None = None
    max_id: int | None = None


class _Asked(Struct, frozen=True):
    """A query as the index takes it: alternatives that must all be met, and what must not be.

    `above` and `below` are ids that it lies between, `forwards` is from the oldest on;
    `conditions` are asked of the post itself.
    """

    wanted: tuple[tuple[Words, ...], ...]
    unwanted: tuple[Words, ...]
    above: int
    below: int
    forwards: bool
    conditions: tuple[ColumnElement[bool], ...]


async def find(
    session: AsyncSession, query: SearchQuery, *, viewer_id: int, own_host: str, bounds: Bounds
) -> list[int]:
    """Return the ids of posts that fit and that the viewer may find, the newest first.

    With `min_id` they are those next to it (https://docs.joinmastodon.org/methods/search/#v2).
    See `SCANNED` for what is bounded.
    """
    if not query.wants:
        return []
    asked = await _asked(session, query, viewer_id, own_host, bounds)
    if asked is None:
        return []
    need = bounds.offset + bounds.limit
    found = set(await _in_library(session, asked, viewer_id, need))
    if not any(one.value == "library" and not one.unwanted for one in query.conditions):
        found.update(await _among_all(session, asked, viewer_id, need))
    page = sorted(found, reverse=not asked.forwards)[bounds.offset : need]
    return sorted(page, reverse=True)


async def _asked(
    session: AsyncSession, query: SearchQuery, viewer_id: int, own_host: str, bounds: Bounds
) -> _Asked | None:
    """Return what the index is asked, or None where an author is asked for who is not there."""
    wanted: list[tuple[Words, ...]] = [
        (_stemmed(one),) for one in query.words if not one.unwanted
    ]
    above, below = bounds.min_id or 0, bounds.max_id or MAX_ID
    if bounds.account_id is not None:
        wanted.append((_mark(marks.author_mark(bounds.account_id)),))
    for one in query.conditions:
        if one.unwanted:
            continue
        if one.name == "from":
            authors = list(await session.scalars(_authors(one.value, viewer_id, own_host)))
            if not authors:
                return None
            wanted.append(tuple(_mark(marks.author_mark(number)) for number in authors))
        if one.since is not None:
            above = max(above, _id_of(one.since) - 1)
        if one.until is not None:
            below = min(below, _id_of(one.until + _EARLY))
        if (mark := _mark_for(one)) is not None:
            wanted.append((_mark(mark),))
    return _Asked(
        tuple(wanted) or ((_mark(marks.EVERY),),),
        tuple(_stemmed(one) for one in query.words if one.unwanted),
        above,
        below,
        bounds.min_id is not None,
        tuple(_condition(one, viewer_id, own_host) for one in query.conditions),
    )


async def _in_library(
    session: AsyncSession, asked: _Asked, viewer_id: int, need: int
) -> Sequence[int]:
    """Return what fits of the posts that concern the viewer: few, so each is read."""
    library = library_of(viewer_id).subquery()
    number = PostWordsRow.post_id
    held = select(number).where(
        number.in_(select(library.c.post_id)),
        number > asked.above,
        number < asked.below,
        *(_reads(asked) if _is_sqlite(session) else _reads_vector(asked)),
    )
    return await _passed(session, PostRow.id.in_(held), asked, viewer_id, need)


async def _among_all(
    session: AsyncSession, asked: _Asked, viewer_id: int, need: int
) -> Sequence[int]:
    """Return what fits of the posts whose authors let the viewer find them: see `SCANNED`."""
    authors = list(await session.scalars(findable_authors(viewer_id).limit(FEW + 1)))
    if not authors:
        return []
    if few := len(authors) <= FEW:
        theirs = tuple(_mark(marks.author_mark(number)) for number in authors)
        asked = replace(asked, wanted=(*asked.wanted, theirs))
    found: list[int] = []
    size, scanned = max(_FIRST, min(need, _MOST)), 0
    while len(found) < need and (few or scanned < SCANNED):
        ids = list(await session.scalars(_held(session, asked, size)))
        found += await _passed(session, PostRow.id.in_(ids), asked, viewer_id, need)
        if len(ids) < size:
            break
        asked = (
            replace(asked, above=ids[-1]) if asked.forwards else replace(asked, below=ids[-1])
        )
        size, scanned = min(size * 4, _MOST), scanned + len(ids)
    return found


async def _passed(
    session: AsyncSession,
    among: ColumnElement[bool],
    asked: _Asked,
    viewer_id: int,
    need: int,
) -> Sequence[int]:
    """Return the first posts of some that the viewer may find and wants to read."""
    statement = (
        select(PostRow.id)
        .where(among, *asked.conditions, _findable())
        .order_by(_in_order(PostRow.id, asked))
        .limit(need)
    )
    return list(await session.scalars(statement, {_viewer.key: viewer_id}))


@cache
def _findable() -> ColumnElement[bool]:
    """Return the condition that `_viewer` may find a post and wants to read its author.

    Made once: to build it takes longer than most searches.
    """
    return and_(findable_by(_viewer), wanted_by(_viewer))


@cache
def _concerning() -> ColumnElement[bool]:
    return concerns(_viewer)


def _in_order(number: SQLColumnExpression[int], asked: _Asked) -> ColumnElement[int]:
    return number.asc() if asked.forwards else number.desc()


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _held(session: AsyncSession, asked: _Asked, size: int) -> Select[int]:
    """Return the ids of the first posts that the index has for what is asked."""
    on_sqlite = _is_sqlite(session)
    number: ColumnElement[int] = _index.c.rowid if on_sqlite else _post_id
    return (
        select(number)
        .where(
            number > asked.above,
            number < asked.below,
            literal_column("post_words_index").op("MATCH")(_fts5(asked))
            if on_sqlite
            else _matches(asked),
        )
        .order_by(_in_order(number, asked))
        .limit(size)
    )


def _matches(asked: _Asked) -> ColumnElement[bool]:
    # Written into the statement, so that the planner sees how rare the words are.
    said: BindParameter[str] = bindparam(
        "said", _tsquery(asked), String(), literal_execute=True, unique=True
    )
    return PostWordsRow.words.op("@@")(cast(said, TSQUERY))


def _reads_vector(asked: _Asked) -> list[ColumnElement[bool]]:
    """Return the same condition in the form that PostgreSQL asks no index for."""
    said: ColumnElement[str] = cast(literal(_tsquery(asked)), TSQUERY)
    return [func.ts_match_vq(PostWordsRow.words, said)]


def _reads(asked: _Asked) -> list[ColumnElement[bool]]:
    """Return the conditions that a text has what is asked: what FTS5 would say, without it."""
    text = literal(" ") + PostWordsRow.words + " "

    def has(one: Words) -> ColumnElement[bool]:
        end = "" if one.open_ended else " "
        return func.instr(text, f" {' '.join(one.tokens)}{end}") > 0

    return [
        *(or_(*map(has, group)) for group in asked.wanted),
        *(not_(has(one)) for one in asked.unwanted),
    ]


def _fts5(asked: _Asked) -> str:
    # Tokens are letters and figures, and stand between quotes: nothing in them is syntax.
    def phrase(one: Words) -> str:
        return f'"{" ".join(one.tokens)}"{"*" if one.open_ended else ""}'

    wanted = " AND ".join(f"({' OR '.join(map(phrase, group))})" for group in asked.wanted)
    return f"({wanted})" + "".join(f" NOT {phrase(one)}" for one in asked.unwanted)


def _tsquery(asked: _Asked) -> str:
    # As above: each token stands between apostrophes.
    def phrase(one: Words) -> str:
        said = " <-> ".join(f"'{token}'" for token in one.tokens)
        return f"({said}:*)" if one.open_ended else f"({said})"

    wanted = " & ".join(f"({' | '.join(map(phrase, group))})" for group in asked.wanted)
    return wanted + "".join(f" & !{phrase(one)}" for one in asked.unwanted)


def _mark(mark: str) -> Words:
    return Words((mark,), open_ended=False)


def _stemmed(one: Words) -> Words:
    return Words(tuple(map(stem, one.tokens)), one.open_ended, one.unwanted)


def _id_of(moment: datetime) -> int:
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return min(max(0, milliseconds << _LOW_BITS), MAX_ID)


def _mark_for(one: Condition) -> str | None:
    if one.name == "language":
        return marks.language_mark(one.value)
    if one.name in {"has", "is"} or one.value == "public":
        return marks.fact_mark(one.name, "link" if one.value == "embed" else one.value)
    return None


def _condition(wanted: Condition, viewer_id: int, own_host: str) -> ColumnElement[bool]:
    found = _said(wanted, viewer_id, own_host)
    return not_(func.coalesce(found, False)) if wanted.unwanted else found


def _said(wanted: Condition, viewer_id: int, own_host: str) -> ColumnElement[bool]:
    value = wanted.value
    match wanted.name:
        case "from":
            return PostRow.account_id.in_(_authors(value, viewer_id, own_host))
        case "language":
            return or_(PostRow.language == value, PostRow.language.startswith(f"{value}-"))
        case "in":
            return _concerning() if value == "library" else PostRow.visibility == "public"
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


def _authors(handle: str, viewer_id: int, own_host: str) -> Select[int]:
    if handle == "me":
        return select(AccountRow.id).where(AccountRow.id == viewer_id)
    name, _, host = handle.partition("@")
    return select(AccountRow.id).where(
        AccountRow.username_key == name,
        AccountRow.domain == ("" if host == own_host else host),
    )


def _has(what: str) -> ColumnElement[bool]:
    if what == "poll":
        return exists().where(PollRow.post_id == PostRow.id)
    if what in {"link", "embed"}:
        return PostRow.card_url.is_not(None)
    kinds = {"image": ("image",), "video": ("video", "gifv"), "audio": ("audio",)}
    media = exists().where(MediaRow.post_id == PostRow.id)
    return media.where(MediaRow.kind.in_(kinds[what])) if what in kinds else media
