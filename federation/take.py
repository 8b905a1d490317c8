"""Turn posts of other servers, as their documents put them, into what the services take."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from federation.learn import emojis
from federation.vocab.attachments import AttachmentIn
from federation.vocab.note import NoteIn, PollIn, visibility_of
from federation.vocab.policy import understood
from federation.vocab.reaction import emoji_in
from federation.vocab.values import PUBLIC_NAMES, Json, searchable_by
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.articles import markdown_html
from fedi_k12.domain.emoji import EmojiSign
from fedi_k12.domain.pictures import with_our_pictures
from fedi_k12.domain.posts import ReceivedPoll
from fedi_k12.domain.quotes import without_quote_line
from fedi_k12.domain.sanitise import plain_text, safe_html
from fedi_k12.domain.text import clean_line, short_text
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from storage import accounts
from storage.tables import AccountRow

MAX_SUMMARY = 2000
MAX_EXCERPT = 500
_NOTES = {"Note", "Question"}

_MARKUP = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")

People = Mapping[str, AccountRow]
"""Accounts known here, by id."""


def named_in(note: NoteIn) -> list[str]:
    """Return the ids of everybody a post names or is addressed to, each once."""
    followers = {*PUBLIC_NAMES}
    found = [mention.href for mention in note.mentions]
    found += [uri for uri in (*note.to, *note.cc) if uri not in followers]
    return list(dict.fromkeys(found))


async def people_in(session: AsyncSession, notes: Sequence[NoteIn]) -> dict[str, AccountRow]:
    """Return the accounts known here that these posts name, by id."""
    uris = {uri for note in notes for uri in named_in(note)}
    return await accounts.by_uris(session, list(uris)) if uris else {}


def received_post(
    note: NoteIn, author: AccountRow, people: People, *, now: datetime, fetched: bool = False
) -> ReceivedPost:
    """Return the post cleaned: safe HTML, only people who are known, times that can be."""
    words = _Words(note)
    content = words.of(note.content)
    title = clean_line(note.name, 500) if note.kind not in _NOTES else ""
    named = [people[m.href].id for m in note.mentions if m.href in people]
    silent = [
        people[uri].id
        for uri in (*note.to, *note.cc)
        if uri in people and people[uri].is_local and people[uri].id not in named
    ]
    published = min(note.published or now, now)
    return ReceivedPost(
        uri=note.id,
        account_id=author.id,
        visibility=visibility_of(note, followers_uri=author.followers_uri),
        content=content,
        published=published,
        url=note.url,
        kind=note.kind,
        title=title,
        content_map={tag: words.of(text) for tag, text in note.content_map.items()}
        if len(note.content_map) > 1
        else None,
        # An event's summary says when and where, which is shown anyhow: no note to open first.
        summary=""
        if note.event is not None and not note.sensitive
        else clean_line(plain_text(safe_html(note.summary)), MAX_SUMMARY),
        sensitive=note.sensitive,
        language=note.language,
        updated=min(note.updated, now) if note.updated else None,
        in_reply_to_uri=note.in_reply_to if note.in_reply_to != note.id else None,
        context_uri=note.context,
        conversation=note.conversation,
        mentioned_account_ids=tuple(named),
        silent_account_ids=tuple(silent),
        group_ids=tuple(
            people[uri].id
            for uri in named_in(note)
            if uri in people and people[uri].kind == "Group"
        ),
        hashtags=note.hashtags,
        media=tuple(_media(item) for item in note.attachments),
        emojis=emojis(note.emojis),
        poll=_poll(note.poll) if note.poll else None,
        quote_of_uri=note.quote if note.quote != note.id else None,
        quote_stamp=note.quote_stamp,
        policy=understood(
            note.policy,
            author=author.uri,
            followers=author.followers_uri,
            following=author.following_uri,
        ),
        extra=_extra(note, content) or None,
        pictures=tuple(words.pictures),
        host=author.host,
        fetched=fetched,
        event=note.event,
        searchable_by=searchable_by(note.searchable_by, followers=author.followers_uri),
    )


def sign_in(raw: Json, sender: AccountRow, addresses: Addresses) -> EmojiSign | None:
    """Return the emoji that an activity of the sender gives, as it is kept here.

    None where it gives none, or none that is known: then it is a plain recommendation.
    """
    found = emoji_in(raw)
    if found is None or isinstance(found, str):
        return EmojiSign(found) if found else None
    if found.url.startswith(f"{addresses.base_url}/"):
        return EmojiSign(found.shortcode, found.url.removeprefix(addresses.base_url))
    kept = emojis([found])
    return EmojiSign(f"{found.shortcode}@{sender.domain}", kept[0]["url"]) if kept else None


class _Words:
    """Makes the words of one post safe; its pictures are led through here."""

    def __init__(self, note: NoteIn) -> None:
        self._kind: Literal["note", "article"] = "note" if note.kind in _NOTES else "article"
        self._markdown = note.media_type == "text/markdown"
        self._quoted = note.quote
        self.pictures: dict[str, None] = {}

    def of(self, text: str) -> str:
        """Return text of the post as safe HTML."""
        if self._markdown:
            text = markdown_html(text)
        elif not _MARKUP.search(text):
            # Words without any markup (Gancio): their lines are meant to stay lines.
            text = text.replace("\n", "<br>")
        clean = safe_html(text, kind=self._kind)
        if self._quoted:
            clean = without_quote_line(clean, self._quoted)
        safe, found = with_our_pictures(clean)
        self.pictures |= dict.fromkeys(found)
        return safe


def _extra(note: NoteIn, content: str) -> dict[str, object]:
    """Return what a post carries besides: cover, link, licence, how it is shown in short."""
    extra: dict[str, object] = {}
    if note.kind not in _NOTES:
        if note.cover:
            extra["cover"] = {"url": note.cover, "alt": clean_line(note.cover_alt, 1500)}
        words = plain_text(safe_html(note.excerpt or note.summary)) or plain_text(content)
        extra["excerpt"] = short_text(words, MAX_EXCERPT)
    if note.links:
        link = note.links[0]
        extra["card"] = {
            "url": link.url,
            "title": clean_line(link.title, 300),
            "description": clean_line(plain_text(safe_html(link.description)), 500),
            "image": link.image or (note.cover if note.kind == "Page" else None),
        }
    if note.license_url:
        extra["license"] = note.license_url
    if note.live:
        extra["live"] = True
    if note.closed:
        extra["closed"] = True
    return extra


def _media(item: AttachmentIn) -> ReceivedMedia:
    return ReceivedMedia(
        kind=item.kind,
        remote_url=item.url,
        mime_type=item.media_type,
        alt=item.alt,
        blurhash=item.blurhash,
        width=item.width,
        height=item.height,
        focus_x=item.focus[0],
        focus_y=item.focus[1],
        duration=item.duration,
        license_url=item.license_url,
        credit=item.credit,
        poster=item.poster,
    )


def _poll(poll: PollIn) -> ReceivedPoll:
    return ReceivedPoll(
        options=poll.options,
        multiple=poll.multiple,
        expires_at=poll.ends,
        closed_at=poll.closed,
        voters_count=poll.voters,
        hidden=poll.hidden,
    )
