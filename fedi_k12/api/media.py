"""Uploads: https://docs.joinmastodon.org/methods/media/."""

from http import HTTPStatus
from typing import IO

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, changed_licence, context, empty, path_id
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import MediaView
from fedi_k12.services import media
from fedi_k12.services.media_making import let_go
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import FORM_SLACK, Params, allow_body, params
from fedi_k12.web.uploads import take_in, take_in_preview


@requires("write:media")
async def upload(request: web.Request) -> web.Response:
    """Take in a file: 200 for a picture; 202 for what takes a while, to be asked for again."""
    view = await _taken_in(request, wait=False)
    status = HTTPStatus.OK if view.ready else HTTPStatus.ACCEPTED
    return answer(render.media(context(request), view), status=status)


@requires("write:media")
async def upload_and_wait(request: web.Request) -> web.Response:
    """Take in a file, and answer when it is ready, however long that takes."""
    view = await _taken_in(request, wait=True)
    _demand_sound(view)
    return answer(render.media(context(request), view))


@requires("write:media")
async def get_media(request: web.Request) -> web.Response:
    """Return an upload: 206 while it is being made safe, 422 where that failed."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await media.get(session, actor=actor(request), media_id=path_id(request))
    _demand_sound(view)
    status = HTTPStatus.OK if view.ready else HTTPStatus.PARTIAL_CONTENT
    return answer(render.media(ctx, view), status=status)


@requires("write:media")
async def update(request: web.Request) -> web.Response:
    """Describe an upload that is in no post yet, say where its middle is, give it a preview.

    `credit` and `license` (an address, or a name such as `CC BY 4.0`) are ours.
    """
    ctx = context(request)
    asked = await params(request)
    thumbnail = _file(asked, "thumbnail")
    preview = await take_in_preview(ctx, thumbnail) if thumbnail is not None else None
    view = await ctx.write(
        media.update,
        actor=actor(request),
        media_id=path_id(request),
        alt=asked.optional("description"),
        focus=asked.point("focus"),
        preview=preview,
        credit=asked.optional("credit"),
        license_url=changed_licence(asked),
    )
    return answer(render.media(ctx, view))


@requires("write:media")
async def delete(request: web.Request) -> web.Response:
    """Forget an upload that is not part of a post."""
    ctx = context(request)
    files = await ctx.write(media.delete, actor=actor(request), media_id=path_id(request))
    await let_go(ctx, files)
    return empty()


async def _taken_in(request: web.Request, *, wait: bool) -> MediaView:
    ctx = context(request)
    allow_body(request, ctx.settings.max_film_bytes + FORM_SLACK)
    asked = await params(request)
    file = _file(asked, "file")
    if file is None:
        raise InvalidError("Validation failed: File can't be blank")
    credit, license_url = asked.optional("credit"), changed_licence(asked)
    view = await take_in(
        ctx,
        file,
        actor=actor(request),
        alt=asked.text("description"),
        focus=asked.point("focus"),
        thumbnail=_file(asked, "thumbnail"),
        wait=wait,
    )
    if credit is None and license_url is None:
        return view
    return await ctx.write(
        media.update,
        actor=actor(request),
        media_id=view.id,
        credit=credit,
        license_url=license_url,
    )


def _file(asked: Params, name: str) -> IO[bytes] | None:
    found = asked.upload(name)
    return found.file if found is not None else None


def _demand_sound(view: MediaView) -> None:
    if view.failed:
        raise InvalidError(view.failure)


ROUTES = [
    web.post("/api/v1/media", upload_and_wait),
    web.post("/api/v2/media", upload),
    web.get("/api/v1/media/{id}", get_media),
    web.put("/api/v1/media/{id}", update),
    web.patch("/api/v1/media/{id}", update),
    # Pinafore and those made of it write the version of where they uploaded.
    web.put("/api/v2/media/{id}", update),
    web.delete("/api/v1/media/{id}", delete),
]
