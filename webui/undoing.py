"""Taking a post back before other servers are told, into the form that it was written in."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import PostSource, PostView
from fedi_k12.services import posts, taking_back
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import approvals, writing
from webui.forms import Form


@signed_in
async def undo(request: web.Request) -> web.StreamResponse:
    """Take a post back that no server was told of, into the form that it was written in."""
    ctx, me = request.app[CONTEXT], actor(request)
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with ctx.read() as session:
        post = await posts.own_post_view(session, actor=me, post_id=number)
        source = await posts.source(session, actor=me, post_id=number)
    if not await ctx.write(taking_back.take_back, actor=me, post_id=number, now=ctx.clock()):
        raise web.HTTPSeeOther(f"/posts/{number}/delete?late")
    form = _filled(post, source)
    answered = await writing.post_named(request, form["reply_to"])
    return await writing.write_page(request, form, answered, list(post.media), taken_back=True)


def _filled(post: PostView, source: PostSource) -> Form:
    """Return the form as it was when the post was sent."""
    quoted = post.quote.post if post.quote is not None else None
    form = Form(
        {
            "text": source.text,
            "title": source.title,
            "note": source.summary,
            "who": "members" if post.local_only else post.visibility.value,
            "language": post.language or "",
            "licence": post.license_url or "",
            "sensitive": "1" if post.sensitive and not source.summary else "",
            "reply_to": str(post.in_reply_to_id or ""),
            "quote": str(quoted.id) if quoted is not None else "",
            "answers": "\n".join(o.title for o in post.poll.options) if post.poll else "",
            "several": "1" if post.poll and post.poll.multiple else "",
            "veiled": "1" if post.poll and post.poll.hide_totals else "",
        }
    )
    approvals.fill(form, source.policy)
    return form


ROUTES = [web.post(r"/posts/{id:\d+}/undo", undo)]
