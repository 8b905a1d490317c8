"""Who signs, requests and documents: the keys of accounts here, loaded once."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from msgspec import Struct
from multidict import CIMultiDict
from yarl import URL

from federation.sig import cavage, rfc9421
from federation.sig.integrity import with_proof
from federation.sig.keys import PrivateKey, load_private
from federation.sig.request import Request
from fedi_k12.context import Context
from fedi_k12.domain.ciphers import ed25519
from fedi_k12.domain.errors import UnavailableError
from fedi_k12.web.shelf import Fresh, kept
from storage import accounts
from storage import federation as queries

Prove = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Returns a document with a proof."""


class Way(Struct, frozen=True):
    """One of the ways to sign a request."""

    scheme: Literal["cavage", "rfc9421"]
    with_query: bool = True
    """Whether the query is signed with the path: not every server verifies that."""


CAVAGE, RFC9421 = Way("cavage"), Way("rfc9421")


class Signer(Struct, frozen=True):
    """A private key and the id that others find its public half under."""

    key_id: str
    private_key: PrivateKey


class _Signers(Fresh[int, Signer]):
    """Signers by account; 0 stands for the server's own actor.

    Not for long: keys are changed on the command line, which this process does not hear of.
    """

    def __init__(self) -> None:
        super().__init__(size=1000, lasts=timedelta(seconds=30))


class _Provers(_Signers):
    """The same for proofs."""


async def signer_for(ctx: Context, account_id: int) -> Signer | None:
    """Return what an account of this server signs with; None where it is no more."""
    known = kept(ctx, _Signers)
    signer = known.get(account_id, now=ctx.clock())
    if signer is None:
        async with ctx.read() as session:
            row = await queries.signing_key(session, account_id)
        if row is None or row.private_key is None:
            return None
        signer = Signer(row.uri, load_private(row.private_key))
        known.put(account_id, signer, now=ctx.clock())
    return signer


async def former_signer(ctx: Context, key_id: int) -> Signer | None:
    """Return what signs with this very key of ours; None where it is forgotten."""
    async with ctx.read() as session:
        row = await queries.key_to_sign_with(session, key_id)
    if row is None or row.private_key is None:
        return None
    return Signer(row.uri, load_private(row.private_key))


async def server_signer(ctx: Context) -> Signer:
    """Return what the server's own actor signs with: what nobody in particular asks for."""
    known = kept(ctx, _Signers)
    signer = known.get(0, now=ctx.clock())
    if signer is None:
        async with ctx.read() as session:
            row = await accounts.by_uri(session, ctx.addresses.server_actor())
        found = await signer_for(ctx, row.id) if row is not None else None
        if found is None:
            raise UnavailableError("The server has no keys yet.")
        signer = found
        known.put(0, signer, now=ctx.clock())
    return signer


async def prover_for(ctx: Context, account_id: int) -> Prove | None:
    """Return what adds an account's proof to a document; None where it has no key for that."""
    known = kept(ctx, _Provers)
    signer = known.get(account_id, now=ctx.clock())
    if signer is None:
        async with ctx.read() as session:
            row = await queries.proving_key(session, account_id)
        if row is None or row.private_key is None:
            return None
        signer = Signer(row.uri, load_private(row.private_key))
        known.put(account_id, signer, now=ctx.clock())
    if not isinstance(signer.private_key, ed25519.Ed25519PrivateKey):
        return None
    return partial(
        with_proof,
        key_id=signer.key_id,
        private_key=signer.private_key,
        created=ctx.clock().isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def signature_headers(
    signer: Signer,
    way: Way,
    *,
    method: str,
    url: URL,
    now: datetime,
    body: bytes | None = None,
) -> dict[str, str]:
    """Return the headers that make a request to `url` a signed one."""
    if way.scheme == "rfc9421":
        origin = f"{url.scheme}://{url.host_port_subcomponent}"
        request = Request(method, origin, url.raw_path_qs, CIMultiDict(), body)
        return rfc9421.sign(
            request, private_key=signer.private_key, key_id=signer.key_id, now=now
        )
    return cavage.sign(
        private_key=signer.private_key,
        key_id=signer.key_id,
        method=method,
        host=url.raw_authority,
        target=url.raw_path_qs if way.with_query else url.raw_path,
        body=body,
        now=now,
    )
