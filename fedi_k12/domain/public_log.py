"""The public log of moderation (R-51): what was done to whom by category, and under which rule.

Persons stand in it under a pseudonym that holds for a year: whoever reads can see that two acts
were about the same person, and not who that is.
"""

import hmac
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.words import marked


class Act(StrEnum):
    """What was done."""

    SERVER_BLOCKED = "server blocked"
    SERVER_LIMITED = "server limited"
    SERVER_KEPT_OUT = "server kept out"
    SERVER_FREED = "server freed"
    RULE_ADDED = "rule added"
    RULE_ENDED = "rule ended"
    FORUM_CLOSED = "announcements only"
    FORUM_OPENED = "limited public forum"
    ANSWER_HIDDEN = "answer hidden"
    ANSWER_HIDDEN_UNTOLD = "answer hidden, not told"
    ANSWER_SHOWN = "answer shown again"
    ANSWERS_RESTRICTED = "answers wait"
    ANSWERS_RESTRICTED_UNTOLD = "answers wait, not told"
    RESTRICTION_ENDED = "answers wait no more"
    TAG_LEFT = "taken off a tag's page"
    TAG_CAME_BACK = "back on a tag's page"


ACT_WORDS: dict[Act, str] = {
    Act.SERVER_BLOCKED: marked("Server blocked"),
    Act.SERVER_LIMITED: marked("Server limited"),
    Act.SERVER_KEPT_OUT: marked("Server kept out"),
    Act.SERVER_FREED: marked("Decision about a server taken back"),
    Act.RULE_ADDED: marked("Rule added"),
    Act.RULE_ENDED: marked("Rule no longer used"),
    Act.FORUM_CLOSED: marked("From now on it announces only: answers are not shown"),
    Act.FORUM_OPENED: marked("From now on it is a limited public forum: answers are shown"),
    Act.ANSWER_HIDDEN: marked("Answer hidden"),
    Act.ANSWER_HIDDEN_UNTOLD: marked("Answer hidden; its author could not be told"),
    Act.ANSWER_SHOWN: marked("Answer shown again"),
    Act.ANSWERS_RESTRICTED: marked("Somebody’s answers are looked at before others see them"),
    Act.ANSWERS_RESTRICTED_UNTOLD: marked(
        "Somebody’s answers are looked at before others see them; they could not be told"
    ),
    Act.RESTRICTION_ENDED: marked("Somebody’s answers are shown at once again"),
    Act.TAG_LEFT: marked("Post taken off the page of a hashtag; it stays where it is"),
    Act.TAG_CAME_BACK: marked("Post stands on the page of a hashtag again"),
}


class Category(StrEnum):
    """What was acted on."""

    PERSON_HERE = "person here"
    PERSON_ELSEWHERE = "person elsewhere"
    SERVER = "server"
    OFFICIAL = "official account"
    RULE = "rule"


CATEGORY_WORDS: dict[Category, str] = {
    Category.PERSON_HERE: marked("A person of this server"),
    Category.PERSON_ELSEWHERE: marked("A person of another server"),
    Category.SERVER: marked("A server"),
    Category.OFFICIAL: marked("An official account"),
    Category.RULE: marked("A rule"),
}
APPEAL_WORDS = {
    "": "",
    "open": marked("appealed, not decided yet"),
    "upheld": marked("appealed: it stays"),
    "overturned": marked("appealed: taken back"),
}
ROLE_WORDS = {
    "operator": marked("Operator"),
    "member": marked("Member"),
    "moderator": marked("Moderator"),
    "admin": marked("Administrator"),
    "owner": marked("Owner"),
    "responder": marked("Responder"),
    "author": marked("Author"),
    "approver": marked("Approver"),
    "steward": marked("Steward of a hashtag"),
    "manager": marked("Manager"),
    "system": marked("By itself"),
}


class Line(Struct, frozen=True):
    """A line of the public log."""

    id: int
    at: datetime
    act: Act
    category: Category
    name: str
    """The server, the official account or the rule; of a person, the pseudonym."""
    account: str
    """The official account that it was about, where it was one."""
    rule_number: int | None
    rule: str
    """The rule in a word or two."""
    until: datetime | None
    """When it ends; None where that does not apply or it holds until it is taken back."""
    role: str
    """What whoever did it is here; never who."""
    appeal: str
    """Empty, `open`, `upheld` or `overturned`."""
    own_words: bool = False
    """Whether the rule is in this place's own words, which no catalogue has."""


def acting_role(actor: Actor | None) -> str:
    """Return as what somebody acts: the delegate's role, or staff's; None is the operator."""
    if actor is None:
        return "operator"
    return actor.delegation.role.value if actor.delegation is not None else actor.role.value


def pseudonym(key: bytes, uri: str) -> str:
    """Return what stands for a person in the log: HMAC-SHA-256 (RFC 2104), shortened."""
    return hmac.new(key, uri.encode(), "sha256").hexdigest()[:10]
