"""What an account shows of itself first: pinned posts and hashtags, its own or learnt."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateFeaturedTag, IntroduceAccount
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.text import clean_line, tag_key
from fedi_k12.services import access, submissions, tags
from storage import accounts, jobs, post_writes, posts
from storage import featuring as queries
from storage.tables import AccountRow, FeaturedTagRow, PostRow, ProfileFetchRow

MAX_TAGS = 10
"""Hashtags that an account here can feature."""
MAX_TAG_CHARACTERS = 100
MAX_TAGS_ELSEWHERE = 30
MAX_PINS_ELSEWHERE = 25
ON_ITS_WAY = timedelta(minutes=3)
ANEW = timedelta(days=1)
"""So long what somebody elsewhere features is taken to be as it was: not all say changes."""


class FeaturedTag(Struct, frozen=True):
    """A hashtag that an account features, and how often and when it last used it."""

    id: int
    account_id: int
    name: str
    display: str
    posts_count: int
    last_post_on: date | None


async def look(ctx: Context, *, account_id: int, viewer: Actor | None) -> bool:
    """Have somebody's profile made whole who is looked at by a member, unless it just was.

    Returns whether their newest posts are on their way.
    """
    if viewer is None or ctx.settings.federation == "off":
        return False
    now = ctx.clock()
    async with ctx.read() as session:
        account = await accounts.by_id(session, account_id)
        due = account is not None and await _is_due(session, account, now)
        row = await session.get(ProfileFetchRow, account_id)
    if due:
        await ctx.write(introduce, account_id=account_id, now=now)
    if row is None:
        return due
    return row.posts_at is None and (due or now - row.asked_at < ON_ITS_WAY)


async def introduce(session: AsyncSession, *, account_id: int, now: datetime) -> None:
    """Have an account's pins, hashtags and, the first time, newest posts fetched."""
    account = await accounts.by_id(session, account_id)
    if account is None or not await _is_due(session, account, now):
        return
    row = await session.get(ProfileFetchRow, account_id)
    if row is None:
        session.add(ProfileFetchRow(account_id=account_id, asked_at=now))
    else:
        row.asked_at = now
    await session.flush()
    await jobs.enqueue(session, IntroduceAccount(account_id), now=now)


async def introduced(session: AsyncSession, *, account_id: int, now: datetime) -> None:
    """Keep that an account's newest posts were fetched: that is done once."""
    row = await session.get(ProfileFetchRow, account_id)
    if row is not None and row.posts_at is None:
        row.posts_at = now
        await queries.fill_homes(session, author_id=account_id, since=now - ANEW)
    await session.flush()


async def receive_pin(
    session: AsyncSession, *, post: PostRow, pinned: bool, now: datetime
) -> None:
    """Take in that a post of another server is pinned by its author, or no longer."""
    if pinned and post.pinned_at is None:
        if Visibility(post.visibility).breadth < Visibility.UNLISTED.breadth:
            return
        if await queries.count_pins(session, post.account_id) >= MAX_PINS_ELSEWHERE:
            return
    post.pinned_at = (post.pinned_at or now) if pinned else None
    post.version += 1
    await session.flush()


async def receive_pins(
    session: AsyncSession, *, account_id: int, uris: Sequence[str], now: datetime
) -> None:
    """Take in what an account of another server has pinned, all of it, the latest first."""
    wanted = list(dict.fromkeys(uris))[:MAX_PINS_ELSEWHERE]
    for row in await queries.pinned(session, account_id):
        if row.uri not in wanted:
            await receive_pin(session, post=row, pinned=False, now=now)
    found = await posts.by_uris(session, wanted)
    for at, uri in enumerate(reversed(wanted)):
        post = found.get(uri)
        if post is not None and post.account_id == account_id and post.boost_of_id is None:
            await receive_pin(
                session, post=post, pinned=True, now=now + timedelta(milliseconds=at)
            )


async def receive_tag(
    session: AsyncSession, *, account_id: int, name: str, featured: bool, now: datetime
) -> None:
    """Take in that an account of another server features a hashtag, or no longer."""
    names = await queries.tag_names(session, account_id)
    key = tag_key(clean_line(name, 100).lstrip("#"))
    if featured and key not in names:
        await receive_tags(
            session, account_id=account_id, names=[*names.values(), name], now=now
        )
    elif not featured and key in names:
        await queries.remove_tags(session, account_id, [key])


async def receive_tags(
    session: AsyncSession, *, account_id: int, names: Sequence[str], now: datetime
) -> None:
    """Take in which hashtags an account of another server features, all of them."""
    wanted: dict[str, str] = {}
    for name in names:
        display = clean_line(name, 100).lstrip("#")
        if display and " " not in display and len(wanted) < MAX_TAGS_ELSEWHERE:
            wanted.setdefault(tag_key(display), display)
    known = await queries.tag_names(session, account_id)
    await queries.remove_tags(session, account_id, [key for key in known if key not in wanted])
    fresh = {key: display for key, display in wanted.items() if key not in known}
    ids = await post_writes.tag_ids(session, fresh.items(), now=now)
    for key in fresh:
        session.add(
            FeaturedTagRow(id=new_id(), account_id=account_id, tag_id=ids[key], created_at=now)
        )
    await session.flush()


async def featured_tags(
    session: AsyncSession, *, account_id: int, viewer: Actor | None
) -> list[FeaturedTag]:
    """Return the hashtags that an account features, in the order it chose them."""
    await access.account_for(session, account_id, viewer=viewer)
    return await _shown(session, account_id, await queries.featured_tags(session, account_id))


async def feature_tag(
    session: AsyncSession,
    *,
    actor: Actor,
    name: str,
    now: datetime,
    paper: Paper | None = None,
) -> FeaturedTag:
    """Feature a hashtag on the actor's profile; `ConflictError` if it is there already.

    Raises `SavedForApprovalError` where a second person decides first (S-38), and `paper` does
    not say that they did.
    """
    if len(name) > MAX_TAG_CHARACTERS:
        raise InvalidError(f"Validation failed: Name is over {MAX_TAG_CHARACTERS} characters")
    key = tags.checked(name)
    known = await queries.tag_names(session, actor.account_id)
    if key in known:
        raise ConflictError("Validation failed: Tag has already been taken")
    if len(known) >= MAX_TAGS:
        raise InvalidError(f"Validation failed: At most {MAX_TAGS} hashtags can be featured")
    display = name.lstrip("#")
    asked = Paper("feature", detail={"name": display})
    await submissions.present(session, actor, asked, paper, now=now)
    ids = await post_writes.tag_ids(session, [(key, display)], now=now)
    row = FeaturedTagRow(
        id=new_id(), account_id=actor.account_id, tag_id=ids[key], created_at=now
    )
    session.add(row)
    await session.flush()
    await _tell(session, actor, key, display, featured=True, now=now)
    shown = await featured_tags(session, account_id=actor.account_id, viewer=actor)
    return next(tag for tag in shown if tag.id == row.id)


async def unfeature_tag(
    session: AsyncSession,
    *,
    actor: Actor,
    now: datetime,
    tag_id: int = 0,
    name: str = "",
    paper: Paper | None = None,
) -> None:
    """No longer feature a hashtag: by the id of its featuring, or by its name.

    May wait for a second person as `feature_tag` does.
    """
    for tag in await featured_tags(session, account_id=actor.account_id, viewer=actor):
        if tag.id == tag_id or (name and tag.name == tag_key(name.lstrip("#"))):
            asked = Paper("unfeature", detail={"name": tag.display})
            await submissions.present(session, actor, asked, paper, now=now)
            await queries.remove_tags(session, actor.account_id, [tag.name])
            await _tell(session, actor, tag.name, tag.display, featured=False, now=now)
            return
    raise NotFoundError("Record not found")


async def suggestions(session: AsyncSession, *, actor: Actor) -> list[str]:
    """Return the hashtags that the actor used most lately and does not feature."""
    return await queries.used_tags(session, actor.account_id, limit=MAX_TAGS)


async def _shown(
    session: AsyncSession, account_id: int, rows: Sequence[tuple[int, int, str, str]]
) -> list[FeaturedTag]:
    used = await queries.tag_use(session, account_id, [tag_id for _id, tag_id, _n, _d in rows])
    found = []
    for number, tag_id, name, display in rows:
        count, last = used.get(tag_id, (0, None))
        found.append(
            FeaturedTag(number, account_id, name, display, count, last.date() if last else None)
        )
    return found


async def _tell(
    session: AsyncSession,
    actor: Actor,
    key: str,
    display: str,
    *,
    featured: bool,
    now: datetime,
) -> None:
    job = FederateFeaturedTag(actor.account_id, key, display, featured)
    await jobs.enqueue(session, job, now=now, about=f"featured by {actor.account_id}")


async def _is_due(session: AsyncSession, account: AccountRow, now: datetime) -> bool:
    if account.is_local or account.deleted_at or account.suspended_at:
        return False
    if account.kind == "Application":
        return False
    row = await session.get(ProfileFetchRow, account.id)
    return row is None or now - row.asked_at >= ANEW


async def is_featured(session: AsyncSession, *, actor: Actor, name: str) -> bool:
    """Return whether the actor features a hashtag, given by its key."""
    found = await session.scalar(
        select(func.count())
        .select_from(FeaturedTagRow)
        .where(
            FeaturedTagRow.account_id == actor.account_id,
            FeaturedTagRow.tag_id.in_(queries.tag_named(name)),
        )
    )
    return bool(found)
