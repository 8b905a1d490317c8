"""What groups pass on, and what their moderators decide (FEP-1b12).

Nothing is true because a group says so, but for what is the group's to say: that a post stands
in it, and what its moderators decided. Who wrote something is known by a proof of theirs,
because they live on the group's own server, or because it was fetched from its own id (FED-75).
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.proofs import proven_by
from federation.rumours import look_up
from federation.vocab import values
from federation.vocab.parse import ACTIVITIES, Activity, parse_activity
from federation.vocab.values import PUBLIC_NAMES, Json
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.groups import MAX_REASON, Act
from fedi_k12.domain.jobs import ProcessInbox
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import group_moderation, reactions
from fedi_k12.services.group_moderation import Ruling
from storage import accounts, groups, jobs, posts
from storage.tables import AccountRow, PostRow

FRESH = timedelta(minutes=10)
"""So old may the list of moderators be that a ruling is held against (FED-76)."""
MAX_TOGETHER = 100
_OPENED = frozenset({"Create", "Update", "Delete", "Like", "EmojiReact", "Undo"})


class Ruled(Struct, frozen=True):
    """What an activity decides, and in which group."""

    group: AccountRow
    ruling: Ruling


def is_passed_on(letter: Letter) -> bool:
    """Return whether a group passes activities on, one or several."""
    activity = letter.activity
    return (
        activity.type == "Announce"
        and letter.sender.kind == "Group"
        and (activity.object_type in ACTIVITIES or isinstance(activity.raw.get("object"), list))
    )


async def opened(session: AsyncSession, letter: Letter) -> Letter | None:
    """Return the letter in the envelope of a group, if it has to be acted on as its sender's.

    Several in one envelope (PieFed) become jobs of their own, each to succeed or fail alone.
    """
    found = letter.activity.raw.get("object")
    if isinstance(found, list):
        await _apart(session, letter, found)
        return None
    inner = _inner(found)
    ruled = await ruling_in(session, inner)
    if ruled is not None:
        await _passed_on_ruling(session, letter, inner, ruled)
        return None
    if inner.type not in _OPENED:
        raise DroppedError("FED-64" if inner.type == "Announce" else "unknown_activity")
    known = await posts.by_uri(session, _about(inner))
    if not await _is_in(session, letter.sender, inner, known):
        raise DroppedError("FED-75")
    if inner.type in {"Like", "EmojiReact", "Undo"} and known is None:
        raise DroppedError("unknown_post")
    if known is not None and known.local and inner.type in {"Create", "Update", "Delete"}:
        return None
    if not await _is_theirs(session, letter, inner):
        await look_up(session, letter, inner, known)
        return None
    sender = await accounts.by_uri(session, inner.actor)
    if sender is None:
        if inner.actor in letter.given_up:
            raise DroppedError("no_sender")
        raise NeedsFetchError("account", [inner.actor])
    if sender.is_local or sender.suspended_at is not None or sender.deleted_at is not None:
        raise DroppedError("no_sender")
    return replace(letter, activity=inner, sender=sender, via=letter.sender)


async def settle(session: AsyncSession, letter: Letter) -> None:
    """Let what a group passed on stand in it, once it is known here."""
    inner = _inner(letter.activity.raw.get("object"))
    if inner.type not in {"Create", "Update"}:
        return
    post = await posts.by_uri(session, inner.object_id)
    if post is None or post.local_only or post.boost_of_id is not None:
        return
    if post.group_id is None:
        post.group_id = letter.sender.id
        await session.flush()
    if post.in_reply_to_id is not None or post.in_reply_to_uri:
        return
    await reactions.receive_boost(
        session,
        account=letter.sender,
        post=post,
        uri=letter.activity.id,
        published=letter.activity.published or letter.now,
        visibility=Visibility.PUBLIC,
        now=letter.now,
    )


async def moderate(session: AsyncSession, letter: Letter, ruled: Ruled) -> None:
    """A moderator elsewhere decides something in a group of ours.

    Our own list counts as it is at this moment (FED-76). What groups elsewhere decide comes
    through them and by no other way.
    """
    if not ruled.group.is_local:
        raise DroppedError("FED-75")
    if not await groups.is_moderator(session, ruled.group.id, letter.sender.uri):
        raise DroppedError("FED-76")
    if not await group_moderation.carry_out(
        session,
        group=ruled.group,
        moderator_uri=letter.sender.uri,
        ruling=ruled.ruling,
        now=letter.now,
    ):
        raise DroppedError("unknown_post")


async def ruling_in(session: AsyncSession, activity: Activity) -> Ruled | None:
    """Return what an activity decides in a group; None for one that is nobody's ruling."""
    if activity.type == "Undo":
        inner = activity.object
        if inner is None or values.id_of(inner.get("actor")) not in {"", activity.actor}:
            return None
        try:
            undone = await ruling_in(
                session, parse_activity({"actor": activity.actor, **inner})
            )
        except InvalidError:
            return None
        act = _UNDOING.get(undone.ruling.act) if undone is not None else None
        return (
            Ruled(undone.group, replace(undone.ruling, act=act))
            if undone is not None and act is not None
            else None
        )
    if activity.type in {"Add", "Remove"}:
        return await _listing(session, activity)
    if activity.type == "Block" and activity.target_id:
        group = await accounts.by_uri(session, activity.target_id)
        if group is None or group.kind != "Group":
            return None
        ends = values.moment(activity.raw.get("endTime") or activity.raw.get("expires"))
        ruling = Ruling(
            Act.BAN,
            activity.object_id,
            _reason(activity.raw),
            ends,
            values.flag(activity.raw, "removeData"),
        )
        return Ruled(group, ruling)
    if activity.type in {"Delete", "Lock"}:
        return await _about_post(session, activity)
    return None


_UNDOING: Mapping[Act, Act] = {
    Act.REMOVE: Act.RESTORE,
    Act.LOCK: Act.UNLOCK,
    Act.BAN: Act.UNBAN,
}


async def _about_post(session: AsyncSession, activity: Activity) -> Ruled | None:
    post = await posts.by_uri(session, activity.object_id)
    if post is None or post.group_id is None:
        return None
    author = await accounts.by_id(session, post.account_id)
    group = await accounts.by_id(session, post.group_id)
    own = author is None or author.uri == activity.actor
    if group is None or (own and activity.type == "Delete"):
        return None
    act = Act.LOCK if activity.type == "Lock" else Act.REMOVE
    return Ruled(group, Ruling(act, post.uri, _reason(activity.raw)))


async def _listing(session: AsyncSession, activity: Activity) -> Ruled | None:
    """Return what an Add or Remove changes: pins, moderators, what stands in the group."""
    found = await groups.with_list(session, activity.target_id)
    if found is None:
        return None
    group, which = found
    added = activity.type == "Add"
    act = {
        ("featured", True): Act.PIN,
        ("featured", False): Act.UNPIN,
        ("moderators", True): Act.APPOINT,
        ("moderators", False): Act.DISMISS,
        ("outbox", False): Act.REMOVE,
        ("outbox", True): Act.RESTORE,
    }[(which, added)]
    return Ruled(group, Ruling(act, activity.object_id, _reason(activity.raw)))


async def _passed_on_ruling(
    session: AsyncSession, letter: Letter, inner: Activity, ruled: Ruled
) -> None:
    """Carry out what a group elsewhere says that a moderator of its decided (FED-76)."""
    group = letter.sender
    if ruled.group.id != group.id:
        raise DroppedError("FED-75")
    if inner.actor != group.uri:
        profile = await groups.ensure(session, group.id)
        stale = profile.moderators_at is None or letter.now - profile.moderators_at > FRESH
        if stale and group.uri in letter.given_up:
            raise DroppedError("FED-76")
        if stale:
            raise NeedsFetchError("moderators", [group.uri])
        if not await groups.is_moderator(session, group.id, inner.actor):
            raise DroppedError("FED-76")
    if not await group_moderation.carry_out(
        session, group=group, moderator_uri=inner.actor, ruling=ruled.ruling, now=letter.now
    ):
        raise DroppedError("unknown_post")


async def _is_theirs(session: AsyncSession, letter: Letter, inner: Activity) -> bool:
    """Return whether an activity is known to be of the actor that it names."""
    if same_origin(inner.actor, letter.sender.uri):
        return True
    owner = await proven_by(session, inner.raw, now=letter.now, given_up=letter.given_up)
    return owner == inner.actor


async def _is_in(
    session: AsyncSession, group: AccountRow, inner: Activity, known: PostRow | None
) -> bool:
    """Return whether what an activity is about is this group's matter (FED-75).

    A post says so itself, or answers one that is.
    """
    if known is not None and known.group_id == group.id:
        return True
    if inner.type not in {"Create", "Update"}:
        return False
    thing: Json = inner.object or {}
    named = {
        *values.ids(thing.get("audience")),
        *values.ids(thing.get("to")),
        *values.ids(thing.get("cc")),
        *values.ids(inner.raw.get("audience")),
        *inner.to,
        *inner.cc,
        *(values.id_of(tag.get("href")) for tag in values.objects(thing.get("tag"), limit=200)),
    } - PUBLIC_NAMES
    if group.uri in named:
        return True
    parent = await posts.by_uri(session, values.id_of(thing.get("inReplyTo")))
    return parent is not None and parent.group_id == group.id


async def _apart(session: AsyncSession, letter: Letter, found: list[object]) -> None:
    for at, one in enumerate(found[:MAX_TOGETHER]):
        if isinstance(one, Mapping):
            alone = {**letter.activity.raw, "id": f"{letter.activity.id}#{at}", "object": one}
            job = ProcessInbox(json.dumps(alone), letter.sender.uri)
            await jobs.enqueue(session, job, now=letter.now)


def _inner(found: object) -> Activity:
    try:
        return parse_activity(found)
    except InvalidError as error:
        raise DroppedError("form") from error


def _about(inner: Activity) -> str:
    if inner.type == "Undo":
        return values.id_of((inner.object or {}).get("object"))
    return inner.object_id


def _reason(raw: Json) -> str:
    words = values.text(raw, "summary", "content", limit=4 * MAX_REASON)
    return clean_line(" ".join(plain_text(words).split()), MAX_REASON)
