"""Pages of things that are in order of their ids, newest first."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")
U = TypeVar("U")


class PageRequest(Struct, frozen=True):
    """Which page is wanted (https://docs.joinmastodon.org/api/guidelines/#pagination).

    `max_id`: only older ones. `since_id`: only newer ones, the newest of them. `min_id`: only
    newer ones, those just above it. Bounds are exclusive.
    """

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def ascending(self) -> bool:
        """Whether rows are read upwards from `min_id` and turned round afterwards."""
        return self.min_id is not None


class Page(Struct, Generic[T], frozen=True):
    """Some things, newest first, with the cursors of the pages beside.

    `newest` and `oldest` are ids of the rows that were read (relation rows for lists such as
    favourites), also of those that were filtered out afterwards; None on an empty page.
    """

    items: list[T]
    newest: int | None = None
    oldest: int | None = None

    def with_items(self, items: list[U]) -> "Page[U]":
        """Return the same page of other things, for instance views instead of ids."""
        return Page(items, self.newest, self.oldest)
