"""The description of the API (OpenAPI 3.1), made from the code that serves it.

Paths come from the router, access from the handlers' decorators, parameters from what the
handlers ask for (`web.reads`), words from their docstrings, answers from `shapes`. Nothing of
it is written by hand, so that nothing of it can be out of date.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from fedi_k12 import __version__
from fedi_k12.api.answers import answer
from fedi_k12.api.entities import Error
from fedi_k12.api.shapes import alternatives, shape_of
from fedi_k12.domain.scopes import in_plain_words
from fedi_k12.web.auth import Access, access_of, public
from fedi_k12.web.keys import CONTEXT, RENDER_PAGE
from fedi_k12.web.reads import Read, Reads, reads_of

Json = dict[str, Any]

DESCRIBED = ("/api/", "/oauth/", "/.well-known/oauth-authorization-server")
METHODS = ("get", "post", "put", "patch", "delete")
_REF = "#/components/schemas/{name}"
_LINK = re.compile(r"https://[^\s)]+")
IN_PATH = re.compile(r"\{([^}:]+)(?::[^}]*)?\}")
_SCHEMAS: Mapping[str, Json] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "number": {"type": "integer"},
    "id": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "ids": {"type": "array", "items": {"type": "string"}},
    "point": {"type": "string", "description": "Two numbers from -1 to 1, as `x,y`."},
    "file": {"type": "string", "format": "binary"},
}


class Operation(Struct, frozen=True):
    """One method of one address."""

    method: str
    path: str
    handler: Callable[..., object]

    @property
    def access(self) -> Access:
        """Who may call it."""
        return access_of(self.handler) or Access("public")

    @property
    def name(self) -> str:
        """What it is called among all others."""
        function = inspect.unwrap(self.handler)
        module = function.__module__.rpartition(".")[2]
        version = "".join(re.findall(r"/v(\d\w*)", self.path)) or "0"
        return f"{module}.{function.__name__}.{self.method}.v{version}.{_slug(self.path)}"

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about, in a word, and where that is documented."""
        module = inspect.getmodule(inspect.unwrap(self.handler))
        words = _docstring(module).partition("\n")[0]
        link = _LINK.search(words)
        return _without_link(words), link[0].rstrip("/.") if link else ""

    @property
    def words(self) -> tuple[str, str]:
        """What it does, in a sentence, and what else there is to know."""
        text = _docstring(inspect.unwrap(self.handler))
        first, _, rest = text.partition("\n")
        return _without_link(first), rest.strip()


def operations(app: web.Application) -> Iterator[Operation]:
    """Yield every operation of the API that the application serves, by path."""
    found = {}
    for route in app.router.routes():
        resource = route.resource
        if resource is None or route.method.lower() not in METHODS:
            continue
        path = IN_PATH.sub(r"{\1}", resource.canonical)
        described = path.startswith(DESCRIBED) and not path.endswith("/")
        if described and access_of(route.handler) is not None:
            found[path, route.method] = Operation(route.method.lower(), path, route.handler)
    yield from (found[key] for key in sorted(found))


def description(app: web.Application, *, title: str, base_url: str) -> Json:
    """Return the OpenAPI document of the application."""
    shapes: dict[str, object] = {}
    paths: dict[str, Json] = {}
    subjects: dict[str, str] = {}
    listed = list(operations(app))
    for operation in listed:
        shapes[operation.name] = shape_of(operation.method.upper(), operation.path)
        subjects.setdefault(*operation.subject)
    kinds = [shape for either in shapes.values() for shape in alternatives(either)]
    schemas, components = msgspec.json.schema_components(
        [Error, *kinds], schema_hook=anything, ref_template=_REF
    )
    answers = iter(schemas[1:])
    for operation in listed:
        found = [next(answers) for _shape in alternatives(shapes[operation.name])]
        shown = {"oneOf": found} if len(found) > 1 else next(iter(found), None)
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, shown)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: the API for apps",
            "version": __version__,
            "description": "The API of Mastodon, and our own addresses beside it. Every "
            "parameter may come in the query, as a form or as JSON.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base_url}],
        "tags": [_subject(name, link) for name, link in sorted(subjects.items())],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": _oauth(base_url, listed)},
        },
    }


def _operation(operation: Operation, shown: Json | None) -> Json:
    summary, more = operation.words
    document: Json = {
        "operationId": operation.name,
        "tags": [operation.subject[0]],
        "summary": summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in IN_PATH.findall(operation.path)
        ],
        "responses": _responses(operation, shown),
        "security": _security(operation.access),
    }
    if more:
        document["description"] = more
    reads = reads_of(operation.handler)
    if operation.method in {"get", "delete"}:
        document["parameters"] += _in_query(reads)
    elif reads:
        document["requestBody"] = {"content": _bodies(reads)}
    return document


def _responses(operation: Operation, shown: Json | None) -> Json:
    refusal = {
        "application/json": {"schema": {"$ref": _REF.format(name="Error")}},
    }
    content = {"text/html": {}} if shown is None else {"application/json": {"schema": shown}}
    found: Json = {"200": {"description": "Done.", "content": content}}
    refused = {"422": "Something about what was asked is not possible.", "429": "Too often."}
    if operation.access.kind in {"token", "app token"}:
        refused |= {
            "401": "There is no token, or it is no good any more.",
            "403": "The token is for something else, or the member may not.",
        }
    if "{" in operation.path:
        refused["404"] = "There is no such thing, or it is not for the one who asks."
    if shown is None:
        found["302"] = {"description": "Where to go on."}
    for code, words in sorted(refused.items()):
        found[code] = {"description": words, "content": refusal}
    return found


def _security(access: Access) -> list[Json]:
    if access.kind in {"token", "app token"}:
        return [{"token": list(access.needs)}]
    return [{}, {"token": []}]


def _oauth(base_url: str, listed: list[Operation]) -> Json:
    scopes = sorted({scope for operation in listed for scope in operation.access.needs})
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": f"{base_url}/oauth/authorize",
                "tokenUrl": f"{base_url}/oauth/token",
                "scopes": {
                    scope: "; ".join(words for _, words in in_plain_words(frozenset({scope})))
                    for scope in scopes
                },
            }
        },
    }


def _in_query(reads: Reads) -> list[Json]:
    listed = []
    for read in reads.values():
        schema = _schema(read)
        many = schema["type"] == "array"
        parameter: Json = {
            "name": f"{read.name}[]" if many else read.name,
            "in": "query",
            "schema": schema,
        }
        if schema["type"] == "object":
            parameter |= {"style": "deepObject", "explode": True}
        listed.append(parameter)
    return listed


def _bodies(reads: Reads) -> Json:
    schema = {
        "type": "object",
        "properties": {name: _schema(read) for name, read in reads.items()},
    }
    if any(read.kind == "file" for read in reads.values()):
        return {"multipart/form-data": {"schema": schema}}
    return {
        "application/json": {"schema": schema},
        "application/x-www-form-urlencoded": {"schema": schema},
    }


def _schema(read: Read) -> Json:
    if read.kind in {"object", "objects"}:
        inner = {
            "type": "object",
            "properties": {name: _schema(part) for name, part in read.within.items()},
        }
        return inner if read.kind == "object" else {"type": "array", "items": inner}
    schema = dict(_SCHEMAS[read.kind])
    if read.default is not None:
        schema |= {"default": read.default}
    if read.most is not None:
        schema["description"] = f"At most {read.most}."
    return schema


def _subject(name: str, link: str) -> Json:
    return {"name": name, **({"externalDocs": {"url": link}} if link else {})}


def _docstring(of: object) -> str:
    """Return a docstring; out of the source where it was not loaded (`fedi_k12.bare`)."""
    if (loaded := inspect.getdoc(of)) is not None:
        return loaded
    if not isinstance(of, ModuleType | FunctionType):
        return ""
    tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
    stands_in = tree if isinstance(of, ModuleType) else tree.body[0]
    if not isinstance(stands_in, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    return ast.get_docstring(stands_in) or ""


def _without_link(words: str) -> str:
    return _LINK.sub("", words.partition(": https")[0]).replace(" ()", "").rstrip(".: ")


def anything(kind: type) -> Json:
    """Return what is said of a value that may be anything."""
    if kind is object:
        return {"description": "Anything."}
    raise NotImplementedError(f"{kind} has no form in JSON.")


def _slug(path: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"^/(api/v\w+|oauth)", "", path)).strip("_")


def _document(request: web.Request) -> Json:
    settings = request.app[CONTEXT].settings
    return description(request.app, title=settings.name, base_url=settings.base_url)


@public
async def show(request: web.Request) -> web.Response:
    """Return the description of this API (OpenAPI 3.1)."""
    return answer(_document(request), headers={"Cache-Control": "public, max-age=3600"})


@public
async def read(request: web.Request) -> web.Response:
    """Show the description of this API as a page."""
    document = _document(request)
    rows: dict[str, list[Json]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            row = {**operation, "method": method.upper(), "path": path}
            rows[operation["tags"][0]].append(row | {"takes": _taken(operation)})
    links = {
        tag["name"]: tag.get("externalDocs", {}).get("url", "") for tag in document["tags"]
    }
    groups = [(name, links[name], listed) for name, listed in rows.items()]
    return await request.app[RENDER_PAGE](request, "api.html", {"groups": groups})


def _taken(operation: Json) -> list[tuple[str, str]]:
    """Return the parameters of an operation with what each holds, in words."""
    found = [(item["name"], _kind(item["schema"])) for item in operation["parameters"]]
    for body in operation.get("requestBody", {}).get("content", {}).values():
        properties = body["schema"]["properties"]
        return found + [(name, _kind(schema)) for name, schema in properties.items()]
    return found


def _kind(schema: Json) -> str:
    if schema["type"] == "array":
        return f"{_kind(schema['items'])}, several"
    if schema["type"] == "object":
        return "{ " + ", ".join(schema["properties"]) + " }"
    if schema.get("format") == "binary":
        return "file"
    words = {"string": "text", "boolean": "yes or no", "integer": "number"}
    return words[schema["type"]]


ROUTES = [
    web.get("/api/openapi.json", show),
    web.get("/api", read),
]
