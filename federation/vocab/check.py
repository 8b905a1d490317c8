"""Hold what comes in and what goes out against JSON Schemas; they are published, too.

The files in `schemas` refer to one another by relative addresses, so they hold wherever they
are served (`/protocol/schemas/…`). What reads them takes 3 MB, and is loaded for the first
activity that is not of the usual form: see `is_plain`.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from federation.vocab.values import Json
from fedi_k12.domain.errors import InvalidError

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_BASE = "https://fedi-k12.invalid/protocol/schemas/"
_ACTORS = {"Person", "Group", "Organization", "Service", "Application"}
_MEDIA = {"Image", "Video", "Audio"}
_MAX_TYPE, _MAX_ID, _MAX_AUDIENCE = 200, 2048, 20_000
"""As in `accepted/activity.json`."""


@cache
def schemas() -> Mapping[str, str]:
    """Return the text of every schema by its name, such as `sent/Note.json`."""
    folder = files("federation.vocab") / "schemas"
    found = {"common.json": (folder / "common.json").read_text("utf-8")}
    for part in ("accepted", "sent"):
        for path in (folder / part).iterdir():
            if path.name.endswith(".json"):
                found[f"{part}/{path.name}"] = path.read_text("utf-8")
    return dict(sorted(found.items()))


@cache
def validator(name: str) -> "Draft202012Validator":
    """Return what checks a document against a schema, with its references resolved."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resources: list[tuple[str, Resource[Any]]] = [
        (
            _BASE + other,
            Resource.from_contents(json.loads(text), default_specification=DRAFT202012),
        )
        for other, text in schemas().items()
    ]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator({"$ref": _BASE + name}, registry=registry)


def schema_of(document: Json) -> str:
    """Return the name of the schema that a document of ours has to follow."""
    kind = str(document.get("type", ""))
    if kind in _ACTORS:
        return "sent/Actor.json"
    if kind in _MEDIA:
        return "sent/Media.json"
    name = f"sent/{kind}.json"
    return name if name in schemas() else "sent/Document.json"


def faults_of(document: Json) -> list[str]:
    """Return what is wrong with a document that we are about to send: place and sentence."""
    found = validator(schema_of(document)).iter_errors(document)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


@cache
def _activity() -> "Draft202012Validator":
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schemas()["accepted/activity.json"]))


def check_activity(raw: Json) -> None:
    """Raise `InvalidError`, naming the place, unless `raw` has an activity's form.

    The schema decides; what is certainly as it asks is let through without it, which takes
    a hundredth of the time.
    """
    if is_plain(raw) or _activity().is_valid(raw):
        return
    from jsonschema.exceptions import best_match

    error = best_match(_activity().iter_errors(raw))
    place = ".".join(str(part) for part in error.absolute_path) if error is not None else ""
    raise InvalidError(f"{place or 'The activity'}: it does not have the form of one.")


def is_plain(raw: Json) -> bool:
    """Return whether `raw` is of the form that nearly all activities have.

    Whatever is so follows `accepted/activity.json`; of what is not, the schema has to tell.
    """
    return (
        _is_text(raw.get("type"), at_most=_MAX_TYPE)
        and _is_text(raw.get("actor"), at_most=_MAX_ID)
        and _is_reference(raw.get("object"))
        and _is_text(raw.get("id", "-"), at_most=_MAX_ID)
        and ("target" not in raw or _is_reference(raw["target"]))
        and isinstance(raw.get("@context", ""), (str, list, dict))
        and isinstance(raw.get("published", ""), str)
        and _is_audience(raw.get("to", ""))
        and _is_audience(raw.get("cc", ""))
    )


def _is_text(value: object, *, at_most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= at_most


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) or _is_text(value, at_most=_MAX_ID)


def _is_audience(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and len(value) <= _MAX_AUDIENCE)
