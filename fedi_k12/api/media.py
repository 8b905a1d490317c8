"""Uploads: https://docs.joinmastodon.org/methods/media/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.domain.errors import InvalidError, TooLargeError
from fedi_k12.services import media
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import params
from fedi_k12.web.uploads import take_in_picture


@requires("write:media")
async def upload(request: web.Request) -> web.Response:
    """Take in a picture: turned upright, without where and when it was taken."""
    ctx = context(request)
    asked = await params(request)
    file = asked.upload("file")
    if file is None or not file.data:
        raise InvalidError("Validation failed: File can't be blank")
    if len(file.data) > ctx.settings.max_upload_bytes:
        raise TooLargeError(
            f"Validation failed: File must be at most {ctx.settings.max_upload_bytes} bytes"
        )
    view = await take_in_picture(
        ctx,
        file.data,
        actor=actor(request),
        alt=asked.text("description"),
        focus=asked.point("focus"),
    )
    return answer(render.media(ctx, view))


@requires("write:media")
async def get_media(request: web.Request) -> web.Response:
    """Return an upload."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await media.get(session, actor=actor(request), media_id=path_id(request))
    return answer(render.media(ctx, view))


@requires("write:media")
async def update(request: web.Request) -> web.Response:
    """Describe an upload that is not part of a post yet, or say where its middle is."""
    ctx = context(request)
    asked = await params(request)
    view = await ctx.write(
        media.update,
        actor=actor(request),
        media_id=path_id(request),
        alt=asked.optional("description"),
        focus=asked.point("focus"),
    )
    return answer(render.media(ctx, view))


@requires("write:media")
async def delete(request: web.Request) -> web.Response:
    """Forget an upload that is not part of a post."""
    await context(request).write(media.delete, actor=actor(request), media_id=path_id(request))
    return empty()


ROUTES = [
    web.post("/api/v1/media", upload),
    web.post("/api/v2/media", upload),
    web.get("/api/v1/media/{id}", get_media),
    web.put("/api/v1/media/{id}", update),
    web.patch("/api/v1/media/{id}", update),
    web.delete("/api/v1/media/{id}", delete),
]
