"""Backups: taken while the server writes, complete, noticed when damaged, and brought back."""

import asyncio
import gzip
import json
import tarfile
from pathlib import Path

import pytest
from msgspec.structs import fields, replace
from sqlalchemy import func, select

from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.search_query import parse
from fedi_k12.opening import open_blobs, open_context
from fedi_k12.services import backup_file, backups, posts
from fedi_k12.settings import Loaded, Settings, load
from storage.search import Bounds, find
from storage.tables import AccountRow, PostRow
from tests.conftest import HOST
from tests.databases import POSTGRESQL, PostgresServer, sqlite_url


def silent(_stage: str, _done: int, _total: int) -> None:
    pass


def known(settings: Settings, **sources: str) -> Loaded:
    return Loaded(settings, {item.name: "default" for item in fields(Settings)} | sources)


async def backed_up(ctx, path: Path, settings: Settings | None = None, tell=silent) -> Path:
    settings = settings or ctx.settings
    with path.open("wb") as file:
        await backups.make(
            known(settings), open_blobs(settings), file, now=ctx.clock(), tell=tell
        )
    return path


async def brought_back(path: Path, settings: Settings, *, overwrite: bool = False):
    return await backups.restore(
        path, settings, open_blobs(settings), overwrite=overwrite, tell=silent
    )


def rows_in(path: Path) -> dict[str, list[list[object]]]:
    """All rows of a backup, with the columns in one order, and JSON read."""
    found: dict[str, list[list[object]]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.name.startswith("tables/"):
                continue
            opened = archive.extractfile(member)
            assert opened is not None
            first, *lines = gzip.decompress(opened.read()).splitlines()
            columns = json.loads(first)["columns"]
            rows = found.setdefault(member.name.split(".")[0], [])
            for line in lines:
                row = dict(zip(columns, json.loads(line), strict=True))
                read = {
                    name: json.loads(value) if columns[name] == "json" and value else value
                    for name, value in row.items()
                }
                rows.append([read[name] for name in sorted(read)])
    return found


def refuse(*_given: object) -> None:
    raise InvalidError("It does not fit.")


def media_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("??/*")}


@pytest.fixture
async def elsewhere(settings, tmp_path):
    """A place to restore to, on the other database."""
    there = replace(settings, data_dir=tmp_path / "elsewhere")
    if POSTGRESQL:
        yield replace(there, database_url=sqlite_url(tmp_path / "elsewhere"))
        return
    server = PostgresServer()
    made = await server.create()
    yield replace(there, database_url=made)
    await server.drop(made)


async def test_a_server_that_writes_is_backed_up_and_moves_to_the_other_database_and_back(
    ctx, maya, tom, lincoln, publish, elsewhere, tmp_path, settings, monkeypatch
):
    await publish(maya, "The hedgehog came back", language="en")
    key = await ctx.blobs.put(b"a picture", ending="webp")
    (settings.data_dir / "quarantine").mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "quarantine" / "aa").write_bytes(b"held")

    more = asyncio.Semaphore(1)

    async def go_on() -> None:
        while await more.acquire():
            await publish(tom, "Again")
            await ctx.blobs.put(b"later", ending="png")

    writing = asyncio.create_task(go_on())
    first = await backed_up(ctx, tmp_path / "first", tell=lambda *_: more.release())
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await brought_back(first, elsewhere)
    second = await backed_up(ctx, tmp_path / "second", elsewhere)
    async with open_context(elsewhere, clock=ctx.clock) as there, there.read() as session:
        number = await session.scalar(
            select(func.count()).where(PostRow.account_id == tom.account.id)
        )
        row = await session.get_one(AccountRow, tom.account.id)
        asked = parse("hedgehog")
        hits = await find(
            session,
            asked,
            viewer_id=maya.account.id,
            own_host=HOST,
            bounds=Bounds(limit=5),
        )
        # Numbers that the database gives out are not those that are taken.
        await there.write(
            posts.publish,
            actor=tom.actor,
            draft=Draft("@maya here we are #moved"),
            addresses=there.addresses,
            now=there.clock(),
        )
    home = replace(
        settings, data_dir=tmp_path / "home", database_url=sqlite_url(tmp_path / "home")
    )
    await brought_back(second, home)
    with monkeypatch.context() as patch:
        patch.setattr(backups, "_check_rows", refuse)
        with pytest.raises(InvalidError, match="does not fit"):
            await brought_back(first, home, overwrite=True)
    third = await backed_up(ctx, tmp_path / "third", home)

    assert row.posts_count == number > 0
    assert len(hits) == 1
    before = rows_in(first)
    assert len(before["tables/account"]) >= 5
    assert before["tables/record"]
    assert rows_in(second) == before == rows_in(third)
    assert media_in(home.media_dir)[key[3:]] == b"a picture"
    assert media_in(home.media_dir).keys() == media_in(elsewhere.media_dir).keys()
    assert (home.data_dir / "quarantine" / "aa").read_bytes() == b"held"


async def test_a_backup_that_is_damaged_is_noticed_before_anything_is_changed(
    ctx, maya, settings, tmp_path
):
    elsewhere = replace(settings, database_url=sqlite_url(tmp_path / "elsewhere"))
    whole = (await backed_up(ctx, tmp_path / "whole")).read_bytes()
    seal = whole.rindex(backup_file.SEAL.encode())
    at = whole.index(b"tables/account.0000") + 700

    for damaged, words in (
        (whole[: len(whole) // 2], "cut short"),
        (whole[: seal - 20] + bytes(1024), "cut short"),
        (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], "changed or damaged"),
        (b"no backup" * 999, "no backup"),
        (b"", "no backup"),
    ):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(InvalidError, match=words):
            await brought_back(tmp_path / "damaged", elsewhere)

    assert await backups.is_empty(elsewhere)


async def test_what_may_not_be_restored_says_why(ctx, maya, settings, tmp_path, monkeypatch):
    elsewhere = replace(settings, database_url=sqlite_url(tmp_path / "elsewhere"))
    path = await backed_up(ctx, tmp_path / "backup")

    with pytest.raises(ConflictError, match="people live in it"):
        await brought_back(path, ctx.settings)
    with pytest.raises(ConflictError, match="Stop it first"):
        await brought_back(path, ctx.settings, overwrite=True)
    with pytest.raises(InvalidError, match=r"is of home\.example"):
        await brought_back(path, replace(elsewhere, domain="other.example"))
    monkeypatch.setattr(backups.migrate, "HEAD", "0001")
    with pytest.raises(InvalidError, match="with the release that made it, or a newer one"):
        await brought_back(path, elsewhere)
    monkeypatch.setattr(backup_file, "FORMAT", 0)
    with pytest.raises(InvalidError, match="backups this release cannot read"):
        await brought_back(path, elsewhere)
    assert await backups.is_empty(elsewhere)
    with pytest.raises(NotFoundError):
        await backed_up(
            ctx, tmp_path / "x", replace(elsewhere, database_url=sqlite_url(tmp_path / "none"))
        )


def test_settings_in_a_backup_are_a_file_that_is_read_again(settings, tmp_path):
    settings = replace(settings, resolve={"a.test": "127.0.0.1:1"}, smtp_url="smtp://a:b@c:1")
    sources = dict.fromkeys(
        ("domain", "data_dir", "rate_limits", "resolve", "smtp_url", "hold_seconds"), "flag"
    )
    (tmp_path / "fedi-k12.toml").write_text(backups.settings_file(known(settings, **sources)))

    again = load({}, file=tmp_path / "fedi-k12.toml").settings

    assert {name: getattr(again, name) for name in sources} == {
        name: getattr(settings, name) for name in sources
    }
