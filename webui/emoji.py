"""Answering a post with an emoji, and seeing who did: names where one asks, no figures."""

from aiohttp import web

from fedi_k12.domain.emoji import QUICK
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import emoji_reactions, emojis, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import path_of, render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the emojis under a post, who gave them, and those one could give."""
    return await _page(request, Form({}))


@signed_in
async def give(request: web.Request) -> web.StreamResponse:
    """Give a post an emoji, or take one's own back."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me, post_id = actor(request), _id(request)
    emoji = form["emoji"] or form["other"]
    try:
        if form.flag("away"):
            await ctx.write(
                emoji_reactions.unreact, actor=me, post_id=post_id, emoji=None, now=ctx.clock()
            )
        else:
            await ctx.write(
                emoji_reactions.react,
                actor=me,
                post_id=post_id,
                emoji=emoji,
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
    except InvalidError:
        form.errors["other"] = "One emoji is wanted here, and nothing else."
        return await _page(request, form, status=422)
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=me)
    shown = view.boost_of or view
    raise web.HTTPSeeOther(f"{path_of(shown)}#p{shown.id}")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        view = await views.post_view(session, _id(request), viewer=me)
        post = view.boost_of or view
        given = await emoji_reactions.given(session, post_id=post.id, viewer=me)
        own = await emojis.own(session)
    return await render(
        request,
        "emoji.html",
        status=status,
        post=post,
        given=given,
        mine=[one.name for one in post.reactions if one.mine],
        quick=QUICK,
        own=own,
        form=form,
        noindex=True,
    )


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get(r"/posts/{id:\d+}/emoji", show),
    web.post(r"/posts/{id:\d+}/emoji", give),
]
