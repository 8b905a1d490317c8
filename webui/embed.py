"""A post inside another site's page: oEmbed (https://oembed.com) and the frame it names.

The frame runs nothing and can reach nothing: no script, no cookies, a Content-Security-Policy
that sandboxes it (FED-97). Only what is for everybody can be shown there.
"""

import re
from html import escape

from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.services import views
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import first_words, path_of, render

WIDTH, HEIGHT, NARROWEST = 400, 320, 220
KEPT_SECONDS = 86_400
_POST = re.compile(r"/@[A-Za-z0-9_]+/(\d{1,19})(?:/embed)?/?")
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_CSP = (
    f"default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
    f"base-uri 'none'; form-action 'none'; frame-ancestors *; sandbox {_SANDBOX}"
)
_NOTHING = "There is nothing here that can be shown elsewhere."


@public
async def oembed(request: web.Request) -> web.Response:
    """Say how a post is shown inside a page (https://docs.joinmastodon.org/methods/oembed/)."""
    ctx = request.app[CONTEXT]
    address = request.query.get("url", "")
    if request.query.get("format", "json") != "json":
        raise InvalidError("Only format=json is served.")
    base = ctx.addresses.base_url
    match = _POST.fullmatch(address.removeprefix(base).partition("?")[0])
    if not address.startswith(f"{base}/") or match is None:
        raise NotFoundError(_NOTHING)
    post = await _open_post(ctx, match[1])
    width = _whole(request.query.get("maxwidth", ""), WIDTH, low=NARROWEST)
    height = _whole(request.query.get("maxheight", ""), HEIGHT, low=120)
    frame = escape(f"{base}{path_of(post)}/embed")
    return web.json_response(
        {
            "type": "rich",
            "version": "1.0",
            "title": f"{post.account.name}: {first_words(post)}",
            "author_name": post.account.name,
            "author_url": post.account.url,
            "provider_name": ctx.settings.name,
            "provider_url": f"{base}/",
            "cache_age": KEPT_SECONDS,
            "html": f'<iframe src="{frame}" width="{width}" height="{height}" '
            f'sandbox="{_SANDBOX}" loading="lazy" referrerpolicy="no-referrer" '
            f'title="{escape(post.account.name)}"></iframe>',
            "width": width,
            "height": height,
        },
        headers={"Cache-Control": f"public, max-age={KEPT_SECONDS}"},
    )


@public
async def frame(request: web.Request) -> web.StreamResponse:
    """Show one post as the content of a frame on another site."""
    post = await _open_post(request.app[CONTEXT], request.match_info["post_id"])
    if request.match_info["acct"].lower() != post.account.acct.lower():
        raise NotFoundError(_NOTHING)
    response = await render(request, "embed.html", post=post, noindex=True)
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


async def _open_post(ctx: Context, number: str) -> PostView:
    post_id = parse_id(number)
    async with ctx.read() as session:
        found = await views.post_views(session, [post_id or 0], viewer=None)
    post = found[0] if found else None
    if (
        post is None
        or not post.local
        or post.boost_of is not None
        or post.local_only
        or post.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}
    ):
        raise NotFoundError(_NOTHING)
    return post


def _whole(text: str, most: int, *, low: int) -> int:
    return max(low, min(most, int(text))) if text.isdecimal() and len(text) < 6 else most  # noqa: PLR2004 - no screen is wider


ROUTES = [
    web.get("/api/oembed", oembed),
    web.get(r"/@{acct}/{post_id:\d{1,19}}/embed", frame),
]
