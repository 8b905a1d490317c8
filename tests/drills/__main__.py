"""`make drills`: spoil what a real server stands on, and say what was lost.

What is being done goes to the standard error, the table to the standard output. Ends with 1
where anything was lost, done twice, not said plainly, or not recovered from.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from tests.drills import clock, database, disk, hosts, killed, names
from tests.drills.outcome import Outcome, table
from tests.drills.scene import say

Drill = Callable[..., Awaitable[Outcome]]
DRILLS: dict[str, Drill] = {
    "disk": disk.full,
    "held": disk.held,
    "gone": database.gone,
    "restarted": database.restarted,
    "frozen": database.frozen,
    "serve": killed.served,
    "worker": killed.worker,
    "clock": clock.stepped,
    "names": names.unanswered,
    "dead": hosts.dead,
    "flood": hosts.flood,
}
FULL_SECONDS = 60.0


async def run(chosen: Sequence[str], *, full: bool) -> list[Outcome]:
    """Do drills one after another; one that breaks is an outcome, too."""
    outcomes = []
    for at, name in enumerate(chosen, 1):
        began = monotonic()
        say(f"[{at}/{len(chosen)}] {name} …")
        with tempfile.TemporaryDirectory(prefix=f"drill-{name}-") as folder:
            # The database does not run as whoever started this.
            Path(folder).chmod(0o755)
            try:
                how = {"hold": FULL_SECONDS} if full else {}
                outcome = await DRILLS[name](Path(folder), **how)
            except Exception as error:  # noqa: BLE001 - the others are still to be done
                outcome = Outcome(name, "broke off", wrong=[f"{error!r}"[:1000]])
                say(traceback.format_exc())
        say(f"    {'passed' if outcome.passed else 'FAILED'} after {monotonic() - began:.0f} s")
        outcomes.append(outcome)
    return outcomes


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the drills that are asked for; return 1 unless all passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("--only", action="append", choices=DRILLS, metavar="DRILL",
                        help=", ".join(DRILLS))  # fmt: skip
    parser.add_argument("--full", action="store_true", help="a minute of each trouble")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    asked = parser.parse_args(arguments)
    chosen = [name for name in DRILLS if not asked.only or name in asked.only]
    outcomes = asyncio.run(run(chosen, full=asked.full))
    if asked.json:
        print(json.dumps([asdict(one) for one in outcomes], indent=1))
    else:
        print(table(outcomes))
        lost = sum(len(one.lost) for one in outcomes)
        print(f"\nWhat was lost: {lost or 'nothing'}.")
    return 0 if all(one.passed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
