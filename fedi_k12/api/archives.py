"""What official accounts said on X and Facebook before, for apps: our own endpoint."""

from aiohttp import web

from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.api.moments import moment
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.archives import Source
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import archives, views
from fedi_k12.services.archives import PastView
from fedi_k12.web.auth import public
from fedi_k12.web.params import params

MAX_OFFSET = 1_000_000


@public
async def get_page(request: web.Request) -> web.Response:
    """Return twenty posts of the account's archives from `offset` on, the newest first.

    `source` (`x` or `facebook`) and `q`, words that begin so, narrow them.
    """
    ctx = context(request)
    asked = await params(request)
    source = asked.text("source")
    if source not in {"", *Source}:
        raise NotFoundError("Record not found")
    number = path_id(request)
    async with ctx.slow_read() as session:
        account = await views.account_view(session, number)
        if not account.official or account.suspended:
            raise NotFoundError("Record not found")
        found = await archives.page(
            session,
            number,
            source=source,
            q=asked.text("q"),
            offset=min(max(0, asked.whole("offset") or 0), MAX_OFFSET),
        )
        spans = await archives.spans(session, number)
    return answer(
        {
            "sources": [
                {
                    "source": one.source.value,
                    "posts": one.posts,
                    "first": one.first,
                    "last": one.last,
                }
                for one in spans
            ],
            "found": found.found,
            "posts": [_entity(ctx, post) for post in found.posts],
        }
    )


def _entity(ctx: Context, post: PastView) -> Entity:
    return {
        "id": str(post.id),
        "source": post.source.value,
        "said_at": moment(post.at),
        "text": post.text,
        "pictures": [
            {
                "url": ctx.addresses.file(one.file or ""),
                "preview_url": ctx.addresses.file(one.preview_file or ""),
                "description": one.alt,
            }
            for one in post.pictures
        ],
    }


ROUTES = [web.get("/api/fedi/v1/accounts/{id}/archive", get_page)]
