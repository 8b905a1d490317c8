"""The one way to write a JSON value as bytes that everybody arrives at: JCS (RFC 8785).

The package `rfc8785` refuses whole numbers beyond 2⁵³, which other servers round as JavaScript
does; with them it would not verify what everybody else verifies.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from json.encoder import encode_basestring

from fedi_k12.domain.errors import InvalidError

_EXACT = 2**53
_PLAIN_DIGITS, _PLAIN_ZEROS = 21, 6
"""ECMAScript writes numbers out up to so many digits, and so many places after the point."""


def canonical(value: object) -> bytes:
    """Return a JSON value in its canonical form; `InvalidError` for what has none."""
    try:
        return "".join(_parts(value)).encode("utf-8")
    except (UnicodeEncodeError, OverflowError, RecursionError) as error:
        raise InvalidError("The document has no canonical form.") from error


def _parts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield encode_basestring(value)
    elif value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int):
        yield str(value) if -_EXACT <= value <= _EXACT else _number(float(value))
    elif isinstance(value, float):
        yield _number(value)
    elif isinstance(value, Mapping):
        yield from _object(value)
    elif isinstance(value, list | tuple):
        yield "["
        for at, item in enumerate(value):
            if at:
                yield ","
            yield from _parts(item)
        yield "]"
    else:
        raise InvalidError("The document holds what JSON cannot say.")


def _object(value: Mapping[str, object]) -> Iterator[str]:
    yield "{"
    # By UTF-16 units, not by characters: they differ beyond U+FFFF (RFC 8785, 3.2.3).
    for at, key in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be"))):
        if at:
            yield ","
        yield encode_basestring(key)
        yield ":"
        yield from _parts(value[key])
    yield "}"


def _number(value: float) -> str:
    """Return a number as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise InvalidError("The document holds what JSON cannot say.")
    if value == 0:
        return "0"
    sign, found, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, found)).rstrip("0")
    exponent = int(exponent) + len(found) - len(digits)
    point = len(digits) + exponent
    if len(digits) <= point <= _PLAIN_DIGITS:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= _PLAIN_DIGITS:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -_PLAIN_ZEROS < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{rest}e{point - 1:+d}"
    return f"-{text}" if sign else text
