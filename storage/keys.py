"""Under which keys files are kept: made of what is in them."""

import re

KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,5}")


def key_of(digest: str, ending: str) -> str:
    """Return the key of bytes with this SHA-256, such as `ab/abcd….webp`."""
    return f"{digest[:2]}/{digest}.{ending}"


def digest_of(key: str) -> str:
    """Return the SHA-256 that a key is made of, in hexadecimal."""
    return key.partition("/")[2].partition(".")[0]
