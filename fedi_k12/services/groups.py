"""Groups of this server: made, changed, shown, and who is in them.

A group is an account of the kind `Group`. Who follows it is a member; who looks after it is a
moderator, here or on another server. Its members are counted and never listed, but for its
moderators.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import groups as rules
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.groups import GroupDraft, GroupView, Standing
from fedi_k12.domain.jobs import FederateProfile
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.people import check_username
from fedi_k12.domain.permissions import Action, Actor, Role, decide
from fedi_k12.services import follows, likeness, moderation, profile_words, profiles, views
from fedi_k12.services.keys import AccountKeys
from storage import accounts, groups, jobs
from storage import follows as follow_rows
from storage.tables import AccountRow, GroupRow


async def create(
    session: AsyncSession,
    *,
    actor: Actor,
    username: str,
    draft: GroupDraft,
    needed: Role,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Make a group, which the actor looks after from then on; return its account.

    `needed` is the role that this server asks of whoever makes one.
    """
    if not actor.role.at_least(needed):
        raise ForbiddenError(f"To make a group, one needs to be {needed.value} here.")
    draft = rules.check(draft)
    name = check_username(username)
    try:
        row = await profiles.create_account(
            session,
            username=name,
            kind="Group",
            display_name=draft.display_name,
            keys=keys,
            addresses=addresses,
            now=now,
        )
    except ConflictError as error:
        sentence = "That short name is taken. Choose another."
        raise InvalidError(sentence, fields={"username": "has already been taken"}) from error
    row.discoverable = True
    await _apply(session, row, draft, addresses)
    founder = await accounts.by_id(session, actor.account_id)
    if founder is not None and founder.id != row.id:
        await groups.add_moderator(session, row.id, founder.uri, now=now)
        await follows.request_follow(session, follower=founder, target=row, uri=None, now=now)
        await follows.accept(session, actor=Actor(row.id), follower_id=founder.id, now=now)
    await moderation.audit(
        session,
        actor=actor,
        action="group created",
        target=("account", str(row.id)),
        detail={"handle": row.acct},
        now=now,
    )
    return row.id


async def change(
    session: AsyncSession,
    *,
    actor: Actor,
    group_id: int,
    draft: GroupDraft,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Change what a group is called, is about and wants; its servers are told.

    Whether it is private stays as it was made: what members said to one another is not opened.
    """
    row = await demand_moderator(session, actor=actor, group_id=group_id)
    before = await groups.ensure(session, row.id)
    draft = rules.check(
        GroupDraft(
            draft.display_name,
            draft.about,
            draft.rules,
            draft.approval,
            draft.restricted,
            before.private,
        )
    )
    if draft.display_name != row.display_name:
        await likeness.demand_own_name(session, draft.display_name)
    row.display_name = draft.display_name
    await _apply(session, row, draft, addresses)
    row.updated_at = now
    row.version += 1
    await session.flush()
    await jobs.enqueue(session, FederateProfile(row.id), now=now, about=row.uri)


async def listed(session: AsyncSession, *, viewer: Actor | None) -> list[GroupView]:
    """Return the groups of this server, and those elsewhere that the viewer is in."""
    viewer_id = viewer.account_id if viewer is not None else None
    rows = await groups.listed(session, viewer_id)
    return await _views(session, rows, viewer=viewer)


async def one(session: AsyncSession, *, group_id: int, viewer: Actor | None) -> GroupView:
    """Return a group, here or elsewhere, or raise `NotFoundError`."""
    row = await accounts.by_id(session, group_id)
    if row is None or row.kind != "Group" or row.deleted_at is not None:
        raise NotFoundError("Record not found")
    view = (await _views(session, [row], viewer=viewer))[0]
    if not view.moderates or not row.is_local:
        return view
    return GroupView(
        view.account,
        view.standing,
        view.moderates,
        view.rules,
        view.restricted,
        view.private,
        view.moderators,
        requests=await follow_rows.count_requests(session, row.id),
    )


async def members(
    session: AsyncSession, *, actor: Actor, group_id: int, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who is in a group, for those who look after it."""
    row = await demand_moderator(session, actor=actor, group_id=group_id)
    ids = await follow_rows.followers(session, row.id, page)
    return ids.with_items(await views.account_views(session, ids.items))


async def requests(
    session: AsyncSession, *, actor: Actor, group_id: int, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who asks to join a group, for those who look after it."""
    row = await demand_moderator(session, actor=actor, group_id=group_id)
    return await follows.follow_requests(session, actor=Actor(row.id), page=page)


async def let_in(
    session: AsyncSession, *, actor: Actor, group_id: int, account_id: int, now: datetime
) -> None:
    """Let somebody who asked join a group."""
    row = await demand_moderator(session, actor=actor, group_id=group_id)
    await follows.accept(session, actor=Actor(row.id), follower_id=account_id, now=now)


async def turn_away(
    session: AsyncSession, *, actor: Actor, group_id: int, account_id: int, now: datetime
) -> None:
    """Do not let somebody join a group, or no longer be in it."""
    row = await demand_moderator(session, actor=actor, group_id=group_id)
    await follows.reject(session, actor=Actor(row.id), follower_id=account_id, now=now)


async def demand_moderator(session: AsyncSession, *, actor: Actor, group_id: int) -> AccountRow:
    """Return a group of this server, or raise where the actor does not look after it.

    The moderators of the whole server may look after every group.
    """
    row = await accounts.by_id(session, group_id)
    if row is None or row.kind != "Group" or not row.is_local or row.deleted_at is not None:
        raise NotFoundError("Record not found")
    if not await moderates(session, actor=actor, group=row):
        raise ForbiddenError("Only those who look after this group can do that.")
    return row


async def moderates(session: AsyncSession, *, actor: Actor, group: AccountRow) -> bool:
    """Return whether the actor looks after a group."""
    if actor.account_id == group.id:
        return True
    if group.is_local and decide(actor, Action.HANDLE_REPORTS).allowed:
        return True
    me = await accounts.by_id(session, actor.account_id)
    return me is not None and await groups.is_moderator(session, group.id, me.uri)


async def _apply(
    session: AsyncSession, row: AccountRow, draft: GroupDraft, addresses: Addresses
) -> None:
    row.note_source = draft.about
    row.note = await profile_words.rendered(session, draft.about, addresses)
    row.locked = draft.approval
    kept = await groups.ensure(session, row.id)
    kept.rules, kept.restricted, kept.private = draft.rules, draft.restricted, draft.private
    await session.flush()


async def _views(
    session: AsyncSession, rows: Sequence[AccountRow], *, viewer: Actor | None
) -> list[GroupView]:
    ids = [row.id for row in rows]
    kept = await groups.profiles(session, ids)
    after = await groups.moderators(session, ids)
    me = await accounts.by_id(session, viewer.account_id) if viewer is not None else None
    out, _back = (
        await follow_rows.follows_among(session, me.id, ids) if me is not None else ({}, {})
    )
    shown = {view.id: view for view in await views.account_views(session, ids)}
    staff = viewer is not None and decide(viewer, Action.HANDLE_REPORTS).allowed
    found = []
    for row in rows:
        profile = kept.get(row.id) or GroupRow(rules="", restricted=False, private=False)
        people = after.get(row.id, [])
        mine = out.get(row.id)
        standing = Standing.NONE
        if mine is not None:
            standing = Standing.MEMBER if mine.accepted else Standing.ASKED
        found.append(
            GroupView(
                account=shown[row.id],
                standing=standing,
                moderates=me is not None
                and (
                    me.id == row.id
                    or me.uri in {uri for uri, _account in people}
                    or (staff and row.is_local)
                ),
                rules=rules.rules_of(profile.rules),
                restricted=profile.restricted,
                private=profile.private,
                moderators=tuple(
                    views.view_of_account(account)
                    for _uri, account in people
                    if account is not None and account.deleted_at is None
                ),
            )
        )
    return found
