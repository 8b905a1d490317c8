"""To whom a change here has to be told: inboxes, each once."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.urls import host_of
from storage import accounts, follows
from storage import posts as post_queries
from storage.tables import AccountRow, PostRow

Inboxes = Sequence[tuple[str, str]]
"""(inbox, host) pairs."""


async def of_followers(session: AsyncSession, account_id: int) -> list[tuple[str, str]]:
    """Return where an account's followers elsewhere are told: shared inboxes, each once."""
    rows = await follows.remote_inboxes(session, account_id)
    return once((shared or inbox, host) for inbox, shared, host in rows)


async def of_accounts(session: AsyncSession, ids: Iterable[int]) -> list[tuple[str, str]]:
    """Return where these accounts are told; those of this server need no telling."""
    rows = await accounts.by_ids(session, list(ids))
    return once(_inbox(row) for row in rows.values() if _is_reachable(row))


async def of_account(session: AsyncSession, account_id: int) -> list[tuple[str, str]]:
    """Return the own inbox of one account: what is between two goes nowhere else."""
    row = await accounts.by_id(session, account_id)
    return of_row(row) if row is not None else []


def of_row(row: AccountRow) -> list[tuple[str, str]]:
    """Return the own inbox of an account, as `of_account` does."""
    return once([(row.inbox, row.host)]) if _is_reachable(row) else []


async def of_post(session: AsyncSession, post: PostRow) -> list[tuple[str, str]]:
    """Return where a post is told: those it names first, then its author's followers.

    Whoever it answers hears of it too, unless it is a letter to others.
    """
    if post.local_only:
        return []
    visibility = Visibility(post.visibility)
    mentions = await post_queries.mentions_of(session, [post.id])
    people = [account.id for _mention, account in mentions.get(post.id, [])]
    if visibility is not Visibility.DIRECT and post.in_reply_to_account_id is not None:
        people.append(post.in_reply_to_account_id)
    if post.group_id is not None:
        people.append(post.group_id)
    inboxes = await of_accounts(session, people)
    if visibility is not Visibility.DIRECT:
        inboxes += await of_followers(session, post.account_id)
    return once(inboxes)


async def of_deletion(
    session: AsyncSession,
    *,
    account_id: int,
    visibility: Visibility,
    account_ids: Sequence[int],
) -> list[tuple[str, str]]:
    """Return where the end of a post is told: wherever it may have gone."""
    inboxes = await of_accounts(session, account_ids)
    if visibility is not Visibility.DIRECT:
        inboxes += await of_followers(session, account_id)
    return once(inboxes)


def once(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each inbox once, with the host that it is really on."""
    found: dict[str, str] = {}
    for inbox, host in pairs:
        if inbox in found:
            continue
        try:
            found[inbox] = host_of(inbox)
        except InvalidError:
            found[inbox] = host
    return list(found.items())


def _is_reachable(row: AccountRow) -> bool:
    return not row.is_local and bool(row.inbox) and row.deleted_at is None


def _inbox(row: AccountRow) -> tuple[str, str]:
    return row.shared_inbox or row.inbox, row.host
