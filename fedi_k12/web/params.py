"""What a request asks for: query, form, multipart and JSON read as one, with Rails' brackets.

Apps send parameters in every encoding for every method; `a[]`, `a[b]` and `a[0][b]` mean the
same in all of them, and JSON's null means that nothing was said.
"""

import re
from collections.abc import Iterator, Mapping
from typing import IO

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import FileField
from msgspec import Struct
from multidict import MultiDictProxy

from fedi_k12.domain.errors import InvalidError, MalformedError, NotFoundError, TooLargeError
from fedi_k12.domain.ids import parse_id

FORM_SLACK = 1_048_576
"""Bytes a form may have besides its files."""
MAX_PARAMETERS = 2000
MAX_DEPTH = 6
MAX_TEXT = 200_000
_TRUE = {"true", "1", "on", "t", "yes"}
_FALSE = {"false", "0", "off", "f", "no", ""}
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class Upload(Struct, frozen=True):
    """A file that came along, on the disk until somebody reads it."""

    file: IO[bytes]
    name: str
    content_type: str

    @property
    def data(self) -> bytes:
        """All that is in it."""
        self.file.seek(0)
        return self.file.read()


class Params:
    """The parameters of a request, or of one thing within them."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Return whether anything was said about `name`."""
        return self._values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """Return a text; a number is one too."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return _checked(str(value), name)
        raise _wrong(name, "must be a text")

    def optional(self, name: str) -> str | None:
        """Return a text, or None where nothing was said."""
        return self.text(name) if self.has(name) else None

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes or no, in any of the ways that apps spell them."""
        found = self.choice(name)
        return default if found is None else found

    def choice(self, name: str) -> bool | None:
        """Return a yes or no, or None where nothing was said."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise _wrong(name, "must be true or false")

    def whole(self, name: str) -> int | None:
        """Return a whole number, or None where nothing was said."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | str | float):
            raise _wrong(name, "must be a number")
        try:
            number = int(str(value)) if not isinstance(value, float) else int(value)
        except (ValueError, OverflowError) as error:
            raise _wrong(name, "must be a number") from error
        if abs(number) > 1 << 62:
            raise _wrong(name, "is too large")
        return number

    def limit(self, *, default: int, most: int) -> int:
        """Return how many things are wanted, within what is given out at once."""
        number = self.whole("limit")
        return default if number is None or number <= 0 else min(number, most)

    def id(self, name: str) -> int | None:
        """Return the id of something; one that cannot be raises `NotFoundError`."""
        value = self.text(name)
        if not value:
            return None
        number = parse_id(value)
        if number is None:
            raise NotFoundError("Record not found")
        return number

    def cursor(self, name: str) -> int | None:
        """Return the id a page begins at; what is no id is as if nothing had been said."""
        return parse_id(self.text(name))

    def texts(self, name: str) -> list[str]:
        """Return texts: a list, a mapping with numbers as keys, or one text."""
        return [_checked(str(item), name) for item in self._list(name) if _is_plain(item)]

    def ids(self, name: str) -> list[int]:
        """Return ids; those that cannot be are left out."""
        found = [parse_id(text) for text in self.texts(name)]
        return [number for number in found if number is not None]

    def parts(self, name: str) -> list["Params"]:
        """Return the things within: a list of objects, or an object with numbers as keys."""
        return [Params(item) for item in self._list(name) if isinstance(item, Mapping)]

    def part(self, name: str) -> "Params":
        """Return the thing within, empty where nothing was said."""
        value = self._values.get(name)
        if value is None:
            return Params({})
        if isinstance(value, Mapping):
            return Params(value)
        raise _wrong(name, "must be an object")

    def point(self, name: str) -> tuple[float, float] | None:
        """Return a place in a picture, written `x,y`, or None where nothing was said."""
        words = self.text(name)
        if not words:
            return None
        try:
            x, y = (float(part) for part in words.split(","))
        except ValueError as error:
            raise _wrong(name, "must be two numbers") from error
        return x, y

    def upload(self, name: str) -> Upload | None:
        """Return a file that came along."""
        value = self._values.get(name)
        return value if isinstance(value, Upload) else None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def _list(self, name: str) -> list[object]:
        value = self._values.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        if isinstance(value, Mapping):
            return [value[key] for key in sorted(value, key=_position)]
        return [value]


def allow_body(request: web.Request, most: int) -> None:
    """Let the body of one request have so many bytes: more than those of strangers may.

    aiohttp has one limit for all requests of an application, and reads it from each of them.
    """
    request._client_max_size = most


async def params(request: web.Request) -> Params:
    """Return everything that the request asks for; the body's word beats the query's."""
    found: dict[str, object] = {}
    for name, value in request.query.items():
        _put(found, name, value)
    if request.body_exists and request.can_read_body:
        kind = request.content_type
        if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            await _read_form(request, found)
        elif kind == "application/json" or kind.endswith("+json"):
            await _read_json(request, found)
    return Params(found)


async def posted(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | FileField]:
    """Return the fields of a posted form.

    Raises `TooLargeError` for one that is too large and `MalformedError` for one that is none:
    parts without a head, heads that are no headers, texts in no encoding.
    """
    try:
        return await request.post()
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLargeError("That is more than this server takes at once.") from error
    except (ValueError, AssertionError, LookupError, HttpProcessingError) as error:
        raise MalformedError("The form cannot be read.") from error


async def _read_form(request: web.Request, found: dict[str, object]) -> None:
    form = await posted(request)
    if len(form) > MAX_PARAMETERS:
        raise MalformedError("The form has too many parts.")
    for name in dict.fromkeys(form.keys()):
        found.pop(_head(name), None)
    for name, value in form.items():
        if isinstance(value, FileField):
            _put(
                found,
                name,
                Upload(value.file, value.filename, value.content_type),
            )
        elif isinstance(value, str):
            _put(found, name, value)


async def _read_json(request: web.Request, found: dict[str, object]) -> None:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLargeError("That is more than this server takes at once.") from error
    if not body.strip():
        return
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedError("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise MalformedError("The body is not a JSON object.")
    for name, value in document.items():
        if value is not None:
            found.pop(_head(name), None)
            _put(found, name, value)


def _head(name: str) -> str:
    return name.partition("[")[0]


def _put(found: dict[str, object], name: str, value: object) -> None:
    """Put a value where its name says: `a`, `a[]`, `a[b]`, `a[0][b]`, `a[][b]`."""
    match = _KEY.fullmatch(name)
    if match is None:
        found[name[:200]] = value
        return
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > MAX_DEPTH:
        raise MalformedError("A parameter's name is nested too deeply.")
    place: dict[str, object] = found
    for at, part in enumerate(path[:-1]):
        key = part or _next_key(place, path[at + 1])
        inner = place.get(key)
        if not isinstance(inner, dict):
            inner = {}
            place[key] = inner
        place = inner
    last = path[-1]
    if last:
        if last in place and len(path) == 1 and isinstance(value, str):
            # `id=1&id=2` means both to some apps.
            before = place[last]
            place[last] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            place[last] = value
    elif isinstance(value, list):
        for item in value:
            place[str(len(place))] = item
    else:
        place[str(len(place))] = value


def _next_key(place: dict[str, object], inner: str) -> str:
    """Return where `a[][b]` goes: the last thing, or a new one if that has its `b` already."""
    if place:
        last = str(len(place) - 1)
        held = place.get(last)
        if isinstance(held, dict) and inner not in held:
            return last
    return str(len(place))


def _position(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdigit() and len(key) < 10 else (1 << 40, key)  # noqa: PLR2004 - digits of an index


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _checked(text: str, name: str) -> str:
    if len(text) > MAX_TEXT:
        raise _wrong(name, "is too long")
    if "\0" in text:
        raise _wrong(name, "holds a null character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _wrong(name, "is not proper text") from error
    return text


def _wrong(name: str, what: str) -> InvalidError:
    field = name[:100]
    return InvalidError(f"Validation failed: {field} {what}", fields={field: what})
