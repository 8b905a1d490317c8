"""A member's filters: what they do not want to read, or be warned of, and where that holds."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.words import words
from fedi_k12.services import filters, views
from fedi_k12.services.filters import FilterChanges, FilterView, KeywordChange
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

EMPTY_ROWS = 3
PLACE = "/settings/filters"
CONTEXT_WORDS = {
    "home": "Home, and lists",
    "public": "Colleagues, hashtags and other public pages",
    "thread": "Threads",
    "account": "People’s profiles",
    "notifications": "Notifications",
}
ACTION_WORDS = {
    "warn": ("Fold it", "A line says which filter fits. You can open it."),
    "hide": (
        "Leave it out",
        "You do not see it. In threads and notifications it is folded.",
    ),
    "blur": ("Fold its pictures only", "Its words are shown as always."),
}
LASTING = {
    "0": "Until I delete it",
    "1800": "Half an hour",
    "3600": "An hour",
    "21600": "Six hours",
    "86400": "A day",
    "604800": "A week",
    "2592000": "30 days",
}
_DONE = {
    "saved": "Saved. It holds from now on.",
    "deleted": "The filter is deleted.",
    "removed": "The post is no longer in the filter.",
}


@signed_in
async def show_filters(request: web.Request) -> web.StreamResponse:
    """Show the member's filters."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await filters.filters(session, actor=actor(request))
    return await render(
        request,
        "filters.html",
        filters=found,
        now=ctx.clock(),
        CONTEXTS=CONTEXT_WORDS,
        ACTIONS=ACTION_WORDS,
        done=_DONE.get(request.query.get("done", ""), ""),
        noindex=True,
    )


@signed_in
async def show_new(request: web.Request) -> web.StreamResponse:
    """Show the form for a new filter."""
    form = Form({"action": "warn", "rows": "0"})
    form.lists["context"] = list(CONTEXT_WORDS)
    return await _form_page(request, form, None)


@signed_in
async def create(request: web.Request) -> web.StreamResponse:
    """Make a filter."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    if _fits(form):
        try:
            await ctx.write(
                filters.create, actor=actor(request), changes=_changes(form), now=ctx.clock()
            )
        except InvalidError as error:
            form.errors[""] = _said(error)
        else:
            raise web.HTTPSeeOther(f"{PLACE}?done=saved")
    return await _form_page(request, form, None, status=422)


@signed_in
async def show_filter(request: web.Request) -> web.StreamResponse:
    """Show the form for changing a filter, and the posts that are in it."""
    found = await _filter(request)
    form = Form({"title": found.title, "action": found.action, "lasts": ""})
    form.lists["context"] = list(found.contexts)
    form.set("rows", str(len(found.keywords)))
    for at, word in enumerate(found.keywords):
        form.set(f"id{at}", str(word.id))
        form.set(f"keyword{at}", word.keyword)
        form.set(f"whole{at}", "1" if word.whole_word else "")
    return await _form_page(request, form, found)


@signed_in
async def change(request: web.Request) -> web.StreamResponse:
    """Change a filter; a word that was emptied is taken away."""
    ctx = request.app[CONTEXT]
    found = await _filter(request)
    form = await forms.read(request)
    if _fits(form):
        try:
            await ctx.write(
                filters.update,
                actor=actor(request),
                filter_id=found.id,
                changes=_changes(form),
                now=ctx.clock(),
            )
        except InvalidError as error:
            form.errors[""] = _said(error)
        else:
            raise web.HTTPSeeOther(f"{PLACE}?done=saved")
    return await _form_page(request, form, found, status=422)


@signed_in
async def delete(request: web.Request) -> web.StreamResponse:
    """Delete a filter."""
    found = await _filter(request)
    await request.app[CONTEXT].write(filters.delete, actor=actor(request), filter_id=found.id)
    raise web.HTTPSeeOther(f"{PLACE}?done=deleted")


@signed_in
async def remove_post(request: web.Request) -> web.StreamResponse:
    """Take a post out of a filter."""
    found = await _filter(request)
    number = parse_id(request.match_info["entry"])
    await request.app[CONTEXT].write(
        filters.remove_post, actor=actor(request), entry_id=number or 0
    )
    raise web.HTTPSeeOther(f"{PLACE}/{found.id}?done=removed")


def _fits(form: Form) -> bool:
    """Note what is missing, all of it at once; return whether nothing is."""
    if not form["title"].strip():
        form.errors["title"] = "Give the filter a name."
    if not form.lists.get("context"):
        form.errors["context"] = "Tick at least one place."
    for at in range(_rows(form)):
        if len(form[f"keyword{at}"]) > filters.MAX_KEYWORD:
            form.errors[f"keyword{at}"] = words(
                "A word has %(num)s letters at most.", num=filters.MAX_KEYWORD
            )
    return not form.errors


def _changes(form: Form) -> FilterChanges:
    lasts = form["lasts"]
    return FilterChanges(
        title=form["title"],
        contexts=tuple(form.lists.get("context", [])),
        action=form["action"],
        expires_in=int(lasts) if lasts in LASTING else None,
        keywords=tuple(_keywords(form)),
    )


def _keywords(form: Form) -> list[KeywordChange]:
    """Return the words to add, to change and to take away, row by row."""
    found = []
    for at in range(_rows(form)):
        number, word = parse_id(form[f"id{at}"]), form[f"keyword{at}"].strip()
        if word:
            found.append(KeywordChange(word, form.flag(f"whole{at}"), number))
        elif number is not None:
            found.append(KeywordChange(id=number, destroy=True))
    return found


def _rows(form: Form) -> int:
    """Return how many rows of words a form has: as it says, with the empty ones below."""
    said = form["rows"]
    filled = int(said) if said.isascii() and said.isdigit() and len(said) < len("1000") else 0
    return min(filled, filters.MAX_KEYWORDS) + EMPTY_ROWS


def _said(error: InvalidError) -> str:
    return forms.why(error)


async def _filter(request: web.Request) -> FilterView:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await filters.get(session, actor=actor(request), filter_id=number)


async def _form_page(
    request: web.Request, form: Form, found: FilterView | None, *, status: int = 200
) -> web.StreamResponse:
    me = actor(request)
    entries = found.posts if found else ()
    async with request.app[CONTEXT].read() as session:
        shown = await views.post_views(session, [entry.post_id for entry in entries], viewer=me)
    posts = {post.id: post for post in shown}
    return await render(
        request,
        "filter_form.html",
        status=status,
        form=form,
        found=found,
        chosen=form.lists.get("context", []),
        entries=[(entry, posts.get(entry.post_id)) for entry in entries],
        rows=_rows(form),
        CONTEXTS=CONTEXT_WORDS,
        ACTIONS=ACTION_WORDS,
        LASTING=LASTING if found is None else {"": "As it is", **LASTING},
        done=_DONE.get(request.query.get("done", ""), ""),
        noindex=True,
    )


_ONE = PLACE + r"/{id:\d+}"
ROUTES = [
    web.get(PLACE, show_filters),
    web.get(PLACE + "/new", show_new),
    web.post(PLACE + "/new", create),
    web.get(_ONE, show_filter),
    web.post(_ONE, change),
    web.post(_ONE + "/delete", delete),
    web.post(_ONE + r"/posts/{entry:\d+}/remove", remove_post),
]
