"""What may be a ground for acting on what somebody says to an official account (R-44).

A public body may not choose among opinions. The grounds are a fixed list that looks at how
something is said and never at which view it holds; a rule in somebody's own words needs a
second person, and nothing that names criticism can be one.
"""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import marked, words

MAX_RULE = 300
OWN = "own:"
"""What stands before the number of a rule in somebody's own words, in the code of a ground."""


class Ground(StrEnum):
    """The fixed grounds, in the order in which they are numbered."""

    THREAT = "threat"
    OBSCENITY = "obscenity"
    STUDENT_INFORMATION = "student_information"
    SPAM = "spam"
    COMMERCIAL = "commercial"
    OFF_TOPIC = "off_topic"
    UNLAWFUL = "unlawful"

    @property
    def number(self) -> int:
        """The number of the rule, as placeholders and the log name it."""
        return list(Ground).index(self) + 1


GROUND_WORDS: dict[Ground, str] = {
    Ground.THREAT: marked("threat"),
    Ground.OBSCENITY: marked("obscenity"),
    Ground.STUDENT_INFORMATION: marked("information about a student"),
    Ground.SPAM: marked("spam or repetition"),
    Ground.COMMERCIAL: marked("advertising"),
    Ground.OFF_TOPIC: marked("off topic"),
    Ground.UNLAWFUL: marked("unlawful"),
}
GROUND_MEANINGS: dict[Ground, str] = {
    Ground.THREAT: marked("It threatens somebody with harm, or urges others to harm them."),
    Ground.OBSCENITY: marked("It is obscene in the sense of the law, in words or pictures."),
    Ground.STUDENT_INFORMATION: marked(
        "It tells of a student what the law keeps private: a name with marks, health, "
        "discipline or whereabouts."
    ),
    Ground.SPAM: marked("It says the same again and again, or is sent to many by a program."),
    Ground.COMMERCIAL: marked("It sells something, or leads to where something is sold."),
    Ground.OFF_TOPIC: marked(
        "It has nothing to do with what it answers. A person judges that, never a program."
    ),
    Ground.UNLAWFUL: marked("A law or a court forbids to publish it."),
}
FOR_SERVERS = tuple(one for one in Ground if one is not Ground.OFF_TOPIC)
"""A whole server is never off topic."""

_VIEWPOINT = re.compile(
    r"\b(critici[sz]\w*|critiqu\w*|critical|negativ\w*|disagree\w*|disrespect\w*|opinion\w*|"
    r"view ?points?|complain\w*|complaint\w*|offensiv\w*|dissent\w*|unfavou?rabl\w*|"
    r"disparag\w*|insult\w*|harm\w* to the (?:school|district|board|division)|"
    r"reputation\w*|cr[ií]tic\w*|criticar\w*|opini[oó]n\w*|puntos? de vista|quej\w*|"
    r"ofensiv\w*|desacuerdo\w*|irrespetuos\w*|insult\w*|reputaci[oó]n\w*|disidenci\w*)",
    re.IGNORECASE,
)


class Stated(Struct, frozen=True):
    """A ground as it is stated for one act: what it was then, whatever becomes of the rule."""

    code: str
    number: int
    words: str
    """In English; a fixed ground is said in the reader's language, others as they stand."""


class OwnRule(Struct, frozen=True):
    """A rule in the words of this place, beside the fixed ones."""

    id: int
    number: int | None
    """None until a second person approved it."""
    text: str
    written_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    own: bool = False
    """Whether who looks wrote it, and so cannot approve it."""

    @property
    def code(self) -> str:
        """How a ground of this rule is named in forms and in the log's files."""
        return f"{OWN}{self.id}"


class Hidden(Struct, frozen=True):
    """Under which rule an answer is hidden, as it stands in place of its words."""

    number: int
    words: str
    own_words: bool
    """Whether the rule is in this place's own words, which no catalogue has."""
    concealed: bool
    """Whether whoever looks reads the mark alone; its author reads on."""

    @property
    def sentence(self) -> str:
        """The mark, in English."""
        return f"Hidden under rule {self.number} ({self.words})."


def fixed(ground: Ground) -> Stated:
    """Return a ground of the fixed list as it is stated."""
    return Stated(ground.value, ground.number, GROUND_WORDS[ground])


def for_server(code: str) -> Ground:
    """Return the ground for acting on a whole server, which is one of the fixed list (R-49).

    Raises `InvalidError`, with the list, for everything else.
    """
    found = next((one for one in FOR_SERVERS if one.value == code.strip()), None)
    if found is None:
        raise InvalidError(
            words(
                "There are official accounts here, and blocking a server silences all who "
                "speak to them from there. Say which rule it breaks: %(list)s.",
                list=", ".join(one.value for one in FOR_SERVERS),
            ),
            fields={"ground": "is not included in the list"},
        )
    return found


def checked_rule(text: str) -> str:
    """Return a rule in somebody's own words, made fit to keep.

    Raises `InvalidError` where it is empty, too long, or judges by what view is held.
    """
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise InvalidError("Write the rule.", fields={"text": "can't be blank"})
    if len(text) > MAX_RULE:
        raise InvalidError(
            words("A rule has at most %(num)d letters.", num=MAX_RULE),
            fields={"text": "is too long"},
        )
    found = _VIEWPOINT.search(text)
    if found is not None:
        raise InvalidError(
            words(
                "“%(word)s” judges what view somebody holds. Criticism, and how it sounds, "
                "cannot be a reason. Name what is done, whatever is thought.",
                word=found[0],
            ),
            fields={"text": "names a viewpoint"},
        )
    return text
