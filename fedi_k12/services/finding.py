"""Find people: by their handle, by words, and in the directory of who wants to be found."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import parse_handle
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.search_query import MAX_PARTS, tokens
from fedi_k12.services import views
from storage import accounts
from storage.names import meant_by
from storage.tables import AccountRow, FollowRow

MAX_MEANT = 1000
"""Of those whom one letter may mean, so many are put in order, and more for later pages."""


async def lookup(
    session: AsyncSession,
    *,
    acct: str,
    own_hosts: Collection[str],
    viewer: Actor | None = None,
) -> AccountView | None:
    """Return the account with this handle, if it is known here."""
    try:
        handle = parse_handle(acct, own_hosts=own_hosts)
    except InvalidError:
        return None
    row = await accounts.by_handle(session, handle.username, handle.host or "")
    if row is None or row.deleted_at is not None:
        return None
    return await views.account_view(session, row.id, viewer=viewer)


async def search_accounts(
    session: AsyncSession,
    *,
    q: str,
    limit: int,
    offset: int = 0,
    viewer: Actor | None,
    following: bool = False,
    own_hosts: Collection[str] = (),
) -> list[AccountView]:
    """Return accounts whose handle begins with the words, or whose name has words that do.

    Words of a name are found in any order, with accents or without. Who is here has no domain
    in the store: the beginning of one of `own_hosts` means them too.
    """
    words = q.strip().removeprefix("@").lower()
    username, _, domain = words.partition("@")
    named = tokens(username)[:MAX_PARTS]
    beginnings = {username, "".join(tokens(username)) if username.isalpha() else ""} - {""}
    if not beginnings:
        return []
    statement = (
        select(AccountRow.id)
        .where(
            AccountRow.deleted_at.is_(None),
            AccountRow.suspended_at.is_(None),
            AccountRow.kind != "Application",
            AccountRow.id.in_(
                meant_by(
                    session,
                    beginnings=beginnings,
                    words=named,
                    most=None if domain or following else offset + MAX_MEANT,
                )
            ),
        )
        .order_by(
            (AccountRow.username_key == username).desc(),
            (AccountRow.domain == "").desc(),
            AccountRow.username_key,
            AccountRow.id,
        )
        .limit(limit)
        .offset(offset)
    )
    if domain:
        at = AccountRow.domain.startswith(domain, autoescape=True)
        ours = any(host.startswith(domain) for host in own_hosts)
        statement = statement.where(or_(at, AccountRow.domain == "") if ours else at)
    if following and viewer is not None:
        mine = select(FollowRow.target_id).where(
            FollowRow.follower_id == viewer.account_id, FollowRow.accepted.is_(True)
        )
        statement = statement.where(AccountRow.id.in_(mine))
    return await views.account_views(
        session, list(await session.scalars(statement)), viewer=viewer
    )


async def directory(
    session: AsyncSession, *, limit: int, offset: int, local: bool, newest: bool
) -> list[AccountView]:
    """Return accounts that want to be found, the latest to post (or to join) first."""
    order = AccountRow.created_at if newest else AccountRow.last_post_at
    statement = (
        select(AccountRow.id)
        .where(
            AccountRow.discoverable.is_(True),
            AccountRow.deleted_at.is_(None),
            AccountRow.suspended_at.is_(None),
            AccountRow.silenced_at.is_(None),
            AccountRow.kind != "Application",
        )
        .order_by(order.is_(None), order.desc(), AccountRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if local:
        statement = statement.where(AccountRow.domain == "")
    return await views.account_views(session, list(await session.scalars(statement)))
