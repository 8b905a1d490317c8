"""Do two servers agree on who follows whom? A digest of it travels with each post (FEP-8fcf).

The digest is the XOR of the SHA-256 of each follower's id, of one server's followers only.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec
from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.web.shelf import Fresh, kept
from storage import accounts, follows

HEADER = "Collection-Synchronization"
MAX_FOLLOWERS = 25_000
"""Accounts with more followers are left out: to compare them costs more than it mends."""
_PART = re.compile(r'(\w{1,32})="([^"]{0,2048})"')
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Claim(Struct, frozen=True):
    """What a sender says of its followers here."""

    collection: str
    url: str
    digest: str


class _Envelope(msgspec.Struct):
    actor: str = ""
    to: list[str] | str = ""
    cc: list[str] | str = ""


class _Digests(Fresh[int, Mapping[str, str]]):
    """Digests by host, for accounts that said something a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=1000, lasts=timedelta(minutes=1))


def digest_of(uris: Iterable[str]) -> str:
    """Return the digest of a set of followers; zeros for none."""
    found = 0
    for uri in set(uris):
        found ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{found:064x}"


def parse_claim(text: str) -> Claim | None:
    """Return what the header says, or None for what is none."""
    parts = dict(_PART.findall(text[:8192]))
    claim = Claim(
        parts.get("collectionId", ""), parts.get("url", ""), parts.get("digest", "").lower()
    )
    fits = claim.collection and claim.url and _DIGEST.fullmatch(claim.digest)
    return claim if fits else None


async def header_for(
    ctx: Context, *, account_id: int, body: bytes, host: str
) -> dict[str, str]:
    """Return the header for an activity to an account's followers on a host; else nothing."""
    if b'/followers"' not in body:
        return {}
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except msgspec.DecodeError:
        return {}
    followers = f"{envelope.actor}/followers"
    if followers not in envelope.to and followers not in envelope.cc:
        return {}
    digests = kept(ctx, _Digests)
    by_host = digests.get(account_id, now=ctx.clock())
    if by_host is None:
        by_host = await _by_host(ctx, account_id)
        digests.put(account_id, by_host, now=ctx.clock())
    if "" in by_host:
        return {}
    digest = by_host.get(host, digest_of(()))
    url = f"{envelope.actor}/followers_synchronization"
    return {HEADER: f'collectionId="{followers}", url="{url}", digest="{digest}"'}


async def _by_host(ctx: Context, account_id: int) -> dict[str, str]:
    """Return the digest for each host; under "" that there are too many."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, account_id)
        if row is None or row.followers_count >= MAX_FOLLOWERS:
            return {"": ""}
        found = await follows.remote_followers(session, account_id)
    hosts: dict[str, list[str]] = {}
    for uri, host in found:
        hosts.setdefault(host, []).append(uri)
    return {host: digest_of(uris) for host, uris in hosts.items()}
