"""What must happen later: one frozen dataclass per background job.

A service adds a job in the transaction that calls for it; `fedi_k12.wiring` names the function
that does it. Fields are plain JSON values. A job runs at least once: its function must be able
to run again.
"""

from dataclasses import dataclass
from typing import ClassVar

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


@dataclass(frozen=True, slots=True)
class ProcessInbox:
    """Act on an activity that was taken in and answered 202."""

    lane: ClassVar[str] = "inbox"
    activity: str
    """The JSON as it came, after authentication."""
    signed_by: str
    """The id of the actor whose key signed the request."""


@dataclass(frozen=True, slots=True)
class FederatePost:
    """Tell other servers of a post that was published here (Create)."""

    post_id: int


@dataclass(frozen=True, slots=True)
class ForwardActivity:
    """Hand on to an account's followers elsewhere what somebody elsewhere answered to it."""

    account_id: int
    activity: str
    """The JSON as it came, with its author's proof."""
    object_uri: str
    origin: str
    """The host that it came from."""


@dataclass(frozen=True, slots=True)
class FederateEdit:
    """Tell other servers that a post of ours reads differently now (Update)."""

    post_id: int
    anew: bool = False
    """Nobody edited it: what it quotes, or whom it answers, was allowed or withdrawn."""


@dataclass(frozen=True, slots=True)
class FederateDeletion:
    """Tell other servers that a post of ours is gone (Delete). The row is gone already."""

    account_id: int
    uri: str
    visibility: str
    former_type: str
    account_ids: list[int]
    """Accounts to tell besides the followers: mentioned, answered, boosting, favouriting."""
    group_id: int | None = None
    """The group that it stood in."""


@dataclass(frozen=True, slots=True)
class AnnounceInGroup:
    """Let a group of ours pass on what happened in it (Announce of an activity)."""

    group_id: int
    activity: str
    """The activity as JSON, just as it came or went out."""
    post_uri: str
    """What it is about."""


@dataclass(frozen=True, slots=True)
class FederateRuling:
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


@dataclass(frozen=True, slots=True)
class FederateBoost:
    """Tell other servers of a boost by an account of ours (Announce)."""

    boost_id: int


@dataclass(frozen=True, slots=True)
class FederateUnboost:
    """Tell other servers that a boost was taken back (Undo Announce)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    created_at: str


@dataclass(frozen=True, slots=True)
class FederateFavourite:
    """Tell the author's server of a favourite (Like)."""

    favourite_id: int


@dataclass(frozen=True, slots=True)
class FederateUnfavourite:
    """Tell the author's server that a favourite was taken back (Undo Like)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    group_id: int | None = None
    """The group that the post stands in."""


@dataclass(frozen=True, slots=True)
class FederateReaction:
    """Tell the author's server of an emoji (Like with `content`)."""

    reaction_id: int


@dataclass(frozen=True, slots=True)
class FederateUnreaction:
    """Tell the author's server that an emoji was taken back (Undo Like)."""

    account_id: int
    uri: str
    post_uri: str
    post_account_id: int
    emoji: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FederateFollow:
    """Ask another server's account to be followed (Follow)."""

    follow_id: int


@dataclass(frozen=True, slots=True)
class FederateUnfollow:
    """Tell another server that a follow, or the wish for one, is over (Undo Follow)."""

    account_id: int
    target_id: int
    uri: str


@dataclass(frozen=True, slots=True)
class SendAccept:
    """Answer another server's Follow with an Accept."""

    account_id: int
    follower_id: int
    follow_uri: str
    asked_by: str = "Follow"
    """The type of what is answered: a group may be asked with a Join."""


@dataclass(frozen=True, slots=True)
class SendReject:
    """Answer another server's Follow with a Reject, also after it had been accepted."""

    account_id: int
    follower_id: int
    follow_uri: str
    asked_by: str = "Follow"


@dataclass(frozen=True, slots=True)
class FederateProfile:
    """Tell followers' servers that a profile of ours changed (Update of the actor)."""

    account_id: int
    key_id: int | None = None
    """The key to sign this with, where it is not the account's newest."""


@dataclass(frozen=True, slots=True)
class FederateMove:
    """Tell followers' servers that an account of ours went elsewhere (Move)."""

    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class CarryFollowers:
    """Let those here who follow an account that moved follow the new one, a part at a time."""

    account_id: int
    target_id: int
    after: int = 0
    """The last follow that has been carried over."""


@dataclass(frozen=True, slots=True)
class LearnMove:
    """Find out whether an account really went where its document says."""

    lane: ClassVar[str] = "fetch"
    uri: str


@dataclass(frozen=True, slots=True)
class SynchroniseFollowers:
    """Find out who of ours follows an account elsewhere, as its own server has it."""

    lane: ClassVar[str] = "fetch"
    account_id: int
    url: str
    digest: str
    sure: bool = False
    """This is the second look, after one that would have ended many follows."""


@dataclass(frozen=True, slots=True)
class FetchThread:
    """Fetch what a post from elsewhere answers, up to the thread's first post."""

    lane: ClassVar[str] = "fetch"
    post_id: int


@dataclass(frozen=True, slots=True)
class GatherThread:
    """Begin to fetch what is missing of a thread, unless somebody looked at it meanwhile."""

    lane: ClassVar[str] = "backfill"
    post_id: int


@dataclass(frozen=True, slots=True)
class BackfillThread:
    """Fetch a part of what is missing of a thread; done again until nothing is left."""

    lane: ClassVar[str] = "backfill"
    backfill_id: int


@dataclass(frozen=True, slots=True)
class IntroduceAccount:
    """Fetch what an account elsewhere features and, the first time, its newest posts."""

    lane: ClassVar[str] = "backfill"
    account_id: int


@dataclass(frozen=True, slots=True)
class FederatePin:
    """Tell followers' servers that a post is pinned, or no longer (Add, Remove)."""

    account_id: int
    post_uri: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class FederateFeaturedTag:
    """Tell followers' servers that a hashtag is featured, or no longer (Add, Remove)."""

    account_id: int
    name: str
    display: str
    featured: bool


@dataclass(frozen=True, slots=True)
class RefreshAccount:
    """Fetch another server's account anew."""

    lane: ClassVar[str] = "fetch"
    uri: str


@dataclass(frozen=True, slots=True)
class FetchCard:
    """Look at a page that posts lead to, for the card under them."""

    lane: ClassVar[str] = "fetch"
    url: str


@dataclass(frozen=True, slots=True)
class ClosePoll:
    """Close a question whose time is over, and tell its author and those who voted."""

    poll_id: int


@dataclass(frozen=True, slots=True)
class FederateVote:
    """Tell the owner of a question what a member chose, and nobody else."""

    poll_id: int
    account_id: int
    positions: list[int]


@dataclass(frozen=True, slots=True)
class FederateResults:
    """Tell other servers how a question of ours stands; `final` at its end."""

    poll_id: int
    final: bool = False


@dataclass(frozen=True, slots=True)
class RefreshPoll:
    """Fetch another server's question anew."""

    lane: ClassVar[str] = "fetch"
    uri: str


@dataclass(frozen=True, slots=True)
class SendFlag:
    """Tell the server of a reported account (Flag), in these words."""

    report_id: int
    text: str


@dataclass(frozen=True, slots=True)
class SendBlock:
    """Let an account elsewhere know that a member blocks it (Block)."""

    account_id: int
    target_id: int
    uri: str


@dataclass(frozen=True, slots=True)
class SendUnblock:
    """Let an account elsewhere know that a member no longer blocks it (Undo Block)."""

    account_id: int
    target_id: int
    uri: str


@dataclass(frozen=True, slots=True)
class CarryOutImport:
    """Do the next piece of what a member brought along from elsewhere."""

    lane: ClassVar[str] = "backfill"
    import_id: int
    piece: int
    """Which one: a job that comes twice does nothing the second time."""


@dataclass(frozen=True, slots=True)
class MakeMedia:
    """Make a film, sound or moving picture that a member uploaded safe."""

    lane: ClassVar[str] = "media"
    media_id: int


@dataclass(frozen=True, slots=True)
class SendPush:
    """Wake an app for something its member was told of."""

    lane: ClassVar[str] = "push"
    subscription_id: int
    notification_id: int


@dataclass(frozen=True, slots=True)
class SweepStore:
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
