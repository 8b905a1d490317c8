"""What families ask to be taken down, without an account and without any name (R-33)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.words import marked, words

MAX_PLACE, MAX_WORDS = 1000, 1000
WHO = {
    "parent": marked("A parent, or who cares for the child"),
    "self": marked("I am the one who is shown or named"),
    "other": marked("Somebody else"),
}
"""Who asks."""
_SATURDAY = date(2026, 1, 3).weekday()


class Asked(Struct, frozen=True):
    """What somebody asks."""

    place: str
    """The address of the post or of the picture."""
    who: str
    words: str = ""
    email: str = ""
    locale: str = "en"


class Server(Struct, frozen=True):
    """What another server said to the request to delete it."""

    host: str
    state: str
    """`taken`, `waiting`, `given up` or `refused`."""


class TakeDown(Struct, frozen=True):
    """A case as it stands, for whoever asked and for moderators."""

    id: int
    key: str
    place: str
    who: str
    words: str
    asked_at: datetime
    due_at: datetime
    held_at: datetime | None
    state: str
    decided_at: datetime | None
    answer: str
    told: bool
    servers: tuple[Server, ...]
    asked: int
    """So many servers were asked to delete it, too."""
    confirmed: int
    late: bool
    """Whether its time is over, and it is neither hidden nor decided."""
    post: PostView | None = None
    """For moderators; None where it is gone, or not found."""
    mail: bool = False
    """Whether whoever asked gets the answer by mail."""

    @property
    def waiting(self) -> int:
        """So many servers are still tried."""
        return sum(one.state == "waiting" for one in self.servers)


def next_working_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the same time of the next day that is no Saturday or Sunday in this place."""
    here = moment.astimezone(zone) + timedelta(days=1)
    while here.weekday() >= _SATURDAY:
        here += timedelta(days=1)
    return here


def checked(asked: Asked) -> Asked:
    """Return what somebody asks, made fit to keep.

    Raises `InvalidError` with a sentence for each field that is wrong.
    """
    place = " ".join(asked.place.replace("\0", "").split())
    said = asked.words.replace("\0", "").strip()
    wrong: dict[str, str] = {}
    if not place:
        wrong["place"] = words("Say where it is: copy the address of the page or the picture.")
    elif len(place) > MAX_PLACE:
        wrong["place"] = words("Please say it in %(num)d letters.", num=MAX_PLACE)
    if asked.who not in WHO:
        wrong["who"] = words("Choose who you are.")
    if len(said) > MAX_WORDS:
        wrong["words"] = words("Please say it in %(num)d letters.", num=MAX_WORDS)
    if wrong:
        raise InvalidError(" ".join(wrong.values()), fields=wrong)
    return Asked(place, asked.who, said, asked.email.strip(), asked.locale)
