"""Bytes to JSON, strictly: what two readers could understand differently is refused."""

import json
from collections.abc import Mapping
from typing import NoReturn

import msgspec

from fedi_k12.domain.errors import MalformedError

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_STRING = 262_144
MAX_DIGITS = 32

Json = Mapping[str, object]

_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


def decode(body: bytes) -> dict[str, object]:
    """Return the JSON object in `body`, or raise `MalformedError` (FED-18, FED-57, FED-58).

    UTF-8 without a mark, no key twice, no NaN, no lone surrogates, no NUL, nothing deeper
    than 32 or with more than 20,000 parts.
    """
    _check_shape(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("The body is not UTF-8.") from error
    try:
        document = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_number,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedError("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise MalformedError("The body is not a JSON object.")
    if "\\u" in text or "\0" in text:
        _check_text(document)
    return document


def decode_again(text: str) -> dict[str, object]:
    """Return the JSON object that `decode` found in `text` before, without its checks."""
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError:
        return decode(text.encode())


def _check_shape(body: bytes) -> None:
    """Check depth and size on the bytes, before anything could recurse."""
    # What has no more brackets and commas than that, in texts or not, is small enough.
    opening = body.count(b"[") + body.count(b"{")
    small = opening <= MAX_DEPTH and opening + body.count(b",") <= MAX_NODES
    if small and len(body) <= MAX_STRING:
        return
    depth = nodes = 0
    quoted = False
    start = 0
    at = 0
    length = len(body)
    while at < length:
        byte = body[at]
        if quoted:
            end = body.find(b'"', at)
            if end == -1:
                raise MalformedError("The body is not JSON.")
            slashes = end
            while slashes > start and body[slashes - 1] == 92:  # noqa: PLR2004 - a backslash
                slashes -= 1
            at = end + 1
            if (end - slashes) % 2 == 0:
                quoted = False
                if end - start > MAX_STRING:
                    raise MalformedError("A text in the body is too long.")
            continue
        if byte == 34:  # noqa: PLR2004 - a quotation mark
            quoted, start = True, at + 1
        elif byte in _OPENING:
            depth += 1
            nodes += 1
        elif byte in _CLOSING:
            depth -= 1
        elif byte == 44:  # noqa: PLR2004 - a comma
            nodes += 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise MalformedError("The body is nested too deeply or has too many parts.")
        at += 1


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise MalformedError("The body says the same key twice.")
    return made


def _refuse(name: str) -> NoReturn:
    raise MalformedError(f"{name} is not JSON.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise MalformedError("A number in the body is too long.")
    return int(text)


def _number(text: str) -> float:
    value = float(text) if len(text) <= MAX_DIGITS * 2 else float("inf")
    if value in {float("inf"), float("-inf")}:
        raise MalformedError("A number in the body is too large.")
    return value


def _check_text(document: object) -> None:
    stack = [document]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item or any(0xD800 <= ord(c) <= 0xDFFF for c in item):  # noqa: PLR2004 - surrogates
                raise MalformedError("A text in the body holds characters that no text has.")
        elif isinstance(item, dict):
            stack += item.keys()
            stack += item.values()
        elif isinstance(item, list):
            stack += item
