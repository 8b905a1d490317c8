"""Every hostile input has a test, but for those that are listed as open."""

from tests.hostile_rows import LAST, OPEN, missing, named


def test_no_hostile_input_loses_its_test():
    assert set(missing()) <= OPEN


def test_a_test_names_only_inputs_that_there_are():
    assert {number for number in named() if not 1 <= number <= LAST} == set()
