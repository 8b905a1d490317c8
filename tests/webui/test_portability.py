"""Import and export, through the pages."""

import pytest

from fedi_k12.worker import run_until_idle

FOLLOWS = (
    b"Account address,Show boosts,Notify on new posts,Languages\r\n"
    b"tom@home.example,true,true,\r\nnobody at all,true,false,\r\n"
)


@pytest.fixture
def choose(at_maya):
    """Return a function that chooses a file in Maya's browser and sends it."""

    async def run(data: bytes, kind: str = "following", mode: str = "merge"):
        page = await at_maya.get("/settings/files")
        return await at_maya.submit(
            page,
            "/settings/files",
            {"kind": kind, "mode": mode},
            files={"file": ("follows.csv", data, "text/csv")},
        )

    return run


async def test_a_file_is_shown_for_what_it_does_before_anything_is_done(
    ctx, at_maya, tom, choose
):
    answer = await choose(FOLLOWS)
    preview = await at_maya.follow(answer)

    assert "tom" in preview.main.text
    assert "nobody at all" in preview.main.text
    assert "not a handle" in preview.main.text
    await run_until_idle(ctx)
    empty = await at_maya.get("/settings/files/following_accounts.csv")
    assert empty.body == "Account address,Show boosts,Notify on new posts,Languages\n"

    begun = await at_maya.follow(await at_maya.submit(preview, answer.location + "/begin"))
    assert "Stop it" in begun.text
    await run_until_idle(ctx)
    done = await at_maya.get(answer.location)
    assert "1 of 2 are done" in done.text
    file = await at_maya.get("/settings/files/following_accounts.csv")
    assert file.body.splitlines()[1:] == ["tom@home.example,true,true,"]
    failed = await at_maya.get(answer.location + "/not_taken_over.csv")
    assert failed.headers["Content-Disposition"].startswith("attachment")
    assert failed.body.splitlines()[0].endswith(",Languages,Reason")
    assert failed.body.splitlines()[1].startswith("nobody at all,true,false,,")


async def test_what_would_end_is_told_first(ctx, at_maya, make_member, tom, choose):
    await make_member("kim")
    first = await choose(b"tom\nkim\n")
    await at_maya.submit(await at_maya.follow(first), first.location + "/begin")
    await run_until_idle(ctx)

    answer = await choose(b"kim\n", mode="overwrite")
    preview = await at_maya.follow(answer)

    assert "1 would end" in preview.text
    dropped = await at_maya.submit(preview, answer.location + "/drop")
    assert dropped.status == 303
    assert (await at_maya.get(answer.location)).status == 404
    file = await at_maya.get("/settings/files/following_accounts.csv")
    assert len(file.body.splitlines()) == 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "archive"),
        ("señor@x.example".encode("latin-1"), "UTF-8"),
        (b"a@b.example\n" * 25_000, "20,000"),
        (b"\0\0\0\0", "bytes"),
        (b"=cmd|' /C calc'!A0\n", "Nothing in the file"),
    ],
    ids=["empty", "an archive", "Latin-1", "25,000 lines", "zeros", "a formula"],
)
async def test_a_hostile_file_gets_a_sentence(choose, data, words):
    answer = await choose(data)

    assert answer.status == 422
    assert words in answer.text
    assert answer.root.find("p", id="f-file-error")


async def test_without_a_file_one_is_asked_for(at_maya):
    page = await at_maya.get("/settings/files")

    answer = await at_maya.submit(page, "/settings/files")

    assert answer.status == 422
    assert "Choose the file first." in answer.text


async def test_what_is_anothers_is_not_found(at_maya, at_tom, visitor, choose):
    answer = await choose(FOLLOWS)
    page = await at_tom.get("/settings/files")
    csrf = {"csrf": page.form("/settings/files").find("input", name="csrf")[0]["value"]}

    for path in (answer.location, answer.location + "/not_taken_over.csv"):
        assert (await at_tom.get(path)).status == 404
        assert (await visitor.get(path)).status == 303
    for what in ("begin", "drop"):
        assert (await at_tom.post(f"{answer.location}/{what}", csrf)).status == 404
    assert (await at_tom.get("/settings/files/imports/x")).status == 404
    assert (await at_tom.get("/settings/files/secrets.csv")).status == 404
    assert (await visitor.get("/settings/files/following_accounts.csv")).status == 303


async def test_each_list_is_a_file(at_maya, make_member):
    page = await at_maya.get("/settings/files")
    links = [link["href"] for link in page.root.find("a") if link["href"].endswith(".csv")]

    assert len(links) == 7
    for link in links:
        answer = await at_maya.get(link)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
