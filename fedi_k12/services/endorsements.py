"""Whom members recommend on their pages."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView, Relationship
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import access, follows, submissions, views
from storage.follows import is_following
from storage.paging import page_of
from storage.tables import AccountRow, EndorsementRow


async def endorse(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    now: datetime,
    paper: Paper | None = None,
) -> Relationship:
    """Recommend an account that the actor follows.

    Raises `SavedForApprovalError` where a second person decides first (S-38), and `paper` does
    not say that they did.
    """
    target = await access.account_for(session, target_id, viewer=actor)
    if not await is_following(session, actor.account_id, target.id):
        raise InvalidError(
            "Validation failed: You must be already following the person you want to endorse"
        )
    known = await session.scalar(select(EndorsementRow.id).where(*_of(actor, target.id)))
    if known is None:
        asked = Paper("endorse", target.id, {"name": target.acct})
        await submissions.present(session, actor, asked, paper, now=now)
        session.add(
            EndorsementRow(
                id=new_id(), account_id=actor.account_id, target_id=target.id, created_at=now
            )
        )
        await session.flush()
    return (await follows.relationships(session, actor=actor, target_ids=[target.id]))[0]


async def unendorse(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    now: datetime,
    paper: Paper | None = None,
) -> Relationship:
    """No longer recommend an account; may wait for a second person as `endorse` does."""
    target = await access.account_for(session, target_id, viewer=actor)
    if await session.scalar(select(EndorsementRow.id).where(*_of(actor, target.id))):
        asked = Paper("unendorse", target.id, {"name": target.acct})
        await submissions.present(session, actor, asked, paper, now=now)
    await session.execute(delete(EndorsementRow).where(*_of(actor, target.id)))
    return (await follows.relationships(session, actor=actor, target_ids=[target.id]))[0]


async def endorsed_by(
    session: AsyncSession, *, account_id: int, viewer: Actor | None, page: PageRequest
) -> Page[AccountView]:
    """Return a page of whom an account recommends; the cursors are the recommendations'."""
    await access.account_for(session, account_id, viewer=viewer)
    statement = (
        select(EndorsementRow.target_id, EndorsementRow.id)
        .join(AccountRow, AccountRow.id == EndorsementRow.target_id)
        .where(
            EndorsementRow.account_id == account_id,
            AccountRow.suspended_at.is_(None),
            AccountRow.deleted_at.is_(None),
        )
    )
    ids = await page_of(session, statement, EndorsementRow.id, page)
    return ids.with_items(await views.account_views(session, ids.items, viewer=viewer))


def _of(actor: Actor, target_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        EndorsementRow.account_id == actor.account_id,
        EndorsementRow.target_id == target_id,
    )
