"""Everybody who is connected to a stream of this process, and what they are told.

News comes in without waiting (`hear`), is looked up in the store by one task, in order, and put
into the connections. Where news comes faster than that, the oldest is dropped: apps find it
when they load a timeline.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from time import perf_counter

import msgspec
import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.api import notices, render
from fedi_k12.api.announcements import announcement
from fedi_k12.api.connections import Connection, Message
from fedi_k12.api.conversations import conversation
from fedi_k12.context import Context
from fedi_k12.domain.entry import Network, lies_in
from fedi_k12.domain.errors import NotFoundError, TooManyError, UnavailableError
from fedi_k12.domain.news import (
    AccessEnded,
    Announced,
    AnnouncementAnswered,
    AnnouncementGone,
    FiltersChanged,
    NetworksChanged,
    News,
    NotificationsMerged,
    Notified,
    PostArrived,
    PostChanged,
    PostGone,
)
from fedi_k12.domain.notifications import KINDS
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.scopes import covers
from fedi_k12.domain.streams import Stream, Subscription
from fedi_k12.services import announcements, apps, entry, filters, notifications, streams

MAX_PER_TOKEN, MAX_PER_ACCOUNT, MAX_PER_ADDRESS, MAX_OPEN = 16, 48, 1024, 10_000
"""Connections at a time. A whole school may come from one address."""
MAX_NEWS = 10_000
BATCH = 32
RECHECK = 5.0
"""Seconds after which it is asked again who may still listen, and from where: what happened in
a process that cannot tell us (SQLite and the command line) is noticed by then."""
_USER, _TOLD = Stream("user"), Stream("user:notification")
_LETTERS = Stream("direct")

_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger("streams")


class Hub:
    """Tells the connected apps of this process what happens."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._open: set[Connection] = set()
        self._index: dict[Stream, set[Connection]] = {}
        self._news: deque[News] = deque(maxlen=MAX_NEWS)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def start(self) -> None:
        """Begin to listen."""
        self._ctx.signals.listen(self.hear)
        self._tasks = [
            asyncio.create_task(self._run(), name="streams"),
            asyncio.create_task(self._recheck(), name="streams recheck"),
        ]

    def leave(self) -> None:
        """Say goodbye to everybody: the server stops."""
        self._closing = True
        for connection in list(self._open):
            connection.end("leaving")

    async def stop(self) -> None:
        """Stop listening."""
        self.leave()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def hear(self, news: Sequence[News]) -> None:
        """Take news in; returns at once, and does nothing where nobody is connected."""
        if not self._open:
            return
        for one in news:
            # Not after what is being looked up: who is out is out at once.
            if isinstance(one, AccessEnded):
                self._cut_off(one)
        self._news.extend(one for one in news if not isinstance(one, AccessEnded))
        self._wake.set()

    def admit(self, connection: Connection, *, limited: bool) -> None:
        """Take a connection in, or refuse one too many (where connections are `limited`)."""
        if self._closing or len(self._open) >= MAX_OPEN:
            raise UnavailableError("This server cannot keep more connections open.")
        if limited:
            self._check_numbers(connection)
        self._open.add(connection)

    def let_go(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        connection.end("closed")
        self._open.discard(connection)
        for stream in list(connection.subscriptions):
            self.unsubscribe(connection, stream)

    def subscribe(self, connection: Connection, subscription: Subscription) -> None:
        """Have a connection told of what happens in a stream."""
        connection.subscriptions[subscription.stream] = subscription
        self._index.setdefault(subscription.stream, set()).add(connection)

    def unsubscribe(self, connection: Connection, stream: Stream) -> None:
        """Tell a connection no longer of a stream."""
        connection.subscriptions.pop(stream, None)
        if (listeners := self._index.get(stream)) is not None:
            listeners.discard(connection)
            if not listeners:
                del self._index[stream]

    def _check_numbers(self, connection: Connection) -> None:
        for other in [other for other in self._open if other.gone]:
            self.let_go(other)
        counts = Counter[str]()
        for other in self._open:
            counts["token"] += other.token_id == connection.token_id
            counts["account"] += other.actor.account_id == connection.actor.account_id
            counts["address"] += other.address == connection.address
        if (
            counts["token"] >= MAX_PER_TOKEN
            or counts["account"] >= MAX_PER_ACCOUNT
            or counts["address"] >= MAX_PER_ADDRESS
        ):
            raise TooManyError("Too many streams are open at once", retry_after=30)

    def _cut_off(self, ended: AccessEnded) -> None:
        for connection in list(self._open):
            who = connection.actor
            theirs = ended.member_id is not None and who.member_id == ended.member_id
            if connection.token_id == ended.token_id or (
                theirs and ended.account_id in {None, who.account_id}
            ):
                connection.end("revoked")

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            held = {connection.token_id for connection in self._open}
            if not held:
                continue
            try:
                async with self._ctx.read() as session:
                    good = await apps.still_good(session, held)
                    shut = await self._shut_networks(session)
            except Exception:  # noqa: BLE001 - asked again in a moment
                _log.exception("recheck failed")
                continue
            for connection in list(self._open):
                # Not those that came while it was asked.
                if connection.token_id in held - good:
                    connection.end("revoked")
            self._shut_out(shut)

    async def _shut_networks(self, session: AsyncSession) -> list[Network]:
        return [one for one, _ in await entry.shut_out(session, now=self._ctx.clock())]

    def _shut_out(self, networks: Collection[Network]) -> None:
        """Cut off who listens from a network from which nobody comes in."""
        if not networks:
            return
        addresses = {connection.address for connection in self._open}
        shut = {address for address in addresses if lies_in(address, networks)}
        for connection in list(self._open):
            if connection.address in shut:
                connection.end("shut out")

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._news:
                batch = [self._news.popleft() for _ in range(min(BATCH, len(self._news)))]
                try:
                    await self._tell(batch)
                except Exception:  # noqa: BLE001 - logged; what comes next is told
                    _log.exception("news lost", news=len(batch))

    async def _tell(self, batch: Sequence[News]) -> None:
        if any(isinstance(one, NetworksChanged) for one in batch):
            async with self._ctx.read() as session:
                self._shut_out(await self._shut_networks(session))
        if not self._index:
            return
        began = perf_counter()
        async with self._ctx.read() as session:
            for kind, group in _runs(batch):
                if kind is PostArrived or kind is PostChanged:
                    await self._show(session, group, arrived=kind is PostArrived)
                    await self._write(session, group)
                else:
                    for one in group:
                        await self._tell_one(session, one)
        _log.debug("told", news=len(batch), ms=round((perf_counter() - began) * 1000, 1))

    async def _tell_one(self, session: AsyncSession, news: News) -> None:
        if isinstance(news, PostGone):
            message = Message("delete", str(news.post_id).encode())
            hearers = await streams.hearers(session, news, listening=self._listening())
            for stream, account_ids in hearers.items():
                self._send(message, stream, account_ids)
        elif isinstance(news, Notified):
            await self._notify(session, news)
        elif isinstance(news, FiltersChanged):
            self._send(Message("filters_changed"), _USER, {news.account_id})
        elif isinstance(news, NotificationsMerged):
            self._send(Message("notifications_merged"), _USER, {news.account_id})
        elif isinstance(news, Announced | AnnouncementAnswered | AnnouncementGone):
            await self._tell_everybody(session, news)

    async def _tell_everybody(
        self, session: AsyncSession, news: Announced | AnnouncementAnswered | AnnouncementGone
    ) -> None:
        """Tell all members what staff announce."""
        message = Message("announcement.delete", str(news.announcement_id).encode())
        if not isinstance(news, AnnouncementGone):
            try:
                view = await announcements.one(session, announcement_id=news.announcement_id)
            except NotFoundError:
                return
            message = Message("announcement", _encode(announcement(view)))
            if isinstance(news, AnnouncementAnswered):
                count = sum(one.count for one in view.reactions if one.name == news.name)
                said = {
                    "name": news.name,
                    "count": count,
                    "announcement_id": str(news.announcement_id),
                }
                message = Message("announcement.reaction", _encode(said))
        for connection in self._index.get(_USER, ()):
            connection.put(message, _USER)

    async def _write(self, session: AsyncSession, news: Sequence[News]) -> None:
        """Tell those who listen for letters of the conversations that have a new one."""
        hearing = {one.actor.account_id: one.actor for one in self._index.get(_LETTERS, ())}
        if not hearing:
            return
        ids = [one.post_id for one in news if isinstance(one, PostArrived)]
        for view, actor in await streams.letters(session, ids, actors=hearing):
            active = await filters.active(
                session, actor=actor, context="thread", now=self._ctx.clock()
            )
            message = Message("conversation", _encode(conversation(self._ctx, view, active)))
            self._send(message, _LETTERS, {actor.account_id})

    async def _show(
        self, session: AsyncSession, news: Sequence[News], *, arrived: bool
    ) -> None:
        shown = await streams.showings(
            session,
            [one.post_id for one in news if isinstance(one, PostArrived | PostChanged)],
            listening=self._listening(),
            now=self._ctx.clock(),
            arrived=arrived,
        )
        event = "update" if arrived else "status.update"
        messages: dict[int, Message] = {}
        for one in shown:
            # The same view on several streams is rendered once.
            message = None if one.matches else messages.get(id(one.post))
            if message is None:
                entity = render.status(self._ctx, one.post, matches=one.matches)
                message = Message(event, _encode(entity))
            if not one.matches:
                messages[id(one.post)] = message
            self._send(message, one.stream, one.account_ids)

    async def _notify(self, session: AsyncSession, news: Notified) -> None:
        hearing = [
            (stream, connection)
            for stream in (_USER, _TOLD)
            for connection in self._index.get(stream, ())
            if connection.actor.account_id == news.account_id
            and covers(connection.scopes, "read:notifications")
        ]
        if not hearing:
            return
        try:
            view = await notifications.one(
                session,
                actor=hearing[0][1].actor,
                notification_id=news.notification_id,
            )
        except NotFoundError:
            return
        if view.kind not in KINDS:
            return
        shown = await notices.filtered(self._ctx, session, [view], actor=hearing[0][1].actor)
        if not shown:
            return
        message = Message("notification", _encode(notices.notice(self._ctx, *shown[0])))
        for stream, connection in hearing:
            connection.put(message, stream)

    def _send(self, message: Message, stream: Stream, account_ids: Collection[int]) -> None:
        for connection in self._index.get(stream, ()):
            if connection.actor.account_id in account_ids:
                connection.put(message, stream)

    def _listening(self) -> dict[Stream, dict[int, Actor]]:
        return {
            stream: {one.actor.account_id: one.actor for one in connections}
            for stream, connections in self._index.items()
        }


def _runs(batch: Sequence[News]) -> list[tuple[type[News], list[News]]]:
    """Return the news in runs of one kind, in order, so that each can be looked up at once."""
    runs: list[tuple[type[News], list[News]]] = []
    for one in batch:
        if not runs or runs[-1][0] is not type(one):
            runs.append((type(one), []))
        runs[-1][1].append(one)
    return runs


HUB: web.AppKey[Hub] = web.AppKey("HUB")
"""Where the hub hangs on the application."""
