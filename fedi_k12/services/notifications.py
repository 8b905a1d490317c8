"""Who is told of what, and what they have read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.mail_jobs import SendDecision
from fedi_k12.domain.notifications import (
    KINDS,
    OWN_KINDS,
    Fate,
    MarkerView,
    NotificationView,
    group_key,
)
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import NEEDED, Action, Actor, Role
from fedi_k12.services import notification_policy, push
from fedi_k12.services.notice_views import notice_views
from fedi_k12.services.notification_policy import Asked
from storage import accounts, jobs, notifications, posts
from storage.tables import MarkerRow, NotificationRow

TIMELINES = ("home", "notifications")
MAX_UNREAD = 1000
_AT_ONCE = 500
TOLD_OF_ONESELF = ("poll", "moderation_warning", "sign_in", "departure")


class Notice(Struct, frozen=True):
    """Something to tell an account of: `from_id` did `kind`, with or to the post."""

    account_id: int
    kind: str
    from_id: int
    post_id: int | None = None
    detail: Mapping[str, Any] | None = None
    """What is told besides; a notice with words of its own is told each time."""


async def notify(
    session: AsyncSession,
    *,
    account_id: int,
    kind: str,
    from_id: int,
    post_id: int | None = None,
    now: datetime,
) -> None:
    """Tell one account of something."""
    await notify_many(session, [Notice(account_id, kind, from_id, post_id)], now=now)


async def notify_many(
    session: AsyncSession, notices: Sequence[Notice], *, now: datetime
) -> None:
    """Tell accounts of things, in a fixed number of statements.

    Only accounts of this server, never of what they did themselves, nor of whom or what they
    do not want to hear. The same thing twice is told once.
    """
    # The end of a question is told to whoever asked it, too.
    wanted = [
        one for one in notices if one.account_id != one.from_id or one.kind in TOLD_OF_ONESELF
    ]
    if not wanted:
        return
    owners = await accounts.by_ids(session, [notice.account_id for notice in wanted])
    wanted = [n for n in wanted if n.account_id in owners and owners[n.account_id].is_local]
    about = await posts.by_ids(session, [n.post_id for n in wanted if n.post_id is not None])
    threads = {row.id: row.thread_id for row in about.values()}
    triples = [(n.account_id, n.from_id, threads.get(n.post_id or 0)) for n in wanted]
    unwelcome = await notifications.unwelcome(session, triples, now=now)
    welcome = [
        notice
        for notice, triple in zip(wanted, triples, strict=True)
        if triple not in unwelcome
    ]
    bare = {one for one in map(_bare, welcome) if one is not None}
    told = await notifications.told_already(session, bare)
    welcome = [one for one in welcome if _bare(one) not in told]
    asked = [Asked(n.account_id, n.kind, n.from_id, about.get(n.post_id or 0)) for n in welcome]
    fates = await notification_policy.fates(session, asked, now=now)
    decided = [(n, fate) for n, fate in zip(welcome, fates, strict=True) if fate != "drop"]
    rows = [_row(n, fate, now) for n, fate in decided]
    await notifications.insert_many(session, rows)
    await push.wake(session, rows, now=now)
    aside = [(n.account_id, n.from_id, n.post_id) for n, fate in decided if fate == "filter"]
    await notification_policy.wait_for(session, aside, now=now)


async def alarm(
    session: AsyncSession,
    *,
    account_ids: Sequence[int],
    from_id: int,
    post_id: int,
    now: datetime,
) -> None:
    """Tell accounts of a post in an emergency: whatever they muted, and at any hour.

    Whoever was told of it as any other post is told anew, so that no app is woken twice.
    """
    await session.execute(
        delete_rows(NotificationRow).where(
            NotificationRow.post_id == post_id, NotificationRow.kind == "status"
        )
    )
    told = [
        _row(Notice(number, "status", from_id, post_id), "accept", now)
        for number in account_ids
        if number != from_id
    ]
    for at in range(0, len(told), _AT_ONCE):
        some = told[at : at + _AT_ONCE]
        await notifications.insert_many(session, some)
        await push.wake_now(session, some, now=now)


async def tell_staff(
    session: AsyncSession,
    *,
    kind: str,
    action: Action,
    from_id: int,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Tell everybody whose role permits the action that there is something to do."""
    staff = await staff_for(session, action)
    await notify_many(
        session, [Notice(number, kind, from_id, detail=detail) for number in staff], now=now
    )


async def staff_for(session: AsyncSession, action: Action) -> Sequence[int]:
    """Return the accounts of everybody whose role permits the action."""
    roles = [role.value for role in Role if role.at_least(NEEDED[action])]
    return await accounts.staff_ids(session, roles)


async def warn(
    session: AsyncSession, *, account_id: int, action: str, text: str = "", now: datetime
) -> None:
    """Tell a member what the moderators decided about the account, and their words for it.

    `action` as https://docs.joinmastodon.org/entities/AccountWarning/#action names it.
    """
    detail = {
        "id": str(new_id()),
        "action": action,
        "text": text,
        "created_at": now.isoformat(),
    }
    notice = Notice(account_id, "moderation_warning", account_id, detail=detail)
    await notify_many(session, [notice], now=now)
    # Who cannot sign in any more reads it nowhere else.
    job = SendDecision(account_id, action, text, cause=f"decision-{new_id()}")
    await jobs.enqueue(session, job, now=now)


def kinds_asked(types: Sequence[str], exclude_types: Sequence[str]) -> list[str]:
    """Return the kinds that are wanted; ours that Mastodon lacks only where they are named."""
    known = [*KINDS, *OWN_KINDS] if types else KINDS
    return [
        kind for kind in known if (not types or kind in types) and kind not in exclude_types
    ]


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    account_id: int | None = None,
    include_filtered: bool = False,
) -> Page[NotificationView]:
    """Return a page of what the actor is told of.

    What was set aside comes along where that is asked for, or one account is: as Mastodon.
    """
    ids = await notifications.page(
        session,
        actor.account_id,
        page,
        kinds=kinds_asked(types, exclude_types),
        from_id=account_id,
        with_filtered=include_filtered or account_id is not None,
    )
    return ids.with_items(await notice_views(session, ids.items, actor))


async def one(session: AsyncSession, *, actor: Actor, notification_id: int) -> NotificationView:
    """Return one of the actor's notifications."""
    row = (await notifications.by_ids(session, [notification_id])).get(notification_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    found = await notice_views(session, [notification_id], actor)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def dismiss(session: AsyncSession, *, actor: Actor, notification_id: int) -> None:
    """Forget one of the actor's notifications."""
    row = (await notifications.by_ids(session, [notification_id])).get(notification_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    await session.delete(row)


async def clear(session: AsyncSession, *, actor: Actor) -> None:
    """Forget all of the actor's notifications."""
    await session.execute(
        delete_rows(NotificationRow).where(NotificationRow.account_id == actor.account_id)
    )


async def unread_count(
    session: AsyncSession,
    *,
    actor: Actor,
    limit: int = 100,
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    account_id: int | None = None,
) -> int:
    """Return how many notifications came after the actor's reading mark, up to `limit`."""
    return await notifications.unread(
        session,
        actor.account_id,
        limit=max(1, min(limit, MAX_UNREAD)),
        kinds=kinds_asked(types, exclude_types),
        from_id=account_id,
    )


async def markers(
    session: AsyncSession, *, actor: Actor, timelines: Sequence[str] = TIMELINES
) -> dict[str, MarkerView]:
    """Return how far the actor has read these timelines."""
    rows = await notifications.markers(session, actor.account_id)
    return {name: _marker(row) for name, row in rows.items() if name in timelines}


async def set_marker(
    session: AsyncSession, *, actor: Actor, timeline: str, last_read_id: int, now: datetime
) -> MarkerView:
    """Record how far the actor has read a timeline."""
    if timeline not in TIMELINES:
        raise NotFoundError("Record not found")
    row = await session.get(MarkerRow, (actor.account_id, timeline))
    if row is None:
        row = MarkerRow(
            account_id=actor.account_id,
            timeline=timeline,
            last_read_id=last_read_id,
            version=0,
            updated_at=now,
        )
        session.add(row)
    else:
        row.last_read_id, row.updated_at = last_read_id, now
        row.version += 1
    await session.flush()
    return _marker(row)


def _bare(notice: Notice) -> tuple[int, str, int] | None:
    """Return what is told where that is all there is to it, so that once is enough."""
    if notice.post_id is not None or notice.detail is not None:
        return None
    return notice.account_id, notice.kind, notice.from_id


def _row(notice: Notice, fate: Fate, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "account_id": notice.account_id,
        "kind": notice.kind,
        "from_id": notice.from_id,
        "post_id": notice.post_id,
        "group_key": group_key(notice.kind, notice.post_id, now),
        "filtered": fate == "filter",
        "detail": dict(notice.detail) if notice.detail is not None else None,
        "created_at": now,
    }


def _marker(row: MarkerRow) -> MarkerView:
    return MarkerView(row.timeline, row.last_read_id, row.version, row.updated_at)
