"""What was written lately: how long something worked out of the store still holds.

Whoever remembers what they read says what it does *not* depend on; all else that is written
ends it. So a table that nobody thought of makes answers slow, never wrong.
"""

from collections.abc import Awaitable, Callable, Iterable, Set

EVERYTHING = "*"
"""The name for what cannot be told apart: a statement that nobody can read."""
WORK: Set[str] = frozenset(
    {"activity", "audit", "delivery", "host", "idempotency", "job", "seen", "sent", "session"}
)
"""What the server writes to get its work done, and no answer to members shows."""


async def _nothing() -> None:
    """Wait for nobody: whoever is alone hears of everything anyway."""


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

    `exact` says, after a `look`, whether everything that was answered a second ago was heard
    of, whichever process did it. Where it is not, nothing may be remembered.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact
        self.look: Callable[[], None] = lambda: None
        """Finds out whether another process wrote something; to be called before each use."""
        self.confirm: Callable[[], Awaitable[None]] = _nothing
        """Waits until all is heard of that was committed before now: to be called where a
        request or a job begins. It gives up where the store does not answer; nothing is
        remembered then."""
        self.unheard: Set[str] = frozenset()
        """Tables of which other processes say nothing: no watch may mind them."""
        self._watches: list[Watch] = []
        self._minding: dict[str, list[Watch]] = {}

    def watch(self, *, but: Set[str] = frozenset(), only: Set[str] | None = None) -> Watch:
        """Return what counts all changes from now on but those of `but`.

        These are names of tables, and of single columns as `table.column`: an UPDATE of nothing
        but such columns does not count. With `only`, changes of these tables alone do: for what
        one statement reads, whose tables are known.
        """
        watch = Watch(but, only)
        if deaf := sorted(name for name in self.unheard if watch.minds(name)):
            raise ValueError(f"Nobody tells of {', '.join(deaf)}.")
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
