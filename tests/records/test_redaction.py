"""Public copies of records beside the sealed originals (R-16)."""

import hashlib
import json

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.redaction import REASONS, Passage, public_copy, withheld
from fedi_k12.services import records_export, redaction
from tests.records.test_exporting import YEAR, lines_of

NAME = [Passage("Jenny Miller", "student")]


@pytest.mark.parametrize(
    "said",
    [
        "Jenny Miller won.",
        "JENNY  miller won.",
        "Jenny <b>Miller</b> won.",
        "<p>Jenny&#32;Miller</p> won.",
        "Jenny\nMiller won.",
        "J&#101;nny Miller won.",
    ],
)
def test_a_passage_is_left_out_however_it_is_written(said):
    """R-16: what a reader would read counts; the reason stands in its place."""
    body = json.dumps({"object": {"content": said, "tags": [said]}}).encode()

    copied = json.loads(public_copy(body, NAME))["object"]

    for text in (copied["content"], *copied["tags"]):
        assert "[student]" in text
        assert "won" in text
        assert "enny" not in text
        assert "iller" not in text


def test_what_holds_no_such_passage_stays_as_it_is():
    body = {"content": "<p>Jenny and the Millers &amp; co.</p>", "n": 1, "x": [True, None]}
    assert json.loads(public_copy(json.dumps(body).encode(), NAME)) == body
    assert public_copy(b"not json: Jenny Miller \xff", NAME).startswith(b"not json: [student]")
    assert json.loads(withheld("legal")) == {"withheld": "legal"}


@pytest.fixture
async def told(ctx, start, say, speaking, school, send, remote):
    """What a parent said of a child, in the thread of a post."""
    post_id = await say(speaking, "Who won the prize?")
    ren = remote.actor("ren")
    uri = f"https://home.example/users/lincoln/statuses/{post_id}"
    note = ren.note("1", inReplyTo=uri, content="<p>Jenny <i>Miller</i>, of course!</p>")
    await send(ren, ren.create(note))
    await say(speaking, "Yes, Jenny Miller!", in_reply_to_id=post_id)
    return post_id


@pytest.fixture
def redact(ctx, speaking):
    """Return a function by which Maya leaves something out."""

    async def run(seq, *passages, reason="student", actor=speaking, **more):
        return await ctx.write(
            redaction.redact,
            actor=actor,
            seq=seq,
            passages=passages,
            reason=reason,
            now=ctx.clock(),
            **more,
        )

    return run


@pytest.fixture
def copied(ctx, school, tmp_path):
    """Return a function that writes the public copies of a year and gives the folder."""

    async def run(name="public"):
        folder = tmp_path / name
        await records_export.export(
            ctx, folder, account=school.account, since=YEAR[0], until=YEAR[1], public=True
        )
        return folder

    return run


def everything_in(folder):
    return b"\n".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".gz"
    )


async def test_the_public_form_of_an_export_holds_no_word_of_it(
    ctx, told, redact, kept, copied, verified, tmp_path, school
):
    """R-16: lines, index, WARC and pages; the original stays sealed as it was."""
    from warcio.archiveiterator import ArchiveIterator

    before = await kept()
    (first,) = [one.entry.seq for one in before if b"of course" in one.body]

    number = await redact(first, "Jenny Miller")
    folder = await copied()

    assert number == 3  # what came, what was written, and what was sent
    whole = everything_in(folder).lower()
    with (folder / "records.warc.gz").open("rb") as file:
        for one in ArchiveIterator(file):
            whole += one.content_stream().read().lower()
    assert b"jenny" not in whole
    assert b"miller" not in whole
    assert b"[student]" in whole
    assert REASONS["student"].encode() in everything_in(folder)
    after = await kept()
    assert [one.body for one in after[: len(before)]] == [one.body for one in before]
    assert (await verified()).fault == ""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["public"], manifest["redacted"]) == (True, 3)


async def test_no_hash_leads_from_the_copy_to_the_original(ctx, told, redact, kept, copied):
    """R-16: whoever knows all but a name could try names until a hash fits."""
    records = await kept()
    await redact(records[-1].entry.seq, "Jenny Miller")
    folder = await copied()

    text = everything_in(folder).decode()
    for one in records:
        assert one.hash not in text
        assert one.entry.digest not in text
    assert all("member" not in line for line in lines_of(folder))
    assert hashlib.sha256((folder / "index.csv").read_bytes()).hexdigest() in text


async def test_a_whole_record_can_be_withheld_and_begun_anew(told, redact, kept, copied):
    """R-16."""
    (seq,) = [one.entry.seq for one in await kept() if b"of course" in one.body]

    await redact(seq, reason="legal", whole=True)
    (line,) = [one for one in lines_of(await copied("a")) if one["record"] == seq]
    assert (line["activity"], line["redacted"]) == ({"withheld": "legal"}, ["legal"])

    await redact(seq, anew=True)
    (line,) = [one for one in lines_of(await copied("b")) if one["record"] == seq]
    assert "of course" in line["bytes"]
    assert line["redacted"] == []


async def test_one_redaction_adds_to_the_other(told, redact, kept, copied):
    """R-16: each with its reason."""
    (seq,) = [one.entry.seq for one in await kept() if b"of course" in one.body]
    await redact(seq, "Jenny Miller")
    await redact(seq, "ren@remote.example", "of course", reason="contact")

    (line,) = [one for one in lines_of(await copied()) if one["record"] == seq]

    assert "[student]" in line["bytes"]
    assert "[contact]" in line["bytes"]
    assert line["person"] == "[contact]"
    assert line["redacted"] == ["student", "contact"]


async def test_files_are_left_out_where_that_is_asked(
    ctx, say, speaking, school, redact, copied
):
    """R-16: a picture of a child is no word."""
    key = await ctx.blobs.put(b"a picture", ending="webp")

    async def add(session):
        return await redaction.archive.note(
            session,
            kind="Create",
            actor=speaking,
            concerned=[],
            object_id="x",
            now=ctx.clock(),
            media=[key],
        )

    seq = await ctx.write(add)
    assert list((await copied("a")).glob("media/*/*"))

    await redact(seq, withhold_files=True)

    folder = await copied("b")
    assert not list(folder.glob("media/*/*"))
    assert key.encode() not in everything_in(folder)


@pytest.mark.parametrize(
    ("passages", "more"),
    [
        (["x"], {}), ([], {}), (["Nobody Here"], {}), (["ab"] * 51, {}),
        (["Jenny Miller"], {"reason": "because"}), (["Jenny Miller"], {"whole": True}),
    ],
)  # fmt: skip
async def test_what_cannot_be_left_out_is_said(told, redact, kept, passages, more):
    """R-16: bad input."""
    with pytest.raises(InvalidError):
        await redact((await kept())[-1].entry.seq, *passages, **more)


async def test_only_who_reads_a_record_makes_its_copy(told, redact, kept, tom):
    """R-16."""
    with pytest.raises(ForbiddenError):
        await redact((await kept())[-1].entry.seq, "Jenny Miller", actor=tom.actor)


async def test_the_copy_is_made_on_the_page(told, at_olga, kept):
    """R-16: reason codes, the copy beside the original, a file in public form."""
    seq = (await kept())[-1].entry.seq
    page = await at_olga.get(f"/records/{seq}")
    path = f"/records/{seq}/redact"

    refused = await at_olga.submit(page, path, {"passages": "Nobody Here"})
    assert (refused.status, "Nobody Here" in refused.text) == (422, True)
    answer = await at_olga.submit(page, path, {"passages": "Jenny Miller\n"})
    page = await at_olga.follow(answer)

    copy, original = page.root.find("pre")[-1].text, page.root.find("pre")[0].text
    assert "[student]" in copy
    assert "Jenny Miller" in original
    assert "Jenny" not in copy
    assert (await at_olga.post("/records/99999/redact", {"csrf": _csrf(page)})).status == 404


def _csrf(page):
    return page.root.find("input", name="csrf")[0]["value"]
