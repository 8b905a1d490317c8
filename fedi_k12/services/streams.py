"""Who of those that listen is shown what just happened.

Everything is read anew from the store after the commit, through the same rules as timelines:
who may see a post, who wants to, whose filters it meets. A post costs a fixed number of
statements however many listen, and is loaded once for all to whom it looks the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.news import PostGone
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostFacts, PostView, Visibility, may_see
from fedi_k12.domain.streams import PUBLIC, TAGS, Stream, public_streams, tag_streams
from fedi_k12.services import conversations, filters, lists, views
from fedi_k12.services.conversations import ConversationView
from fedi_k12.services.filters import FilterView, Match
from storage import posts
from storage import streams as rows
from storage.tables import PostRow

REALTIME = timedelta(hours=6)
"""What was published longer ago is no news, though it may arrive only now."""
HOME = Stream("user")

Listening = Mapping[Stream, Mapping[int, Actor]]
"""Who listens to what, by account."""


class Showing(Struct, frozen=True):
    """A post for some of the listeners to a stream, to whom it looks the same."""

    stream: Stream
    account_ids: frozenset[int]
    post: PostView
    matches: tuple[Match, ...] = ()


class _Found(Struct):
    """A post on its way: to whom it may go on which stream."""

    row: PostRow
    listeners: dict[Stream, set[int]] = field(default_factory=dict)

    @property
    def everybody(self) -> set[int]:
        return set().union(*self.listeners.values()) if self.listeners else set()


async def open_list(session: AsyncSession, *, actor: Actor, stream: Stream) -> None:
    """Raise `NotFoundError` where the stream is a list that is not the actor's."""
    if stream.name == "list":
        await lists.get(session, actor=actor, list_id=int(stream.key))


async def showings(
    session: AsyncSession,
    post_ids: Sequence[int],
    *,
    listening: Listening,
    now: datetime,
    arrived: bool,
) -> list[Showing]:
    """Return what to show of these posts to whom, in order.

    `arrived`: they are new; those that are old all the same are left out.
    """
    known = await posts.by_ids(session, post_ids)
    found = {
        number: _Found(known[number])
        for number in dict.fromkeys(post_ids)
        if number in known and not (arrived and now - known[number].created_at > REALTIME)
    }
    if not found:
        return []
    await _at_home(session, found, listening)
    await _in_public(session, found, listening)
    await _on_lists(session, found, listening)
    shown: list[Showing] = []
    for one in found.values():
        if one.listeners:
            shown += await _showings_of(session, one, listening, now)
    return shown


async def letters(
    session: AsyncSession, post_ids: Sequence[int], *, actors: Mapping[int, Actor]
) -> list[tuple[ConversationView, Actor]]:
    """Return the conversations of these members that have one of these posts as a letter."""
    found = []
    known = await posts.by_ids(session, post_ids)
    for number, row in known.items():
        if row.visibility != Visibility.DIRECT.value:
            continue
        for account_id in await rows.readers(session, number, actors.keys()):
            try:
                view = await conversations.one(
                    session, actor=actors[account_id], conversation_id=row.thread_id
                )
            except NotFoundError:
                continue
            found.append((view, actors[account_id]))
    return found


async def hearers(
    session: AsyncSession, gone: PostGone, *, listening: Listening
) -> dict[Stream, frozenset[int]]:
    """Return who is to forget a post that was deleted: those who could have been shown it."""
    places = [HOME]
    if gone.visibility == "public" and not gone.boost:
        places += public_streams(local=gone.local, has_media=gone.has_media)
        places += tag_streams(gone.tags, local=gone.local)
    list_ids = [int(one.key) for one in listening if one.name == "list"]
    if list_ids:
        with_author = await rows.lists_with(session, gone.author_id, list_ids)
        places += [Stream("list", str(number)) for number in with_author]
    asked = {place: set(listening.get(place, {})) for place in places}
    if gone.home_ids is not None:
        asked[HOME] &= set(gone.home_ids)
    everybody = set().union(*asked.values())
    if not everybody:
        return {}
    stances = await rows.stances(session, gone.author_id, everybody)
    could = {
        number
        for number, (follows, blocked) in stances.items()
        if may_see(
            number,
            PostFacts(
                visibility=Visibility(gone.visibility),
                local_only=gone.local_only,
                author_id=gone.author_id,
                viewer_follows_author=follows,
                viewer_is_addressed=number in gone.named_ids
                or number == gone.reply_to_author_id,
                author_blocks_viewer=blocked,
            ),
        )
    }
    return {place: frozenset(who & could) for place, who in asked.items() if who & could}


async def _at_home(
    session: AsyncSession, found: Mapping[int, _Found], listening: Listening
) -> None:
    if not (at_home := listening.get(HOME)):
        return
    for number, owners in (await rows.at_home(session, list(found), at_home.keys())).items():
        found[number].listeners[HOME] = owners


async def _in_public(
    session: AsyncSession, found: Mapping[int, _Found], listening: Listening
) -> None:
    if not any(stream.name in PUBLIC or stream.name in TAGS for stream in listening):
        return
    open_ones = await rows.open_to_everybody(session, list(found))
    tags = await posts.tags_of(session, list(open_ones))
    for number, (begins, has_media) in open_ones.items():
        one = found[number]
        keys = [tag.name for tag in tags.get(number, [])]
        places = tag_streams(keys, local=one.row.local)
        if begins:
            places += public_streams(local=one.row.local, has_media=has_media)
        for place in places:
            if place in listening:
                one.listeners[place] = set(listening[place])


async def _on_lists(
    session: AsyncSession, found: Mapping[int, _Found], listening: Listening
) -> None:
    open_lists = {int(one.key): owner for one, owner in listening.items() if one.name == "list"}
    if not open_lists:
        return
    for number, one in found.items():
        for list_id in await rows.lists_with(session, one.row.account_id, open_lists.keys()):
            for account_id in open_lists[list_id]:
                if await rows.stands_on_list(
                    session, number, account_id=account_id, list_id=list_id
                ):
                    one.listeners[Stream("list", str(list_id))] = {account_id}


async def _showings_of(
    session: AsyncSession, one: _Found, listening: Listening, now: datetime
) -> list[Showing]:
    readers = await rows.readers(session, one.row.id, one.everybody)
    if not readers:
        return []
    actors = {
        number: actor
        for stream in one.listeners
        for number, actor in listening[stream].items()
        if number in readers
    }
    looks = await _looks(session, one.row, actors)
    found = {
        place: await filters.active_among(session, looks.keys(), context=place, now=now)
        for place in {_context(stream) for stream in one.listeners}
    }
    shown: list[Showing] = []
    for stream, listeners in one.listeners.items():
        shown += _grouped(
            stream, listeners & looks.keys(), looks, actors, found[_context(stream)]
        )
    return shown


def _context(stream: Stream) -> str:
    return "home" if stream.name in {"user", "list"} else "public"


async def _looks(
    session: AsyncSession, row: PostRow, actors: Mapping[int, Actor]
) -> dict[int, PostView]:
    """Return how the post looks to each of them: loaded once for those it looks the same to."""
    concerned = await rows.concerned(session, row, actors.keys())
    for quoting in await _with_original(session, row):
        if quoting.quote_of_id is not None:
            # Who may not see what is quoted gets the post without it.
            concerned |= actors.keys() - await rows.readers(
                session, quoting.quote_of_id, actors.keys()
            )
    looks: dict[int, PostView] = {}
    shared: PostView | None = None
    for number, actor in actors.items():
        if number not in concerned and shared is not None:
            looks[number] = shared
            continue
        try:
            view = await views.post_view(session, row.id, viewer=actor)
        except NotFoundError:
            continue
        looks[number] = view
        if number not in concerned:
            shared = view
    return looks


async def _with_original(session: AsyncSession, row: PostRow) -> list[PostRow]:
    original = await posts.by_id(session, row.boost_of_id) if row.boost_of_id else None
    return [row] if original is None else [row, original]


def _grouped(
    stream: Stream,
    listeners: Collection[int],
    looks: Mapping[int, PostView],
    actors: Mapping[int, Actor],
    found: Mapping[int, Sequence[FilterView]],
) -> Iterable[Showing]:
    groups: dict[int, tuple[PostView, list[int]]] = {}
    for number in listeners:
        view = looks[number]
        matches = filters.matches(found.get(number, ()), view, viewer=actors[number])
        if matches and not filters.hides(matches):
            yield Showing(stream, frozenset([number]), view, tuple(matches))
        elif not matches:
            groups.setdefault(id(view), (view, []))[1].append(number)
    for view, numbers in groups.values():
        yield Showing(stream, frozenset(numbers), view)
