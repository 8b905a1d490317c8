"""Collections of accounts (FEP-7aa9): changes elsewhere, requests, their answers, stamps.

What a collection says is believed at its own id alone: whoever tells of a change of it makes us
fetch it there.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.vocab import values
from federation.vocab.featured import ITEM, KIND, STAMP
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import collections_elsewhere as elsewhere
from storage import accounts, collections
from storage.tables import CollectionItemRow, CollectionRow


async def change(session: AsyncSession, letter: Letter) -> bool:
    """Act on an Add, Remove or Update that is about a collection; return whether it is."""
    activity, sender = letter.activity, letter.sender
    listed = activity.target_id and activity.target_id == sender.featured_collections_uri
    known = await collections.by_uri(session, activity.object_id)
    if listed or known is not None or activity.object_type == KIND:
        uri = activity.object_id
        # Not held to the list that is known: it may be newer than what we know of the actor.
        if activity.target_id and not same_origin(activity.target_id, sender.uri):
            raise DroppedError("foreign_collection")
    else:
        row = await collections.by_uri(session, activity.target_id)
        if row is None and activity.object_type != ITEM:
            return False
        uri = activity.target_id
        if row is not None and activity.type == "Remove" and row.account_id == sender.id:
            item_uri = activity.object_id
            await elsewhere.taken_out(session, row, item_uri, now=letter.now)
    await _demand_own(session, letter, uri)
    if not await elsewhere.is_wanted(session, sender, uri):
        raise DroppedError("nobody_follows")
    await elsewhere.learn(session, uri, now=letter.now)
    return True


async def delete(session: AsyncSession, letter: Letter) -> bool:
    """Act on the Delete of a collection, or of a stamp; return whether it is one."""
    uri = letter.activity.object_id
    row = await collections.by_uri(session, uri)
    if row is not None:
        await _demand_own(session, letter, uri)
        await elsewhere.gone(session, row)
        return True
    found = await collections.stamped(session, uri)
    for item in found:
        if item.account_id != letter.sender.id or not same_origin(uri, letter.sender.uri):
            raise DroppedError("FED-111")
        await elsewhere.refused(session, item, now=letter.now)
    return bool(found) or letter.activity.object_type in {KIND, STAMP}


async def request(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere asks whether a member may be in their own collection (FED-111)."""
    activity = letter.activity
    member = await accounts.by_uri(session, activity.object_id)
    if member is None or not member.is_local or member.kind == "Application":
        raise DroppedError("not_ours")
    if member.deleted_at is not None or member.suspended_at is not None:
        raise DroppedError("not_ours")
    uri = values.id_of(activity.raw.get("instrument"))
    if not uri or not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-111")
    row = await collections.by_uri(session, uri)
    if row is None:
        if uri in letter.given_up:
            raise DroppedError("unknown_collection")
        raise NeedsFetchError("collection", [uri])
    if row.account_id != letter.sender.id:
        raise DroppedError("FED-111")
    await elsewhere.asked(
        session,
        row=row,
        member=member,
        asker=letter.sender,
        request_uri=activity.id,
        now=letter.now,
    )


async def accept(session: AsyncSession, letter: Letter) -> None:
    """An account elsewhere agrees to be in a member's collection; nobody else can for it."""
    item = await _asked(session, letter)
    stamp = values.id_of(letter.activity.raw.get("result"))
    if not stamp:
        raise DroppedError("no_stamp")
    if not same_origin(stamp, letter.sender.uri):
        raise DroppedError("FED-111")
    await elsewhere.stamp_came(session, item, stamp, now=letter.now)


async def reject(session: AsyncSession, letter: Letter) -> None:
    """An account elsewhere does not want to be in a member's collection, or no longer."""
    item = await _asked(session, letter)
    await elsewhere.refused(session, item, now=letter.now)


async def _asked(session: AsyncSession, letter: Letter) -> CollectionItemRow:
    """Return the place that a member asked the sender for, and that this answers."""
    activity = letter.activity
    found = await collections.asked_by(session, activity.object_id)
    if not found and activity.object is not None:
        uri = values.id_of(activity.object.get("instrument"))
        row = await collections.by_uri(session, uri)
        item = (
            await collections.item_of(session, row.id, letter.sender.id)
            if row is not None
            else None
        )
        found = [item] if item is not None else []
    for item in found:
        if item.account_id == letter.sender.id and await _is_ours(session, item):
            return item
    raise DroppedError("FED-111")


async def _is_ours(session: AsyncSession, item: CollectionItemRow) -> bool:
    row = (await collections.by_ids(session, [item.collection_id])).get(item.collection_id)
    owner = await accounts.by_id(session, row.account_id) if row is not None else None
    return owner is not None and owner.is_local


async def _demand_own(session: AsyncSession, letter: Letter, uri: str) -> None:
    """Nobody tells of another's collection (FED-71)."""
    row: CollectionRow | None = await collections.by_uri(session, uri)
    known = row is not None and row.account_id != letter.sender.id
    if known or not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-71")
