"""A year of digests as a web archive (ISO 28500), for whoever comes after (S-44)."""

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO

from msgspec import Struct

from fedi_k12 import __version__
from fedi_k12.context import Context
from fedi_k12.services.warc import Warc

HTML = "text/html; charset=utf-8"


class Sheet(Struct, frozen=True):
    """A page as it is archived."""

    url: str
    html: str
    at: datetime
    """When what stands on it was published."""


async def pack(
    ctx: Context, *, name: str, sheets: Sequence[Sheet], pictures: Mapping[str, str]
) -> IO[bytes]:
    """Return an open file, at its beginning, with pages and pictures as a WARC.

    `pictures`: their keys in the store by their addresses. One that is gone from the store is
    left out.
    """
    file = await asyncio.to_thread(TemporaryFile)
    try:
        about = {"isPartOf": name, "operator": ctx.settings.name}
        warc = Warc(file, software=f"fedi-k12 {__version__}", about=about, name=name)
        for sheet in sheets:
            await asyncio.to_thread(
                warc.resource, sheet.url, sheet.html.encode(), at=sheet.at, content_type=HTML
            )
        for url, key in pictures.items():
            data = await ctx.blobs.get(key)
            if data is not None:
                kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
                await asyncio.to_thread(
                    warc.resource, url, data, at=ctx.clock(), content_type=kind
                )
        await asyncio.to_thread(file.seek, 0)
    except BaseException:
        file.close()
        raise
    return file
