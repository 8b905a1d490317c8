"""Every demand of schools that is said to be met has a test."""

from tests.demands import missing


def test_no_demand_that_is_done_is_without_a_test():
    assert missing() == []
