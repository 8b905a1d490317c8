"""Accounts, and what they are to one another."""

from typing import Literal, NotRequired, TypedDict

from fedi_k12.api.entities.values import Count, Day, Html, Id, Moment, Url, Visibility


class CustomEmoji(TypedDict):
    """A picture that stands for `:shortcode:`."""

    shortcode: str
    url: Url
    static_url: Url
    visible_in_picker: bool
    category: NotRequired[str | None]


class Field(TypedDict):
    """A line of a profile; `verified_at` where the page it leads to leads back."""

    name: str
    value: Html
    verified_at: str | None


class Account(TypedDict):
    """Somebody: https://docs.joinmastodon.org/entities/Account/."""

    id: Id
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool | None
    indexable: bool
    group: bool
    created_at: Moment
    note: Html
    url: Url
    uri: Url
    avatar: Url
    avatar_static: Url
    avatar_description: str
    header: Url
    header_static: Url
    header_description: str
    followers_count: Count
    following_count: Count
    statuses_count: Count
    last_status_at: Day | None
    hide_collections: bool | None
    noindex: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    emojis: list[CustomEmoji]
    roles: list["AccountRole"]
    fields: list[Field]
    suspended: NotRequired[bool]
    limited: NotRequired[bool]
    memorial: NotRequired[bool]
    moved: NotRequired["Account | None"]
    feature_approval: "FeatureApproval"


class PartialAccount(TypedDict):
    """As much of an account as a small picture needs."""

    id: Id
    acct: str
    url: Url
    avatar: Url
    avatar_static: Url
    avatar_description: NotRequired[str]
    locked: bool
    bot: bool


class FeatureApproval(TypedDict):
    """Who may put somebody into a collection; `missing` where nothing is known of it."""

    automatic: list[str]
    manual: list[str]
    current_user: Literal["automatic", "manual", "denied", "unknown", "missing"]


class MutedAccount(Account):
    """Somebody whom one does not read, and until when."""

    mute_expires_at: Moment | None


class DomainBlockPreview(TypedDict):
    """How many follows one would lose by shutting a server out."""

    following_count: Count
    followers_count: Count


class AccountRole(TypedDict):
    """A role that is shown on a profile."""

    id: str
    name: str
    color: str


class Role(TypedDict):
    """What the member may do: a number whose bits are Mastodon's permissions."""

    id: str
    name: str
    permissions: str
    color: str
    highlighted: bool
    collection_limit: Count


class Source(TypedDict):
    """What a member wrote and chose, as they wrote it."""

    privacy: Visibility
    sensitive: bool
    language: str | None
    note: str
    fields: list[Field]
    follow_requests_count: Count
    hide_collections: bool | None
    discoverable: bool | None
    indexable: bool
    searchable_by: NotRequired[str | None]
    attribution_domains: list[str]
    quote_policy: NotRequired[str]


class CredentialAccount(Account):
    """One's own account."""

    source: Source
    role: Role


class Relationship(TypedDict):
    """What one's account and another are to each other."""

    id: Id
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: Moment | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class FamiliarFollowers(TypedDict):
    """Who of those one follows follows an account."""

    id: Id
    accounts: list[Account]


class List(TypedDict):
    """A list of accounts to read apart."""

    id: Id
    title: str
    replies_policy: str
    exclusive: bool


class Suggestion(TypedDict):
    """Somebody to follow; never given here."""

    source: str
    sources: list[str]
    account: Account


class Report(TypedDict):
    """What somebody told the moderators."""

    id: Id
    action_taken: bool
    action_taken_at: Moment | None
    category: str
    comment: str
    forwarded: bool
    created_at: Moment
    status_ids: list[Id]
    collection_ids: list[Id]
    rule_ids: list[Id]
    target_account: Account


class PastPicture(TypedDict):
    """A picture of a post in an archive."""

    url: Url
    preview_url: Url
    description: str


class PastPost(TypedDict):
    """What an official account said on X or Facebook; it is no status and has no page."""

    id: Id
    source: Literal["x", "facebook"]
    said_at: Moment
    text: str
    """Plain text."""
    pictures: list[PastPicture]


class PastSpan(TypedDict):
    """From when to when (years) there is an archive of a source, and of how many posts."""

    source: Literal["x", "facebook"]
    posts: Count
    first: Count
    last: Count


class PastArchive(TypedDict):
    """A page of an official account's archives; our own entity."""

    sources: list[PastSpan]
    found: Count
    """How many there are on all pages."""
    posts: list[PastPost]


class Charter(TypedDict):
    """What an official account is for; our own entity."""

    account_id: Id
    version: Count
    goal: str
    audience: str
    speakers: str
    """Who speaks."""
    answered: str
    """What is answered, and what is not."""
    hours: list[list[str] | None]
    """For each day, Monday first: from and until (`08:00`), null where nobody answers."""
    time_zone: str
    forum: Literal["announcements", "limited"]
    approval: Literal["all", "individuals", "probationary", "none"]
    """What a second person reads first."""
    records_class: str
    languages: list[str]
    direct_messages: bool
    own_threads: bool
    """Whether it answers under its own posts only, and letters to it."""
    review_by: Day
    """The last day on which it holds."""
    since: Moment
    holds: bool
    """Without a charter that holds nothing is posted."""
