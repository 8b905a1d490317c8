"""What is wrong with what this server stands on: its store, the clock, the names of others."""

from collections.abc import Callable
from enum import StrEnum
from time import monotonic

from msgspec import Struct

REMIND = 60.0
"""Seconds after which a trouble that goes on is told of again."""


class Part(StrEnum):
    """What a server stands on."""

    STORE = "store"
    """The database and its disk: without it nothing can be served."""
    NAMES = "names"
    """Looking up names: without it nobody else is reached, and members notice little."""
    CLOCK = "clock"
    """The time of the machine."""


class Trouble(Struct, frozen=True):
    """What is wrong, in a sentence that everybody may read, and since when."""

    part: Part
    sentence: str
    since: float
    """As `time.monotonic` counts."""

    @property
    def seconds(self) -> int:
        """How long it has been so."""
        return int(monotonic() - self.since)


Tell = Callable[[Trouble, bool], None]
"""Told of each trouble, and whether it is over."""


def _nobody(_trouble: Trouble, _over: bool) -> None:
    pass


class Troubles:
    """The troubles of the moment, one of each part at most."""

    def __init__(self, tell: Tell = _nobody) -> None:
        self._tell = tell
        self._now: dict[Part, Trouble] = {}
        self._told: dict[Part, float] = {}

    @property
    def now(self) -> tuple[Trouble, ...]:
        """What is wrong at the moment."""
        return tuple(self._now.values())

    def of(self, part: Part) -> Trouble | None:
        """Return what is wrong with a part, None where nothing is."""
        return self._now.get(part)

    def begin(self, part: Part, sentence: str) -> None:
        """Note what is wrong; told when it is new or different, and once a minute."""
        before, now = self._now.get(part), monotonic()
        trouble = Trouble(part, sentence, before.since if before else now)
        self._now[part] = trouble
        if before != trouble or now - self._told[part] >= REMIND:
            self._told[part] = now
            self._tell(trouble, False)

    def end(self, part: Part) -> None:
        """Note that nothing is wrong with a part any more."""
        if (trouble := self._now.pop(part, None)) is not None:
            self._tell(trouble, True)
