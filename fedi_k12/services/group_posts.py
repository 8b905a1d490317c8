"""Posts in groups: which group a post is in, who may put it there, and what follows.

Whatever door a post comes in by, it is placed by the rules here: written on a page, in an app
that only mentions the group, by a program of a member's own, or on another server.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.groups import MAX_DEPTH
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import AnnounceInGroup
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PostView, Visibility
from fedi_k12.services import reactions, views
from storage import accounts, follows, groups, jobs, posts
from storage.tables import AccountRow, PostRow


class Incoming(Protocol):
    """What has to be known of a post that came, to put it into its group."""

    @property
    def account_id(self) -> int:
        """Who wrote it."""

    @property
    def visibility(self) -> Visibility:
        """Who may see it."""

    @property
    def group_ids(self) -> Sequence[int]:
        """The groups that it is addressed to."""

    @property
    def in_reply_to_uri(self) -> str | None:
        """What it answers."""

    @property
    def fetched(self) -> bool:
        """It was fetched, and not sent to us."""


async def place(
    session: AsyncSession,
    *,
    author: AccountRow,
    draft: Draft,
    named: Sequence[AccountRow],
    parent: PostRow | None,
    now: datetime,
) -> tuple[AccountRow | None, Draft]:
    """Return the group that a draft goes to, None for none, and the draft as it is there.

    An answer stays in the group of what it answers; else the group counts that was chosen, or
    the first that is mentioned. Raises `ForbiddenError` where the author may not write there:
    but a mention alone is then a mention and no more.
    """
    if parent is not None:
        group = await accounts.by_id(session, parent.group_id) if parent.group_id else None
    elif draft.group_id is not None:
        group = await accounts.by_id(session, draft.group_id)
        if group is None or group.kind != "Group" or group.deleted_at is not None:
            raise NotFoundError("Record not found")
    else:
        group = next((row for row in named if row.kind == "Group"), None)
    if group is None:
        return None, draft
    private = await _is_private(session, group)
    if not private and draft.visibility.breadth < Visibility.UNLISTED.breadth:
        if draft.group_id is not None:
            raise InvalidError("What is said in this group, everybody can read.")
        return None, draft
    why = await why_not(session, group=group, author=author, parent=parent, now=now)
    if why and parent is None and draft.group_id is None:
        return None, draft
    if why:
        raise ForbiddenError(why)
    if private:
        draft = replace(draft, visibility=Visibility.DIRECT, local_only=True)
    return group, draft


async def why_not(
    session: AsyncSession,
    *,
    group: AccountRow,
    author: AccountRow,
    parent: PostRow | None,
    now: datetime,
) -> str:
    """Return why an account may not write in a group, or below a post of it; "" if it may."""
    if parent is not None and (why := await _why_not_below(session, parent)):
        return why
    if await groups.ban_of(session, group.id, author.id, now=now) is not None:
        return "The moderators of this group have closed it to this account."
    if author.id == group.id or await groups.is_moderator(session, group.id, author.uri):
        return ""
    profile = await groups.profile(session, group.id)
    if profile is not None and profile.restricted and parent is None:
        return "Only its moderators begin posts in this group."
    if group.is_local and group.locked:
        follow = await follows.between(session, author.id, group.id)
        if follow is None or not follow.accepted:
            return "Only members write in this group. Ask to join it first."
    return ""


async def stand(
    session: AsyncSession, *, group: AccountRow, post_id: int, begins: bool, now: datetime
) -> None:
    """Let a new post stand in a group of this server, so that its members see it.

    The group passes on what begins; answers are found below it.
    """
    if not group.is_local or not begins:
        return
    post = await posts.by_id(session, post_id)
    if post is None or await posts.boost_by(session, group.id, post_id) is not None:
        return
    number = new_id()
    shown = Visibility(post.visibility)
    await reactions.record_boost(
        session,
        group,
        post,
        number=number,
        # `Addresses.create`: the group's own id is all that is needed here.
        uri=f"{group.uri}/statuses/{number}/activity",
        visibility=Visibility.FOLLOWERS if shown is Visibility.DIRECT else shown,
        published=now,
        now=now,
    )


async def sort_in(
    session: AsyncSession, arrived: Sequence[tuple[Incoming, int]], *, now: datetime
) -> None:
    """Put new posts of other servers, each with its id here, into the groups they are for.

    A group elsewhere lists a post only once the group itself has passed it on.
    """
    parents = await groups.parents_of(
        session, [number for post, number in arrived if post.in_reply_to_uri]
    )
    wanted = {number for post, _id in arrived for number in post.group_ids}
    wanted |= {parent.group_id for parent in parents.values() if parent.group_id}
    if not wanted:
        return
    known = await accounts.by_ids(session, list(wanted))
    authors = await accounts.by_ids(session, [post.account_id for post, _id in arrived])
    for post, number in arrived:
        parent = parents.get(number)
        group = known.get(_group_of(post, parent))
        if group is None or post.visibility.breadth < Visibility.UNLISTED.breadth:
            continue
        begins = not post.in_reply_to_uri
        if group.is_local and (
            (post.fetched and begins)
            or await _is_private(session, group)
            or await why_not(
                session, group=group, author=authors[post.account_id], parent=parent, now=now
            )
        ):
            continue
        await session.execute(
            update(PostRow).where(PostRow.id == number).values(group_id=group.id)
        )
        await stand(session, group=group, post_id=number, begins=begins, now=now)


async def announce(
    session: AsyncSession, *, group_id: int, activity: str, post_uri: str, now: datetime
) -> None:
    """Let a group of this server pass an activity on, as it came (JSON), to its members."""
    await jobs.enqueue(session, AnnounceInGroup(group_id, activity, post_uri), now=now)


async def timeline(
    session: AsyncSession, *, group_id: int, viewer: Actor | None, page: PageRequest
) -> Page[PostView]:
    """Return a page of what was begun in a group, the newest first."""
    viewer_id = viewer.account_id if viewer is not None else None
    ids = await groups.begun(session, group_id, viewer_id, page)
    return ids.with_items(await views.post_views(session, ids.items, viewer=viewer))


async def pinned(
    session: AsyncSession, *, group_id: int, viewer: Actor | None
) -> list[PostView]:
    """Return what the moderators keep at the top of a group."""
    ids = await groups.pinned(session, group_id)
    return await views.post_views(session, ids, viewer=viewer)


async def uri_of(session: AsyncSession, *, post_id: int) -> str:
    """Return the id that other servers know a post in a group by, also of a removed one."""
    row = await posts.by_id(session, post_id)
    if row is None or row.group_id is None:
        raise NotFoundError("Record not found")
    return row.uri


async def states(session: AsyncSession, ids: Sequence[int]) -> dict[int, tuple[bool, bool]]:
    """Return whether each of these posts is kept at the top of its group, and closed."""
    found = await groups.state_of(session, ids)
    return {
        number: (row.pinned_at is not None, row.locked_at is not None)
        for number, row in found.items()
    }


def _group_of(post: Incoming, parent: PostRow | None) -> int:
    if parent is not None:
        return parent.group_id or 0
    return 0 if post.in_reply_to_uri else next(iter(post.group_ids), 0)


async def _why_not_below(session: AsyncSession, parent: PostRow) -> str:
    above = [parent.id, *await posts.ancestor_ids(session, parent.id, limit=MAX_DEPTH + 1)]
    decided = await groups.state_of(session, above)
    if any(row.locked_at is not None for row in decided.values()):
        return "The moderators of this group have closed this thread."
    if len(above) > MAX_DEPTH:
        return "This thread goes no deeper. Answer further up, or begin a new one."
    return ""


async def _is_private(session: AsyncSession, group: AccountRow) -> bool:
    profile = await groups.profile(session, group.id) if group.is_local else None
    return profile is not None and profile.private
