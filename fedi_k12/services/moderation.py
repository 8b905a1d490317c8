"""What staff decide: about hosts, accounts and roles. Every act leaves an audit entry."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.hosts import (
    Direction,
    HostDecision,
    HostRule,
    Severity,
    covers,
    decide_host,
    names_asked,
    normalise_domain,
    rule_name,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.news import AccessEnded
from fedi_k12.domain.permissions import Action, Actor, Judged, Role, decide, decide_about
from fedi_k12.services import host_decisions, notifications, records, severance
from fedi_k12.services.severance import Impact
from storage import accounts, hosts
from storage.db import tell_after_commit
from storage.tables import (
    AccountRow,
    AuditRow,
    DeliveryRow,
    HostPolicyRow,
    MemberRow,
    SessionRow,
    SeveranceRow,
    TokenRow,
)

__all__ = ["HostDecision", "HostPolicy", "Severity", "normalise_domain"]
"""Known here to whoever asks about hosts; the rules themselves are the domain's."""


class HostPolicy(Struct, frozen=True):
    """What staff decided about a host and its subdomains."""

    id: int
    domain: str
    severity: str
    reject_media: bool
    reject_reports: bool
    no_followers_only: bool
    direction: str
    obfuscate: bool
    public_comment: str
    private_comment: str
    source: str
    """`staff`, or the list that it came from."""
    created_at: datetime
    ground: str = ""
    """Which of `domain.forum.Ground` it is decided on; empty where none was asked for."""


async def decision_for(session: AsyncSession, host: str, *, mode: str) -> HostDecision:
    """Return whether we talk with `host`, and how far (`domain.hosts.decide_host`)."""
    return (await decisions_for(session, [host], mode=mode))[host]


async def decisions_for(
    session: AsyncSession, names: Collection[str], *, mode: str
) -> dict[str, HostDecision]:
    """Return whether we talk with each of these hosts, asked in one query."""
    if mode == "off":
        return {name: decide_host(name, {}, mode=mode) for name in names}
    asked = {rule for name in names for rule in names_asked(name)}
    found = await hosts.policies_for(session, list(asked)) if asked else {}
    rules = {name: _rule(row) for name, row in found.items()}
    return {name: decide_host(name, rules, mode=mode) for name in names}


async def set_host_policy(
    session: AsyncSession,
    *,
    actor: Actor | None,
    domain: str,
    severity: Severity,
    reject_media: bool = False,
    reject_reports: bool = False,
    no_followers_only: bool = False,
    direction: Direction = "both",
    obfuscate: bool = False,
    public_comment: str = "",
    private_comment: str = "",
    ground: str = "",
    source: str = "staff",
    own_hosts: Collection[str] = (),
    now: datetime,
) -> HostPolicy:
    """Decide about a host; a block severs follows both ways and drops what waits for it.

    `actor` is None for the operator at the command line. What is severed is kept in the ledger
    (`services.severance`). Nobody can suspend or limit the hosts that are this server's own.
    Where official accounts speak here it needs a content-neutral `ground` (R-49), and it stands
    in the public log.
    """
    _demand(actor, Action.DECIDE_HOSTS)
    name = rule_name(domain, severity)
    stated = await host_decisions.stated(session, severity, ground)
    if severity != "allow" and any(covers(name, own) for own in own_hosts):
        raise InvalidError(f"{name} is this server itself, or what it is part of.")
    row = (await hosts.policies_for(session, [name])).get(name)
    if row is None:
        row = HostPolicyRow(id=new_id(), domain=name, created_at=now)
        session.add(row)
    row.severity = severity
    row.reject_media, row.reject_reports = reject_media, reject_reports
    row.no_followers_only, row.direction = no_followers_only, direction
    row.obfuscate = obfuscate
    row.public_comment, row.private_comment = public_comment, private_comment
    row.source, row.ground = source, stated.code if stated is not None else ""
    row.created_by = actor.member_id if actor else None
    await session.flush()
    severed = await _sever(session, name, now) if severity == "suspend" else 0
    await _mark_accounts(session, name, now)
    await audit(
        session,
        actor=actor,
        action=f"host {severity}",
        target=("host", name),
        detail={"severed_follows": severed, "comment": private_comment, "source": source},
        now=now,
    )
    await host_decisions.tell(session, actor, row, stated, now=now)
    return policy_of(row)


async def remove_host_policy(
    session: AsyncSession,
    *,
    actor: Actor | None,
    domain: str,
    restore: bool = False,
    addresses: Addresses | None = None,
    now: datetime,
) -> int:
    """Take a decision about a host back; return how many severed follows were restored.

    They are restored only where that is asked for (`restore`, with `addresses`); otherwise
    they stay in the ledger, to be restored later.
    """
    _demand(actor, Action.DECIDE_HOSTS)
    name = rule_name(domain, "allow")
    known = (await hosts.policies_for(session, [name])).get(name)
    if known is not None:
        await host_decisions.tell_freed(session, actor, known, now=now)
    if not await hosts.remove_policy(session, name):
        raise NotFoundError(f"Nothing has been decided about {name}.")
    await _mark_accounts(session, name, now)
    restored = 0
    if restore and addresses is not None:
        restored = await severance.undo(
            session, kind="host", target=name, addresses=addresses, now=now
        )
    await audit(
        session,
        actor=actor,
        action="host undecided",
        target=("host", name),
        detail={"restored_follows": restored},
        now=now,
    )
    return restored


async def restore_follows(
    session: AsyncSession,
    *,
    actor: Actor | None,
    severance_id: int,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Restore what one suspension ended, once it is over; return how many follows."""
    _demand(actor, Action.DECIDE_HOSTS)
    event = await session.get(SeveranceRow, severance_id)
    if event is not None and event.kind == "host":
        row = (await hosts.policies_for(session, [event.target])).get(event.target)
        if row is not None and row.severity == "suspend":
            raise InvalidError(
                f"{event.target} is still suspended. Take that decision back first."
            )
    restored = await severance.undo_one(
        session, severance_id=severance_id, addresses=addresses, now=now
    )
    await audit(
        session,
        actor=actor,
        action="follows restored",
        target=("severance", str(severance_id)),
        detail={"restored_follows": restored},
        now=now,
    )
    return restored


async def impact_of(session: AsyncSession, *, domain: str) -> Impact:
    """Return what a suspension of a host would end."""
    name = normalise_domain(domain)
    theirs = and_(_of_host(name), AccountRow.host.not_in(await _excepted(session, name)))
    return await severance.impact(session, theirs)


async def host_policy(session: AsyncSession, *, domain: str) -> HostPolicy | None:
    """Return what was decided about this very domain."""
    row = (await hosts.policies_for(session, [domain])).get(domain)
    return policy_of(row) if row is not None else None


async def host_policies(session: AsyncSession) -> list[HostPolicy]:
    """Return every decision about hosts, by name."""
    return [policy_of(row) for row in await hosts.policies(session)]


async def judged(
    session: AsyncSession, *, actor: Actor | None, action: Action, account_id: int
) -> tuple[AccountRow, MemberRow | None]:
    """Return an account that the actor may decide about, and who signs in to it."""
    _demand(actor, action)
    row = await _account(session, account_id)
    member = await session.scalar(select(MemberRow).where(MemberRow.account_id == row.id))
    if actor is not None:
        about = Judged(row.id)
        if member is not None:
            about = Judged(row.id, member.id, Role(member.role))
        decision = decide_about(actor, action, about)
        if not decision.allowed:
            raise ForbiddenError(decision.why)
    return row, member


async def suspend_account(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    reason: str,
    text: str = "",
    now: datetime,
) -> None:
    """Suspend an account: nothing of it is shown, and its member is signed out everywhere.

    `reason` is for the log, `text` for the member.
    """
    row, member = await judged(
        session, actor=actor, action=Action.SUSPEND, account_id=account_id
    )
    row.suspended_at = row.suspended_at or now
    row.suspended_with_host = False
    row.version += 1
    severed = 0
    if not row.is_local:
        severed = await severance.sever(
            session,
            kind="account",
            target=row.uri,
            name=row.acct,
            theirs=AccountRow.id == row.id,
            tell_them=True,
            now=now,
        )
    if member is not None:
        member.disabled_at = member.disabled_at or now
        await session.execute(delete(SessionRow).where(SessionRow.member_id == member.id))
        await session.execute(
            update(TokenRow)
            .where(TokenRow.member_id == member.id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        # Read once the suspension is over: until then the member cannot sign in.
        await notifications.warn(
            session, account_id=row.id, action="suspend", text=text, now=now
        )
        tell_after_commit(session, AccessEnded(member_id=member.id))
    await audit(
        session,
        actor=actor,
        action="account suspended",
        target=("account", str(row.id)),
        detail={"handle": row.acct, "reason": reason, "severed_follows": severed},
        now=now,
    )


async def unsuspend_account(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    addresses: Addresses | None = None,
    now: datetime,
) -> None:
    """Take a suspension back; apps have to sign in anew, and members' follows are restored."""
    row, member = await judged(
        session, actor=actor, action=Action.SUSPEND, account_id=account_id
    )
    since, row.suspended_at = row.suspended_at, None
    row.suspended_with_host = False
    row.version += 1
    await session.flush()
    restored = 0
    if not row.is_local and addresses is not None:
        restored = await severance.undo(
            session, kind="account", target=row.uri, addresses=addresses, now=now
        )
    if member is not None and since and member.disabled_at and member.disabled_at >= since:
        # Who had been kept from signing in before stays so.
        member.disabled_at = None
    await audit(
        session,
        actor=actor,
        action="account restored",
        target=("account", str(row.id)),
        detail={"handle": row.acct, "restored_follows": restored},
        now=now,
    )


async def is_suspended(session: AsyncSession, *, account_id: int) -> bool:
    """Return whether an account is suspended, by itself or with its host."""
    return (await _account(session, account_id)).suspended_at is not None


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
    await records.note_decision(
        session, actor=actor, action=action, target=target, detail=detail or {}, now=now
    )


async def _account(session: AsyncSession, account_id: int) -> AccountRow:
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at is not None:
        raise NotFoundError("There is no such account.")
    return row


async def _sever(session: AsyncSession, domain: str, now: datetime) -> int:
    """End every follow with the host, keep them in the ledger, and clear the queue of it."""
    excepted = await _excepted(session, domain)
    severed = await severance.sever(
        session,
        kind="host",
        target=domain,
        name=domain,
        theirs=and_(_of_host(domain), AccountRow.host.not_in(excepted)),
        tell_them=False,
        now=now,
    )
    waiting = or_(
        DeliveryRow.host == domain,
        DeliveryRow.host.startswith(f"{domain}:", autoescape=True),
        DeliveryRow.host.endswith(f".{domain}", autoescape=True),
        DeliveryRow.host.contains(f".{domain}:", autoescape=True),
    )
    await session.execute(delete(DeliveryRow).where(waiting, DeliveryRow.host.not_in(excepted)))
    return severed


async def _excepted(session: AsyncSession, domain: str) -> list[str]:
    """Return the known hosts under a domain that staff allowed by a decision of their own."""
    rules = [row.domain for row in await hosts.policies(session) if row.severity == "allow"]
    below = [rule for rule in rules if rule.removeprefix("*.").endswith(f".{domain}")]
    if not below:
        return []
    found = await session.scalars(select(AccountRow.host).where(_of_host(domain)).distinct())
    return [host for host in found if any(covers(rule, host) for rule in below)]


async def _mark_accounts(session: AsyncSession, domain: str, now: datetime) -> None:
    """Silence accounts of limited hosts, suspend those of suspended ones, let others back."""
    found = await session.execute(
        select(AccountRow.host, AccountRow.domain).where(_of_host(domain)).distinct()
    )
    pairs = [(host, handle) for host, handle in found]
    decisions = await decisions_for(
        session, {name for pair in pairs for name in pair}, mode="open"
    )
    for host, handle in pairs:
        limited = decisions[host].limited or decisions[handle].limited
        suspended = not (decisions[host].allowed and decisions[handle].allowed)
        these = (AccountRow.host == host, AccountRow.domain == handle)
        with_it = AccountRow.silenced_with_host.is_(True)
        await session.execute(
            update(AccountRow)
            .where(*these, AccountRow.silenced_at.is_(None) if limited else with_it)
            .values(
                silenced_at=now if limited else None,
                silenced_with_host=limited,
                version=AccountRow.version + 1,
            )
        )
        if suspended:
            await session.execute(
                update(AccountRow)
                .where(*these, AccountRow.suspended_at.is_(None))
                .values(suspended_at=now, suspended_with_host=True)
            )
        else:
            await session.execute(
                update(AccountRow)
                .where(*these, AccountRow.suspended_with_host.is_(True))
                .values(suspended_at=None, suspended_with_host=False)
            )


def _of_host(domain: str) -> ColumnElement[bool]:
    """Accounts of a domain and its subdomains: by their id's host or their handle's."""
    name = domain.removeprefix("*.")
    below = [
        column.endswith(f".{name}", autoescape=True)
        for column in (AccountRow.host, AccountRow.domain)
    ]
    below.append(AccountRow.host.contains(f".{name}:", autoescape=True))
    if domain.startswith("*."):
        return or_(*below)
    return or_(
        AccountRow.host == name,
        AccountRow.host.startswith(f"{name}:", autoescape=True),
        AccountRow.domain == name,
        *below,
    )


def _demand(actor: Actor | None, action: Action) -> None:
    if actor is None:
        return
    decision = decide(actor, action)
    if not decision.allowed:
        raise ForbiddenError(decision.why)


def _rule(row: HostPolicyRow) -> HostRule:
    return HostRule(
        row.domain,
        row.severity,
        row.reject_media,
        row.reject_reports,
        row.no_followers_only,
        row.direction,
    )


def policy_of(row: HostPolicyRow) -> HostPolicy:
    """Return a decision about a host as it is shown."""
    return HostPolicy(
        row.id,
        row.domain,
        row.severity,
        row.reject_media,
        row.reject_reports,
        row.no_followers_only,
        row.direction,
        row.obfuscate,
        row.public_comment,
        row.private_comment,
        row.source,
        row.created_at,
        row.ground,
    )
