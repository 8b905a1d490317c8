"""What comes of asking another server through the guard: an answer, a stream, or neither."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from msgspec import Struct
from multidict import CIMultiDictProxy
from yarl import URL

from fedi_k12.domain.errors import UnavailableError


class FetchError(UnavailableError):
    """A request that was not made, or gave nothing usable; `reason` is a word for programs."""

    code = "fetch"

    def __init__(
        self,
        sentence: str,
        *,
        reason: str,
        permanent: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.permanent = permanent
        """Trying again will not help."""
        self.wait = wait
        """How long the other server asks to be left alone."""


class Answer(Struct, frozen=True):
    """What another server answered; `url` is the last one after redirects."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str

    @property
    def content_type(self) -> str:
        """The content type as it was sent, in small letters, with its parameters."""
        return self.headers.get("Content-Type", "").strip().lower()

    def retry_after(self, now: datetime) -> timedelta | None:
        """Return how long the other server asks to be left alone (RFC 9110, 10.2.3)."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isdigit() and len(text) < 7:  # noqa: PLR2004 - a week has 604,800 seconds
            return timedelta(seconds=int(text))
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(at - now, timedelta(0)), timedelta(days=7))


class Stream(Struct, frozen=True):
    """What another server answers, while it comes in."""

    status: int
    headers: CIMultiDictProxy[str]
    pieces: AsyncIterator[bytes]


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """Say what went wrong with a request in words: `FetchError`."""
    try:
        yield
    except FetchError:
        raise
    except TimeoutError as error:
        raise FetchError("The other server took too long.", reason="timeout") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise FetchError(
            f"The certificate of {url.host} is not valid: {error.certificate_error}",
            reason="tls",
        ) from error
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise FetchError(f"No TLS with {url.host} came about.", reason="tls") from error
    except aiohttp.ClientConnectorError as error:
        reason = "dns" if isinstance(error, aiohttp.ClientConnectorDNSError) else "connect"
        raise FetchError(f"{url.host} cannot be reached.", reason=reason) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise FetchError(f"{url.host} does not speak HTTP properly.", reason="http") from error
