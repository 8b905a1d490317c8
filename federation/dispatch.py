"""Which handler acts on which activity: one table."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation.handlers import actor, featuring, flag, follow, move, post, reaction, undo
from federation.letter import DroppedError, Letter
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.parse import Activity

Handler = Callable[[AsyncSession, Letter], Awaitable[None]]

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
    "Announce": reaction.announce,
    "Flag": flag.flag,
    "Undo": undo.undo,
    "Add": featuring.add,
    "Remove": featuring.remove,
    "Move": move.move,
}


def handler_for(activity: Activity, *, sender_uri: str) -> Handler:
    """Return what acts on the activity; raises `DroppedError` for what nobody acts on."""
    about_accounts = activity.object_type in ACTORS or activity.object_id == sender_uri
    if about_accounts and activity.type == "Update":
        return actor.update
    if activity.type == "Delete" and activity.object_id == sender_uri:
        return actor.delete
    handler = HANDLERS.get(activity.type)
    if handler is None:
        raise DroppedError("unknown_activity")
    return handler
