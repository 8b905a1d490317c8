"""Update and Delete of an account."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from fedi_k12.services.farewell import account_is_gone


async def update(session: AsyncSession, letter: Letter) -> None:
    """An account presents itself differently.

    Believed only from a fetch of its own id: a signature may be that of a key which the
    update is about to bring in (FED-32).
    """
    del session
    if letter.activity.object_id != letter.sender.uri:
        raise DroppedError("FED-32")
    if letter.sender.uri not in letter.given_up:
        raise NeedsFetchError("refresh", [letter.sender.uri])


async def delete(session: AsyncSession, letter: Letter) -> None:
    """An account is gone; only it can say so (FED-69)."""
    await account_is_gone(session, uri=letter.sender.uri, now=letter.now)
