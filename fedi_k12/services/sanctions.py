"""What staff decide about somebody short of suspension, and about who waits to come in.

Each is effective at once, told to the member, kept in the log, and can be taken back.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.news import AccessEnded
from fedi_k12.domain.permissions import Action, Actor, Role
from fedi_k12.services import moderation, notifications, reports
from storage import reports as report_rows
from storage.db import tell_after_commit
from storage.tables import AccountRow, MemberRow, SessionRow

MAX_TEXT = 2000
KINDS = ("none", "sensitive", "disable", "silence", "suspend")
"""As https://docs.joinmastodon.org/methods/admin/accounts/#action names them."""


async def act(
    session: AsyncSession,
    *,
    actor: Actor,
    account_id: int,
    kind: str,
    text: str = "",
    remark: str = "",
    report_id: int | None = None,
    now: datetime,
) -> None:
    """Decide about an account, tell its member in one's own words, and close the report.

    `none` warns only. `remark` is for the log alone.
    """
    if kind not in KINDS:
        raise InvalidError(
            "Validation failed: Type is not included in the list",
            fields={"type": "is not included in the list"},
        )
    text = _short_enough(text)
    if report_id is not None:
        report = await report_rows.by_id(session, report_id)
        if report is None or report.target_id != account_id:
            raise NotFoundError("Record not found")
    if kind == "suspend":
        await moderation.suspend_account(
            session, actor=actor, account_id=account_id, reason=text, text=text, now=now
        )
    else:
        await _ACTS[kind](session, actor=actor, account_id=account_id, text=text, now=now)
    if remark.strip():
        await note(session, actor=actor, account_id=account_id, text=remark, now=now)
    if report_id is not None:
        await reports.resolve(session, actor=actor, report_id=report_id, now=now)


async def note(
    session: AsyncSession, *, actor: Actor, account_id: int, text: str, now: datetime
) -> None:
    """Note something about an account for the rest of the staff; nobody else is told."""
    text = _short_enough(text)
    if not text:
        raise InvalidError("Write down what is to be noted.", fields={"text": "can't be blank"})
    row, _member = await _judged(session, actor, account_id)
    await _note(session, actor, row, "noted", text, now)


async def give_role(
    session: AsyncSession, *, actor: Actor | None, account_id: int, role: Role, now: datetime
) -> None:
    """Give a member another role; nobody gives one to themselves. No actor: the operator."""
    row, member = await moderation.judged(
        session, actor=actor, action=Action.GIVE_ROLES, account_id=account_id
    )
    if member is None:
        raise InvalidError("Nobody signs in to that account here.")
    before, member.role = member.role, role.value
    if before == member.role:
        return
    await moderation.audit(
        session,
        actor=actor,
        action="role given",
        target=("account", str(row.id)),
        detail={"handle": row.acct, "from": before, "to": role.value},
        now=now,
    )


async def warn(
    session: AsyncSession, *, actor: Actor, account_id: int, text: str = "", now: datetime
) -> None:
    """Tell somebody something as a moderator, and do nothing else."""
    row, member = await _judged(session, actor, account_id)
    await _tell(session, row, member, "none", text, now)
    await _note(session, actor, row, "account warned", text, now)


async def silence(
    session: AsyncSession, *, actor: Actor, account_id: int, text: str = "", now: datetime
) -> None:
    """Limit an account: only those who follow it come across it."""
    row, member = await _judged(session, actor, account_id)
    row.silenced_at, row.silenced_with_host = row.silenced_at or now, False
    row.version += 1
    await _tell(session, row, member, "silence", text, now)
    await _note(session, actor, row, "account limited", text, now)


async def unsilence(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Let everybody come across an account again, unless its whole server is limited."""
    row, _member = await _judged(session, actor, account_id)
    if row.silenced_with_host:
        raise InvalidError("Its whole server is limited: decide about that.")
    if row.silenced_at is None:
        return
    with_host = False
    if not row.is_local:
        decisions = await moderation.decisions_for(session, {row.host, row.domain}, mode="open")
        with_host = any(one.limited for one in decisions.values())
    row.silenced_with_host = with_host
    row.silenced_at = row.silenced_at if with_host else None
    row.version += 1
    await _note(session, actor, row, "account no longer limited", "", now)


async def sensitize(
    session: AsyncSession, *, actor: Actor, account_id: int, text: str = "", now: datetime
) -> None:
    """Show the pictures of an account only to those who ask for them."""
    row, member = await _judged(session, actor, account_id)
    row.sensitized_at = row.sensitized_at or now
    row.version += 1
    await _tell(session, row, member, "sensitive", text, now)
    await _note(session, actor, row, "pictures marked sensitive", text, now)


async def unsensitize(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Show the pictures of an account as it says itself again."""
    row, _member = await _judged(session, actor, account_id)
    if row.sensitized_at is None:
        return
    row.sensitized_at = None
    row.version += 1
    await _note(session, actor, row, "pictures no longer marked sensitive", "", now)


async def disable(
    session: AsyncSession, *, actor: Actor, account_id: int, text: str = "", now: datetime
) -> None:
    """Keep a member from signing in; what they wrote stays, and apps wait with them."""
    row, member = await _judged(session, actor, account_id)
    if member is None:
        raise InvalidError("Nobody signs in to that account here.")
    member.disabled_at = member.disabled_at or now
    await session.execute(delete(SessionRow).where(SessionRow.member_id == member.id))
    tell_after_commit(session, AccessEnded(member_id=member.id))
    await _tell(session, row, member, "disable", text, now)
    await _note(session, actor, row, "sign-in disabled", text, now)


async def enable(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Let a member sign in again; apps that were in are in again."""
    row, member = await _judged(session, actor, account_id)
    if member is None:
        raise InvalidError("Nobody signs in to that account here.")
    if row.suspended_at is not None:
        raise InvalidError("The account is suspended: take that back first.")
    if member.disabled_at is None:
        return
    member.disabled_at = None
    await _note(session, actor, row, "sign-in enabled", "", now)


async def approve(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Let somebody in who asked to become a member."""
    row, member = await _waiting(session, actor, account_id)
    member.approved_at, member.sign_up_reason = now, ""
    if member.affiliation == "staff":
        member.staff_since = now
    await _note(session, actor, row, "member let in", "", now)


async def reject(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Do not let somebody in who asked: the account is gone, and its name free again."""
    row, member = await _waiting(session, actor, account_id)
    await _note(session, actor, row, "member not let in", "", now)
    await session.delete(member)
    await session.flush()
    await session.delete(row)
    await session.flush()


_ACTS = {"none": warn, "silence": silence, "sensitive": sensitize, "disable": disable}


def _short_enough(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > MAX_TEXT:
        raise InvalidError(
            f"Validation failed: Text is too long (maximum is {MAX_TEXT})",
            fields={"text": f"is too long: at most {MAX_TEXT} characters"},
        )
    return text


async def _judged(
    session: AsyncSession, actor: Actor, account_id: int
) -> tuple[AccountRow, MemberRow | None]:
    return await moderation.judged(
        session, actor=actor, action=Action.RESTRAIN, account_id=account_id
    )


async def _waiting(
    session: AsyncSession, actor: Actor, account_id: int
) -> tuple[AccountRow, MemberRow]:
    row, member = await moderation.judged(
        session, actor=actor, action=Action.REVIEW_MEMBERS, account_id=account_id
    )
    if member is None or member.approved_at is not None:
        raise InvalidError("Nobody waits there to be let in.")
    return row, member


async def _tell(
    session: AsyncSession,
    row: AccountRow,
    member: MemberRow | None,
    action: str,
    text: str,
    now: datetime,
) -> None:
    if member is not None:
        await notifications.warn(session, account_id=row.id, action=action, text=text, now=now)


async def _note(
    session: AsyncSession, actor: Actor, row: AccountRow, action: str, text: str, now: datetime
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(row.id)),
        detail={"handle": row.acct, "reason": text} if text else {"handle": row.acct},
        now=now,
    )
    await session.flush()
