"""Whether the store agrees with itself: what refers to nothing, and what is counted wrongly."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import (
    AccountRow,
    Base,
    FavouriteRow,
    FollowRow,
    PostRow,
)

AT_ONCE = 1000
"""So many rows are counted again in one transaction."""

_post: Table = PostRow.__table__  # type: ignore[assignment]  # declared as a wider type
_other = _post.alias("other")


class Counted(Struct, frozen=True):
    """A column that holds how many rows there are of something."""

    table: Table
    column: str
    true: ColumnElement[int]
    """What it should be, for a row of the table."""

    @property
    def name(self) -> str:
        """How a person reads of it."""
        return f"{self.table.name}.{self.column}"


def _number(column: Any, *where: ColumnElement[bool]) -> ColumnElement[int]:
    found = select(func.count(column)).where(*where)
    return found.correlate_except(column.table).scalar_subquery()


def counted() -> tuple[Counted, ...]:
    """Return every column that counts rows, and how it comes about."""
    account: Table = AccountRow.__table__  # type: ignore[assignment]  # as above
    follow: Table = FollowRow.__table__  # type: ignore[assignment]  # as above
    favourite: Table = FavouriteRow.__table__  # type: ignore[assignment]  # as above
    other = _other.c
    return (
        Counted(
            account,
            "followers_count",
            _number(follow.c.id, follow.c.target_id == account.c.id, follow.c.accepted),
        ),
        Counted(
            account,
            "following_count",
            _number(follow.c.id, follow.c.follower_id == account.c.id, follow.c.accepted),
        ),
        Counted(
            account,
            "posts_count",
            _number(other.id, other.account_id == account.c.id, other.boost_of_id.is_(None)),
        ),
        Counted(
            _post,
            "replies_count",
            _number(other.id, other.in_reply_to_id == _post.c.id, other.reply_state.is_(None)),
        ),
        Counted(_post, "boosts_count", _number(other.id, other.boost_of_id == _post.c.id)),
        Counted(
            _post,
            "quotes_count",
            _number(other.id, other.quote_of_id == _post.c.id, other.quote_state == "accepted"),
        ),
        Counted(
            _post,
            "favourites_count",
            _number(favourite.c.id, favourite.c.post_id == _post.c.id),
        ),
    )


async def orphans(session: AsyncSession) -> dict[str, int]:
    """Return how many rows refer to one that is not there, by column; only those with any."""
    found = {}
    for name, child, parent in _references():
        missing = (
            select(func.count())
            .select_from(child.table.outerjoin(parent.table, child == parent))
            .where(child.is_not(None), parent.is_(None))
        )
        if number := await session.scalar(missing):
            found[name] = number
    return found


async def wrong(session: AsyncSession, one: Counted) -> int:
    """Return in how many rows a count is not what it counts."""
    statement = select(func.count()).select_from(one.table).where(_differs(one))
    return await session.scalar(statement) or 0


async def mend(session: AsyncSession, one: Counted, *, after: int) -> tuple[int, int | None]:
    """Count again in the next rows with an id above `after`.

    Returns how many were wrong, and the last id that was looked at, None at the end.
    """
    key = one.table.c.id
    rows = await session.scalars(
        select(key).where(key > after).order_by(key).limit(AT_ONCE).with_for_update()
    )
    ids: Sequence[int] = list(rows)
    if not ids:
        return 0, None
    done = await session.execute(
        update(one.table)
        .where(key.in_(ids), _differs(one))
        .values({one.column: one.true, "version": one.table.c.version + 1})
    )
    return done.rowcount, ids[-1]  # type: ignore[attr-defined]  # of an UPDATE


def _differs(one: Counted) -> ColumnElement[bool]:
    return one.table.c[one.column] != one.true


def _references() -> Iterator[tuple[str, Any, Any]]:
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            parent = key.column.table.alias("parent")
            yield f"{table.name}.{key.parent.name}", key.parent, parent.c[key.column.name]
