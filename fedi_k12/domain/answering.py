"""When the team of an official account answers, said in few words (S-23)."""

from msgspec import Struct

from fedi_k12.domain.charters import WEEKDAYS, Hours, Week


class Days(Struct, frozen=True):
    """Days in a row on which somebody answers at the same hours, from the first to the last."""

    first: str
    last: str
    """The names of the days; the same for a single day."""
    hours: Hours


def days_of(week: Week) -> tuple[Days, ...]:
    """Return the days of a week (Monday first) on which somebody answers, put together."""
    found: list[Days] = []
    before: Hours | None = None
    for name, hours in zip(WEEKDAYS, week, strict=True):
        if hours is not None and hours == before:
            found[-1] = Days(found[-1].first, name, hours)
        elif hours is not None:
            found.append(Days(name, name, hours))
        before = hours
    return tuple(found)
