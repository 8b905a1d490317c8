"""What is chosen for PostgreSQL by what was noted on SQLite."""

import json
from types import SimpleNamespace

import pytest

from tests import statements
from tests.statements import chosen, parts


def named(*names):
    return [SimpleNamespace(nodeid=name) for name in names]


@pytest.fixture
def note(tmp_path, monkeypatch):
    monkeypatch.setattr(statements, "NOTES", tmp_path)

    def write(**noted):
        (tmp_path / "one.json").write_text(json.dumps(noted))

    return write


def names(items):
    return [item.nodeid for item in items]


def test_a_test_that_sends_nothing_new_is_left_out(note):
    note(slow=([1, 2], 9.0), quick=([1, 2], 0.1), other=([1, 2, 3], 0.2), rest=([3], 5.0))

    # Each statement twice, and no test that adds nothing.
    assert names(chosen(named("slow", "quick", "other"))) == ["quick", "other"]
    assert names(chosen(named("slow", "quick", "other", "rest"))) == ["quick", "other", "rest"]


def test_a_test_of_which_nothing_is_known_is_run(note):
    note(one=([1], 0.1), two=([1], 0.1), three=([1], 0.1))

    assert "new" in names(chosen(named("one", "two", "three", "new")))


def test_tests_of_what_differs_between_the_stores_are_run(note):
    inbox = "tests/hostile/test_inbox.py::test_it"
    note(**{inbox: ([1], 9.0), "one": ([1], 0.1), "two": ([1], 0.1)})

    assert inbox in names(chosen(named(inbox, "one", "two")))


def test_without_notes_it_is_said_what_to_do(note):
    with pytest.raises(FileNotFoundError, match="on SQLite first"):
        chosen(named("one"))


def test_columns_that_are_written_count_each_for_itself():
    whole = parts("INSERT INTO t (a, b, c) VALUES (?, ?, ?)", ("int", "str", ""))

    assert parts("INSERT INTO t (a, b) VALUES (?, ?)", ("int", "str")) < whole
    assert not parts("INSERT INTO t (a, b) VALUES (?, ?)", ("int", "int")) <= whole
    assert parts("UPDATE t SET a=? WHERE t.id = ?", ("int", "int")) != parts(
        "UPDATE t SET a=? WHERE t.name = ?", ("int", "int")
    )


def test_how_many_values_there_are_makes_no_difference():
    asked = "SELECT t.id FROM t WHERE t.id IN (?, ?, ?)"

    assert parts(asked, ("int",) * 3) == parts(asked.replace(", ?", "", 1), ("int",) * 2)
    assert parts(asked, ("str",) * 3) != parts(asked, ("int",) * 3)
