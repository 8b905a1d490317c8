"""Which tests are run where: once on PostgreSQL, and beside which others in one process."""

from zlib import crc32

import pytest
from xdist.scheduler import LoadFileScheduling

from tests import statements
from tests.databases import POSTGRESQL

PARTS = {"test_every_page_seen.py": 6, "test_figures.py": 4}
"""Files that would keep one process busy when all others are done, and how they are cut."""


class Files(LoadFileScheduling):  # type: ignore[misc]  # the package says nothing of its types
    """Gives each file, or a part of a long one, to one process: it shares what it started."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        part = crc32(nodeid.encode()) % PARTS.get(file.rpartition("/")[2], 1)
        return f"{file} {part}"


def has_store(item: pytest.Item) -> bool:
    """Say whether a test has a store of its own."""
    return "database_url" in getattr(item, "fixturenames", ())


def once_each(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return of each test the first of its parameters.

    Parameters vary what is asked, rarely the statements that are sent.
    """
    chosen: dict[str, pytest.Item] = {}
    for item in items:
        chosen.setdefault(item.nodeid.partition("[")[0], item)
    return list(chosen.values())


def to_run(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return what is run: on PostgreSQL only what has a store, and no more than is wished."""
    kept = [item for item in items if not POSTGRESQL or has_store(item)]
    return statements.chosen(once_each(kept)) if statements.WISH == "choose" else kept
