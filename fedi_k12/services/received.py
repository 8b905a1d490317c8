"""A post of another server as services take it in, and the rows it becomes."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from fedi_k12.domain.approvals import Consent, Policy
from fedi_k12.domain.events import EventDetails
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import ReceivedPoll, Visibility


class ReceivedMedia(Struct, frozen=True):
    """An attachment as another server describes it."""

    kind: str
    remote_url: str
    mime_type: str = ""
    alt: str = ""
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    focus_x: float = 0.0
    focus_y: float = 0.0
    duration: float | None = None
    license_url: str | None = None
    credit: str = ""
    poster: str | None = None
    """The picture that stands for a film or sound."""


class ReceivedPost(Struct, frozen=True):
    """A post of another server, checked and cleaned."""

    uri: str
    account_id: int
    visibility: Visibility
    content: str
    """Safe HTML."""
    published: datetime
    url: str | None = None
    kind: str = "Note"
    title: str = ""
    content_map: Mapping[str, str] | None = None
    summary: str = ""
    sensitive: bool = False
    language: str | None = None
    updated: datetime | None = None
    in_reply_to_uri: str | None = None
    context_uri: str | None = None
    conversation: str | None = None
    mentioned_account_ids: tuple[int, ...] = ()
    silent_account_ids: tuple[int, ...] = ()
    """Addressed, but not named in the text; groups stand in `group_ids`, too."""
    group_ids: tuple[int, ...] = ()
    hashtags: tuple[tuple[str, str], ...] = ()
    """(key, display) pairs."""
    media: tuple[ReceivedMedia, ...] = ()
    emojis: tuple[Mapping[str, str], ...] = ()
    poll: ReceivedPoll | None = None
    quote_of_uri: str | None = None
    quote_stamp: str | None = None
    """Where the word of whoever is quoted is said to be (FEP-044f)."""
    policy: Policy = field(default_factory=Policy)
    extra: Mapping[str, object] | None = None
    event: EventDetails | None = None
    pictures: tuple[str, ...] = ()
    """Addresses of the pictures in its text."""
    host: str = ""
    """Of its author."""
    searchable_by: str | None = None
    """Who finds it by its words, where its document says so."""
    fetched: bool = False
    """Fetched to fill a gap rather than sent to us: goes into no home, tells nobody."""


def post_row(
    post: ReceivedPost,
    post_id: int,
    parent_id: int | None,
    parent_author: int | None,
    thread_id: int,
    now: datetime,
) -> dict[str, object]:
    """Return the row of a post; `thread_id`, `parent_id`: where it stands."""
    return {
        "id": post_id,
        "uri": post.uri,
        "url": post.url,
        "account_id": post.account_id,
        "local": False,
        "kind": post.kind,
        "visibility": post.visibility.value,
        "title": post.title,
        "content": post.content,
        "content_map": dict(post.content_map) if post.content_map else None,
        "summary": post.summary,
        "sensitive": post.sensitive,
        "language": post.language,
        "in_reply_to_id": parent_id,
        "in_reply_to_account_id": parent_author,
        "in_reply_to_uri": None if parent_id is not None else post.in_reply_to_uri,
        "thread_id": thread_id,
        "context_uri": post.context_uri,
        "conversation": post.conversation,
        "quote_of_uri": post.quote_of_uri,
        "quote_state": Consent.PENDING.value if post.quote_of_uri else None,
        "interaction_policy": post.policy.stored(),
        "searchable_by": post.searchable_by,
        "emojis": [dict(emoji) for emoji in post.emojis],
        "extra": dict(post.extra) if post.extra else None,
        "created_at": min(post.published, now),
        "edited_at": min(post.updated, now)
        if post.updated is not None and post.updated > post.published
        else None,
        "received_at": now,
    }


def mention_rows(post: ReceivedPost, post_id: int) -> list[dict[str, object]]:
    """Return the rows of whom a post names or is addressed to."""
    named = list(dict.fromkeys(post.mentioned_account_ids))
    silent = [n for n in dict.fromkeys(post.silent_account_ids) if n not in named]
    return [
        {
            "post_id": post_id,
            "account_id": number,
            "position": at,
            "silent": at >= len(named),
            "hidden": False,
        }
        for at, number in enumerate([*named, *silent])
    ]


def media_rows(post: ReceivedPost, post_id: int, now: datetime) -> list[dict[str, object]]:
    """Return the rows of a post's attachments."""
    return [
        {
            "id": new_id(),
            "account_id": post.account_id,
            "post_id": post_id,
            "scheduled_id": None,
            "submission_id": None,
            "position": at,
            "kind": media.kind,
            "state": "ready",
            "mime_type": media.mime_type,
            "file": None,
            "preview_file": None,
            "remote_url": media.remote_url,
            "preview_remote_url": media.poster,
            "alt": media.alt,
            "credit": media.credit,
            "license_url": media.license_url,
            "blurhash": media.blurhash,
            "width": media.width,
            "height": media.height,
            "preview_width": None,
            "preview_height": None,
            "focus_x": media.focus_x,
            "focus_y": media.focus_y,
            "duration": media.duration,
            "size": 0,
            "created_at": now,
        }
        for at, media in enumerate(post.media)
    ]
