"""Doing what was approved of how an official account presents itself (S-38)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import presenting
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import Deed
from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.presenting import Change
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import endorsements, featuring, gates, profiles, reactions, views
from storage.tables import SubmissionRow


async def carry_out(
    session: AsyncSession,
    row: SubmissionRow,
    actor: Actor,
    *,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Do what was approved, as who asked for it; they still have to manage the account.

    Raises what the change raises, `ConflictError` for what is so already.
    """
    gates.demand(actor, Deed.MANAGE)
    paper = Paper(row.kind, row.target_id, row.detail, given=True)
    given: dict[str, Any] = {"actor": actor, "now": now, "paper": paper}
    target, name = row.target_id or 0, str(row.detail.get("name", ""))
    match row.kind:
        case presenting.PROFILE:
            changes = presenting.from_detail(row.detail)
            await profiles.update_profile(
                session, changes=changes, addresses=addresses, **given
            )
        case "pin":
            await reactions.pin(session, post_id=target, **given)
        case "unpin":
            await reactions.unpin(session, post_id=target, **given)
        case "feature":
            await featuring.feature_tag(session, name=name, **given)
        case "unfeature":
            await featuring.unfeature_tag(session, name=name, **given)
        case "endorse":
            await endorsements.endorse(session, target_id=target, **given)
        case "unendorse":
            await endorsements.unendorse(session, target_id=target, **given)
        case _:
            raise ConflictError("Nobody knows any more what this was to do.")


def changes_of(kind: str, detail: Mapping[str, object]) -> tuple[Change, ...]:
    """Return what of a profile is to change, before and after, for whoever decides."""
    return presenting.listed(detail) if kind == presenting.PROFILE else ()


async def pinned(session: AsyncSession, row: SubmissionRow, actor: Actor) -> PostView | None:
    """Return the post that is to be pinned, or no longer, None where there is none."""
    if row.kind not in {"pin", "unpin"}:
        return None
    try:
        return await views.post_view(session, row.target_id or 0, viewer=actor)
    except NotFoundError:
        return None
