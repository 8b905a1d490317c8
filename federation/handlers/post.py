"""Create, Update and Delete of a post. A vote is a Create too."""

import json
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation import forwarding
from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.take import named_in, people_in, received_post
from federation.vocab.note import NoteIn, is_post, parse_object
from federation.vocab.parse import Activity, several
from federation.vocab.values import PUBLIC_NAMES, id_of, ids
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import group_posts
from fedi_k12.services.polls import receive_vote
from fedi_k12.services.receive import receive_deletion, receive_posts, receive_update
from storage import accounts, follows, groups, hosts, posts
from storage import federation as queries
from storage.tables import AccountRow

MAX_UNKNOWN_MENTIONS = 10
"""So many people a post names are fetched; who else is unknown stays a link."""
OLD = timedelta(days=1)
"""An Update of something unknown and older than this is left alone."""


class Item(Struct, frozen=True):
    """A post that came, with its letter."""

    letter: Letter
    note: NoteIn


def note_in(letter: Letter) -> NoteIn:
    """Return the post that a Create or Update carries; it must be the sender's own.

    What is embedded is believed only of its own server and by its owner (FED-1, FED-2, FED-3);
    ids of ours are never created from outside (FED-17).
    """
    activity = letter.activity
    if activity.object is None:
        raise DroppedError("no_object")
    if not is_post(activity.object):
        raise DroppedError("unknown_type")
    if not same_origin(activity.object_id, letter.sender.uri):
        raise DroppedError("FED-1")
    try:
        note = parse_object(activity.object)
    except InvalidError as error:
        raise DroppedError("form") from error
    if note.attributed_to != letter.sender.uri:
        raise DroppedError("FED-2")
    return note


async def take_in(session: AsyncSession, items: Sequence[Item]) -> dict[int, list[str]]:
    """Take in new posts, all in a fixed number of statements.

    Returns, by position, the people who have to be fetched first; those posts were left out.
    Posts by strangers that concern nobody here are dropped: nobody would ever see them.
    """
    people = await people_in(session, [item.note for item in items])
    followed = await follows.has_local_follower(
        session, list({item.letter.sender.id for item in items})
    )
    ours = await queries.in_our_threads(
        session,
        [
            uri
            for item in items
            for uri in (item.note.in_reply_to, item.note.quote)
            if uri is not None
        ],
    )
    waiting: dict[int, list[str]] = {}
    ready, taken = [], []
    for at, item in enumerate(items):
        note, letter = item.note, item.letter
        concerns = (
            letter.sender.id in followed
            or letter.via is not None
            or any(uri in people and people[uri].is_local for uri in named_in(note))
            or (note.in_reply_to or "") in ours
            or (note.quote or "") in ours
        )
        if not concerns:
            continue
        unknown = [
            mention.href
            for mention in note.mentions
            if mention.href not in people and mention.href not in letter.given_up
        ]
        if 0 < len(unknown) <= MAX_UNKNOWN_MENTIONS and not letter.given_up:
            waiting[at] = unknown
        else:
            ready.append(received_post(note, letter.sender, people, now=letter.now))
            taken.append(item)
    if ready:
        new = await receive_posts(session, ready, now=items[0].letter.now)
        for item in taken:
            if item.note.in_reply_to and item.letter.activity.type == "Create":
                told = await forwarding.concerned(session, item.letter)
                await forwarding.pass_on(session, item.letter, told)
        if any(post.group_ids or post.in_reply_to_uri for post in ready):
            await _pass_on(session, taken, new)
    return waiting


async def _pass_on(session: AsyncSession, items: Sequence[Item], new: Sequence[int]) -> None:
    """Let groups of ours pass on what was posted in them, and learn how the sender does it."""
    within = await groups.in_local_groups(session, new)
    for item in items:
        group_id = within.get(item.note.id)
        if group_id is None:
            continue
        letter, raw = item.letter, item.letter.activity.raw
        knows = bool(raw.get("audience") or (letter.activity.object or {}).get("audience"))
        # `storage.hosts.group_ways`
        facts = {"groups": "activity" if knows else "id"}
        await hosts.learn(session, letter.sender.host, facts, now=letter.now)
        await group_posts.announce(
            session,
            group_id=group_id,
            activity=json.dumps(raw),
            post_uri=item.note.id,
            now=letter.now,
        )


async def create(session: AsyncSession, letter: Letter) -> None:
    """Take in a new post, or an answer to a question of ours."""
    if letter.activity.object is None:
        await _by_reference(session, letter)
        return
    note = note_in(letter)
    if note.is_vote:
        await vote(session, letter)
        return
    waiting = await take_in(session, [Item(letter, note)])
    if waiting:
        raise NeedsFetchError("account", waiting[0])


async def vote(session: AsyncSession, letter: Letter) -> None:
    """Take in answers to a question of ours, one or (as GoToSocial sends them) several.

    Everything that FEP-9967 rules out is as if it had not come (FED-105).
    """
    activity = letter.activity
    for found in several(activity.raw) or (activity.object,):
        part = replace(activity, object=found, object_id=id_of(found))
        note = note_in(replace(letter, activity=part))
        if not note.is_vote:
            raise DroppedError("several_objects")
        if PUBLIC_NAMES & {*note.to, *note.cc, *activity.to, *activity.cc}:
            raise DroppedError("public_vote")
        question = await posts.by_uri(session, note.in_reply_to or "")
        if question is None or not question.local:
            raise DroppedError("unknown_question")
        await receive_vote(
            session, account=letter.sender, post=question, title=note.name, now=letter.now
        )


async def update(session: AsyncSession, letter: Letter) -> None:
    """Take in how a post reads now; one that is not known yet is as if it were new."""
    if letter.activity.object is None:
        raise NeedsFetchError("post_anew", [letter.activity.object_id])
    note = note_in(letter)
    known = await posts.by_uri(session, note.id)
    if known is None:
        at = note.updated or note.published
        if at is None or letter.now - at > OLD:
            raise DroppedError("old_update")
        await create(session, letter)
        return
    if known.account_id != letter.sender.id:
        raise DroppedError("FED-68")
    people = await people_in(session, [note])
    await receive_update(
        session, received_post(note, letter.sender, people, now=letter.now), now=letter.now
    )


def is_for_another(activity: Activity) -> bool:
    """Return whether somebody announces an event that a group of their server holds.

    So does Mobilizon: `attributedTo` is the group, `actor` the person.
    """
    thing = activity.object
    return (
        activity.type in {"Create", "Update"}
        and thing is not None
        and activity.object_type == "Event"
        and id_of(thing.get("actor")) == activity.actor
        and activity.actor not in ids(thing.get("attributedTo"))
    )


async def for_another(session: AsyncSession, letter: Letter) -> None:
    """Learn of a group's event from the group's own server: the person is not its owner."""
    uri = letter.activity.object_id
    if not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-1")
    thing = letter.activity.object or {}
    owners = await accounts.by_uris(session, list(ids(thing.get("attributedTo"), limit=10)))
    known = await posts.by_uri(session, uri)
    if uri in letter.given_up or (known is not None and letter.activity.type == "Create"):
        return
    concerned = [letter.sender.id, *(row.id for row in owners.values())]
    if known is None and not await follows.has_local_follower(session, concerned):
        raise DroppedError("concerns_nobody")
    raise NeedsFetchError("post" if known is None else "post_anew", [uri])


async def delete(session: AsyncSession, letter: Letter) -> None:
    """Delete a post because its author says so (FED-69)."""
    uri = letter.activity.object_id
    if not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-69")
    known = await posts.by_uri(session, uri)
    if known is not None and known.account_id != letter.sender.id:
        raise DroppedError("FED-69")
    if known is not None and known.boost_of_id is not None:
        raise DroppedError("boost")
    await receive_deletion(session, uri=uri, account_uri=letter.sender.uri, now=letter.now)


async def _by_reference(session: AsyncSession, letter: Letter) -> None:
    """A Create that only names the post: fetched if its sender matters to anybody here."""
    uri = letter.activity.object_id
    if not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-1")
    sender: AccountRow = letter.sender
    if await posts.by_uri(session, uri) is not None or uri in letter.given_up:
        return
    if sender.id in await follows.has_local_follower(session, [sender.id]):
        raise NeedsFetchError("post", [uri])
