"""Where a post of ours went, and what was answered: for its author and for staff."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.posts import PostView
from fedi_k12.services import access, views
from storage import sent
from storage.sent import NOTHING_SENT
from storage.tables import DeliveryRow, SentRow
from storage.tables.work import FAILED

KEPT = timedelta(days=30)
"""So long it is remembered where a post went."""
State = Literal["waiting", "given up", "refused", "not sent", "taken"]


class Arrival(Struct, frozen=True):
    """What became of a post at one host."""

    host: str
    state: State
    status: int | None = None
    """What it last answered, where it is known."""
    error: str = ""
    next_at: datetime | None = None
    """When it is tried again."""


class Whereabouts(Struct, frozen=True):
    """A post, and what became of it at each host, by name; those in trouble first."""

    post: PostView
    arrivals: tuple[Arrival, ...]
    since: datetime | None
    """When it was first sent; None where it was not, or that was forgotten."""


async def of_post(session: AsyncSession, *, actor: Actor, post_id: int) -> Whereabouts:
    """Return where a post of this server went.

    Raises `NotFoundError` for all but its author, and moderators who may see it.
    """
    row = await access.post_for(session, post_id, viewer=actor)
    own = row.account_id == actor.account_id
    if not row.local or not (own or decide(actor, Action.HANDLE_REPORTS).allowed):
        raise NotFoundError("Record not found")
    found, since = await arrivals(session, uri=row.uri)
    return Whereabouts(await views.post_view(session, row.id, viewer=actor), found, since)


async def arrivals(
    session: AsyncSession, *, uri: str
) -> tuple[tuple[Arrival, ...], datetime | None]:
    """Return what became of a post at each host, and when it was first sent."""
    rows = await sent.of_object(session, uri)
    owed = await sent.still_owed(session, [one.activity_id for one in rows]) if rows else []
    return tuple(_arrivals(rows, owed)), rows[0].created_at if rows else None


def _arrivals(rows: Sequence[SentRow], owed: Sequence[DeliveryRow]) -> list[Arrival]:
    found: dict[str, Arrival] = {}
    for row in rows:
        for host in row.hosts:
            found[host] = Arrival(host, "taken")
        for host, status in row.refused.items():
            state: State = "not sent" if status == NOTHING_SENT else "refused"
            found[host] = Arrival(host, state, int(status) or None)
    for one in owed:
        state = "given up" if one.state == FAILED else "waiting"
        known = found.get(one.host)
        if state == "given up" and known is not None and known.state == "waiting":
            continue
        found[one.host] = Arrival(
            one.host,
            state,
            one.last_status,
            one.last_error or "",
            one.due_at if state == "waiting" else None,
        )
    return sorted(found.values(), key=lambda one: (one.state == "taken", one.host))
