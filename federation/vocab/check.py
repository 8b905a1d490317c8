"""Hold what comes in against the JSON Schemas of what we take."""

import json
from importlib.resources import files

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from federation.vocab.values import Json
from fedi_k12.domain.errors import InvalidError


def schema(name: str) -> dict[str, object]:
    """Return one of the schemas in `federation/vocab/schemas`."""
    path = files("federation.vocab") / "schemas" / f"{name}.json"
    loaded: dict[str, object] = json.loads(path.read_text("utf-8"))
    return loaded


_activity = Draft202012Validator(schema("activity"))


def check_activity(raw: Json) -> None:
    """Raise `InvalidError`, naming the place, unless `raw` has an activity's form."""
    if _activity.is_valid(raw):
        return
    error = best_match(_activity.iter_errors(raw))
    place = ".".join(str(part) for part in error.absolute_path) if error is not None else ""
    raise InvalidError(f"{place or 'The activity'}: it does not have the form of one.")
