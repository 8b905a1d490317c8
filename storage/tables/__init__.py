"""All tables. Queries are in the module of `storage` named after what they are about."""

from storage.tables.access import (
    AppRow,
    EmailLinkRow,
    GrantRow,
    PasswordLinkRow,
    PushSubscriptionRow,
    SessionRow,
    TokenRow,
)
from storage.tables.alerts import AlertRaiserRow, AlertRow, AlertTemplateRow
from storage.tables.announcements import (
    AnnouncementReactionRow,
    AnnouncementReadRow,
    AnnouncementRow,
    EndorsementRow,
)
from storage.tables.approvals import ApprovalRow
from storage.tables.archives import PastArchiveRow, PastPictureRow, PastPostRow
from storage.tables.base import Base
from storage.tables.boards import BoardMemberRow, BoardRow
from storage.tables.break_glass import BreakGlassRow
from storage.tables.cards import CardRow
from storage.tables.charters import CharterRow
from storage.tables.classrooms import ClassroomRow
from storage.tables.collections import CollectionItemRow, CollectionRow
from storage.tables.conduct import GuideAcceptanceRow, GuideRow
from storage.tables.consultations import ConsultationRow
from storage.tables.deletions import DeletionRow
from storage.tables.departures import DepartureRow
from storage.tables.desk import CaseMessageRow, CaseRow, CaseStepRow
from storage.tables.digests import DigestItemRow, DigestRow
from storage.tables.discussions import DiscussionPointRow, DiscussionRow
from storage.tables.events import AttendanceRow, EventRow
from storage.tables.factors import ChallengeRow, FactorRow
from storage.tables.feeds import FeedItemRow, FeedRow
from storage.tables.forum import (
    ForumChangeRow,
    ForumRuleRow,
    HiddenAnswerRow,
    LogKeyRow,
    PublicActRow,
)
from storage.tables.groups import (
    GroupBanRow,
    GroupLogRow,
    GroupModeratorRow,
    GroupPostRow,
    GroupRow,
)
from storage.tables.letters import (
    ConversationRow,
    DraftMediaRow,
    DraftRow,
    LetterRow,
    ScheduledRow,
)
from storage.tables.looks import LookRow
from storage.tables.mailings import FamilyMailRow, MailingRow
from storage.tables.moderation import (
    EmailDomainBlockRow,
    FirstContactRow,
    HeldRow,
    IpBlockRow,
    QuarantineRow,
    RemoteFileRow,
    ReportNoteRow,
    ReportRow,
    SeveranceRow,
    SeveredFollowRow,
)
from storage.tables.notices import (
    NotificationPermissionRow,
    NotificationPolicyRow,
    NotificationRequestRow,
)
from storage.tables.offices import OfficeRow
from storage.tables.officials import DelegationRow, OfficialRow
from storage.tables.owned_tags import OwnedTagRow, TagRemovalRow, TagStewardRow
from storage.tables.people import (
    AccountRow,
    AuditRow,
    FacetRow,
    InviteRow,
    KeyRow,
    MemberRow,
)
from storage.tables.pictures import PictureRow
from storage.tables.portability import ImportLineRow, ImportRow
from storage.tables.posts import (
    HomeEntryRow,
    IdempotencyRow,
    MediaRow,
    MentionRow,
    PollOptionRow,
    PollRow,
    PollVoteRow,
    PostEditRow,
    PostRow,
    PostTagRow,
    TagRow,
    TombstoneRow,
)
from storage.tables.records import (
    RecordBodyRow,
    RecordCheckpointRow,
    RecordClassRow,
    RecordDisposalItemRow,
    RecordDisposalRow,
    RecordExportRow,
    RecordFileRow,
    RecordHoldRow,
    RecordRedactionRow,
    RecordRow,
)
from storage.tables.relays import RelayRow
from storage.tables.restrictions import QueuedAnswerRow, RestrictionRow
from storage.tables.review import YearReviewRow
from storage.tables.sent import SentRow
from storage.tables.social import (
    AccountNoteRow,
    BlockRow,
    BookmarkRow,
    DomainMuteRow,
    EmojiReactionRow,
    FavouriteRow,
    FilterKeywordRow,
    FilterPostRow,
    FilterRow,
    FollowedTagRow,
    FollowRow,
    LinkRow,
    ListMemberRow,
    ListRow,
    MarkerRow,
    MuteRow,
    NotificationRow,
    ThreadMuteRow,
)
from storage.tables.submissions import PictureCheckRow, SubmissionRow, SubmissionStepRow
from storage.tables.take_downs import TakeDownRow
from storage.tables.threads import (
    BackfillRow,
    FeaturedTagRow,
    PostOriginRow,
    ProfileFetchRow,
)
from storage.tables.translations import TranslationRow
from storage.tables.words import PostWordsRow
from storage.tables.work import (
    ActivityRow,
    DeliveryRow,
    EmojiRow,
    HostPolicyRow,
    HostRow,
    JobRow,
    RuleRow,
    SeenRow,
    SiteRow,
)

__all__ = [
    "AccountNoteRow",
    "AccountRow",
    "ActivityRow",
    "AlertRaiserRow",
    "AlertRow",
    "AlertTemplateRow",
    "AnnouncementReactionRow",
    "AnnouncementReadRow",
    "AnnouncementRow",
    "AppRow",
    "ApprovalRow",
    "AttendanceRow",
    "AuditRow",
    "BackfillRow",
    "Base",
    "BlockRow",
    "BoardMemberRow",
    "BoardRow",
    "BookmarkRow",
    "BreakGlassRow",
    "CardRow",
    "CaseMessageRow",
    "CaseRow",
    "CaseStepRow",
    "ChallengeRow",
    "CharterRow",
    "ClassroomRow",
    "CollectionItemRow",
    "CollectionRow",
    "ConsultationRow",
    "ConversationRow",
    "DelegationRow",
    "DeletionRow",
    "DeliveryRow",
    "DepartureRow",
    "DigestItemRow",
    "DigestRow",
    "DiscussionPointRow",
    "DiscussionRow",
    "DomainMuteRow",
    "DraftMediaRow",
    "DraftRow",
    "EmailDomainBlockRow",
    "EmailLinkRow",
    "EmojiReactionRow",
    "EmojiRow",
    "EndorsementRow",
    "EventRow",
    "FacetRow",
    "FactorRow",
    "FamilyMailRow",
    "FavouriteRow",
    "FeaturedTagRow",
    "FeedItemRow",
    "FeedRow",
    "FilterKeywordRow",
    "FilterPostRow",
    "FilterRow",
    "FirstContactRow",
    "FollowRow",
    "FollowedTagRow",
    "ForumChangeRow",
    "ForumRuleRow",
    "GrantRow",
    "GroupBanRow",
    "GroupLogRow",
    "GroupModeratorRow",
    "GroupPostRow",
    "GroupRow",
    "GuideAcceptanceRow",
    "GuideRow",
    "HeldRow",
    "HiddenAnswerRow",
    "HomeEntryRow",
    "HostPolicyRow",
    "HostRow",
    "IdempotencyRow",
    "ImportLineRow",
    "ImportRow",
    "InviteRow",
    "IpBlockRow",
    "JobRow",
    "KeyRow",
    "LetterRow",
    "LinkRow",
    "ListMemberRow",
    "ListRow",
    "LogKeyRow",
    "LookRow",
    "MailingRow",
    "MarkerRow",
    "MediaRow",
    "MemberRow",
    "MentionRow",
    "MuteRow",
    "NotificationPermissionRow",
    "NotificationPolicyRow",
    "NotificationRequestRow",
    "NotificationRow",
    "OfficeRow",
    "OfficialRow",
    "OwnedTagRow",
    "PasswordLinkRow",
    "PastArchiveRow",
    "PastPictureRow",
    "PastPostRow",
    "PictureCheckRow",
    "PictureRow",
    "PollOptionRow",
    "PollRow",
    "PollVoteRow",
    "PostEditRow",
    "PostOriginRow",
    "PostRow",
    "PostTagRow",
    "PostWordsRow",
    "ProfileFetchRow",
    "PublicActRow",
    "PushSubscriptionRow",
    "QuarantineRow",
    "QueuedAnswerRow",
    "RecordBodyRow",
    "RecordCheckpointRow",
    "RecordClassRow",
    "RecordDisposalItemRow",
    "RecordDisposalRow",
    "RecordExportRow",
    "RecordFileRow",
    "RecordHoldRow",
    "RecordRedactionRow",
    "RecordRow",
    "RelayRow",
    "RemoteFileRow",
    "ReportNoteRow",
    "ReportRow",
    "RestrictionRow",
    "RuleRow",
    "ScheduledRow",
    "SeenRow",
    "SentRow",
    "SessionRow",
    "SeveranceRow",
    "SeveredFollowRow",
    "SiteRow",
    "SubmissionRow",
    "SubmissionStepRow",
    "TagRemovalRow",
    "TagRow",
    "TagStewardRow",
    "TakeDownRow",
    "ThreadMuteRow",
    "TokenRow",
    "TombstoneRow",
    "TranslationRow",
    "YearReviewRow",
]
