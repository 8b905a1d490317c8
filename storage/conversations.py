"""Queries about letters: who has which, and the threads they make."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select, true, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
from storage.posts import visible_to, wanted_by
from storage.tables import AccountRow, ConversationRow, LetterRow, MentionRow, PostRow


async def put(session: AsyncSession, post_ids: Sequence[int]) -> None:
    """Give direct posts to the accounts of this server that wrote them or are addressed."""
    if not post_ids:
        return
    letter = PostRow.id.in_(post_ids) & (PostRow.visibility == "direct")
    people = union(
        select(PostRow.account_id.label("account_id"), PostRow.id.label("post_id")).where(
            letter
        ),
        select(PostRow.in_reply_to_account_id, PostRow.id).where(
            letter, PostRow.in_reply_to_account_id.is_not(None)
        ),
        select(MentionRow.account_id, PostRow.id)
        .join(PostRow, PostRow.id == MentionRow.post_id)
        .where(letter),
    ).subquery()
    rows = (
        select(people.c.account_id, people.c.post_id)
        .join(AccountRow, AccountRow.id == people.c.account_id)
        .where(AccountRow.domain == "", true())
    )
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(LetterRow).from_select(["account_id", "post_id"], rows)
    await session.execute(statement.on_conflict_do_nothing())


async def page(
    session: AsyncSession, account_id: int, request: PageRequest, *, thread_id: int | None
) -> Page[int]:
    """Return a page of the last letter of each thread, or of one; the cursor is its id."""
    statement = (
        select(func.max(PostRow.id).label("last"))
        .join(LetterRow, LetterRow.post_id == PostRow.id)
        .outerjoin(
            ConversationRow,
            and_(
                ConversationRow.account_id == account_id,
                ConversationRow.thread_id == PostRow.thread_id,
            ),
        )
        .where(
            LetterRow.account_id == account_id,
            PostRow.visibility == "direct",
            visible_to(account_id),
            wanted_by(account_id),
            PostRow.id > func.coalesce(ConversationRow.hidden_up_to, 0),
        )
        .group_by(PostRow.thread_id)
    )
    if thread_id is not None:
        statement = statement.where(PostRow.thread_id == thread_id)
    threads = statement.subquery()
    return await page_of(session, select(threads.c.last), threads.c.last, request)


async def marks(
    session: AsyncSession, account_id: int, thread_ids: Sequence[int]
) -> dict[int, ConversationRow]:
    """Return how far an account has read these threads, by thread."""
    rows = await session.scalars(
        select(ConversationRow).where(
            ConversationRow.account_id == account_id,
            ConversationRow.thread_id.in_(thread_ids),
        )
    )
    return {row.thread_id: row for row in rows}
