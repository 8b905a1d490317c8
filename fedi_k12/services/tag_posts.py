"""What stands on the page of a hashtag of the district, and what its account passes on (S-15).

The account announces the public posts of verified staff of this server, and nobody else's. What
it announces follows from how a post stands: the job of one post is done again whenever that
changed.
"""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateBoost, FederateUnboost
from fedi_k12.domain.owned_tags import By
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.domain.tag_jobs import AnnounceTagged
from fedi_k12.services import reactions, timelines
from storage import accounts, jobs, owned_tags, posts
from storage.tables import AccountRow, PostRow


async def page(
    session: AsyncSession,
    *,
    name: str,
    by: By,
    tag_id: int | None,
    viewer: Actor | None,
    page: PageRequest,
) -> Page[PostView]:
    """Return a page of the public posts with a hashtag (key), the newest first.

    `tag_id` is that of a hashtag of the district: what was taken off it is left out. Visitors
    see what was said here; what came from elsewhere is for members.
    """
    also: list[ColumnElement[bool]] = []
    if by is By.STAFF:
        also.append(owned_tags.by_staff())
    if tag_id is not None:
        also.append(owned_tags.stays_on(tag_id))
    return await timelines.tag(
        session, name=name, viewer=viewer, page=page, local=viewer is None, also=also
    )


async def consider(
    session: AsyncSession, post_id: int, *, now: datetime, due_at: datetime | None = None
) -> None:
    """Have it looked at whether a post is to be passed on, in the transaction that changed it.

    `due_at` is when other servers are told of the post itself.
    """
    if await owned_tags.concerns(session, post_id):
        await jobs.enqueue(
            session, AnnounceTagged(post_id), now=now, due_at=due_at, about=f"tagged:{post_id}"
        )


async def announce_tagged(ctx: Context, job: AnnounceTagged) -> None:
    """Job: let the accounts of hashtags pass a post on, or take that back."""
    await ctx.write(settle, post_id=job.post_id, now=ctx.clock())


async def settle(session: AsyncSession, *, post_id: int, now: datetime) -> None:
    """Let the accounts of hashtags pass a post on, or take that back, as it stands now."""
    post = await posts.by_id(session, post_id)
    if post is None:
        return
    wanted = {row.id: row for row in await owned_tags.announcers(session, post_id)}
    there = {row.account_id: row for row in await owned_tags.announced(session, post_id)}
    for account_id, row in there.items():
        if account_id not in wanted:
            await _take_back(session, row, post, now=now)
    for account_id, account in wanted.items():
        if account_id not in there:
            await _announce(session, account, post, now=now)


async def gone(session: AsyncSession, post: PostRow, *, now: datetime) -> None:
    """Take back that a post was passed on which is about to be deleted."""
    for row in await owned_tags.announced(session, post.id):
        await _take_back(session, row, post, now=now)


async def _announce(
    session: AsyncSession, account: AccountRow, post: PostRow, *, now: datetime
) -> None:
    number = new_id()
    # `Addresses.create`: the account's own id is all that is needed here.
    uri = f"{account.uri}/statuses/{number}/activity"
    await reactions.record_boost(
        session,
        account,
        post,
        number=number,
        uri=uri,
        visibility=Visibility.PUBLIC,
        published=now,
        told=False,
        now=now,
    )
    await jobs.enqueue(session, FederateBoost(number), now=now, about=uri)


async def _take_back(
    session: AsyncSession, row: PostRow, post: PostRow, *, now: datetime
) -> None:
    author = await accounts.by_id(session, post.account_id)
    if author is not None:
        undo = FederateUnboost(
            row.account_id, row.uri, post.uri, author.id, row.created_at.isoformat()
        )
        await jobs.enqueue(session, undo, now=now, about=row.uri)
    await reactions.remove_boost(session, row)
