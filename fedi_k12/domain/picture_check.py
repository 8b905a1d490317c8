"""What somebody says of the pictures of a school before they are published (R-31).

Only that they said it is kept: whom a picture is about, in one of three words, never a name.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import marked


class Focus(StrEnum):
    """Whom a picture is about."""

    NOBODY = "nobody"
    GROUP = "group"
    INDIVIDUAL = "individual"


FOCUSES: dict[Focus, str] = {
    Focus.NOBODY: marked("Nobody: things, places, work without faces"),
    Focus.GROUP: marked("A group: a class, a team, a crowd"),
    Focus.INDIVIDUAL: marked("One person, or a few who can be told apart"),
}
STATEMENTS: dict[str, str] = {
    "optout": marked("Nobody in them is on the list of families who said no to pictures."),
    "unnamed": marked(
        "No full name of a student: not in the words, nor on a wall, a jersey or a paper."
    ),
    "later": marked("Nobody can tell from them where a student is, or will be."),
}
"""What has to be true of every picture, by the names of the fields of a form."""


class PictureCheck(Struct, frozen=True):
    """That a person looked at the pictures of a post; all of `STATEMENTS` were affirmed."""

    focus: Focus
    by: int
    """The member who looked."""


def read_check(given: Mapping[str, str], *, by: int) -> PictureCheck:
    """Return what was said of pictures; raise `InvalidError` where something was not."""
    focus = given.get("focus", "")
    if focus not in set(Focus):
        raise InvalidError(
            "Look at the pictures first: say whom they are about.",
            fields={"focus": "is missing"},
        )
    for name in STATEMENTS:
        if not given.get(name):
            raise InvalidError(
                "Look at the pictures first: each of the three statements has to be true.",
                fields={name: "was not affirmed"},
            )
    return PictureCheck(Focus(focus), by)
