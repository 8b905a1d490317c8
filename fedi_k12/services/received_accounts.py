"""Accounts of other servers: taken in as their own documents have them, several at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.hosts import HostDecision
from fedi_k12.domain.ids import new_id
from fedi_k12.services import kinds, likeness, moderation, moves, shown_pictures
from storage import accounts, groups
from storage.tables import AccountRow, KeyRow

_AS_RECEIVED = (
    "url", "username", "domain", "handle_verified", "display_name", "note",
    "avatar_remote_url", "avatar_alt", "header_remote_url", "header_alt", "locked",
    "discoverable", "indexable", "searchable_by", "show_media", "show_media_replies",
    "show_featured", "memorial", "inbox", "shared_inbox", "outbox", "followers_uri",
    "following_uri", "featured_uri", "featured_tags_uri", "featured_collections_uri",
    "feature_policy",
)  # fmt: skip


class ReceivedKey(Struct, frozen=True):
    """A public key of another server's account, as PEM."""

    uri: str
    kind: str
    public_pem: str
    asserts: bool = False
    """It may make proofs."""


class ReceivedAccount(Struct, frozen=True):
    """An account of another server, fetched from its own id, checked and cleaned."""

    uri: str
    kind: str
    username: str
    domain: str
    host: str
    inbox: str
    url: str | None = None
    handle_verified: bool = False
    display_name: str = ""
    note: str = ""
    """Safe HTML."""
    fields: tuple[Mapping[str, str], ...] = ()
    emojis: tuple[Mapping[str, str], ...] = ()
    avatar_remote_url: str | None = None
    avatar_alt: str = ""
    header_remote_url: str | None = None
    header_alt: str = ""
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    searchable_by: str = ""
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    memorial: bool = False
    suspended: bool = False
    shared_inbox: str | None = None
    outbox: str | None = None
    followers_uri: str | None = None
    following_uri: str | None = None
    featured_uri: str | None = None
    featured_tags_uri: str | None = None
    featured_collections_uri: str | None = None
    feature_policy: dict[str, object] | None = None
    also_known_as: tuple[str, ...] = ()
    moved_to_uri: str | None = None
    attribution_domains: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    moderators_uri: str | None = None
    """Where a group lists who looks after it."""
    restricted: bool = False
    keys: tuple[ReceivedKey, ...] = ()


class TakenIn(NamedTuple):
    """An account as it is kept from now on."""

    row: AccountRow
    keys: Mapping[str, str]
    """The keys of its document that are its own, as PEM by id."""


async def receive_account(
    session: AsyncSession, received: ReceivedAccount, *, now: datetime
) -> AccountRow:
    """Take in another server's account by its id: new, or as it is now."""
    known = await accounts.by_uris(session, [received.uri])
    [taken] = await receive_accounts(session, [received], known=known, now=now)
    return taken.row


async def receive_accounts(
    session: AsyncSession,
    received: Sequence[ReceivedAccount],
    *,
    known: Mapping[str, AccountRow],
    now: datetime,
) -> list[TakenIn]:
    """Take in accounts of other servers, each once, in a fixed number of statements.

    `known`: those of them that are known here, by id (`storage.accounts.by_uris`). Raises
    `InvalidError` where one of them is an account of this server.
    """
    if any(row.is_local for row in known.values()):
        raise InvalidError("That account is ours.")
    # What is asked on the way is not about these: each is written once, when it is whole.
    with session.no_autoflush:
        rows = await _taken_in(session, received, known, now=now)
    await session.flush()
    for row, one in zip(rows, received, strict=True):
        if one.kind == "Group":
            group = await groups.ensure(session, row.id)
            group.moderators_uri, group.restricted = one.moderators_uri, one.restricted
    keys = [one.keys for one in received]
    owned = await receive_keys(session, list(zip(rows, keys, strict=True)), now=now)
    return [TakenIn(row, own) for row, own in zip(rows, owned, strict=True)]


async def receive_keys(
    session: AsyncSession,
    named: Sequence[tuple[AccountRow, Sequence[ReceivedKey]]],
    *,
    now: datetime,
) -> list[dict[str, str]]:
    """Keep the keys that documents of accounts name now; return each one's, as PEM by id.

    A key id that is another account's stays theirs.
    """
    wanted = {key.uri for _row, keys in named for key in keys}
    known = await accounts.keys_of_or_named(session, [row.id for row, _ in named], wanted)
    owned: list[dict[str, str]] = []
    for row, keys in named:
        listed = {key.uri for key in keys}
        gone = [
            old for old in known.values() if old.account_id == row.id and old.uri not in listed
        ]
        for old in gone:
            await session.delete(known.pop(old.uri))
        if gone:
            # Another of these may name the same id from now on.
            await session.flush()
        own: dict[str, str] = {}
        owned.append(own)
        for key in keys:
            if (kept := known.get(key.uri)) is None:
                kept = known[key.uri] = KeyRow(
                    id=new_id(), account_id=row.id, uri=key.uri, created_at=now
                )
                session.add(kept)
            if kept.account_id == row.id:
                kept.kind, kept.public_key = key.kind, key.public_pem
                kept.asserts, kept.fetched_at = key.asserts, now
                own[key.uri] = key.public_pem
    await session.flush()
    return owned


async def _taken_in(
    session: AsyncSession,
    received: Sequence[ReceivedAccount],
    known: Mapping[str, AccountRow],
    *,
    now: datetime,
) -> list[AccountRow]:
    """Return the rows of accounts, new or known, with all that is said of them."""
    unknown = {one.host for one in received if one.uri not in known}
    decisions = await moderation.decisions_for(session, unknown, mode="open")
    rows, renamed = [], []
    for one in received:
        row = known.get(one.uri)
        if row is None:
            row = _new(one, decisions[one.host], now)
            session.add(row)
        row.kind = await kinds.kind_from_now(session, row, one.kind)
        called = (row.display_name, row.username, row.domain)
        _take_over(row, one, now)
        if called != (row.display_name, row.username, row.domain):
            renamed.append(row)
        await moves.take_redirect(session, row, one.moved_to_uri)
        rows.append(row)
    await likeness.compare(session, renamed)
    shown = [(one.host, one.emojis) for one in received]
    await shown_pictures.remember_emojis(session, shown, now=now)
    return rows


def _new(received: ReceivedAccount, decision: HostDecision, now: datetime) -> AccountRow:
    return AccountRow(
        id=new_id(),
        uri=received.uri,
        silenced_at=now if decision.limited else None,
        silenced_with_host=decision.limited,
        username=received.username,
        username_key=received.username.lower(),
        domain=received.domain,
        host=received.host,
        created_at=min(received.published or now, now),
        posts_count=0,
        version=0,
        # Said here, as the database would have to be asked for what it says itself, row by row.
        label="",
        office="",
        suspended_with_host=False,
    )


def _take_over(row: AccountRow, received: ReceivedAccount, now: datetime) -> None:
    """Let a row say what the account's own document says."""
    if row.avatar_remote_url != received.avatar_remote_url:
        row.avatar_file = None
    if row.header_remote_url != received.header_remote_url:
        row.header_file = None
    for name in _AS_RECEIVED:
        setattr(row, name, getattr(received, name))
    row.username_key = received.username.lower()
    row.fields = [dict(item) for item in received.fields]
    row.emojis = [dict(item) for item in received.emojis]
    row.also_known_as = list(received.also_known_as)
    row.attribution_domains = list(received.attribution_domains)
    row.updated_at, row.fetched_at = received.updated, now
    row.deleted_at = None
    row.version = (row.version or 0) + 1
