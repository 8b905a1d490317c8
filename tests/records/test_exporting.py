"""Records are handed out whole, in forms that archives take, and can be checked without us."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime

import pytest
from aiohttp import FormData
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.domain.picture_check import Focus, PictureCheck
from fedi_k12.services import posts, records_export, remote_files
from fedi_k12.services.media_making import let_go

YEAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
async def exported(ctx, say, speaking, school, start, send, remote, tmp_path, kept):
    """What the school said and was told, written to a folder; (folder, what was told)."""
    post_id = await say(speaking, "=SUM(A1) School opens at nine.")
    ren = remote.actor("ren")
    uri = f"https://home.example/users/lincoln/statuses/{post_id}"
    hostile = "<p>Is <script>alert(1)</script> it?</p>"
    await send(ren, ren.create(ren.note("1", inReplyTo=uri, content=hostile)))
    before = await kept()
    folder = tmp_path / "export"
    told = await records_export.export(
        ctx, folder, account=school.account, since=YEAR[0], until=YEAR[1]
    )
    return folder, told, start, before


def lines_of(folder):
    text = (folder / "activities.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


async def test_the_lines_hold_the_exact_bytes_and_their_hashes(exported):
    """R-16, R-17: whoever has them computes the digest with any program."""
    folder, told, start, before = exported
    lines = lines_of(folder)

    assert told.records == len(lines) == start + len(before)
    for line in lines:
        assert hashlib.sha256(line["bytes"].encode()).hexdigest() == line["digest"]
    assert [line["bytes"].encode() for line in lines[start:]] == [one.body for one in before]
    came = lines[-1]
    assert came["activity"]["object"]["inReplyTo"].endswith(came["thread"][-10:])
    assert came["envelope"]["signature"] == "verified"


async def test_the_chain_of_an_export_can_be_computed_from_the_help(exported):
    """R-13: the hash is over the fields as one JSON array, previous included."""
    folder, *_rest = exported
    for line in lines_of(folder):
        names = (
            "record", "time", "direction", "kind", "account", "member", "person", "object",
            "thread", "digest", "envelope_digest", "files", "previous",
        )  # fmt: skip
        array = json.dumps(
            [line[name] for name in names], separators=(",", ":"), ensure_ascii=False
        )
        assert hashlib.sha256(array.encode()).hexdigest() == line["hash"]


async def test_the_index_is_a_table_of_all_and_no_formula(exported):
    """R-16."""
    folder, told, *_rest = exported
    text = (folder / "index.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert len(rows) == told.records
    assert rows[-1]["person"] == "ren@remote.example"
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


async def test_the_warc_file_is_read_by_others_programs(exported):
    """R-16: requests that came in with their headers, the rest as resources."""
    folder, _told, start, before = exported
    with (folder / "records.warc.gz").open("rb") as file:
        found = [
            (one.rec_type, one.http_headers, one.content_stream().read())
            for one in ArchiveIterator(file, check_digests="raise")
        ]

    assert found[0][0] == "warcinfo"
    came = [(headers, body) for kind, headers, body in found if kind == "request"]
    assert [body for _headers, body in came] == [before[-1].body]
    assert came[0][0].get_header("Signature")
    resources = [body for kind, _headers, body in found if kind == "resource"]
    assert resources[start:] == [one.body for one in before[:-1]]


async def test_pages_of_threads_are_safe_to_open(exported):
    """R-16: accessible HTML for each thread."""
    folder, told, *_rest = exported
    pages = [path.read_text("utf-8") for path in (folder / "threads").glob("*.html")]
    about = next(page for page in pages if "Is" in page and "opens at nine" in page)

    assert told.threads == len(pages)
    assert "<script" not in about
    assert about.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in about
    assert about.count("<h1>") == 1
    assert about.count("<article>") == about.count("<h2>") == 3


async def test_the_manifest_holds_count_and_hash_of_every_file(exported):
    """R-17."""
    folder, told, *_rest = exported
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    named = {one["file"]: one["sha256"] for one in manifest["files"]}
    there = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert named == there
    assert manifest["records"] == told.records
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == told.manifest


async def test_that_records_were_exported_is_a_record(exported, kept):
    """R-12: who was given what, and its hash."""
    _folder, told, _start, before = exported
    last = (await kept())[-1]

    assert last.entry.kind == "records exported"
    assert json.loads(last.body)["manifest"] == told.manifest
    assert len(await kept()) == len(before) + 1


async def test_a_folder_with_something_in_it_is_left_alone(ctx, school, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(ConflictError):
        await records_export.export(
            ctx, tmp_path, account=school.account, since=YEAR[0], until=YEAR[1]
        )


async def test_only_official_accounts_have_records_to_export(ctx, tom):
    async with ctx.read() as session:
        with pytest.raises(NotFoundError):
            await records_export.account_named(session, "tom")


async def test_a_picture_is_in_the_export_and_outlives_its_post(
    ctx, say, speaking, school, tmp_path, client
):
    """R-12, R-15: files of official posts are kept under the hash of what they hold."""
    form, drawn = FormData(), io.BytesIO()
    Image.new("RGB", (40, 30), "gold").save(drawn, "PNG")
    form.add_field("file", drawn.getvalue(), filename="bee.png", content_type="image/png")
    form.add_field("description", "A bee on a flower")
    answer = await client.post("/api/v2/media", data=form, headers=school.headers)
    media_id = int((await answer.json())["id"])
    looked = PictureCheck(Focus.NOBODY, speaking.member_id)
    post_id = await say(speaking, "A bee.", media_ids=(media_id,), checked=looked)
    await ctx.write(
        posts.delete, actor=speaking, post_id=post_id, now=ctx.clock(), keep_media=False
    )
    folder = tmp_path / "export"

    told = await records_export.export(
        ctx, folder, account=school.account, since=YEAR[0], until=YEAR[1]
    )

    files = [path for path in (folder / "media").rglob("*") if path.is_file()]
    assert told.files == len(files) == 1
    key = files[0].relative_to(folder / "media").as_posix()
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() in key.replace("/", "")
    async with ctx.read() as session:
        assert await remote_files.orphans(session, [key]) == []
    await let_go(ctx, [key])
    assert await ctx.blobs.get(key) is not None
