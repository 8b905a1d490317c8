"""Letters by e-mail that members chose: which, how often, and when one is due."""

from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from fedi_k12.domain.preferences import Preferences
from fedi_k12.domain.quiet import QuietHours, hour_of, zone_of

MORNING = time(7)
"""Letters come in the morning, so that nobody is waited for in the night."""


class Kind(StrEnum):
    """What a letter tells of."""

    NOTICES = "notices"
    DESK = "desk"
    """What waits for the moderators."""


class Every(StrEnum):
    """How often a letter comes at most."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


def quiet_of(chosen: Preferences, usual: str) -> tuple[ZoneInfo, QuietHours | None]:
    """Return by which clock a member lives, and when it is quiet there; None for never.

    `usual` is the clock of the place (IANA). Where neither is known, it is UTC.
    """
    zone = zone_of(chosen.time_zone or usual)
    begin, end = hour_of(chosen.quiet_from), hour_of(chosen.quiet_until)
    if zone is None or not chosen.quiet_hours or begin is None or end is None:
        return zone or ZoneInfo("UTC"), None
    return zone, QuietHours(begin, end, chosen.quiet_weekends)


def is_quiet(now: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> bool:
    """Return whether no letter is sent at a moment (H9)."""
    return quiet is not None and quiet.holds(now.astimezone(zone))


def is_due(
    every: Every, *, last: datetime, now: datetime, zone: ZoneInfo, quiet: QuietHours | None
) -> bool:
    """Return whether a letter is due: on another day, or in another week, than the last one.

    In the morning: when the quiet of the night ends, at seven where none is kept, and on the
    first day that is not quiet.
    """
    if every is Every.NONE or is_quiet(now, zone, quiet):
        return False
    here, before = now.astimezone(zone), last.astimezone(zone)
    night = quiet is not None and quiet.begin > quiet.end
    if here.time() < (quiet.end if quiet is not None and night else MORNING):
        return False
    if every is Every.DAILY:
        return here.date() > before.date()
    return here.isocalendar()[:2] > before.isocalendar()[:2]
