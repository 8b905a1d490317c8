"""Whom a member wants to be told of: what strangers do can wait for the member's word.

What waits is kept, and shown as a request for each who made it. Servers never seen before are
another matter: what they send waits for the moderators (`services.first_contact`), and reaches
the policy here once it is let in.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.news import NotificationsMerged
from fedi_k12.domain.notifications import (
    FATES,
    FILTERABLE_KINDS,
    Fate,
    NotificationPolicy,
    RequestView,
)
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import views
from storage import accounts
from storage import notification_policy as rows
from storage.db import tell_after_commit
from storage.tables import AccountRow, NotificationPolicyRow, PostRow

NEW_ACCOUNT = timedelta(days=30)
NEW_FOLLOWER = timedelta(days=3)
"""As Mastodon: who follows for less is no follower yet, or anybody would be one quickly."""
_NAMES = NotificationPolicy.__struct_fields__


class Summary(Struct, frozen=True):
    """How much waits."""

    requests: int
    notifications: int


class Asked(Struct, frozen=True):
    """A notice whose fate is asked for."""

    account_id: int
    kind: str
    from_id: int
    post: PostRow | None


async def fates(
    session: AsyncSession, notices: Sequence[Asked], *, now: datetime
) -> list[Fate]:
    """Return what becomes of each of these, in a fixed number of queries."""
    candidates = [one for one in notices if one.kind in FILTERABLE_KINDS]
    if not candidates:
        return ["accept" for _ in notices]
    chosen = {
        number: _policy(row)
        for number, row in (
            await rows.policies(session, {one.account_id for one in candidates})
        ).items()
    }
    authors = await accounts.by_ids(session, [one.from_id for one in candidates])
    usual = NotificationPolicy()
    if not chosen and not any(row.silenced_at for row in authors.values()):
        return ["accept" for _ in notices]
    pairs = {(one.account_id, one.from_id) for one in candidates}
    through = await rows.let_through(session, pairs)
    since = await rows.follows_between(session, pairs)
    found: list[Fate] = []
    for one in notices:
        pair = (one.account_id, one.from_id)
        author = authors.get(one.from_id)
        if one.kind not in FILTERABLE_KINDS or pair in through or author is None:
            found.append("accept")
            continue
        reasons = _reasons(chosen.get(one.account_id, usual), one, author, since, now)
        found.append(max(reasons, key=FATES.index, default="accept"))
    return found


async def wait_for(
    session: AsyncSession, notices: Sequence[tuple[int, int, int | None]], *, now: datetime
) -> None:
    """Make a request of notices that were set aside: (account, from, post)."""
    if notices:
        await rows.ask_for(session, notices, now=now)


async def policy(session: AsyncSession, *, actor: Actor) -> NotificationPolicy:
    """Return what the actor chose."""
    row = (await rows.policies(session, [actor.account_id])).get(actor.account_id)
    return _policy(row) if row is not None else NotificationPolicy()


async def choose(
    session: AsyncSession, *, actor: Actor, changes: dict[str, str]
) -> NotificationPolicy:
    """Change what becomes of notices from strangers; what is not named stays."""
    for name, fate in changes.items():
        if name not in _NAMES:
            raise InvalidError("Validation failed: There is no such policy")
        if fate not in FATES:
            raise InvalidError(
                f"Validation failed: {name} is not included in the list",
                fields={name: "is not accept, filter or drop"},
            )
    wanted = replace(await policy(session, actor=actor), **changes)
    row = await session.get(NotificationPolicyRow, actor.account_id)
    if row is None:
        row = NotificationPolicyRow(account_id=actor.account_id)
        session.add(row)
    for name in _NAMES:
        setattr(row, name, getattr(wanted, name))
    await session.flush()
    return wanted


async def summary(session: AsyncSession, *, actor: Actor) -> Summary:
    """Return how much waits for the actor's word."""
    waiting = await rows.waiting(session, actor.account_id)
    return Summary(len(waiting), sum(waiting.values()))


async def requests(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[RequestView]:
    """Return a page of who waits to be let through, with how much of them waits."""
    ids = await rows.requests(session, actor.account_id, page)
    return ids.with_items(await _views(session, actor, ids.items))


async def request(session: AsyncSession, *, actor: Actor, request_id: int) -> RequestView:
    """Return one of the actor's requests, or raise `NotFoundError`."""
    found = await _views(session, actor, [request_id])
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def accept(
    session: AsyncSession, *, actor: Actor, request_ids: Sequence[int], now: datetime
) -> None:
    """Let those who wait through: they are told of, now and from now on."""
    who = await _waiting(session, actor, request_ids)
    await rows.accept(session, actor.account_id, who, now=now)
    tell_after_commit(session, NotificationsMerged(actor.account_id))


async def dismiss(
    session: AsyncSession, *, actor: Actor, request_ids: Sequence[int], now: datetime
) -> None:
    """Forget what waits; who made it is not told, and may wait again."""
    del now
    who = await _waiting(session, actor, request_ids)
    await rows.dismiss(session, actor.account_id, who)


async def _waiting(
    session: AsyncSession, actor: Actor, request_ids: Sequence[int]
) -> list[int]:
    found = await rows.requests_by_ids(session, actor.account_id, request_ids)
    if len(found) != len(set(request_ids)):
        raise NotFoundError("Record not found")
    return [row.from_id for row in found.values()]


async def _views(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> list[RequestView]:
    found = await rows.requests_by_ids(session, actor.account_id, ids)
    senders = [row.from_id for row in found.values()]
    people = {view.id: view for view in await views.account_views(session, senders)}
    about = {
        view.id: view
        for view in await views.post_views(
            session,
            [row.last_post_id for row in found.values() if row.last_post_id],
            viewer=actor,
        )
    }
    counts = await rows.waiting(session, actor.account_id, senders)
    return [
        RequestView(
            row.id,
            people[row.from_id],
            about.get(row.last_post_id or 0),
            counts.get(row.from_id, 0),
            row.created_at,
            row.updated_at,
        )
        for number in ids
        if (row := found.get(number)) is not None and row.from_id in people
    ]


def _reasons(
    chosen: NotificationPolicy,
    notice: Asked,
    author: AccountRow,
    since: dict[tuple[int, int], datetime],
    now: datetime,
) -> list[Fate]:
    """Return what each part of a policy that fits says (Mastodon's NotifyService)."""
    owner = notice.account_id
    stranger = (owner, author.id) not in since
    followed_since = since.get((author.id, owner))
    answers = notice.post is not None and notice.post.in_reply_to_account_id == owner
    letter = (
        notice.kind == "mention"
        and notice.post is not None
        and notice.post.visibility == "direct"
    )
    found: list[Fate] = []
    if stranger:
        found.append(chosen.for_not_following)
    if followed_since is None or now - followed_since < NEW_FOLLOWER:
        found.append(chosen.for_not_followers)
    if stranger and now - author.created_at < NEW_ACCOUNT:
        found.append(chosen.for_new_accounts)
    if stranger and letter and not answers:
        found.append(chosen.for_private_mentions)
    if stranger and author.silenced_at is not None:
        found.append(chosen.for_limited_accounts)
    return found


def _policy(row: NotificationPolicyRow) -> NotificationPolicy:
    return NotificationPolicy(**{name: getattr(row, name) for name in _NAMES})
