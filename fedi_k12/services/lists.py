"""Lists: a member's own selections of accounts, read as timelines of their own."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.text import clean_line
from fedi_k12.services import access, views
from storage import follows, timelines
from storage.paging import page_of
from storage.tables import ListMemberRow, ListRow

MAX_LISTS = 50
MAX_TITLE = 255
MAX_MEMBERS = 500
REPLIES_POLICIES = ("followed", "list", "none")


class ListView(Struct, frozen=True):
    """A list; `exclusive` ones keep their members out of the home timeline."""

    id: int
    title: str
    replies_policy: str
    exclusive: bool


async def lists(session: AsyncSession, *, actor: Actor) -> list[ListView]:
    """Return the actor's lists, by title."""
    rows = await session.scalars(
        select(ListRow)
        .where(ListRow.account_id == actor.account_id)
        .order_by(func.lower(ListRow.title), ListRow.id)
    )
    return [_view(row) for row in rows]


async def get(session: AsyncSession, *, actor: Actor, list_id: int) -> ListView:
    """Return one of the actor's lists."""
    return _view(await _own(session, actor, list_id))


async def containing(session: AsyncSession, *, actor: Actor, account_id: int) -> list[ListView]:
    """Return which of the actor's lists an account is on."""
    await access.account_for(session, account_id, viewer=actor)
    rows = await session.scalars(
        select(ListRow)
        .join(ListMemberRow, ListMemberRow.list_id == ListRow.id)
        .where(ListRow.account_id == actor.account_id, ListMemberRow.account_id == account_id)
        .order_by(func.lower(ListRow.title))
    )
    return [_view(row) for row in rows]


async def create(
    session: AsyncSession,
    *,
    actor: Actor,
    title: str,
    replies_policy: str = "list",
    exclusive: bool = False,
    now: datetime,
) -> ListView:
    """Make a list."""
    so_far = await session.scalar(
        select(func.count()).select_from(ListRow).where(ListRow.account_id == actor.account_id)
    )
    if (so_far or 0) >= MAX_LISTS:
        raise InvalidError(f"Validation failed: There can be {MAX_LISTS} lists at most")
    row = ListRow(
        id=new_id(),
        account_id=actor.account_id,
        title=_title(title),
        replies_policy=_policy(replies_policy),
        exclusive=exclusive,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return _view(row)


async def update(
    session: AsyncSession,
    *,
    actor: Actor,
    list_id: int,
    title: str | None = None,
    replies_policy: str | None = None,
    exclusive: bool | None = None,
) -> ListView:
    """Change a list."""
    row = await _own(session, actor, list_id)
    if title is not None:
        row.title = _title(title)
    if replies_policy is not None:
        row.replies_policy = _policy(replies_policy)
    before = row.exclusive
    if exclusive is not None:
        row.exclusive = exclusive
    await session.flush()
    if row.exclusive != before:
        await _settle(session, actor, await _members(session, row))
    return _view(row)


async def delete(session: AsyncSession, *, actor: Actor, list_id: int) -> None:
    """Delete a list; the accounts on it stay what they are."""
    row = await _own(session, actor, list_id)
    free = await _members(session, row) if row.exclusive else []
    await session.delete(row)
    await session.flush()
    await _settle(session, actor, free)


async def members(
    session: AsyncSession, *, actor: Actor, list_id: int, page: PageRequest
) -> Page[AccountView]:
    """Return a page of the accounts on a list."""
    await _own(session, actor, list_id)
    statement = select(ListMemberRow.account_id, ListMemberRow.id).where(
        ListMemberRow.list_id == list_id
    )
    found = await page_of(session, statement, ListMemberRow.id, page)
    return found.with_items(await views.account_views(session, found.items, viewer=actor))


async def add(
    session: AsyncSession, *, actor: Actor, list_id: int, account_ids: Sequence[int]
) -> None:
    """Put accounts that the actor follows on a list."""
    row = await _own(session, actor, list_id)
    known = set(
        await session.scalars(
            select(ListMemberRow.account_id).where(ListMemberRow.list_id == row.id)
        )
    )
    if len(known | set(account_ids)) > MAX_MEMBERS:
        raise InvalidError(f"Validation failed: A list has {MAX_MEMBERS} accounts at most")
    for account_id in dict.fromkeys(account_ids):
        if account_id in known:
            raise InvalidError("Validation failed: Account has already been taken")
        own = account_id == actor.account_id
        if not own and not await follows.is_following(session, actor.account_id, account_id):
            raise NotFoundError("Record not found")
        session.add(ListMemberRow(id=new_id(), list_id=row.id, account_id=account_id))
    await session.flush()
    if row.exclusive:
        await _settle(session, actor, account_ids)


async def remove(
    session: AsyncSession, *, actor: Actor, list_id: int, account_ids: Sequence[int]
) -> None:
    """Take accounts off a list."""
    row = await _own(session, actor, list_id)
    await session.execute(
        delete_rows(ListMemberRow).where(
            ListMemberRow.list_id == row.id, ListMemberRow.account_id.in_(account_ids)
        )
    )
    if row.exclusive:
        await _settle(session, actor, account_ids)


async def place(
    session: AsyncSession, *, actor: Actor, account_id: int, list_ids: Collection[int]
) -> None:
    """Put an account on these of the actor's lists, and take it off all others."""
    on = {one.id for one in await containing(session, actor=actor, account_id=account_id)}
    for one in await lists(session, actor=actor):
        if (one.id in list_ids) != (one.id in on):
            change = add if one.id in list_ids else remove
            await change(session, actor=actor, list_id=one.id, account_ids=[account_id])


async def _settle(session: AsyncSession, actor: Actor, account_ids: Sequence[int]) -> None:
    """Take those on an exclusive list out of the home timeline, and put the others back."""
    apart = set(
        await session.scalars(
            select(ListMemberRow.account_id)
            .join(ListRow, ListRow.id == ListMemberRow.list_id)
            .where(ListRow.account_id == actor.account_id, ListRow.exclusive.is_(True))
        )
    )
    me = actor.account_id
    for number in dict.fromkeys(account_ids):
        if number == me:
            continue
        if number in apart:
            await timelines.clear_home(session, account_id=me, author_id=number)
        elif await follows.is_following(session, me, number):
            await timelines.fill_home(session, account_id=me, author_id=number)


async def _members(session: AsyncSession, row: ListRow) -> list[int]:
    found = await session.scalars(
        select(ListMemberRow.account_id).where(ListMemberRow.list_id == row.id)
    )
    return list(found)


async def _own(session: AsyncSession, actor: Actor, list_id: int) -> ListRow:
    row = await session.get(ListRow, list_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row


def _title(text: str) -> str:
    title = clean_line(text, MAX_TITLE + 1)
    if not title:
        raise InvalidError("Validation failed: Title can't be blank")
    if len(title) > MAX_TITLE:
        raise InvalidError(f"Validation failed: Title has {MAX_TITLE} characters at most")
    return title


def _policy(name: str) -> str:
    if name not in REPLIES_POLICIES:
        raise InvalidError("Validation failed: Replies policy is not included in the list")
    return name


def _view(row: ListRow) -> ListView:
    return ListView(row.id, row.title, row.replies_policy, row.exclusive)
