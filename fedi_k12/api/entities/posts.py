"""Posts and their parts. Mastodon calls a post a Status."""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from fedi_k12.api.entities.collections import Collection
from fedi_k12.api.entities.people import Account, CustomEmoji, Field
from fedi_k12.api.entities.values import Count, Html, Id, Moment, Url, Visibility


class Application(TypedDict):
    """The app that a post was written with."""

    name: str
    website: str | None


class Mention(TypedDict):
    """Somebody named in a post."""

    id: Id
    username: str
    acct: str
    url: Url


class StatusTag(TypedDict):
    """A hashtag of a post."""

    name: str
    url: Url


class MediaAttachment(TypedDict):
    """A picture, film or sound: https://docs.joinmastodon.org/entities/MediaAttachment/."""

    id: Id
    type: Literal["image", "gifv", "video", "audio", "unknown"]
    url: Url | None
    preview_url: Url | None
    remote_url: Url | None
    preview_remote_url: None
    text_url: None
    meta: dict[str, object]
    description: str | None
    blurhash: str | None
    credit: Annotated[str | None, Meta(description="Who made it.")]
    license: Annotated[Url | None, Meta(description="What others may do with it.")]


class PollOption(TypedDict):
    """An answer, and how many chose it where that is told already."""

    title: str
    votes_count: Count | None


class Poll(TypedDict):
    """The question of a post."""

    id: Id
    expires_at: Moment | None
    expired: bool
    multiple: bool
    votes_count: Count
    voters_count: Count | None
    options: list[PollOption]
    emojis: list[CustomEmoji]
    voted: NotRequired[bool]
    own_votes: NotRequired[list[int]]


class CardAuthor(TypedDict):
    """Who wrote a page, and their account where page and account say so of each other."""

    name: str
    url: str
    account: Account | None


class PreviewCard(TypedDict):
    """A page that a post leads to, in short."""

    url: str
    title: str
    description: str
    language: str | None
    type: Literal["link", "photo", "video", "rich"]
    author_name: str
    author_url: str
    authors: list[CardAuthor]
    provider_name: str
    provider_url: str
    html: str
    width: int
    height: int
    image: Url | None
    image_description: str
    embed_url: str
    blurhash: str | None
    published_at: Moment | None


class FilterKeyword(TypedDict):
    """A word of a filter."""

    id: Id
    keyword: str
    whole_word: bool


class FilterStatus(TypedDict):
    """A post that a filter names."""

    id: Id
    status_id: Id


class FilterHead(TypedDict):
    """A filter, without what it is made of."""

    id: Id
    title: str
    context: list[str]
    expires_at: Moment | None
    filter_action: Literal["warn", "hide", "blur"]


class Filter(FilterHead):
    """A filter with its words and posts."""

    keywords: list[FilterKeyword]
    statuses: list[FilterStatus]


class V1Filter(TypedDict):
    """A word of a filter, in the older form."""

    id: Id
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: Moment | None
    irreversible: bool


class FilterResult(TypedDict):
    """Why a post is filtered."""

    filter: FilterHead
    keyword_matches: list[str] | None
    status_matches: list[Id] | None


class EmojiReaction(TypedDict):
    """An emoji under a post and how many gave it, as glitch-soc and Fedibird show it."""

    name: str
    count: Count
    me: bool
    url: Url | None
    static_url: Url | None


class PleromaReaction(TypedDict):
    """The same as Pleroma shows it, with who gave it."""

    name: str
    count: Count
    me: bool
    accounts: list[Account]
    url: NotRequired[Url | None]
    static_url: NotRequired[Url | None]


class HiddenUnder(TypedDict):
    """Ours: the rule that an answer to an official account is hidden under.

    Its `content` is then a sentence that says so, for apps that do not know this.
    """

    rule: int
    text: str


class Status(TypedDict):
    """A post, or the boost of one (`reblog`): https://docs.joinmastodon.org/entities/Status/."""

    id: Id
    uri: str
    url: str | None
    created_at: Moment
    edited_at: Moment | None
    account: Account
    content: Html
    visibility: Visibility
    local_only: Annotated[bool, Meta(description="It never leaves this server.")]
    hidden_under: HiddenUnder | None
    sensitive: bool
    spoiler_text: str
    language: str | None
    media_attachments: list[MediaAttachment]
    application: Application | None
    mentions: list[Mention]
    tags: list[StatusTag]
    emojis: list[CustomEmoji]
    replies_count: Count
    reblogs_count: Count
    favourites_count: Count
    quotes_count: Count
    in_reply_to_id: Id | None
    in_reply_to_account_id: Id | None
    reblog: "Status | None"
    poll: Poll | None
    card: PreviewCard | None
    quote: "Quote | None"
    tagged_collections: list[Collection]
    license: Annotated[Url | None, Meta(description="What others may do with it.")]
    reactions: list[EmojiReaction]
    emoji_reactions: list[EmojiReaction]
    quote_approval: NotRequired["QuoteApproval"]
    favourited: NotRequired[bool]
    reblogged: NotRequired[bool]
    muted: NotRequired[bool]
    bookmarked: NotRequired[bool]
    pinned: NotRequired[bool]
    filtered: NotRequired[list[FilterResult]]


QuoteState = Literal[
    "pending", "accepted", "rejected", "revoked", "deleted", "unauthorized",
    "blocked_account", "blocked_domain", "muted_account",
]  # fmt: skip


class Quote(TypedDict):
    """A post that another quotes; within a quoted post its id alone (ShallowQuote)."""

    state: QuoteState
    quoted_status: NotRequired[Status | None]
    quoted_status_id: NotRequired[Id | None]


class QuoteApproval(TypedDict):
    """Who may quote a post, and whether the one who asks may."""

    automatic: list[str]
    manual: list[str]
    current_user: Literal["automatic", "manual", "denied", "unknown"]


class DeletedStatus(Status):
    """A post that was deleted, with what was written, to be written anew."""

    text: NotRequired[str]


class Context(TypedDict):
    """What a post answers, and what answers it."""

    ancestors: list[Status]
    descendants: list[Status]


class StatusSource(TypedDict):
    """What a member wrote."""

    id: Id
    text: str
    spoiler_text: str
    content_type: str
    title: str
    quote_policy: str
    reply_policy: str
    boost_policy: str


class EditedPollOption(TypedDict):
    """An answer as it read."""

    title: str


class EditedPoll(TypedDict):
    """The answers of a question as they read."""

    options: list[EditedPollOption]


class StatusEdit(TypedDict):
    """How a post read from then on."""

    content: Html
    spoiler_text: str
    sensitive: bool
    created_at: Moment
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[CustomEmoji]
    poll: NotRequired[EditedPoll]


class TagHistory(TypedDict):
    """How often a hashtag was used on a day."""

    day: str
    accounts: str
    uses: str


class Tag(TypedDict):
    """A hashtag. What is popular is not counted here: its history is empty."""

    id: str
    name: str
    url: Url
    history: list[TagHistory]
    following: NotRequired[bool]
    featuring: NotRequired[bool]


class FeaturedTag(TypedDict):
    """A hashtag that somebody presents themselves with; its count is a text."""

    id: Id
    name: str
    url: Url
    statuses_count: str
    last_status_at: str | None


class Profile(TypedDict):
    """A profile as its member wrote it: pictures that were not chosen are null."""

    id: Id
    display_name: str
    note: str
    fields: list[Field]
    avatar: Url | None
    avatar_static: Url | None
    avatar_description: str
    header: Url | None
    header_static: Url | None
    header_description: str
    locked: bool
    bot: bool
    hide_collections: bool | None
    discoverable: bool | None
    indexable: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    attribution_domains: list[str]
    featured_tags: list[FeaturedTag]


class Search(TypedDict):
    """What was found."""

    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]
    collections: list[Collection]


class WrappedAnnualReports(TypedDict):
    """Reports of a member's years, of which none is made here."""

    annual_reports: list[dict[str, object]]
    accounts: list[Account]
    statuses: list[Status]


class AnnualReportState(TypedDict):
    """Whether a report of a year is there, or will be."""

    state: Literal["available", "generating", "eligible", "ineligible"]


class ScheduledParams(TypedDict):
    """How a post will be published."""

    text: str
    poll: dict[str, object] | None
    media_ids: list[Id] | None
    sensitive: bool | None
    spoiler_text: str | None
    visibility: Visibility | None
    in_reply_to_id: str | int | None
    language: str | None
    application_id: str | int | None
    scheduled_at: str | None
    idempotency: str | None
    with_rate_limit: bool


class ScheduledStatus(TypedDict):
    """A post that is published later."""

    id: Id
    scheduled_at: Moment
    params: ScheduledParams
    media_attachments: list[MediaAttachment]


class Conversation(TypedDict):
    """A direct conversation."""

    id: Id
    unread: bool
    accounts: list[Account]
    last_status: Status | None


class Translation(TypedDict):
    """A post in another language."""

    content: Html
    spoiler_text: str
    language: str
    media_attachments: list[dict[str, object]]
    poll: dict[str, object] | None
    detected_source_language: str
    provider: str
