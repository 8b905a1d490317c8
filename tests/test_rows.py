"""Every row of the protocol table that we promise has a test; every citation is of a row."""

from tests.rows import missing, unknown


def test_no_row_that_we_promise_is_without_a_test():
    assert missing() == []


def test_a_test_cites_only_rows_that_there_are():
    assert unknown() == []
