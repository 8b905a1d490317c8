"""What happens by the clock, one frozen dataclass per job: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForgetRemotePosts:
    """Forget posts of other servers that nobody here touched for long."""


@dataclass(frozen=True, slots=True)
class PublishScheduled:
    """Publish a post that was written for later, if it is still to come and due."""

    scheduled_id: int


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """Publish a point of a discussion that is due, if it is still to come."""

    discussion_id: int
    number: int


@dataclass(frozen=True, slots=True)
class EndRestriction:
    """End a restriction whose time is over, and show what waits because of it."""

    restriction_id: int


@dataclass(frozen=True, slots=True)
class ReleaseQueued:
    """Show an answer that waits for its words, and that nobody looked at in time."""

    post_id: int


@dataclass(frozen=True, slots=True)
class EndDiscussion:
    """Publish the transcript of a discussion whose time is over."""

    discussion_id: int


@dataclass(frozen=True, slots=True)
class StepDeparture:
    """Do what is due for a member who leaves: remind, end what they do here, or close."""

    member_id: int


@dataclass(frozen=True, slots=True)
class StepClassroom:
    """Tell of the end of a classroom's school year, or archive the account."""

    account_id: int


@dataclass(frozen=True, slots=True)
class CompareNames:
    """Find out which accounts of other servers could be taken for official ones of ours."""

    after: int = 0
    """The account after which it goes on."""


@dataclass(frozen=True, slots=True)
class EndTerms:
    """End the offices whose last day is over."""


@dataclass(frozen=True, slots=True)
class ReadFeeds:
    """Have every feed asked that official accounts post from and that is due."""


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """Ask a feed for what is new, and post what the day allows."""

    feed_id: int


TimedJob = (
    PublishScheduled
    | OpenPoint
    | EndRestriction
    | ReleaseQueued
    | EndDiscussion
    | StepDeparture
    | StepClassroom
    | CompareNames
    | EndTerms
    | ForgetRemotePosts
    | ReadFeeds
    | ReadFeed
)
