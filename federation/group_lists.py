"""The list of who looks after a group of ours (FEP-1b12); its members are only counted."""

from aiohttp import web

from federation.documents import (
    NOT_FOUND,
    demand_signature,
    document,
    lead_people_away,
    local_account,
    reader,
)
from federation.vocab.build import build_collection
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import groups


@from_servers
async def get_moderators(request: web.Request) -> web.StreamResponse:
    """Show who looks after a group: their word counts in it, so others have to know them."""
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    if row.kind != "Group":
        raise NotFoundError(NOT_FOUND)
    lead_people_away(request, row.url or row.uri)
    demand_signature(ctx, row, await reader(request))
    async with ctx.read() as session:
        uris = await groups.moderator_uris(session, row.id)
    uri = ctx.addresses.moderators(row.username)
    return document(build_collection(uri, total=len(uris), items=uris, attributed_to=row.uri))
