"""Queries about rules for what is said to official accounts, and the public log."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage import officials
from storage.tables import (
    CharterRow,
    ForumChangeRow,
    ForumRuleRow,
    HiddenAnswerRow,
    LogKeyRow,
    OfficialRow,
    PostRow,
    PublicActRow,
)

_KEY_BYTES = 32
_key = cast("Table", LogKeyRow.__table__)


async def rules(session: AsyncSession) -> list[ForumRuleRow]:
    """Return the rules in own words that are not over, those that wait first."""
    rows = await session.scalars(
        select(ForumRuleRow)
        .where(ForumRuleRow.ended_at.is_(None))
        .order_by(ForumRuleRow.number.is_not(None), ForumRuleRow.number, ForumRuleRow.id)
    )
    return list(rows)


async def rule(session: AsyncSession, rule_id: int) -> ForumRuleRow | None:
    """Return a rule that nobody else changes meanwhile."""
    return await session.scalar(
        select(ForumRuleRow).where(ForumRuleRow.id == rule_id).with_for_update()
    )


async def highest_number(session: AsyncSession) -> int:
    """Return the highest number that a rule ever had, 0 where none had one."""
    return await session.scalar(select(func.max(ForumRuleRow.number))) or 0


async def lines(
    session: AsyncSession, *, limit: int, max_id: int | None = None
) -> list[PublicActRow]:
    """Return lines of the public log, the newest first; those before `max_id`."""
    statement = select(PublicActRow).order_by(PublicActRow.id.desc()).limit(limit)
    if max_id is not None:
        statement = statement.where(PublicActRow.id < max_id)
    return list(await session.scalars(statement))


async def tell_appeal(session: AsyncSession, *, case_id: int, appeal: str) -> None:
    """Say in the log how an appeal stands."""
    await session.execute(
        update(PublicActRow).where(PublicActRow.case_id == case_id).values(appeal=appeal)
    )


async def key_of(session: AsyncSession, now: datetime) -> bytes:
    """Return the key of this year's pseudonyms, made when it is first needed."""
    found = await session.scalar(select(LogKeyRow.key).where(LogKeyRow.year == now.year))
    if found is not None:
        return found
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"year": now.year, "key": secrets.token_bytes(_KEY_BYTES)}
    await connection.execute(make(_key).values(row).on_conflict_do_nothing())
    made = await session.scalar(select(LogKeyRow.key).where(LogKeyRow.year == now.year))
    return made or b""


async def forget_keys(session: AsyncSession, *, before_year: int) -> None:
    """Forget the keys of former years: nobody can tell any more whom a pseudonym meant."""
    await session.execute(delete(LogKeyRow).where(LogKeyRow.year < before_year))


async def answered_accounts(session: AsyncSession, rows: Sequence[PostRow]) -> dict[int, int]:
    """Return, by post, the official account that it answers in public.

    An answer to an answer belongs to the account whose post began the thread. What an official
    account says itself is no answer to it.
    """
    answers = [
        row
        for row in rows
        if row.boost_of_id is None
        and (row.in_reply_to_id is not None or row.in_reply_to_account_id is not None)
        and row.visibility in {"public", "unlisted"}
    ]
    if not answers:
        return {}
    roots = await session.execute(
        select(PostRow.id, PostRow.account_id).where(
            PostRow.id.in_({row.thread_id for row in answers})
        )
    )
    began = {row[0]: row[1] for row in roots}
    near = {row.in_reply_to_account_id for row in answers} | set(began.values())
    official = await officials.official_among(session, [one for one in near if one])
    found: dict[int, int] = {}
    for row in answers:
        for account_id in (row.in_reply_to_account_id, began.get(row.thread_id)):
            if account_id in official and account_id != row.account_id:
                found[row.id] = account_id or 0
                break
    return found


async def case(session: AsyncSession, case_id: int) -> HiddenAnswerRow | None:
    """Return what is known of a hidden answer; nobody else changes it meanwhile."""
    return await session.scalar(
        select(HiddenAnswerRow).where(HiddenAnswerRow.id == case_id).with_for_update()
    )


async def cases(
    session: AsyncSession, *, account_ids: Collection[int] | None, limit: int
) -> list[HiddenAnswerRow]:
    """Return hidden answers, appeals that wait first; of these accounts, or of all (None)."""
    waiting = HiddenAnswerRow.appealed_at.is_not(None) & (HiddenAnswerRow.decision == "")
    statement = select(HiddenAnswerRow).order_by(waiting.desc(), HiddenAnswerRow.id.desc())
    if account_ids is not None:
        statement = statement.where(HiddenAnswerRow.account_id.in_(account_ids))
    return list(await session.scalars(statement.limit(limit)))


async def open_case(session: AsyncSession, post_id: int) -> HiddenAnswerRow | None:
    """Return the case of an answer that is hidden now."""
    return await session.scalar(
        select(HiddenAnswerRow).where(
            HiddenAnswerRow.post_id == post_id, HiddenAnswerRow.shown_at.is_(None)
        )
    )


async def change_of(session: AsyncSession, account_id: int) -> ForumChangeRow | None:
    """Return the change of an account's forum mode that waits for a second person."""
    return await session.scalar(
        select(ForumChangeRow)
        .where(ForumChangeRow.account_id == account_id, ForumChangeRow.ended_at.is_(None))
        .with_for_update()
    )


async def mode_of(session: AsyncSession, account_id: int) -> str:
    """Return the forum mode of an official account, `limited` for every other."""
    found = await session.scalar(
        select(OfficialRow.forum_mode).where(OfficialRow.account_id == account_id)
    )
    return found or "limited"


async def tell_charter(session: AsyncSession, account_id: int, mode: str) -> None:
    """Let the charter in force name the mode that holds now."""
    newest = (
        select(CharterRow.id)
        .where(CharterRow.account_id == account_id)
        .order_by(CharterRow.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    await session.execute(update(CharterRow).where(CharterRow.id == newest).values(forum=mode))
