"""Which tests are run where: once on PostgreSQL, and beside which others in one process."""

from collections import Counter

import pytest

SPLIT = {"test_every_page_seen.py": 40, "test_figures.py": 40}
"""Files that would keep one process busy when all others are done, and how many tests of
them stay together."""


def once_each(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what has a store, and of each test the first of its parameters.

    The rest was run with SQLite and is the same: parameters vary what is asked, rarely the
    statements that are sent.
    """
    chosen: dict[str, pytest.Item] = {}
    for item in items:
        if "database_url" in getattr(item, "fixturenames", ()):
            chosen.setdefault(item.nodeid.partition("[")[0], item)
    kept = set(chosen.values())
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = chosen.values()


def keep_together(items: list[pytest.Item]) -> None:
    """Give each file, or a part of a long one, to one process: it shares what it started."""
    so_far: Counter[str] = Counter()
    for item in items:
        file = item.nodeid.partition("::")[0]
        part = so_far[file] // SPLIT.get(item.path.name, 1_000_000)
        so_far[file] += 1
        item.add_marker(pytest.mark.xdist_group(f"{file} {part}"))
