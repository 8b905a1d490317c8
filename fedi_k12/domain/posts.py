"""What a post is, who may see it, and how it is shown."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct, field

from fedi_k12.domain.accounts import AccountView, EmojiView
from fedi_k12.domain.approvals import Choices, Policy, Verdict
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.emoji import ReactionView
from fedi_k12.domain.events import EventView
from fedi_k12.domain.forum import Hidden
from fedi_k12.domain.picture_check import PictureCheck
from fedi_k12.domain.pictures import picture_path
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.domain.threads import OriginCounts

MAX_MEDIA = 8
"""Pictures a post of ours can carry. Mastodon shows all it gets, though it sends four."""
MAX_EXCERPT = 300
MAX_POLL_OPTIONS = 10
MAX_OPTION_CHARACTERS = 100
MIN_POLL_SECONDS = 300
MAX_POLL_SECONDS = 60 * 60 * 24 * 60
MAX_ALT_CHARACTERS = 1500
MAX_IN_ALT_CHARACTERS = 10_000
"""What is kept of alt texts that other servers send."""
MAX_MENTION_NOTIFICATIONS = 20
"""One post tells at most so many people here: more is a mention bomb (FED-106)."""


class Visibility(StrEnum):
    """Who may see a post."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"

    @property
    def breadth(self) -> int:
        """How many see it, 3 for everybody: an edit may never widen it."""
        return {"public": 3, "unlisted": 2, "followers": 1, "direct": 0}[self.value]


class PostFacts(Struct, frozen=True):
    """What the question who may see a post depends on, seen from one viewer."""

    visibility: Visibility
    local_only: bool
    author_id: int
    author_suspended: bool = False
    viewer_follows_author: bool = False
    viewer_is_addressed: bool = False
    """Mentioned, named silently, the account that was answered, or a member of its group."""
    author_blocks_viewer: bool = False
    removed: bool = False
    """The moderators of its group took it away."""
    unapproved: bool = False
    """An answer that whoever it answers has not let in, or has turned down."""
    viewer_decides: bool = False
    """It waits for the viewer's word."""


def may_see(viewer_id: int | None, post: PostFacts) -> bool:
    """Return whether the account may see the post: the one visibility rule.

    What may not be seen is answered like what does not exist.
    """
    if viewer_id == post.author_id:
        return True
    if post.author_suspended or post.author_blocks_viewer or post.removed:
        return False
    if post.unapproved and not post.viewer_decides:
        return False
    if viewer_id is None:
        return not post.local_only and post.visibility.breadth >= Visibility.UNLISTED.breadth
    if post.visibility is Visibility.DIRECT:
        return post.viewer_is_addressed
    if post.visibility is Visibility.FOLLOWERS:
        return post.viewer_follows_author or post.viewer_is_addressed
    return True


def may_boost(actor_id: int, post: PostFacts) -> bool:
    """Return whether the account may boost a post that it may see.

    Public and quiet public posts by anybody; a followers-only post by its author alone.
    """
    if post.local_only or post.unapproved or post.visibility is Visibility.DIRECT:
        return False
    if post.visibility is Visibility.FOLLOWERS:
        return actor_id == post.author_id
    return True


def may_be_quoted(actor_id: int, post: PostFacts) -> bool:
    """Return whether its readers allow that the account quotes a post that it may see.

    Letters never; what is for followers by its author alone; what its author allows is another
    question (`domain.approvals`).
    """
    if post.unapproved or post.visibility is Visibility.DIRECT:
        return False
    return post.visibility is not Visibility.FOLLOWERS or actor_id == post.author_id


class PollDraft(Struct, frozen=True):
    """A question as somebody wants to ask it."""

    options: tuple[str, ...]
    expires_in: int
    """Seconds."""
    multiple: bool = False
    hide_totals: bool = False


class ReceivedPoll(Struct, frozen=True):
    """A question as another server asks it: (title, votes) in order."""

    options: tuple[tuple[str, int], ...]
    multiple: bool
    expires_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None
    hidden: bool = False
    """Its server does not say yet how many chose what."""


class Draft(Struct, frozen=True):
    """A post as somebody wants to publish it."""

    text: str
    visibility: Visibility = Visibility.PUBLIC
    local_only: bool = False
    summary: str = ""
    sensitive: bool = False
    language: str | None = None
    content_type: str = "text/plain"
    title: str = ""
    """What has one is an article: its summary is its abstract, and warns of nothing."""
    in_reply_to_id: int | None = None
    group_id: int | None = None
    """The group that it is written to; one that its text mentions counts without this."""
    media_ids: tuple[int, ...] = ()
    poll: PollDraft | None = None
    named_ids: tuple[int, ...] = ()
    """Accounts it names besides those in its text."""
    hidden_ids: tuple[int, ...] = ()
    """Accounts it is addressed to without anybody else being told."""
    license_url: str | None = None
    """What others may do with what it says."""
    quote_of_id: int | None = None
    choices: Choices = field(default_factory=Choices)
    """Who may answer, quote, pass it on."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What people wrote of it in each language, by tag; `text` has them all."""
    idempotency_key: str | None = None
    application_id: int | None = None
    posted_by: str = ""
    """What posts it, where nobody presses a button then (`domain.feeds.PostedBy`)."""
    checked: PictureCheck | None = None
    ask_colleague: bool = False
    """A colleague is to describe its pictures; it waits for a second person until then."""
    """What somebody said of its pictures, for official accounts; apps cannot say it."""


class MediaEdit(Struct, frozen=True):
    """New words for a picture, given while its post is edited. None leaves as it is."""

    id: int
    alt: str | None = None
    focus: tuple[float, float] | None = None
    credit: str | None = None
    license_url: str | None = None
    """"" takes it away."""


class MediaView(Struct, frozen=True):
    """An attachment. `file` is the key of ours; without it we re-serve `remote_url`."""

    id: int
    kind: str
    file: str | None
    preview_file: str | None
    remote_url: str | None
    mime_type: str = ""
    alt: str = ""
    credit: str = ""
    license_url: str | None = None
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None
    focus_x: float = 0.0
    focus_y: float = 0.0
    duration: float | None = None
    ready: bool = True
    failed: bool = False
    has_poster: bool = False
    """A picture stands for it until it is played."""
    details: Mapping[str, str | int] = field(default_factory=dict)
    """Of a film or sound: `frame_rate`, `bitrate`, `audio_encode` …"""
    failure: str = ""
    """Why an upload was refused."""
    streamed: str | None = None
    """The type as which another server's film or sound can be passed on."""
    captions_file: str | None = None
    captions_language: str | None = None


class MentionView(Struct, frozen=True):
    """Somebody named in a post."""

    id: int
    username: str
    acct: str
    url: str
    uri: str


class TagView(Struct, frozen=True):
    """A hashtag of a post: its key, and how it was first written."""

    name: str
    display: str


class PollOptionView(Struct, frozen=True):
    """One answer and how many chose it (None while totals are hidden)."""

    title: str
    votes: int | None


class PollView(Struct, frozen=True):
    """The question of a post; `own` are the positions the viewer chose, None for visitors."""

    id: int
    options: tuple[PollOptionView, ...]
    multiple: bool
    expires_at: datetime | None
    expired: bool
    votes_count: int
    voters_count: int | None
    own: tuple[int, ...] | None = None
    hide_totals: bool = False
    fetched_at: datetime | None = None
    """When its numbers were learnt, for a question from elsewhere."""
    crowd_host: str | None = None
    """For its author: most of many votes came from this one server."""


class Own(Struct, frozen=True):
    """What the viewer did with a post."""

    favourited: bool = False
    boosted: bool = False
    bookmarked: bool = False
    muted: bool = False
    pinned: bool = False


class LinkCard(Struct, frozen=True):
    """A page that a post is about, in short."""

    url: str
    host: str
    title: str = ""
    description: str = ""
    image: str = ""
    """The path from which we serve its picture."""
    author_name: str = ""
    author_id: int | None = None
    """The account that wrote the page, where page and account say so of each other."""
    author: AccountView | None = None
    site: str = ""
    language: str | None = None

    @classmethod
    def of(cls, part: Mapping[str, object]) -> "LinkCard | None":
        """Return the card that a post keeps."""
        url = str(part.get("url", ""))
        host = urlsplit(url).hostname or ""
        if not host:
            return None
        image, author = part.get("image"), part.get("author_id")
        return cls(
            url,
            host.removeprefix("www."),
            str(part.get("title") or ""),
            str(part.get("description") or ""),
            picture_path(image) if isinstance(image, str) and image else "",
            str(part.get("author_name") or ""),
            author if isinstance(author, int) else None,
        )


class QuoteView(Struct, frozen=True):
    """What a post quotes, as one viewer may see it.

    `state` is Mastodon's: `accepted` and what is not shown for some reason. A quote in a quote
    has no `post`: only one is shown in another.
    """

    state: str
    uri: str
    """The id of what is quoted, a link for those who do not see it here."""
    post_id: int | None = None
    post: "PostView | None" = None


class Allowed(Struct, frozen=True):
    """What the viewer may do with a post, and what is said of it to everybody."""

    policy: Policy = field(default_factory=Policy)
    reply: Verdict = Verdict.AUTOMATIC
    quote: Verdict = Verdict.DENIED
    boost: Verdict = Verdict.AUTOMATIC


class PostView(Struct, frozen=True):
    """A post as one viewer may see it; `own` is None for visitors."""

    id: int
    uri: str
    url: str
    account: AccountView
    local: bool
    kind: str
    visibility: Visibility
    local_only: bool
    content: str
    """Safe HTML."""
    created_at: datetime
    title: str = ""
    summary: str = ""
    sensitive: bool = False
    language: str | None = None
    edited_at: datetime | None = None
    in_reply_to_id: int | None = None
    in_reply_to_account_id: int | None = None
    reply_missing: bool = False
    """It answers a post that is not known here (yet)."""
    thread_id: int = 0
    boost_of: "PostView | None" = None
    media: tuple[MediaView, ...] = ()
    mentions: tuple[MentionView, ...] = ()
    tags: tuple[TagView, ...] = ()
    emojis: tuple[EmojiView, ...] = ()
    poll: PollView | None = None
    posted_by: str = ""
    """A sentence that says what posted it, where nobody pressed a button then."""
    application_name: str | None = None
    application_website: str | None = None
    replies_count: int = 0
    boosts_count: int = 0
    favourites_count: int = 0
    quotes_count: int = 0
    origin: OriginCounts = field(default_factory=OriginCounts)
    """What its own server counts, for posts of other servers."""
    version: int = 0
    reactions: tuple[ReactionView, ...] = ()
    fetched_card: LinkCard | None = None
    collections: tuple[CollectionView, ...] = ()
    """Collections of accounts that it links to, as far as the viewer may see them."""
    """What we found at the page that it leads to."""
    own: Own | None = None
    extra: dict[str, object] = field(default_factory=dict)
    event: EventView | None = None
    group: AccountView | None = None
    """The group that it is in."""
    removed: bool = False
    """The moderators of its group took it away: only its author sees it."""
    content_map: Mapping[str, str] = field(default_factory=dict)
    """Safe HTML by language, where it was written in several."""
    quote: QuoteView | None = None
    allowed: Allowed = field(default_factory=Allowed)
    waiting: str = ""
    """`pending` or `rejected` for an answer that is not let in."""
    hidden: Hidden | None = None
    """Under which rule of an official account it is hidden, whose post it answers."""
    hideable: bool = False
    """Whether the viewer could hide it."""
    wider: bool = False
    """It answers a post of the viewer's that fewer people may read (FED-87)."""
    folded_by: tuple[str, ...] = ()
    """The names of the viewer's filters that fold it on a page."""
    pictures_folded_by: tuple[str, ...] = ()

    @property
    def shown_visibility(self) -> Visibility:
        """Who sees it, in words that apps know: members of a private group are followers."""
        letter = self.visibility is Visibility.DIRECT
        return Visibility.FOLLOWERS if letter and self.group is not None else self.visibility

    @property
    def is_note(self) -> bool:
        """Whether it is short talk, and no article, film or page."""
        return self.kind in {"Note", "Question", "Announce"}

    @property
    def content_note(self) -> str:
        """What readers see before they choose to read; an article's abstract is none."""
        return self.summary if self.is_note or self.sensitive else ""

    @property
    def excerpt(self) -> str:
        """What stands for something long where there is little room, as plain words."""
        if not self.content_note and self.summary:
            return self.summary
        if self.kind == "Page" and "excerpt" not in self.extra:
            return short_text(plain_text(self.content), MAX_EXCERPT)
        return str(self.extra.get("excerpt", ""))

    @property
    def cover(self) -> tuple[str, str] | None:
        """The path and the description of the picture above something long."""
        part = self.extra.get("cover")
        if not isinstance(part, dict) or not part.get("url"):
            return None
        return picture_path(str(part["url"])), str(part.get("alt", ""))

    @property
    def card(self) -> LinkCard | None:
        """The page that the post is about."""
        part = self.extra.get("card")
        own = LinkCard.of(part) if isinstance(part, dict) else None
        return own or self.fetched_card

    @property
    def license_url(self) -> str:
        """The licence it is under, "" where nothing is said."""
        return str(self.extra.get("license", ""))


class PostSource(Struct, frozen=True):
    """What a member wrote, for editing."""

    id: int
    text: str
    summary: str
    content_type: str
    title: str = ""
    policy: Policy = field(default_factory=Policy)


class PostEditView(Struct, frozen=True):
    """How a post read from `created_at` on."""

    content: str
    summary: str
    sensitive: bool
    created_at: datetime
    account: AccountView
    media: tuple[MediaView, ...] = ()
    poll_options: tuple[str, ...] = ()


class Thread(Struct, frozen=True):
    """A post among those it answers (first post first) and those that answer it (depth first).

    `depths` gives how deep each descendant is below the post: 1 for a direct reply.
    """

    post: PostView
    ancestors: tuple[PostView, ...]
    descendants: tuple[PostView, ...]
    depths: tuple[int, ...]
    incomplete: bool = False
    """Some of the thread is still being fetched from other servers."""
