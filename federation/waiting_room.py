"""The waiting room: letters of servers never seen before, until a moderator decides."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.vocab import values
from federation.vocab.parse import Activity
from fedi_k12.context import Context
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.observe import count_inbox
from fedi_k12.services import first_contact
from storage.tables import AccountRow

SUMMARY = 300
_ALWAYS = {"Flag", "Delete"}
"""For moderators' eyes only, or taking something away: these need not wait."""


class Entry(Protocol):
    """A job with the activity that it is about."""

    @property
    def row_id(self) -> int:
        """The job's row."""
        ...

    @property
    def activity(self) -> Activity:
        """What was sent."""
        ...

    @property
    def signed_by(self) -> str:
        """The id of the actor whose key signed it."""
        ...


E = TypeVar("E", bound=Entry)


async def let_in(
    ctx: Context,
    session: AsyncSession,
    entries: Sequence[E],
    senders: Mapping[str, AccountRow],
) -> tuple[list[E], list[int]]:
    """Return the letters to act on now, and the jobs of those that wait or are dropped."""
    names = {row.host for row in senders.values()}
    found = await first_contact.states(
        session, names, usual=ctx.settings.new_servers, now=ctx.clock()
    )
    if all(state == "accepted" for state in found.values()):
        return list(entries), []
    now_, settled = [], []
    for entry in entries:
        sender = senders.get(entry.signed_by)
        state = found.get(sender.host, "accepted") if sender is not None else "accepted"
        if sender is None or state == "accepted" or entry.activity.type in _ALWAYS:
            now_.append(entry)
            continue
        settled.append(entry.row_id)
        body = msgspec.json.encode(entry.activity.raw)
        if state == "held" and ctx.addresses.base_url.encode() in body:
            # What names nobody here would be dropped in any case.
            count_inbox("held")
            await first_contact.hold(
                session,
                host=sender.host,
                actor_uri=sender.uri,
                kind=entry.activity.type,
                summary=_summary(entry.activity),
                body=body,
                now=ctx.clock(),
            )
        else:
            count_inbox("dropped", reason=f"first_contact_{state}")
    return now_, settled


def _summary(activity: Activity) -> str:
    if activity.object is None:
        return ""
    words = plain_text(values.text(activity.object, "content", "name", limit=20_000))
    return short_text(" ".join(words.split()), SUMMARY)
