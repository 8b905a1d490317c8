"""See when the clock of the machine is moved, and set right what was written by a wrong one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.troubles import Part
from storage import deliveries, hosts, jobs

TOLERANCE = timedelta(seconds=10)
"""A clock that is set right bit by bit is not moved."""
TOLD_SECONDS = 600.0
"""So long it is told that the clock was moved."""
_log = structlog.get_logger("clock")


class Timekeeper:
    """Compares a clock with one that only counts."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._wall, self._count = clock(), monotonic()

    def moved(self) -> timedelta:
        """Return by how much the clock was moved since this was last asked, back if below 0."""
        wall, count = self._clock(), monotonic()
        moved = (wall - self._wall) - timedelta(seconds=count - self._count)
        self._wall, self._count = wall, count
        return moved if abs(moved) > TOLERANCE else timedelta(0)


async def keep_time(ctx: Context, keeper: Timekeeper) -> timedelta:
    """Look at the clock; say where it was moved, and set right what a wrong one wrote."""
    moved = keeper.moved()
    told = ctx.troubles.of(Part.CLOCK)
    if not moved:
        if told is not None and told.seconds > TOLD_SECONDS:
            ctx.troubles.end(Part.CLOCK)
        return moved
    seconds = round(abs(moved.total_seconds()))
    way = "forward" if moved > timedelta(0) else "back"
    ctx.troubles.end(Part.CLOCK)
    ctx.troubles.begin(
        Part.CLOCK,
        f"The clock of this machine was moved {way} by {seconds} s. Is it right now?",
    )
    if moved < timedelta(0):
        await ctx.write(set_clock_back, now=ctx.clock(), back=-moved)
    return moved


async def set_clock_back(session: AsyncSession, *, now: datetime, back: timedelta) -> None:
    """Let nothing wait for a moment that a clock which was ahead gave it."""
    await jobs.set_clock_back(session, now=now, back=back)
    await deliveries.set_clock_back(session, now=now)
    await hosts.set_clock_back(session, now=now)
