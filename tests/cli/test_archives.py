"""`archive`: an operator brings what an official account said on X."""

import json

import pytest

from tests.archives import town_archive
from tests.operators import last_line, member


@pytest.fixture
def school(run):
    """A store with an official account."""
    member(run, "olga")
    run("account", "create", "lincoln", "--kind", "organization")
    return run


def test_an_archive_is_looked_at_and_taken_over_once(school, tmp_path):
    """S-22."""
    file = tmp_path / "x.zip"
    file.write_bytes(town_archive())

    looked = school("archive", "lincoln", "bring", str(file), "--look")
    assert "X of @LincolnES: 3 posts, 2014 to 2021" in looked.stdout
    assert "1 · answers to others" in looked.stdout
    told = json.loads(school("archive", "lincoln", "bring", str(file), "--json").stdout)
    assert (told["taken"], told["left"]["reply"]) == (3, 1)
    again = school("archive", "lincoln", "bring", str(file))
    assert "Taken over: 0" in again.stdout
    assert "3 · posts that were here already" in again.stdout

    file.write_bytes(b"no")
    refused = school("archive", "lincoln", "bring", str(file), code=1)
    assert "no archive of X or Facebook" in refused.output
    assert "no official account" in school("archive", "olga", "bring", str(file), code=1).output
    assert last_line(again)
