"""What was written lately: how long something worked out of the store still holds.

Whoever remembers what they read says what it does *not* depend on; all else that is written
ends it. So a table that nobody thought of makes answers slow, never wrong.
"""

from collections.abc import Callable, Iterable, Set

EVERYTHING = "*"
"""The name for what cannot be told apart: a statement that nobody can read."""


class Watch:
    """A number that grows with each change that something may depend on."""

    __slots__ = ("but", "only", "version")

    def __init__(self, but: Set[str], only: Set[str] | None = None) -> None:
        self.but = frozenset(but)
        self.only = frozenset({*only, EVERYTHING}) if only is not None else None
        self.version = 0

    def minds(self, name: str) -> bool:
        """Return whether a change of `name`, a table or `table.column`, counts."""
        table = name.partition(".")[0]
        if self.only is not None and table not in self.only:
            return False
        return not (name in self.but or table in self.but)


class Changes:
    """Hears of every transaction that was committed, and tells those who remember.

    `exact` says whether every change is heard of before whoever made it is answered. Where it
    is not, as with several processes on PostgreSQL, nothing may be remembered.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact
        self.look: Callable[[], None] = lambda: None
        """Finds out whether another process wrote something; to be called before each use."""
        self._watches: list[Watch] = []
        self._minding: dict[str, list[Watch]] = {}

    def watch(self, *, but: Set[str] = frozenset(), only: Set[str] | None = None) -> Watch:
        """Return what counts all changes from now on but those of `but`.

        These are names of tables, and of single columns as `table.column`: an UPDATE of nothing
        but such columns does not count. With `only`, changes of these tables alone do: for what
        one statement reads, whose tables are known.
        """
        watch = Watch(but, only)
        self._watches.append(watch)
        self._minding.clear()
        return watch

    def written(self, names: Iterable[str]) -> None:
        """Count a transaction that wrote `names`, which is committed by now."""
        hit: set[Watch] = set()
        for name in names:
            if (minding := self._minding.get(name)) is None:
                minding = [watch for watch in self._watches if watch.minds(name)]
                self._minding[name] = minding
            hit.update(minding)
        for watch in hit:
            watch.version += 1

    def anything(self) -> None:
        """Count whatever another process may have written."""
        self.written([EVERYTHING])
