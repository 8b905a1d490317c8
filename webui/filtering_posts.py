"""Putting a post, or words of it, into a filter: from the post's own menu."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import PostView
from fedi_k12.services import filters, views
from fedi_k12.services.filters import FilterChanges
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.filtering import ACTION_WORDS, CONTEXT_WORDS
from webui.forms import Form
from webui.leads import local_path
from webui.pages import first_words, render

_NEW = "new"


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Ask into which filter a post goes, whole or by some of its words."""
    post = await _post(request)
    back = local_path(request.query.get("back", ""))
    return await _page(request, post, Form({"what": "post", "into": _NEW, "back": back}))


@signed_in
async def put(request: web.Request) -> web.StreamResponse:
    """Put a post or words into one of the member's filters, or into a new one."""
    form, post = await forms.read(request), await _post(request)
    words = form["words"].strip() if form["what"] == "words" else ""
    if form["what"] == "words" and not words:
        form.errors["words"] = "Type the words, as they stand in posts."
    if len(words) > filters.MAX_KEYWORD:
        form.errors["words"] = f"Take fewer words: {filters.MAX_KEYWORD} letters at most."
    number = parse_id(form["into"])
    if number is None and form["into"] != _NEW:
        form.errors["into"] = "Choose a filter."
    if not form.errors:
        try:
            await request.app[CONTEXT].write(
                filters.take_in,
                actor=actor(request),
                filter_id=number,
                fresh=_fresh(form, post, words),
                post_id=None if words else post.id,
                keyword=words,
                now=request.app[CONTEXT].clock(),
            )
        except InvalidError as error:
            form.errors[""] = str(error).removeprefix("Validation failed: ")
        else:
            raise web.HTTPSeeOther(local_path(form["back"]))
    return await _page(request, post, form, status=422)


def _fresh(form: Form, post: PostView, words: str) -> FilterChanges:
    """Return the filter to make where none of those there are was chosen."""
    action = form["action"] if form["action"] in ACTION_WORDS else "warn"
    title = form["title"].strip() or words or first_words(post)
    return FilterChanges(title=title[:100], contexts=tuple(CONTEXT_WORDS), action=action)


async def _post(request: web.Request) -> PostView:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await views.post_view(session, number, viewer=actor(request))


async def _page(
    request: web.Request, post: PostView, form: Form, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await filters.filters(session, actor=actor(request))
    return await render(
        request,
        "filter_post.html",
        status=status,
        post=post,
        form=form,
        filters=found,
        actions=ACTION_WORDS,
        noindex=True,
    )


_PLACE = r"/posts/{id:\d+}/filter"
ROUTES = [web.get(_PLACE, show), web.post(_PLACE, put)]
