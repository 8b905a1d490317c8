"""The digests that an official account told, as a collection, the newest first (S-44)."""

from aiohttp import web

from federation.documents import (
    demand_signature,
    document,
    lead_people_away,
    local_account,
    reader,
)
from federation.vocab.build import build_collection
from fedi_k12.services import digest_reading
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT


@from_servers
async def get_digests(request: web.Request) -> web.StreamResponse:
    """Show the ids of the articles that told what happened on a day."""
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    lead_people_away(request, row.url or row.uri)
    demand_signature(ctx, row, await reader(request))
    async with ctx.read() as session:
        items: list[object] = list(await digest_reading.articles(session, row.id))
    return document(
        build_collection(ctx.addresses.digests(row.username), total=len(items), items=items)
    )
