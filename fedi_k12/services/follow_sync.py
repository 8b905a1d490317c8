"""Agree with another server on who of ours follows one of its accounts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateUnfollow
from fedi_k12.services import follow_steps
from storage import accounts, follows, jobs, timelines

MANY = 5
"""More follows than this are not ended because of one look."""
MAX_UNDONE = 100


async def agree(
    session: AsyncSession,
    *,
    target_id: int,
    listed: Collection[str],
    sure: bool,
    addresses: Addresses,
    now: datetime,
) -> bool:
    """Take over who follows `target_id` from the list that its server has.

    A follow of ours that is not listed ends; a request that is listed was accepted; who is
    listed and does not follow says so there. False, and nothing done, where many would end
    and it is not `sure` yet.
    """
    rows = await follows.of_target(session, target_id)
    people = await accounts.by_ids(session, [row.follower_id for row in rows])
    gone = [row for row in rows if row.accepted and people[row.follower_id].uri not in listed]
    if len(gone) > MANY and not sure:
        return False
    for row in gone:
        await timelines.clear_home(session, account_id=row.follower_id, author_id=target_id)
        await follows.remove(session, row)
    for row in rows:
        if not row.accepted and people[row.follower_id].uri in listed:
            await follow_steps.settle(session, row, now=now)
    known = {person.uri for person in people.values()}
    strangers = await accounts.by_uris(session, sorted(set(listed) - known)[:MAX_UNDONE])
    for person in strangers.values():
        if person.is_local:
            uri = addresses.activity(person.username, "follows", new_id())
            job = FederateUnfollow(person.id, target_id, uri)
            about = jobs.between(person.id, target_id)
            await jobs.enqueue(session, job, now=now, about=about)
    return True
