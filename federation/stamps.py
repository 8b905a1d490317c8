"""Stamps: a member's word that somebody may quote or answer a post, shown to everybody."""

from aiohttp import web

from federation.documents import NOT_FOUND, document, local_account
from federation.vocab.quote import build_stamp
from fedi_k12.domain.approvals import Consent, Interaction
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import approvals, posts


@from_servers
async def get_stamp(request: web.Request) -> web.StreamResponse:
    """Show a stamp, signed for or not; one that was taken back is not found."""
    ctx = request.app[CONTEXT]
    author = await local_account(ctx, request)
    number = parse_id(request.match_info["number"])
    async with ctx.read() as session:
        row = await approvals.by_id(session, number) if number is not None else None
        target = await posts.by_id(session, row.target_id or 0) if row is not None else None
    if (
        row is None
        or target is None
        or not row.stamp_uri
        or row.state != Consent.ACCEPTED
        or target.account_id != author.id
    ):
        raise NotFoundError(NOT_FOUND)
    return document(
        build_stamp(
            Interaction(row.kind),
            uri=row.stamp_uri,
            author_uri=author.uri,
            interaction_uri=row.interaction_uri,
            target_uri=target.uri,
        )
    )
