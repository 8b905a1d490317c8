"""What the signature of a request speaks about."""

from dataclasses import dataclass

from multidict import CIMultiDict, CIMultiDictProxy

Headers = CIMultiDictProxy[str] | CIMultiDict[str]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire, and the address that it was meant for."""

    method: str
    origin: str
    """The scheme and host that we go by, as configured: `https://lincoln.example`."""
    target: str
    """Path and query, with nothing decoded."""
    headers: Headers
    body: bytes | None = None
