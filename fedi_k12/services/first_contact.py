"""First contacts: what servers never seen before send can wait for a moderator.

Servers are told apart by the domain that somebody registered. What waits is shown to nobody;
the sender sees no difference.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import ProcessInbox
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.registrable import registrable
from fedi_k12.services import host_decisions, moderation
from storage import hosts, jobs
from storage.tables import AccountRow, FirstContactRow, FollowRow, HeldRow, HostRow

State = Literal["accepted", "held", "rejected"]
MAX_HELD = 200
"""Letters kept of one domain; how many more came is counted."""
SHOWN = 5
MAX_DOMAINS = 5000
"""Domains that wait; beyond it new ones are rejected: somebody floods."""


class HeldLetter(Struct, frozen=True):
    """What somebody of a new server wants, as a moderator reads it."""

    actor: str
    kind: str
    summary: str
    created_at: datetime


class HeldDomain(Struct, frozen=True):
    """A domain that waits for a moderator."""

    domain: str
    why: str
    letters: tuple[HeldLetter, ...]
    count: int
    left_out: int
    created_at: datetime


async def states(
    session: AsyncSession, names: Collection[str], *, usual: str, now: datetime
) -> dict[str, State]:
    """Return, by host, whether what it sends is acted on, waits, or is dropped.

    `usual` is the setting for servers never seen before: accept, hold or reject.
    """
    domains = {name: registrable(name) for name in names}
    rows = await session.scalars(
        select(FirstContactRow).where(FirstContactRow.domain.in_(set(domains.values())))
    )
    known: dict[str, State] = {row.domain: row.state for row in rows}  # type: ignore[misc]  # one of the words of the store
    for domain, state in known.items():
        if state != "accepted" and await _is_allowed(session, domain):
            known[domain] = "accepted"
    for domain in sorted(set(domains.values()) - known.keys()):
        if usual == "accept":
            known[domain] = "accepted"
            continue
        if await _is_known(session, domain):
            state = "accepted"
        elif usual != "hold" or await _waiting(session) >= MAX_DOMAINS:
            # Not written down: a flood of names must not fill the store.
            known[domain] = "rejected"
            continue
        else:
            state = "held"
        session.add(FirstContactRow(domain=domain, state=state, created_at=now))
        known[domain] = state
    await session.flush()
    return {name: known[domain] for name, domain in domains.items()}


async def hold(
    session: AsyncSession,
    *,
    host: str,
    actor_uri: str,
    kind: str,
    summary: str,
    body: bytes,
    now: datetime,
) -> None:
    """Keep a letter until a moderator decided about its domain."""
    domain = registrable(host)
    count = await session.scalar(
        select(func.count()).select_from(HeldRow).where(HeldRow.domain == domain)
    )
    if (count or 0) >= MAX_HELD:
        await session.execute(
            update(FirstContactRow)
            .where(FirstContactRow.domain == domain)
            .values(left_out=FirstContactRow.left_out + 1)
        )
        return
    session.add(
        HeldRow(
            id=new_id(),
            domain=domain,
            actor_uri=actor_uri,
            kind=kind[:32],
            summary=summary,
            body=body,
            created_at=now,
        )
    )
    await session.flush()


async def quarantine(session: AsyncSession, *, domain: str, why: str, now: datetime) -> bool:
    """Let a domain that floods us wait, unless it is known; return whether it waits now."""
    if await session.get(FirstContactRow, domain) is not None:
        return False
    if await _is_known(session, domain):
        return False
    session.add(FirstContactRow(domain=domain, state="held", why=why, created_at=now))
    await session.flush()
    return True


async def waiting(
    session: AsyncSession, *, actor: Actor | None, limit: int = 50
) -> list[HeldDomain]:
    """Return the domains that wait, with the beginning of what they sent."""
    _demand(actor)
    rows = list(
        await session.scalars(
            select(FirstContactRow)
            .where(FirstContactRow.state == "held")
            .order_by(FirstContactRow.created_at.desc())
            .limit(limit)
        )
    )
    found = []
    for row in rows:
        letters = list(
            await session.scalars(
                select(HeldRow)
                .where(HeldRow.domain == row.domain)
                .order_by(HeldRow.id)
                .limit(5)
            )
        )
        count = await session.scalar(
            select(func.count()).select_from(HeldRow).where(HeldRow.domain == row.domain)
        )
        found.append(
            HeldDomain(
                row.domain,
                row.why,
                tuple(
                    HeldLetter(one.actor_uri, one.kind, one.summary, one.created_at)
                    for one in letters
                ),
                count or 0,
                row.left_out,
                row.created_at,
            )
        )
    return found


async def any_waiting(session: AsyncSession, *, actor: Actor) -> bool:
    """Return whether a domain waits for the actor; never for those who do not moderate."""
    if not decide(actor, Action.REVIEW_HOLDS).allowed:
        return False
    return bool(await session.scalar(select(exists().where(FirstContactRow.state == "held"))))


async def release(
    session: AsyncSession, *, actor: Actor | None, domains: Sequence[str], now: datetime
) -> int:
    """Let these domains in: what they sent is acted on now; return how many letters."""
    _demand(actor)
    released = 0
    for domain in domains:
        await _decide(session, actor, domain, "accepted", now)
        rows = list(
            await session.scalars(
                select(HeldRow).where(HeldRow.domain == domain).order_by(HeldRow.id)
            )
        )
        for row in rows:
            job = ProcessInbox(activity=row.body.decode(), signed_by=row.actor_uri)
            await jobs.enqueue(session, job, now=now)
        await session.execute(delete(HeldRow).where(HeldRow.domain == domain))
        released += len(rows)
    return released


async def reject(
    session: AsyncSession,
    *,
    actor: Actor | None,
    domains: Sequence[str],
    ground: str = "",
    now: datetime,
) -> None:
    """Drop what these domains sent and will send; they are not told.

    Where official accounts speak here it needs a content-neutral `ground`, told in public.
    """
    _demand(actor)
    await host_decisions.tell_kept_out(session, actor, domains, ground, now=now)
    for domain in domains:
        await _decide(session, actor, domain, "rejected", now)
        await session.execute(delete(HeldRow).where(HeldRow.domain == domain))


async def _decide(
    session: AsyncSession, actor: Actor | None, domain: str, state: State, now: datetime
) -> None:
    row = await session.get(FirstContactRow, domain)
    if row is None:
        raise NotFoundError(f"{domain} does not wait for anything.")
    row.state = state
    row.decided_at, row.decided_by = now, actor.member_id if actor else None
    await moderation.audit(
        session, actor=actor, action=f"first contact {state}", target=("host", domain), now=now
    )
    await session.flush()


async def _waiting(session: AsyncSession) -> int:
    return (
        await session.scalar(
            select(func.count())
            .select_from(FirstContactRow)
            .where(FirstContactRow.state == "held")
        )
        or 0
    )


async def _is_known(session: AsyncSession, domain: str) -> bool:
    """Return whether we dealt with a domain before: a decision, a follow, a delivery taken."""
    if await _is_allowed(session, domain):
        return True
    delivered = exists().where(
        or_(HostRow.name == domain, HostRow.name.endswith(f".{domain}", autoescape=True)),
        HostRow.last_delivered_at.is_not(None),
    )
    if await session.scalar(select(delivered)):
        return True
    theirs = select(AccountRow.id).where(
        or_(AccountRow.host == domain, AccountRow.host.endswith(f".{domain}", autoescape=True))
    )
    tied = exists().where(
        or_(FollowRow.follower_id.in_(theirs), FollowRow.target_id.in_(theirs))
    )
    return bool(await session.scalar(select(tied)))


async def _is_allowed(session: AsyncSession, domain: str) -> bool:
    rules = (await hosts.policies_for(session, [domain, f"*.{domain}"])).values()
    return any(rule.severity == "allow" for rule in rules)


def _demand(actor: Actor | None) -> None:
    if actor is None:
        return
    decision = decide(actor, Action.REVIEW_HOLDS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
