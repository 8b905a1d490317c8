"""Which answers to official accounts wait at the desk before others see them (R-46, R-48).

Asked for each answer that comes, from here or from another server, in one statement where
nothing it stands under is of an official account.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.timed_jobs import ReleaseQueued
from fedi_k12.services import filters, records
from storage import jobs, posts, restrictions
from storage.tables import QueuedAnswerRow

_SHOWN = (Visibility.PUBLIC, Visibility.UNLISTED)
"""What would stand under the account's posts; letters reach the desk anyhow."""


class Answer(Struct, frozen=True):
    """An answer that comes in."""

    author_id: int
    parent_id: int
    thread_id: int
    visibility: Visibility
    text: str


class Hold(Struct, frozen=True):
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
    others = {
        key: (number, shown[key].text) for key, number in belongs.items() if key not in found
    }
    return found | await _by_words(session, others, now=now)


async def _by_words(
    session: AsyncSession, texts: Mapping[str, tuple[int, str]], *, now: datetime
) -> dict[str, Hold]:
    """Return which of these texts (with whom they answer) have words that are looked at first.

    Those of the account's filters: whatever such a filter says besides, it only queues (R-46).
    """
    if not texts:
        return {}
    wanted = await filters.of_accounts(
        session, {number for number, _ in texts.values()}, now=now
    )
    hits = {
        key: (number, word)
        for key, (number, text) in texts.items()
        if (word := filters.first_word(wanted.get(number, ()), text))
    }
    hours = await restrictions.queue_hours(session, {number for number, _word in hits.values()})
    return {
        key: Hold(number, "filter", now + timedelta(hours=hours[number]), word)
        for key, (number, word) in hits.items()
    }


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
        if one.cause == "filter":
            await jobs.enqueue(session, ReleaseQueued(post_id), now=now, due_at=one.until)
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
