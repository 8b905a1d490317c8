"""Holds every answer of the API, in whatever test, to what the description says of it."""

import json
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
from aiohttp import web

from fedi_k12.api.entities import Error
from fedi_k12.api.openapi import DESCRIBED, IN_PATH, anything
from fedi_k12.api.shapes import alternatives, shape_of


class Answers:
    """The answers that were not as described, as a server sees them that sends them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    async def look(self, request: web.Request, response: web.StreamResponse) -> None:
        """Remember what is wrong with an answer, if it is one of the API."""
        resource = request.match_info.route.resource
        body = getattr(response, "body", None)
        path = IN_PATH.sub(r"{\1}", resource.canonical) if resource else request.path
        if (
            not path.startswith(DESCRIBED)
            or not isinstance(body, bytes)
            or request.method == "HEAD"
        ):
            return
        shape = shape_of(request.method, path.rstrip("/") or path)
        refused = response.status >= 400
        if shape is None or path.rstrip("/") == "/api":
            return
        faults = [_fault(one, body) for one in ((Error,) if refused else alternatives(shape))]
        fault = faults[0] if all(faults) else ""
        if fault:
            # Whoever adds something describes it: `fedi_k12/api/entities`, `api/shapes.py`.
            self.faults.append(f"{request.method} {request.path} {response.status}: {fault}")


def _fault(shape: object, body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return f"is not JSON: {body[:80]!r}"
    error = next(iter(_validator(shape).iter_errors(document)), None)
    return f"{error.message} at {error.instance_path}" if error is not None else ""


@cache
def _validator(shape: Any) -> jsonschema_rs.Validator:
    (schema,), components = msgspec.json.schema_components(
        [shape], schema_hook=anything, ref_template="#/$defs/{name}"
    )
    for component in components.values():
        # What is described is all there is.
        component.setdefault("additionalProperties", False)
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": components})
