"""What is the same for all journeys."""

import pytest

from tests.several import ARRANGEMENT

TIME = 900
"""Seconds that each may take where each server is several processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give journeys the time that five processes for each server need to start."""
    for item in items if ARRANGEMENT else ():
        item.add_marker(pytest.mark.timeout(TIME), append=False)
