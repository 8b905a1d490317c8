"""Which handler acts on which activity: one table."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation.handlers import (
    actor,
    event,
    featuring,
    flag,
    follow,
    move,
    post,
    reaction,
    undo,
)
from federation.letter import DroppedError, Letter
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.parse import Activity
from storage import accounts

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


HANDLERS: Mapping[str, Handler] = {
    "Follow": follow.follow,
    "Accept": follow.accept,
    "Reject": follow.reject,
    "Block": follow.block,
    "Create": post.create,
    "Update": post.update,
    "Delete": post.delete,
    "Like": reaction.like,
    "EmojiReact": reaction.like,
    "Dislike": reaction.dislike,
    "Announce": reaction.announce,
    "Flag": flag.flag,
    "Undo": undo.undo,
    "Add": featuring.add,
    "Remove": featuring.remove,
    "Move": move.move,
    "Join": _join,
    "Leave": _leave,
    "Ignore": event.ignore,
    "Invite": event.invite,
    "TentativeAccept": event.attend,
}
_ANSWERS_TO_GUESTS: Mapping[str, Handler] = {"Accept": event.accept, "Reject": event.reject}
_ANSWERS_TO_EVENTS: Mapping[str, Handler] = {"Accept": event.attend, "Reject": event.decline}


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
    handler = _about_events(activity) or HANDLERS.get(activity.type)
    if handler is None:
        raise DroppedError("unknown_activity")
    return handler


def _about_events(activity: Activity) -> Handler | None:
    """Return what acts on an Accept or Reject that is about an event or coming to one."""
    uri, kind = activity.object_id, activity.object_type
    if kind in {"Join", "Invite"} or (not kind and ("#joins/" in uri or "#invites/" in uri)):
        return _ANSWERS_TO_GUESTS.get(activity.type)
    if kind == "Event" or (not kind and "/statuses/" in uri):
        return _ANSWERS_TO_EVENTS.get(activity.type)
    return None
