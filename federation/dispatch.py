"""Which handler acts on which activity: one table."""

import json
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation import forwarding
from federation.handlers import (
    actor,
    approval,
    event,
    featured,
    featuring,
    flag,
    follow,
    forwarded,
    group,
    move,
    post,
    reaction,
    undo,
)
from federation.letter import DroppedError, Letter
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.featured import KIND as FEATURED_COLLECTION
from federation.vocab.parse import Activity
from federation.vocab.quote import REQUESTS
from federation.vocab.values import id_of
from fedi_k12.services.group_posts import announce
from storage import accounts, groups
from storage.federation import liked_by

Handler = Callable[[AsyncSession, Letter], Awaitable[None]]


async def _join(session: AsyncSession, letter: Letter) -> None:
    """Act on a Join: of a group, or of an event."""
    await (follow.follow if await _about_group(session, letter) else event.join)(
        session, letter
    )


async def _leave(session: AsyncSession, letter: Letter) -> None:
    """Act on a Leave: of a group, or of an event."""
    handler = follow.leave if await _about_group(session, letter) else event.decline
    await handler(session, letter)


async def _about_group(session: AsyncSession, letter: Letter) -> bool:
    row = await accounts.by_uri(session, letter.activity.object_id)
    return row is not None and row.kind == "Group"


async def _delete(session: AsyncSession, letter: Letter) -> None:
    """Act on a Delete: of a collection, of a stamp, or of a post."""
    if not await featured.delete(session, letter) and not await approval.withdraw(
        session, letter
    ):
        await post.delete(session, letter)


async def _add(session: AsyncSession, letter: Letter) -> None:
    """Act on an Add: of a collection, of somebody to one, or of what is featured."""
    if not await featured.change(session, letter):
        await featuring.add(session, letter)


async def _remove(session: AsyncSession, letter: Letter) -> None:
    """Act on a Remove: of a collection, of somebody from one, or of what is featured."""
    if not await featured.change(session, letter):
        await featuring.remove(session, letter)


async def _update(session: AsyncSession, letter: Letter) -> None:
    """Act on an Update: of a collection, or of a post."""
    if letter.activity.object_type == FEATURED_COLLECTION:
        await featured.change(session, letter)
    else:
        await post.update(session, letter)


async def _accept(session: AsyncSession, letter: Letter) -> None:
    """Act on an Accept of a post by its bare id: of an answer of ours, or of an event."""
    ours = await approval.is_about_ours(session, letter)
    await (approval.accept if ours else event.attend)(session, letter)


async def _reject(session: AsyncSession, letter: Letter) -> None:
    """Act on a Reject of a post by its bare id: of an answer of ours, or of an event."""
    ours = await approval.is_about_ours(session, letter)
    await (approval.reject if ours else event.decline)(session, letter)


HANDLERS: Mapping[str, Handler] = {
    "Follow": follow.follow,
    "Accept": follow.accept,
    "Reject": follow.reject,
    "Block": follow.block,
    "Create": post.create,
    "Update": _update,
    "Delete": _delete,
    "Like": reaction.like,
    "EmojiReact": reaction.like,
    "Dislike": reaction.dislike,
    "Announce": reaction.announce,
    "Flag": flag.flag,
    "Undo": undo.undo,
    "Add": _add,
    "Remove": _remove,
    "Move": move.move,
    "Join": _join,
    "Leave": _leave,
    "Ignore": event.ignore,
    "Invite": event.invite,
    "TentativeAccept": event.attend,
    "QuoteRequest": approval.request,
    "ReplyRequest": approval.request,
    "LikeRequest": approval.request,
    "AnnounceRequest": approval.request,
    "FeatureRequest": featured.request,
}
_PASSED_ON = frozenset({"Update", "Delete", "Like", "EmojiReact", "Undo"})
"""What a group passes on, besides what is posted in it and what its moderators do."""
_FORWARDED = forwarding.FORWARDED - {"Create"}
"""What is handed on here; a Create is where it is taken in, many at a time."""
_RULINGS = frozenset({"Delete", "Undo", "Add", "Remove", "Block", "Lock"})
"""What may be the act of a group's moderator."""
_ANSWERS_TO_GUESTS: Mapping[str, Handler] = {"Accept": event.accept, "Reject": event.reject}
_ANSWERS_TO_EVENTS: Mapping[str, Handler] = {"Accept": event.attend, "Reject": event.decline}
_ANSWERS_TO_POSTS: Mapping[str, Handler] = {"Accept": _accept, "Reject": _reject}
_ANSWERS_TO_FEATURES: Mapping[str, Handler] = {
    "Accept": featured.accept,
    "Reject": featured.reject,
}
_ANSWERS_TO_REQUESTS: Mapping[str, Handler] = {
    "Accept": approval.accept,
    "Reject": approval.reject,
}


async def act(session: AsyncSession, letter: Letter) -> None:
    """Act on a letter; what concerns a post in a group of ours, the group passes on.

    Raises `DroppedError` for what nobody acts on, and what the handlers raise.
    """
    activity = letter.activity
    if forwarded.is_forwarded(letter):
        await forwarded.hear(session, letter)
        return
    if group.is_passed_on(letter):
        inner = await group.opened(session, letter)
        if inner is not None:
            handler = handler_for(inner.activity, sender_uri=inner.sender.uri)
            await handler(session, inner)
        if not isinstance(activity.raw.get("object"), list):
            await group.settle(session, letter)
        return
    ruled = await group.ruling_in(session, activity) if activity.type in _RULINGS else None
    if ruled is not None and not _is_its_own(letter, ruled):
        await group.moderate(session, letter, ruled)
        await _pass_on(session, letter, ruled.group.id, ruled.ruling.target_uri)
        return
    handler = handler_for(activity, sender_uri=letter.sender.uri)
    # Asked before, as a Delete takes the post along.
    within = await _within(session, activity) if activity.type in _PASSED_ON else None
    told = await forwarding.concerned(session, letter) if activity.type in _FORWARDED else []
    await handler(session, letter)
    await forwarding.pass_on(session, letter, told)
    if within is not None:
        await _pass_on(session, letter, *within)


async def _pass_on(session: AsyncSession, letter: Letter, group_id: int, about: str) -> None:
    await announce(
        session,
        group_id=group_id,
        activity=json.dumps(letter.activity.raw),
        post_uri=about,
        now=letter.now,
    )


def _is_its_own(letter: Letter, ruled: group.Ruled) -> bool:
    """Return whether a group itself changes its lists: what is its own it may feature."""
    return ruled.group.id == letter.sender.id


async def _within(session: AsyncSession, activity: Activity) -> tuple[int, str] | None:
    """Return the group of ours, and the post in it, that an activity is about."""
    uri = activity.object_id
    if activity.type == "Undo":
        inner = activity.object or {}
        uri = id_of(inner.get("object")) or await liked_by(session, uri) or ""
    group_id = await groups.local_group_of(session, uri) if uri else None
    return (group_id, uri) if group_id is not None else None


def handler_for(activity: Activity, *, sender_uri: str) -> Handler:
    """Return what acts on the activity; raises `DroppedError` for what nobody acts on."""
    about_accounts = activity.object_type in ACTORS or activity.object_id == sender_uri
    if about_accounts and activity.type == "Update":
        return actor.update
    if activity.type == "Delete" and activity.object_id == sender_uri:
        return actor.delete
    if post.is_for_another(activity):
        return post.for_another
    if activity.type == "Invite" and activity.object_type == "Event" and not activity.target_id:
        return post.create  # so do Hubzilla and Friendica announce one
    handler = (
        _about_requests(activity) or _about_events(activity) or HANDLERS.get(activity.type)
    )
    if handler is None:
        raise DroppedError("unknown_activity")
    return handler


def _about_requests(activity: Activity) -> Handler | None:
    """Return what acts on an Accept or Reject of a quote or an answer of ours."""
    uri, kind = activity.object_id, activity.object_type
    if kind == "FeatureRequest" or (not kind and "#feature-requests/" in uri):
        return _ANSWERS_TO_FEATURES.get(activity.type)
    if kind in REQUESTS or (
        not kind and ("#quote-requests/" in uri or "#reply-requests/" in uri)
    ):
        return _ANSWERS_TO_REQUESTS.get(activity.type)
    if kind in {"Note", "Article", "Question"} or (not kind and "/statuses/" in uri):
        return _ANSWERS_TO_POSTS.get(activity.type)
    return None


def _about_events(activity: Activity) -> Handler | None:
    """Return what acts on an Accept or Reject that is about an event or coming to one."""
    uri, kind = activity.object_id, activity.object_type
    if kind in {"Join", "Invite"} or (not kind and ("#joins/" in uri or "#invites/" in uri)):
        return _ANSWERS_TO_GUESTS.get(activity.type)
    if kind == "Event":
        return _ANSWERS_TO_EVENTS.get(activity.type)
    return None
