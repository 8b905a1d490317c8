"""E-mail addresses: a link by mail shows that an address is the member's own.

As Devise, which Mastodon uses, does it: until the link is opened the earlier address stays.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.entry import email_domains_asked
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.mail_jobs import SendAddressChange, SendConfirmation
from fedi_k12.domain.people import normalise_email
from fedi_k12.domain.permissions import Action, Actor
from fedi_k12.services import login, notifications
from storage import entry, jobs
from storage.tables import AccountRow, EmailLinkRow, MemberRow

LIFE = timedelta(days=2)
"""So long a link works after it was sent, and so long the letter is worth sending."""
PAUSE = timedelta(minutes=5)
"""Who asks again within this gets no second letter: the first may still be on its way."""
HELD = timedelta(days=7)
"""So long a name and an address are kept for who signed up and never opened the link."""
GONE = "This link does not work any more. Ask for another."
_TAKEN = "Somebody here has that e-mail address already."


class AddressView(Struct, frozen=True):
    """A member's e-mail address, as they see it."""

    email: str
    confirmed: bool
    waiting: str
    """The address that a link went to which nobody opened yet; empty for none."""


class LinkToConfirm(Struct, frozen=True):
    """What a letter that asks for a confirmation is made of."""

    to: str
    username: str
    locale: str
    """The language that the member reads pages in; empty where they never chose one."""
    token: str


class LetterTo(Struct, frozen=True):
    """Whom a letter is for."""

    to: str
    username: str
    locale: str


class ToConfirm(Struct, frozen=True):
    """What a link confirms."""

    username: str
    email: str


async def address_of(session: AsyncSession, *, member_id: int) -> AddressView:
    """Return a member's address, and the one that waits to be confirmed."""
    member = await _member(session, member_id)
    link = await session.get(EmailLinkRow, member_id)
    return AddressView(
        member.email or "",
        member.email is not None and member.confirmed_at is not None,
        link.email if link is not None else "",
    )


async def begin(session: AsyncSession, *, member_id: int, email: str, now: datetime) -> None:
    """Have a link sent to an address; links sent to a member earlier end."""
    link = await session.get(EmailLinkRow, member_id)
    if link is None:
        session.add(EmailLinkRow(member_id=member_id, email=email, asked_at=now))
    else:
        link.email, link.asked_at, link.hash, link.expires_at = email, now, None, None
    job = SendConfirmation(member_id, cause=f"confirm-{new_id()}")
    await jobs.enqueue(session, job, now=now)


async def ask_again(
    session: AsyncSession, *, member_id: int, email: str = "", now: datetime
) -> None:
    """Have the link sent again, for who waits for one; to another address where one is given.

    Raises `ForbiddenError` where nothing waits, `InvalidError` for what is no address that
    one can have here. Who asks again within five minutes gets no second letter, except to
    another address.
    """
    link = await session.get(EmailLinkRow, member_id, with_for_update=True)
    if link is None:
        raise ForbiddenError(
            "This method is only available while the e-mail is awaiting confirmation"
        )
    member = await _member(session, member_id)
    if email:
        address = await _free(session, email, member, domains=())
        if address != link.email:
            if member.confirmed_at is None:
                member.email = address
            await begin(session, member_id=member_id, email=address, now=now)
            return
    if now - link.asked_at >= PAUSE:
        await begin(session, member_id=member_id, email=link.email, now=now)


async def change(
    session: AsyncSession,
    *,
    actor: Actor,
    email: str,
    domains: tuple[str, ...] = (),
    now: datetime,
) -> None:
    """Have a link sent to another address; it is the member's once they open it.

    The confirmed address that they had so far is told at once. `domains` are those that
    members' addresses are of here, if one has to have one.
    """
    if actor.member_id is None:
        raise ForbiddenError("Nobody signs in to that account here.")
    member = await _member(session, actor.member_id, alone=True)
    address = await _free(session, email, member, domains=domains)
    link = await session.get(EmailLinkRow, member.id, with_for_update=True)
    if link is not None and link.email == address and now - link.asked_at < PAUSE:
        return
    if address == member.email and member.confirmed_at is not None:
        # They think better of it.
        await session.execute(delete(EmailLinkRow).where(EmailLinkRow.member_id == member.id))
        return
    if member.confirmed_at is not None and member.email:
        told = SendAddressChange(member.id, member.email, cause=f"address-{new_id()}")
        await jobs.enqueue(session, told, now=now)
    await begin(session, member_id=member.id, email=address, now=now)


async def issue(
    session: AsyncSession, *, member_id: int, now: datetime
) -> LinkToConfirm | None:
    """Make the link for a letter that is about to be sent; earlier ones end.

    None where nobody waits for it any more.
    """
    link = await session.get(EmailLinkRow, member_id)
    found = await _with_name(session, member_id)
    if link is None or found is None or now - link.asked_at > LIFE:
        return None
    member, username = found
    token = new_token()
    link.hash, link.expires_at = hash_token(token), now + LIFE
    return LinkToConfirm(link.email, username, _language(member), token)


async def whose(session: AsyncSession, *, member_id: int) -> tuple[str, str] | None:
    """Return the short name and the language of a member, None for one that left."""
    found = await _with_name(session, member_id)
    return (found[1], _language(found[0])) if found is not None else None


async def reached(session: AsyncSession, *, account_id: int) -> LetterTo | None:
    """Return how the member of an account is written to; None without a confirmed address.

    Whoever cannot sign in at the moment is written to, too: what was decided is for them.
    """
    found = (
        await session.execute(
            select(MemberRow, AccountRow.username)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(MemberRow.account_id == account_id, MemberRow.confirmed_at.is_not(None))
        )
    ).one_or_none()
    if found is None or not found[0].email:
        return None
    return LetterTo(found[0].email, found[1], _language(found[0]))


async def asked(session: AsyncSession, *, token: str, now: datetime) -> ToConfirm:
    """Return what a link confirms; raises `NotFoundError` for one that is over."""
    link = await _link(session, token, now)
    found = await _with_name(session, link.member_id)
    if found is None:
        raise NotFoundError(GONE)
    return ToConfirm(found[1], link.email)


async def confirm(session: AsyncSession, *, token: str, now: datetime) -> bool:
    """Make an address the member's own; the link is used up.

    Returns whether they can sign in now: false where a moderator has to look first. Raises
    `InvalidError` where somebody else confirmed the same address meanwhile.
    """
    link = await _link(session, token, now)
    member = await _member(session, link.member_id)
    await _free(session, link.email, member, domains=())
    member.email = link.email
    await session.delete(link)
    await let_in(session, member, now=now)
    return member.approved_at is not None


async def let_in(session: AsyncSession, member: MemberRow, *, now: datetime) -> None:
    """Note that a member's address is theirs; who was held until then comes in."""
    member.confirmed_at = now
    if member.held_for_mail:
        member.held_for_mail = False
        await notifications.tell_staff(
            session,
            kind="admin.sign_up",
            action=Action.REVIEW_MEMBERS,
            from_id=member.account_id,
            now=now,
        )


async def forget_held(session: AsyncSession, *, now: datetime) -> None:
    """Forget who signed up a week ago and never opened the link: name and address are free."""
    members = await session.scalars(
        select(MemberRow).where(
            MemberRow.held_for_mail.is_(True), MemberRow.created_at < now - HELD
        )
    )
    for member in members.all():
        account = await session.get(AccountRow, member.account_id)
        await session.delete(member)
        await session.flush()
        if account is not None:
            await session.delete(account)
    await session.execute(
        delete(EmailLinkRow).where(
            EmailLinkRow.asked_at < now - HELD,
            EmailLinkRow.member_id.in_(
                select(MemberRow.id).where(MemberRow.confirmed_at.is_not(None))
            ),
        )
    )
    await session.flush()


async def _free(
    session: AsyncSession, email: str, member: MemberRow, *, domains: tuple[str, ...]
) -> str:
    """Return an address as it is stored, or refuse one that the member cannot have here."""
    address = normalise_email(email)
    if await session.scalar(
        select(MemberRow.id).where(MemberRow.email == address, MemberRow.id != member.id)
    ):
        raise InvalidError(_TAKEN, fields={"email": "has already been taken"})
    if await entry.any_email_domain(session, email_domains_asked(address)):
        raise InvalidError(
            "An e-mail address of that kind is not taken here. Use another one.",
            fields={"email": "is of a provider that is not taken here"},
        )
    had = (member.email or "").rpartition("@")[2]
    # Whoever was invited with an address from elsewhere may go on with such a one.
    if had in domains and address.rpartition("@")[2] not in domains:
        raise InvalidError(
            "Please use the address your school gave you.",
            fields={"email": "is not of a school here"},
        )
    return address


async def _link(session: AsyncSession, token: str, now: datetime) -> EmailLinkRow:
    link = await session.scalar(
        select(EmailLinkRow)
        .where(EmailLinkRow.hash == hash_token(token), EmailLinkRow.expires_at > now)
        .with_for_update()
    )
    if link is None:
        raise NotFoundError(GONE)
    return link


async def _member(session: AsyncSession, member_id: int, *, alone: bool = False) -> MemberRow:
    member = await session.get(MemberRow, member_id, with_for_update=alone or None)
    if member is None or member.disabled_at is not None:
        raise NotFoundError(GONE)
    return member


async def _with_name(session: AsyncSession, member_id: int) -> tuple[MemberRow, str] | None:
    found = (
        await session.execute(
            select(MemberRow, AccountRow.username)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(MemberRow.id == member_id, MemberRow.disabled_at.is_(None))
        )
    ).one_or_none()
    return (found[0], found[1]) if found is not None else None


def _language(member: MemberRow) -> str:
    return login.preferences_of(member).page_language or member.locale
