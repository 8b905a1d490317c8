"""Other servers as staff look at them: what was decided, what waits, what went wrong."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import moderation
from fedi_k12.services.moderation import HostPolicy
from storage import peers
from storage.peers import Queue
from storage.tables import HostRow


class Peer(Struct, frozen=True):
    """Another server."""

    name: str
    policy: HostPolicy | None
    """What was decided about this very name."""
    waiting: int
    failed: int
    last_error: str
    first_seen_at: datetime | None
    last_received_at: datetime | None
    last_delivered_at: datetime | None
    failing_since: datetime | None
    retry_at: datetime | None
    unavailable_at: datetime | None
    paused_at: datetime | None
    clock_skew: int
    accounts: int = 0

    @property
    def in_trouble(self) -> bool:
        """Whether it does not answer as it should."""
        return bool(self.retry_at or self.unavailable_at or self.failed)


async def listed(
    session: AsyncSession, *, actor: Actor, q: str = "", limit: int = 100
) -> list[Peer]:
    """Return other servers, those that staff paused or that are in trouble first."""
    _demand(actor)
    rows = await peers.found(session, q=q.strip().lower()[:253], limit=limit)
    names = [row.name for row in rows]
    queues = await peers.queues(session, names)
    errors = await peers.last_errors(session, names)
    policies = {one.domain: one for one in await moderation.host_policies(session)}
    return [
        _peer(
            row.name,
            row,
            policies.get(row.name),
            queues.get(row.name, Queue()),
            errors.get(row.name, ""),
            0,
        )
        for row in rows
    ]


async def one(session: AsyncSession, *, actor: Actor, name: str) -> Peer:
    """Return another server; one that was only decided about is there too."""
    _demand(actor)
    row = await session.get(HostRow, name)
    policy = await moderation.host_policy(session, domain=name)
    accounts = await peers.count_accounts(session, name)
    if row is None and policy is None and not accounts:
        raise NotFoundError(f"Nothing is known about {name}.")
    queue = (await peers.queues(session, [name])).get(name, Queue())
    error = (await peers.last_errors(session, [name])).get(name, "")
    return _peer(name, row, policy, queue, error, accounts)


async def pause(session: AsyncSession, *, actor: Actor, name: str, now: datetime) -> None:
    """Send nothing to a server until somebody says otherwise; what is owed is kept."""
    row = await _row(session, actor, name)
    row.paused_at = row.paused_at or now
    await _audit(session, actor, "deliveries paused", name, now)


async def resume(session: AsyncSession, *, actor: Actor, name: str, now: datetime) -> None:
    """Send to a server again."""
    row = await _row(session, actor, name)
    row.paused_at = None
    await session.flush()
    await peers.retry_now(session, name, now=now)
    await _audit(session, actor, "deliveries resumed", name, now)


async def retry(session: AsyncSession, *, actor: Actor, name: str, now: datetime) -> None:
    """Try at once what is owed to a server, also what was given up."""
    await _row(session, actor, name)
    await peers.retry_now(session, name, now=now)
    await _audit(session, actor, "deliveries retried", name, now)


async def drop(session: AsyncSession, *, actor: Actor, name: str, now: datetime) -> None:
    """Forget what is owed to a server."""
    _demand(actor)
    dropped = await peers.drop(session, name)
    await _audit(session, actor, f"deliveries dropped: {dropped}", name, now)


async def _row(session: AsyncSession, actor: Actor, name: str) -> HostRow:
    _demand(actor)
    row = await session.get(HostRow, name)
    if row is None:
        raise NotFoundError(f"Nothing was ever sent to {name}.")
    return row


async def _audit(
    session: AsyncSession, actor: Actor, action: str, name: str, now: datetime
) -> None:
    await moderation.audit(session, actor=actor, action=action, target=("host", name), now=now)
    await session.flush()


def _peer(
    name: str,
    row: HostRow | None,
    policy: HostPolicy | None,
    queue: Queue,
    error: str,
    accounts: int,
) -> Peer:
    return Peer(
        name,
        policy,
        queue.waiting,
        queue.failed,
        error,
        row.first_seen_at if row else None,
        row.last_received_at if row else None,
        row.last_delivered_at if row else None,
        row.failing_since if row else None,
        row.retry_at if row else None,
        row.unavailable_at if row else None,
        row.paused_at if row else None,
        row.clock_skew if row else 0,
        accounts,
    )


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.DECIDE_HOSTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
