"""Accounts of this server: made, and how members present themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
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
    likeness,
    profile_words,
    records,
    submissions,
    views,
)
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.login import preferences_of
from storage import accounts, follows
from storage.tables import AccountRow, KeyRow, MemberRow

_AS_GIVEN = (
    "locked", "discoverable", "indexable", "searchable_by", "hide_collections", "show_media",
    "show_media_replies", "show_featured",
    "avatar_file", "avatar_alt", "header_file", "header_alt",
)  # fmt: skip


class OwnAccount(Struct, frozen=True):
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
