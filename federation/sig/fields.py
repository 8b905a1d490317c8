"""Structured fields (RFC 9651), as far as signatures need them, and read strictly.

Of several ways to read a field one is taken by the signer, another by the verifier: whatever is
said twice, and what would be written otherwise in canonical form, is refused.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from fedi_k12.domain.errors import MalformedError

MAX_FIELD = 8192
MAX_MEMBERS, MAX_COMPONENTS, MAX_PARAMETERS = 16, 32, 16

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_BARE = re.compile(
    r'(?P<text>"(?:[ !#-\[\]-~]|\\["\\])*")'
    r"|(?P<number>0|-?[1-9][0-9]{0,14})(?![0-9.])"
    r"|(?P<binary>:[A-Za-z0-9+/]*={0,2}:)"
    r"|\?(?P<flag>[01])"
    r"|(?P<token>[A-Za-z*][A-Za-z0-9:/!#$%&'*+\-.^_`|~]*)"
)
_COMMA = re.compile(r"[ \t]*,[ \t]*")

T = TypeVar("T")
Value = str | int | bool | bytes


class Token(Struct, frozen=True):
    """A word without quotation marks; not the same as a text of the same letters."""

    word: str


Parameters = tuple[tuple[str, Value | Token], ...]
"""Names and values in their order."""


class InnerList(Struct, frozen=True):
    """A list in parentheses of texts, each with parameters, and parameters of its own."""

    items: tuple[tuple[str, Parameters], ...]
    parameters: Parameters

    def get(self, name: str) -> Value | Token | None:
        """Return the parameter of this name, None where there is none."""
        return dict(self.parameters).get(name)

    def __str__(self) -> str:
        inner = " ".join(f"{_text(item)}{_write(found)}" for item, found in self.items)
        return f"({inner}){_write(self.parameters)}"


def parse_lists(field: str) -> dict[str, InnerList]:
    """Return a dictionary of inner lists, such as `Signature-Input`."""
    return _Reader(field).dictionary(_Reader.inner_list)


def parse_bytes(field: str) -> dict[str, bytes]:
    """Return a dictionary of byte sequences, such as `Signature` or `Content-Digest`."""
    return _Reader(field).dictionary(_Reader.bytes_)


class _Reader:
    """Reads a field from its beginning to its end."""

    def __init__(self, field: str) -> None:
        if len(field) > MAX_FIELD:
            raise MalformedError("A signature field is too long.")
        self._text = field.strip(" ")
        self._at = 0

    def dictionary(self, read: "Callable[[_Reader], T]") -> dict[str, T]:
        """Return each member, named once."""
        found: dict[str, T] = {}
        while True:
            name = self._key()
            if name in found or len(found) >= MAX_MEMBERS:
                raise MalformedError("A signature field names something twice, or too much.")
            self._expect("=")
            found[name] = read(self)
            if self._at == len(self._text):
                return found
            comma = _COMMA.match(self._text, self._at)
            if comma is None:
                raise _unreadable()
            self._at = comma.end()

    def inner_list(self) -> InnerList:
        """Return an inner list of texts."""
        self._expect("(")
        items: list[tuple[str, Parameters]] = []
        while True:
            self._spaces()
            if self._next() == ")":
                break
            value = self._bare()
            if not isinstance(value, str) or len(items) >= MAX_COMPONENTS:
                raise _unreadable()
            items.append((value, self._parameters()))
            if self._next() not in {" ", ")"}:
                raise _unreadable()
        self._expect(")")
        return InnerList(tuple(items), self._parameters())

    def bytes_(self) -> bytes:
        """Return a byte sequence; its parameters say nothing that we know."""
        value = self._bare()
        self._parameters()
        if not isinstance(value, bytes):
            raise _unreadable()
        return value

    def _parameters(self) -> Parameters:
        found: dict[str, Value | Token] = {}
        while self._next() == ";":
            self._at += 1
            self._spaces()
            name = self._key()
            if name in found or len(found) >= MAX_PARAMETERS:
                raise MalformedError("A signature field names something twice, or too much.")
            found[name] = True
            if self._next() == "=":
                self._at += 1
                found[name] = self._bare()
        return tuple(found.items())

    def _bare(self) -> Value | Token:
        match = _BARE.match(self._text, self._at)
        if match is None:
            raise _unreadable()
        self._at = match.end()
        if (text := match["text"]) is not None:
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if (number := match["number"]) is not None:
            return int(number)
        if (flag := match["flag"]) is not None:
            return flag == "1"
        if (token := match["token"]) is not None:
            return Token(token)
        try:
            return base64.b64decode(match["binary"][1:-1], validate=True)
        except binascii.Error as error:
            raise _unreadable() from error

    def _key(self) -> str:
        match = _KEY.match(self._text, self._at)
        if match is None:
            raise _unreadable()
        self._at = match.end()
        return match[0]

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, letter: str) -> None:
        if self._next() != letter:
            raise _unreadable()
        self._at += 1

    def _spaces(self) -> None:
        while self._next() == " ":
            self._at += 1


def _write(parameters: Parameters) -> str:
    return "".join(
        f";{name}" if value is True else f";{name}={_bare_text(value)}"
        for name, value in parameters
    )


def _bare_text(value: Value | Token) -> str:
    match value:
        case Token():
            return value.word
        case bool():
            return f"?{value:d}"
        case int():
            return str(value)
        case bytes():
            return f":{base64.b64encode(value).decode()}:"
        case _:
            return _text(value)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unreadable() -> MalformedError:
    return MalformedError("A signature field cannot be read.")
