"""Pages of lists that are put in order by an id."""

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Integer, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import InstrumentedAttribute

from fedi_k12.domain.paging import Page, PageRequest

PageOf = Select[int] | Select[int, int]
Cursor = ColumnElement[int] | InstrumentedAttribute[int]


async def page_of(
    session: AsyncSession,
    statement: PageOf,
    cursor: Cursor,
    page: PageRequest,
    given: Mapping[str, int] | None = None,
) -> Page[int]:
    """Return a page of the ids in the first column, in order of `cursor`, newest first.

    Where the statement has a second column, that is the cursor's value (relation rows). One
    that is built once (`storage.built`) is handed in with the values of its parameters,
    `given`, and its pages are built once, too.
    """
    bounds = {
        name: value
        for name in ("max_id", "since_id", "min_id")
        if (value := getattr(page, name)) is not None
    }
    cut = _cut if given is None else _cut_once
    found = await session.execute(
        cut(statement, cursor, tuple(bounds), page.ascending),
        {**bounds, "page_size": page.limit, **(given or {})},
    )
    rows = [tuple(row) for row in found]
    if page.ascending:
        rows.reverse()
    if not rows:
        return Page([])
    return Page([row[0] for row in rows], newest=rows[0][-1], oldest=rows[-1][-1])


def _cut(statement: PageOf, cursor: Cursor, bounds: tuple[str, ...], ascending: bool) -> PageOf:
    """Return the statement cut to a page, whose bounds and `page_size` are parameters."""
    for name in bounds:
        bound: BindParameter[int] = bindparam(name, type_=BigInteger)
        statement = statement.where(cursor < bound if name == "max_id" else cursor > bound)
    order = cursor.asc() if ascending else cursor.desc()
    return statement.order_by(order).limit(bindparam("page_size", type_=Integer))


_cut_once = lru_cache(_cut)
