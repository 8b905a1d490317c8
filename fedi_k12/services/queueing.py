"""Which answers to official accounts wait at the desk before others see them (R-46, R-48).

Asked for each answer that comes, from here or from another server, in one statement where
nothing it stands under is of an official account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import records
from storage import posts, restrictions
from storage.tables import QueuedAnswerRow

_SHOWN = (Visibility.PUBLIC, Visibility.UNLISTED)
"""What would stand under the account's posts; letters reach the desk anyhow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that comes in."""

    author_id: int
    parent_id: int
    thread_id: int
    visibility: Visibility
    text: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an answer waits, and how long at most."""

    account_id: int
    cause: str
    until: datetime
    detail: str = ""
    restriction_id: int | None = None


async def holds(
    session: AsyncSession, answers: Mapping[str, Answer], *, now: datetime
) -> dict[str, Hold]:
    """Return which of these answers wait at the desk of the account that they belong to.

    That is the account they answer, else the one whose post began the thread.
    """
    shown = {key: one for key, one in answers.items() if one.visibility in _SHOWN}
    near = {number for one in shown.values() for number in (one.parent_id, one.thread_id)}
    official = await restrictions.official_authors(session, near)
    belongs: dict[str, int] = {}
    for key, one in shown.items():
        account_id = official.get(one.parent_id) or official.get(one.thread_id)
        if account_id is not None and account_id != one.author_id:
            belongs[key] = account_id
    if not belongs:
        return {}
    held = await restrictions.in_force(
        session, set(belongs.values()), {shown[key].author_id for key in belongs}, now=now
    )
    found: dict[str, Hold] = {}
    for key, account_id in belongs.items():
        row = held.get((account_id, shown[key].author_id))
        if row is not None and row.ends_at is not None:
            found[key] = Hold(
                account_id, "restriction", row.ends_at, str(row.rule_number), row.id
            )
    return found


async def keep(session: AsyncSession, held: Mapping[int, Hold], *, now: datetime) -> None:
    """Remember why posts wait, by post, and note it in the records of the account."""
    if not held:
        return
    rows = await posts.by_ids(session, list(held))
    for post_id, one in held.items():
        session.add(
            QueuedAnswerRow(
                post_id=post_id,
                account_id=one.account_id,
                cause=one.cause,
                detail=one.detail,
                restriction_id=one.restriction_id,
                queued_at=now,
                until=one.until,
            )
        )
        await records.note(
            session,
            kind="answer waits",
            actor=None,
            concerned=[one.account_id],
            object_id=rows[post_id].uri,
            now=now,
            detail={"cause": one.cause, "detail": one.detail, "until": one.until.isoformat()},
        )
    await session.flush()
