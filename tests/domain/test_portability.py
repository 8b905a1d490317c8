"""Files that members bring: Mastodon's, other programs', and what is none."""

import pytest

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.portability import MAX_BYTES, MAX_ROWS, Entry, parse, write

OWN = {"home.example"}


def read(data: str | bytes, kind="following"):
    return parse(data if isinstance(data, bytes) else data.encode(), kind=kind, own_hosts=OWN)


FORMS = {
    "mastodon": "Account address,Show boosts,Notify on new posts,Languages\n"
    'priya@riverside.example,false,true,"en, de"\n',
    "windows lines": "Account address,Show boosts,Notify on new posts,Languages\r\n"
    'priya@riverside.example,false,true,"en, de"\r\n',
    "old mac lines": "Account address,Show boosts,Notify on new posts,Languages\r"
    'priya@riverside.example,false,true,"en, de"\r',
    "a mark at its head": "\ufeffAccount address,Show boosts,Notify on new posts,Languages\n"
    'priya@riverside.example,FALSE,TRUE,"en, de"\n',
    "semicolons": "Account address;Show boosts;Notify on new posts;Languages\n"
    "priya@riverside.example;false;true;en\n",
    "tabs": "Account address\tShow boosts\tNotify on new posts\n"
    "@priya@riverside.example\t0\t1\n",
    "columns moved": "Show boosts,Account address,Notify on new posts\n"
    "false,@Priya@Riverside.Example,true\n",
    "more columns": "Account address,Show boosts,Notify on new posts,Note\n"
    "priya@riverside.example,false,true,a friend\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_follow_is_read_in_every_dialect(text):
    found = read(text)

    (entry,) = found.entries
    assert entry.subject.lower() == "priya@riverside.example"
    assert (entry.host, entry.show_boosts, entry.notify) == ("riverside.example", False, True)
    assert found.unread == ()


def test_a_spreadsheets_own_unicode_is_read():
    text = "Account address\tShow boosts\npriya@riverside.example\tfalse\n"

    assert read(text.encode("utf-16")).entries[0].show_boosts is False


@pytest.mark.parametrize(
    ("kind", "text", "entry"),
    [
        ("blocks", "troll@remote.example\n", Entry("troll@remote.example", "remote.example")),
        ("following", "tom@home.example\n", Entry("tom")),
        (
            "mutes",
            "Account address,Hide notifications\nnoise@remote.example,false\n",
            Entry("noise@remote.example", "remote.example", hide_notifications=False),
        ),
        ("domain_blocks", "#domain\nSpam.Example\n", Entry("spam.example")),
        (
            "lists",
            "Fourth  grade,priya@riverside.example\n",
            Entry("priya@riverside.example", "riverside.example", list_title="Fourth grade"),
        ),
        (
            "bookmarks",
            "https://remote.example/users/ren/statuses/1\n",
            Entry("https://remote.example/users/ren/statuses/1", "remote.example"),
        ),
    ],
)
def test_files_without_a_head_are_read(kind, text, entry):
    assert read(text, kind).entries == (entry,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n , \n", "empty"),
        (b"PK\x03\x04rest", "archive"),
        (b"<!doctype html><p>sign in", "web page"),
        (b'{"error": 1}', "web page"),
        ("señor@riverside.example\n".encode("latin-1"), "UTF-8"),
        (b"priya@river\0side.example\n", "bytes"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"Account address,Hide notifications\na@b.example,true\n", "muted people"),
        (b"List name,Account address\nx,a@b.example\n", "lists"),
        (b"not a handle\n", "Nothing in the file"),
        (b"=HYPERLINK(1)\n", "Nothing in the file"),
        (b"a@b.example\n" * (MAX_ROWS + 1), "20,000"),
        (b"a@b.example\n" * 100_000, "20,000"),
        (b"x" * (MAX_BYTES + 1), "8 MiB"),
        (b'"' + b"x" * 200_000, "cannot be read"),
    ],
    ids=[
        "nothing", "blank lines", "an archive", "a page", "JSON", "Latin-1", "NUL",
        "half a letter", "another kind", "lists", "words", "FED-104 a formula",
        "a line too many", "far too many lines", "far too long", "an open quotation",
    ],
)  # fmt: skip
def test_what_cannot_be_used_gets_a_sentence(data, words):
    with pytest.raises(InvalidError, match=words):
        read(data)


def test_lines_nobody_understands_are_told_and_the_others_taken():
    found = read(
        "priya@riverside.example\n,\nnobody here\n@PRIYA@riverside.example\nx@y@z.com\n"
    )

    assert [entry.subject for entry in found.entries] == ["priya@riverside.example"]
    assert [item.cells[0] for item in found.unread] == ["nobody here", "x@y@z.com"]
    assert "not a handle" in found.unread[0].why


def test_what_is_written_is_mastodons_form_and_comes_back():
    follow = Entry(
        "priya@riverside.example",
        "riverside.example",
        show_boosts=True,
        notify=False,
        languages=("en", "de"),
    )
    text = write("following", [follow])

    assert text == (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        'priya@riverside.example,true,false,"en, de"\n'
    )
    assert read(text).entries == (follow,)


def test_a_list_named_as_a_formula_does_no_harm_and_comes_back():
    entry = Entry("tom@a.example", "a.example", list_title="=1+1")
    text = write("lists", [entry])

    assert text.startswith("'=1+1,")
    assert read(text, "lists").entries == (entry,)
