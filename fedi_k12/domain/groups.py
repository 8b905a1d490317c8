"""What a group is, and what its moderators can do (FEP-1b12)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import MAX_DISPLAY_NAME, MAX_NOTE
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line, short_text

MAX_DEPTH = 50
"""So many answers stand below one another in a group; Lemmy takes no more either."""
MAX_RULES, MAX_RULE = 20, 300
MAX_TITLE = 200
"""Of a post in a group, as Lemmy has it."""
MAX_REASON = 500
MAX_MODERATORS = 100


class Act(StrEnum):
    """What a moderator of a group did."""

    REMOVE = "remove"
    RESTORE = "restore"
    LOCK = "lock"
    UNLOCK = "unlock"
    PIN = "pin"
    UNPIN = "unpin"
    BAN = "ban"
    UNBAN = "unban"
    APPOINT = "appoint"
    DISMISS = "dismiss"


class Standing(StrEnum):
    """How it stands between an account and a group."""

    NONE = "none"
    ASKED = "asked"
    MEMBER = "member"
    BANNED = "banned"


class GroupDraft(Struct, frozen=True):
    """A group as somebody wants it to be."""

    display_name: str
    about: str = ""
    rules: str = ""
    """One a line."""
    approval: bool = False
    """Moderators decide who may join."""
    restricted: bool = False
    """Only moderators begin posts; everybody may answer."""
    private: bool = False
    """Only members read it, and it never leaves this server."""


class GroupView(Struct, frozen=True):
    """A group as one viewer sees it."""

    account: AccountView
    standing: Standing
    moderates: bool
    """Whether the viewer looks after it."""
    rules: tuple[str, ...] = ()
    restricted: bool = False
    private: bool = False
    moderators: tuple[AccountView, ...] = ()
    requests: int = 0
    """How many ask to join, for its moderators."""
    reports: int = 0
    """How many reports wait, for its moderators."""

    @property
    def may_begin(self) -> bool:
        """Whether the viewer may begin a post here."""
        if self.restricted and not self.moderates:
            return False
        return self.standing is not Standing.BANNED


class BanView(Struct, frozen=True):
    """Somebody who may not take part, and why."""

    account: AccountView
    reason: str
    expires_at: datetime | None


class LogEntry(Struct, frozen=True):
    """What a moderator did; `moderator` is None for one who is not known here."""

    moderator: AccountView | None
    act: Act
    words: str
    reason: str
    created_at: datetime
    target_uri: str = ""


def check(draft: GroupDraft) -> GroupDraft:
    """Return the draft as it is kept, or raise `InvalidError` by field."""
    name = clean_line(draft.display_name, MAX_DISPLAY_NAME)
    if not name:
        raise InvalidError("A group needs a name.", fields={"name": "A group needs a name."})
    if len(draft.about) > MAX_NOTE:
        sentence = f"What the group is about has at most {MAX_NOTE} characters."
        raise InvalidError(sentence, fields={"about": sentence})
    lines = rules_of(draft.rules)
    if len(lines) > MAX_RULES or any(len(line) > MAX_RULE for line in lines):
        sentence = f"At most {MAX_RULES} rules, each of at most {MAX_RULE} characters."
        raise InvalidError(sentence, fields={"rules": sentence})
    return GroupDraft(
        name,
        draft.about.replace("\0", ""),
        "\n".join(lines),
        draft.approval or draft.private,
        draft.restricted,
        draft.private,
    )


def rules_of(text: str) -> tuple[str, ...]:
    """Return the rules in a text, one from each line."""
    lines = (" ".join(line.replace("\0", "").split()) for line in text.splitlines())
    return tuple(line for line in lines if line)


def headline(html: str, *, group_names: tuple[str, ...] = ()) -> str:
    """Return what a post without a title is called in a group: its first line of words.

    The mention by which it reached the group is left out, as Lemmy does.
    """
    for line in plain_text(html).splitlines():
        words = " ".join(
            word for word in line.split() if word.rstrip(".,:;!?").lower() not in group_names
        )
        if words:
            return short_text(words, MAX_TITLE)
    return ""
