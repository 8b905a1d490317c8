"""Our accounts and posts as ActivityPub documents, from the store."""

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from federation.sig.keys import to_multibase
from federation.vocab.build import (
    HashtagOut,
    MentionOut,
    NoteOut,
    PollOut,
    build_announce,
    build_create,
    build_note,
)
from federation.vocab.build_actor import ActorOut, ImageOut, KeyOut
from federation.vocab.build_event import EventOut, build_event
from federation.vocab.build_group import for_group, in_group
from federation.vocab.build_parts import (
    AttachmentOut,
    EmojiOut,
)
from federation.vocab.contexts import with_context
from federation.vocab.policy import build_policy
from federation.vocab.quote import QuoteOut
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.approvals import AUTHOR, Consent, Rule
from fedi_k12.domain.feeds import POSTED_BY_WORDS
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.searching import searchable_by
from fedi_k12.services import charters
from fedi_k12.services.account_views import added_to
from fedi_k12.services.approvals import policy_of
from fedi_k12.services.emojis import PATH, OwnEmoji
from fedi_k12.services.views import view_of_account
from storage import accounts, approvals, events, groups, posts
from storage import federation as queries
from storage.tables import (
    AccountRow,
    ApprovalRow,
    EventRow,
    MediaRow,
    MentionRow,
    PollOptionRow,
    PollRow,
    PostRow,
    TagRow,
)

OWN_REPLIES = 5
"""So many of an author's own answers stand in the document of the post itself."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


def encode(document: Mapping[str, object]) -> bytes:
    """Return a document, with the context it needs, as the bytes that are sent."""
    return _encode(with_context(document))


def encode_proven(
    document: Mapping[str, object],
    prove: Callable[[Mapping[str, object]], Mapping[str, object]],
) -> bytes:
    """Return a document with the proof that `prove` gives it, as the bytes that are sent.

    What is proven is what a reader of those bytes will find.
    """
    return _encode(prove(_decode(_encode(with_context(document, to_prove=True)))))


async def actor_of(session: AsyncSession, row: AccountRow, *, addresses: Addresses) -> ActorOut:
    """Return what the document of a local account says."""
    keys = {key.kind: key for key in await accounts.keys_of(session, row.id)}
    rsa, ed25519 = keys.get("rsa"), keys.get("ed25519")
    former = await queries.former_proof_keys(session, row.id)
    moved = await accounts.by_id(session, row.moved_to_id) if row.moved_to_id else None
    group = await groups.profile(session, row.id) if row.kind == "Group" else None
    person = row.kind != "Application"
    return ActorOut(
        uri=row.uri,
        kind=row.kind,
        username=row.username,
        webfinger=f"{row.username}@{addresses.handle_domain}",
        url=row.url or row.uri,
        inbox=row.inbox,
        outbox=row.outbox or f"{row.uri}/outbox",
        followers=row.followers_uri or f"{row.uri}/followers",
        following=row.following_uri or f"{row.uri}/following",
        shared_inbox=addresses.shared_inbox(),
        published=row.created_at,
        rsa_key=KeyOut(rsa.uri, rsa.public_key) if rsa else None,
        ed25519_key=KeyOut(ed25519.uri, to_multibase(ed25519.public_key)) if ed25519 else None,
        former_keys=tuple(KeyOut(key.uri, to_multibase(key.public_key)) for key in former),
        name=row.display_name,
        summary=row.note or await _goal(session, row),
        featured=addresses.featured(row.username) if person else None,
        featured_tags=addresses.featured_tags(row.username) if person else None,
        featured_collections=addresses.featured_collections(row.username)
        if person and row.kind != "Group"
        else None,
        featuring=view_of_account(row).featuring if person else None,
        upcoming_events=addresses.upcoming_events(row.username) if person else None,
        streams=(addresses.digests(row.username),) if row.kind == "Organization" else (),
        moderators=addresses.moderators(row.username) if row.kind == "Group" else None,
        restricted=group is not None and group.restricted,
        updated=row.updated_at,
        locked=row.locked,
        discoverable=row.discoverable,
        indexable=row.indexable,
        searchable_by=searchable_by(
            Visibility.PUBLIC, indexable=row.indexable, account=row.searchable_by
        ),
        show_media=row.show_media if person else None,
        show_media_replies=row.show_media_replies if person else None,
        show_featured=row.show_featured if person else None,
        memorial=row.memorial,
        icon=_avatar(row, addresses) if person else None,
        image=_picture(row.header_file, row.header_alt, addresses),
        fields=tuple(
            (str(item.get("name", "")), str(item.get("value", ""))) for item in row.fields
        )
        + tuple((field.name, field.value) for field in await added_to(session, row)),
        emojis=_emojis(row.emojis, addresses),
        also_known_as=tuple(row.also_known_as),
        moved_to=moved.uri if moved else None,
        attribution_domains=tuple(row.attribution_domains),
        endpoints=addresses.endpoints(row.username) if person else (),
    )


async def _goal(session: AsyncSession, row: AccountRow) -> str:
    """Return why there is an official account, where it says nothing else of itself (S-36)."""
    charter = await charters.of(session, row.id) if row.kind == "Organization" else None
    return f"<p>{escape(charter.goal)}</p>" if charter is not None else ""


class _Parts(Struct, frozen=True):
    """What belongs to some posts, read in a fixed number of queries."""

    authors: Mapping[int, AccountRow]
    parents: Mapping[int, PostRow]
    media: Mapping[int, list[MediaRow]]
    mentions: Mapping[int, list[tuple[MentionRow, AccountRow]]]
    tags: Mapping[int, list[TagRow]]
    polls: Mapping[int, tuple[PollRow, list[PollOptionRow]]]
    own_replies: Mapping[int, list[str]]
    groups: Mapping[int, AccountRow]
    quoted: Mapping[int, PostRow]
    stamps: Mapping[tuple[str, int], ApprovalRow]
    """By kind and post: what allows it to quote, or to answer."""


async def notes_of(
    session: AsyncSession, rows: Sequence[PostRow], *, addresses: Addresses
) -> dict[int, dict[str, object]]:
    """Return the documents of local posts, by post."""
    ids = [row.id for row in rows]
    parts = _Parts(
        authors=await accounts.by_ids(session, [row.account_id for row in rows]),
        parents=await posts.by_ids(
            session, [row.in_reply_to_id for row in rows if row.in_reply_to_id]
        ),
        media=await posts.media_of(session, ids),
        mentions=await posts.mentions_of(session, ids),
        tags=await posts.tags_of(session, ids),
        polls=await posts.polls_of(session, ids),
        own_replies=await queries.own_replies(session, ids),
        groups=await accounts.by_ids(session, [row.group_id for row in rows if row.group_id]),
        quoted=await posts.by_ids(
            session, [row.quote_of_id for row in rows if row.quote_of_id]
        ),
        stamps={
            (kind, number): row
            for kind in ("quote", "reply")
            for number, row in (await approvals.of_posts(session, kind, ids)).items()
            if row.state == Consent.ACCEPTED
        },
    )
    held = await events.by_posts(session, [row.id for row in rows if row.kind == "Event"])
    return {
        row.id: _grouped(
            row,
            parts,
            build_event(_note(row, parts, addresses), _event(row, held[row.id], addresses))
            if row.id in held
            else build_note(_note(row, parts, addresses)),
        )
        for row in rows
    }


async def note_of(
    session: AsyncSession, row: PostRow, *, addresses: Addresses
) -> dict[str, object]:
    """Return the document of a local post."""
    return (await notes_of(session, [row], addresses=addresses))[row.id]


async def activities_of(
    session: AsyncSession, rows: Sequence[PostRow], *, addresses: Addresses
) -> list[dict[str, object]]:
    """Return the Create of each local post and the Announce of each boost, in order."""
    notes = await notes_of(
        session, [row for row in rows if row.boost_of_id is None], addresses=addresses
    )
    originals = await posts.by_ids(
        session, [row.boost_of_id for row in rows if row.boost_of_id is not None]
    )
    people = await accounts.by_ids(
        session,
        [row.account_id for row in rows] + [row.account_id for row in originals.values()],
    )
    activities = []
    for row in rows:
        author = people[row.account_id]
        if row.boost_of_id is None:
            uri = addresses.create(author.username, row.id)
            activity = build_create(notes[row.id], uri=uri, published=row.created_at)
            within = str(notes[row.id].get("audience", "")) or None
            activities.append(for_group(activity, group_uri=within))
        elif (original := originals.get(row.boost_of_id)) is not None:
            activities.append(
                build_announce(
                    uri=row.uri,
                    actor_uri=author.uri,
                    followers_uri=addresses.followers(author.username),
                    visibility=Visibility(row.visibility),
                    object_uri=original.uri,
                    author_uri=people[original.account_id].uri,
                    published=row.created_at,
                )
            )
    return activities


def _grouped(row: PostRow, parts: _Parts, document: dict[str, object]) -> dict[str, object]:
    group = parts.groups.get(row.group_id or 0)
    if group is None:
        return document
    title = row.title if row.kind == "Page" else ""
    return in_group(document, group_uri=group.uri, title=title)


def _note(row: PostRow, parts: _Parts, addresses: Addresses) -> NoteOut:
    author = parts.authors[row.account_id]
    parent = parts.parents.get(row.in_reply_to_id or 0)
    named = parts.mentions.get(row.id, [])
    answers = parts.own_replies.get(row.id, [])
    policy = policy_of(row)
    return NoteOut(
        uri=row.uri,
        url=row.url or row.uri,
        author_uri=author.uri,
        followers_uri=author.followers_uri or addresses.followers(author.username),
        visibility=Visibility(row.visibility),
        content=row.content,
        content_map={str(k): str(v) for k, v in (row.content_map or {}).items()} or None,
        language=row.language,
        published=row.created_at,
        updated=row.edited_at,
        summary=row.summary,
        sensitive=row.sensitive or (author.sensitized_at is not None and row.id in parts.media),
        source=row.source,
        source_type=row.source_type,
        title=row.title if row.kind == "Article" else "",
        in_reply_to=parent.uri if parent else row.in_reply_to_uri,
        context=row.context_uri,
        conversation=row.conversation,
        mentions=tuple(
            MentionOut(
                account.uri,
                f"@{account.username}@{account.domain or addresses.handle_domain}",
            )
            for mention, account in named
            if not mention.silent
        ),
        silent=tuple(
            account.uri for mention, account in named if mention.silent and not mention.hidden
        ),
        hashtags=tuple(
            HashtagOut(tag.display, addresses.tag(tag.name))
            for tag in parts.tags.get(row.id, [])
        ),
        emojis=_emojis(row.emojis, addresses),
        attachments=tuple(_attachment(item, addresses) for item in parts.media.get(row.id, [])),
        poll=_poll(parts.polls.get(row.id)),
        own_replies=tuple(answers) if len(answers) <= OWN_REPLIES else None,
        likes=row.favourites_count,
        shares=row.boosts_count,
        generator=POSTED_BY_WORDS.get(row.posted_by, ""),
        searchable_by=searchable_by(
            Visibility(row.visibility),
            indexable=author.indexable,
            account=author.searchable_by,
            post=row.searchable_by,
        ),
        license_url=str((row.extra or {}).get("license", "")) or None,
        policy=build_policy(
            policy,
            visibility=Visibility(row.visibility),
            author=author.uri,
            followers=addresses.followers(author.username),
            following=addresses.following(author.username),
        ),
        closed=policy.reply == Rule((AUTHOR,)),
        quote=_quote(row, parts),
        reply_stamp=_stamp(row, parts, "reply"),
    )


def _quote(row: PostRow, parts: _Parts) -> QuoteOut | None:
    if row.quote_of_uri is None:
        return None
    quoted = parts.quoted.get(row.quote_of_id or 0)
    return QuoteOut(
        row.quote_of_uri,
        (quoted.url if quoted is not None else None) or row.quote_of_uri,
        _stamp(row, parts, "quote"),
        row.quote_state in {Consent.PENDING, Consent.ACCEPTED},
    )


def _stamp(row: PostRow, parts: _Parts, kind: str) -> str | None:
    found = parts.stamps.get((kind, row.id))
    return found.stamp_uri if found is not None else None


def _event(row: PostRow, event: EventRow, addresses: Addresses) -> EventOut:
    return EventOut(
        title=row.title,
        details=events.details_of(event),
        going=event.going_count,
        attendees_uri=f"{row.uri}/attendees",
        calendar_url=addresses.event_calendar(row.id),
    )


def _attachment(item: MediaRow, addresses: Addresses) -> AttachmentOut:
    return AttachmentOut(
        kind=item.kind,
        url=addresses.file(item.file) if item.file else item.remote_url or "",
        media_type=item.mime_type,
        alt=item.alt,
        width=item.width,
        height=item.height,
        blurhash=item.blurhash,
        focus=(item.focus_x, item.focus_y),
        duration=item.duration,
        license_url=item.license_url,
        credit=item.credit,
        poster=addresses.file(item.preview_file)
        if item.preview_file and item.kind != "image"
        else "",
    )


def _poll(found: tuple[PollRow, list[PollOptionRow]] | None) -> PollOut | None:
    if found is None:
        return None
    poll, options = found
    return PollOut(
        options=tuple((option.title, option.votes_count) for option in options),
        multiple=poll.multiple,
        ends=poll.expires_at,
        closed=poll.closed_at,
        voters=poll.voters_count or 0,
        hidden=poll.hide_totals,
    )


def _avatar(row: AccountRow, addresses: Addresses) -> ImageOut:
    # Without a picture of its own an account has a generated one, which does not change.
    return _picture(row.avatar_file, row.avatar_alt, addresses) or ImageOut(
        addresses.avatar(row.id), "image/png"
    )


def _picture(file: str | None, alt: str, addresses: Addresses) -> ImageOut | None:
    if not file:
        return None
    return ImageOut(addresses.file(file), _type_of(file), alt)


def emoji_of(emoji: OwnEmoji, addresses: Addresses) -> EmojiOut:
    """Return what the document of a custom emoji of ours says."""
    return EmojiOut(
        emoji.shortcode,
        addresses.absolute(emoji.url),
        _type_of(emoji.file),
        addresses.emoji_id(emoji.id),
        emoji.updated_at,
    )


def given_emoji(name: str, url: str, *, addresses: Addresses) -> EmojiOut:
    """Return the custom emoji that somebody gave: ours, or one of another server."""
    number = url.removeprefix(PATH) if url.startswith(PATH) else ""
    return EmojiOut(
        name.partition("@")[0],
        addresses.absolute(url),
        id=addresses.emoji_id(int(number)) if number else None,
    )


def _type_of(file: str) -> str:
    kind, _encoding = mimetypes.guess_type(file)
    return kind or "image/webp"


def _emojis(items: Sequence[Any], addresses: Addresses) -> tuple[EmojiOut, ...]:
    return tuple(
        EmojiOut(
            str(item["shortcode"]),
            addresses.absolute(str(item["url"])),
            _type_of(str(item["file"])),
            addresses.emoji_id(int(item["id"])),
        )
        for item in items
        if isinstance(item, dict) and {"shortcode", "url", "file", "id"} <= set(item)
    )
