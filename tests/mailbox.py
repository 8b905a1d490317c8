"""A mail server on loopback: it speaks SMTP with STARTTLS, and keeps what it is given."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import trustme

NAME, SECRET = "district", "s3cret words"


@dataclass
class Mailbox:
    """What the mail server was given, and what it is to answer."""

    tls: ssl.SSLContext
    authority: Path
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    refuse: list[bytes] = field(default_factory=list)
    """Answers to the next recipients, one for each try, instead of taking the letter."""

    @property
    def url(self) -> str:
        """The address for `FEDI_K12_SMTP_URL`, with a password that needs TLS."""
        return f"smtp://{NAME}:{SECRET.replace(' ', '%20')}@localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure = False
        writer.write(b"220 mail.test\r\n")
        while line := await reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "EHLO":
                offers = b"250 AUTH PLAIN" if secure else b"250 STARTTLS"
                writer.write(b"250-mail.test\r\n" + offers + b"\r\n")
            elif verb.upper() == "STARTTLS":
                writer.write(b"220 go on\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
                secure = True
            elif verb.upper() == "AUTH":
                assert secure, "a password came in the clear"
                self.signed_in.append(base64.b64decode(rest.split()[1]).decode())
                writer.write(b"235 welcome\r\n")
            elif verb.upper() == "RCPT":
                answer = self.refuse.pop(0) if self.refuse else b"250 fine"
                if answer.startswith(b"250"):
                    self.addressed.append(rest.partition("<")[2].rstrip(">"))
                writer.write(answer + b"\r\n")
            elif verb.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(message_from_bytes(data[:-3], policy=policy.default))  # type: ignore[arg-type]  # the policy makes it one
                writer.write(b"250 taken\r\n")
            else:
                writer.write(b"221 bye\r\n" if verb.upper() == "QUIT" else b"250 fine\r\n")
                if verb.upper() == "QUIT":
                    break
            await writer.drain()
        writer.close()


@asynccontextmanager
async def mail_server(folder: Path) -> AsyncIterator[Mailbox]:
    """Run a mail server while this lasts."""
    made = trustme.CA()
    authority = folder / "mail-authority.pem"
    made.cert_pem.write_to_path(str(authority))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("localhost").configure_cert(tls)
    box = Mailbox(tls, authority)
    server = await asyncio.start_server(box.serve, "localhost", 0, family=2)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
