"""Stamps: a member's word that somebody may quote, answer or recommend, shown to everybody."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from federation.documents import NOT_FOUND, document, local_account
from federation.featured import feature_stamp
from federation.vocab.quote import build_stamp
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import approvals, posts
from storage.tables import AccountRow


@from_servers
async def get_stamp(request: web.Request) -> web.StreamResponse:
    """Show a stamp, signed for or not; one that was taken back is not found."""
    ctx = request.app[CONTEXT]
    author = await local_account(ctx, request)
    number = parse_id(request.match_info["number"]) or 0
    async with ctx.read() as session:
        found = await _of_post(session, author, number) or await feature_stamp(
            session, author, number
        )
    if found is None:
        raise NotFoundError(NOT_FOUND)
    return document(found)


async def _of_post(
    session: AsyncSession, author: AccountRow, number: int
) -> dict[str, object] | None:
    row = await approvals.by_id(session, number)
    target = await posts.by_id(session, row.target_id or 0) if row is not None else None
    if row is None or target is None or target.account_id != author.id:
        return None
    if not row.stamp_uri or row.state != Consent.ACCEPTED:
        return None
    return build_stamp(
        row.kind,
        uri=row.stamp_uri,
        author_uri=author.uri,
        interaction_uri=row.interaction_uri,
        target_uri=target.uri,
    )
