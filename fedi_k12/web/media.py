"""Serve pictures: members' uploads, and other servers' as if they were ours.

A visitor's browser never reaches another server: its picture is fetched by us when somebody
first looks at it, made safe, and kept.
"""

import asyncio
import hmac
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

import structlog
from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.media import SERVED_TYPES
from fedi_k12.services import media, media_check, pictures, remote_files
from fedi_k12.services.media import StoredFile
from fedi_k12.services.pictures import Encoded
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.shelf import Fresh, kept
from fedi_k12.web.streams import GUARDS, passed_on

FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
MAX_REMOTE_BYTES = 16_777_216
MAX_EMOJI_BYTES = 262_144
T = TypeVar("T")


class _Noted(Fresh[str, bool]):
    """Files whose being seen was noted a while ago, so that not every look writes."""

    def __init__(self) -> None:
        super().__init__(size=20_000, lasts=timedelta(hours=12))


_log = structlog.get_logger()
_missing: dict[str, float] = {}
_MISSING_SECONDS = 600.0
"""An address that gave no picture is not asked again for so long."""


@public
async def file(request: web.Request) -> web.StreamResponse:
    """Serve a stored file; its name says what is in it, so it is good for ever."""
    return await _serve(request, request.match_info["key"], FOR_EVER)


@public
async def remote(request: web.Request) -> web.StreamResponse:
    """Serve another server's attachment from here."""
    return await _attachment(request, preview=False)


@public
async def remote_preview(request: web.Request) -> web.StreamResponse:
    """Serve the small form of another server's attachment from here."""
    return await _attachment(request, preview=True)


@public
async def avatar(request: web.Request) -> web.StreamResponse:
    """Serve an account's picture, or the quilt block that stands for it."""
    return await _portrait(request, cover=False)


@public
async def header(request: web.Request) -> web.StreamResponse:
    """Serve an account's cover picture, or the ground that stands for it."""
    return await _portrait(request, cover=True)


@public
async def emoji(request: web.Request) -> web.StreamResponse:
    """Serve a custom emoji."""
    ctx, number = request.app[CONTEXT], _number(request)
    async with ctx.read() as session:
        stored = await media.emoji(session, number)
    if stored.file is None and stored.remote_url is not None:
        encoded = await _fetched(ctx, stored.remote_url, pictures.prepare_avatar)
        key = await _kept(ctx, encoded, stored.remote_url)
        await ctx.write(media.keep_emoji, number, file=key)
        return await _serve(request, key, A_DAY)
    return await _serve(request, stored.file or "", A_DAY)


@public
async def picture(request: web.Request) -> web.StreamResponse:
    """Serve a picture that stands in a text of another server, or an emoji of it."""
    ctx = request.app[CONTEXT]
    return await _serve(request, await _picture(ctx, request.match_info["key"]), A_DAY)


async def picture_bytes(ctx: Context, key: str) -> bytes:
    """Return a picture that stands in a text of another server, made safe."""
    data = await ctx.blobs.get(await _picture(ctx, key))
    if data is None:
        raise NotFoundError("There is no such file.")
    return data


async def _picture(ctx: Context, key: str) -> str:
    """Return the file of a picture of elsewhere, fetched where it is not here yet."""
    async with ctx.read() as session:
        stored, small = await media.picture(session, key)
    if stored.file is None and stored.remote_url is not None:
        prepare = pictures.prepare_emoji if small else pictures.prepare_for_text
        most = MAX_EMOJI_BYTES if small else MAX_REMOTE_BYTES
        encoded = await _fetched(ctx, stored.remote_url, prepare, max_bytes=most)
        file = await _kept(ctx, encoded, stored.remote_url)
        await ctx.write(media.keep_picture, key, file=file, size=len(encoded.data))
        return file
    return stored.file or ""


async def _attachment(request: web.Request, *, preview: bool) -> web.StreamResponse:
    ctx, number = request.app[CONTEXT], _number(request)
    seal = ctx.addresses.media_seal(number).encode()
    if not hmac.compare_digest(request.query.get("s", "").encode(), seal):
        # Only what we showed somebody: nobody walks through what others posted (FED-52).
        raise NotFoundError("There is no such file.")
    async with ctx.read() as session:
        stored = await media.attachment(session, number, preview=preview)
    if stored.file is None:
        if stored.remote_url is None:
            raise NotFoundError("There is no such file.")
        if stored.streamed is not None:
            return await passed_on(request, stored.remote_url, stored.streamed)
        if preview and stored.poster:
            return await _poster(request, number, stored.remote_url)
        prepared = await _fetched(ctx, stored.remote_url, pictures.prepare)
        key = await _kept(ctx, prepared.full, stored.remote_url)
        small = await _kept(ctx, prepared.preview, stored.remote_url)
        await ctx.write(
            media.keep_attachment, number, file=key, preview_file=small, prepared=prepared
        )
        return await _serve(request, small if preview else key, A_DAY)
    return await _serve(request, stored.file, A_DAY)


async def _poster(request: web.Request, number: int, url: str) -> web.StreamResponse:
    """Serve the picture that stands for a film or sound; the thing itself is not fetched."""
    ctx = request.app[CONTEXT]
    encoded = await _fetched(ctx, url, pictures.prepare_for_text)
    key = await _kept(ctx, encoded, url)
    await ctx.write(
        media.keep_poster, number, file=key, width=encoded.width, height=encoded.height
    )
    return await _serve(request, key, A_DAY)


async def _portrait(request: web.Request, *, cover: bool) -> web.StreamResponse:
    ctx, number = request.app[CONTEXT], _number(request)
    async with ctx.read() as session:
        stored = await media.portrait(session, number, cover=cover)
    if stored.file is not None:
        return await _serve(request, stored.file, A_DAY)
    if stored.remote_url is not None:
        prepare = pictures.prepare_header if cover else pictures.prepare_avatar
        try:
            encoded = await _fetched(ctx, stored.remote_url, prepare)
        except DomainError:
            return await _drawn(stored, cover=cover)
        key = await _kept(ctx, encoded, stored.remote_url)
        await ctx.write(
            media.keep_portrait, number, file=key, cover=cover, remote_url=stored.remote_url
        )
        return await _serve(request, key, A_DAY)
    return await _drawn(stored, cover=cover)


async def _drawn(stored: StoredFile, *, cover: bool) -> web.Response:
    draw: Callable[[str], Encoded] = pictures.plain_header if cover else pictures.quilt_block
    encoded = await asyncio.to_thread(draw, stored.handle)
    return web.Response(
        body=encoded.data,
        content_type=encoded.mime_type,
        headers={"Cache-Control": A_DAY, **GUARDS},
    )


async def _fetched(
    ctx: Context,
    url: str,
    prepare: Callable[[bytes], T],
    *,
    max_bytes: int = MAX_REMOTE_BYTES,
) -> T:
    now = ctx.clock().timestamp()
    if _missing.get(url, 0) > now:
        raise NotFoundError("The other server does not give this file.")
    try:
        async with ctx.read() as session:
            if await remote_files.is_stopped(session, url):
                raise NotFoundError("There is no such file.")
        answer = await ctx.http.get(url, headers={"Accept": "image/*"}, max_bytes=max_bytes)
        if answer.status != 200:  # noqa: PLR2004 - anything else is no picture
            raise NotFoundError("The other server does not give this file.")
        await media_check.demand_harmless(ctx, url, answer.body)
        return await asyncio.to_thread(prepare, answer.body)
    except DomainError as error:
        _log.info("no picture", url=url, reason=str(error))
        if len(_missing) > 10_000:  # noqa: PLR2004 - a bound, not a meaning
            _missing.clear()
        _missing[url] = now + _MISSING_SECONDS
        raise NotFoundError("The other server does not give this file.") from error


async def _kept(ctx: Context, encoded: Encoded, url: str) -> str:
    """Keep what was made of another server's file, within the budget for those."""
    key = await ctx.blobs.put(encoded.data, ending=encoded.ending)
    await ctx.write(remote_files.kept, [(key, len(encoded.data))], url=url, now=ctx.clock())
    return key


async def _serve(request: web.Request, key: str, cache: str) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    kind = SERVED_TYPES.get(key.rpartition(".")[2])
    path = ctx.blobs.path(key) if kind is not None else None
    size = await ctx.blobs.size(key) if kind is not None else None
    if kind is None or size is None:
        raise NotFoundError("There is no such file.")
    noted = kept(ctx, _Noted)
    if noted.get(key, now=ctx.clock()) is None:
        noted.put(key, True, now=ctx.clock())
        await ctx.write(remote_files.seen, key, now=ctx.clock())
    headers = {"Content-Type": kind, "Cache-Control": cache, **GUARDS}
    # Parts of it too (RFC 9110, 14.2): a film is wound forward without being fetched whole.
    if path is not None:
        return web.FileResponse(path, headers=headers)
    return await _handed_on(request, key, size, headers)


async def _handed_on(
    request: web.Request, key: str, size: int, headers: dict[str, str]
) -> web.StreamResponse:
    """Serve a file that lies elsewhere as it comes, whole or the part that is asked for."""
    tag = f'"{key[3:35]}"'
    headers = {**headers, "Accept-Ranges": "bytes", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        start, stop, _ = request.http_range.indices(size)
        partly = "Range" in request.headers and request.headers.get("If-Range", tag) == tag
    except ValueError:
        start, stop, partly = 0, size, False
    if not partly:
        start, stop = 0, size
    elif start >= stop:
        return web.Response(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            headers={**GUARDS, "Content-Range": f"bytes */{size}"},
        )
    else:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = HTTPStatus.PARTIAL_CONTENT if partly else HTTPStatus.OK
    answer = web.StreamResponse(status=status, headers=headers)
    answer.content_length = stop - start
    parts = request.app[CONTEXT].blobs.stream(key, start=start, end=stop)
    if request.method == "HEAD" or not size:
        await answer.prepare(request)
        return answer
    # What the bucket refuses is found out before we have said that all is well.
    first = await anext(parts, b"")
    await answer.prepare(request)
    await answer.write(first)
    async for part in parts:
        await answer.write(part)
    await answer.write_eof()
    return answer


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such file.")
    return number


ROUTES = [
    web.get("/media/files/{key:.+}", file),
    web.get("/media/remote/{id}", remote),
    web.get("/media/remote/{id}/preview", remote_preview),
    web.get("/media/avatars/{id}", avatar),
    web.get("/media/headers/{id}", header),
    web.get("/media/emoji/{id}", emoji),
    web.get("/media/pictures/{key:[0-9a-f]{40}}", picture),
]
