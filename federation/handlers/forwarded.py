"""What another server hands on that somebody else wrote (ActivityPub 7.1.2).

With its author's proof it never comes here: it is as if its author had sent it. Without one it
is a rumour about a thread that is read here, and worth a look at where it is from.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.forwarding import FORWARDED
from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.rumours import look_up
from federation.vocab.values import id_of
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import relays
from storage import federation as queries
from storage import posts


def is_forwarded(letter: Letter) -> bool:
    """Return whether somebody else than its actor sent an activity."""
    return letter.activity.actor != letter.sender.uri


async def hear(session: AsyncSession, letter: Letter) -> None:
    """Look at what is said to have been written, where it concerns a thread of ours."""
    activity = letter.activity
    if activity.type not in FORWARDED or not same_origin(activity.object_id, activity.actor):
        raise DroppedError("FED-1")
    known = await posts.by_uri(session, activity.object_id)
    answered = id_of((activity.object or {}).get("inReplyTo"))
    if activity.type == "Create" and await relays.is_relay(session, letter.sender):
        if known is None and activity.object_id not in letter.given_up:
            raise NeedsFetchError("relayed", [activity.object_id])
        return
    if known is None and answered not in await queries.in_our_threads(session, [answered]):
        raise DroppedError("concerns_nobody")
    await look_up(session, letter, activity, known)
