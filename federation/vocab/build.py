"""Build what we send about posts: from plain values to dicts ready for JSON. Pure.

Documents come without `@context`; `federation.vocab.contexts.with_context` adds it to whatever
stands outermost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from msgspec import Struct, field

from federation.vocab.build_parts import (
    AttachmentOut,
    EmojiOut,
    build_attachment,
    build_emoji,
    moment,
    searchers,
)
from federation.vocab.contexts import PUBLIC
from federation.vocab.quote import QuoteOut, quote_parts, quote_tags
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.quotes import with_quote_line
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.searching import Searchable
from fedi_k12.domain.text import short_text

MAX_TEASER = 500


class MentionOut(Struct, frozen=True):
    """Somebody a post names; `name` is the full handle with its first @."""

    uri: str
    name: str


class HashtagOut(Struct, frozen=True):
    """A hashtag as it was written, and its page."""

    name: str
    url: str


class PollOut(Struct, frozen=True):
    """The question of a post; options are (title, votes)."""

    options: tuple[tuple[str, int], ...]
    multiple: bool
    ends: datetime | None
    closed: datetime | None
    voters: int
    hidden: bool = False
    """How many chose what is not said until it is closed."""


class NoteOut(Struct, frozen=True):
    """A post of ours with everything its document says."""

    uri: str
    url: str
    author_uri: str
    followers_uri: str
    visibility: Visibility
    content: str
    published: datetime
    content_map: Mapping[str, str] | None = None
    language: str | None = None
    updated: datetime | None = None
    summary: str = ""
    sensitive: bool = False
    source: str | None = None
    source_type: str = "text/plain"
    title: str = ""
    """What has one is an article (FEP-b2b8)."""
    in_reply_to: str | None = None
    context: str | None = None
    conversation: str | None = None
    """What older servers call the thread; where nobody named it, the context's id."""
    mentions: tuple[MentionOut, ...] = ()
    silent: tuple[str, ...] = ()
    """Ids of those addressed without being named."""
    hashtags: tuple[HashtagOut, ...] = ()
    emojis: tuple[EmojiOut, ...] = ()
    attachments: tuple[AttachmentOut, ...] = ()
    poll: PollOut | None = None
    own_replies: tuple[str, ...] | None = ()
    """Ids of the author's own answers to it; None where they are too many to list here."""
    likes: int = 0
    shares: int = 0
    license_url: str | None = None
    generator: str = ""
    """What posted it, in words, where nobody pressed a button then."""
    searchable_by: Searchable = Searchable.SELF
    policy: Mapping[str, object] = field(default_factory=dict)
    """Its `interactionPolicy`."""
    closed: bool = False
    """Nobody may answer it."""
    quote: QuoteOut | None = None
    reply_stamp: str | None = None


class Audience(Struct, frozen=True):
    """Whom something is addressed to. There is no bto or bcc: we never send them."""

    to: tuple[str, ...]
    cc: tuple[str, ...]


def audience_of(
    visibility: Visibility, *, followers_uri: str, people: Sequence[str]
) -> Audience:
    """Return the addressing of a visibility, with those named (and answered) in `people`.

    As Mastodon documents its levels (https://docs.joinmastodon.org/spec/activitypub/#properties-used).
    """
    named = tuple(dict.fromkeys(people))
    match visibility:
        case Visibility.PUBLIC:
            return Audience((PUBLIC,), (followers_uri, *named))
        case Visibility.UNLISTED:
            return Audience((followers_uri,), (PUBLIC, *named))
        case Visibility.FOLLOWERS:
            return Audience((followers_uri,), named)
        case Visibility.DIRECT:
            return Audience(named, ())


def note_audience(note: NoteOut) -> Audience:
    """Return whom the post is addressed to."""
    people = (*(mention.uri for mention in note.mentions), *note.silent)
    return audience_of(note.visibility, followers_uri=note.followers_uri, people=people)


def build_note(note: NoteOut) -> dict[str, object]:
    """Return the post as a Note, or as a Question where it asks one."""
    audience = note_audience(note)
    document: dict[str, object] = {
        "id": note.uri,
        "type": "Article" if note.title else "Question" if note.poll else "Note",
        "attributedTo": note.author_uri,
        "url": note.url,
        "published": moment(note.published),
        "to": list(audience.to),
        "cc": list(audience.cc),
        "content": _content(note, note.content),
        "contentMap": _content_map(note),
        "sensitive": note.sensitive or bool(note.summary and not note.title),
        "searchableBy": searchers(
            note.searchable_by, author=note.author_uri, followers=note.followers_uri
        ),
        "tag": [
            *({"type": "Mention", "href": m.uri, "name": m.name} for m in note.mentions),
            *(
                {"type": "Hashtag", "href": tag.url, "name": f"#{tag.name}"}
                for tag in note.hashtags
            ),
            *(build_emoji(emoji) for emoji in note.emojis),
            *quote_tags(note.quote),
        ],
        "attachment": [build_attachment(item) for item in note.attachments],
        "replies": _replies(note),
        "likes": count_collection(f"{note.uri}/likes", note.likes),
        "shares": count_collection(f"{note.uri}/shares", note.shares),
        "interactionPolicy": dict(note.policy) or None,
        **quote_parts(note.quote),
        "replyAuthorization": note.reply_stamp,
        "approvedBy": note.reply_stamp,
        "commentsEnabled": False if note.closed else None,
    }
    if note.updated:
        document["updated"] = moment(note.updated)
    if note.summary:
        document["summary"] = note.summary
    if note.title:
        document |= _article(note)
    if note.license_url:
        document["license"] = note.license_url
    if note.generator:
        document["generator"] = {"type": "Application", "name": note.generator}
    if note.in_reply_to:
        document["inReplyTo"] = note.in_reply_to
    if note.context:
        document["context"] = note.context
    if note.conversation or note.context:
        document["conversation"] = note.conversation or note.context
    if note.source is not None and note.source_type == "text/markdown":
        document["source"] = {"content": note.source, "mediaType": "text/markdown"}
    if note.visibility is Visibility.DIRECT:
        document["directMessage"] = True
    if note.poll:
        document |= _poll(note.poll)
    return {key: value for key, value in document.items() if value is not None}


def build_create(
    document: Mapping[str, object], *, uri: str, published: datetime
) -> dict[str, object]:
    """Return the Create of a post's document."""
    return {
        "id": uri,
        "type": "Create",
        "actor": document["attributedTo"],
        "published": moment(published),
        "to": document["to"],
        "cc": document["cc"],
        "object": dict(document),
    }


def build_update(
    document: Mapping[str, object],
    *,
    uri: str,
    actor_uri: str,
    to: Sequence[str],
    cc: Sequence[str],
    at: datetime,
) -> dict[str, object]:
    """Return the Update of a post or an actor."""
    return {
        "id": uri,
        "type": "Update",
        "actor": actor_uri,
        "published": moment(at),
        "to": list(to),
        "cc": list(cc),
        "object": dict(document),
    }


def build_delete(
    object_uri: str,
    *,
    actor_uri: str,
    to: Sequence[str],
    cc: Sequence[str],
    former_type: str,
    deleted: datetime | None,
) -> dict[str, object]:
    """Return the Delete of a post, which carries its Tombstone."""
    return {
        "id": f"{object_uri}#delete",
        "type": "Delete",
        "actor": actor_uri,
        "to": list(to),
        "cc": list(cc),
        "object": build_tombstone(object_uri, former_type=former_type, deleted=deleted),
    }


def build_tombstone(
    uri: str, *, former_type: str, deleted: datetime | None
) -> dict[str, object]:
    """Return what stands where something was deleted."""
    tombstone: dict[str, object] = {"id": uri, "type": "Tombstone", "formerType": former_type}
    if deleted:
        tombstone["deleted"] = moment(deleted)
    return tombstone


def build_announce(
    *,
    uri: str,
    actor_uri: str,
    followers_uri: str,
    visibility: Visibility,
    object_uri: str,
    author_uri: str,
    published: datetime,
) -> dict[str, object]:
    """Return the Announce of a post by `author_uri`."""
    audience = audience_of(visibility, followers_uri=followers_uri, people=(author_uri,))
    return {
        "id": uri,
        "type": "Announce",
        "actor": actor_uri,
        "published": moment(published),
        "to": list(audience.to),
        "cc": list(audience.cc),
        "object": object_uri,
    }


def build_like(
    *, uri: str, actor_uri: str, object_uri: str, author_uri: str
) -> dict[str, object]:
    """Return the Like of a post."""
    return {
        "id": uri,
        "type": "Like",
        "actor": actor_uri,
        "object": object_uri,
        "to": [author_uri],
    }


def build_undo(undone: Mapping[str, object]) -> dict[str, object]:
    """Return the Undo of an activity of ours, addressed as that was."""
    undo: dict[str, object] = {
        "id": f"{undone['id']}/undo",
        "type": "Undo",
        "actor": undone["actor"],
        "object": {key: value for key, value in undone.items() if key not in {"to", "cc"}},
        "to": undone["to"],
    }
    if "cc" in undone:
        undo["cc"] = undone["cc"]
    return undo


def count_collection(uri: str, total: int) -> dict[str, object]:
    """Return a collection that says how many and not who."""
    return {"id": uri, "type": "Collection", "totalItems": total}


def build_collection(
    uri: str,
    *,
    total: int | None = None,
    first: str | None = None,
    items: Sequence[object] | None = None,
    ordered: bool = True,
    attributed_to: str | None = None,
) -> dict[str, object]:
    """Return a collection: counted, paged from `first`, or with all its items."""
    document: dict[str, object] = {
        "id": uri,
        "type": "OrderedCollection" if ordered else "Collection",
        "attributedTo": attributed_to,
        "totalItems": total,
        "first": first,
        "orderedItems" if ordered else "items": list(items) if items is not None else None,
    }
    return {key: value for key, value in document.items() if value is not None}


def build_page(
    uri: str,
    *,
    part_of: str,
    items: Sequence[object],
    next_page: str | None = None,
    previous_page: str | None = None,
    total: int | None = None,
    ordered: bool = True,
) -> dict[str, object]:
    """Return one page of a collection."""
    document: dict[str, object] = {
        "id": uri,
        "type": "OrderedCollectionPage" if ordered else "CollectionPage",
        "partOf": part_of,
        "totalItems": total,
        "next": next_page,
        "prev": previous_page,
        "orderedItems" if ordered else "items": list(items),
    }
    return {key: value for key, value in document.items() if value is not None}


def _replies(note: NoteOut) -> dict[str, object]:
    """Return where the answers are listed, with the author's own as the first page."""
    uri = f"{note.uri}/replies"
    if note.own_replies is None:
        return {"id": uri, "type": "Collection", "first": f"{uri}?page=true"}
    first = build_page(
        f"{uri}?page=true",
        part_of=uri,
        items=note.own_replies,
        next_page=f"{uri}?page=true&others=true",
        ordered=False,
    )
    return {"id": uri, "type": "Collection", "first": first}


def _article(note: NoteOut) -> dict[str, object]:
    """FEP-b2b8: what the article is called, its cover, and how it looks where room is short."""
    teaser = note.summary or short_text(plain_text(note.content), MAX_TEASER)
    link = f'<a href="{escape(note.url)}">{escape(note.title, quote=False)}</a>'
    parts: dict[str, object] = {
        "name": note.title,
        "preview": {
            "type": "Note",
            "attributedTo": note.author_uri,
            "content": f"<p>{link}</p><p>{escape(teaser, quote=False)}</p>",
            "published": moment(note.published),
        },
    }
    cover = next((item for item in note.attachments if item.kind == "image"), None)
    if cover:
        parts["image"] = build_attachment(cover)
    return parts


def _content(note: NoteOut, content: str) -> str:
    return with_quote_line(content, note.quote.page) if note.quote else content


def _content_map(note: NoteOut) -> dict[str, str] | None:
    if note.content_map:
        return {tag: _content(note, words) for tag, words in note.content_map.items()}
    return {note.language: _content(note, note.content)} if note.language else None


def _poll(poll: PollOut) -> dict[str, object]:
    """FEP-9967."""
    options = [
        {
            "type": "Note",
            "name": title,
            **(
                {}
                if poll.hidden and not poll.closed
                else {"replies": {"type": "Collection", "totalItems": votes}}
            ),
        }
        for title, votes in poll.options
    ]
    parts: dict[str, object] = {
        "anyOf" if poll.multiple else "oneOf": options,
        "votersCount": poll.voters,
    }
    if poll.ends:
        parts["endTime"] = moment(poll.ends)
    if poll.closed:
        parts["closed"] = moment(poll.closed)
    return parts
