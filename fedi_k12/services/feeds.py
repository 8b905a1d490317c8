"""Feeds that an official account posts from: named and stopped by its managers (S-21)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.feeds import (
    MOST_A_DAY,
    MOST_FEEDS,
    FeedView,
    ItemView,
    Taken,
    checked_address,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import audit_log, officials
from storage import accounts, feeds
from storage import officials as official_rows
from storage.tables import FeedRow, MemberRow

SHOWN = 20


async def add(
    session: AsyncSession, *, actor: Actor, account_id: int, url: str, now: datetime
) -> int:
    """Let an official account post from a feed, as the manager who names it; return its id.

    What is in it already is not posted. Raises `ForbiddenError` for who does not manage the
    account now, `InvalidError` for an address that cannot be one.
    """
    account = await officials.kept(session, actor, account_id)
    held = await official_rows.delegation(session, account_id, actor.member_id or 0)
    if held is None or held.role != "manager" or held.paused_at is not None:
        raise ForbiddenError("A manager of the account names its feeds: it posts as them.")
    address = checked_address(url)
    known = await feeds.of_account(session, account_id)
    if any(one.url == address for one in known):
        raise InvalidError("It posts from that feed already.", fields={"url": "is taken"})
    if len(known) >= MOST_FEEDS:
        raise InvalidError("It posts from five feeds already.", fields={"url": "is one"})
    row = FeedRow(
        id=new_id(),
        account_id=account_id,
        url=address,
        member_id=actor.member_id or 0,
        handle=await _handle(session, actor),
        added_at=now,
        next_at=now,
    )
    session.add(row)
    await session.flush()
    await audit_log.note(session, actor, account, "feed added", {"url": address}, now)
    return row.id


async def stop(
    session: AsyncSession, *, actor: Actor, account_id: int, feed_id: int, now: datetime
) -> None:
    """Let an official account no longer post from a feed; what was posted stays."""
    account = await officials.kept(session, actor, account_id)
    row = await session.get(FeedRow, feed_id)
    if row is None or row.account_id != account_id:
        raise NotFoundError("There is no such feed.")
    url = row.url
    await session.delete(row)
    await session.flush()
    await audit_log.note(session, actor, account, "feed stopped", {"url": url}, now)


async def limit(
    session: AsyncSession, *, actor: Actor, account_id: int, a_day: int, now: datetime
) -> None:
    """Say how many posts a day come from all the feeds of an account together."""
    account = await officials.kept(session, actor, account_id)
    if not 0 <= a_day <= MOST_A_DAY:
        raise InvalidError("Choose from 0 to 10 posts a day.", fields={"a_day": "is too many"})
    row = await official_rows.by_id(session, account_id)
    if row is None or row.feeds_a_day == a_day:
        return
    row.feeds_a_day = a_day
    await session.flush()
    await audit_log.note(session, actor, account, "feed limit", {"a_day": a_day}, now)


async def of_account(
    session: AsyncSession, *, actor: Actor, account_id: int
) -> tuple[list[FeedView], int]:
    """Return the feeds of an account with their newest entries, and how many posts a day."""
    await officials.kept(session, actor, account_id)
    rows = await feeds.of_account(session, account_id)
    items = await feeds.newest_items(session, [row.id for row in rows], limit=SHOWN)
    official = await official_rows.by_id(session, account_id)
    found = [
        FeedView(
            row.id,
            row.url,
            row.handle,
            row.added_at,
            row.read_at,
            row.failing_since,
            row.trouble,
            tuple(
                ItemView(
                    one.title, one.link, Taken(one.state), one.why, one.seen_at, one.post_id
                )
                for one in items.get(row.id, ())
            ),
        )
        for row in rows
    ]
    return found, official.feeds_a_day if official is not None else 0


async def _handle(session: AsyncSession, actor: Actor) -> str:
    member = await session.get(MemberRow, actor.member_id)
    row = await accounts.by_id(session, member.account_id) if member is not None else None
    return row.acct if row is not None else ""
