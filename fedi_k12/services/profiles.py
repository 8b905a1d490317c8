"""Accounts: made here, learnt from elsewhere, and how members present themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import presenting, text
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.people import (
    MAX_DISPLAY_NAME,
    MAX_NOTE,
    AccountKind,
)
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.posts import MAX_ALT_CHARACTERS, Visibility
from fedi_k12.domain.preferences import Preferences
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import (
    class_rules,
    directory,
    kinds,
    likeness,
    moderation,
    moves,
    profile_words,
    records,
    shown_pictures,
    submissions,
    views,
)
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.login import preferences_of
from storage import accounts, follows, groups
from storage.tables import AccountRow, KeyRow, MemberRow

_AS_GIVEN = (
    "locked", "discoverable", "indexable", "searchable_by", "hide_collections", "show_media",
    "show_media_replies", "show_featured",
    "avatar_file", "avatar_alt", "header_file", "header_alt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReceivedKey:
    """A public key of another server's account, as PEM."""

    uri: str
    kind: str
    public_pem: str
    asserts: bool = False
    """It may make proofs."""


@dataclass(frozen=True, slots=True)
class ReceivedAccount:
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


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account acted for, with what only its member knows."""

    view: AccountView
    preferences: Preferences
    role: Role
    email: str | None
    follow_requests: int = 0
    attribution_domains: tuple[str, ...] = ()


async def create_account(
    session: AsyncSession,
    *,
    username: str,
    kind: str,
    display_name: str,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> AccountRow:
    """Make an account of this server with its keys; `ConflictError` if the name is taken.

    A person or a group that calls itself as official accounts do is refused.
    """
    if kind in {AccountKind.PERSON, AccountKind.GROUP}:
        await likeness.demand_own_name(session, display_name)
    if await accounts.local_by_username(session, username) is not None:
        raise ConflictError(f"The name {username} is taken.")
    row = AccountRow(
        id=new_id(),
        uri=addresses.actor(username),
        url=addresses.profile(username),
        kind=kind,
        username=username,
        username_key=username.lower(),
        domain="",
        host="",
        display_name=text.clean_name(display_name, MAX_DISPLAY_NAME),
        inbox=addresses.inbox(username),
        shared_inbox=addresses.shared_inbox(),
        outbox=addresses.outbox(username),
        followers_uri=addresses.followers(username),
        following_uri=addresses.following(username),
        featured_uri=addresses.featured(username),
        discoverable=kind == "Organization",
        indexable=kind == "Organization",
        created_at=now,
    )
    session.add(row)
    await session.flush()
    _add_keys(session, row, keys, addresses, now)
    await session.flush()
    return row


async def server_actor(
    session: AsyncSession, *, addresses: Addresses, now: datetime, keys: AccountKeys
) -> AccountRow:
    """Return the server's own actor, made if it is not there yet (FEP-d556)."""
    known = await accounts.by_uri(session, addresses.server_actor())
    if known is not None:
        return known
    # Without the port that a server for trying things out has: no name holds a colon.
    name = addresses.handle_domain.partition(":")[0]
    row = AccountRow(
        id=new_id(),
        uri=addresses.server_actor(),
        url=f"{addresses.base_url}/about",
        kind="Application",
        username=name,
        username_key=name.lower(),
        domain="",
        host="",
        display_name=name,
        inbox=addresses.shared_inbox(),
        shared_inbox=addresses.shared_inbox(),
        locked=True,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    _add_keys(session, row, keys, addresses, now)
    await session.flush()
    return row


async def receive_account(
    session: AsyncSession, received: ReceivedAccount, *, now: datetime
) -> AccountRow:
    """Take in another server's account by its id: new, or as it is now."""
    row = await accounts.by_uri(session, received.uri)
    if row is not None and row.is_local:
        raise InvalidError("That account is ours.")
    # What is asked on the way is not about this account: it is written once, when it is whole.
    with session.no_autoflush:
        row = await _taken_in(session, row, received, now=now)
    await session.flush()
    if received.kind == "Group":
        group = await groups.ensure(session, row.id)
        group.moderators_uri, group.restricted = received.moderators_uri, received.restricted
    await _receive_keys(session, row, received.keys, now)
    return row


async def _taken_in(
    session: AsyncSession, row: AccountRow | None, received: ReceivedAccount, *, now: datetime
) -> AccountRow:
    """Return the row of an account, new or known, with all that is said of it."""
    if row is None:
        decision = await moderation.decision_for(session, received.host, mode="open")
        row = AccountRow(
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
        )
        session.add(row)
    row.kind = await kinds.kind_from_now(session, row, received.kind)
    called = (row.display_name, row.username, row.domain)
    changed_picture = row.avatar_remote_url != received.avatar_remote_url
    changed_cover = row.header_remote_url != received.header_remote_url
    for name in (
        "url", "username", "domain", "handle_verified", "display_name", "note",
        "avatar_remote_url", "avatar_alt", "header_remote_url", "header_alt", "locked",
        "discoverable", "indexable", "searchable_by", "show_media", "show_media_replies",
        "show_featured", "memorial", "inbox", "shared_inbox",
        "outbox",
        "followers_uri", "following_uri", "featured_uri", "featured_tags_uri",
        "featured_collections_uri", "feature_policy",
    ):  # fmt: skip
        setattr(row, name, getattr(received, name))
    row.username_key = received.username.lower()
    row.fields = [dict(item) for item in received.fields]
    row.emojis = [dict(item) for item in received.emojis]
    await shown_pictures.remember_emojis(session, received.emojis, host=received.host, now=now)
    row.also_known_as = list(received.also_known_as)
    row.attribution_domains = list(received.attribution_domains)
    row.updated_at, row.fetched_at = received.updated, now
    row.deleted_at = None
    row.version = (row.version or 0) + 1
    if called != (row.display_name, row.username, row.domain):
        await likeness.compare(session, row)
    if changed_picture:
        row.avatar_file = None
    if changed_cover:
        row.header_file = None
    await moves.take_redirect(session, row, received.moved_to_uri)
    return row


async def receive_keys(
    session: AsyncSession, *, account_id: int, keys: Sequence[ReceivedKey], now: datetime
) -> AccountRow:
    """Keep the keys of another server's account, and all else as it was; return it."""
    row = await accounts.by_id(session, account_id)
    if row is None:
        raise NotFoundError("That account is not known here.")
    if keys:
        await _receive_keys(session, row, keys, now)
    return row


async def update_profile(
    session: AsyncSession,
    *,
    actor: Actor,
    changes: ProfileChanges,
    addresses: Addresses,
    now: datetime,
    paper: Paper | None = None,
) -> AccountView:
    """Present an account differently and tell the servers that know it.

    What an official account says of itself may need a second person first: then it is kept
    for them and `SavedForApprovalError` raised, unless `paper` says that they agreed (S-38).
    """
    row = await accounts.by_id(session, actor.account_id)
    if row is None:
        raise NotFoundError("Record not found")
    _demand_lengths(changes)
    if row.kind not in {"Person", "Service"}:
        changes = replace(changes, bot=None)
    await likeness.demand_own(session, row, changes, now=now)
    if actor.delegation is not None:
        class_rules.demand_profile(await class_rules.of(session, row.id), changes)
    made = await _made(session, changes, addresses)
    if await submissions.presented_by_two(session, actor, paper):
        changes = presenting.differing(changes, presented(row))
        if changes == ProfileChanges():
            return await views.account_view(session, row.id)
        detail = presenting.as_detail(changes, presented(row))
        held = Paper(presenting.PROFILE, detail=detail)
        await submissions.hold(session, actor=actor, draft=None, paper=held, now=now)
    for name, value in made.items():
        setattr(row, name, value)
    if changes.fields is not None:
        await directory.note(session, row)
    if changes.bot is not None:
        row.kind = "Service" if changes.bot else "Person"
    for name in _AS_GIVEN:
        value = getattr(changes, name)
        if value is not None:
            setattr(row, name, value)
    if changes.remove_avatar:
        row.avatar_file, row.avatar_alt = None, ""
    if changes.remove_header:
        row.header_file, row.header_alt = None, ""
    row.emojis = await profile_words.emojis_in(session, row)
    before, row.updated_at = row.updated_at, now
    row.version += 1
    await session.flush()
    await profile_words.tell(session, row, before=before, now=now)
    await records.note_profile(session, actor=actor, account=row, now=now)
    return await views.account_view(session, row.id)


def presented(row: AccountRow) -> ProfileChanges:
    """Return how an account of this server presents itself now."""
    return ProfileChanges(
        display_name=row.display_name,
        note=row.note_source,
        fields=tuple((str(one["name"]), str(one.get("source", ""))) for one in row.fields),
        bot=row.kind == "Service",
        attribution_domains=tuple(row.attribution_domains),
        **{name: getattr(row, name) for name in _AS_GIVEN},
    )


async def _made(
    session: AsyncSession, changes: ProfileChanges, addresses: Addresses
) -> dict[str, object]:
    """Return what has to be made of what was written, by column; raises `InvalidError`."""
    made: dict[str, object] = {}
    if changes.display_name is not None:
        made["display_name"] = text.clean_name(changes.display_name, MAX_DISPLAY_NAME)
    if changes.note is not None:
        made["note_source"] = changes.note
        made["note"] = await profile_words.rendered(session, changes.note, addresses)
    if changes.fields is not None:
        made["fields"] = await profile_words.rendered_fields(session, changes.fields, addresses)
    if changes.attribution_domains is not None:
        made["attribution_domains"] = profile_words.hosts(changes.attribution_domains)
    return made


def _demand_lengths(changes: ProfileChanges) -> None:
    for name, said, most in (
        ("display_name", changes.display_name, MAX_DISPLAY_NAME),
        ("note", changes.note, MAX_NOTE),
        ("avatar_description", changes.avatar_alt, MAX_ALT_CHARACTERS),
        ("header_description", changes.header_alt, MAX_ALT_CHARACTERS),
    ):
        if said is not None and len(said) > most:
            wrong = f"is too long (maximum is {most} characters)"
            label = name.replace("_", " ").capitalize()
            raise InvalidError(f"Validation failed: {label} {wrong}", fields={name: wrong})


async def own(session: AsyncSession, *, actor: Actor) -> OwnAccount:
    """Return the account acted for, with what only its member knows."""
    member = await session.get(MemberRow, actor.member_id) if actor.member_id else None
    row = await accounts.by_id(session, actor.account_id)
    return OwnAccount(
        view=await views.account_view(session, actor.account_id, viewer=actor),
        preferences=await preferences(session, actor=actor),
        role=actor.role,
        email=member.email if member is not None else None,
        follow_requests=await follows.count_requests(session, actor.account_id),
        attribution_domains=tuple(row.attribution_domains) if row is not None else (),
    )


async def preferences(session: AsyncSession, *, actor: Actor) -> Preferences:
    """Return what the member chose."""
    member = await accounts.member(session, actor.member_id)
    chosen = preferences_of(member) if member is not None else Preferences()
    if actor.delegation is None:
        return chosen
    # What a classroom says is for those whom it let in, what a school says for everyone: how
    # its writers speak for themselves says nothing about it.
    let_in = await class_rules.of(session, actor.account_id)
    default = Visibility.FOLLOWERS if let_in else Visibility.PUBLIC
    return replace(chosen, default_visibility=default)


async def save_preferences(
    session: AsyncSession, *, actor: Actor, changes: Mapping[str, object]
) -> Preferences:
    """Keep what the member chose; raise `InvalidError` for what cannot be chosen."""
    member = await session.get(MemberRow, actor.member_id) if actor.member_id else None
    if member is None:
        raise NotFoundError("Record not found")
    wanted: dict[str, Any] = {**member.preferences, **changes}
    zone = str(wanted.pop("time_zone", member.time_zone))
    try:
        chosen = msgspec.convert({**wanted, "time_zone": zone}, Preferences)
    except msgspec.ValidationError as error:
        raise InvalidError(f"Validation failed: {error}") from error
    member.time_zone = zone
    member.preferences = wanted
    await session.flush()
    return chosen


def _add_keys(
    session: AsyncSession,
    row: AccountRow,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> None:
    for kind, uri, pair in (
        ("rsa", addresses.rsa_key(row.uri), keys.rsa),
        ("ed25519", addresses.ed25519_key(row.uri), keys.ed25519),
    ):
        session.add(
            KeyRow(
                id=new_id(),
                account_id=row.id,
                uri=uri,
                kind=kind,
                public_key=pair.public_pem,
                private_key=pair.private_pem,
                asserts=kind == "ed25519",
                created_at=now,
            )
        )


async def _receive_keys(
    session: AsyncSession, row: AccountRow, keys: Sequence[ReceivedKey], now: datetime
) -> None:
    """Keep the keys the document names now. A key id that is another account's stays theirs."""
    wanted = {key.uri for key in keys}
    known = await accounts.keys_of_or_named(session, row.id, wanted)
    for uri, old in known.items():
        if old.account_id == row.id and uri not in wanted:
            await session.delete(old)
    for key in keys:
        old_key = known.get(key.uri)
        if old_key is None:
            session.add(
                KeyRow(
                    id=new_id(),
                    account_id=row.id,
                    uri=key.uri,
                    kind=key.kind,
                    public_key=key.public_pem,
                    asserts=key.asserts,
                    created_at=now,
                    fetched_at=now,
                )
            )
        elif old_key.account_id == row.id:
            old_key.kind, old_key.public_key = key.kind, key.public_pem
            old_key.asserts = key.asserts
            old_key.fetched_at = now
    await session.flush()
