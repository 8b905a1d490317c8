"""The lines of a profile in its form: school, subjects and grades apart from the others."""

from collections.abc import Sequence

from fedi_k12.domain.accounts import ProfileField
from fedi_k12.domain.facets import NAMES, Kind, facets, kind_of
from fedi_k12.domain.people import MAX_FIELDS
from webui.forms import Form

MIN_LINES = 4
"""So many are shown, and always an empty one."""
SUGGESTED = ("Ask me about", "How to say my name", "Pronouns", "Room", "Website")
_GRADES = (
    "Write grades as figures or a range, such as 3, 4 or K-2. Pre-K and Adults are known too."
)


def fill(form: Form, fields: Sequence[ProfileField]) -> None:
    """Put the lines of a profile into its form."""
    at = 0
    for field in fields:
        kind = kind_of(field.name)
        if kind is not None and not form[kind]:
            form.set(kind, field.source or "")
            continue
        form.set(f"name{at}", field.name)
        form.set(f"value{at}", field.source or "")
        at += 1


def read(form: Form) -> tuple[tuple[str, str], ...]:
    """Return the lines that a form holds; note in it grades that are none."""
    kinds: Sequence[Kind] = ("school", "subject", "grade")
    told = [(NAMES[kind], form[kind].strip()) for kind in kinds if form[kind].strip()]
    if form["grade"].strip() and not facets([(NAMES["grade"], form["grade"])]):
        form.errors["grade"] = _GRADES
    others = [
        (form[f"name{at}"], form[f"value{at}"])
        for at in range(MAX_FIELDS)
        if form[f"name{at}"].strip() or form[f"value{at}"].strip()
    ]
    return (*told, *others)


def shown(form: Form) -> int:
    """Return how many lines besides school, subjects and grades the form shows."""
    used = [at for at in range(MAX_FIELDS) if form[f"name{at}"] or form[f"value{at}"]]
    return min(MAX_FIELDS, max(MIN_LINES, max(used, default=0) + 2))
