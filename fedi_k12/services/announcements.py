"""Announcements: what staff tell everybody here, in apps and on a page."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.emoji import is_emoji
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.news import Announced, AnnouncementAnswered, AnnouncementGone
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import moderation
from fedi_k12.services.profile_words import rendered
from storage.db import tell_after_commit
from storage.tables import AnnouncementReactionRow, AnnouncementReadRow, AnnouncementRow

MAX_TEXT = 2000
MAX_SHOWN = 50
MAX_EMOJIS = 8
"""So many different emojis an announcement has; as many as in Mastodon."""


class ReactionCount(Struct, frozen=True):
    """An emoji under an announcement."""

    name: str
    count: int
    mine: bool


class AnnouncementView(Struct, frozen=True):
    """An announcement as a member sees it."""

    id: int
    text: str
    content: str
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    published_at: datetime
    updated_at: datetime
    read: bool
    reactions: tuple[ReactionCount, ...]


async def current(
    session: AsyncSession, *, actor: Actor | None, now: datetime
) -> list[AnnouncementView]:
    """Return what is told now, the newest first, as the actor has read it."""
    rows = await session.scalars(
        select(AnnouncementRow)
        .where(or_(AnnouncementRow.ends_at.is_(None), AnnouncementRow.ends_at > now))
        .order_by(AnnouncementRow.id.desc())
        .limit(MAX_SHOWN)
    )
    return await _views(session, list(rows), actor)


async def one(session: AsyncSession, *, announcement_id: int) -> AnnouncementView:
    """Return an announcement as nobody in particular sees it."""
    row = await _row(session, announcement_id)
    return (await _views(session, [row], None))[0]


async def everything(session: AsyncSession, *, actor: Actor | None) -> list[AnnouncementView]:
    """Return the newest announcements, also those that are over; for those who make them."""
    _demand(actor)
    rows = await session.scalars(
        select(AnnouncementRow).order_by(AnnouncementRow.id.desc()).limit(MAX_SHOWN)
    )
    return await _views(session, list(rows), actor)


async def announce(
    session: AsyncSession,
    *,
    actor: Actor | None,
    text: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    all_day: bool = False,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Tell everybody something and return its id; `actor` is None for the operator."""
    _demand(actor)
    row = await tell(
        session,
        text=_words(text),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        by=actor.member_id if actor else None,
        addresses=addresses,
        now=now,
    )
    await _audit(session, actor, "announced", row.id, now)
    return row.id


async def tell(
    session: AsyncSession,
    *,
    text: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    all_day: bool = False,
    by: int | None,
    addresses: Addresses,
    now: datetime,
) -> AnnouncementRow:
    """Tell everybody something, for services that asked already who may; `by` is a member."""
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise InvalidError("It ends before it begins.", fields={"ends": "is too early"})
    row = AnnouncementRow(
        id=new_id(),
        text=text,
        content=await rendered(session, text, addresses),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        created_by=by,
        published_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    tell_after_commit(session, Announced(row.id))
    return row


async def stop(session: AsyncSession, *, announcement_id: int, now: datetime) -> None:
    """Tell nobody an announcement any more; it stays in the list of those that are over."""
    row = await session.get(AnnouncementRow, announcement_id)
    if row is not None and (row.ends_at is None or row.ends_at > now):
        row.ends_at = now
        await session.flush()
        tell_after_commit(session, AnnouncementGone(row.id))


async def reword(
    session: AsyncSession,
    *,
    actor: Actor | None,
    announcement_id: int,
    text: str,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Say an announcement differently; who has read it is not told again."""
    _demand(actor)
    row = await _row(session, announcement_id)
    row.text = _words(text)
    row.content = await rendered(session, row.text, addresses)
    row.updated_at = now
    tell_after_commit(session, Announced(row.id))
    await _audit(session, actor, "announcement reworded", row.id, now)


async def withdraw(
    session: AsyncSession, *, actor: Actor | None, announcement_id: int, now: datetime
) -> None:
    """Take an announcement back."""
    _demand(actor)
    await session.delete(await _row(session, announcement_id))
    tell_after_commit(session, AnnouncementGone(announcement_id))
    await _audit(session, actor, "announcement withdrawn", announcement_id, now)


async def dismiss(session: AsyncSession, *, actor: Actor, announcement_id: int) -> None:
    """Record that the actor has read an announcement."""
    await _row(session, announcement_id)
    key = (actor.account_id, announcement_id)
    if await session.get(AnnouncementReadRow, key) is None:
        session.add(
            AnnouncementReadRow(account_id=actor.account_id, announcement_id=announcement_id)
        )
        await session.flush()


async def react(
    session: AsyncSession, *, actor: Actor, announcement_id: int, name: str, now: datetime
) -> None:
    """Give an announcement an emoji; a second time changes nothing."""
    await _row(session, announcement_id)
    if not is_emoji(name):
        raise InvalidError("Validation failed: Name is not a recognized emoji")
    key = (announcement_id, actor.account_id, name)
    if await session.get(AnnouncementReactionRow, key) is not None:
        return
    there = await session.scalars(
        select(AnnouncementReactionRow.name)
        .where(AnnouncementReactionRow.announcement_id == announcement_id)
        .distinct()
    )
    if len({*there, name}) > MAX_EMOJIS:
        raise InvalidError("Validation failed: Limit of different reactions reached")
    session.add(
        AnnouncementReactionRow(
            announcement_id=announcement_id,
            account_id=actor.account_id,
            name=name,
            created_at=now,
        )
    )
    await session.flush()
    tell_after_commit(session, AnnouncementAnswered(announcement_id, name))


async def unreact(
    session: AsyncSession, *, actor: Actor, announcement_id: int, name: str
) -> None:
    """Take an emoji back."""
    await _row(session, announcement_id)
    await session.execute(
        delete_rows(AnnouncementReactionRow).where(
            AnnouncementReactionRow.announcement_id == announcement_id,
            AnnouncementReactionRow.account_id == actor.account_id,
            AnnouncementReactionRow.name == name,
        )
    )
    tell_after_commit(session, AnnouncementAnswered(announcement_id, name))


async def _views(
    session: AsyncSession, rows: Sequence[AnnouncementRow], actor: Actor | None
) -> list[AnnouncementView]:
    ids = [row.id for row in rows]
    me = actor.account_id if actor else None
    read = set(
        await session.scalars(
            select(AnnouncementReadRow.announcement_id).where(
                AnnouncementReadRow.account_id == me,
                AnnouncementReadRow.announcement_id.in_(ids),
            )
        )
    )
    mine = set(
        await session.execute(
            select(AnnouncementReactionRow.announcement_id, AnnouncementReactionRow.name).where(
                AnnouncementReactionRow.account_id == me,
                AnnouncementReactionRow.announcement_id.in_(ids),
            )
        )
    )
    given: dict[int, list[ReactionCount]] = {}
    for number, name, count in await session.execute(
        select(
            AnnouncementReactionRow.announcement_id,
            AnnouncementReactionRow.name,
            func.count(),
        )
        .where(AnnouncementReactionRow.announcement_id.in_(ids))
        .group_by(AnnouncementReactionRow.announcement_id, AnnouncementReactionRow.name)
        .order_by(func.min(AnnouncementReactionRow.created_at))
    ):
        given.setdefault(number, []).append(ReactionCount(name, count, (number, name) in mine))
    return [
        AnnouncementView(
            row.id,
            row.text,
            row.content,
            row.starts_at,
            row.ends_at,
            row.all_day,
            row.published_at,
            row.updated_at,
            row.id in read,
            tuple(given.get(row.id, ())),
        )
        for row in rows
    ]


async def _row(session: AsyncSession, announcement_id: int) -> AnnouncementRow:
    row = await session.get(AnnouncementRow, announcement_id)
    if row is None:
        raise NotFoundError("Record not found")
    return row


async def _audit(
    session: AsyncSession, actor: Actor | None, action: str, number: int, now: datetime
) -> None:
    await moderation.audit(
        session, actor=actor, action=action, target=("announcement", str(number)), now=now
    )


def _words(text: str) -> str:
    words = text.replace("\0", "").strip()
    if not words:
        raise InvalidError("An announcement needs words.", fields={"text": "needs words"})
    if len(words) > MAX_TEXT:
        sentence = f"An announcement has at most {MAX_TEXT} characters."
        raise InvalidError(sentence, fields={"text": sentence})
    return words


def _demand(actor: Actor | None) -> None:
    if actor is not None and not (decision := decide(actor, Action.CHANGE_SITE)).allowed:
        raise ForbiddenError(decision.why)
