"""`fedi-k12` by a clock that a test moves: `python -m tests.moved_clock serve`.

Servers that are processes of their own look at the clock of the machine, and a test should not
wait for the morning. Here they read from a file by how much theirs is ahead.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from fedi_k12 import context

AHEAD = "TEST_CLOCK_AHEAD"
"""Names, in the environment of a server, the file that says by how many seconds."""


class MovedClock:
    """The clock of all servers that read one file; it only goes forward."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = 0.0
        self.advance(seconds=0)

    @property
    def environment(self) -> dict[str, str]:
        """What a server has to be told that is to go by this clock."""
        return {AHEAD: str(self._file)}

    def now(self) -> datetime:
        """Return the time as the servers know it."""
        return context.utc_now() + timedelta(seconds=self._ahead)

    def advance(self, *, seconds: float) -> None:
        """Let it be so much later, at once and everywhere."""
        self._ahead += seconds
        # Whole or not at all: a server may read while this writes.
        written = self._file.with_suffix(".new")
        written.write_text(str(self._ahead))
        written.replace(self._file)

    def wait_for(self, *, hour: int) -> None:
        """Let it be that hour, of this day or else of the next one (UTC)."""
        now = self.now()
        then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        if then <= now:
            then += timedelta(days=1)
        self.advance(seconds=(then - now).total_seconds())


def _run() -> None:
    """Run the command line, with the clock put in before anything took the usual one."""
    of_the_machine, file = context.utc_now, Path(os.environ[AHEAD])

    def ahead() -> datetime:
        return of_the_machine() + timedelta(seconds=float(file.read_text()))

    context.utc_now = ahead
    from fedi_k12.cli.commands import main

    main(prog_name="fedi-k12")


if __name__ == "__main__":
    _run()
