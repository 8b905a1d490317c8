"""Favourites, boosts, bookmarks and pins: what people do with posts."""

from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.approvals import Interaction, Verdict
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.ids import id_at, new_id
from fedi_k12.domain.jobs import (
    FederateBoost,
    FederateFavourite,
    FederatePin,
    FederateUnboost,
    FederateUnfavourite,
    FederateUnreaction,
)
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility, may_boost
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import (
    access,
    approvals,
    boost_budget,
    gates,
    notifications,
    records,
    submissions,
    timelines,
    views,
)
from storage import accounts, jobs, post_writes, posts, reactions
from storage import timelines as timeline_rows
from storage.tables import (
    AccountRow,
    BookmarkRow,
    FavouriteRow,
    NotificationRow,
    PostRow,
    ThreadMuteRow,
)

MAX_PINS = 5
FRESH = timedelta(minutes=10)


async def favourite(
    session: AsyncSession, *, actor: Actor, post_id: int, addresses: Addresses, now: datetime
) -> None:
    """Recommend a post; a second time changes nothing."""
    post = await original(session, post_id, actor)
    if await reactions.favourite_of(session, actor.account_id, post.id) is not None:
        return
    me = await access.account_for(session, actor.account_id, viewer=actor)
    await approvals.demand(session, Interaction.FAVOURITE, me, post)
    number = new_id()
    uri = addresses.activity(me.username, "likes", number)
    await like(session, me, post, uri=uri, number=number, now=now)
    author = await accounts.by_id(session, post.account_id)
    if author is not None and not post.local_only and (not author.is_local or post.group_id):
        about = f"{me.id} {post.uri}"
        await jobs.enqueue(session, FederateFavourite(number), now=now, about=about)
    await records.note_reaction(session, kind="Like", actor=actor, post=post, now=now)


async def unfavourite(
    session: AsyncSession, *, actor: Actor, post_id: int, now: datetime
) -> None:
    """No longer recommend a post."""
    post = await original(session, post_id, actor)
    row = await reactions.favourite_of(session, actor.account_id, post.id)
    if row is None:
        return
    author = await accounts.by_id(session, post.account_id)
    told = not post.local_only and row.uri is not None
    about = f"{actor.account_id} {post.uri}"
    if author is not None and told and (not author.is_local or post.group_id):
        job = FederateUnfavourite(
            actor.account_id, row.uri or "", post.uri, author.id, post.group_id
        )
        await jobs.enqueue(session, job, now=now, about=about)
    for given in await reactions.emojis_by(session, actor.account_id, post.id):
        if author is not None and not author.is_local and given.uri:
            undone = FederateUnreaction(
                actor.account_id, given.uri, post.uri, author.id, given.emoji, given.url
            )
            await jobs.enqueue(session, undone, now=now, about=about)
        await session.delete(given)
    await unlike(session, row)
    await records.note_reaction(session, kind="Undo Like", actor=actor, post=post, now=now)


async def boost(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    visibility: Visibility | None = None,
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> int:
    """Pass a post on and return the boost's id; a second time returns the first's.

    Raises `SavedForApprovalError` where a second person decides first, and `paper` does not
    say that somebody did.
    """
    gate = await gates.to_boost(session, actor, now=now)
    post = await original(session, post_id, actor)
    fact = (await access.facts_for(session, [post], viewer_id=actor.account_id))[post.id]
    if not may_boost(actor.account_id, fact):
        raise ForbiddenError("This action is not allowed")
    known = await posts.boost_by(session, actor.account_id, post.id)
    if known is not None:
        return known.id
    me = await access.account_for(session, actor.account_id, viewer=actor)
    await approvals.demand(session, Interaction.BOOST, me, post)
    number = new_id()
    uri = addresses.create(me.username, number)
    shown = visibility or Visibility.PUBLIC
    if shown is Visibility.DIRECT:
        raise InvalidError("Validation failed: Visibility cannot be direct")
    if gate.needs_approval and not (paper and paper.given):
        await boost_budget.demand(session, actor, post, now=now)
        asked = Paper("boost", post.id, {"visibility": visibility} if visibility else {})
        await submissions.hold(session, actor=actor, draft=None, paper=asked, now=now)
    await boost_budget.spend(session, actor, post, now=now)
    narrowest = min(shown, Visibility(post.visibility), key=lambda item: item.breadth)
    await record_boost(
        session,
        me,
        post,
        number=number,
        uri=uri,
        visibility=narrowest,
        published=now,
        now=now,
    )
    await timeline_rows.put_home(session, [(me.id, number)])
    await jobs.enqueue(session, FederateBoost(number), now=now, about=uri)
    await records.note_reaction(session, kind="Announce", actor=actor, post=post, now=now)
    return number


async def unboost(session: AsyncSession, *, actor: Actor, post_id: int, now: datetime) -> int:
    """Take a boost back and return the id of the post that had been passed on."""
    post = await original(session, post_id, actor)
    row = await posts.boost_by(session, actor.account_id, post.id)
    if row is not None:
        job = FederateUnboost(
            actor.account_id, row.uri, post.uri, post.account_id, row.created_at.isoformat()
        )
        await jobs.enqueue(session, job, now=now, about=row.uri)
        await remove_boost(session, row)
        await records.note_reaction(
            session, kind="Undo Announce", actor=actor, post=post, now=now
        )
    return post.id


async def bookmark(session: AsyncSession, *, actor: Actor, post_id: int, now: datetime) -> None:
    """Keep a post for later; nobody else knows."""
    post = await original(session, post_id, actor)
    if await reactions.bookmark_of(session, actor.account_id, post.id) is None:
        session.add(
            BookmarkRow(
                id=new_id(), account_id=actor.account_id, post_id=post.id, created_at=now
            )
        )
        await session.flush()


async def unbookmark(session: AsyncSession, *, actor: Actor, post_id: int) -> None:
    """No longer keep a post."""
    post = await original(session, post_id, actor)
    await session.execute(
        delete_rows(BookmarkRow).where(
            BookmarkRow.account_id == actor.account_id, BookmarkRow.post_id == post.id
        )
    )


async def pin(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    now: datetime,
    paper: Paper | None = None,
) -> None:
    """Keep a post of the actor's own at the top of their page.

    Raises `SavedForApprovalError` where a second person decides first (S-38), and `paper` does
    not say that they did.
    """
    post = await access.post_for(session, post_id, viewer=actor)
    if post.account_id != actor.account_id:
        raise InvalidError("Validation failed: Someone else's post cannot be pinned")
    if post.boost_of_id is not None:
        raise InvalidError("Validation failed: A boost cannot be pinned")
    if post.visibility == Visibility.DIRECT.value:
        raise InvalidError(
            "Validation failed: Posts that are only visible to mentioned people "
            "cannot be pinned"
        )
    if post.pinned_at is not None:
        return
    pinned = await session.scalar(
        select(func.count())
        .select_from(PostRow)
        .where(PostRow.account_id == actor.account_id, PostRow.pinned_at.is_not(None))
    )
    if (pinned or 0) >= MAX_PINS:
        raise InvalidError(f"Validation failed: At most {MAX_PINS} posts can be pinned")
    await submissions.present(session, actor, Paper("pin", post.id), paper, now=now)
    post.pinned_at = now
    post.version += 1
    await _tell_of_pin(session, post, now=now)


async def unpin(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    now: datetime,
    paper: Paper | None = None,
) -> None:
    """No longer keep a post at the top; may wait for a second person as `pin` does."""
    post = await access.post_for(session, post_id, viewer=actor)
    if post.account_id == actor.account_id and post.pinned_at is not None:
        await submissions.present(session, actor, Paper("unpin", post.id), paper, now=now)
        post.pinned_at = None
        post.version += 1
        await _tell_of_pin(session, post, now=now)


async def mute_thread(
    session: AsyncSession, *, actor: Actor, post_id: int, now: datetime
) -> None:
    """No longer hear of a thread."""
    post = await access.post_for(session, post_id, viewer=actor)
    if await session.get(ThreadMuteRow, (actor.account_id, post.thread_id)) is None:
        session.add(
            ThreadMuteRow(account_id=actor.account_id, thread_id=post.thread_id, created_at=now)
        )
        await session.flush()


async def unmute_thread(session: AsyncSession, *, actor: Actor, post_id: int) -> None:
    """Hear of a thread again."""
    post = await access.post_for(session, post_id, viewer=actor)
    row = await session.get(ThreadMuteRow, (actor.account_id, post.thread_id))
    if row is not None:
        await session.delete(row)
        await session.flush()


async def favourited_by(
    session: AsyncSession, *, post_id: int, viewer: Actor | None, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who recommends a post."""
    post = await access.post_for(session, post_id, viewer=viewer)
    ids = await reactions.favouriters(session, post.boost_of_id or post.id, page)
    return ids.with_items(await views.account_views(session, ids.items, viewer=viewer))


async def boosted_by(
    session: AsyncSession, *, post_id: int, viewer: Actor | None, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who passed a post on."""
    post = await access.post_for(session, post_id, viewer=viewer)
    ids = await reactions.boosters(session, post.boost_of_id or post.id, page)
    return ids.with_items(await views.account_views(session, ids.items, viewer=viewer))


async def receive_like(
    session: AsyncSession,
    *,
    account: AccountRow,
    post: PostRow,
    uri: str | None,
    now: datetime,
) -> None:
    """Take in another server's Like of a post."""
    if not await _is_welcome(session, Interaction.FAVOURITE, account, post):
        return
    known = await reactions.favourite_of(session, account.id, post.id)
    if known is None:
        await like(session, account, post, uri=uri, number=new_id(), now=now)
    elif known.by_emoji:
        known.by_emoji, known.uri = False, uri


async def receive_boost(
    session: AsyncSession,
    *,
    account: AccountRow,
    post: PostRow,
    uri: str,
    published: datetime,
    visibility: Visibility,
    now: datetime,
) -> int | None:
    """Take in another server's Announce; return the boost's id, None for a refused one."""
    fact = (await access.facts_for(session, [post], viewer_id=account.id))[post.id]
    if not may_boost(account.id, fact) or fact.author_blocks_viewer or fact.author_suspended:
        return None
    if not await _is_welcome(session, Interaction.BOOST, account, post):
        return None
    known = await posts.boost_by(session, account.id, post.id)
    if known is not None:
        return known.id
    fresh = now - published < FRESH
    number = new_id() if fresh else id_at(min(published, now))
    await record_boost(
        session,
        account,
        post,
        number=number,
        uri=uri,
        visibility=min(visibility, Visibility(post.visibility), key=lambda item: item.breadth),
        published=min(published, now),
        now=now,
    )
    return number


async def undo_like(
    session: AsyncSession, *, account: AccountRow, post: PostRow | None, uri: str | None
) -> None:
    """Take in that another server's Like was taken back: by its id, or by what it liked."""
    row = await reactions.favourite_by_uri(session, uri) if uri else None
    if row is None and post is not None:
        row = await reactions.favourite_of(session, account.id, post.id)
    if row is None or row.account_id != account.id or row.by_emoji:
        return
    if await reactions.emojis_by(session, account.id, row.post_id):
        row.by_emoji, row.uri = True, None
        return
    await unlike(session, row)


async def undo_boost(
    session: AsyncSession, *, account: AccountRow, post: PostRow | None, uri: str | None
) -> None:
    """Take in that another server's Announce was taken back."""
    row = await posts.by_uri(session, uri) if uri else None
    if row is None and post is not None:
        row = await posts.boost_by(session, account.id, post.id)
    if row is not None and row.account_id == account.id and row.boost_of_id is not None:
        await remove_boost(session, row)


async def _is_welcome(
    session: AsyncSession, interaction: Interaction, account: AccountRow, post: PostRow
) -> bool:
    """Return whether a post of ours takes this from somebody; others' are theirs to guard."""
    found = await approvals.verdict_for(session, interaction, account, post)
    return not post.local or found is Verdict.AUTOMATIC


async def original(session: AsyncSession, post_id: int, actor: Actor) -> PostRow:
    """Return the post, or what it boosts: reactions belong to the original."""
    row = await access.post_for(session, post_id, viewer=actor)
    if row.boost_of_id is not None:
        return await access.post_for(session, row.boost_of_id, viewer=actor)
    return row


async def like(
    session: AsyncSession,
    account: AccountRow,
    post: PostRow,
    *,
    uri: str | None,
    number: int,
    by_emoji: bool = False,
    now: datetime,
) -> None:
    """Record a favourite, count it, and tell the author."""
    session.add(
        FavouriteRow(
            id=number,
            account_id=account.id,
            post_id=post.id,
            uri=uri,
            by_emoji=by_emoji,
            created_at=now,
        )
    )
    await session.flush()
    await reactions.count(session, post.id, favourites=1)
    await notifications.notify(
        session,
        account_id=post.account_id,
        kind="favourite",
        from_id=account.id,
        post_id=post.id,
        now=now,
    )


async def unlike(session: AsyncSession, row: FavouriteRow) -> None:
    """Forget a favourite, its count and what the author was told."""
    await session.execute(delete_rows(FavouriteRow).where(FavouriteRow.id == row.id))
    await reactions.count(session, row.post_id, favourites=-1)
    await _untell(session, "favourite", row.account_id, row.post_id)


async def _tell_of_pin(session: AsyncSession, post: PostRow, *, now: datetime) -> None:
    """Other servers hear of what they can read: nothing narrower is in the collection."""
    if not post.local_only and Visibility(post.visibility).breadth >= (
        Visibility.UNLISTED.breadth
    ):
        job = FederatePin(post.account_id, post.uri, post.pinned_at is not None)
        await jobs.enqueue(session, job, now=now, about=f"featured by {post.account_id}")


async def record_boost(
    session: AsyncSession,
    account: AccountRow,
    post: PostRow,
    *,
    number: int,
    uri: str,
    visibility: Visibility,
    published: datetime,
    told: bool = True,
    now: datetime,
) -> None:
    """Store a boost that may be, and put it where the account's followers read.

    Its author is `told`, unless a group passed it on: that is what it was sent there for.
    """
    await post_writes.insert_posts(
        session,
        [
            {
                "id": number,
                "uri": uri,
                "url": None,
                "account_id": account.id,
                "local": account.is_local,
                "kind": "Announce",
                "visibility": visibility.value,
                "thread_id": post.thread_id,
                "boost_of_id": post.id,
                "created_at": published,
                "received_at": now,
            }
        ],
    )
    await reactions.count(session, post.id, boosts=1)
    await timelines.fan_out_boost(
        session, boost_id=number, booster_id=account.id, original_id=post.id
    )
    if account.kind == "Group" or not told:
        return
    await notifications.notify(
        session,
        account_id=post.account_id,
        kind="reblog",
        from_id=account.id,
        post_id=post.id,
        now=now,
    )


async def remove_boost(session: AsyncSession, row: PostRow) -> None:
    """Take a boost away, with what counted it; no other server is told."""
    await post_writes.remove_post(session, row.id)
    if row.boost_of_id is not None:
        await reactions.count(session, row.boost_of_id, boosts=-1)
        await _untell(session, "reblog", row.account_id, row.boost_of_id)


async def _untell(session: AsyncSession, kind: str, from_id: int, post_id: int) -> None:
    await session.execute(
        delete_rows(NotificationRow).where(
            NotificationRow.kind == kind,
            NotificationRow.from_id == from_id,
            NotificationRow.post_id == post_id,
        )
    )
