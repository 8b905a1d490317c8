"""No name can be looked up for a while."""

from pathlib import Path

from tests.drills.outcome import Outcome
from tests.drills.scene import scene

HOLD = 8.0


async def unanswered(folder: Path, *, hold: float = HOLD) -> Outcome:
    """Let the resolver not answer, and answer again."""
    outcome = Outcome("DNS failing", f"the resolver does not answer for {hold:.0f} s")
    async with scene(folder / "server", outcome, names="{}.far.test") as playing:
        playing.world.change(names=False)
        playing.far.hang_up()
        await playing.look(hold, part="cannot be looked up", status=200)
        playing.world.change(names=True)
        await playing.recover()
        await playing.calm(1.0)
        await playing.check()
    return outcome
