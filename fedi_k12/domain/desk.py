"""The response desk of an official account: what reached it, and who answers (S-23)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.posts import PostView, Thread
from fedi_k12.domain.words import marked

MAX_REMARK = 500


class CaseState(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    CLOSED = "closed"


OPEN = (CaseState.WAITING, CaseState.ASSIGNED)

REASONS = {
    "none": marked("It needs no answer"),
    "elsewhere": marked("Answered elsewhere: by telephone, by mail, in person"),
    "not-ours": marked("Not ours: they were told whom to ask"),
    "gone": marked("Whoever asked took it back"),
    "rules": marked("It breaks the rules, and was reported"),
}
"""Why a case is closed without an answer."""


class MessageView(Struct, frozen=True):
    """A post of a case, as it is now at whoever wrote it."""

    post_id: int
    arrived_at: datetime
    post: PostView | None
    """None where it was deleted, or may no longer be seen."""
    gone_at: datetime | None = None
    """When its sender deleted it."""


class CaseStep(Struct, frozen=True):
    """What became of a case, by whom."""

    at: datetime
    did: str
    """`came`, `again`, `assigned`, `put-back`, `answered`, `closed`, `reopened`."""
    handle: str
    """Of the delegate; empty where it came by itself."""
    detail: str = ""
    """To whom it was assigned, or why it was closed."""


class SameCase(Struct, frozen=True):
    """A case that asks the same as one that came before it (R-47)."""

    id: int
    handle: str
    waiting_since: datetime


class CaseView(Struct, frozen=True):
    """What somebody asked of an official account, as its team sees it."""

    id: int
    account_id: int
    state: CaseState
    person: AccountView | None
    """Who asked; None for who is gone."""
    handle: str
    """Theirs, as it was."""
    waiting_since: datetime
    """When the oldest of what is not answered came."""
    last: PostView | None
    """The newest of what they wrote, None where it is gone."""
    messages: int
    assigned_to: str = ""
    """The handle of a delegate."""
    mine: bool = False
    """It is assigned to the viewer."""
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""
    """One of `REASONS`, of what is closed."""
    remark: str = ""
    same: tuple[SameCase, ...] = ()
    """What asks the same and stands under it in the list."""


class WholeCase(Struct, frozen=True):
    """A case with all that was said, and all that was done."""

    case: CaseView
    messages: tuple[MessageView, ...]
    thread: Thread | None
    """From its first post; None where nothing of it is left."""
    to_answer: PostView | None
    """What an answer answers: the newest of what they wrote that is left."""
    steps: tuple[CaseStep, ...]
    team: tuple[tuple[int, str], ...]
    """(member, handle) of those to whom it can be assigned."""
    held: tuple[int, ...]
    """The answers that wait for a second person."""
