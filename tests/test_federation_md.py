"""FEDERATION.md says what is so (FEP-67ff). Row 1.1 "FEDERATION.md"."""

import re
from pathlib import Path

import pytest

from federation.dispatch import HANDLERS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "FEDERATION.md").read_text("utf-8")
_LINK = r"\[`(\S+)`\]\((\S+)\)"
ROWS = re.findall(
    rf"\| \[FEP-([0-9a-f]{{4}})\]\((\S+)\) \| (.+?) \| {_LINK} \| {_LINK} \|", TEXT
)
CODE = "".join(
    path.read_text("utf-8")
    for folder in ("federation", "fedi_k12", "storage", "webui")
    for path in (ROOT / folder).rglob("*.py")
)


def test_the_sections_are_those_that_readers_look_for():
    for heading in (
        "# Federation",
        "## Supported federation protocols and standards",
        "## Supported FEPs",
        "## ActivityPub",
        "## Additional documentation",
    ):
        assert f"\n{heading}\n" in f"\n{TEXT}", heading


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_fep_has_its_code_and_its_test(row):
    number, address, words, code, code_link, test, test_link = row

    assert words
    assert address.endswith(f"/fep/{number}/fep-{number}.md")
    assert code == code_link
    assert test == test_link
    assert (ROOT / code).is_file()
    assert (ROOT / test).is_file()
    if code.endswith(".py"):
        assert f"FEP-{number}" in (ROOT / code).read_text("utf-8")
        assert "def test_" in (ROOT / test).read_text("utf-8")


def test_each_fep_that_the_code_follows_is_in_the_table():
    # Only read where others send it; nothing of it is promised.
    read_only = {"8967"}
    named = set(re.findall(r"FEP-([0-9a-f]{4})", CODE))

    assert named - read_only <= {row[0] for row in ROWS}


def test_each_activity_that_is_acted_on_is_named():
    assert [kind for kind in HANDLERS if f"`{kind}`" not in TEXT] == []


def test_files_it_names_are_there():
    for name in re.findall(r"`((?:webui|tests|federation|fedi_k12)/\S+\.(?:md|py))`", TEXT):
        assert (ROOT / name).is_file(), name
