"""Collections about events: those an account has ahead, and how many come to one."""

from aiohttp import web

from federation.documents import (
    NOT_FOUND,
    demand_signature,
    document,
    lead_people_away,
    local_account,
    readable_post,
    reader,
)
from federation.objects import notes_of
from federation.vocab.build import build_collection, count_collection
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import events, posts

MAX_UPCOMING = 100


@from_servers
async def get_upcoming_events(request: web.Request) -> web.StreamResponse:
    """Show an account's public events that are not over, the soonest first (FEP-8a8e)."""
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    lead_people_away(request, row.url or row.uri)
    demand_signature(ctx, row, await reader(request))
    async with ctx.read() as session:
        ids = await events.of_account(
            session, row.id, None, since=ctx.clock(), limit=MAX_UPCOMING
        )
        found = await posts.by_ids(session, ids)
        rows = [found[number] for number in ids if number in found]
        notes = await notes_of(session, rows, addresses=ctx.addresses)
    items = [notes[post.id] for post in rows]
    uri = ctx.addresses.upcoming_events(row.username)
    return document(build_collection(uri, total=len(items), items=items))


@from_servers
async def get_attendees(request: web.Request) -> web.StreamResponse:
    """Show how many come to an event, and not who (FED-94)."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    uri = ctx.addresses.post(request.match_info["username"], int(request.match_info["post_id"]))
    async with ctx.read() as session:
        row, author = await readable_post(session, ctx, uri, sender)
        lead_people_away(request, row.url or row.uri)
        demand_signature(ctx, author, sender)
        event = (await events.by_posts(session, [row.id])).get(row.id)
    if event is None:
        raise NotFoundError(NOT_FOUND)
    return document(count_collection(f"{uri}/attendees", event.going_count))
