"""Pictures that members send: made safe, kept, and recorded."""

import asyncio

from fedi_k12.context import Context
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MediaView
from fedi_k12.services import media, pictures


async def take_in_picture(
    ctx: Context,
    data: bytes,
    *,
    actor: Actor,
    alt: str = "",
    focus: tuple[float, float] | None = None,
) -> MediaView:
    """Return an upload that waits to be attached; raises `InvalidError` for what is none."""
    prepared = await asyncio.to_thread(pictures.prepare, data)
    full, preview = media.files_of(prepared)
    return await ctx.write(
        media.store,
        actor=actor,
        prepared=prepared,
        file=await ctx.blobs.put(full.data, ending=full.ending),
        preview_file=await ctx.blobs.put(preview.data, ending=preview.ending),
        alt=alt,
        focus=focus or (0.0, 0.0),
        now=ctx.clock(),
    )


async def take_in_portrait(ctx: Context, data: bytes, *, cover: bool) -> str:
    """Return the key of a portrait, or of a cover; raises `InvalidError` for what is none."""
    make = pictures.prepare_header if cover else pictures.prepare_avatar
    made = await asyncio.to_thread(make, data)
    return await ctx.blobs.put(made.data, ending=made.ending)
