"""A member's inbox as a collection: what came in, made of what is kept of it.

What other servers sent is kept as posts, boosts, favourites and follows, so the activities are
made anew of these. A Create has no id here: the one it came under is not kept.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from federation.objects import activities_of
from federation.vocab.build import (
    build_collection,
    build_page,
)
from federation.vocab.build_parts import (
    moment,
)
from fedi_k12.context import Context
from fedi_k12.domain.notifications import NotificationView
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import notifications, timelines
from storage import posts
from storage.tables import AccountRow

PAGE_SIZE = 20
_KINDS = ("favourite", "reblog", "follow", "follow_request", "mention")
_OURS_ALONE = ("replies", "likes", "shares", "interactionPolicy")


async def received(
    ctx: Context, row: AccountRow, *, whole: bool, before: int | None
) -> dict[str, object]:
    """Return the inbox, or its page of what is older than `before`."""
    uri = ctx.addresses.inbox(row.username)
    if whole:
        return build_collection(uri, first=f"{uri}?page=true", attributed_to=row.uri)
    who = Actor(row.id)
    page = PageRequest(limit=PAGE_SIZE, max_id=before)
    async with ctx.read() as session:
        home = await timelines.home(session, actor=who, page=page)
        told = await notifications.page(session, actor=who, page=page, types=_KINDS)
        mine = {view.id for view in home.items if view.account.id == row.id}
        at_home = [view.id for view in home.items if view.id not in mine]
        letters = {
            view.id: view.post.id
            for view in told.items
            if view.kind == "mention" and view.post is not None
        }
        wanted = [*at_home, *(n for n in letters.values() if n not in at_home)]
        made = await _activities(session, ctx, wanted)
    found: dict[int, Mapping[str, object]] = {n: made[n] for n in at_home if n in made}
    for view in told.items:
        if view.kind == "mention":
            number = letters.get(view.id, 0)
            if number in made and number not in found:
                found[view.id] = made[number]
        else:
            found[view.id] = _told(view, row)
    newest = sorted(found, reverse=True)[:PAGE_SIZE]
    more = len(home.items) == PAGE_SIZE or len(told.items) == PAGE_SIZE
    oldest = newest[-1] if newest else min(mine, default=0)
    return build_page(
        f"{uri}?page=true" + (f"&max_id={before}" if before else ""),
        part_of=uri,
        items=[found[number] for number in newest],
        next_page=f"{uri}?page=true&max_id={oldest}" if more and oldest else None,
    )


async def _activities(
    session: AsyncSession, ctx: Context, ids: Sequence[int]
) -> dict[int, Mapping[str, object]]:
    rows = await posts.by_ids(session, ids)
    present = [rows[number] for number in ids if number in rows]
    made = await activities_of(session, present, addresses=ctx.addresses)
    return {
        row.id: activity if row.local else _of_elsewhere(activity)
        for row, activity in zip(present, made, strict=True)
    }


def _of_elsewhere(activity: Mapping[str, object]) -> Mapping[str, object]:
    """Leave out what only a post's own server can say of it."""
    inner = activity["object"]
    if not isinstance(inner, Mapping):
        return activity
    said = {key: value for key, value in inner.items() if key not in _OURS_ALONE}
    return {key: value for key, value in activity.items() if key != "id"} | {"object": said}


def _told(view: NotificationView, row: AccountRow) -> Mapping[str, object]:
    kind = {"favourite": "Like", "reblog": "Announce"}.get(view.kind, "Follow")
    about = view.post.uri if view.post is not None else row.uri
    return {
        "type": kind,
        "actor": view.account.uri,
        "object": about,
        "published": moment(view.created_at),
    }
