"""Whether the records are whole and unchanged (R-13): signed checkpoints, and the check."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.ciphers import ed25519, exceptions
from fedi_k12.domain.record_jobs import CheckpointRecords
from fedi_k12.domain.records import GENESIS, Direction, Entry, checkpoint_text, digest, hash_of
from fedi_k12.domain.retention import CERTIFICATE
from storage import records
from storage.keys import digest_of
from storage.records import Kept
from storage.tables import RecordCheckpointRow, SiteRow

_KEY = "records_key"


class Checkpoint(Struct, frozen=True):
    """How far the chain went on a day; somebody else can keep it and hold us to it."""

    day: str
    seq: int
    hash: str
    key: str
    signature: str


class Found(Struct, frozen=True):
    """What a check found: how many records hold, or the first that does not."""

    checked: int
    disposed: int
    """Of how many the bytes are gone by a disposal that two people signed."""
    checkpoints: int
    certificates: Sequence[int] = ()
    """The numbers of the records that are certificates of disposals."""
    fault: str = ""
    """A sentence that names the entry and what does not fit; empty where everything does."""
    seq: int | None = None
    """The number of that entry."""


class _FaultError(Exception):
    """Something does not fit."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq = seq


async def checkpoint_records(ctx: Context, job: CheckpointRecords) -> None:
    """Job: sign how far the chain has come."""
    del job
    await ctx.write(checkpoint, now=ctx.clock())


async def checkpoint(session: AsyncSession, *, now: datetime) -> Checkpoint | None:
    """Sign how far the chain has come, once a day; None where that is done or none is there."""
    day = now.date().isoformat()
    seq, hash_ = await records.last(session)
    if not seq or await session.get(RecordCheckpointRow, day) is not None:
        return None
    key = await _signing_key(session)
    public = key.public_key().public_bytes_raw().hex()
    signature = key.sign(checkpoint_text(day=day, seq=seq, hash_=hash_)).hex()
    session.add(
        RecordCheckpointRow(
            day=day, seq=seq, hash=hash_, key=public, signature=signature, made_at=now
        )
    )
    await session.flush()
    return Checkpoint(day, seq, hash_, public, signature)


async def checkpoints(session: AsyncSession) -> list[Checkpoint]:
    """Return the signed checkpoints, the oldest first."""
    return [
        Checkpoint(row.day, row.seq, row.hash, row.key, row.signature)
        for row in await records.checkpoints(session)
    ]


async def verify(
    session: AsyncSession,
    *,
    kept_elsewhere: Sequence[Checkpoint] = (),
    tell: Callable[[int], None] = lambda _so_far: None,
) -> Found:
    """Walk along the chain and return the first entry that does not fit, if there is one.

    Takes the same memory however long the chain is. `kept_elsewhere`: checkpoints that
    somebody else has kept, which the store must agree with. `tell`: told after each record
    how many were looked at.
    """
    walk = _Walk()
    public = (await _public_key(session)) or ""
    try:
        for mark in [*await checkpoints(session), *kept_elsewhere]:
            _check_mark(mark, public)
            walk.mark(mark)
        async for kept in records.walk(session):
            _check_place(kept, walk.previous, walk.last)
            if kept.body is None:
                await _demand_disposal(session, kept)
            walk.step(kept)
            tell(walk.checked)
        walk.end()
    except _FaultError as fault:
        return walk.found(str(fault), fault.seq)
    return walk.found()


async def verify_files(
    ctx: Context, *, tell: Callable[[int], None] = lambda _so_far: None
) -> tuple[int, list[str]]:
    """Hold the files of records against their hashes; return (how many, what is wrong).

    Each is read once, a part at a time. What is wrong is a sentence that names file and record.
    """
    wrong = []
    number = 0
    async with ctx.slow_read() as session:
        named = await records.files(session)
    for key, seq in named:
        found = hashlib.sha256()
        if await ctx.blobs.size(key) is None:
            wrong.append(f"the file {key} of record {seq} is missing")
        else:
            async for part in ctx.blobs.stream(key):
                found.update(part)
            if found.hexdigest() != digest_of(key):
                wrong.append(f"the file {key} of record {seq} was changed")
        number += 1
        tell(number)
    return number, wrong


class _Walk(Struct):
    """How far along the chain a check has come."""

    marks: dict[int, str] = field(default_factory=dict)
    """By record: the hash that was signed of it."""
    previous: str = GENESIS
    last: int = 0
    checked: int = 0
    gone: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By record whose bytes are gone, and no certificate named yet: the hashes of them."""
    disposed: int = 0
    certificates: list[int] = field(default_factory=list)

    def found(self, fault: str = "", seq: int | None = None) -> Found:
        """Return what was found so far."""
        return Found(
            self.checked, self.disposed, len(self.marks), tuple(self.certificates), fault, seq
        )

    def mark(self, one: Checkpoint) -> None:
        """Take a checkpoint to hold the chain to."""
        if self.marks.setdefault(one.seq, one.hash) != one.hash:
            raise _FaultError(one.seq, f"two checkpoints differ about record {one.seq}")

    def step(self, kept: Kept) -> None:
        """Go past a record that holds by itself."""
        seq = kept.entry.seq
        if self.marks.get(seq, kept.hash) != kept.hash:
            raise _FaultError(seq, f"record {seq} is not the one of its checkpoint")
        self.previous, self.last = kept.hash, seq
        self.checked += 1
        if kept.body is None:
            self.disposed += 1
            self.gone[seq] = kept.entry.digest, kept.entry.envelope_digest
        elif kept.entry.kind == CERTIFICATE and kept.entry.direction == Direction.HERE:
            self._certify(kept.entry, kept.body)

    def _certify(self, entry: Entry, body: bytes) -> None:
        """Take a certificate: what it names may be gone, if it is what the chain held."""
        self.certificates.append(entry.seq)
        for seq, *digests in json.loads(body)["records"]:
            if self.gone.pop(seq, tuple(digests)) != tuple(digests):
                raise _FaultError(
                    seq, f"certificate {entry.seq} names other bytes for record {seq}"
                )

    def end(self) -> None:
        """Refuse a chain that ends before what was signed of it, or lacks a certificate."""
        for seq in self.gone:
            raise _FaultError(
                seq, f"the bytes of record {seq} are gone, and no certificate names it"
            )
        furthest = max(self.marks, default=0)
        if furthest > self.last:
            raise _FaultError(
                self.last + 1,
                f"record {self.last + 1} is missing: the chain is cut off, though a checkpoint "
                f"was signed of record {furthest}",
            )


def _check_place(kept: Kept, previous: str, last: int) -> None:
    entry = kept.entry
    seq = entry.seq
    if seq != last + 1:
        raise _FaultError(last + 1, f"record {last + 1} is missing: after {last} comes {seq}")
    if entry.previous != previous:
        raise _FaultError(seq, f"record {seq} is not in its place: it does not follow {last}")
    if kept.body is not None and digest(kept.body) != entry.digest:
        raise _FaultError(seq, f"the bytes of record {seq} were changed")
    if kept.envelope is not None and digest(kept.envelope) != entry.envelope_digest:
        raise _FaultError(seq, f"the headers of record {seq} were changed")
    if hash_of(entry) != kept.hash:
        raise _FaultError(seq, f"the entry of record {seq} was changed: its hash does not fit")


async def _demand_disposal(session: AsyncSession, kept: Kept) -> None:
    seq = kept.entry.seq
    if seq not in await records.disposed(session, [seq]):
        raise _FaultError(seq, f"the bytes of record {seq} are gone, and no disposal names it")


def _check_mark(mark: Checkpoint, public: str) -> None:
    if mark.key != public:
        raise _FaultError(mark.seq, f"the checkpoint of {mark.day} is signed by another key")
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(mark.key)).verify(
            bytes.fromhex(mark.signature),
            checkpoint_text(day=mark.day, seq=mark.seq, hash_=mark.hash),
        )
    except (exceptions.InvalidSignature, ValueError) as error:
        raise _FaultError(
            mark.seq,
            f"the checkpoint of {mark.day} (record {mark.seq}) is not as it was signed",
        ) from error


async def _signing_key(session: AsyncSession) -> "ed25519.Ed25519PrivateKey":
    """Return the key of the server's own that signs checkpoints, made when first asked."""
    row = await session.get(SiteRow, _KEY)
    if row is None:
        made = ed25519.Ed25519PrivateKey.generate().private_bytes_raw().hex()
        row = SiteRow(name=_KEY, value={"key": made})
        session.add(row)
        await session.flush()
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(str(row.value["key"])))


async def _public_key(session: AsyncSession) -> str | None:
    row = await session.get(SiteRow, _KEY)
    if row is None:
        return None
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(str(row.value["key"])))
    return key.public_key().public_bytes_raw().hex()
