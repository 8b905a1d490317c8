"""The moments before other servers are told of a post, in which its author can take it back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.jobs import FederateEdit, FederatePost
from storage import jobs
from storage.tables import PostRow


async def send_at(
    session: AsyncSession, post_id: int, *, uri: str, due_at: datetime, now: datetime
) -> None:
    """Have other servers told of a post when it is time."""
    await jobs.enqueue_once(
        session,
        FederatePost(post_id),
        key=_key(post_id),
        now=now,
        due_at=due_at,
        about=uri,
    )


async def is_held(session: AsyncSession, post_id: int) -> bool:
    """Return whether no server was told yet: what is changed now goes out with the post."""
    return await jobs.untouched(session, _key(post_id))


async def held_until(session: AsyncSession, post_id: int) -> datetime | None:
    """Return when other servers are told of a post, None where they were, or never are."""
    return await jobs.due_at(session, _key(post_id))


async def tell_of_edit(
    session: AsyncSession, row: PostRow, *, now: datetime, anew: bool = False
) -> None:
    """Have other servers told that a post reads differently, where they know it."""
    if row.local_only or row.reply_state is not None or await is_held(session, row.id):
        return
    await jobs.enqueue(session, FederateEdit(row.id, anew=anew), now=now, about=row.uri)


async def withdraw(session: AsyncSession, row: PostRow) -> bool:
    """Tell no server of a post; return whether that was in time and no server knows of it.

    Who passed it on meanwhile has told others of it.
    """
    return await jobs.withdraw(session, _key(row.id)) and row.boosts_count == 0


def _key(post_id: int) -> str:
    return f"post:{post_id}"
