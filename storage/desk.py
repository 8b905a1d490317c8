"""Queries about the response desk: which posts reach official accounts, and their cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.desk import OPEN
from fedi_k12.domain.ids import new_id
from storage.officials import stands
from storage.tables import (
    AccountRow,
    CaseMessageRow,
    CaseRow,
    CaseStepRow,
    CharterRow,
    DelegationRow,
    MemberRow,
    MentionRow,
    OfficialRow,
    PostRow,
)


class Reaching(Struct, frozen=True):
    """That a post reaches an official account."""

    official_id: int
    post_id: int
    thread_id: int
    person_id: int
    handle: str


async def reaching(session: AsyncSession, post_ids: Sequence[int]) -> list[Reaching]:
    """Return which of these posts answer or name official accounts, but not in a case yet.

    Not an account's own. Nobody else is left out: an official account shuts nobody out. A
    letter is one where the charter says that letters are taken, or where one goes on.
    """
    going_on = exists().where(
        CaseRow.account_id == OfficialRow.account_id,
        CaseRow.person_id == PostRow.account_id,
        CaseRow.thread_id == PostRow.thread_id,
    )
    named = exists().where(
        MentionRow.post_id == PostRow.id,
        MentionRow.account_id == OfficialRow.account_id,
        or_(MentionRow.silent.is_(False), PostRow.visibility == "direct"),
    )
    there = exists().where(
        CaseMessageRow.post_id == PostRow.id,
        CaseMessageRow.case_id == CaseRow.id,
        CaseRow.account_id == OfficialRow.account_id,
    )
    rows = await session.execute(
        select(OfficialRow.account_id, PostRow, AccountRow)
        .select_from(OfficialRow)
        .join(PostRow, PostRow.id.in_(post_ids))
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(
            or_(PostRow.in_reply_to_account_id == OfficialRow.account_id, named),
            PostRow.boost_of_id.is_(None),
            PostRow.account_id != OfficialRow.account_id,
            ~there,
            or_(PostRow.visibility != "direct", _takes_letters(), going_on),
        )
        .order_by(PostRow.id)
    )
    return [
        Reaching(official_id, post.id, post.thread_id, post.account_id, person.acct)
        for official_id, post, person in rows
    ]


def _takes_letters() -> ColumnElement[bool]:
    """Return the condition that the charter in force of an official account takes letters."""
    newer = aliased(CharterRow)
    return exists().where(
        CharterRow.account_id == OfficialRow.account_id,
        CharterRow.direct_messages.is_(True),
        ~exists().where(
            newer.account_id == CharterRow.account_id, newer.version > CharterRow.version
        ),
    )


async def case_for(session: AsyncSession, one: Reaching, *, now: datetime) -> CaseRow:
    """Return the case that a post belongs to: of its thread and its author, or a new one.

    Two that come at once make one case.
    """
    of_both = (CaseRow.account_id == one.official_id, CaseRow.person_id == one.person_id)
    known = await session.scalar(
        select(CaseRow)
        .join(CaseMessageRow, CaseMessageRow.case_id == CaseRow.id)
        .join(PostRow, PostRow.id == CaseMessageRow.post_id)
        .where(*of_both, PostRow.thread_id == one.thread_id)
        .limit(1)
    )
    if known is not None:
        return known
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await session.execute(
        make(CaseRow)
        .values(
            id=new_id(),
            account_id=one.official_id,
            person_id=one.person_id,
            handle=one.handle,
            thread_id=one.thread_id,
            state="waiting",
            waiting_since=now,
            assigned_handle="",
            answered_handle="",
            reason="",
            remark="",
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    rows = await session.scalars(
        select(CaseRow).where(*of_both, CaseRow.thread_id == one.thread_id)
    )
    return rows.one()


async def by_id(session: AsyncSession, case_id: int) -> CaseRow | None:
    """Return the case with this id."""
    return await session.get(CaseRow, case_id)


async def listed(
    session: AsyncSession,
    account_id: int,
    *,
    states: Sequence[str],
    assigned_to: int | None = None,
    newest_first: bool = False,
    after: CaseRow | None = None,
    limit: int,
) -> list[CaseRow]:
    """Return cases of an account, from after one of them.

    Whoever waits longest stands first; with `newest_first` it is the other way round.
    """
    statement = select(CaseRow).where(
        CaseRow.account_id == account_id, CaseRow.state.in_(states)
    )
    if assigned_to is not None:
        statement = statement.where(CaseRow.assigned_to == assigned_to)
    if after is not None:
        place, there = (
            tuple_(CaseRow.waiting_since, CaseRow.id),
            tuple_(after.waiting_since, after.id),
        )
        statement = statement.where(place < there if newest_first else place > there)
    order = (CaseRow.waiting_since, CaseRow.id)
    by = [column.desc() for column in order] if newest_first else list(order)
    rows = await session.scalars(statement.order_by(*by).limit(limit))
    return list(rows)


async def count_open(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, int]:
    """Return how many cases of each of these accounts are not answered."""
    rows = await session.execute(
        select(CaseRow.account_id, func.count())
        .where(CaseRow.account_id.in_(account_ids), CaseRow.state.in_(OPEN))
        .group_by(CaseRow.account_id)
    )
    return {row[0]: row[1] for row in rows}


async def messages_of(
    session: AsyncSession, case_ids: Sequence[int]
) -> dict[int, list[CaseMessageRow]]:
    """Return the posts of cases, the oldest first, by case."""
    rows = await session.scalars(
        select(CaseMessageRow)
        .where(CaseMessageRow.case_id.in_(case_ids))
        .order_by(CaseMessageRow.post_id)
    )
    found: dict[int, list[CaseMessageRow]] = {number: [] for number in case_ids}
    for row in rows:
        found[row.case_id].append(row)
    return found


async def mark_gone(session: AsyncSession, post_id: int, *, now: datetime) -> None:
    """Remember in its cases that a post was deleted."""
    await session.execute(
        update(CaseMessageRow).where(CaseMessageRow.post_id == post_id).values(gone_at=now)
    )


async def answered_by(session: AsyncSession, post: PostRow) -> list[CaseRow]:
    """Return the cases of a post's author that the post answers.

    It answers a post of the case, or names in its thread whoever asked.
    """
    same_thread = exists().where(
        CaseMessageRow.case_id == CaseRow.id,
        CaseMessageRow.post_id == PostRow.id,
        PostRow.thread_id == post.thread_id,
    )
    named = exists().where(
        MentionRow.post_id == post.id, MentionRow.account_id == CaseRow.person_id
    )
    direct = exists().where(
        CaseMessageRow.case_id == CaseRow.id, CaseMessageRow.post_id == post.in_reply_to_id
    )
    rows = await session.scalars(
        select(CaseRow)
        .where(CaseRow.account_id == post.account_id, or_(direct, and_(same_thread, named)))
        .order_by(CaseRow.id)
    )
    return list(rows)


async def answered_with(session: AsyncSession, post_id: int) -> list[CaseRow]:
    """Return the cases whose last answer is this post."""
    rows = await session.scalars(
        select(CaseRow).where(CaseRow.answer_id == post_id, CaseRow.state == "answered")
    )
    return list(rows)


async def assigned_to(session: AsyncSession, account_id: int, member_id: int) -> list[CaseRow]:
    """Return the open cases of an account that somebody is to answer."""
    rows = await session.scalars(
        select(CaseRow).where(
            CaseRow.account_id == account_id,
            CaseRow.assigned_to == member_id,
            CaseRow.state == "assigned",
        )
    )
    return list(rows)


async def turn(
    session: AsyncSession, row: CaseRow, *, before: Sequence[str], values: Mapping[str, object]
) -> bool:
    """Change a case if it stands as it stood for who decided; return whether it did."""
    done = await session.execute(
        update(CaseRow)
        .where(CaseRow.id == row.id, CaseRow.state.in_(before))
        .values(dict(values))
        .returning(CaseRow.id)
        .execution_options(synchronize_session=False)
    )
    turned = done.scalar_one_or_none() is not None
    await session.refresh(row)
    return turned


async def steps_of(session: AsyncSession, case_id: int) -> list[CaseStepRow]:
    """Return what became of a case, the oldest first."""
    rows = await session.scalars(
        select(CaseStepRow).where(CaseStepRow.case_id == case_id).order_by(CaseStepRow.id)
    )
    return list(rows)


async def team(session: AsyncSession, account_id: int) -> list[tuple[int, str]]:
    """Return (member, handle) of everybody who could answer for an account now."""
    rows = await session.execute(
        select(MemberRow.id, AccountRow.username)
        .join(DelegationRow, DelegationRow.member_id == MemberRow.id)
        .join(AccountRow, AccountRow.id == MemberRow.account_id)
        .where(
            DelegationRow.account_id == account_id, stands(), MemberRow.disabled_at.is_(None)
        )
        .order_by(AccountRow.username_key)
    )
    return [(row[0], row[1]) for row in rows]
