"""Flag: another server asks our moderators to look."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter
from federation.vocab import values
from fedi_k12.domain.reports import MAX_FLAG_COMMENT, MAX_FLAG_OBJECTS
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.services import reports
from fedi_k12.services.moderation import decision_for


async def flag(session: AsyncSession, letter: Letter) -> None:
    """Make reports of what another server flags: one for each account of ours (FED-78).

    Who reported there is not known and not asked: it is a report from that server.
    """
    decision = await decision_for(session, letter.sender.host, mode="open")
    if decision.reject_reports:
        raise DroppedError("reject_reports")
    raw = letter.activity.raw
    named = values.ids(raw.get("object"), limit=MAX_FLAG_OBJECTS)
    # Lemmy writes its reason into the summary.
    words = plain_text(values.text(raw, "content", "summary", limit=4 * MAX_FLAG_COMMENT))
    made = await reports.receive(
        session,
        sender=letter.sender,
        uri=letter.activity.id,
        object_uris=named,
        comment=words.replace("\0", "").strip(),
        now=letter.now,
    )
    if not made:
        raise DroppedError("FED-78")
