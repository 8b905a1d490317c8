"""What members began to write: kept, gone on with, looked at as it will look, thrown away."""

from collections.abc import Sequence

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import Draft, MediaView, PostView
from fedi_k12.services import drafts, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

FIELDS = (
    "title", "text", "note", "sensitive", "language", "licence", "who", "answers", "open-for",
    "several", "veiled", "later_day", "later_time", "may-reply", "may-quote", "may-pass",
    "reply_to", "quote",
)  # fmt: skip
"""What of the form for a post is kept; its pictures are kept besides."""


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what the member began to write."""
    async with request.app[CONTEXT].read() as session:
        found = await drafts.drafts(session, actor=actor(request))
    return await render(
        request, "drafts.html", drafts=found, kept="kept" in request.query, noindex=True
    )


@signed_in
async def throw_away(request: web.Request) -> web.StreamResponse:
    """Forget a draft."""
    await forms.read(request)
    await request.app[CONTEXT].write(
        drafts.throw_away, actor=actor(request), draft_id=_number(request.match_info["id"])
    )
    raise web.HTTPSeeOther("/drafts")


async def keep(request: web.Request, form: Form, media: Sequence[MediaView]) -> None:
    """Keep a form as a draft and lead to the drafts; put what is in the way into the form."""
    ctx = request.app[CONTEXT]
    words = {name: form[name] for name in FIELDS if form[name]}
    if not (media or any(words.get(name, "").strip() for name in _WRITTEN)):
        form.errors["text"] = "There is nothing to keep yet: write a word or two first."
        return
    try:
        await ctx.write(
            drafts.keep,
            actor=actor(request),
            draft_id=parse_id(form["draft"]),
            words=words,
            media_ids=[item.id for item in media],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["text"] = forms.why(error)
        return
    raise web.HTTPSeeOther("/drafts?kept")


async def begun(request: web.Request) -> tuple[Form, list[MediaView]]:
    """Return the form of the draft that is asked for, with its pictures."""
    me, number = actor(request), _number(request.query["draft"])
    async with request.app[CONTEXT].read() as session:
        found = await drafts.get(session, actor=me, draft_id=number)
        form = Form({name: found.words.get(name, "") for name in FIELDS})
        named = [parse_id(form[name]) or 0 for name in _NAMED]
        there = {str(one.id) for one in await views.post_views(session, named, viewer=me)}
    form.set("draft", str(found.id))
    for name in _NAMED:
        if form[name] not in there:
            # What it answers or quotes is gone: the words are not.
            form.set(name, "")
    return form, list(found.media)


async def preview(request: web.Request, draft: Draft, media: Sequence[MediaView]) -> PostView:
    """Return how a post will look."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        return await drafts.preview(
            session,
            actor=actor(request),
            draft=draft,
            media=media,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )


_NAMED = ("reply_to", "quote")
_WRITTEN = ("title", "text", "note", "answers")


def _number(text: str) -> int:
    number = parse_id(text)
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get("/drafts", show),
    web.post(r"/drafts/{id:\d+}/throw-away", throw_away),
]
