"""What was worked out before and still holds: nothing it depends on was written since."""

from collections import OrderedDict
from collections.abc import Hashable, Set
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from fedi_k12.context import Context
from fedi_k12.domain import writes
from fedi_k12.domain.writes import Watch
from fedi_k12.web.keys import CONTEXT

K = TypeVar("K", bound=Hashable)

WORK = writes.WORK
"""What the server writes to get its work done, and no answer to members shows."""
TALK: Set[str] = frozenset(
    {
        "account.followers_count",
        "account.following_count",
        "account.last_post_at",
        "account.posts_count",
        "bookmark",
        "card",
        "conversation",
        "emoji_reaction",
        "favourite",
        "follow",
        "home_entry",
        "media",
        "mention",
        "notification",
        "poll",
        "poll_option",
        "poll_vote",
        "post",
        "post_edit",
        "post_origin",
        "post_tag",
        "post_words",
        "tag",
        "tombstone",
    }
)
"""What is said, and who hears it: all that is written when somebody posts."""
TOLD: Set[str] = WORK | TALK | {"marker", "record", "token"}
"""What no other server is told in a document about an account."""
V = TypeVar("V")
_ANYWAY = ("/assets/", "/healthz", "/media/")
"""What is answered without anything that is remembered."""


@web.middleware
async def hear_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hear of all that other processes did before this request came."""
    if not request.path.startswith(_ANYWAY):
        await request.app[CONTEXT].changes.confirm()
    return await handler(request)


class Remembered(Generic[K, V]):
    """A bounded memory that is empty as soon as something is written that counts for it.

    Kept on the shelf (`web.shelf.kept`), one for each server. Whoever fills it asks `as_of`
    before they read the store, and hands that in with what they made of it: what is written
    in between makes it old before it is there.
    """

    BUT: ClassVar[Set[str]] = frozenset()
    """What it does not depend on (`domain.writes.Changes.watch`)."""
    ONLY: ClassVar[Set[str] | None] = None
    """The tables that it is read from, where one statement reads it."""
    SIZE: ClassVar[int] = 1000

    def __init__(self) -> None:
        self._entries: OrderedDict[K, tuple[datetime | None, V]] = OrderedDict()
        self._watch: Watch | None = None
        self._version = 0

    def as_of(self, ctx: Context) -> int | None:
        """Return the moment, as a version; None where nothing can be remembered."""
        ctx.changes.look()
        if not ctx.changes.exact:
            return None
        if self._watch is None:
            self._watch = ctx.changes.watch(but=self.BUT, only=self.ONLY)
        if self._watch.version != self._version:
            self._version = self._watch.version
            self._entries.clear()
        return self._version

    def get(self, ctx: Context, key: K) -> V | None:
        """Return what is remembered under `key`, if it holds."""
        if self.as_of(ctx) is None or (entry := self._entries.get(key)) is None:
            return None
        until, value = entry
        if until is not None and until <= ctx.clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(
        self,
        ctx: Context,
        key: K,
        value: V,
        *,
        as_of: int | None,
        until: datetime | None = None,
    ) -> None:
        """Remember what was made of the store as it was `as_of`, until a moment at most."""
        if as_of is None or self.as_of(ctx) != as_of:
            return
        self._entries[key] = (until, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self.SIZE:
            self._entries.popitem(last=False)
