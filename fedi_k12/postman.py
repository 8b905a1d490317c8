"""Sending e-mail: the one place that speaks with the mail server (RFC 5321).

It does not go through the guarded client. That one keeps requests to addresses that somebody
else chose away from private networks; the mail server is the operator's own choice, and often
stands on the machine beside this one. Whom a letter goes to is never logged.
"""

import ssl
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import structlog
from msgspec import Struct

from fedi_k12.domain.late import Late
from fedi_k12.guard_answers import FetchError
from fedi_k12.settings import Settings

if TYPE_CHECKING:
    import aiosmtplib
else:
    aiosmtplib = Late("aiosmtplib")

PATIENCE = 30.0
"""Seconds that each step of the conversation with the mail server may take."""
REFUSED = 500
"""Replies from here on are for good (RFC 5321, 4.2.1)."""

_log = structlog.get_logger("mail")


class Letter(Struct, frozen=True):
    """One e-mail to one person, in plain text, and as HTML where it holds links."""

    to: str
    subject: str
    text: str
    cause: str
    """What it is sent for, in letters, digits, dots and hyphens: no other letter has it."""
    html: str = ""
    stop: str = ""
    """The address that ends letters of its kind with one click (RFC 8058)."""


async def post(settings: Settings, letter: Letter, *, now: datetime) -> None:
    """Hand a letter to the mail server; nothing happens but a line in the log without one.

    Raises `FetchError`, permanent where the mail server wants this letter no more (RFC 5321,
    4.2.1), otherwise to be tried again later.
    """
    if not settings.smtp_url:
        _log.info("letter not sent: mail is off", cause=letter.cause)
        return
    message = written(settings, letter, now=now)
    try:
        await aiosmtplib.send(message, **_way(settings))
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _refusal(error.recipients[0].code) from None
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
        raise _refusal(error.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        # Its words may name whom the letter goes to.
        kind = type(error).__name__
        raise FetchError(f"The mail server cannot be used: {kind}.", reason="mail") from None
    _log.info("letter sent", cause=letter.cause)


async def greet(settings: Settings) -> None:
    """Sign in to the mail server and leave again; raises `FetchError` where it refuses."""
    client = aiosmtplib.SMTP(**_way(settings))
    try:
        async with client:
            await client.noop()
    except (aiosmtplib.SMTPException, OSError) as error:
        kind = type(error).__name__
        raise FetchError(f"The mail server cannot be used: {kind}.", reason="mail") from None


def written(settings: Settings, letter: Letter, *, now: datetime) -> EmailMessage:
    """Return a letter with its headers (RFC 5322); no line of it can become another header.

    Raises a permanent `FetchError` for an address that is none.
    """
    message = EmailMessage()
    try:
        message["To"] = Address(addr_spec=letter.to)
    except (ValueError, HeaderParseError, IndexError):
        raise FetchError(
            "The address is no e-mail address.", reason="mail", permanent=True
        ) from None
    host = settings.domain.partition(":")[0]
    message["From"] = settings.sender
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.cause}@{host}>"
    # RFC 3834: whoever is away does not answer a program.
    message["Auto-Submitted"] = "auto-generated"
    if letter.stop:
        message["List-Unsubscribe"] = f"<{letter.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def _way(settings: Settings) -> dict[str, Any]:
    """Return what aiosmtplib has to know to reach the mail server."""
    server = urlsplit(settings.smtp_url)
    return {
        "hostname": server.hostname,
        "port": server.port,
        "username": unquote(server.username) if server.username else None,
        "password": unquote(server.password) if server.password else None,
        "use_tls": server.scheme == "smtps",
        "start_tls": _start_tls(server.scheme, server.username),
        "tls_context": _trust(settings),
        "timeout": PATIENCE,
    }


def _start_tls(scheme: str, username: str | None) -> bool | None:
    """Return whether STARTTLS is demanded; None where it is used if the server can."""
    if scheme == "smtps":
        return False
    return True if username else None


def _trust(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    return context


def _refusal(code: int) -> FetchError:
    return FetchError(
        f"The mail server answered {code}.", reason="mail", permanent=code >= REFUSED
    )
