"""How languages other than English write dates and times of day.

By the Unicode Common Locale Data Repository, for schools in the United States (`es_US`). Babel
knows it as well, but for each language takes 5 MB and a tenth of a second at the start, as one
page (alerts) is always kept ready in all languages; a test holds what is here against it.
"""

from datetime import date, time
from typing import Literal

from msgspec import Struct

Form = Literal[
    "full", "EEEE", "EEE", "dE", "MMMd", "MMMEd", "MMMMd", "yMMMd", "yMMMEd", "yMMMM"
]
"""What of a date is said, and how fully, in the letters of the repository."""

_NOON = 12


class Language(Struct, frozen=True):
    """The names and forms of one language."""

    region: str
    """The locale of Babel that it follows."""
    days: tuple[str, ...]
    """From Monday; in short they are their first three letters, as are the months."""
    months: tuple[str, ...]
    halves: tuple[str, str]
    forms: dict[Form, str]

    def clock(self, at: time) -> str:
        """Return a time of day."""
        return f"{at.hour % _NOON or _NOON}:{at.minute:02d}{self.halves[at.hour >= _NOON]}"

    def said(self, form: Form, day: date) -> str:
        """Return a date."""
        weekday, month = self.days[day.weekday()], self.months[day.month - 1]
        return self.forms[form].format(
            weekday=weekday, wd=weekday[:3], d=day.day, month=month, mon=month[:3], y=day.year
        )


LANGUAGES = {
    "es": Language(
        region="es_US",
        days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        months=(
            "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
            "septiembre", "octubre", "noviembre", "diciembre",
        ),
        halves=("\u202fa.m.", "\u202fp.m."),
        forms={
            "full": "{weekday}, {d} de {month} de {y}",
            "EEEE": "{weekday}",
            "EEE": "{wd}",
            "dE": "{wd} {d}",
            "MMMd": "{d} {mon}",
            "MMMEd": "{wd}, {d} de {mon}",
            "MMMMd": "{d} de {month}",
            "yMMMd": "{d} {mon} {y}",
            "yMMMEd": "{wd}, {d} de {mon} de {y}",
            "yMMMM": "{month} de {y}",
        },
    )
}  # fmt: skip
