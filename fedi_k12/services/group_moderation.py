"""What moderators of a group decide, by whatever door it comes in; every act is in its log.

A moderator here presses a button or uses an app, one elsewhere sends an activity to the group,
and a group elsewhere tells us of its own: all end in `carry_out`.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.groups import MAX_MODERATORS, MAX_REASON, Act, BanView, LogEntry
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateRuling
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line, short_text
from fedi_k12.services import follows, groups, views
from storage import accounts, jobs, posts
from storage import groups as rows
from storage.tables import AccountRow, GroupLogRow, PostRow

_OF_POSTS = {Act.REMOVE, Act.RESTORE, Act.LOCK, Act.UNLOCK, Act.PIN, Act.UNPIN}
_WORDS = 120


class Ruling(Struct, frozen=True):
    """What is decided about a post or an account in a group."""

    act: Act
    target_uri: str
    reason: str = ""
    expires_at: datetime | None = None
    """When a ban ends; None for good."""
    remove_data: bool = False
    """Remove all that a banned account posted in the group."""


async def rule(
    session: AsyncSession, *, actor: Actor, group_id: int, ruling: Ruling, now: datetime
) -> None:
    """Let a moderator here decide something in a group, here or elsewhere.

    Raises `ForbiddenError` for everybody else, `NotFoundError` where the target is not in it.
    """
    group = await accounts.by_id(session, group_id)
    me = await accounts.by_id(session, actor.account_id)
    if group is None or group.kind != "Group" or group.deleted_at is not None or me is None:
        raise NotFoundError("Record not found")
    if not await groups.moderates(session, actor=actor, group=group):
        raise ForbiddenError("Only those who look after this group can do that.")
    # Staff of this server who are not on the group's list act in the group's own name.
    listed = await rows.is_moderator(session, group.id, me.uri)
    await _demand_sense(session, group, ruling)
    if not await carry_out(session, group=group, moderator_uri=me.uri, ruling=ruling, now=now):
        raise NotFoundError("Record not found")
    job = FederateRuling(
        number=new_id(),
        group_id=group.id,
        moderator_id=me.id if listed else group.id,
        act=ruling.act.value,
        target_uri=ruling.target_uri,
        reason=ruling.reason,
        expires_at=ruling.expires_at.isoformat() if ruling.expires_at else "",
        remove_data=ruling.remove_data,
    )
    await jobs.enqueue(session, job, now=now, about=ruling.target_uri)


async def carry_out(
    session: AsyncSession,
    *,
    group: AccountRow,
    moderator_uri: str,
    ruling: Ruling,
    now: datetime,
) -> bool:
    """Do what was decided and write it down; return false where there is nothing to do it to.

    Who decides has been checked. What is done already stays done and is not written twice.
    """
    if ruling.act in _OF_POSTS:
        done = await _to_post(session, group, ruling, now=now)
    else:
        done = await _to_account(session, group, ruling, now=now)
    if done is None:
        return False
    if done.changed:
        session.add(
            GroupLogRow(
                id=new_id(),
                group_id=group.id,
                moderator_uri=moderator_uri,
                action=ruling.act.value,
                target_uri=ruling.target_uri,
                words=done.words,
                reason=clean_line(ruling.reason, MAX_REASON),
                created_at=now,
            )
        )
        await session.flush()
    return True


async def log(
    session: AsyncSession, *, actor: Actor, group_id: int, page: PageRequest
) -> Page[LogEntry]:
    """Return a page of what the moderators of a group did, for those who look after it."""
    group = await groups.demand_moderator(session, actor=actor, group_id=group_id)
    ids = await rows.log(session, group.id, page)
    found = await rows.log_rows(session, ids.items)
    people = await accounts.by_uris(session, [row.moderator_uri for row in found.values()])
    return ids.with_items(
        [
            LogEntry(
                moderator=views.view_of_account(people[row.moderator_uri])
                if row.moderator_uri in people
                else None,
                act=Act(row.action),
                words=row.words,
                reason=row.reason,
                created_at=row.created_at,
                target_uri=row.target_uri,
            )
            for row in (found[number] for number in ids.items if number in found)
        ]
    )


async def bans(
    session: AsyncSession, *, actor: Actor, group_id: int, now: datetime
) -> list[BanView]:
    """Return who is kept out of a group, for those who look after it."""
    group = await groups.demand_moderator(session, actor=actor, group_id=group_id)
    found = {row.account_id: row for row in await rows.bans(session, group.id, now=now)}
    shown = await views.account_views(session, list(found))
    return [BanView(one, found[one.id].reason, found[one.id].expires_at) for one in shown]


class _Done(Struct, frozen=True):
    """What came of a ruling: whether anything is other than before, and what it was about."""

    changed: bool
    words: str


async def _to_post(
    session: AsyncSession, group: AccountRow, ruling: Ruling, *, now: datetime
) -> _Done | None:
    post = await posts.by_uri(session, ruling.target_uri)
    if post is None or post.group_id != group.id or post.boost_of_id is not None:
        return None
    words = post.title or short_text(" ".join(plain_text(post.content).split()), _WORDS)
    state = await rows.ensure_state(session, post.id, group.id)
    before = (post.removed_at, post.group_id, state.pinned_at, state.locked_at)
    match ruling.act:
        case Act.REMOVE if post.local and not group.is_local:
            await _take_out(session, group, post)
        case Act.REMOVE:
            post.removed_at = post.removed_at or now
        case Act.RESTORE:
            post.removed_at = None
        case Act.LOCK:
            state.locked_at = state.locked_at or now
        case Act.UNLOCK:
            state.locked_at = None
        case Act.PIN:
            state.pinned_at = state.pinned_at or now
        case _:
            state.pinned_at = None
    changed = before != (post.removed_at, post.group_id, state.pinned_at, state.locked_at)
    post.version += 1
    await session.flush()
    return _Done(changed, words)


async def _take_out(session: AsyncSession, group: AccountRow, post: PostRow) -> None:
    """Take a member's post out of a group elsewhere; what they said stays theirs."""
    post.group_id = None
    await session.execute(
        delete_rows(PostRow).where(
            PostRow.account_id == group.id, PostRow.boost_of_id == post.id
        )
    )


async def _to_account(
    session: AsyncSession, group: AccountRow, ruling: Ruling, *, now: datetime
) -> _Done | None:
    account = await accounts.by_uri(session, ruling.target_uri)
    if ruling.act is Act.APPOINT:
        changed = await rows.add_moderator(session, group.id, ruling.target_uri, now=now)
        return _Done(changed, account.acct if account else ruling.target_uri)
    if ruling.act is Act.DISMISS:
        changed = await rows.remove_moderator(session, group.id, ruling.target_uri)
        return _Done(changed, account.acct if account else ruling.target_uri)
    if account is None:
        return None
    if ruling.act is Act.UNBAN:
        return _Done(await rows.let_back(session, group.id, account.id), account.acct)
    known = await rows.ban_of(session, group.id, account.id, now=now)
    await rows.keep_out(
        session,
        group.id,
        account.id,
        reason=clean_line(ruling.reason, MAX_REASON),
        expires_at=ruling.expires_at,
        now=now,
    )
    if group.is_local:
        await follows.remove_follower(
            session, actor=Actor(group.id), follower_id=account.id, now=now
        )
    if ruling.remove_data:
        await session.execute(
            update(PostRow)
            .where(
                PostRow.group_id == group.id,
                PostRow.account_id == account.id,
                PostRow.removed_at.is_(None),
                PostRow.local.is_(False) if not group.is_local else PostRow.id > 0,
            )
            .values(removed_at=now, version=PostRow.version + 1)
        )
    return _Done(known is None or ruling.remove_data, account.acct)


async def _demand_sense(session: AsyncSession, group: AccountRow, ruling: Ruling) -> None:
    """Refuse what would leave a group without anybody, or keep out who looks after it."""
    uris = await rows.moderator_uris(session, group.id)
    if ruling.act is Act.DISMISS and uris == [ruling.target_uri]:
        raise InvalidError("Somebody has to look after the group. Appoint another first.")
    if ruling.act is Act.APPOINT and len(uris) >= MAX_MODERATORS:
        raise InvalidError(f"A group has at most {MAX_MODERATORS} moderators.")
    if ruling.act is Act.BAN and ruling.target_uri in uris:
        raise InvalidError("This account looks after the group. Dismiss it first.")
    if len(ruling.reason) > MAX_REASON:
        raise InvalidError(f"A reason has at most {MAX_REASON} characters.")
