"""New keys for accounts of this server; the old ones count for what is still on its way."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateProfile
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.moderation import audit
from storage import accounts, jobs
from storage.tables import KeyRow

RETIRED_KEPT = timedelta(days=7)
"""So long proofs by an old key can be verified: longer than a delivery is tried."""


async def rotate_keys(
    session: AsyncSession,
    *,
    account_id: int,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Let an account of this server sign with new keys from now on, and tell its followers.

    What tells them is signed with the old key, which is the one that they know. The new keys
    have new ids: some servers never ask twice what is behind one.
    """
    row = await accounts.by_id(session, account_id)
    if row is None or not row.is_local or row.deleted_at is not None:
        raise NotFoundError("There is no such account here.")
    former = None
    for old in await accounts.keys_of(session, row.id):
        old.retired_at = now
        former = old.id if old.kind == "rsa" else former
    for kind, base, pair in (
        ("rsa", addresses.rsa_key(row.uri), keys.rsa),
        ("ed25519", addresses.ed25519_key(row.uri), keys.ed25519),
    ):
        number = new_id()
        session.add(
            KeyRow(
                id=number,
                account_id=row.id,
                uri=f"{base}-{number}",
                kind=kind,
                public_key=pair.public_pem,
                private_key=pair.private_pem,
                asserts=kind == "ed25519",
                created_at=now,
            )
        )
    row.updated_at = now
    row.version += 1
    await jobs.enqueue(session, FederateProfile(row.id, key_id=former), now=now, about=row.uri)
    await audit(
        session, actor=None, action="keys rotated", target=("account", str(row.id)), now=now
    )


async def forget_retired(session: AsyncSession, *, now: datetime) -> None:
    """Forget keys of this server that were retired long enough ago."""
    await session.execute(
        delete(KeyRow).where(
            KeyRow.private_key.is_not(None), KeyRow.retired_at < now - RETIRED_KEPT
        )
    )
