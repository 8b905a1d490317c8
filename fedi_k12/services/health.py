"""How the place is doing, for those who look after it: what waits, fails and takes room."""

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import peers, staff
from fedi_k12.services.peers import Peer
from storage import health
from storage.health import JobTrouble

SHOWN = 10
"""Servers in trouble that are shown; the page of servers lists all."""


class Waiting(Struct, frozen=True):
    """What waits for a decision of staff."""

    reports: int
    sign_ups: int
    servers: int
    relays: int

    @property
    def nothing(self) -> bool:
        """Whether nothing waits."""
        return not (self.reports or self.sign_ups or self.servers or self.relays)


class Health(Struct, frozen=True):
    """How the machine is doing; sizes in bytes."""

    jobs_waiting: int
    jobs_failed: int
    troubles: tuple[JobTrouble, ...]
    deliveries_waiting: int
    deliveries_failed: int
    servers: tuple[Peer, ...]
    """Those in trouble, or paused by staff."""
    store: int
    own_media: int
    others_media: int


async def waiting(session: AsyncSession, *, actor: Actor) -> Waiting:
    """Return what waits for moderators; raise `ForbiddenError` for others."""
    decision = decide(actor, Action.HANDLE_REPORTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
    reports, held, relays = await health.waiting_for_staff(session)
    return Waiting(reports, await staff.waiting(session, actor=actor), held, relays)


async def of_machine(session: AsyncSession, *, actor: Actor) -> Health:
    """Return how the machine is doing, for admins; meant for a read that may take long."""
    decision = decide(actor, Action.SEE_METRICS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
    jobs_waiting, jobs_failed = await health.queue_of_jobs(session)
    owed, given_up = await health.queue_of_deliveries(session)
    known = await peers.listed(session, actor=actor, limit=SHOWN)
    own, others = await health.bytes_of_media(session)
    return Health(
        jobs_waiting,
        jobs_failed,
        tuple(await health.failed_jobs(session)),
        owed,
        given_up,
        tuple(one for one in known if one.in_trouble or one.paused_at),
        await health.bytes_of_store(session),
        own,
        others,
    )
