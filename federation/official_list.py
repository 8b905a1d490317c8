"""Which accounts speak for this place, as a list that anybody can check (S-35, FEP-8b32).

The list is signed by the server's own actor. Whoever got it from somebody else finds out with
the key in that actor's document whether it is what this place said, and when it said so.
"""

from aiohttp import web

from federation.documents import ACTIVITY_JSON
from federation.objects import encode, encode_proven
from federation.signing import prover_for
from federation.vocab.build import build_collection
from fedi_k12.services import officials, site
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import accounts
from storage.tables import AccountRow


@from_servers
async def get_official_accounts(request: web.Request) -> web.StreamResponse:
    """Show the official accounts as a Collection with the proof of the server's actor."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        rows = [row for row in await officials.listed(session) if row.suspended_at is None]
        server = await accounts.by_uri(session, ctx.addresses.server_actor())
        about = await site.site(session, name=ctx.settings.name)
    listed = {
        **build_collection(
            ctx.addresses.official_accounts(),
            total=len(rows),
            ordered=False,
            attributed_to=ctx.addresses.server_actor(),
            items=[_entry(row, ctx.settings.handle_domain) for row in rows],
        ),
        "name": about.title,
        "url": f"{ctx.addresses.base_url}/official-accounts",
    }
    prove = await prover_for(ctx, server.id) if server is not None else None
    return web.Response(
        body=encode_proven(listed, prove) if prove is not None else encode(listed),
        headers={"Content-Type": ACTIVITY_JSON, "Cache-Control": "public, max-age=300"},
    )


def _entry(row: AccountRow, handle_domain: str) -> dict[str, object]:
    return {
        "id": row.uri,
        "type": row.kind,
        "name": row.display_name or row.username,
        "preferredUsername": row.username,
        "webfinger": f"{row.username}@{handle_domain}",
        "url": row.url or row.uri,
    }
