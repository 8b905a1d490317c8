"""Events of this server: announced, changed, called off. And where to find them."""

from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.events import EventDetails, EventDraft, JoinMode, Status, checked
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PostView
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import attendance, event_news, posts, views
from storage import accounts, events
from storage import posts as post_rows
from storage.tables import EventRow, PostRow

MAX_LISTED = 100
MAX_IN_CALENDAR = 500


async def create(
    session: AsyncSession,
    *,
    actor: Actor,
    event: EventDraft,
    draft: Draft,
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> int:
    """Announce an event and return the id of its post; `draft` holds what it is about.

    Raises `InvalidError` by field for an event that cannot be.
    """
    details = checked(event, now=now)
    post_id = await posts.publish(
        session,
        actor=actor,
        draft=_described(draft, event),
        addresses=addresses,
        now=now,
        paper=paper or Paper("event", None, {"event": msgspec.to_builtins(event)}),
    )
    row = await post_rows.by_id(session, post_id)
    if row is None:
        raise NotFoundError("Record not found")
    if (await events.by_posts(session, [post_id])) != {}:
        return post_id  # the same form, sent twice
    row.kind, row.title = "Event", event.title.strip()
    await session.flush()
    await events.store(session, {post_id: await _held(session, details, row)})
    made = await events.locked(session, post_id)
    if made is not None:
        made.remind = event.remind
        await session.flush()
    return post_id


async def edit(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    event: EventDraft,
    draft: Draft,
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> None:
    """Change an event of the actor's, and tell its guests what concerns them.

    Who waits for a place gets one where there is more room now.
    """
    row, found = await own_event(session, actor=actor, post_id=post_id)
    details = checked(event, now=now, begun=True)
    before = events.details_of(found)
    media = (await post_rows.media_of(session, [post_id])).get(post_id, [])
    kept = replace(draft, media_ids=draft.media_ids or tuple(item.id for item in media))
    await posts.edit(
        session,
        actor=actor,
        post_id=post_id,
        draft=_described(kept, event),
        addresses=addresses,
        now=now,
        paper=paper or Paper("event edit", post_id, {"event": msgspec.to_builtins(event)}),
    )
    row.title = event.title.strip()
    events.put_details(found, await _held(session, details, row))
    found.remind = event.remind
    await session.flush()
    await event_news.tell_of_change(session, row, found, before, now)
    await _settle(session, row, found, now)


async def set_status(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    status: Status,
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> None:
    """Call an event of the actor's off, put it off, or hold it after all.

    Its page stays, so that nobody stands before a closed door.
    """
    row, found = await own_event(session, actor=actor, post_id=post_id)
    if found.status == status.value:
        return
    before = events.details_of(found)
    source = await posts.source(session, actor=actor, post_id=post_id)
    media = (await post_rows.media_of(session, [post_id])).get(post_id, [])
    await posts.edit(
        session,
        actor=actor,
        post_id=post_id,
        draft=Draft(
            source.text,
            language=row.language,
            sensitive=row.sensitive,
            content_type=source.content_type,
            media_ids=tuple(item.id for item in media),
        ),
        addresses=addresses,
        now=now,
        paper=paper or Paper("event status", post_id, {"status": status.value}),
    )
    found.status = status.value
    await session.flush()
    await event_news.tell_of_change(session, row, found, before, now)
    await _settle(session, row, found, now)


async def own_event(
    session: AsyncSession, *, actor: Actor, post_id: int
) -> tuple[PostRow, EventRow]:
    """Return an event of the actor's, locked, or raise `NotFoundError`."""
    row = await post_rows.by_id(session, post_id)
    if row is None or row.account_id != actor.account_id or not row.local:
        raise NotFoundError("Record not found")
    found = await events.locked(session, post_id)
    if found is None:
        raise NotFoundError("Record not found")
    return row, found


async def upcoming(
    session: AsyncSession, *, viewer: Actor | None, now: datetime, limit: int = MAX_LISTED
) -> list[PostView]:
    """Return the events ahead that matter to the viewer, the soonest first."""
    who = viewer.account_id if viewer is not None else None
    ids = await events.upcoming(session, who, now=now, limit=limit)
    return await views.post_views(session, ids, viewer=viewer)


async def attended(
    session: AsyncSession, *, actor: Actor, now: datetime, limit: int = MAX_LISTED
) -> list[PostView]:
    """Return the events ahead that the actor goes to or holds, the soonest first."""
    ids = await events.attended(session, actor.account_id, since=now, limit=limit)
    return await views.post_views(session, ids, viewer=actor)


async def calendar(
    session: AsyncSession,
    *,
    account_id: int,
    viewer: Actor | None,
    since: datetime,
    limit: int = MAX_IN_CALENDAR,
) -> list[PostView]:
    """Return an account's events not over before `since`, the soonest first."""
    who = viewer.account_id if viewer is not None else None
    ids = await events.of_account(session, account_id, who, since=since, limit=limit)
    return await views.post_views(session, ids, viewer=viewer)


async def one(session: AsyncSession, *, post_id: int, viewer: Actor | None) -> PostView:
    """Return an event as the viewer may see it, or raise `NotFoundError`."""
    found = await views.post_view(session, post_id, viewer=viewer)
    if found.event is None:
        raise NotFoundError("Record not found")
    return found


async def _settle(session: AsyncSession, row: PostRow, event: EventRow, now: datetime) -> None:
    """Give free places to those who wait; answer everybody where there will be none."""
    if event.status == Status.CANCELLED.value:
        await attendance.refuse_undecided(session, row, event, now=now)
        return
    if event.join_mode in {JoinMode.FREE.value, JoinMode.RESTRICTED.value}:
        await attendance.fill_places(session, row, event, now=now)


def _described(draft: Draft, event: EventDraft) -> Draft:
    # A post has to say something; an event that only has a name says that.
    return draft if draft.text.strip() else replace(draft, text=event.title.strip())


async def _held(session: AsyncSession, details: EventDetails, row: PostRow) -> EventDetails:
    """Return the details with who holds the event: whoever posts it."""
    author = await accounts.by_id(session, row.account_id)
    who = (author.uri,) if author is not None else ()
    return replace(details, organizers=who, answerers=who)
