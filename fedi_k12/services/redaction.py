"""Public copies of records (R-16): made beside the sealed original, with the reason of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.redaction import (
    LEAST,
    MOST_PASSAGES,
    REASONS,
    Passage,
    public_copy,
    withheld,
    without,
)
from fedi_k12.services import records as archive
from fedi_k12.services import records_desk
from storage import records
from storage import redaction as store
from storage.tables import RecordRedactionRow

MOST_BESIDE = 500
"""So many records of one thread are copied at once."""


class Copy(Struct, frozen=True):
    """The public copy of a record."""

    body: bytes
    passages: Sequence[Passage]
    reasons: Sequence[str]
    """The codes of why something is left out, each once."""
    files_withheld: bool

    def clean(self, text: str) -> str:
        """Return a word of the entry (who, about what) without what is left out."""
        return without(text, self.passages)


async def redact(
    session: AsyncSession,
    *,
    actor: Actor,
    seq: int,
    passages: Sequence[str],
    reason: str,
    whole: bool = False,
    withhold_files: bool = False,
    anew: bool = False,
    now: datetime,
) -> int:
    """Leave passages out of the public copy of a record; return of how many records.

    They are left out of all records of the account in the same thread that hold them, as a
    post is a record when it is written and another when it is sent. `whole`: nothing of this
    one is public. `anew`: of the original, rather than of the copy that is there.
    Raises `InvalidError` where nothing fits, `NotFoundError` for a record one may not read.
    """
    given = [" ".join(one.split()) for one in passages if one.strip()]
    _check(given, reason, whole=whole)
    names = {number for number, _name in await records_desk.readable(session, actor)}
    kept = await records.by_seq(session, seq)
    if kept is None or kept.account_id not in names or actor.member_id is None:
        raise NotFoundError("There is no such record.")
    if kept.body is None:
        raise ConflictError("The bytes of this record were disposed of: nothing is left.")
    found = {seq: kept.body}
    if not whole and given:
        ids = [one for one in (kept.entry.thread, kept.entry.object_id) if one]
        found |= dict(
            await store.beside(session, account_id=kept.account_id, ids=ids, limit=MOST_BESIDE)
        )
    earlier = await copies(session, list(found)) if not anew else {}
    left_out = [Passage(one, reason) for one in given]
    number = 0
    for at, body in sorted(found.items()):
        before = earlier[at].body if at in earlier else body
        after = withheld(reason) if whole else public_copy(before, left_out)
        same = public_copy(before, ()) == after
        if same and not (at == seq and (withhold_files or anew)):
            continue
        session.add(
            RecordRedactionRow(
                seq=at,
                reason=reason,
                passages=given,
                body=after,
                files_withheld=withhold_files or (at in earlier and earlier[at].files_withheld),
                from_original=anew or whole,
                made_by=actor.member_id,
                made_at=now,
            )
        )
        number += 1
    if not number:
        raise InvalidError(
            "No record of this thread holds these words.", fields={"passages": "are not there"}
        )
    await session.flush()
    await archive.note(
        session,
        kind="record redacted",
        actor=actor,
        concerned=[kept.account_id],
        object_id=f"record {seq}",
        now=now,
        # Not the words: whoever reads this record has not opened the sealed one.
        detail={"reason": reason, "records": number, "whole": whole},
    )
    return number


async def copies(session: AsyncSession, seqs: Sequence[int]) -> Mapping[int, Copy]:
    """Return the public copies of those of these records that have one."""
    return {seq: _copy(rows) for seq, rows in (await store.of(session, seqs)).items()}


async def redacted(session: AsyncSession) -> set[int]:
    """Return the numbers of the records that have a public copy."""
    return await store.redacted(session)


def _copy(rows: Sequence[RecordRedactionRow]) -> Copy:
    starts = [at for at, row in enumerate(rows) if row.from_original]
    standing = rows[starts[-1] :] if starts else rows
    return Copy(
        standing[-1].body,
        [Passage(words, row.reason) for row in standing for words in row.passages],
        list(dict.fromkeys(row.reason for row in standing if _leaves_out(row))),
        standing[-1].files_withheld,
    )


def _leaves_out(row: RecordRedactionRow) -> bool:
    return bool(row.passages or row.files_withheld or row.body == withheld(row.reason))


def _check(given: Sequence[str], reason: str, *, whole: bool) -> None:
    if reason not in REASONS:
        raise InvalidError("Choose a reason of the list.", fields={"reason": "is not known"})
    if any(len(one) < LEAST for one in given) or len(given) > MOST_PASSAGES:
        raise InvalidError(
            "Write each passage on a line of its own, two letters or more, at most 50 of them.",
            fields={"passages": "are too short or too many"},
        )
    if whole and given:
        raise InvalidError(
            "Withhold the whole record, or name passages.",
            fields={"passages": "are not needed"},
        )
