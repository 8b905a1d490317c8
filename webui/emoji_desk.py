"""The custom emojis of this place, for staff: added, removed, copied from a post elsewhere."""

from aiohttp import web

from fedi_k12.domain.accounts import EmojiView
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.services import emojis
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.media import picture_bytes
from fedi_k12.web.uploads import take_in_emoji
from webui import forms
from webui.forms import Form
from webui.pages import render

_LABELS = {"shortcode": "The name", "file": "The picture"}


@role_needed(Action.KEEP_EMOJIS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the emojis of this place, and those of a post that may be copied."""
    return await _page(request, Form({"post": request.query.get("post", "")}))


@role_needed(Action.KEEP_EMOJIS)
async def add(request: web.Request) -> web.StreamResponse:
    """Add an emoji: a picture that came along, or one that stands in a post elsewhere."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    shortcode = form["shortcode"].strip().strip(":").lower()
    try:
        emojis.check_shortcode(shortcode)
        await ctx.write(
            emojis.add,
            actor=me,
            shortcode=shortcode,
            file=await take_in_emoji(ctx, await _data(request, form)),
            category=form["category"],
            now=ctx.clock(),
        )
    except ConflictError as error:
        form.errors["shortcode"] = forms.why(error)
    except NotFoundError:
        form.errors["file"] = "The other server does not give this picture."
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        raise web.HTTPSeeOther("/moderation/emoji?saved")
    return await _page(request, form, status=422)


@role_needed(Action.KEEP_EMOJIS)
async def remove(request: web.Request) -> web.StreamResponse:
    """Remove an emoji of this place."""
    ctx = request.app[CONTEXT]
    name = request.match_info["name"]
    await ctx.write(emojis.remove, actor=actor(request), shortcode=name, now=ctx.clock())
    raise web.HTTPSeeOther("/moderation/emoji?saved")


async def _data(request: web.Request, form: Form) -> bytes:
    """Return the bytes of the picture that is wanted."""
    file = form.files.get("file")
    if file is not None:
        return file.file.read()
    if not form["copy"]:
        raise InvalidError("Choose a picture.", fields={"file": "is missing"})
    wanted = [one for one in await _others(request, form) if one.url == form["copy"]]
    if not wanted:
        raise NotFoundError("That emoji does not stand there.")
    return await picture_bytes(request.app[CONTEXT], wanted[0].url.rpartition("/")[2])


async def _others(request: web.Request, form: Form) -> tuple[EmojiView, ...]:
    """Return the emojis of the post elsewhere that the form names."""
    number = parse_id(form["post"])
    if number is None:
        return ()
    async with request.app[CONTEXT].read() as session:
        return await emojis.seen_with(session, actor=actor(request), post_id=number)


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        own = await emojis.own(session)
    return await render(
        request,
        "emoji_desk.html",
        status=status,
        tab="emoji",
        decides_hosts=decide(actor(request), Action.DECIDE_HOSTS).allowed,
        own=own,
        others=await _others(request, form),
        saved="saved" in request.query,
        form=form,
        noindex=True,
    )


ROUTES = [
    web.get("/moderation/emoji", show),
    web.post("/moderation/emoji", add),
    web.post("/moderation/emoji/{name:[a-z0-9_]{2,32}}/remove", remove),
]
