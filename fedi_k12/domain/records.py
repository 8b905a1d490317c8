"""The records archive: what an entry says, and the chain of hashes that holds entries together.

What public bodies say and are told is a public record whatever its form (R-12); what is kept
must be shown to be whole and unchanged (R-13). No I/O here.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from fedi_k12.domain.sanitise import plain_text, safe_html

GENESIS = "0" * 64
"""What the first entry of a chain follows."""
MAX_WORDS = 100_000
_TEXTS = ("name", "summary", "content", "source", "reason")


class Direction(StrEnum):
    """Whether an activity went out to other servers, came in from one, or was done here."""

    OUT = "out"
    IN = "in"
    HERE = "here"


class Entry(Struct, frozen=True):
    """What the chain holds of a record: all but its bytes, which stand beside it by hash.

    Bytes can be disposed of when their time is over; what is here stays, so that the chain can
    be verified ever after.
    """

    seq: int
    at: datetime
    direction: str
    kind: str
    account: str
    """The id (URI) of the official account that it concerns."""
    member_id: int | None
    """The person who did it here; none for what came in, or was done at the command line."""
    person: str
    """Their handle: of a member, or of the account elsewhere."""
    object_id: str
    thread: str
    digest: str
    """SHA-256 of the exact bytes, in hexadecimal."""
    envelope_digest: str
    """SHA-256 of what is known of how they came: headers, the signature and its check."""
    media: Sequence[str]
    """Keys of the files of the post, each made of the SHA-256 of what the file holds."""
    previous: str
    """The hash of the entry before."""


def digest(data: bytes) -> str:
    """Return the SHA-256 of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_of(entry: Entry) -> str:
    """Return the hash of an entry: SHA-256 of its fields as one JSON array in their order.

    Written without spaces, in UTF-8, the time as RFC 3339 in UTC with microseconds: whoever
    holds an export can compute it with any JSON library.
    """
    return digest(msgspec.json.encode(fields_of(entry)))


def fields_of(entry: Entry) -> list[object]:
    """Return the fields of an entry as they are hashed."""
    return [
        entry.seq,
        moment(entry.at),
        entry.direction,
        entry.kind,
        entry.account,
        entry.member_id,
        entry.person,
        entry.object_id,
        entry.thread,
        entry.digest,
        entry.envelope_digest,
        list(entry.media),
        entry.previous,
    ]


def moment(at: datetime) -> str:
    """Return a moment as it is written in records: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def checkpoint_text(*, day: str, seq: int, hash_: str) -> bytes:
    """Return what the signature of a checkpoint is of."""
    return msgspec.json.encode(["fedi-k12 records checkpoint", day, seq, hash_])


def strings_in(value: object, *, depth: int = 32) -> Iterator[str]:
    """Yield every string in a decoded JSON document, however deep; keys are left out."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for item in value.values():
            yield from strings_in(item, depth=depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from strings_in(item, depth=depth - 1)


def actors_named(strings: Iterable[str], *, base_url: str) -> set[str]:
    """Return the usernames of local accounts that ids and links among these strings are of.

    An id of a post counts as one of its author: who answers, likes or flags it, names it.
    """
    prefixes = (f"{base_url}/users/", f"{base_url}/@")
    found = set()
    for text in strings:
        for prefix in prefixes:
            if text.startswith(prefix):
                name = text[len(prefix) :]
                for mark in "/#?":
                    name = name.partition(mark)[0]
                found.add(name.lower())
    return found


def words_of(document: Mapping[str, Any]) -> str:
    """Return the words of an activity as they are searched: in lower case, without markup."""
    texts: list[str] = []

    def gather(value: object, depth: int) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                if name in _TEXTS and isinstance(item, str):
                    texts.append(plain_text(safe_html(item)))
                elif name == "contentMap" and isinstance(item, Mapping):
                    texts.extend(plain_text(safe_html(str(one))) for one in item.values())
                elif depth:
                    gather(item, depth - 1)
        elif isinstance(value, list) and depth:
            for item in value:
                gather(item, depth - 1)

    gather(document, 6)
    return " ".join(dict.fromkeys(texts)).casefold()[:MAX_WORDS]
