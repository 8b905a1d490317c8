"""What members send: pictures, films and sounds; made safe, kept, and recorded."""

import asyncio
import io
import os
from typing import IO

from fedi_k12.context import Context
from fedi_k12.domain import captions
from fedi_k12.domain.errors import InvalidError, TooLargeError
from fedi_k12.domain.jobs import MakeMedia
from fedi_k12.domain.media import HEAD_BYTES, RAW, container_of
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MediaView
from fedi_k12.services import media, media_making, pictures
from fedi_k12.services.pictures import Prepared
from fedi_k12.web.shelf import kept

MAX_CAPTION_BYTES = 524_288
PICTURES_AT_ONCE = 2
"""A picture of 40 million pixels takes a few hundred megabytes while it is made safe."""


class _Gate(asyncio.Semaphore):
    """Lets so many pictures be decoded at a time."""

    def __init__(self) -> None:
        super().__init__(PICTURES_AT_ONCE)


class _FilmGate(asyncio.Semaphore):
    """Lets one film be made safe while somebody waits for it."""

    def __init__(self) -> None:
        super().__init__(1)


async def take_in(
    ctx: Context,
    file: IO[bytes],
    *,
    actor: Actor,
    alt: str = "",
    focus: tuple[float, float] | None = None,
    thumbnail: IO[bytes] | None = None,
    wait: bool = False,
) -> MediaView:
    """Return an upload that waits to be attached; raises `InvalidError` for what is none.

    Films, sounds and moving pictures are made safe by a job, and are not ready when this
    returns; with `wait` they are, or have failed.
    """
    head, size = await asyncio.to_thread(_measured, file)
    if not size:
        raise InvalidError("Validation failed: File can't be blank")
    container = container_of(head)
    settings = ctx.settings
    _demand_size(
        size, settings.max_upload_bytes if container is None else settings.max_film_bytes
    )
    alt = media.checked_alt(alt)
    preview = await take_in_preview(ctx, thumbnail) if thumbnail is not None else None
    if container is None:
        data = await asyncio.to_thread(_whole, file)
        if not await asyncio.to_thread(pictures.moves, data):
            return await _picture(
                ctx, data, actor=actor, alt=alt, focus=focus or (0.0, 0.0), preview=preview
            )
    view = await ctx.write(
        media_making.expect,
        actor=actor,
        file=await ctx.blobs.put_file(file, ending=RAW),
        kind="gifv" if container is None else "video",
        size=size,
        alt=alt,
        focus=focus or (0.0, 0.0),
        preview=preview,
        now=ctx.clock(),
        at_once=wait,
    )
    if not wait:
        return view
    async with kept(ctx, _FilmGate):
        await media_making.make_media(ctx, MakeMedia(view.id))
    async with ctx.read() as session:
        return await media.get(session, actor=actor, media_id=view.id)


async def take_in_picture(
    ctx: Context, data: bytes, *, actor: Actor, alt: str = ""
) -> MediaView:
    """Return a picture that waits to be attached; raises `InvalidError` for what is none."""
    return await take_in(ctx, io.BytesIO(data), actor=actor, alt=alt)


async def take_in_preview(ctx: Context, file: IO[bytes]) -> media.Preview:
    """Return a picture that is to stand for an upload; raises `InvalidError` for none."""
    _head, size = await asyncio.to_thread(_measured, file)
    _demand_size(size, ctx.settings.max_upload_bytes)
    made = await _prepared(ctx, await asyncio.to_thread(_whole, file))
    small = made.preview
    key = await ctx.blobs.put(small.data, ending=small.ending)
    return media.Preview(key, small.width, small.height, made.blurhash)


async def take_captions(
    ctx: Context, file: IO[bytes], *, actor: Actor, media_id: int, language: str
) -> None:
    """Let a film say what is spoken in it (WebVTT); raises `InvalidError` for what is none."""
    _head, size = await asyncio.to_thread(_measured, file)
    if size > MAX_CAPTION_BYTES:
        raise InvalidError("Captions: that file is too large to be captions.")
    text = captions.read(await asyncio.to_thread(_whole, file))
    key = await ctx.blobs.put(text.encode(), ending="vtt")
    await ctx.write(
        media.caption, actor=actor, media_id=media_id, file=key, language=language or None
    )


async def take_in_portrait(ctx: Context, data: bytes, *, cover: bool) -> str:
    """Return the key of a portrait, or of a cover; raises `InvalidError` for what is none."""
    make = pictures.prepare_header if cover else pictures.prepare_avatar
    async with kept(ctx, _Gate):
        made = await asyncio.to_thread(make, data)
    return await ctx.blobs.put(made.data, ending=made.ending)


async def take_in_emoji(ctx: Context, data: bytes) -> str:
    """Return the key of a custom emoji; raises `InvalidError` for what is no picture."""
    async with kept(ctx, _Gate):
        made = await asyncio.to_thread(pictures.prepare_emoji, data)
    return await ctx.blobs.put(made.data, ending=made.ending)


async def _picture(
    ctx: Context,
    data: bytes,
    *,
    actor: Actor,
    alt: str,
    focus: tuple[float, float],
    preview: media.Preview | None,
) -> MediaView:
    prepared = await _prepared(ctx, data)
    full, small = media.files_of(prepared)
    return await ctx.write(
        media.store,
        actor=actor,
        prepared=prepared,
        file=await ctx.blobs.put(full.data, ending=full.ending),
        preview_file=await ctx.blobs.put(small.data, ending=small.ending),
        alt=alt,
        focus=focus,
        preview=preview,
        now=ctx.clock(),
    )


async def _prepared(ctx: Context, data: bytes) -> Prepared:
    async with kept(ctx, _Gate):
        return await asyncio.to_thread(pictures.prepare, data)


def _demand_size(size: int, most: int) -> None:
    if size > most:
        raise TooLargeError(f"Validation failed: File must be at most {most} bytes")


def _measured(file: IO[bytes]) -> tuple[bytes, int]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return file.read(HEAD_BYTES), size


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
