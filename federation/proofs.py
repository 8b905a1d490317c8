"""Whose valid proof a document carries, whoever handed it over (FEP-8b32).

Two doors, one rule. `verified_proof(ctx, document)` may fetch the key, so it is for where no
transaction is open. `proven_by(session, …)` is for handlers: it raises `NeedsFetchError` where
the key is not known yet, and is asked again once it is. Both return the id of the one account
that the document says it is by (`actor`, else `attributedTo`), and None for everybody else's
proofs and for none. A proof says who wrote something, not that they are welcome: ask the domain
policy, and whether the account is suspended, as for a signed request.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from federation.learn import fetch_account
from federation.letter import NeedsFetchError
from federation.policy import demand
from federation.sig.integrity import Proof, in_time, proofs_in, verifies
from federation.sig.keys import load_public
from federation.vocab.values import Json, remote_id
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, InvalidError, UnavailableError
from fedi_k12.domain.urls import host_of, same_origin
from fedi_k12.guard import FetchError
from fedi_k12.web.shelf import Fresh, kept
from storage import federation as queries

REFETCH_PAUSE = timedelta(minutes=5)


class _Asked(Fresh[str, bool]):
    """Accounts whose keys were fetched because of a proof a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=REFETCH_PAUSE)


async def verified_proof(ctx: Context, document: Json) -> str | None:
    """Return the id of the account whose valid proof `document` carries, else None.

    The owner's keys are fetched where the key is unknown or does not fit, at most once in five
    minutes; None, too, while they cannot be had. Not to be called inside a transaction.
    """
    try:
        return await _proven(ctx, document)
    except DomainError:
        return None


async def is_contradicted(ctx: Context, document: Json) -> bool:
    """Return whether the document carries a proof of the suite we know, and none is valid.

    Raises `UnavailableError` while that cannot be found out. Proofs by keys that are not at
    an http(s) address (DIDs) say nothing to us, for or against.
    """
    if not any(proof.key_id.startswith("http") for proof in proofs_in(document)):
        return False
    try:
        return await _proven(ctx, document) is None
    except FetchError as error:
        if not error.permanent:
            raise UnavailableError(f"The key cannot be had at the moment: {error}") from error
        return True
    except DomainError:
        return True


async def proven_by(
    session: AsyncSession, document: Json, *, now: datetime, given_up: frozenset[str]
) -> str | None:
    """Return the id of the account whose valid proof `document` carries, else None.

    For handlers: raises `NeedsFetchError` where the owner's keys have to be fetched first;
    `given_up` is the letter's.
    """
    owner, proofs = claimed(document, now=now)
    if not proofs:
        return None
    if await _holds(session, document, owner, proofs):
        return owner
    if owner not in given_up:
        raise NeedsFetchError("keys", [owner])
    return None


async def learn_keys(ctx: Context, owner: str) -> None:
    """Fetch an account for its keys, unless that was done a moment ago."""
    asked = kept(ctx, _Asked)
    if asked.get(owner, now=ctx.clock()) is not None:
        return
    asked.put(owner, True, now=ctx.clock())
    try:
        await fetch_account(ctx, owner, check_handle=False)
    except FetchError as error:
        if not error.permanent:
            asked.drop(owner)
        raise


def claimed(document: Json, *, now: datetime) -> tuple[str, list[Proof]]:
    """Return whose the document says it is, and the proofs that could be theirs."""
    try:
        value = document.get("actor", document.get("attributedTo"))
        owner = remote_id(value[0] if isinstance(value, list) and len(value) == 1 else value)
    except InvalidError:
        return "", []
    return owner, [
        proof
        for proof in proofs_in(document)
        if same_origin(proof.key_id, owner) and in_time(proof, now)
    ]


async def _proven(ctx: Context, document: Json) -> str | None:
    owner, proofs = claimed(document, now=ctx.clock())
    if not proofs:
        return None
    await demand(ctx, host_of(owner))
    async with ctx.read() as session:
        if await _holds(session, document, owner, proofs):
            return owner
    await learn_keys(ctx, owner)
    async with ctx.read() as session:
        return owner if await _holds(session, document, owner, proofs) else None


async def _holds(
    session: AsyncSession, document: Json, owner: str, proofs: list[Proof]
) -> bool:
    """Return whether one of the proofs is by a key that the owner lists for proofs (FED-36)."""
    for proof in proofs:
        found = await queries.key_with_owner(session, proof.key_id)
        if (
            found is not None
            and found[0].asserts
            and found[1].uri == owner
            and not found[1].is_local
            and verifies(document, proof, load_public(found[0].public_key))
        ):
            return True
    return False
