"""Ids: 63-bit numbers that sort by time, and strings nobody can guess.

Mastodon's apps expect ids to be decimal strings whose order is the order of time
(https://docs.joinmastodon.org/api/guidelines/#id), so the upper 47 bits are milliseconds since
1970 and the lower 16 tell ids of one millisecond apart.
"""

import hashlib
import os
import secrets
import threading
from datetime import UTC, datetime, timedelta
from time import time_ns

_LOW_BITS = 16
_NODE_BITS = 6
_SEQUENCE_BITS = _LOW_BITS - _NODE_BITS
_LATELY = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID = (1 << 63) - 1
"""Larger than any id: the cursor before the first page."""


class _Source:
    """Hands out ids that grow, also when the clock stands still or goes back."""

    def __init__(self) -> None:
        # Two processes on one database must not meet: each takes a number of its own.
        self._node = int.from_bytes(os.urandom(1)) & ((1 << _NODE_BITS) - 1)
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            tick = (time_ns() // 1_000_000) << _SEQUENCE_BITS
            self._last = max(tick, self._last + 1)
            milliseconds, sequence = divmod(self._last, 1 << _SEQUENCE_BITS)
            return (milliseconds << _LOW_BITS) | (self._node << _SEQUENCE_BITS) | sequence


_source = _Source()


def new_id() -> int:
    """Return an id greater than every one this process gave before."""
    return _source.next()


def id_at(moment: datetime) -> int:
    """Return an id as it would have been given at `moment`, for what is learned late."""
    milliseconds = max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
    return (milliseconds << _LOW_BITS) | secrets.randbits(_LOW_BITS)


def id_for(moment: datetime) -> int:
    """Return an id for what is said at `moment`: the next one, unless that is long ago."""
    newest = _source.next()
    made = _EPOCH + timedelta(milliseconds=newest >> _LOW_BITS)
    return newest if made - moment < _LATELY else id_at(moment)


def parse_id(text: str) -> int | None:
    """Return the id that `text` spells in decimal digits, or None where it is none."""
    if not (0 < len(text) < 20 and text.isascii() and text.isdigit()):  # noqa: PLR2004 - digits of 2**63
        return None
    value = int(text)
    return value if value <= MAX_ID else None


def new_token() -> str:
    """Return a secret of 256 bits in URL-safe letters."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored of a secret, so that reading the store does not give it away.

    Tokens carry 256 bits of chance, so a plain SHA-256 is enough; passwords use argon2.
    """
    return hashlib.sha256(token.encode()).hexdigest()
