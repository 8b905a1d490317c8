"""Queries about accounts, their keys and their names."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import columns, held, moment, number, several
from storage.tables import AccountRow, KeyRow, MemberRow

_account: Table = AccountRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_URI: BindParameter[str] = bindparam("uri")
_BY_ID = select(AccountRow).where(AccountRow.id.in_(several("ids")))
_BY_URI = select(AccountRow).where(AccountRow.uri == _URI)
_BY_URIS = select(AccountRow).where(AccountRow.uri.in_(several("uris")))
_BY_HANDLE = (
    select(AccountRow)
    .where(
        AccountRow.username_key == bindparam("username"),
        AccountRow.domain == bindparam("domain"),
    )
    .order_by(
        AccountRow.handle_verified.desc(), (AccountRow.kind == "Group").asc(), AccountRow.id
    )
    .limit(1)
)
_GONE = select(AccountRow.deleted_at).where(
    AccountRow.username_key == bindparam("username"), AccountRow.domain == ""
)
_MEMBER = select(MemberRow).where(MemberRow.id == number("member"))
_CHOICES = select(MemberRow.preferences, MemberRow.time_zone).where(
    MemberRow.id == number("member")
)
_KEY = select(KeyRow).where(KeyRow.uri == _URI)
_KEYS_OR_NAMED = select(KeyRow).where(
    or_(KeyRow.account_id.in_(several("ids")), KeyRow.uri.in_(several("uris")))
)
_CONFIRM = (
    update(_account)
    .where(
        _account.c.uri.in_(several("uris")),
        _account.c.fetched_at == moment("as_of"),
        _account.c.deleted_at.is_(None),
    )
    .values(handle_verified=True, version=_account.c.version + 1)
    .returning(_account.c.uri)
)
_KEYS = (
    select(KeyRow)
    .where(KeyRow.account_id == number("account"), KeyRow.retired_at.is_(None))
    .order_by(KeyRow.id)
)


async def by_id(session: AsyncSession, account_id: int) -> AccountRow | None:
    """Return the account with this id."""
    return (await by_ids(session, [account_id])).get(account_id)


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, AccountRow]:
    """Return the accounts with these ids, by id."""
    found, unknown = {}, []
    for account_id in set(ids):
        if (row := held(session, AccountRow, account_id)) is not None:
            found[account_id] = row
        else:
            unknown.append(account_id)
    if unknown:
        rows = await session.scalars(_BY_ID, {"ids": unknown})
        found |= {row.id: row for row in rows}
    return found


async def member(session: AsyncSession, member_id: int | None) -> MemberRow | None:
    """Return the member with this id, None where there is none."""
    if member_id is None:
        return None
    if (row := held(session, MemberRow, member_id)) is not None:
        return row
    return await session.scalar(_MEMBER, {"member": member_id})


async def choices_of(
    session: AsyncSession, member_id: int | None
) -> tuple[dict[str, Any], str] | None:
    """Return the stored preferences of a member and their time zone, None for nobody's."""
    if member_id is None:
        return None
    found = (await columns(session, _CHOICES, {"member": member_id})).one_or_none()
    return (found[0], found[1]) if found is not None else None


async def by_uri(session: AsyncSession, uri: str) -> AccountRow | None:
    """Return the account with this ActivityPub id."""
    return await session.scalar(_BY_URI, {"uri": uri})


async def by_uris(session: AsyncSession, uris: Sequence[str]) -> dict[str, AccountRow]:
    """Return the accounts with these ActivityPub ids, by id."""
    if not uris:
        return {}
    rows = await session.scalars(_BY_URIS, {"uris": list(set(uris))})
    return {row.uri: row for row in rows}


async def local_by_username(session: AsyncSession, username: str) -> AccountRow | None:
    """Return the account of this server with this username, whatever its case."""
    return await by_handle(session, username, "")


async def is_gone(session: AsyncSession, username: str) -> bool | None:
    """Return whether the account of this server with this username is gone; None: never was."""
    given = {"username": username.lower()}
    found = (await columns(session, _GONE, given)).first()
    return found[0] is not None if found is not None else None


async def by_handle(session: AsyncSession, username: str, domain: str) -> AccountRow | None:
    """Return the account with this handle; `domain` is empty for this server.

    Elsewhere two accounts may share a name (a community and a person): the one whose handle
    was checked comes first, and of those the person.
    """
    handle = {"username": username.lower(), "domain": domain}
    return (await session.scalars(_BY_HANDLE, handle)).one_or_none()


async def key_by_uri(session: AsyncSession, uri: str) -> KeyRow | None:
    """Return the key with this id."""
    return await session.scalar(_KEY, {"uri": uri})


async def keys_of(session: AsyncSession, account_id: int) -> list[KeyRow]:
    """Return the keys of an account that are in use, the oldest first."""
    return list(await session.scalars(_KEYS, {"account": account_id}))


async def keys_of_or_named(
    session: AsyncSession, ids: Sequence[int], uris: Collection[str]
) -> dict[str, KeyRow]:
    """Return the keys of these accounts, and whoever's have these ids, by id."""
    rows = await session.scalars(_KEYS_OR_NAMED, {"ids": list(ids), "uris": list(uris)})
    return {row.uri: row for row in rows}


async def confirm_handles(
    session: AsyncSession, some: Sequence[tuple[str, datetime]]
) -> set[tuple[str, datetime]]:
    """Note that handles were found right; return of which accounts that is known now.

    Given and returned as (id, when it was fetched): what was fetched anew since is left alone.
    """
    connection = await session.connection()
    confirmed: set[tuple[str, datetime]] = set()
    for as_of in sorted({as_of for _uri, as_of in some}):
        uris = sorted(uri for uri, at in some if at == as_of)
        rows = await connection.execute(_CONFIRM, {"uris": uris, "as_of": as_of})
        confirmed |= {(uri, as_of) for (uri,) in rows}
    return confirmed


async def staff_ids(session: AsyncSession, roles: Sequence[str]) -> list[int]:
    """Return the own accounts of the members with one of these roles who can sign in."""
    return list(
        await session.scalars(
            select(MemberRow.account_id).where(
                MemberRow.role.in_(roles), MemberRow.disabled_at.is_(None)
            )
        )
    )


async def member_named(
    session: AsyncSession, username: str
) -> tuple[AccountRow, MemberRow] | None:
    """Return the member who signs in to the account with this username, with the account."""
    found = await session.execute(
        select(AccountRow, MemberRow)
        .join(MemberRow, MemberRow.account_id == AccountRow.id)
        .where(AccountRow.username_key == username.lower(), AccountRow.domain == "")
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row is not None else None


async def count_local(session: AsyncSession) -> int:
    """Return how many people and groups live here (the server's own actor is none)."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(AccountRow)
            .where(
                AccountRow.domain == "",
                AccountRow.kind != "Application",
                AccountRow.deleted_at.is_(None),
            )
        )
        or 0
    )


async def known_inboxes(session: AsyncSession) -> list[tuple[str, str]]:
    """Return (inbox, host) of every server that an account is known of: shared where it is."""
    inbox = func.coalesce(AccountRow.shared_inbox, AccountRow.inbox)
    rows = await session.execute(
        select(inbox, AccountRow.host)
        .where(
            AccountRow.domain != "",
            inbox != "",
            AccountRow.deleted_at.is_(None),
            AccountRow.suspended_at.is_(None),
        )
        .distinct()
    )
    return [(str(address), str(host)) for address, host in rows]
