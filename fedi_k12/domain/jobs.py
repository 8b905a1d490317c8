"""What must happen later: one frozen struct per background job.

A service adds a job in the transaction that calls for it; `fedi_k12.wiring` names the function
that does it. Fields are plain JSON values. A job runs at least once: its function must be able
to run again.
"""

from typing import ClassVar

from msgspec import Struct

from fedi_k12.domain.alert_jobs import EndAlert, RenderAlerts
from fedi_k12.domain.collection_jobs import (
    AnswerFeature,
    FederateCollection,
    FederateCollectionEnd,
    FederateItem,
    LearnCollection,
    RecheckFeatures,
    RequestFeature,
    SendFeatureRevocation,
    VerifyFeature,
)
from fedi_k12.domain.consent_jobs import ConsentJob
from fedi_k12.domain.digest_jobs import KeepDigests
from fedi_k12.domain.event_jobs import (
    AnswerGuest,
    AnswerInvite,
    FederateJoin,
    FederateLeave,
    RemindGuests,
    SendInvite,
)
from fedi_k12.domain.leaving_jobs import FederateLeaving, PurgeAccount
from fedi_k12.domain.mail_jobs import MailJob
from fedi_k12.domain.push_jobs import SendSummary
from fedi_k12.domain.record_jobs import RecordJob
from fedi_k12.domain.relay_jobs import JoinRelay, LeaveRelay
from fedi_k12.domain.tag_jobs import AnnounceTagged
from fedi_k12.domain.timed_jobs import TimedJob


class ProcessInbox(Struct, frozen=True):
    """Act on an activity that was taken in and answered 202."""

    lane: ClassVar[str] = "inbox"
    activity: str
    """The JSON as it came, after authentication."""
    signed_by: str
    """The id of the actor whose key signed the request."""


class FederatePost(Struct, frozen=True):
    """Tell other servers of a post that was published here (Create)."""

    post_id: int


class ForwardActivity(Struct, frozen=True):
    """Hand on to an account's followers elsewhere what somebody elsewhere answered to it."""

    account_id: int
    activity: str
    """The JSON as it came, with its author's proof."""
    object_uri: str
    origin: str
    """The host that it came from."""


class FederateEdit(Struct, frozen=True):
    """Tell other servers that a post of ours reads differently now (Update)."""

    post_id: int
    anew: bool = False
    """Nobody edited it: what it quotes, or whom it answers, was allowed or withdrawn."""


class FederateDeletion(Struct, frozen=True):
    """Tell other servers that a post of ours is gone (Delete). The row is gone already."""

    account_id: int
    uri: str
    visibility: str
    former_type: str
    account_ids: list[int]
    """Accounts to tell besides the followers: mentioned, answered, boosting, favouriting."""
    group_id: int | None = None
    """The group that it stood in."""


class AnnounceInGroup(Struct, frozen=True):
    """Let a group of ours pass on what happened in it (Announce of an activity)."""

    group_id: int
    activity: str
    """The activity as JSON, just as it came or went out."""
    post_uri: str
    """What it is about."""


class FederateRuling(Struct, frozen=True):
    """Tell other servers what a moderator here decided in a group."""

    number: int
    group_id: int
    moderator_id: int
    act: str
    target_uri: str
    reason: str
    expires_at: str
    """ISO 8601, or empty for a ban without an end."""
    remove_data: bool


class FederateBoost(Struct, frozen=True):
    """Tell other servers of a boost by an account of ours (Announce)."""

    boost_id: int


class FederateUnboost(Struct, frozen=True):
    """Tell other servers that a boost was taken back (Undo Announce)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    created_at: str


class FederateFavourite(Struct, frozen=True):
    """Tell the author's server of a favourite (Like)."""

    favourite_id: int


class FederateUnfavourite(Struct, frozen=True):
    """Tell the author's server that a favourite was taken back (Undo Like)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    group_id: int | None = None
    """The group that the post stands in."""


class FederateReaction(Struct, frozen=True):
    """Tell the author's server of an emoji (Like with `content`)."""

    reaction_id: int


class FederateUnreaction(Struct, frozen=True):
    """Tell the author's server that an emoji was taken back (Undo Like)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    emoji: str
    url: str | None = None


class FederateFollow(Struct, frozen=True):
    """Ask another server's account to be followed (Follow)."""

    follow_id: int


class FederateUnfollow(Struct, frozen=True):
    """Tell another server that a follow, or the wish for one, is over (Undo Follow)."""

    account_id: int
    target_id: int
    uri: str


class SendAccept(Struct, frozen=True):
    """Answer another server's Follow with an Accept."""

    account_id: int
    follower_id: int
    follow_uri: str
    asked_by: str = "Follow"
    """The type of what is answered: a group may be asked with a Join."""


class SendReject(Struct, frozen=True):
    """Answer another server's Follow with a Reject, also after it had been accepted."""

    account_id: int
    follower_id: int
    follow_uri: str
    asked_by: str = "Follow"


class FederateProfile(Struct, frozen=True):
    """Tell followers' servers that a profile of ours changed (Update of the actor)."""

    account_id: int
    key_id: int | None = None
    """The key to sign this with, where it is not the account's newest."""


class FederateMove(Struct, frozen=True):
    """Tell followers' servers that an account of ours went elsewhere (Move)."""

    account_id: int
    target_id: int


class CarryFollowers(Struct, frozen=True):
    """Let those here who follow an account that moved follow the new one, a part at a time."""

    account_id: int
    target_id: int
    after: int = 0
    """The last follow that has been carried over."""


class LearnMove(Struct, frozen=True):
    """Find out whether an account really went where its document says."""

    lane: ClassVar[str] = "fetch"
    uri: str


class SynchroniseFollowers(Struct, frozen=True):
    """Find out who of ours follows an account elsewhere, as its own server has it."""

    lane: ClassVar[str] = "fetch"
    account_id: int
    url: str
    digest: str
    sure: bool = False
    """This is the second look, after one that would have ended many follows."""


class FetchThread(Struct, frozen=True):
    """Fetch what a post from elsewhere answers, up to the thread's first post."""

    lane: ClassVar[str] = "fetch"
    post_id: int


class GatherThread(Struct, frozen=True):
    """Begin to fetch what is missing of a thread, unless somebody looked at it meanwhile."""

    lane: ClassVar[str] = "backfill"
    post_id: int


class BackfillThread(Struct, frozen=True):
    """Fetch a part of what is missing of a thread; done again until nothing is left."""

    lane: ClassVar[str] = "backfill"
    backfill_id: int


class IntroduceAccount(Struct, frozen=True):
    """Fetch what an account elsewhere features and, the first time, its newest posts."""

    lane: ClassVar[str] = "backfill"
    account_id: int


class FederatePin(Struct, frozen=True):
    """Tell followers' servers that a post is pinned, or no longer (Add, Remove)."""

    account_id: int
    post_uri: str
    pinned: bool


class FederateFeaturedTag(Struct, frozen=True):
    """Tell followers' servers that a hashtag is featured, or no longer (Add, Remove)."""

    account_id: int
    name: str
    display: str
    featured: bool


class RefreshAccount(Struct, frozen=True):
    """Fetch another server's account anew."""

    lane: ClassVar[str] = "fetch"
    uri: str


class FetchCard(Struct, frozen=True):
    """Look at a page that posts lead to, for the card under them."""

    lane: ClassVar[str] = "fetch"
    url: str


class ClosePoll(Struct, frozen=True):
    """Close a question whose time is over, and tell its author and those who voted."""

    poll_id: int


class FederateVote(Struct, frozen=True):
    """Tell the owner of a question what a member chose, and nobody else."""

    poll_id: int
    account_id: int
    positions: list[int]


class FederateResults(Struct, frozen=True):
    """Tell other servers how a question of ours stands; `final` at its end."""

    poll_id: int
    final: bool = False


class RefreshPoll(Struct, frozen=True):
    """Fetch another server's question anew."""

    lane: ClassVar[str] = "fetch"
    uri: str


class SendFlag(Struct, frozen=True):
    """Tell the server of a reported account (Flag), in these words."""

    report_id: int
    text: str


class SendBlock(Struct, frozen=True):
    """Let an account elsewhere know that a member blocks it (Block)."""

    account_id: int
    target_id: int
    uri: str


class SendUnblock(Struct, frozen=True):
    """Let an account elsewhere know that a member no longer blocks it (Undo Block)."""

    account_id: int
    target_id: int
    uri: str


class CarryOutImport(Struct, frozen=True):
    """Do the next piece of what a member brought along from elsewhere."""

    lane: ClassVar[str] = "backfill"
    import_id: int
    piece: int
    """Which one: a job that comes twice does nothing the second time."""


class MakeMedia(Struct, frozen=True):
    """Make a film, sound or moving picture that a member uploaded safe."""

    lane: ClassVar[str] = "media"
    media_id: int


class SendPush(Struct, frozen=True):
    """Wake an app for something its member was told of."""

    lane: ClassVar[str] = "push"
    subscription_id: int
    notification_id: int


class SweepStore(Struct, frozen=True):
    """Forget what has been kept long enough: seen ids, tombstones, codes, sessions."""


Job = (
    JoinRelay
    | LeaveRelay
    | ProcessInbox
    | FederatePost
    | ForwardActivity
    | FederateEdit
    | ConsentJob
    | RequestFeature
    | AnswerFeature
    | SendFeatureRevocation
    | VerifyFeature
    | RecheckFeatures
    | FederateCollection
    | FederateCollectionEnd
    | FederateItem
    | LearnCollection
    | FederateDeletion
    | AnnounceInGroup
    | AnnounceTagged
    | FederateRuling
    | FederateBoost
    | FederateUnboost
    | FederateFavourite
    | FederateUnfavourite
    | FederateReaction
    | FederateUnreaction
    | FederateFollow
    | FederateUnfollow
    | SendAccept
    | SendReject
    | FederateProfile
    | FederateMove
    | FederateLeaving
    | PurgeAccount
    | CarryFollowers
    | SynchroniseFollowers
    | LearnMove
    | FederateJoin
    | FederateLeave
    | AnswerGuest
    | SendInvite
    | AnswerInvite
    | RemindGuests
    | FetchThread
    | GatherThread
    | BackfillThread
    | IntroduceAccount
    | FederatePin
    | FederateFeaturedTag
    | RefreshAccount
    | FetchCard
    | ClosePoll
    | FederateVote
    | FederateResults
    | RefreshPoll
    | SendFlag
    | SendBlock
    | SendUnblock
    | CarryOutImport
    | MakeMedia
    | SendPush
    | SendSummary
    | MailJob
    | EndAlert
    | RenderAlerts
    | RecordJob
    | KeepDigests
    | TimedJob
    | SweepStore
)
