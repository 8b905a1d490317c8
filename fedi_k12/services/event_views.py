"""Events as they are shown, many at a time."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.events import EventView
from fedi_k12.domain.permissions import Actor
from storage import events
from storage.tables import PostRow


async def event_views(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor | None
) -> dict[int, EventView]:
    """Return the events among these posts, by post, as the viewer sees them."""
    held = {row.id: row for row in rows if row.kind == "Event" and row.boost_of_id is None}
    if not held:
        return {}
    found = await events.by_posts(session, held)
    me = viewer.account_id if viewer is not None else None
    own = await events.own_states(session, found, me) if me is not None else {}
    return {
        post_id: EventView(
            post_id=post_id,
            title=held[post_id].title,
            url=held[post_id].url or held[post_id].uri,
            local=held[post_id].local,
            details=events.details_of(event),
            going=event.going_count,
            organised_by_viewer=me is not None and held[post_id].account_id == me,
            own=own.get(post_id),
            sequence=event.sequence,
            remind=event.remind,
        )
        for post_id, event in found.items()
    }
