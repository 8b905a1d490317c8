"""The apps that a member let in: seen, and ended, by the member."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.scopes import in_plain_words
from storage.tables import AppRow, GrantRow, TokenRow


class AppView(Struct, frozen=True):
    """An app that holds a member's tokens."""

    id: int
    name: str
    website: str | None
    may: tuple[str, ...]
    """What it may do, in plain words."""
    since: datetime
    last_used_at: datetime | None


async def of_member(session: AsyncSession, *, member_id: int) -> list[AppView]:
    """Return the apps that may act for a member, the one let in last first."""
    rows = await session.execute(
        select(
            AppRow,
            func.min(TokenRow.created_at),
            func.max(TokenRow.last_used_at),
        )
        .join(TokenRow, TokenRow.app_id == AppRow.id)
        .where(TokenRow.member_id == member_id, TokenRow.revoked_at.is_(None))
        .group_by(AppRow.id)
        .order_by(func.max(TokenRow.id).desc())
    )
    found = [(row[0], row[1], row[2]) for row in rows]
    scopes = await session.execute(
        select(TokenRow.app_id, TokenRow.scopes).where(
            TokenRow.member_id == member_id, TokenRow.revoked_at.is_(None)
        )
    )
    granted: dict[int, set[str]] = {}
    for app_id, text in scopes:
        granted.setdefault(app_id, set()).update(text.split())
    return [
        AppView(
            app.id,
            app.name,
            app.website,
            tuple(words for _name, words in in_plain_words(frozenset(granted.get(app.id, ())))),
            since,
            used,
        )
        for app, since, used in found
    ]


async def end(session: AsyncSession, *, member_id: int, app_id: int, now: datetime) -> None:
    """Take all of an app's tokens for a member back, and codes it has not used yet."""
    ended = await session.execute(
        update(TokenRow)
        .where(
            TokenRow.app_id == app_id,
            TokenRow.member_id == member_id,
            TokenRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(TokenRow.id)
    )
    if ended.first() is None:
        raise NotFoundError("Record not found")
    await session.execute(
        delete(GrantRow).where(GrantRow.app_id == app_id, GrantRow.member_id == member_id)
    )


async def note_used(session: AsyncSession, *, token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    await session.execute(
        update(TokenRow).where(TokenRow.id == token_id).values(last_used_at=now)
    )
