"""Who may not become a member, by the e-mail address or the network; who may not come in."""

from datetime import datetime, timedelta
from ipaddress import ip_network

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.entry import (
    NETWORK_SEVERITIES,
    EmailDomainBlock,
    Network,
    NetworkBlock,
    email_domains_asked,
    lies_in,
    read_network,
)
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.hosts import normalise_domain
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.news import NetworksChanged
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import moderation
from storage import entry
from storage.db import tell_after_commit
from storage.tables import EmailDomainBlockRow, IpBlockRow

MAX_COMMENT = 500
LONGEST = timedelta(days=3650)


async def email_domains(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[EmailDomainBlock]:
    """Return a page of the e-mail domains that nobody signs up with, the newest first."""
    _demand(actor)
    found = await entry.email_domains(session, page)
    return found.with_items([_email_domain(row) for row in found.items])


async def email_domain(
    session: AsyncSession, *, actor: Actor, block_id: int
) -> EmailDomainBlock:
    """Return one blocked e-mail domain."""
    _demand(actor)
    return _email_domain(await _email_row(session, block_id))


async def block_email_domain(
    session: AsyncSession, *, actor: Actor, domain: str, now: datetime
) -> EmailDomainBlock:
    """Let nobody sign up with an address of a domain; those who did stay."""
    _demand(actor)
    if not domain.strip():
        raise InvalidError(
            "Validation failed: Domain can't be blank", fields={"domain": "can't be blank"}
        )
    name = normalise_domain(domain.rpartition("@")[2])
    if await entry.any_email_domain(session, [name]):
        raise InvalidError(
            "Validation failed: Domain has already been taken",
            fields={"domain": "has already been taken"},
        )
    row = EmailDomainBlockRow(id=new_id(), domain=name, created_at=now)
    session.add(row)
    await session.flush()
    await _note(session, actor, "e-mail domain blocked", name, now)
    return _email_domain(row)


async def unblock_email_domain(
    session: AsyncSession, *, actor: Actor, block_id: int, now: datetime
) -> None:
    """Let people sign up with addresses of a domain again."""
    _demand(actor)
    row = await _email_row(session, block_id)
    await session.delete(row)
    await _note(session, actor, "e-mail domain unblocked", row.domain, now)


async def networks(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[NetworkBlock]:
    """Return a page of what was decided about networks, the newest first."""
    _demand(actor)
    found = await entry.networks(session, page)
    return found.with_items([_network(row) for row in found.items])


async def network(session: AsyncSession, *, actor: Actor, block_id: int) -> NetworkBlock:
    """Return what was decided about one network."""
    _demand(actor)
    return _network(await _network_row(session, block_id))


async def block_network(
    session: AsyncSession,
    *,
    actor: Actor,
    network: str,
    severity: str,
    comment: str = "",
    lasts: timedelta | None = None,
    own_address: str = "",
    now: datetime,
) -> NetworkBlock:
    """Decide about a network; nobody can shut out the address they come from themselves."""
    _demand(actor)
    wanted = read_network(network)
    await _demand_free(session, str(wanted), None)
    row = IpBlockRow(id=new_id(), network=str(wanted), created_at=now)
    _decide(row, severity, comment, own_address)
    row.expires_at = _until(lasts, now)
    session.add(row)
    await session.flush()
    await _note(session, actor, f"network {severity}", str(wanted), now)
    tell_after_commit(session, NetworksChanged())
    return _network(row)


async def change_network(
    session: AsyncSession,
    *,
    actor: Actor,
    block_id: int,
    network: str | None = None,
    severity: str | None = None,
    comment: str | None = None,
    lasts: timedelta | None = None,
    own_address: str = "",
    now: datetime,
) -> NetworkBlock:
    """Decide differently about a network; what is None stays as it is."""
    _demand(actor)
    row = await _network_row(session, block_id)
    if network is not None:
        wanted = str(read_network(network))
        await _demand_free(session, wanted, row.id)
        row.network = wanted
    _decide(
        row,
        row.severity if severity is None else severity,
        row.comment if comment is None else comment,
        own_address,
    )
    if lasts is not None:
        row.expires_at = _until(lasts, now)
    await session.flush()
    await _note(session, actor, f"network {row.severity}", row.network, now)
    tell_after_commit(session, NetworksChanged())
    return _network(row)


async def unblock_network(
    session: AsyncSession, *, actor: Actor, block_id: int, now: datetime
) -> None:
    """Take back what was decided about a network."""
    _demand(actor)
    row = await _network_row(session, block_id)
    await session.delete(row)
    await _note(session, actor, "network unblocked", row.network, now)
    tell_after_commit(session, NetworksChanged())


async def shut_out(
    session: AsyncSession, *, now: datetime
) -> list[tuple[Network, datetime | None]]:
    """Return the networks from which nobody comes in, each with when that is over."""
    rows = await entry.networks_that_hold(session, now=now, severity="no_access")
    return [(ip_network(row.network), row.expires_at) for row in rows]


async def check_sign_up(
    session: AsyncSession, *, email: str, address: str, now: datetime
) -> bool:
    """Return whether who signs up has to wait for a moderator; refuse who may not at all."""
    if await entry.any_email_domain(session, email_domains_asked(email)):
        raise InvalidError(
            "One cannot become a member here with an e-mail address of that kind. "
            "Use another one.",
            fields={"email": "is of a provider that is not taken here"},
        )
    rows = await entry.networks_that_hold(session, now=now)
    found = {row.severity for row in rows if lies_in(address, [ip_network(row.network)])}
    if found & {"sign_up_block", "no_access"}:
        raise ForbiddenError("One cannot become a member from this network.")
    return bool(found)


def _decide(row: IpBlockRow, severity: str, comment: str, own_address: str) -> None:
    if severity not in NETWORK_SEVERITIES:
        what = "is not included in the list" if severity else "can't be blank"
        raise InvalidError(f"Validation failed: Severity {what}", fields={"severity": what})
    if severity == "no_access" and lies_in(own_address, [ip_network(row.network)]):
        raise InvalidError(
            "You come from that network yourself, and would shut yourself out.",
            fields={"ip": "is where you come from yourself"},
        )
    row.severity = severity
    row.comment = comment.replace("\0", "").strip()[:MAX_COMMENT]


def _until(lasts: timedelta | None, now: datetime) -> datetime | None:
    if lasts is None or lasts <= timedelta(0):
        return None
    return now + min(lasts, LONGEST)


async def _demand_free(session: AsyncSession, network: str, but: int | None) -> None:
    known = await session.scalar(select(IpBlockRow.id).where(IpBlockRow.network == network))
    if known is not None and known != but:
        raise InvalidError(
            "Validation failed: Ip has already been taken",
            fields={"ip": "has already been taken"},
        )


async def _email_row(session: AsyncSession, block_id: int) -> EmailDomainBlockRow:
    row = await session.get(EmailDomainBlockRow, block_id)
    if row is None:
        raise NotFoundError("Record not found")
    return row


async def _network_row(session: AsyncSession, block_id: int) -> IpBlockRow:
    row = await session.get(IpBlockRow, block_id)
    if row is None:
        raise NotFoundError("Record not found")
    return row


def _email_domain(row: EmailDomainBlockRow) -> EmailDomainBlock:
    return EmailDomainBlock(row.id, row.domain, row.created_at)


def _network(row: IpBlockRow) -> NetworkBlock:
    return NetworkBlock(
        row.id, row.network, row.severity, row.comment, row.created_at, row.expires_at
    )


async def _note(
    session: AsyncSession, actor: Actor, action: str, target: str, now: datetime
) -> None:
    await moderation.audit(
        session, actor=actor, action=action, target=("entry", target), now=now
    )
    await session.flush()


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.DECIDE_ENTRY)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
