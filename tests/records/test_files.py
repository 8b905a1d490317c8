"""Records are asked for on the page, and fetched as a file by whoever asked."""

import hashlib
import io
import json
import os
import zipfile

import pytest

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.services import records_files
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.worker import run_until_idle


@pytest.fixture
async def at_maya(seated, maya, school):
    """The browser of a manager of the account."""
    return await seated(maya)


@pytest.fixture
def files_at(ctx):
    """Return a function that lets files be made, and gives their addresses on a page."""

    async def run(browser):
        await run_until_idle(ctx)
        page = await browser.get("/records")
        return [one["href"] for one in page.root.find("a") if "/files/" in one["href"]]

    return run


@pytest.fixture
def fetch(client):
    """Return a function that fetches a file as a ZIP."""

    async def run(browser, path):
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        answer = await client.get(path, headers={"Cookie": cookies})
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        return zipfile.ZipFile(io.BytesIO(await answer.read()))

    return run


def lines_in(packed):
    text = packed.read("activities.jsonl").decode()
    return [json.loads(line) for line in text.split("\n") if line]


async def test_a_year_is_made_into_a_file_with_its_manifest(
    ctx, say, speaking, at_maya, files_at, fetch
):
    """R-16, R-17: on the page, which names the hash of the manifest."""
    await say(speaking, "School opens at nine.")
    page = await at_maya.get("/records")
    answer = await at_maya.submit(page, "/records/files", {"account": "lincoln"})
    assert answer.status == 303

    (path,) = await files_at(at_maya)
    packed = await fetch(at_maya, path)

    manifest = packed.read("manifest.json")
    about = json.loads(manifest)
    assert hashlib.sha256(manifest).hexdigest() in (await at_maya.get("/records")).text
    assert about["records"] == len(lines_in(packed)) > 0
    assert about["since"] == f"{ctx.clock().year}-01-01"
    for one in about["files"]:
        assert hashlib.sha256(packed.read(one["file"])).hexdigest() == one["sha256"]
    assert "records exported" in (await at_maya.get("/records")).text


async def test_a_search_is_made_into_a_file_of_what_fits(
    say, speaking, at_olga, files_at, fetch
):
    """R-16: the words, account, person and days of the search."""
    await say(speaking, "The buses are late.")
    await say(speaking, "The library is open.")
    page = await at_olga.get("/records?word=LIBRARY")

    await at_olga.submit(page, "/records/files")
    (path,) = await files_at(at_olga)
    lines = lines_in(await fetch(at_olga, path))

    assert lines
    assert all("library" in one["bytes"] for one in lines)


async def test_a_file_is_for_whoever_asked(
    say, speaking, at_olga, at_maya, tom, seated, files_at
):
    """R-16: neither for another who may read the records, nor for members, nor by its name."""
    await say(speaking)
    await at_olga.submit(await at_olga.get("/records"), "/records/files")
    (path,) = await files_at(at_olga)

    assert (await at_maya.get(path)).status == 404
    assert (await (await seated(tom)).get(path)).status in {403, 404}
    assert await files_at(at_maya) == []


async def test_whoever_may_no_longer_read_the_records_does_not_fetch_them(
    ctx, say, speaking, at_maya, maya, tom, lincoln, delegate_to, files_at
):
    """R-4, R-16: asked again as the file is fetched."""
    await say(speaking)
    await at_maya.submit(await at_maya.get("/records"), "/records/files")
    (path,) = await files_at(at_maya)

    await delegate_to(lincoln, maya, "author")

    assert (await at_maya.get(path)).status == 403


@pytest.mark.parametrize(
    "typed",
    [{"year": "soon"}, {"year": "99999"}, {"account": "nobody"}, {"since": "x", "year": ""}],
)
async def test_what_cannot_be_made_is_said(at_olga, school, typed, files_at):
    """R-16: bad input."""
    page = await at_olga.get("/records")

    assert (await at_olga.submit(page, "/records/files", typed)).status == 422
    assert await files_at(at_olga) == []


async def test_three_wait_at_once_and_a_week_later_they_are_gone(
    ctx, clock, say, speaking, at_olga, files_at
):
    """R-16: nobody fills the disk."""
    await say(speaking)
    page = await at_olga.get("/records")
    asked = [(await at_olga.submit(page, "/records/files")).status for _ in range(4)]
    assert asked == [303, 303, 303, 422]
    paths = await files_at(at_olga)
    assert len(paths) == len(list(records_files.folder_of(ctx).glob("*.zip"))) == 3

    clock.advance(days=8)
    await sweep_store(ctx, SweepStore())

    assert (await at_olga.get(paths[0])).status == 404
    assert list(records_files.folder_of(ctx).iterdir()) == []


async def test_what_was_left_half_made_is_removed(ctx, school):
    """R-16: a worker that died leaves no copy of records behind."""
    left = records_files.folder_of(ctx) / ".left"
    left.mkdir(parents=True)
    (left / "activities.jsonl").write_text("x")
    os.utime(left, (0, 0))
    await records_files.forget_files(ctx)

    assert not left.exists()
