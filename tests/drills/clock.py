"""The clock of the machine is wrong for a while, and set right."""

from pathlib import Path

from tests.drills.outcome import Outcome
from tests.drills.scene import scene

STEP = 1800
"""Seconds: more than leases last, less than a signature may be old."""
HOLD = 7.0
"""Longer than it takes until a server looks."""


async def stepped(folder: Path, *, hold: float = HOLD) -> Outcome:
    """Move the clock ahead and right again, then back and right again."""
    hold = min(max(hold, HOLD), 20.0)
    outcome = Outcome("clock stepped", f"{STEP} s ahead, right, {STEP} s behind, right")
    async with scene(folder / "server", outcome) as playing:
        for ahead, way in ((STEP, "forward"), (0, "back"), (-STEP, "back"), (0, "forward")):
            playing.world.change(ahead=ahead)
            await playing.look(hold, part=f"moved {way}", status=200)
        await playing.recover()
        await playing.calm(1.0)
        await playing.check()
    return outcome
