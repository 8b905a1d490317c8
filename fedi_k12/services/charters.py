"""Charters of official accounts: what each is for, read by everybody, written by managers.

Whoever needs something that a charter decides (who is heard, when somebody answers) asks `of`.
"""

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.charters import (
    Charter,
    CharterDraft,
    ForumMode,
    checked,
    stored_week,
    week_of,
)
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.submissions import Level
from fedi_k12.services import forum_mode, officials, profile_words, records
from storage import accounts, charters
from storage.tables import CharterRow, MemberRow, OfficialRow


async def of(session: AsyncSession, account_id: int) -> Charter | None:
    """Return the charter of an official account, None where it has none yet.

    It may be over: `Charter.holds_on` says whether it holds on a day.
    """
    row = await charters.current(session, account_id)
    return _charter(row) if row is not None else None


async def versions(session: AsyncSession, account_id: int) -> list[Charter]:
    """Return every version of an official account's charter, the newest first.

    Raises `NotFoundError` for an account that is no official one.
    """
    if not await officials.is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    return [_charter(row) for row in await charters.versions(session, account_id)]


async def adopt(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    draft: CharterDraft,
    now: datetime,
) -> Charter:
    """Put a new version of a charter in force: by a manager, an administrator or the operator.

    Raises `InvalidError` with a sentence for each field that is wrong.
    """
    account = await officials.kept(session, actor, account_id)
    said = checked(draft, today=now.date())
    former = await charters.current(session, account_id)
    forum = await _forum(session, actor, account_id, said, first=former is None, now=now)
    row = CharterRow(
        id=new_id(),
        account_id=account_id,
        version=former.version + 1 if former is not None else 1,
        goal=said.goal,
        audience=said.audience,
        speakers=said.speakers,
        answered=said.answered,
        hours=stored_week(said.hours),
        time_zone=said.time_zone,
        forum=forum.value,
        approval=said.approval.value,
        records_class=said.records_class,
        languages=list(said.languages),
        direct_messages=said.direct_messages,
        own_threads=said.own_threads,
        review_by=said.review_by,
        written_by=actor.member_id if actor else None,
        author=await _handle(session, actor),
        made_at=now,
    )
    session.add(row)
    await session.execute(
        update(OfficialRow)
        .where(OfficialRow.account_id == account_id)
        .values(approval=said.approval.value)
    )
    # Other servers read its goal and where it stands with the profile.
    before, account.updated_at = account.updated_at, now
    account.version += 1
    await session.flush()
    if former is not None or account.followers_count:
        await profile_words.tell(session, account, before=before, now=now)
    await records.note(
        session,
        kind="charter adopted",
        actor=actor,
        concerned=[account_id],
        object_id=f"{account.url or account.uri}/charter",
        now=now,
        detail={"version": row.version, **_told(said)},
    )
    return _charter(row)


async def _forum(
    session: AsyncSession,
    actor: Actor | None,
    account_id: int,
    said: CharterDraft,
    *,
    first: bool,
    now: datetime,
) -> ForumMode:
    """Return the forum mode that holds with this version: a change needs two people (R-43).

    Another one than now is asked for and waits; the operator at the command line begins one.
    """
    if first or actor is None:
        await forum_mode.begin(session, account_id=account_id, mode=said.forum, now=now)
        return said.forum
    holds = await forum_mode.of(session, account_id)
    if said.forum is not holds:
        await forum_mode.ask(
            session, actor=actor, account_id=account_id, mode=said.forum, now=now
        )
    return holds


async def may_write(session: AsyncSession, *, actor: Actor, account_id: int) -> bool:
    """Return whether somebody may write the charter of an official account."""
    return await officials.may_keep(session, actor, account_id)


def _charter(row: CharterRow) -> Charter:
    return Charter(
        account_id=row.account_id,
        version=row.version,
        since=row.made_at,
        by=row.author,
        goal=row.goal,
        audience=row.audience,
        speakers=row.speakers,
        answered=row.answered,
        review_by=row.review_by,
        hours=week_of(row.hours),
        time_zone=row.time_zone,
        forum=ForumMode(row.forum),
        approval=Level(row.approval),
        records_class=row.records_class,
        languages=tuple(row.languages),
        direct_messages=row.direct_messages,
        own_threads=row.own_threads,
    )


def _told(said: CharterDraft) -> dict[str, object]:
    return {
        **asdict(said),
        "forum": said.forum.value,
        "approval": said.approval.value,
        "hours": stored_week(said.hours),
        "languages": list(said.languages),
        "review_by": said.review_by.isoformat(),
    }


async def _handle(session: AsyncSession, actor: Actor | None) -> str:
    member = (
        await session.get(MemberRow, actor.member_id) if actor and actor.member_id else None
    )
    person = await accounts.by_id(session, member.account_id) if member is not None else None
    return person.acct if person is not None else ""
