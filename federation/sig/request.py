"""What the signature of a request speaks about."""

from msgspec import Struct
from multidict import CIMultiDict, CIMultiDictProxy

Headers = CIMultiDictProxy[str] | CIMultiDict[str]


class Request(Struct, frozen=True):
    """A request as it came over the wire, and the address that it was meant for."""

    method: str
    origin: str
    """The scheme and host that we go by, as configured: `https://lincoln.example`."""
    target: str
    """Path and query, with nothing decoded."""
    headers: Headers
    body: bytes | None = None
