"""Coming to events: asking, being let in, waiting for a place, and not coming after all.

Whatever counts guests holds the event's row locked, so that the last place is given once
(FED-110). Asking twice changes nothing and is answered the same.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.event_jobs import AnswerGuest, AnswerInvite, FederateLeave, SendInvite
from fedi_k12.domain.events import (
    ANSWERED,
    MAX_MESSAGE,
    Attending,
    Guest,
    Status,
    Verdict,
    Wish,
    answer_to_guest,
    answer_to_wish,
    has_room,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.text import clean_line
from fedi_k12.services import access, event_news, views
from fedi_k12.services.attendance_elsewhere import ask_elsewhere
from storage import accounts, events, jobs
from storage.tables import AccountRow, AttendanceRow, EventRow, PostRow

MAX_GUESTS_SHOWN = 5000
MAX_UNDECIDED = 5000
"""So many wishes may wait for one organiser; further ones are refused."""


async def join(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    message: str = "",
    addresses: Addresses,
    now: datetime,
) -> Attending:
    """Say that the actor wants to come; return how it stands then.

    Raises `InvalidError` with the reason where one cannot come.
    """
    post = await _event_post(session, actor, post_id)
    event = await events.locked(session, post.id)
    if event is None:
        raise NotFoundError("Record not found")
    if post.account_id == actor.account_id:
        raise InvalidError("You hold this event: there is a place for you.")
    guest = await accounts.by_id(session, actor.account_id)
    if guest is None or guest.suspended_at is not None:
        raise ForbiddenError("This account cannot go to events.")
    wish = Wish(message=_plain(message))
    if post.local:
        verdict = await _take(session, post, event, guest, wish, now=now)
        if verdict.state in {None, Attending.REFUSED}:
            raise InvalidError(verdict.why or "The organiser has no place for you.")
        return Attending(verdict.state or Attending.ASKED)
    return await ask_elsewhere(session, post, event, guest, wish, addresses, now=now)


async def leave(
    session: AsyncSession, *, actor: Actor, post_id: int, addresses: Addresses, now: datetime
) -> None:
    """Say that the actor does not come after all, or not to an invitation."""
    post = await _event_post(session, actor, post_id)
    event = await events.locked(session, post.id)
    row = await events.attendance(session, post.id, actor.account_id)
    if event is None or row is None:
        return
    if post.local:
        await _take_back(session, post, event, row, now=now)
        return
    if row.state == Attending.INVITED.value and row.uri:
        await jobs.enqueue(
            session,
            AnswerInvite(actor.account_id, post.account_id, row.uri, False),
            now=now,
            about=f"{actor.account_id} {post.uri}",
        )
        row.state = Attending.DECLINED.value
        await session.flush()
        return
    guest = await accounts.by_id(session, actor.account_id)
    if guest is not None and Attending(row.state) in {*ANSWERED, Attending.IGNORED}:
        uri = addresses.activity(guest.username, "leaves", new_id())
        await jobs.enqueue(
            session,
            FederateLeave(guest.id, post.account_id, post.uri, uri),
            now=now,
            about=f"{guest.id} {post.uri}",
        )
    if row.state != Attending.REFUSED.value:
        await session.delete(row)
        await session.flush()


async def guests(
    session: AsyncSession, *, actor: Actor, post_id: int, now: datetime
) -> list[Guest]:
    """Return who comes, waits and asks: for the organiser alone (FED-94)."""
    del now
    post = await _own(session, actor, post_id)
    rows = (await events.guests(session, post.id))[:MAX_GUESTS_SHOWN]
    people = {
        view.id: view
        for view in await views.account_views(session, [row.account_id for row in rows])
    }
    return [
        Guest(
            row.id,
            people[row.account_id],
            Attending(row.state),
            row.message,
            row.created_at,
        )
        for row in rows
        if row.account_id in people
    ]


async def decide(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    guest_id: int,
    let_in: bool,
    now: datetime,
) -> Attending:
    """Let somebody come or not; also takes back a place. Return how it stands then."""
    post = await _own(session, actor, post_id)
    event = await events.locked(session, post.id)
    row = await events.attendance_by_id(session, guest_id)
    if event is None or row is None or row.post_id != post.id:
        raise NotFoundError("Record not found")
    details = events.details_of(event)
    if not let_in:
        await _refuse(session, post, event, row, now=now)
        await fill_places(session, post, event, now=now)
        return Attending.REFUSED
    if details.status is Status.CANCELLED:
        raise InvalidError("This event was cancelled.")
    if row.state == Attending.GOING.value:
        return Attending.GOING
    if not has_room(details, going=event.going_count):
        if not details.waitlist:
            raise InvalidError("Every place is taken. Make more room first, or take one back.")
        row.state, row.answered_at = Attending.WAITING.value, now
        await session.flush()
        return Attending.WAITING
    await _let_in(session, post, event, row, now=now)
    return Attending.GOING


async def invite(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    account_id: int,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Invite somebody to an event of the actor's."""
    post = await _own(session, actor, post_id)
    event = await events.locked(session, post.id)
    guest = await accounts.by_id(session, account_id)
    organiser = await accounts.by_id(session, post.account_id)
    if event is None or guest is None or organiser is None or guest.deleted_at is not None:
        raise NotFoundError("Record not found")
    if guest.id == organiser.id or not await access.may_view(
        session, post, viewer=Actor(guest.id)
    ):
        raise InvalidError("This event is not to be seen by whom you invite.")
    if await events.attendance(session, post.id, guest.id) is not None:
        return
    uri = addresses.activity(organiser.username, "invites", new_id())
    session.add(events.entry(post.id, guest.id, Attending.INVITED, Wish(uri, "Invite"), now))
    await session.flush()
    if guest.is_local:
        await event_news.tell(
            session,
            "event_invite",
            post_id=post.id,
            from_id=organiser.id,
            account_ids=[guest.id],
            now=now,
        )
    else:
        await jobs.enqueue(
            session,
            SendInvite(organiser.id, guest.id, post.uri, uri),
            now=now,
            about=f"{guest.id} {post.uri}",
        )


async def receive_wish(
    session: AsyncSession, *, guest: AccountRow, post: PostRow, wish: Wish, now: datetime
) -> Verdict | None:
    """Take in that somebody elsewhere wants to come to an event of ours; None for no event."""
    event = await events.locked(session, post.id)
    if event is None or not post.local:
        return None
    if post.account_id == guest.id:
        return Verdict(None)
    return await _take(session, post, event, guest, wish, now=now)


async def receive_leave(
    session: AsyncSession, *, guest: AccountRow, post: PostRow, now: datetime
) -> bool:
    """Take in that somebody does not come after all; return whether they had asked."""
    event = await events.locked(session, post.id)
    row = await events.attendance(session, post.id, guest.id)
    if event is None or row is None or not post.local:
        return False
    await _take_back(session, post, event, row, now=now)
    return True


async def forget_guest(session: AsyncSession, *, account_id: int, now: datetime) -> None:
    """Take somebody who is gone off every list, so that others get their places."""
    for row in await events.attended_by(session, account_id):
        post = await session.get(PostRow, row.post_id)
        event = await events.locked(session, row.post_id)
        if post is not None and event is not None and post.local:
            await _take_back(session, post, event, row, now=now)


async def undo_wish(
    session: AsyncSession,
    *,
    guest: AccountRow,
    post: PostRow | None,
    uri: str | None,
    now: datetime,
) -> bool:
    """Take in that a wish is taken back, known by its event or its id."""
    if post is None and uri:
        row = await events.attendance_by_uri(session, uri)
        if row is not None and row.account_id == guest.id:
            post = await session.get(PostRow, row.post_id)
    return post is not None and await receive_leave(session, guest=guest, post=post, now=now)


async def fill_places(
    session: AsyncSession, post: PostRow, event: EventRow, *, now: datetime
) -> None:
    """Give free places to those who have waited longest."""
    details = events.details_of(event)
    if details.status is Status.CANCELLED or details.ends_at < now:
        return
    while has_room(details, going=event.going_count):
        row = await events.first_waiting(session, post.id)
        if row is None:
            return
        await _let_in(session, post, event, row, now=now)


async def refuse_undecided(
    session: AsyncSession, post: PostRow, event: EventRow, *, now: datetime
) -> None:
    """Answer everybody who still waits: there will be no place."""
    waiting = (Attending.ASKED, Attending.WAITING)
    for row in await events.guests(session, post.id, states=waiting):
        await _refuse(session, post, event, row, now=now, tell=False)


async def _take(
    session: AsyncSession,
    post: PostRow,
    event: EventRow,
    guest: AccountRow,
    wish: Wish,
    *,
    now: datetime,
) -> Verdict:
    """Decide about a wish to come to an event of ours, and write it down."""
    details = events.details_of(event)
    row = await events.attendance(session, post.id, guest.id)
    known = Attending(row.state) if row is not None else None
    if known in {Attending.GOING, Attending.ASKED, Attending.WAITING} and not wish.maybe:
        if row is not None and wish.uri:
            row.uri, row.asked_by = wish.uri, wish.asked_by
            await session.flush()
        return Verdict(known)
    if known is Attending.REFUSED:
        return Verdict(Attending.REFUSED, "The organiser has no place for you.")
    verdict = answer_to_wish(details, going=event.going_count, now=now)
    if known is Attending.INVITED and verdict.state is Attending.ASKED:
        verdict = answer_to_guest(details, going=event.going_count)
    if verdict.state in {None, Attending.REFUSED}:
        return verdict
    state = Attending.MAYBE if wish.maybe else Attending(verdict.state or Attending.ASKED)
    if state is not Attending.GOING and await _too_many(session, post.id):
        return Verdict(Attending.REFUSED, "Too many people ask at once. Try again later.")
    if row is None:
        row = events.entry(post.id, guest.id, state, wish, now)
        session.add(row)
    else:
        if known is Attending.GOING:
            event.going_count -= 1
        row.state, row.message = state.value, wish.message
        row.uri, row.asked_by = wish.uri or row.uri, wish.asked_by
    if state is Attending.GOING:
        event.going_count += 1
        row.answered_at = now
    await session.flush()
    kind = "event_request" if state is Attending.ASKED else "event_join"
    if state is not Attending.MAYBE:
        await event_news.tell(
            session,
            kind,
            post_id=post.id,
            from_id=guest.id,
            account_ids=[post.account_id],
            now=now,
        )
    if known is Attending.GOING:
        await fill_places(session, post, event, now=now)
    return Verdict(state)


async def _take_back(
    session: AsyncSession, post: PostRow, event: EventRow, row: AttendanceRow, *, now: datetime
) -> None:
    """Take somebody who does not come off the list of an event of ours."""
    state = Attending(row.state)
    if state is Attending.REFUSED:
        return  # what the organiser said stands
    if state is Attending.INVITED:
        row.state = Attending.DECLINED.value
        await session.flush()
        return
    await session.delete(row)
    await session.flush()
    if state is Attending.GOING:
        event.going_count -= 1
        await session.flush()
        await event_news.tell(
            session,
            "event_left",
            post_id=post.id,
            from_id=row.account_id,
            account_ids=[post.account_id],
            now=now,
        )
        await fill_places(session, post, event, now=now)


async def _let_in(
    session: AsyncSession, post: PostRow, event: EventRow, row: AttendanceRow, *, now: datetime
) -> None:
    event.going_count += 1
    row.state, row.answered_at = Attending.GOING.value, now
    await session.flush()
    await _answer(session, post, row, "Accept", now=now)
    await event_news.tell(
        session,
        "event_accepted",
        post_id=post.id,
        from_id=post.account_id,
        account_ids=[row.account_id],
        now=now,
    )


async def _refuse(
    session: AsyncSession,
    post: PostRow,
    event: EventRow,
    row: AttendanceRow,
    *,
    now: datetime,
    tell: bool = True,
) -> None:
    if row.state == Attending.REFUSED.value:
        return
    if row.state == Attending.GOING.value:
        event.going_count -= 1
    row.state, row.answered_at = Attending.REFUSED.value, now
    await session.flush()
    await _answer(session, post, row, "Reject", now=now)
    if tell:
        await event_news.tell(
            session,
            "event_rejected",
            post_id=post.id,
            from_id=post.account_id,
            account_ids=[row.account_id],
            now=now,
        )


async def _answer(
    session: AsyncSession, post: PostRow, row: AttendanceRow, kind: str, *, now: datetime
) -> None:
    """Answer a guest of another server; those of this one read it on their page."""
    guest = await accounts.by_id(session, row.account_id)
    if guest is not None and not guest.is_local and row.uri:
        await jobs.enqueue(
            session,
            AnswerGuest(post.account_id, guest.id, kind, row.uri, row.asked_by, post.uri),
            now=now,
            about=f"{guest.id} {post.uri}",
        )


async def _event_post(session: AsyncSession, actor: Actor, post_id: int) -> PostRow:
    row = await access.post_for(session, post_id, viewer=actor)
    if row.boost_of_id is not None:
        row = await access.post_for(session, row.boost_of_id, viewer=actor)
    if row.kind != "Event":
        raise NotFoundError("Record not found")
    return row


async def _own(session: AsyncSession, actor: Actor, post_id: int) -> PostRow:
    row = await session.get(PostRow, post_id)
    if row is None or row.account_id != actor.account_id or not row.local:
        raise NotFoundError("Record not found")
    return row


async def _too_many(session: AsyncSession, post_id: int) -> bool:
    states = (Attending.ASKED, Attending.WAITING, Attending.MAYBE)
    return await events.count(session, post_id, states=states) >= MAX_UNDECIDED


def _plain(message: str) -> str:
    return clean_line(" ".join(message.split()), MAX_MESSAGE)
