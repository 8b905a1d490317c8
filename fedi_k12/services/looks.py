"""Who looks at what only a member and the staff may know of them: noted, and shown to them.

What staff are shown of members comes from functions that note it themselves, in the same
transaction (`staff`, `staff_reports`, `reports.one`). The member reads it at
`/settings/access-log` (H15).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.looks import Look, Seen
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Visibility
from storage import accounts, looks
from storage.tables import MemberRow

KEPT = timedelta(days=365)
SHOWN = 200


async def note(
    session: AsyncSession,
    *,
    actor: Actor | None,
    member_ids: Collection[int],
    what: Seen,
    now: datetime,
) -> None:
    """Note that the actor sees this of members; looking at one's own is no look.

    `actor` is None for the command line.
    """
    own = actor.member_id if actor is not None else None
    row = await accounts.by_id(session, actor.account_id) if actor is not None else None
    await looks.note(
        session,
        [number for number in member_ids if number != own],
        what=what.value,
        by_key=str(actor.member_id or "") if actor is not None else "",
        by_name=row.username if row is not None else "",
        now=now,
    )


async def note_posts(
    session: AsyncSession, *, actor: Actor, shown: Iterable[PostView], now: datetime
) -> None:
    """Note that the actor sees these posts, where they are not for everybody and of ours."""
    authors = {
        post.account.id
        for post in shown
        if post.account.is_local
        and (post.local_only or post.visibility.breadth < Visibility.UNLISTED.breadth)
    }
    found = await session.scalars(select(MemberRow.id).where(MemberRow.account_id.in_(authors)))
    await note(session, actor=actor, member_ids=set(found), what=Seen.POSTS, now=now)


async def of_member(session: AsyncSession, *, actor: Actor) -> list[Look]:
    """Return who looked at the actor's own data, the newest first; at most `SHOWN`."""
    if actor.member_id is None:
        return []
    rows = await looks.of_member(session, actor.member_id, limit=SHOWN)
    return [Look(row.at, Seen(row.what), row.by_name or None) for row in rows]
