"""Decisions about other servers, a page at a time, for the apps of staff."""

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services.moderation import HostPolicy, policy_of
from storage import hosts
from storage.tables import HostPolicyRow


async def page(
    session: AsyncSession, *, actor: Actor, allowing: bool, page: PageRequest
) -> Page[HostPolicy]:
    """Return a page of the decisions that let hosts in, or of the others."""
    _demand(actor)
    found = await hosts.page_of_policies(session, page, allowing=allowing)
    return found.with_items([policy_of(row) for row in found.items])


async def one(
    session: AsyncSession, *, actor: Actor, policy_id: int, allowing: bool
) -> HostPolicy:
    """Return one of the decisions that let hosts in, or of the others."""
    _demand(actor)
    row = await session.get(HostPolicyRow, policy_id)
    if row is None or (row.severity == "allow") is not allowing:
        raise NotFoundError("Record not found")
    return policy_of(row)


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.DECIDE_HOSTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
