"""Members who want to come to events of other servers: asking, and what is answered."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.event_jobs import AnswerInvite, FederateJoin
from fedi_k12.domain.events import (
    ANSWERED,
    Attending,
    EventDetails,
    JoinMode,
    Status,
    Wish,
    answer_to_wish,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.services import event_news
from storage import accounts, events, jobs, posts
from storage.tables import AccountRow, EventRow, PostRow


async def ask_elsewhere(
    session: AsyncSession,
    post: PostRow,
    event: EventRow,
    guest: AccountRow,
    wish: Wish,
    addresses: Addresses,
    *,
    now: datetime,
) -> Attending:
    """Ask the organiser on another server."""
    details = events.details_of(event)
    row = await events.attendance(session, post.id, guest.id)
    if row is not None and Attending(row.state) in {*ANSWERED, Attending.REFUSED}:
        return Attending(row.state)
    _demand_joinable(details, now)
    if row is not None and row.state == Attending.INVITED.value and row.uri:
        row.state = Attending.GOING.value
        await session.flush()
        await jobs.enqueue(
            session,
            AnswerInvite(guest.id, post.account_id, row.uri, True),
            now=now,
            about=f"{guest.id} {post.uri}",
        )
        return Attending.GOING
    uri = addresses.activity(guest.username, "joins", new_id())
    if row is None:
        asked = Wish(uri, "Join", wish.message)
        row = events.entry(post.id, guest.id, Attending.ASKED, asked, now)
        session.add(row)
    else:
        row.state, row.uri, row.asked_by = Attending.ASKED.value, uri, "Join"
        row.message = wish.message
    await session.flush()
    about = f"{guest.id} {post.uri}"
    await jobs.enqueue(session, FederateJoin(row.id), now=now, about=about)
    return Attending.ASKED


async def answered_elsewhere(
    session: AsyncSession,
    *,
    answerer: AccountRow,
    uri: str,
    guest_uri: str,
    event_uri: str,
    state: Attending,
    now: datetime,
) -> bool:
    """Take in what became of a member's wish; return whether it was theirs to answer.

    Known by the id of our Join or, where a server makes up another, by guest and event. Only
    whoever the event names may answer (FED-110).
    """
    row = await events.attendance_by_uri(session, uri)
    if row is None and guest_uri and event_uri:
        guest, post = await _pair(session, guest_uri, event_uri)
        if guest is not None and post is not None:
            row = await events.attendance(session, post.id, guest.id)
    if row is None:
        return False
    guest = await accounts.by_id(session, row.account_id)
    post = await session.get(PostRow, row.post_id)
    event = await events.locked(session, row.post_id)
    if guest is None or post is None or event is None or not guest.is_local or post.local:
        return False
    if answerer.id != post.account_id and answerer.uri not in event.answerers:
        return False
    if row.state == state.value:
        return True
    row.state, row.answered_at = state.value, now
    await session.flush()
    if state is not Attending.IGNORED:
        await event_news.tell(
            session,
            "event_accepted" if state is Attending.GOING else "event_rejected",
            post_id=post.id,
            from_id=post.account_id,
            account_ids=[guest.id],
            now=now,
        )
    return True


async def invited_elsewhere(
    session: AsyncSession,
    *,
    organiser: AccountRow,
    post: PostRow,
    guest: AccountRow,
    uri: str,
    now: datetime,
) -> bool:
    """Take in that a member is invited to an event elsewhere, by whoever holds it."""
    event = await events.locked(session, post.id)
    if event is None or post.local or not guest.is_local:
        return False
    if organiser.id != post.account_id and organiser.uri not in event.answerers:
        return False
    if await events.attendance(session, post.id, guest.id) is not None:
        return True
    session.add(events.entry(post.id, guest.id, Attending.INVITED, Wish(uri, "Invite"), now))
    await session.flush()
    await event_news.tell(
        session,
        "event_invite",
        post_id=post.id,
        from_id=organiser.id,
        account_ids=[guest.id],
        now=now,
    )
    return True


def _demand_joinable(details: EventDetails, now: datetime) -> None:
    if details.join_mode in {JoinMode.NONE, JoinMode.EXTERNAL}:
        raise InvalidError(answer_to_wish(details, going=0, now=now).why)
    if details.status is Status.CANCELLED or details.ends_at < now:
        raise InvalidError(answer_to_wish(details, going=0, now=now).why)


async def _pair(
    session: AsyncSession, guest_uri: str, event_uri: str
) -> tuple[AccountRow | None, PostRow | None]:
    return await accounts.by_uri(session, guest_uri), await posts.by_uri(session, event_uri)
