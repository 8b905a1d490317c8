"""Move: an account went elsewhere, and its followers go with it (FEP-7628)."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import moves
from storage import accounts
from storage.tables import AccountRow

FRESH = timedelta(minutes=5)


async def move(session: AsyncSession, letter: Letter) -> None:
    """Take in a Move, sent by the account that went, or by the one that it became (FED-73).

    Neither is believed alone: what the other side says is fetched first. The old account's
    word is its signature, or the `movedTo` of its document; the new one's its `alsoKnownAs`.
    """
    activity = letter.activity
    old_uri, target_uri = activity.object_id, activity.target_id
    if old_uri == target_uri or letter.sender.uri not in {old_uri, target_uri}:
        raise DroppedError("FED-73")
    pulled = letter.sender.uri == target_uri
    old = letter.sender
    if pulled:
        old = await _as_it_is_now(session, letter, old_uri)
        if old.is_local or old.moved_to_uri != target_uri:
            raise DroppedError("FED-73")
    target = await _as_it_is_now(session, letter, target_uri)
    try:
        await moves.moved_by_remote(session, row=old, target=target, now=letter.now)
    except InvalidError as error:
        raise DroppedError("FED-73") from error


async def _as_it_is_now(session: AsyncSession, letter: Letter, uri: str) -> AccountRow:
    row = await accounts.by_uri(session, uri)
    if row is not None and row.is_local:
        return row
    if uri not in letter.given_up:
        raise NeedsFetchError("refresh", [uri])
    if row is None or row.fetched_at is None or letter.now - row.fetched_at > FRESH:
        # It was asked for just now, and did not answer as it should.
        raise DroppedError("FED-73")
    return row
