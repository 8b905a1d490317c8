"""What waits for a second person before an official account says it (S-38, S-39, S-46)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from fedi_k12.domain.delegates import Delegation
from fedi_k12.domain.people import AccountKind
from fedi_k12.domain.posts import Draft, MediaView, PostView, Visibility
from fedi_k12.domain.presenting import Change

PUBLIC_VOICES = frozenset(
    {
        AccountKind.ORGANIZATION.value,
        AccountKind.GROUP.value,
        AccountKind.SERVICE.value,
        "Application",
    }
)
"""Kinds of accounts that are no private individual."""
MAX_COMMENT = 2000


class Level(StrEnum):
    """What of an official account needs a second person, the strictest first."""

    ALL = "all"
    INDIVIDUALS = "individuals"
    """What answers a private individual."""
    PROBATIONARY = "probationary"
    """What is written by people on probation."""
    NONE = "none"


class State(StrEnum):
    """Where something that was sent for approval stands."""

    WAITING = "waiting"
    RETURNED = "returned"
    APPROVED = "approved"
    """It is scheduled, and published when it is due."""
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Paper(Struct, frozen=True):
    """What is sent for approval, beside its draft: what it is, and what it needs to be done.

    `given` says that a second person approved it: it passes the gate.
    """

    kind: str = "post"
    """`post`, `edit`, `boost`, `event`, `event edit`, `event status`, `consultation`,
    `outcome`, `discussion`, `transcript`, or one of `domain.presenting.KINDS`."""
    target_id: int | None = None
    """The post that is changed or passed on."""
    detail: Mapping[str, object] = field(default_factory=dict)
    """As JSON values."""
    given: bool = False


class Step(Struct, frozen=True):
    """What somebody did with something that waits."""

    at: datetime
    handle: str
    did: str
    """`sent`, `corrected`, `returned`, `approved` or `withdrawn`."""
    comment: str
    text: str
    """How it read then."""


class SubmissionView(Struct, frozen=True):
    """Something sent for approval, as the team of the account sees it."""

    id: int
    account_id: int
    username: str
    kind: str
    state: State
    version: int
    author: str
    """The handle of who wrote it."""
    created_at: datetime
    own: bool
    """The viewer wrote it, and does not decide about it."""
    may_approve: bool
    may_describe: bool = False
    """Pictures of it want a description, and the viewer may give it (R-21)."""
    draft: Draft | None = None
    media: tuple[MediaView, ...] = ()
    preview: PostView | None = None
    """How it will look; for a boost, the post that is passed on."""
    due_at: datetime | None = None
    post_id: int | None = None
    to_person: str = ""
    """The private individual whom it answers or quotes in public."""
    unchecked: bool = False
    """It has pictures of which nobody said that they were looked at: the approver does."""
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    """What is to change of the profile."""
    about: str = ""
    """The hashtag or the account that the profile is to show, or no longer."""


def is_individual(kind: str) -> bool:
    """Return whether an account of this kind may be a private person's: a pupil's, perhaps."""
    return kind not in PUBLIC_VOICES


def in_public(visibility: Visibility) -> bool:
    """Return whether everybody may read what is shown so widely."""
    return visibility.breadth >= Visibility.UNLISTED.breadth


def needs_second_person(
    level: Level, delegation: Delegation | None, *, to_individual: bool, public: bool
) -> bool:
    """Return whether a second person has to read what somebody writes for an account.

    `to_individual`: it answers or quotes a private individual. In public that always needs
    one, whatever the level (S-39), and so does all that is written on probation (S-46).
    """
    if (to_individual and public) or (delegation is not None and delegation.probationary):
        return True
    return level is Level.ALL or (level is Level.INDIVIDUALS and to_individual)
