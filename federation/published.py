"""The protocol as files: the JSON Schemas of everything we accept and send (draft 2020-12)."""

import json

from aiohttp import web

from federation.vocab.check import schemas
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import public


@public
async def get_schemas(request: web.Request) -> web.StreamResponse:
    """Name every schema: what is accepted and what is sent."""
    names = list(schemas())
    return web.Response(
        text=json.dumps({"schemas": [f"{request.path.rstrip('/')}/{name}" for name in names]}),
        headers={"Content-Type": "application/json", "Cache-Control": "public, max-age=3600"},
    )


@public
async def get_schema(request: web.Request) -> web.StreamResponse:
    """Show one schema."""
    text = schemas().get(request.match_info["name"])
    if text is None:
        raise NotFoundError("There is no such schema; /protocol/schemas names all of them.")
    return web.Response(
        text=text,
        headers={
            "Content-Type": "application/schema+json; charset=utf-8",
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "public, max-age=3600",
        },
    )
