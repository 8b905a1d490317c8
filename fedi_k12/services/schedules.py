"""The schedules of retention that are known: those that come along, and the district's own.

Own ones are put as `NAME.json` into the folder `schedules` of the data folder. Each is held
against the JSON Schema beside those that come along.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.retention import DEFAULT, Schedule, read_schedule

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def known(folder: Path | None = None) -> Mapping[str, Schedule]:
    """Return the schedules by their ids, the default first.

    `folder`: of the district's own, which stand for one of the same id that comes along.
    Raises `InvalidError` that names the file where one does not follow the schema.
    """
    own = dict(_own(folder)) if folder is not None and folder.is_dir() else {}
    found = {**_shipped(), **own}
    return {DEFAULT: found[DEFAULT], **dict(sorted(found.items()))}


@cache
def _shipped() -> Mapping[str, Schedule]:
    folder = files("fedi_k12") / "schedules"
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    del texts["schema.json"]
    return {one.id: one for one in (_read(name, text) for name, text in texts.items())}


def _own(folder: Path) -> Iterator[tuple[str, Schedule]]:
    for path in sorted(folder.glob("*.json")):
        one = _read(path.name, path.read_text("utf-8", "replace"))
        yield one.id, one


def _read(name: str, text: str) -> Schedule:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidError(f"The schedule {name} is no JSON: {error}") from error
    from jsonschema.exceptions import best_match

    wrong = best_match(_validator().iter_errors(document))
    if wrong is not None:
        raise InvalidError(f"The schedule {name}, {wrong.json_path}: {wrong.message[:200]}")
    try:
        return read_schedule(document)
    except ValueError as error:
        raise InvalidError(f"The schedule {name}: {error}.") from error


@cache
def _validator() -> "Draft202012Validator":
    # 3 MB, for who keeps records.
    from jsonschema import Draft202012Validator

    text = (files("fedi_k12") / "schedules" / "schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return Draft202012Validator(schema)
