"""Rows made into what faces show, many at a time in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import CompoundSelect, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.emoji import ReactionView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.events import EventView
from fedi_k12.domain.feeds import POSTED_BY_WORDS
from fedi_k12.domain.media import streamed_type
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.pictures import picture_path
from fedi_k12.domain.posts import (
    Allowed,
    LinkCard,
    MediaView,
    MentionView,
    Own,
    PollOptionView,
    PollView,
    PostView,
    TagView,
    Visibility,
)
from fedi_k12.domain.threads import OriginCounts
from fedi_k12.services import access, approvals, hidden_views
from fedi_k12.services.account_views import (
    account_view,
    account_views,
    emoji_views,
    view_of_account,
)
from fedi_k12.services.cards import view_of
from fedi_k12.services.collection_views import linked_collections
from fedi_k12.services.event_views import event_views
from fedi_k12.services.quote_views import Quotes, quotes_in
from storage import cards, posts, reactions, threads
from storage.built import columns, number, several
from storage.post_writes import POST_DEFAULTS
from storage.tables import (
    AccountRow,
    AppRow,
    BookmarkRow,
    FavouriteRow,
    MediaRow,
    PollOptionRow,
    PollRow,
    PostRow,
    ThreadMuteRow,
)

__all__ = [
    "account_view",
    "account_views",
    "post_view",
    "post_views",
    "reported_views",
    "view_of_account",
    "view_of_media",
    "view_of_poll",
]

_READER, _POSTS = number("reader"), several("posts")
_FAVOURITED, _BOOKMARKED, _BOOSTED, _MUTED = range(4)
_OWN: CompoundSelect[int, int] = union_all(
    select(literal(_FAVOURITED).label("what"), FavouriteRow.post_id).where(
        FavouriteRow.account_id == _READER, FavouriteRow.post_id.in_(_POSTS)
    ),
    select(literal(_BOOKMARKED), BookmarkRow.post_id).where(
        BookmarkRow.account_id == _READER, BookmarkRow.post_id.in_(_POSTS)
    ),
    select(literal(_BOOSTED), PostRow.boost_of_id).where(
        PostRow.account_id == _READER, PostRow.boost_of_id.in_(_POSTS)
    ),
    select(literal(_MUTED), ThreadMuteRow.thread_id).where(
        ThreadMuteRow.account_id == _READER, ThreadMuteRow.thread_id.in_(several("threads"))
    ),
)
"""What the reader did with posts, asked together: each question costs more than its answer."""
_APPS = select(AppRow.id, AppRow.name, AppRow.website).where(AppRow.id.in_(several("apps")))


class Fresh(Struct):
    """Takes the view of a post as it was just written, so that nobody has to read it again."""

    view: PostView | None = None


async def post_view(session: AsyncSession, post_id: int, *, viewer: Actor | None) -> PostView:
    """Return the post as the viewer may see it, or raise `NotFoundError`."""
    found = await post_views(session, [post_id], viewer=viewer)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def post_views(
    session: AsyncSession, ids: Sequence[int], *, viewer: Actor | None
) -> list[PostView]:
    """Return these posts in this order as the viewer may see them, without hidden ones."""
    seen = await access.seen_among(session, ids, viewer=viewer)
    wanted = [post_id for post_id in ids if post_id in seen.ids]
    return await _views_of(session, wanted, seen.rows, viewer=viewer)


async def view_of_new(
    session: AsyncSession,
    post: Mapping[str, Any],
    author: AccountRow,
    tags: Sequence[tuple[str, str]],
    *,
    viewer: Actor,
) -> PostView:
    """Return what `post_view` would for the author of a post written in this transaction.

    For one that answers, quotes and names nobody and has no parts but hashtags: what was
    written is what would be read, and nobody can have done anything with it yet.
    """
    row = PostRow(**{**POST_DEFAULTS, **post})
    found = await account_views(session, [author.id], viewer=viewer)
    parts = _Parts(
        authors={view.id: view for view in found},
        tags={row.id: tuple(TagView(name, display) for name, display in tags)},
        apps=await _load_apps(session, [row]),
        own={},
        collections=await linked_collections(session, [row], viewer=viewer),
        allowed=await approvals.allowed(session, [row], viewer=viewer),
        viewer_id=viewer.account_id,
    )
    return _view(row, {row.id: row}, parts)


async def reported_views(session: AsyncSession, ids: Sequence[int]) -> list[PostView]:
    """Return posts that reports name, as those who decide about reports need to see them.

    Whether whoever reported may see them was asked when they did; that the author, or the
    reporter, shut somebody out since hides nothing from a moderator. Deleted ones are gone.
    """
    rows = await posts.by_ids(session, ids)
    rows |= await posts.by_ids(
        session, [row.boost_of_id for row in rows.values() if row.boost_of_id]
    )
    wanted = [post_id for post_id in dict.fromkeys(ids) if post_id in rows]
    return await _views_of(session, wanted, rows, viewer=None, conceal=False)


async def _views_of(
    session: AsyncSession,
    wanted: Sequence[int],
    known: Mapping[int, PostRow],
    *,
    viewer: Actor | None,
    conceal: bool = True,
) -> list[PostView]:
    """Return views of posts whose rows, and those of what they boost, are among the known."""
    rows = {post_id: known[post_id] for post_id in wanted}
    rows |= {
        number: known[number]
        for row in list(rows.values())
        if (number := row.boost_of_id) is not None and number in known
    }
    quoted = await quotes_in(session, list(rows.values()), viewer=viewer)
    together = {**rows, **quoted.rows}
    parts = await _load_parts(session, list(together.values()), viewer=viewer)
    parts.quotes, parts.conceal = quoted, conceal
    return [_view(rows[post_id], together, parts) for post_id in wanted]


class _App(Struct, frozen=True):
    name: str
    website: str | None


class _Parts(Struct):
    """What belongs to a batch of posts, by post id."""

    authors: dict[int, AccountView] = field(default_factory=dict)
    media: dict[int, list[MediaRow]] = field(default_factory=dict)
    mentions: dict[int, tuple[MentionView, ...]] = field(default_factory=dict)
    tags: dict[int, tuple[TagView, ...]] = field(default_factory=dict)
    polls: dict[int, PollView] = field(default_factory=dict)
    events: dict[int, EventView] = field(default_factory=dict)
    apps: dict[int, _App] = field(default_factory=dict)
    origins: dict[int, OriginCounts] = field(default_factory=dict)
    groups: dict[int, AccountView] = field(default_factory=dict)
    own: dict[int, Own] | None = None
    reactions: dict[int, tuple[ReactionView, ...]] = field(default_factory=dict)
    quotes: Quotes = field(default_factory=lambda: Quotes({}, {}))
    allowed: dict[int, Allowed] = field(default_factory=dict)
    cards: dict[str, LinkCard] = field(default_factory=dict)
    collections: dict[int, tuple[CollectionView, ...]] = field(default_factory=dict)
    wider: set[int] = field(default_factory=set)
    hideable: set[int] = field(default_factory=set)
    conceal: bool = True
    viewer_id: int | None = None


async def _load_parts(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor | None
) -> _Parts:
    # A boost has no parts of its own but its author.
    ids = [row.id for row in rows if row.boost_of_id is None]
    parts = _Parts()
    author_ids = list({row.account_id for row in rows})
    parts.authors = {
        view.id: view for view in await account_views(session, author_ids, viewer=viewer)
    }
    having = await posts.with_parts(session, ids)
    parts.media = await posts.media_of(session, list(having.media))
    parts.mentions = {
        post_id: tuple(
            MentionView(
                account.id,
                account.username,
                account.acct,
                account.url or account.uri,
                account.uri,
            )
            for mention, account in found
            if not mention.silent
        )
        for post_id, found in (await posts.mentions_of(session, list(having.mentions))).items()
    }
    parts.tags = {
        post_id: tuple(TagView(name, display) for name, display in found)
        for post_id, found in (await posts.tag_names_of(session, list(having.tags))).items()
    }
    parts.polls = await _load_polls(session, list(having.polls), viewer=viewer)
    parts.origins = {
        post_id: OriginCounts(row.likes, row.shares, row.replies)
        for post_id, row in (
            await threads.origins(session, [row.id for row in rows if not row.local])
        ).items()
    }
    parts.cards = await _load_cards(session, rows)
    parts.collections = await linked_collections(session, rows, viewer=viewer)
    # Whoever gives an emoji recommends the post: those without recommendations have none.
    liked = [row.id for row in rows if row.favourites_count > 0]
    viewer_id = viewer.account_id if viewer is not None else None
    parts.reactions = {
        post_id: tuple(_reaction(one) for one in found)
        for post_id, found in (
            await reactions.emojis_of(session, liked, viewer_id=viewer_id)
        ).items()
    }
    group_ids = list({row.group_id for row in rows if row.group_id})
    parts.groups = {view.id: view for view in await account_views(session, group_ids)}
    parts.events = await event_views(session, rows, viewer=viewer)
    parts.apps = await _load_apps(session, rows)
    parts.allowed = await approvals.allowed(
        session, [row for row in rows if row.boost_of_id is None], viewer=viewer
    )
    if viewer is not None:
        parts.viewer_id = viewer.account_id
        parts.hideable = await hidden_views.hideable(session, rows, viewer=viewer)
        parts.own = await _load_own(session, rows, viewer.account_id)
        parts.wider = await _load_wider(session, rows, viewer.account_id)
    return parts


async def _load_apps(session: AsyncSession, rows: Sequence[PostRow]) -> dict[int, _App]:
    wanted = {row.application_id for row in rows if row.application_id}
    if not wanted:
        return {}
    found = await columns(session, _APPS, {"apps": list(wanted)})
    return {number: _App(name, website) for number, name, website in found}


async def _load_cards(session: AsyncSession, rows: Sequence[PostRow]) -> dict[str, LinkCard]:
    found = await cards.ready(session, [row.card_url for row in rows if row.card_url])
    people = {
        view.id: view
        for view in await account_views(
            session, [author.id for _card, author in found.values() if author is not None]
        )
    }
    return {
        url: view_of(card, author, people.get(author.id) if author is not None else None)
        for url, (card, author) in found.items()
    }


async def _load_polls(
    session: AsyncSession, ids: Sequence[int], *, viewer: Actor | None
) -> dict[int, PollView]:
    found = await posts.polls_of(session, ids)
    votes: dict[int, list[int]] = {}
    if viewer is not None and found:
        votes = await posts.votes_of(
            session, [poll.id for poll, _options in found.values()], viewer.account_id
        )
    return {
        post_id: view_of_poll(
            poll, options, own=tuple(votes.get(poll.id, ())) if viewer is not None else None
        )
        for post_id, (poll, options) in found.items()
    }


def view_of_poll(
    poll: PollRow, options: Sequence[PollOptionRow], *, own: tuple[int, ...] | None
) -> PollView:
    """Return one poll as it is shown."""
    expired = poll.closed_at is not None
    hidden = poll.hide_totals and not expired
    return PollView(
        id=poll.id,
        options=tuple(
            PollOptionView(option.title, None if hidden else option.votes_count)
            for option in options
        ),
        multiple=poll.multiple,
        expires_at=poll.expires_at,
        expired=expired,
        votes_count=sum(option.votes_count for option in options),
        voters_count=poll.voters_count,
        own=own,
        hide_totals=poll.hide_totals,
        fetched_at=poll.fetched_at,
        crowd_host=poll.crowd_host,
    )


async def _load_own(
    session: AsyncSession, rows: Sequence[PostRow], viewer_id: int
) -> dict[int, Own]:
    ids = [row.boost_of_id or row.id for row in rows]
    threads = {row.thread_id for row in rows}
    done: tuple[set[int], ...] = (set(), set(), set(), set())
    own = {"reader": viewer_id, "posts": ids, "threads": list(threads)}
    for what, one in await session.execute(_OWN, own):
        done[what].add(one)
    favourited, bookmarked, boosted, muted = done
    return {
        row.id: Own(
            favourited=(row.boost_of_id or row.id) in favourited,
            boosted=(row.boost_of_id or row.id) in boosted,
            bookmarked=(row.boost_of_id or row.id) in bookmarked,
            muted=row.thread_id in muted,
            pinned=row.account_id == viewer_id and row.pinned_at is not None,
        )
        for row in rows
    }


async def _load_wider(
    session: AsyncSession, answers: Sequence[PostRow], author_id: int
) -> set[int]:
    """Return which of these answer a post of the author's that fewer people may read (FED-87).

    Whoever answers from another server chooses who reads it, and may quote what was meant for
    few: the author should know before going on.
    """
    theirs = [
        row
        for row in answers
        if row.in_reply_to_account_id == author_id and row.account_id != author_id
    ]
    answered = await posts.by_ids(session, [row.in_reply_to_id or 0 for row in theirs])
    return {
        row.id
        for row in theirs
        if (post := answered.get(row.in_reply_to_id or 0)) is not None
        and Visibility(row.visibility).breadth > Visibility(post.visibility).breadth
    }


def _view(
    row: PostRow, rows: dict[int, PostRow], parts: _Parts, *, inside: bool = False
) -> PostView:
    """Return one post as it is shown; `inside` another, it shows no quote of its own."""
    app = parts.apps.get(row.application_id or 0)
    original = rows.get(row.boost_of_id) if row.boost_of_id else None
    quoted = parts.quotes.rows.get(row.quote_of_id or 0) if not inside else None
    quoted_view = _view(quoted, rows, parts, inside=True) if quoted is not None else None
    view = PostView(
        id=row.id,
        uri=row.uri,
        url=row.url or row.uri,
        account=parts.authors[row.account_id],
        local=row.local,
        kind=row.kind,
        visibility=Visibility(row.visibility),
        local_only=row.local_only,
        content=row.content,
        created_at=row.created_at,
        title=row.title,
        summary=row.summary,
        sensitive=row.sensitive
        or (parts.authors[row.account_id].sensitized and row.id in parts.media),
        language=row.language,
        edited_at=row.edited_at,
        in_reply_to_id=row.in_reply_to_id,
        in_reply_to_account_id=row.in_reply_to_account_id,
        reply_missing=row.in_reply_to_id is None and row.in_reply_to_uri is not None,
        thread_id=row.thread_id,
        boost_of=_view(original, rows, parts) if original is not None else None,
        media=tuple(view_of_media(media) for media in parts.media.get(row.id, ())),
        mentions=parts.mentions.get(row.id, ()),
        tags=parts.tags.get(row.id, ()),
        emojis=emoji_views(row.emojis, local=row.local),
        poll=parts.polls.get(row.id),
        posted_by=POSTED_BY_WORDS.get(row.posted_by, ""),
        application_name=app.name if app else None,
        application_website=app.website if app else None,
        replies_count=row.replies_count,
        boosts_count=row.boosts_count,
        favourites_count=row.favourites_count,
        quotes_count=row.quotes_count,
        origin=parts.origins.get(row.id, OriginCounts()),
        version=row.version,
        reactions=parts.reactions.get(row.id, ()),
        fetched_card=parts.cards.get(row.card_url or ""),
        collections=parts.collections.get(row.id, ()),
        own=parts.own.get(row.id, Own()) if parts.own is not None else None,
        extra=dict(row.extra or {}),
        event=parts.events.get(row.id),
        quote=parts.quotes.view(row, quoted_view),
        allowed=parts.allowed.get(row.id, Allowed()),
        waiting=row.reply_state or "",
        wider=row.id in parts.wider,
        group=parts.groups.get(row.group_id or 0),
        removed=row.removed_at is not None,
        content_map={str(tag): str(text) for tag, text in (row.content_map or {}).items()},
        hideable=row.id in parts.hideable,
    )
    if row.hidden is None:
        return view
    conceal = parts.conceal and row.account_id != parts.viewer_id
    return hidden_views.marked(view, row.hidden, conceal=conceal)


def _reaction(view: ReactionView) -> ReactionView:
    """Return the emoji with the address from which we serve its picture."""
    if view.url is None or view.url.startswith("/"):
        return view
    return replace(view, url=picture_path(view.url))


def view_of_media(row: MediaRow) -> MediaView:
    """Return one attachment as it is shown."""
    return MediaView(
        id=row.id,
        kind=row.kind,
        file=row.file,
        preview_file=row.preview_file,
        remote_url=row.remote_url,
        mime_type=row.mime_type,
        alt=row.alt,
        credit=row.credit,
        license_url=row.license_url,
        blurhash=row.blurhash,
        width=row.width,
        height=row.height,
        preview_width=row.preview_width,
        preview_height=row.preview_height,
        focus_x=row.focus_x,
        focus_y=row.focus_y,
        duration=row.duration,
        ready=row.state == "ready",
        failed=row.state == "failed",
        has_poster=bool(row.preview_file or row.preview_remote_url),
        details=row.details or {},
        failure=row.failure,
        streamed=streamed_type(row.kind, row.mime_type, row.remote_url or ""),
        captions_file=row.captions_file,
        captions_language=row.captions_language,
    )
