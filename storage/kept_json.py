"""Columns of JSON, read: a post and its author have ten of them."""

import json

import msgspec

_decode = msgspec.json.Decoder().decode


def from_json(text: str | bytes) -> object:
    """Return what a JSON column holds."""
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeError):
        # Python writes and reads what is not quite JSON: NaN, halves of characters.
        return json.loads(text)
