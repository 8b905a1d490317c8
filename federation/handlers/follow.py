"""Follow, Accept, Reject and Block between accounts."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter
from federation.vocab.values import id_of
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.jobs import SendAccept, SendReject
from fedi_k12.services import follows as services
from fedi_k12.services import relays
from fedi_k12.services.followers import Wish, request_follows
from storage import accounts, jobs
from storage import federation as queries
from storage.tables import AccountRow

_OTHERWISE = frozenset({"Application", "Group"})
"""Kinds of accounts that are not followed as people are."""


async def follow(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere wants to follow an account of ours, or to join a group of ours."""
    target = await _ours(session, letter.activity.object_id)
    uri, asked_by = letter.activity.key, letter.activity.type
    about = jobs.between(letter.sender.id, target.id)
    refusal = SendReject(target.id, letter.sender.id, uri, asked_by)
    if target.kind == "Application" and await relays.was_asked(session, letter.sender):
        # LitePub's kind of relay follows back, to be told of what is posted.
        accept = SendAccept(target.id, letter.sender.id, uri, asked_by)
        await jobs.enqueue(session, accept, now=letter.now, about=about)
        return
    if target.kind == "Application" or target.suspended_at is not None:
        await jobs.enqueue(session, refusal, now=letter.now, about=about)
        return
    try:
        await services.request_follow(
            session,
            follower=letter.sender,
            target=target,
            uri=uri,
            asked_by=asked_by,
            now=letter.now,
        )
    except ForbiddenError:
        await jobs.enqueue(session, refusal, now=letter.now, about=about)


async def follow_together(session: AsyncSession, letters: Sequence[Letter]) -> list[int]:
    """Act on letters by which people elsewhere want to follow accounts of ours, as `follow`.

    In a fixed number of statements. Returns the positions of those that are not as usual, which
    were left out.
    """
    targets = await accounts.by_uris(session, [one.activity.object_id for one in letters])
    wishes: dict[tuple[int, int], Wish] = {}
    left: list[int] = []
    for at, letter in enumerate(letters):
        target = targets.get(letter.activity.object_id)
        if target is None or target.kind in _OTHERWISE or not _is_open(target):
            left.append(at)
            continue
        wish = Wish(letter.sender, target, letter.activity.key, letter.activity.type)
        if wishes.setdefault(wish.pair, wish) is not wish:
            left.append(at)
    now = letters[0].now
    refused = await request_follows(session, list(wishes.values()), now=now)
    refusals = [
        (
            SendReject(wish.target.id, wish.follower.id, wish.uri, wish.asked_by),
            jobs.between(*wish.pair),
        )
        for wish in refused
    ]
    await jobs.enqueue_each(session, refusals, now=now)
    return left


async def leave(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere leaves a group of ours."""
    target = await _ours(session, letter.activity.object_id)
    await services.undone_by_remote(
        session, follower=letter.sender, target=target, uri=None, now=letter.now
    )


async def accept(session: AsyncSession, letter: Letter) -> None:
    """An account elsewhere lets one of ours follow it; nobody else can (FED-71)."""
    if await _is_of_relay(session, letter, accepted=True):
        return
    follower, uri = await _our_follow(session, letter)
    await services.accepted_by_remote(
        session, target=letter.sender, follower=follower, follow_uri=uri, now=letter.now
    )


async def reject(session: AsyncSession, letter: Letter) -> None:
    """An account elsewhere does not let one of ours follow it, or no longer."""
    if await _is_of_relay(session, letter, accepted=False):
        return
    follower, uri = await _our_follow(session, letter)
    await services.rejected_by_remote(
        session, target=letter.sender, follower=follower, follow_uri=uri, now=letter.now
    )


async def block(session: AsyncSession, letter: Letter) -> None:
    """An account elsewhere wants nothing to do with one of ours."""
    target = await _ours(session, letter.activity.object_id)
    await services.blocked_by_remote(
        session, blocker=letter.sender, target=target, uri=letter.activity.id, now=letter.now
    )


def _is_open(target: AccountRow) -> bool:
    return target.is_local and target.deleted_at is None and target.suspended_at is None


async def _ours(session: AsyncSession, uri: str) -> AccountRow:
    row = await accounts.by_uri(session, uri)
    if row is None or not row.is_local or row.deleted_at is not None:
        raise DroppedError("not_ours")
    return row


async def _is_of_relay(session: AsyncSession, letter: Letter, *, accepted: bool) -> bool:
    """Return whether a relay answers that we asked to take part (FEP-ae0c)."""
    return await relays.receive_answer(
        session,
        sender=letter.sender,
        follow_uri=letter.activity.object_id,
        accepted=accepted,
        now=letter.now,
    )


async def _our_follow(session: AsyncSession, letter: Letter) -> tuple[AccountRow, str | None]:
    """Return who of ours asked to follow the sender, and the id of the Follow if it fits.

    By the id of our Follow; some servers make up another one, but name both sides.
    """
    activity = letter.activity
    row = (
        await queries.follow_by_uri(session, activity.object_id) if activity.object_id else None
    )
    if row is not None:
        follower = await accounts.by_id(session, row.follower_id)
        if row.target_id != letter.sender.id or follower is None or not follower.is_local:
            raise DroppedError("FED-71")
        return follower, activity.object_id
    inner = activity.object
    if inner is None or id_of(inner.get("object")) != letter.sender.uri:
        raise DroppedError("FED-71")
    return await _ours(session, id_of(inner.get("actor"))), None
