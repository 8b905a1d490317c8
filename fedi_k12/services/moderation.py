"""What staff decide: about hosts, accounts and roles. Every act leaves an audit entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import idna
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, Role, decide
from storage import accounts, follows, hosts, timelines
from storage.tables import (
    AccountRow,
    AuditRow,
    DeliveryRow,
    FollowRow,
    HostPolicyRow,
    MemberRow,
    SessionRow,
    TokenRow,
)

Severity = Literal["allow", "limit", "suspend"]
Mode = Literal["open", "allowlist", "off"]


@dataclass(frozen=True, slots=True)
class HostDecision:
    """Whether we talk with a host, and how far; `why` is for logs and staff."""

    allowed: bool
    limited: bool = False
    reject_media: bool = False
    reject_reports: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What staff decided about a host and its subdomains."""

    domain: str
    severity: str
    reject_media: bool
    reject_reports: bool
    obfuscate: bool
    public_comment: str
    private_comment: str
    created_at: datetime


async def decision_for(session: AsyncSession, host: str, *, mode: str) -> HostDecision:
    """Return whether we talk with `host` (its port does not matter).

    A decision holds for subdomains too. The nearest one counts: in open mode an explicit allow
    of `a.k12.st.us` beats a block of `k12.st.us`; in allowlist mode a block beats an allow.
    """
    if mode == "off":
        return HostDecision(False, why="Federation is off.")
    names = _lineage(host)
    found = await hosts.policies_for(session, names)
    decided = [found[name] for name in names if name in found]
    blocked = [row for row in decided if row.severity == "suspend"]
    if mode == "allowlist":
        if blocked:
            return HostDecision(False, why=f"{blocked[0].domain} is blocked.")
        if not any(row.severity == "allow" for row in decided if row.domain == names[0]):
            return HostDecision(False, why=f"{names[0]} is not on the list of allowed servers.")
    nearest = decided[0] if decided else None
    if nearest is None or nearest.severity == "allow":
        return HostDecision(True)
    if nearest.severity == "suspend":
        return HostDecision(False, why=f"{nearest.domain} is blocked.")
    return HostDecision(
        True,
        limited=True,
        reject_media=nearest.reject_media,
        reject_reports=nearest.reject_reports,
        why=f"{nearest.domain} is limited.",
    )


async def set_host_policy(
    session: AsyncSession,
    *,
    actor: Actor | None,
    domain: str,
    severity: Severity,
    reject_media: bool = False,
    reject_reports: bool = False,
    obfuscate: bool = False,
    public_comment: str = "",
    private_comment: str = "",
    now: datetime,
) -> HostPolicy:
    """Decide about a host; a block severs follows both ways and drops what waits for it.

    `actor` is None for the operator at the command line.
    """
    _demand(actor, Action.DECIDE_HOSTS)
    name = normalise_domain(domain)
    row = (await hosts.policies_for(session, [name])).get(name)
    if row is None:
        row = HostPolicyRow(id=new_id(), domain=name, created_at=now)
        session.add(row)
    row.severity = severity
    row.reject_media, row.reject_reports = reject_media, reject_reports
    row.obfuscate = obfuscate
    row.public_comment, row.private_comment = public_comment, private_comment
    row.created_by = actor.member_id if actor else None
    await session.flush()
    severed = await _sever(session, name) if severity == "suspend" else 0
    await _silence_where_limited(session, name, now)
    await audit(
        session,
        actor=actor,
        action=f"host {severity}",
        target=("host", name),
        detail={"severed_follows": severed, "comment": private_comment},
        now=now,
    )
    return _policy(row)


async def remove_host_policy(
    session: AsyncSession, *, actor: Actor | None, domain: str, now: datetime
) -> None:
    """Take a decision about a host back; follows that it severed stay severed."""
    _demand(actor, Action.DECIDE_HOSTS)
    name = normalise_domain(domain)
    if not await hosts.remove_policy(session, name):
        raise NotFoundError(f"Nothing has been decided about {name}.")
    await _silence_where_limited(session, name, now)
    await audit(session, actor=actor, action="host undecided", target=("host", name), now=now)


async def host_policies(session: AsyncSession) -> list[HostPolicy]:
    """Return every decision about hosts, by name."""
    return [_policy(row) for row in await hosts.policies(session)]


async def suspend_account(
    session: AsyncSession, *, actor: Actor | None, account_id: int, reason: str, now: datetime
) -> None:
    """Suspend an account: nothing of it is shown, and its member is signed out everywhere."""
    _demand(actor, Action.SUSPEND)
    row = await _account(session, account_id)
    member = await session.scalar(select(MemberRow).where(MemberRow.account_id == row.id))
    if member is not None and actor is not None and not actor.role.at_least(Role(member.role)):
        raise ForbiddenError("One cannot suspend somebody with a higher role.")
    row.suspended_at = row.suspended_at or now
    row.version += 1
    if member is not None:
        member.disabled_at = now
        await session.execute(delete(SessionRow).where(SessionRow.member_id == member.id))
        await session.execute(
            update(TokenRow)
            .where(TokenRow.member_id == member.id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    await audit(
        session,
        actor=actor,
        action="account suspended",
        target=("account", str(row.id)),
        detail={"handle": row.acct, "reason": reason},
        now=now,
    )


async def unsuspend_account(
    session: AsyncSession, *, actor: Actor | None, account_id: int, now: datetime
) -> None:
    """Take a suspension back; apps have to sign in anew."""
    _demand(actor, Action.SUSPEND)
    row = await _account(session, account_id)
    row.suspended_at = None
    row.version += 1
    await session.execute(
        update(MemberRow).where(MemberRow.account_id == row.id).values(disabled_at=None)
    )
    await audit(
        session,
        actor=actor,
        action="account restored",
        target=("account", str(row.id)),
        detail={"handle": row.acct},
        now=now,
    )


async def set_role(
    session: AsyncSession, *, actor: Actor | None, username: str, role: Role, now: datetime
) -> None:
    """Give a member a role."""
    _demand(actor, Action.GIVE_ROLES)
    found = await accounts.member_named(session, username)
    if found is None:
        raise NotFoundError(f"There is no member called {username} here.")
    account, member = found
    before, member.role = member.role, role.value
    await audit(
        session,
        actor=actor,
        action="role given",
        target=("account", str(account.id)),
        detail={"from": before, "to": role.value},
        now=now,
    )


async def audit(
    session: AsyncSession,
    *,
    actor: Actor | None,
    action: str,
    target: tuple[str, str],
    detail: dict[str, object] | None = None,
    now: datetime,
) -> None:
    """Record what somebody of the staff, or the operator, did."""
    session.add(
        AuditRow(
            id=new_id(),
            member_id=actor.member_id if actor else None,
            account_id=actor.account_id if actor else None,
            action=action,
            target_kind=target[0],
            target_id=target[1],
            detail=detail or {},
            created_at=now,
        )
    )


def normalise_domain(text: str) -> str:
    """Return a domain as it is compared: ASCII letters, lower case, no port, no final dot."""
    host = text.strip().lower().removeprefix("https://").partition("/")[0]
    host = host.partition(":")[0].strip(".").removeprefix("*.")
    try:
        name = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError as error:
        raise InvalidError(f"{text!r} is not a domain.") from error
    if not name or any(c not in "abcdefghijklmnopqrstuvwxyz0123456789-." for c in name):
        raise InvalidError(f"{text!r} is not a domain. Write it like mastodon.example.")
    return name


def _lineage(host: str) -> list[str]:
    """Return the host and every domain it is a subdomain of, the nearest first."""
    name = host.lower().partition(":")[0].strip(".") if not host.startswith("[") else host
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


async def _account(session: AsyncSession, account_id: int) -> AccountRow:
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at is not None:
        raise NotFoundError("There is no such account.")
    return row


async def _sever(session: AsyncSession, domain: str) -> int:
    """End every follow with the host, count them off, and clear homes and the queue of it."""
    theirs = select(AccountRow.id).where(_of_host(domain))
    concerned = or_(FollowRow.follower_id.in_(theirs), FollowRow.target_id.in_(theirs))
    severed = list(await session.scalars(select(FollowRow).where(concerned)))
    for follow in severed:
        await follows.remove(session, follow)
    await timelines.clear_homes_of(session, theirs)
    await session.execute(
        delete(DeliveryRow).where(
            or_(DeliveryRow.host == domain, DeliveryRow.host.endswith(f".{domain}"))
        )
    )
    return len(severed)


async def _silence_where_limited(session: AsyncSession, domain: str, now: datetime) -> None:
    """Keep accounts of limited hosts out of lists, and let those of the others back in."""
    names = await session.scalars(select(AccountRow.host).where(_of_host(domain)).distinct())
    for name in list(names):
        limited = (await decision_for(session, name, mode="open")).limited
        await session.execute(
            update(AccountRow)
            .where(AccountRow.host == name)
            .values(silenced_at=now if limited else None, version=AccountRow.version + 1)
        )


def _of_host(domain: str) -> ColumnElement[bool]:
    return or_(
        AccountRow.host == domain,
        AccountRow.host.endswith(f".{domain}"),
        AccountRow.host.startswith(f"{domain}:"),
        AccountRow.domain == domain,
    )


def _demand(actor: Actor | None, action: Action) -> None:
    if actor is None:
        return
    decision = decide(actor, action)
    if not decision.allowed:
        raise ForbiddenError(decision.why)


def _policy(row: HostPolicyRow) -> HostPolicy:
    return HostPolicy(
        row.domain,
        row.severity,
        row.reject_media,
        row.reject_reports,
        row.obfuscate,
        row.public_comment,
        row.private_comment,
        row.created_at,
    )
