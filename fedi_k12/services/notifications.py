"""Who is told of what, and what they have read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.notifications import KINDS, MarkerView, NotificationView
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import views
from storage import accounts, notifications, posts
from storage.tables import MarkerRow, NotificationRow

TIMELINES = ("home", "notifications")
MAX_UNREAD = 1000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell an account of: `from_id` did `kind`, with or to the post."""

    account_id: int
    kind: str
    from_id: int
    post_id: int | None = None


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
    wanted = [one for one in notices if one.account_id != one.from_id or one.kind == "poll"]
    if not wanted:
        return
    owners = await accounts.by_ids(session, [notice.account_id for notice in wanted])
    wanted = [n for n in wanted if n.account_id in owners and owners[n.account_id].is_local]
    about = await posts.by_ids(session, [n.post_id for n in wanted if n.post_id is not None])
    threads = {row.id: row.thread_id for row in about.values()}
    triples = [(n.account_id, n.from_id, threads.get(n.post_id or 0)) for n in wanted]
    unwelcome = await notifications.unwelcome(session, triples)
    rows = []
    for notice, triple in zip(wanted, triples, strict=True):
        if triple in unwelcome:
            continue
        if notice.post_id is None and await notifications.exists_already(
            session, notice.account_id, notice.kind, notice.from_id
        ):
            continue
        rows.append(_row(notice, now))
    await notifications.insert_many(session, rows)


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    account_id: int | None = None,
) -> Page[NotificationView]:
    """Return a page of what the actor is told of."""
    kinds = [kind for kind in (types or KINDS) if kind not in exclude_types]
    ids = await notifications.page(
        session, actor.account_id, page, kinds=kinds, from_id=account_id
    )
    return ids.with_items(await _views(session, ids.items, actor))


async def one(session: AsyncSession, *, actor: Actor, notification_id: int) -> NotificationView:
    """Return one of the actor's notifications."""
    row = (await notifications.by_ids(session, [notification_id])).get(notification_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    found = await _views(session, [notification_id], actor)
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


async def unread_count(session: AsyncSession, *, actor: Actor, limit: int = 100) -> int:
    """Return how many notifications came after the actor's reading mark, up to `limit`."""
    return await notifications.unread(
        session, actor.account_id, limit=max(1, min(limit, MAX_UNREAD))
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


async def _views(
    session: AsyncSession, ids: Sequence[int], actor: Actor
) -> list[NotificationView]:
    rows = await notifications.by_ids(session, ids)
    post_ids = [row.post_id for row in rows.values() if row.post_id is not None]
    about = {
        view.id: view
        for view in await views.post_views(session, list(dict.fromkeys(post_ids)), viewer=actor)
    }
    people = {
        view.id: view
        for view in await views.account_views(
            session, list({row.from_id for row in rows.values()})
        )
    }
    found = []
    for number in ids:
        row = rows.get(number)
        if row is None or row.from_id not in people:
            continue
        if row.post_id is not None and row.post_id not in about:
            continue
        found.append(
            NotificationView(
                row.id,
                row.kind,
                row.created_at,
                people[row.from_id],
                about.get(row.post_id or 0),
                row.group_key or f"ungrouped-{row.id}",
                row.detail,
            )
        )
    return found


def _row(notice: Notice, now: datetime) -> dict[str, object]:
    group = None
    if notice.kind in {"favourite", "reblog"} and notice.post_id is not None:
        # As Mastodon: what happens to one post within twelve hours is told together.
        group = f"{notice.kind}-{notice.post_id}-{int(now.timestamp()) // 43200}"
    elif notice.kind == "follow":
        group = f"follow-{int(now.timestamp()) // 43200}"
    return {
        "id": new_id(),
        "account_id": notice.account_id,
        "kind": notice.kind,
        "from_id": notice.from_id,
        "post_id": notice.post_id,
        "group_key": group,
        "filtered": False,
        "detail": None,
        "created_at": now,
    }


def _marker(row: MarkerRow) -> MarkerView:
    return MarkerView(row.timeline, row.last_read_id, row.version, row.updated_at)
