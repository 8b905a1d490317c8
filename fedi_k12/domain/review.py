"""How a district speaks, looked back at once a year: figures alone, and no person (S-49).

What is said to everybody is about all official accounts together. Only the page for staff
tells the accounts apart, and names who has yet to do something.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from fedi_k12.domain.public_log import Act

WITHIN = timedelta(days=1)
"""An answer that comes so soon is counted as quick."""
MEASURES = frozenset(
    {
        Act.SERVER_BLOCKED,
        Act.SERVER_LIMITED,
        Act.SERVER_KEPT_OUT,
        Act.ANSWER_HIDDEN,
        Act.ANSWER_HIDDEN_UNTOLD,
        Act.ANSWERS_RESTRICTED,
        Act.ANSWERS_RESTRICTED_UNTOLD,
        Act.TAG_LEFT,
    }
)
"""What of the log of moderation keeps somebody back. What frees them is not counted."""


class Figures(Struct, frozen=True, kw_only=True):
    """What is counted of official accounts: what stands now, and what happened in a year."""

    accounts: int = 0
    charters: int = 0
    """Of the accounts, those whose charter holds."""
    delegates: int = 0
    """That somebody acts for an account now and is not paused, each account for itself."""
    accepted: int = 0
    """Of these, those who accepted the guide that holds."""
    holding: int = 0
    """People who are gone, or act for an account no more, and still hold something of it."""
    pictures: int = 0
    described: int = 0
    asked: int = 0
    """Cases of the response desk that came in the year."""
    answered: int = 0
    quickly: int = 0
    """Of these, answered first within `WITHIN`."""
    closed: int = 0
    """Closed without an answer here."""
    waiting: int = 0
    sent: int = 0
    """What was sent for approval in the year."""
    approved: int = 0
    returned: int = 0
    """Of what was sent, what a second person gave back once at least."""
    withdrawn: int = 0
    emergencies: int = 0
    """What went out at once, before a second person read it."""
    reviewed: int = 0
    """Of these, those that a second person read afterwards."""
    deleted: int = 0
    digests: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        """Return the figures of both together."""
        return Figures(
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in self.__struct_fields__
            }
        )


class GroundCount(Struct, frozen=True):
    """How often a rule was a ground for keeping somebody back, and how appeals ended."""

    number: int | None
    """None where no rule was stated: where no official account speaks, none is needed."""
    words: str
    own_words: bool
    acts: int
    appealed: int
    overturned: int


class Review(Struct, frozen=True):
    """What everybody may read of a year. There is no name in it but those of rules."""

    year: int
    until: date
    """The last day that it tells of."""
    complete: bool
    """The year is over, and the figures are kept as they were then."""
    figures: Figures
    median_minutes: int | None
    """Until the first answer, in half of the cases at most; None where none was answered."""
    grounds: tuple[GroundCount, ...] = ()


class AccountReview(Struct, frozen=True):
    """What staff read of one official account."""

    account_id: int
    username: str
    name: str
    figures: Figures
    median_minutes: int | None
    review_by: date | None
    """The last day of its charter, None where it has none."""
    unread: tuple[str, ...] = ()
    """Handles of who has yet to accept the guide."""
    holders: tuple[str, ...] = ()
    """Handles of who is counted in `holding`."""


class Report(Struct, frozen=True):
    """The full report, for administrators and the board."""

    review: Review
    accounts: tuple[AccountReview, ...]
    years: tuple[int, ...]
    """Those that are kept, and this one, the newest first."""


def median_minutes(seconds: Sequence[float]) -> int | None:
    """Return the lower median of spans of time in whole minutes, None where there are none."""
    ordered = sorted(seconds)
    return int(ordered[(len(ordered) - 1) // 2] // 60) if ordered else None


def span(minutes: int) -> tuple[int, str]:
    """Return a span of time as people say it: a number, and of what: minutes, hours, days."""
    if minutes < 60:  # noqa: PLR2004 - an hour
        return minutes, "minutes"
    if minutes < 48 * 60:
        return round(minutes / 60), "hours"
    return round(minutes / (24 * 60)), "days"


def title(year: int) -> str:
    """Return the headline of the article about a year."""
    return f"How we spoke in {year}"


def article(review: Review, url: str) -> str:
    """Return the article about a year as Markdown, for people to go over before it is sent."""
    one = review.figures
    parts = [
        f"Once a year we look back at how our official accounts were used. "
        f"The figures are made from our records; the whole page is at {url}",
        "## Who speaks",
        f"- {one.charters} of {_many(one.accounts, 'official account')} had a charter that "
        "holds.\n"
        f"- {one.accepted} of {_many(one.delegates, 'person', 'people')} who act for them "
        "accepted the guide.\n"
        f"- {_many(one.holding, 'person', 'people')} who left could still act for an account.",
        "## What went out",
        f"- {one.described} of {_many(one.pictures, 'picture')} had a description.\n"
        f"- {one.approved} of {_many(one.sent, 'text')} that were sent for approval were let "
        f"out by a second person; {one.returned} came back to be changed first.\n"
        f"- {one.emergencies} went out at once in an emergency; {one.reviewed} of these were "
        "read by a second person afterwards.",
        "## What we were asked",
        f"- {one.answered} of {_many(one.asked, 'question')} were answered here"
        + (f", half of them within {_said(review.median_minutes)}" if one.answered else "")
        + f". {one.closed} needed no answer here, {one.waiting} still wait.",
        "## Moderation",
        "\n".join(f"- {_ground(ground)}" for ground in review.grounds)
        or "- Nobody was kept back, and nothing was hidden.",
    ]
    return "\n\n".join(parts)


def _ground(one: GroundCount) -> str:
    rule = f"Rule {one.number} ({one.words})" if one.number else "No rule stated"
    return (
        f"{rule}: {_many(one.acts, 'time')}; {one.appealed} appealed, "
        f"{one.overturned} taken back."
    )


def _said(minutes: int | None) -> str:
    number, what = span(minutes or 0)
    return _many(number, what.removesuffix("s"))


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
