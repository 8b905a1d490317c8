"""Queries of boards: who sits on them, and who of them wrote in a thread."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.tables import AccountRow, BoardMemberRow, BoardRow, PostRow


async def all_of_them(session: AsyncSession) -> list[BoardRow]:
    """Return the boards by name."""
    return list(await session.scalars(select(BoardRow).order_by(BoardRow.name, BoardRow.id)))


async def members_of(session: AsyncSession, board_id: int) -> list[AccountRow]:
    """Return the accounts of those who sit on a board, by their names."""
    rows = await session.scalars(
        select(AccountRow)
        .join(BoardMemberRow, BoardMemberRow.account_id == AccountRow.id)
        .where(BoardMemberRow.board_id == board_id)
        .order_by(AccountRow.username)
    )
    return list(rows)


async def seat(session: AsyncSession, board_id: int, account_ids: Sequence[int]) -> None:
    """Let exactly these accounts sit on a board."""
    await session.execute(delete(BoardMemberRow).where(BoardMemberRow.board_id == board_id))
    if account_ids:
        await session.execute(
            insert(BoardMemberRow),
            [{"board_id": board_id, "account_id": one} for one in account_ids],
        )


async def met_in(
    session: AsyncSession, *, account_id: int, thread_id: int
) -> list[tuple[BoardRow, int]]:
    """Return (board, other member) of those who wrote in a thread, of boards that warn.

    Others of the boards that the account sits on; each once for each board.
    """
    mine, other = aliased(BoardMemberRow), aliased(BoardMemberRow)
    rows = await session.execute(
        select(BoardRow, other.account_id)
        .join(mine, mine.board_id == BoardRow.id)
        .join(other, other.board_id == BoardRow.id)
        .where(
            BoardRow.warns.is_(True),
            mine.account_id == account_id,
            other.account_id != account_id,
            exists().where(
                PostRow.thread_id == thread_id,
                PostRow.account_id == other.account_id,
            ),
        )
        .order_by(BoardRow.id, other.account_id)
    )
    return [(row[0], row[1]) for row in rows]


async def wrote_before(
    session: AsyncSession, *, account_id: int, thread_id: int, post_id: int
) -> bool:
    """Return whether an account wrote in a thread before this post of it."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    PostRow.thread_id == thread_id,
                    PostRow.account_id == account_id,
                    PostRow.id != post_id,
                )
            )
        )
    )
