"""Queries about events and who comes to them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.events import (
    ANSWERED,
    Attending,
    EventDetails,
    JoinMode,
    Status,
    Wish,
    place_of,
)
from fedi_k12.domain.ids import new_id
from storage.posts import visible_to, wanted_by
from storage.tables import (
    AccountRow,
    AttendanceRow,
    EventRow,
    FollowRow,
    NotificationRow,
    PostRow,
)


async def by_posts(session: AsyncSession, ids: Iterable[int]) -> dict[int, EventRow]:
    """Return the events among these posts, by post."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await session.scalars(select(EventRow).where(EventRow.post_id.in_(wanted)))
    return {row.post_id: row for row in rows}


async def locked(session: AsyncSession, post_id: int) -> EventRow | None:
    """Return an event for as long as the transaction lasts: nobody else counts its guests."""
    return await session.scalar(
        select(EventRow)
        .where(EventRow.post_id == post_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def details_of(row: EventRow) -> EventDetails:
    """Return what the store knows of an event."""
    return EventDetails(
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        show_end=row.show_end,
        time_zone=row.time_zone,
        zone_assumed=row.zone_assumed,
        floating=row.floating,
        status=Status(row.status),
        join_mode=JoinMode(row.join_mode),
        join_url=row.join_url,
        capacity=row.capacity,
        waitlist=row.waitlist,
        places=tuple(place_of(item) for item in row.places if isinstance(item, dict)),
        online_urls=tuple(row.online_urls),
        website=row.website,
        categories=tuple(row.categories),
        organizers=None if row.organizers is None else tuple(row.organizers),
        answerers=tuple(row.answerers),
        remaining=row.remaining,
        participants=row.participants,
    )


def put_details(row: EventRow, details: EventDetails) -> None:
    """Write what is known of an event into its row; the guests' count stays."""
    row.starts_at, row.ends_at, row.show_end = (
        details.starts_at,
        details.ends_at,
        details.show_end,
    )
    row.time_zone, row.zone_assumed = details.time_zone, details.zone_assumed
    row.floating = details.floating
    row.status, row.join_mode = details.status.value, details.join_mode.value
    row.join_url, row.capacity = details.join_url, details.capacity
    row.waitlist = details.waitlist
    row.places = [place.as_json() for place in details.places]
    row.online_urls, row.website = list(details.online_urls), details.website
    row.categories = list(details.categories)
    row.organizers = None if details.organizers is None else list(details.organizers)
    row.answerers = list(details.answerers)
    row.remaining, row.participants = details.remaining, details.participants


async def store(session: AsyncSession, events: Mapping[int, EventDetails]) -> None:
    """Make these posts events."""
    for post_id, details in events.items():
        row = EventRow(
            post_id=post_id, going_count=0, sequence=0, remind=False, reminded_at=None
        )
        put_details(row, details)
        session.add(row)
    if events:
        await session.flush()


def entry(
    post_id: int, account_id: int, state: Attending, wish: Wish, now: datetime
) -> AttendanceRow:
    """Return a new entry of a guest list."""
    return AttendanceRow(
        id=new_id(),
        post_id=post_id,
        account_id=account_id,
        state=state.value,
        uri=wish.uri,
        asked_by=wish.asked_by,
        message=wish.message,
        created_at=now,
        answered_at=None,
    )


async def attendance(
    session: AsyncSession, post_id: int, account_id: int
) -> AttendanceRow | None:
    """Return how it stands between an account and an event."""
    return await session.scalar(
        select(AttendanceRow).where(
            AttendanceRow.post_id == post_id, AttendanceRow.account_id == account_id
        )
    )


async def attendance_by_uri(session: AsyncSession, uri: str) -> AttendanceRow | None:
    """Return the wish to come that this activity spoke."""
    if not uri:
        return None
    return await session.scalar(select(AttendanceRow).where(AttendanceRow.uri == uri))


async def attendance_by_id(session: AsyncSession, number: int) -> AttendanceRow | None:
    """Return an entry of a guest list."""
    return await session.get(AttendanceRow, number)


async def own_states(
    session: AsyncSession, ids: Iterable[int], account_id: int
) -> dict[int, Attending]:
    """Return how it stands between an account and these events, by post."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await session.execute(
        select(AttendanceRow.post_id, AttendanceRow.state).where(
            AttendanceRow.post_id.in_(wanted), AttendanceRow.account_id == account_id
        )
    )
    return {post_id: Attending(state) for post_id, state in rows}


async def guests(
    session: AsyncSession, post_id: int, *, states: Iterable[Attending] | None = None
) -> list[AttendanceRow]:
    """Return a guest list in the order of asking, of all or of these states."""
    statement = select(AttendanceRow).where(AttendanceRow.post_id == post_id)
    if states is not None:
        statement = statement.where(AttendanceRow.state.in_([state.value for state in states]))
    return list(await session.scalars(statement.order_by(AttendanceRow.id)))


async def attended_by(session: AsyncSession, account_id: int) -> list[AttendanceRow]:
    """Return every entry of an account in guest lists."""
    rows = await session.scalars(
        select(AttendanceRow).where(AttendanceRow.account_id == account_id)
    )
    return list(rows)


async def count(session: AsyncSession, post_id: int, *, states: Iterable[Attending]) -> int:
    """Return how many are in one of these states."""
    found = await session.scalar(
        select(func.count())
        .select_from(AttendanceRow)
        .where(
            AttendanceRow.post_id == post_id,
            AttendanceRow.state.in_([state.value for state in states]),
        )
    )
    return found or 0


async def first_waiting(session: AsyncSession, post_id: int) -> AttendanceRow | None:
    """Return who has waited longest for a place."""
    return await session.scalar(
        select(AttendanceRow)
        .where(AttendanceRow.post_id == post_id, AttendanceRow.state == Attending.WAITING.value)
        .order_by(AttendanceRow.id)
        .limit(1)
    )


async def concerned(session: AsyncSession, post_id: int) -> set[int]:
    """Return the accounts that an event matters to: invited, asking, waiting, coming."""
    states = [state.value for state in (*ANSWERED, Attending.INVITED)]
    return set(
        await session.scalars(
            select(AttendanceRow.account_id).where(
                AttendanceRow.post_id == post_id, AttendanceRow.state.in_(states)
            )
        )
    )


async def upcoming(
    session: AsyncSession, viewer_id: int | None, *, now: datetime, limit: int
) -> list[int]:
    """Return the events ahead that matter to the viewer, the soonest first.

    Those of members here; for a member also those by whom they follow and those they go to.
    """
    statement = (
        select(PostRow.id)
        .join(EventRow, EventRow.post_id == PostRow.id)
        .where(EventRow.ends_at >= now, visible_to(viewer_id), wanted_by(viewer_id))
        .where(_matters_to(viewer_id))
        .order_by(EventRow.starts_at, PostRow.id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def of_account(
    session: AsyncSession,
    account_id: int,
    viewer_id: int | None,
    *,
    since: datetime,
    limit: int,
) -> list[int]:
    """Return an account's events that have not ended before `since`, the soonest first."""
    statement = (
        select(PostRow.id)
        .join(EventRow, EventRow.post_id == PostRow.id)
        .where(
            PostRow.account_id == account_id, EventRow.ends_at >= since, visible_to(viewer_id)
        )
        .order_by(EventRow.starts_at, PostRow.id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def attended(
    session: AsyncSession, account_id: int, *, since: datetime, limit: int
) -> list[int]:
    """Return the events not over before `since` that an account goes to or holds."""
    goes = exists().where(
        AttendanceRow.post_id == PostRow.id,
        AttendanceRow.account_id == account_id,
        AttendanceRow.state.in_([state.value for state in ANSWERED]),
    )
    statement = (
        select(PostRow.id)
        .join(EventRow, EventRow.post_id == PostRow.id)
        .where(
            EventRow.ends_at >= since,
            or_(PostRow.account_id == account_id, goes),
            visible_to(account_id),
        )
        .order_by(EventRow.starts_at, PostRow.id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def due_reminders(
    session: AsyncSession, *, after: datetime, before: datetime, limit: int
) -> list[int]:
    """Return events that begin between two times and of which nobody was reminded yet."""
    statement = (
        select(EventRow.post_id)
        .where(
            EventRow.starts_at > after,
            EventRow.starts_at <= before,
            EventRow.ends_at > after,
            EventRow.reminded_at.is_(None),
            EventRow.status.not_in([Status.CANCELLED.value, Status.POSTPONED.value]),
        )
        .order_by(EventRow.starts_at)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def forget_notices(
    session: AsyncSession,
    post_id: int,
    kinds: Sequence[str],
    account_ids: Iterable[int],
    *,
    from_id: int,
) -> None:
    """Take back what accounts were told by one of an event, so that it can be told anew."""
    await session.execute(
        delete(NotificationRow).where(
            NotificationRow.post_id == post_id,
            NotificationRow.kind.in_(kinds),
            NotificationRow.account_id.in_(list(account_ids)),
            NotificationRow.from_id == from_id,
        )
    )


def _matters_to(viewer_id: int | None) -> ColumnElement[bool]:
    here = exists().where(AccountRow.id == PostRow.account_id, AccountRow.domain == "")
    if viewer_id is None:
        return here & (PostRow.visibility == "public")
    followed = exists().where(
        FollowRow.follower_id == viewer_id,
        FollowRow.target_id == PostRow.account_id,
        FollowRow.accepted.is_(True),
    )
    goes = exists().where(
        AttendanceRow.post_id == PostRow.id, AttendanceRow.account_id == viewer_id
    )
    return or_(here & (PostRow.visibility != "direct"), followed, goes)
