"""All that somebody has here as one file: the posts as ActivityPub, the pictures, the lists.

The names in the archive are those of Mastodon's: `actor.json`, `outbox.json`, `likes.json`,
`bookmarks.json`, `media_attachments/`, and the lists as CSV under the names of its exports.
"""

import asyncio
import json
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from federation.objects import activities_of, actor_of
from federation.vocab.build_actor import build_actor
from federation.vocab.contexts import with_context
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.portability import FILES
from fedi_k12.services import exports
from storage import accounts, posts
from storage.tables import AccountRow, BookmarkRow, FavouriteRow, PostRow

BATCH = 200
MEDIA = "media_attachments"
_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC


async def write_archive(
    ctx: Context,
    *,
    account_id: int,
    path: Path,
    tell: Callable[[int], None] = lambda _posts: None,
) -> int:
    """Write what an account has here to a ZIP file; return how many posts are in it.

    All of the account's own posts, the letters too: the file is for the member alone, and is
    made readable only for whoever runs the command. `tell` hears how many posts were written.
    The file appears when it is whole.
    """
    async with ctx.slow_read() as session:
        row = await accounts.by_id(session, account_id)
        if row is None or not row.is_local or row.deleted_at is not None:
            raise NotFoundError("Nobody here has that name.")
    if await asyncio.to_thread(path.is_dir):
        raise InvalidError(f"{path} is a folder. Name a file, such as {path}/archive.zip.")
    partial = path.with_name(f".{path.name}.partial")
    try:
        with os.fdopen(os.open(partial, _NEW, 0o600), "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
                count = await _fill(ctx, row, file, tell)
            raw.flush()
            await asyncio.to_thread(os.fsync, raw.fileno())
        await asyncio.to_thread(partial.replace, path)
    finally:
        await asyncio.to_thread(partial.unlink, missing_ok=True)
    return count


async def _fill(
    ctx: Context, row: AccountRow, file: zipfile.ZipFile, tell: Callable[[int], None]
) -> int:
    kept: set[str] = set()
    pictures = {"avatar": row.avatar_file, "header": row.header_file}
    for name, key in pictures.items():
        if key:
            await _keep(ctx, file, key, f"{name}.{key.rpartition('.')[2]}", kept)
    async with ctx.slow_read() as session:
        actor = build_actor(await actor_of(session, row, addresses=ctx.addresses))
        me = Actor(row.id)
        for kind, name in FILES.items():
            text = await exports.file_of(
                session, actor=me, kind=kind, handle_domain=ctx.addresses.handle_domain
            )
            file.writestr(name, text)
        file.writestr("actor.json", _json(actor))
        for name, table in (("likes", FavouriteRow), ("bookmarks", BookmarkRow)):
            uris = await _uris(session, row.id, table)
            file.writestr(f"{name}.json", _json(_collection(f"{name}.json", uris)))
    count, keys = 0, dict[str, str]()
    # Written piece by piece: a member of many years need not fit into memory.
    empty = _collection("outbox.json", [])
    del empty["orderedItems"], empty["totalItems"]
    head = _json(empty).removesuffix("}")
    with file.open("outbox.json", "w", force_zip64=True) as outbox:
        outbox.write(f'{head},"orderedItems":['.encode())
        async for items in _activities(ctx, row.id, keys):
            texts = [_json(item) for item in items]
            outbox.write((("," if count else "") + ",".join(texts)).encode())
            count += len(items)
            tell(count)
        outbox.write(f'],"totalItems":{count}}}'.encode())
    for key, name in keys.items():
        await _keep(ctx, file, key, name, kept)
    return count


async def _activities(
    ctx: Context, account_id: int, keys: dict[str, str]
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield all that an account published, the oldest first; note its files in `keys`."""
    after = 0
    while True:
        async with ctx.slow_read() as session:
            rows = list(
                await session.scalars(
                    select(PostRow)
                    .where(PostRow.account_id == account_id, PostRow.id > after)
                    .order_by(PostRow.id)
                    .limit(BATCH)
                )
            )
            if not rows:
                return
            media = await posts.media_of(session, [row.id for row in rows])
            items = await activities_of(session, rows, addresses=ctx.addresses)
        files = [item.file for some in media.values() for item in some if item.file]
        names = {ctx.addresses.file(key): f"{MEDIA}/{key}" for key in files}
        keys.update({key: f"{MEDIA}/{key}" for key in files})
        for item in items:
            _point_into(item.get("object"), names)
        yield items
        after = rows[-1].id


def _point_into(thing: object, names: dict[str, str]) -> None:
    """Let the attachments of an object name the files of the archive."""
    attached = thing.get("attachment") if isinstance(thing, dict) else None
    for item in attached if isinstance(attached, list) else []:
        if isinstance(item, dict) and item.get("url") in names:
            item["url"] = names[item["url"]]


async def _keep(
    ctx: Context, file: zipfile.ZipFile, key: str, name: str, kept: set[str]
) -> None:
    data = None if name in kept else await ctx.blobs.get(key)
    if data is not None:
        kept.add(name)
        # Pictures and films are packed already.
        await asyncio.to_thread(file.writestr, name, data, zipfile.ZIP_STORED)


async def _uris(
    session: AsyncSession, account_id: int, table: type[FavouriteRow] | type[BookmarkRow]
) -> list[str]:
    rows = await session.scalars(
        select(PostRow.uri)
        .join(table, table.post_id == PostRow.id)
        .where(table.account_id == account_id)
        .order_by(table.id.desc())
    )
    return list(rows)


def _collection(name: str, items: list[str]) -> dict[str, Any]:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": name,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


def _json(document: Any) -> str:
    whole = document if "@context" in document else with_context(document)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
