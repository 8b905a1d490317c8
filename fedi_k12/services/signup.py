"""Becoming a member: invitations, registration, and accounts made by the operator."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.people import check_username, normalise_email
from fedi_k12.domain.permissions import Action, Actor, Role, decide
from fedi_k12.services import confirmation, entry, moderation, notifications, profiles, views
from fedi_k12.services.keys import AccountKeys
from storage.tables import AccountRow, InviteRow, MemberRow

Registrations = Literal["closed", "invite", "approval", "open"]
OWNER_INVITE_LIFE = timedelta(days=2)
MAX_REASON = 2000
"""Characters of what somebody writes to the moderators who asks to join."""


class InviteView(Struct, frozen=True):
    """An invitation as whoever follows its link sees it."""

    id: int
    note: str
    invited_by: str
    """The name of who invites, empty for the operator."""
    role: Role


class SignUpForm(Struct, frozen=True):
    """What somebody filled in to become a member; the password is hashed already."""

    username: str
    display_name: str
    email: str
    password_hash: str
    affiliation: str
    rules_accepted: bool
    locale: str = "en"
    reason: str = ""
    """What they say to the moderators; kept only where one of them has to look."""


class Registered(Struct, frozen=True):
    """A new member."""

    member_id: int
    account_id: int
    waits_for_approval: bool
    waits_for_mail: bool = False
    """Whether they come in once they opened the link in a letter."""


async def create_invite(
    session: AsyncSession,
    *,
    actor: Actor | None,
    max_uses: int | None = None,
    expires_at: datetime | None = None,
    role: Role = Role.MEMBER,
    note: str = "",
    now: datetime,
) -> str:
    """Return the code of a new invitation: the only time that it is known."""
    if actor is not None:
        decision = decide(actor, Action.INVITE)
        if not decision.allowed:
            raise ForbiddenError(decision.why)
        if not actor.role.at_least(role):
            raise ForbiddenError("One cannot invite somebody to a higher role than one's own.")
    code = new_token()
    session.add(
        InviteRow(
            id=new_id(),
            code_hash=hash_token(code),
            created_by=actor.member_id if actor else None,
            role=role.value,
            note=note,
            max_uses=max_uses,
            uses=0,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await moderation.audit(
        session,
        actor=actor,
        action="invitation made",
        target=("invite", role.value),
        now=now,
    )
    return code


async def owner_link_code(session: AsyncSession, *, now: datetime) -> str | None:
    """Return the code of a one-time invitation for the owner, None once there is one."""
    if await session.scalar(select(MemberRow.id).where(MemberRow.role == "owner").limit(1)):
        return None
    for old in await session.scalars(select(InviteRow).where(InviteRow.role == "owner")):
        old.revoked_at = old.revoked_at or now
    return await create_invite(
        session,
        actor=None,
        max_uses=1,
        expires_at=now + OWNER_INVITE_LIFE,
        role=Role.OWNER,
        now=now,
    )


async def invite_for(session: AsyncSession, *, code: str, now: datetime) -> InviteView:
    """Return the invitation with this code, or raise `NotFoundError` if it is none any more."""
    row = await _invite(session, code, now)
    name = ""
    if row.created_by is not None:
        member = await session.get(MemberRow, row.created_by)
        if member is not None:
            name = (await views.account_view(session, member.account_id)).name
    return InviteView(row.id, row.note, name, Role(row.role))


async def register(
    session: AsyncSession,
    *,
    form: SignUpForm,
    invite_code: str | None,
    registrations: Registrations,
    domains: tuple[str, ...] = (),
    keys: AccountKeys,
    addresses: Addresses,
    address: str = "",
    mail: bool = False,
    now: datetime,
) -> Registered:
    """Make somebody a member; raise `InvalidError` naming the fields that need a change.

    `address` is the network address they come from: some have to wait, or may not. Where mail
    is sent, a link goes to the e-mail address: who was invited comes in at once, others when
    they opened it.
    """
    if not form.rules_accepted:
        raise InvalidError(
            "Please read the rules and say that you keep to them.",
            fields={"agreement": "must be accepted"},
        )
    invite = await _invite(session, invite_code, now) if invite_code else None
    if invite is None and registrations in {"closed", "invite"}:
        raise ForbiddenError("One becomes a member here by invitation.")
    email = normalise_email(form.email)
    reason = form.reason.replace("\0", "").strip()
    if len(reason) > MAX_REASON:
        raise InvalidError(
            f"Please say it in {MAX_REASON} letters.",
            fields={"reason": f"is too long (maximum is {MAX_REASON} characters)"},
        )
    if invite is None and domains and email.rpartition("@")[2] not in domains:
        raise InvalidError(
            "Please use the address your school gave you.",
            fields={"email": "is not of a school here"},
        )
    waits = invite is None and registrations == "approval"
    if invite is None or invite.role == Role.MEMBER:
        # Whoever is invited as staff is known.
        waits |= await entry.check_sign_up(session, email=email, address=address, now=now)
    account = await _member(
        session,
        username=form.username,
        email=email,
        password_hash=form.password_hash,
        role=Role(invite.role) if invite is not None else Role.MEMBER,
        kind="Person",
        display_name=form.display_name,
        keys=keys,
        addresses=addresses,
        now=now,
    )
    member = await session.scalar(select(MemberRow).where(MemberRow.account_id == account.id))
    if member is None:
        raise NotFoundError("Record not found")
    member.affiliation = form.affiliation
    member.locale = form.locale
    member.rules_accepted_at = now
    member.approved_at = None if waits else now
    member.staff_since = None
    member.sign_up_reason = reason if waits else ""
    if invite is not None:
        invite.uses += 1
        member.invite_id = invite.id
    if mail:
        member.confirmed_at, member.held_for_mail = None, invite is None
        await confirmation.begin(session, member_id=member.id, email=email, now=now)
    await session.flush()
    if not member.held_for_mail:
        await notifications.tell_staff(
            session,
            kind="admin.sign_up",
            action=Action.REVIEW_MEMBERS,
            from_id=account.id,
            now=now,
        )
    return Registered(member.id, account.id, waits, member.held_for_mail)


async def create_member(
    session: AsyncSession,
    *,
    username: str,
    email: str | None,
    password_hash: str | None,
    role: Role,
    kind: str,
    display_name: str,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> AccountRow:
    """Make an account with somebody who signs in to it: the operator's `account create`."""
    account = await _member(
        session,
        username=username,
        email=normalise_email(email) if email else None,
        password_hash=password_hash,
        role=role,
        kind=kind,
        display_name=display_name,
        keys=keys,
        addresses=addresses,
        now=now,
    )
    await moderation.audit(
        session,
        actor=None,
        action="account created",
        target=("account", str(account.id)),
        detail={"handle": account.acct, "role": role.value, "kind": kind},
        now=now,
    )
    return account


async def _invite(session: AsyncSession, code: str, now: datetime) -> InviteRow:
    row = await session.scalar(select(InviteRow).where(InviteRow.code_hash == hash_token(code)))
    if (
        row is None
        or row.revoked_at is not None
        or (row.expires_at is not None and row.expires_at <= now)
        or (row.max_uses is not None and row.uses >= row.max_uses)
    ):
        raise NotFoundError(
            "This invitation is used up or too old. Ask whoever sent it for a new one."
        )
    return row


async def _member(
    session: AsyncSession,
    *,
    username: str,
    email: str | None,
    password_hash: str | None,
    role: Role,
    kind: str,
    display_name: str,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> AccountRow:
    name = check_username(username)
    if email is not None and await session.scalar(
        select(MemberRow.id).where(MemberRow.email == email)
    ):
        raise InvalidError(
            "Somebody here has that e-mail address already. Is it you? Then sign in.",
            fields={"email": "has already been taken"},
        )
    try:
        account = await profiles.create_account(
            session,
            username=name,
            kind=kind,
            display_name=display_name,
            keys=keys,
            addresses=addresses,
            now=now,
        )
    except ConflictError as error:
        raise InvalidError(
            "That short name is taken. Choose another.",
            fields={"username": "has already been taken"},
        ) from error
    session.add(
        MemberRow(
            id=new_id(),
            account_id=account.id,
            email=email,
            password_hash=password_hash,
            role=role.value,
            created_at=now,
            confirmed_at=now,
            approved_at=now,
            staff_since=now,
        )
    )
    await session.flush()
    return account
