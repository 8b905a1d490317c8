"""Counting what an official account said, and to whom."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.desk import OPEN
from storage.tables import CaseRow, MemberRow, OfficialRow, PostRow


async def said(
    session: AsyncSession, account_id: int, *, since: datetime, until: datetime
) -> Sequence[int]:
    """Return how many (own posts, boosts, replies to staff, other replies) an account made.

    Staff is who signed up here as staff, and this server's official accounts. What it adds to
    a post of its own is an own post.
    """
    to = PostRow.in_reply_to_account_id
    staff = or_(
        exists().where(MemberRow.account_id == to, MemberRow.affiliation == "staff"),
        exists().where(OfficialRow.account_id == to),
    )
    boost = PostRow.boost_of_id.is_not(None)
    answers = or_(to.is_not(None), PostRow.in_reply_to_uri.is_not(None))
    others = and_(~boost, answers, or_(to.is_(None), to != account_id))
    row = await session.execute(
        select(
            _count(and_(~boost, ~others)),
            _count(boost),
            _count(and_(others, to.is_not(None), staff)),
            _count(and_(others, or_(to.is_(None), ~staff))),
        ).where(
            PostRow.account_id == account_id,
            PostRow.created_at >= since,
            PostRow.created_at < until,
        )
    )
    return [number or 0 for number in row.one()]


async def asked(
    session: AsyncSession, account_id: int, *, since: datetime, until: datetime
) -> tuple[int, int]:
    """Return how many cases of an account came, and how many of them wait for an answer now."""
    row = await session.execute(
        select(func.count(), _count(CaseRow.state.in_(OPEN))).where(
            CaseRow.account_id == account_id,
            CaseRow.created_at >= since,
            CaseRow.created_at < until,
        )
    )
    came, open_now = row.one()
    return came, open_now or 0


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
