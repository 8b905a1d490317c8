"""The log of what staff did: who, when, to what. It is written and read, never edited."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import moderation, views
from storage.tables import AccountRow, AuditRow


class LogEntry(Struct, frozen=True):
    """One thing that somebody of the staff did; `by` is None for the command line."""

    id: int
    by: AccountView | None
    action: str
    target_kind: str
    target_id: str
    account: AccountView | None
    """The account that it was done to, where it was one."""
    detail: Mapping[str, Any]
    created_at: datetime


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    limit: int = 60,
    max_id: int | None = None,
    about: int | None = None,
) -> list[LogEntry]:
    """Return what staff did, the newest first; to one account where `about` names it."""
    decision = decide(actor, Action.HANDLE_REPORTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if max_id is not None:
        statement = statement.where(AuditRow.id < max_id)
    if about is not None:
        statement = statement.where(
            AuditRow.target_kind == "account", AuditRow.target_id == str(about)
        )
    rows = list(await session.scalars(statement))
    ids = {row.account_id for row in rows if row.account_id is not None}
    ids |= {number for row in rows if (number := _account_of(row)) is not None}
    people = {view.id: view for view in await views.account_views(session, list(ids))}
    return [
        LogEntry(
            row.id,
            people.get(row.account_id or 0),
            row.action,
            row.target_kind,
            row.target_id,
            people.get(_account_of(row) or 0),
            row.detail,
            row.created_at,
        )
        for row in rows
    ]


def _account_of(row: AuditRow) -> int | None:
    known = row.target_kind == "account" and row.target_id.isdigit()
    return int(row.target_id) if known else None


async def note(
    session: AsyncSession,
    actor: Actor | None,
    account: AccountRow,
    action: str,
    detail: dict[str, object],
    now: datetime,
) -> None:
    """Write down what was done about an account, with the handle that it has at the time."""
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(account.id)),
        detail={"handle": account.acct, **detail},
        now=now,
    )
