"""Notifications told together: five favourites of one post are one thing to read."""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.notifications import (
    GROUPED_KINDS,
    KINDS,
    OWN_KINDS,
    NotificationGroup,
    NotificationView,
)
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import views
from fedi_k12.services.notice_views import notice_views
from fedi_k12.services.notifications import MAX_UNREAD, kinds_asked
from storage import notification_groups as rows
from storage import notifications
from storage.notification_groups import GroupRow, Wanted
from storage.tables import NotificationRow

SAMPLES = 8
"""So many accounts of a group are shown with it; the rest is asked for."""
MAX_ACCOUNTS = 400
_ALONE = "ungrouped-"


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    page: PageRequest,
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    grouped_types: Sequence[str] | None = None,
    account_id: int | None = None,
    include_filtered: bool = False,
) -> Page[NotificationGroup]:
    """Return a page of groups in order of their newest notice, whose id is the cursor."""
    wanted = Wanted(
        kinds_asked(types, exclude_types),
        _grouped(grouped_types),
        account_id,
        include_filtered or account_id is not None,
    )
    heads = await rows.newest(session, actor.account_id, page, wanted)
    return heads.with_items(await _groups(session, actor, heads.items, wanted))


async def one(session: AsyncSession, *, actor: Actor, key: str) -> NotificationGroup:
    """Return a group by its key, or raise `NotFoundError`."""
    head, wanted = await _head(session, actor, key)
    found = await _groups(session, actor, [head], wanted)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def accounts(session: AsyncSession, *, actor: Actor, key: str) -> list[AccountView]:
    """Return whose doings a group tells of, the latest first."""
    head, wanted = await _head(session, actor, key)
    row = (await notifications.by_ids(session, [head]))[head]
    if row.group_key != key:
        return await views.account_views(session, [row.from_id], viewer=actor)
    found = await rows.groups(session, actor.account_id, [key], wanted, samples=MAX_ACCOUNTS)
    return await views.account_views(
        session, found[key].from_ids if key in found else [], viewer=actor
    )


async def dismiss(session: AsyncSession, *, actor: Actor, key: str) -> None:
    """Forget a group of notices."""
    if key.startswith(_ALONE):
        head, _wanted = await _head(session, actor, key)
        await session.delete(await session.get(NotificationRow, head))
    elif not await rows.forget(session, actor.account_id, key):
        raise NotFoundError("Record not found")


async def unread_count(
    session: AsyncSession,
    *,
    actor: Actor,
    limit: int = 100,
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    grouped_types: Sequence[str] | None = None,
    account_id: int | None = None,
) -> int:
    """Return how many groups have news after the actor's reading mark, up to `limit`."""
    wanted = Wanted(kinds_asked(types, exclude_types), _grouped(grouped_types), account_id)
    return await rows.unread(
        session, actor.account_id, wanted, limit=max(1, min(limit, MAX_UNREAD))
    )


async def _head(session: AsyncSession, actor: Actor, key: str) -> tuple[int, Wanted]:
    """Return the newest notice that a key stands for, and of what the group is made."""
    wanted = Wanted([*KINDS, *OWN_KINDS], GROUPED_KINDS, with_filtered=True)
    if not key.startswith(_ALONE):
        head = await rows.newest_of(session, actor.account_id, key)
        if head is None:
            raise NotFoundError("Record not found")
        return head, wanted
    number = parse_id(key.removeprefix(_ALONE))
    row = (await notifications.by_ids(session, [number or 0])).get(number or 0)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row.id, replace(wanted, grouped=())


async def _groups(
    session: AsyncSession, actor: Actor, heads: Sequence[int], wanted: Wanted
) -> list[NotificationGroup]:
    notices = await notice_views(session, heads, actor)
    keys = [one.group_key for one in notices if one.kind in wanted.grouped]
    found = await rows.groups(session, actor.account_id, keys, wanted, samples=SAMPLES)
    people = {
        view.id: view
        for view in await views.account_views(
            session,
            list({n for row in found.values() for n in row.from_ids}),
            viewer=actor,
        )
    }
    return [_group(one, found.get(one.group_key), people, wanted) for one in notices]


def _group(
    notice: NotificationView,
    row: GroupRow | None,
    people: dict[int, AccountView],
    wanted: Wanted,
) -> NotificationGroup:
    if row is None or notice.kind not in wanted.grouped:
        return NotificationGroup(
            f"{_ALONE}{notice.id}", notice, 1, notice.id, (notice.account,)
        )
    members = tuple(people[number] for number in row.from_ids if number in people)
    return NotificationGroup(notice.group_key, notice, row.count, row.oldest_id, members)


def _grouped(asked: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(kind for kind in GROUPED_KINDS if asked is None or kind in asked)
