"""Counting how official accounts were used: each query is about all of them at once."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import (
    AccountRow,
    BreakGlassRow,
    CaseRow,
    CaseStepRow,
    CharterRow,
    DelegationRow,
    DeletionRow,
    DigestRow,
    GuideAcceptanceRow,
    GuideRow,
    MediaRow,
    MemberRow,
    OfficialRow,
    PostRow,
    PublicActRow,
    SessionRow,
    SubmissionRow,
    SubmissionStepRow,
    TokenRow,
    YearReviewRow,
)

Counts = dict[int, Sequence[int]]
"""By account: what the query says that it counts."""


class Span(Struct, frozen=True):
    """From a moment until before another."""

    begin: datetime
    end: datetime

    def holds(self, column: object) -> ColumnElement[bool]:
        """Return the condition that a moment lies in it."""
        moment: ColumnElement[datetime] = column  # type: ignore[assignment] # a column of a table
        return (moment >= self.begin) & (moment < self.end)


async def speaking(session: AsyncSession, *, before: datetime) -> list[AccountRow]:
    """Return the official accounts that were made before a moment and are not gone, by name."""
    rows = await session.scalars(
        select(AccountRow)
        .join(OfficialRow, OfficialRow.account_id == AccountRow.id)
        .where(AccountRow.deleted_at.is_(None), OfficialRow.made_at < before)
        .order_by(AccountRow.username_key)
    )
    return list(rows)


async def charters(session: AsyncSession, ids: Sequence[int]) -> dict[int, CharterRow]:
    """Return the newest charter of each account that has one."""
    rows = await session.scalars(
        select(CharterRow)
        .where(CharterRow.account_id.in_(ids))
        .order_by(CharterRow.account_id, CharterRow.version)
    )
    return {row.account_id: row for row in rows}


async def guides(session: AsyncSession, ids: Sequence[int]) -> dict[int, GuideRow]:
    """Return the newest guide of each account that has one of its own."""
    rows = await session.scalars(
        select(GuideRow)
        .where(GuideRow.account_id.in_(ids))
        .order_by(GuideRow.account_id, GuideRow.version)
    )
    return {row.account_id: row for row in rows}


async def acceptances(
    session: AsyncSession, ids: Sequence[int]
) -> set[tuple[int, int, int, str]]:
    """Return who accepted what: (account, member, version, digest)."""
    rows = await session.execute(
        select(
            GuideAcceptanceRow.account_id,
            GuideAcceptanceRow.member_id,
            GuideAcceptanceRow.version,
            GuideAcceptanceRow.digest,
        ).where(GuideAcceptanceRow.account_id.in_(ids))
    )
    return {(row[0], row[1], row[2], row[3]) for row in rows}


async def delegations(
    session: AsyncSession, ids: Sequence[int]
) -> list[tuple[DelegationRow, bool]]:
    """Return the delegations that are not over, and whether the person can still sign in."""
    there = (
        MemberRow.id.is_not(None)
        & MemberRow.disabled_at.is_(None)
        & AccountRow.deleted_at.is_(None)
        & AccountRow.suspended_at.is_(None)
    )
    rows = await session.execute(
        select(DelegationRow, there)
        .outerjoin(MemberRow, MemberRow.id == DelegationRow.member_id)
        .outerjoin(AccountRow, AccountRow.id == MemberRow.account_id)
        .where(DelegationRow.account_id.in_(ids), DelegationRow.ended_at.is_(None))
        .order_by(DelegationRow.handle)
    )
    return [(row[0], bool(row[1])) for row in rows]


async def left_open(
    session: AsyncSession, ids: Sequence[int], *, now: datetime
) -> set[tuple[int, str]]:
    """Return (account, handle) of who acts for an account no more and has a way in left.

    A browser that still speaks for it, or an app whose token was not revoked.
    """
    ways = (
        select(SessionRow.account_id, SessionRow.member_id)
        .where(SessionRow.account_id.in_(ids), SessionRow.expires_at > now)
        .union(
            select(TokenRow.account_id, TokenRow.member_id).where(
                TokenRow.account_id.in_(ids),
                TokenRow.member_id.is_not(None),
                TokenRow.revoked_at.is_(None),
            )
        )
        .subquery()
    )
    acts = exists().where(
        DelegationRow.account_id == ways.c.account_id,
        DelegationRow.member_id == ways.c.member_id,
        DelegationRow.ended_at.is_(None),
    )
    rows = await session.execute(
        select(ways.c.account_id, AccountRow.username)
        .join(MemberRow, MemberRow.id == ways.c.member_id)
        .join(AccountRow, AccountRow.id == MemberRow.account_id)
        .where(~acts)
    )
    return {(row[0], row[1]) for row in rows}


async def pictures(session: AsyncSession, ids: Sequence[int], span: Span) -> Counts:
    """Return (pictures that everybody can see, those with a description) of a span."""
    return await _by_account(
        session,
        select(PostRow.account_id, func.count(), _count(func.trim(MediaRow.alt) != ""))
        .join(MediaRow, MediaRow.post_id == PostRow.id)
        .where(
            PostRow.account_id.in_(ids),
            PostRow.visibility.in_(("public", "unlisted")),
            span.holds(PostRow.created_at),
            MediaRow.kind.in_(("image", "gifv")),
        )
        .group_by(PostRow.account_id),
    )


async def cases(
    session: AsyncSession, ids: Sequence[int], span: Span
) -> list[tuple[int, str, datetime, datetime | None]]:
    """Return (account, state, when it came, when it was answered first) of each case."""
    first = (
        select(CaseStepRow.case_id, func.min(CaseStepRow.at).label("at"))
        .where(CaseStepRow.did == "answered")
        .group_by(CaseStepRow.case_id)
        .subquery()
    )
    rows = await session.execute(
        select(CaseRow.account_id, CaseRow.state, CaseRow.created_at, first.c.at)
        .outerjoin(first, first.c.case_id == CaseRow.id)
        .where(CaseRow.account_id.in_(ids), span.holds(CaseRow.created_at))
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def submissions(session: AsyncSession, ids: Sequence[int], span: Span) -> Counts:
    """Return (sent for approval, approved, given back once at least, withdrawn) of a span."""
    returned = exists().where(
        SubmissionStepRow.submission_id == SubmissionRow.id,
        SubmissionStepRow.did == "returned",
    )
    return await _by_account(
        session,
        select(
            SubmissionRow.account_id,
            func.count(),
            _count(SubmissionRow.state.in_(("approved", "published"))),
            _count(returned),
            _count(SubmissionRow.state == "withdrawn"),
        )
        .where(SubmissionRow.account_id.in_(ids), span.holds(SubmissionRow.created_at))
        .group_by(SubmissionRow.account_id),
    )


async def emergencies(session: AsyncSession, ids: Sequence[int], span: Span) -> Counts:
    """Return (published at once, read by a second person afterwards) of a span."""
    return await _by_account(
        session,
        select(
            BreakGlassRow.account_id,
            func.count(),
            _count(BreakGlassRow.reviewed_at.is_not(None)),
        )
        .where(BreakGlassRow.account_id.in_(ids), span.holds(BreakGlassRow.at))
        .group_by(BreakGlassRow.account_id),
    )


async def deleted(session: AsyncSession, ids: Sequence[int], span: Span) -> Counts:
    """Return (posts that were deleted) in a span."""
    return await _by_account(
        session,
        select(DeletionRow.account_id, func.count())
        .where(DeletionRow.account_id.in_(ids), span.holds(DeletionRow.deleted_at))
        .group_by(DeletionRow.account_id),
    )


async def digests(session: AsyncSession, ids: Sequence[int], span: Span) -> Counts:
    """Return (digests that came out) in a span."""
    return await _by_account(
        session,
        select(DigestRow.account_id, func.count())
        .where(
            DigestRow.account_id.in_(ids),
            DigestRow.state == "out",
            span.holds(DigestRow.published_at),
        )
        .group_by(DigestRow.account_id),
    )


async def grounds(
    session: AsyncSession, acts: Sequence[str], span: Span
) -> list[tuple[int | None, str, str, int, int, int]]:
    """Return (number, words, code, acts, appealed, taken back) of each rule in the log."""
    rule = (PublicActRow.rule_number, PublicActRow.rule, PublicActRow.rule_code)
    rows = await session.execute(
        select(
            *rule,
            func.count(),
            _count(PublicActRow.appeal != ""),
            _count(PublicActRow.appeal == "overturned"),
        )
        .where(PublicActRow.act.in_(acts), span.holds(PublicActRow.at))
        .group_by(*rule)
        .order_by(PublicActRow.rule_number.is_(None), PublicActRow.rule_number)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


async def kept(session: AsyncSession, year: int) -> YearReviewRow | None:
    """Return what was kept of a year that is over."""
    return await session.get(YearReviewRow, year)


async def years(session: AsyncSession) -> list[int]:
    """Return the years that are kept, the newest first."""
    rows = await session.scalars(select(YearReviewRow.year).order_by(YearReviewRow.year.desc()))
    return list(rows)


async def _by_account(session: AsyncSession, statement: Select[*tuple[int, ...]]) -> Counts:
    rows = await session.execute(statement)
    return {row[0]: [number or 0 for number in row[1:]] for row in rows}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
