"""Collections of accounts that members made, for other servers (FEP-7aa9)."""

from aiohttp import web

from federation.authenticate import Sender
from federation.documents import (
    NOT_FOUND,
    demand_signature,
    document,
    lead_people_away,
    local_account,
    reader,
)
from federation.featured import document_of, item_of
from federation.vocab.build import build_collection
from federation.vocab.featured import build_item
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collections import MAX_COLLECTIONS, CollectionView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import collections
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT


@from_servers
async def get_list(request: web.Request) -> web.StreamResponse:
    """Show the ids of the collections on a member's profile, the newest first."""
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    lead_people_away(request, row.url or row.uri)
    sender = await reader(request)
    demand_signature(ctx, row, sender)
    async with ctx.read() as session:
        found = await collections.made_by(
            session, account_id=row.id, viewer=_viewer(sender), limit=MAX_COLLECTIONS
        )
    uri = ctx.addresses.featured_collections(row.username)
    items = [view.uri for view in found]
    return document(build_collection(uri, total=len(items), items=items))


@from_servers
async def get_collection(request: web.Request) -> web.StreamResponse:
    """Show a collection with who is in it, as far as the reader may see them."""
    ctx = request.app[CONTEXT]
    return document(document_of(await _collection(request), ctx.addresses))


@from_servers
async def get_item(request: web.Request) -> web.StreamResponse:
    """Show somebody's place in a collection."""
    view = await _collection(request)
    number = parse_id(request.match_info["item"])
    item = next((one for one in view.items if one.id == number), None)
    if item is None or item.state is not Consent.ACCEPTED:
        raise NotFoundError(NOT_FOUND)
    return document(build_item(item_of(item)))


async def _collection(request: web.Request) -> CollectionView:
    ctx: Context = request.app[CONTEXT]
    row = await local_account(ctx, request)
    sender = await reader(request)
    number = parse_id(request.match_info["number"])
    async with ctx.read() as session:
        view = await collections.get(session, collection_id=number or 0, viewer=_viewer(sender))
    if view.owner.id != row.id:
        raise NotFoundError(NOT_FOUND)
    lead_people_away(request, ctx.addresses.absolute(view.path))
    demand_signature(ctx, row, sender)
    return view


def _viewer(sender: Sender | None) -> Actor | None:
    return Actor(sender.account_id) if sender is not None else None
