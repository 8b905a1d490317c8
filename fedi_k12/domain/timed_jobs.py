"""What happens by the clock, one frozen struct per job: see `domain.jobs`."""

from msgspec import Struct


class ForgetRemotePosts(Struct, frozen=True):
    """Forget posts of other servers that nobody here touched for long."""


class PublishScheduled(Struct, frozen=True):
    """Publish a post that was written for later, if it is still to come and due."""

    scheduled_id: int


class OpenPoint(Struct, frozen=True):
    """Publish a point of a discussion that is due, if it is still to come."""

    discussion_id: int
    number: int


class EndRestriction(Struct, frozen=True):
    """End a restriction whose time is over, and show what waits because of it."""

    restriction_id: int


class ReleaseQueued(Struct, frozen=True):
    """Show an answer that waits for its words, and that nobody looked at in time."""

    post_id: int


class EndDiscussion(Struct, frozen=True):
    """Publish the transcript of a discussion whose time is over."""

    discussion_id: int


class StepDeparture(Struct, frozen=True):
    """Do what is due for a member who leaves: remind, end what they do here, or close."""

    member_id: int


class StepClassroom(Struct, frozen=True):
    """Tell of the end of a classroom's school year, or archive the account."""

    account_id: int


class CompareNames(Struct, frozen=True):
    """Find out which accounts of other servers could be taken for official ones of ours."""

    after: int = 0
    """The account after which it goes on."""


class EndTerms(Struct, frozen=True):
    """End the offices whose last day is over."""


class ReadFeeds(Struct, frozen=True):
    """Have every feed asked that official accounts post from and that is due."""


class ReadFeed(Struct, frozen=True):
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
