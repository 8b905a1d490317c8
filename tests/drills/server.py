"""`fedi-k12` in a world that a drill spoils: `python -m tests.drills.server serve`.

A file says by how many seconds the clock is ahead, and whether names can be looked up.
"""

import json
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from fedi_k12 import context

WORLD = "DRILL_WORLD"
"""Names, in the environment of a server, the file that says how its world is."""


class World:
    """How it is for the servers of a drill: the clock, and the looking up of names."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.change()

    @property
    def environment(self) -> dict[str, str]:
        """What a server has to be told that is to live there."""
        return {WORLD: str(self._file)}

    def change(self, *, ahead: float = 0.0, names: bool = True, lease: float = 10.0) -> None:
        """Let the clock be ahead, names be found or not; leases last so many seconds."""
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps({"ahead": ahead, "names": names, "lease": lease}))
        written.replace(self._file)


def _run() -> None:
    """Run the command line in that world, put in before anything took the usual one."""
    of_the_machine, file = context.utc_now, Path(os.environ[WORLD])

    def look(name: str) -> Any:
        return json.loads(file.read_text())[name]

    def ahead() -> datetime:
        return of_the_machine() + timedelta(seconds=look("ahead"))

    async def resolve(_self: object, host: str, port: int = 0, *_more: object) -> list[Any]:
        if not look("names"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [
            {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET,
             "proto": 0, "flags": socket.AI_NUMERICHOST}
        ]  # fmt: skip

    context.utc_now = ahead
    aiohttp.ThreadedResolver.resolve = resolve  # type: ignore[method-assign,assignment]  # our DNS
    from fedi_k12 import worker
    from fedi_k12.cli.commands import main
    from storage import deliveries, jobs

    # What a dead worker left is taken up after minutes: a drill has not so many.
    lease = timedelta(seconds=look("lease"))
    deliveries.LEASE = jobs.LEASE = lease
    jobs.claim.__kwdefaults__["lease"] = lease
    worker._run_lane.__kwdefaults__["lease"] = lease
    worker.LAPSED_EVERY = lease / 2
    main(prog_name="fedi-k12")


if __name__ == "__main__":
    _run()
