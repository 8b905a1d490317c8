"""The signature of a request, whichever of the two ways it is made."""

from datetime import UTC, datetime

from federation.sig import cavage, rfc9421
from federation.sig.keys import PublicKey
from federation.sig.request import Headers, Request

Signature = cavage.Signature | rfc9421.Signature


def is_signed(headers: Headers) -> bool:
    """Return whether a request says who sent it, in any way."""
    return "Signature" in headers or rfc9421.is_used(headers)


def parse_signature(headers: Headers) -> Signature:
    """Return the request's signature.

    Raises `UnauthenticatedError` where there is none, `MalformedError` where it cannot be read.
    """
    if rfc9421.is_used(headers):
        return rfc9421.parse_signature(headers)
    return cavage.parse_signature(headers)


def check(signature: Signature, request: Request, *, now: datetime) -> None:
    """Raise `UnauthenticatedError` unless the signature covers enough, and lately.

    To be called before any key is fetched: what cannot be right is refused at once.
    """
    if isinstance(signature, rfc9421.Signature):
        rfc9421.check(signature, request, now=now)
        return
    cavage.check(
        signature,
        method=request.method,
        headers=request.headers,
        body=request.body,
        now=now,
    )


def made_at(signature: Signature, request: Request) -> datetime:
    """Return when a signature that was checked says it was made."""
    if isinstance(signature, rfc9421.Signature) or "(created)" in signature.headers:
        return datetime.fromtimestamp(signature.created or 0, UTC)
    return cavage.date_of(request.headers)


def verify(signature: Signature, request: Request, *, key: PublicKey) -> None:
    """Raise `UnauthenticatedError` unless `key` made the signature of this very request."""
    if isinstance(signature, rfc9421.Signature):
        rfc9421.verify(signature, request, key=key)
        return
    cavage.verify(
        signature,
        key=key,
        method=request.method,
        target=request.target,
        headers=request.headers,
    )
