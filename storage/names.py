"""Whom a few letters may mean: read from indexes alone, however many accounts are known.

Handles are a range of their index. Words of names are in an index that the migration makes,
because SQLAlchemy has no word for it: FTS5 kept by triggers on SQLite, GIN on PostgreSQL.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import AccountRow

_LAST = "\U0010ffff"
"""Nothing that begins with a text comes after the text with this sign behind it."""


def meant_by(
    session: AsyncSession,
    *,
    beginnings: Collection[str],
    words: Sequence[str],
    most: int | None = None,
) -> CompoundSelect[int]:
    """Return the query for ids of accounts whose handle, or words of whose name, begin so.

    `words` are those of `domain.search_query.tokens`; a name has to have all of them. Where
    `most` is given, so many are looked at in each way: accounts of this server by their
    handles, all by their handles, the first of the alphabet, and all by their names.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    handles = [
        select(AccountRow.id).where(*_range(one, on_sqlite)).order_by(AccountRow.username_key)
        for one in beginnings
    ]
    found = [one.where(AccountRow.domain == "") for one in handles] if most else []
    found += handles
    if words:
        found.append(_named_sqlite(words) if on_sqlite else _named_postgresql(words))
    cut = [one.limit(most).subquery() for one in found]
    return union_all(*(select(one.c[0]) for one in cut))


def _range(beginning: str, on_sqlite: bool) -> list[ColumnElement[bool]]:
    key = AccountRow.username_key
    if on_sqlite:
        return [key >= beginning, key < beginning + _LAST]
    # By bytes, as the index is sorted: other orders have no beginnings.
    return [key.op("~>=~")(beginning), key.op("~<~")(beginning + _LAST)]


def _named_sqlite(words: Sequence[str]) -> Select[int]:
    index = table("account_words_index", column("rowid"))
    said = " ".join(f'"{word}"*' for word in words)
    return select(index.c.rowid.label("id")).where(
        literal_column("account_words_index").op("MATCH")(said)
    )


def _named_postgresql(words: Sequence[str]) -> Select[int]:
    # Written into the statement, so that the planner sees how rare the words are.
    said = bindparam(
        "said",
        " & ".join(f"'{word}':*" for word in words),
        String(),
        literal_execute=True,
        unique=True,
    )
    kept = func.array_to_tsvector(
        func.string_to_array(func.ltrim(AccountRow.name_key), literal_column("' '"))
    )
    return select(AccountRow.id).where(kept.op("@@")(cast(said, TSQUERY)))
