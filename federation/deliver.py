"""Deliver what is owed: signed POSTs, several hosts at once, few per host.

What is final: any 2xx; 410 and most other 4xx, for which trying again is useless. Everything
else is tried 16 times over two to three days. A host that fails again and again is left alone
for a while (`storage.hosts`).
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from time import monotonic

import structlog
from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.knock import knock
from federation.signing import Signer, Way, former_signer, signature_headers, signer_for
from federation.synchronisation import header_for
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, ForbiddenError
from fedi_k12.domain.troubles import Part
from fedi_k12.guard import Answer, FetchError
from fedi_k12.observe import count_delivery
from fedi_k12.web.shelf import Fresh, kept
from fedi_k12.web.together import Together
from storage import deliveries, hosts, sent
from storage.deliveries import Body, Claimed, Failure
from storage.trouble import in_words, is_trouble, until_written

AT_ONCE = 200
"""Deliveries under way at the same time."""
AT_ONCE_PER_HOST = 4
QUEUED_PER_HOST = 16
"""Deliveries to one host that are taken out of the queue: the rest stays there, so that a slow
host holds up nobody else."""
MAX_ATTEMPTS = 16
FULL_PAUSE = timedelta(seconds=2)
YOUNG_SECONDS = 0.25
"""What takes longer takes no place from others: hosts that died hold up nobody who lives."""
SLOW_SECONDS = 1.0
"""A host that takes longer to answer gets no more for the moment."""
SLOW_PAUSE = timedelta(seconds=10)
MOST_SLOW = 1_000
"""Deliveries that wait for slow hosts at the same time."""
FINISH_PAUSE = 0.01
"""Seconds in which deliveries that end are gathered, while there are many."""
SIGN_TOGETHER, SIGN_AT_ONCE = 16, 2
"""Requests that are signed one after another in a thread, and how many threads do so."""
NAMES_PAUSE = timedelta(seconds=15)
"""So long a delivery waits while no name at all can be looked up."""
_RETRIED = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_log = structlog.get_logger("deliveries")


class _UnderWay(Struct):
    """What is being delivered now, in this process."""

    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    per_host: Counter[str] = field(default_factory=Counter)
    gates: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)
    young: set[int] = field(default_factory=set)
    """Those that began a moment ago: only these take places."""
    asked: dict[str, dict[int, float]] = field(default_factory=dict)
    """By host, since when (`time.monotonic`) it is asked."""

    @property
    def room(self) -> int:
        """How many more may begin."""
        return min(AT_ONCE - len(self.young), AT_ONCE + MOST_SLOW - len(self.tasks))

    def is_slow(self, host: str) -> bool:
        """Return whether a host keeps one of ours waiting."""
        since = monotonic() - SLOW_SECONDS
        return any(began < since for began in self.asked.get(host, {}).values())


class _Well(Fresh[str, bool]):
    """Hosts that took something a moment ago, so that not every delivery writes it down."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=timedelta(minutes=1))


async def deliver_due(ctx: Context) -> int:
    """Start what is due, or wait for something to end; return how many that was.

    Zero means that nothing is due and nothing is under way.
    """
    under_way = kept(ctx, _UnderWay)
    news = ctx.signals.event(deliveries.WAKE)
    news.clear()
    before = len(under_way.tasks)
    room = under_way.room
    claimed: list[Claimed] = []
    if room > 0:
        now, worker = ctx.clock(), ctx.number
        claimed = await ctx.write(deliveries.claim, limit=room, now=now, worker=worker)
    if claimed:
        try:
            await _start(ctx, claimed, under_way)
        except Exception as error:
            if is_trouble(error):
                ids = [item.id for item in claimed if item.id not in under_way.ids]
                await until_written(ctx.write, deliveries.put_back, ids, due_at=ctx.clock())
            raise
    if not under_way.tasks:
        # What ended while the queue was looked at may be what something there waited for.
        return len(claimed) or before
    if claimed:
        # Let the new ones begin; the next round looks for more work at once.
        await asyncio.sleep(0)
        return len(claimed)
    waker = asyncio.create_task(news.wait())
    try:
        await asyncio.wait(
            {*under_way.tasks, waker}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        waker.cancel()
    return 1


async def let_deliveries_end(ctx: Context, *, patience: float) -> None:
    """Wait for what is under way, then cut it off: it is tried again after the next start."""
    tasks = set(kept(ctx, _UnderWay).tasks)
    if not tasks:
        return
    _done, pending = await asyncio.wait(tasks, timeout=patience)
    for task in pending:
        task.cancel()
    for task in pending:
        with suppress(asyncio.CancelledError):
            await task


async def _start(ctx: Context, claimed: list[Claimed], under_way: _UnderWay) -> None:
    async with ctx.read() as session:
        bodies = await deliveries.bodies(session, list({item.activity_id for item in claimed}))
    loop, too_many, too_slow = asyncio.get_running_loop(), [], []
    for item in claimed:
        body = bodies.get(item.activity_id)
        if item.id in under_way.ids:
            # A clock that jumped ahead ended its lease.
            continue
        if under_way.is_slow(item.host):
            too_slow.append(item.id)
            continue
        if under_way.per_host[item.host] >= QUEUED_PER_HOST:
            too_many.append(item.id)
            continue
        under_way.per_host[item.host] += 1
        under_way.ids.add(item.id)
        under_way.young.add(item.id)
        loop.call_later(YOUNG_SECONDS, _grow_old, ctx, item.id, under_way)
        task = asyncio.create_task(_deliver(ctx, item, body, under_way))
        under_way.tasks.add(task)
        task.add_done_callback(under_way.tasks.discard)
    for ids, pause in ((too_many, FULL_PAUSE), (too_slow, SLOW_PAUSE)):
        if ids:
            await ctx.write(deliveries.put_back, ids, due_at=ctx.clock() + pause)


def _grow_old(ctx: Context, number: int, under_way: _UnderWay) -> None:
    """Let a delivery that takes long leave its place to others."""
    if number in under_way.young:
        under_way.young.discard(number)
        ctx.signals.announce([deliveries.WAKE])


async def _deliver(
    ctx: Context, item: Claimed, body: Body | None, under_way: _UnderWay
) -> None:
    gate = under_way.gates.setdefault(item.host, asyncio.Semaphore(AT_ONCE_PER_HOST))
    try:
        async with gate:
            signer = await _signer(ctx, item, body) if body is not None else None
            if body is None or signer is None:
                await _finish(ctx, item)
                return
            await _try(ctx, item, body, signer)
    except Exception as error:  # noqa: BLE001 - logged; the delivery's lease brings it back
        if is_trouble(error):
            ctx.troubles.begin(Part.STORE, in_words(error))
            await until_written(ctx.write, deliveries.put_back, [item.id], due_at=ctx.clock())
        else:
            _log.exception("delivery failed", inbox=item.inbox)
    finally:
        under_way.ids.discard(item.id)
        under_way.young.discard(item.id)
        under_way.asked.get(item.host, {}).pop(item.id, None)
        under_way.per_host[item.host] -= 1
        if under_way.per_host[item.host] <= 0:
            del under_way.per_host[item.host]
            under_way.gates.pop(item.host, None)
            under_way.asked.pop(item.host, None)


async def _signer(ctx: Context, item: Claimed, body: Body) -> Signer | None:
    # A key that was replaced signs what says so, once: whoever asked meanwhile knows the new.
    former = None
    if body.key_id is not None and item.attempts == 1:
        former = await former_signer(ctx, body.key_id)
    return former or await signer_for(ctx, body.account_id)


async def _try(ctx: Context, item: Claimed, body: Body, signer: Signer) -> None:
    try:
        answer = await _post(ctx, item, body, signer)
    except FetchError as error:
        if error.reason == "dns" and ctx.troubles.of(Part.NAMES):
            # No name leads anywhere: that is no fault of this one's.
            later = ctx.clock() + NAMES_PAUSE
            await until_written(ctx.write, deliveries.put_back, [item.id], due_at=later)
            return
        await _failed(ctx, item, None, str(error), final=error.permanent)
        return
    except ForbiddenError as error:
        # A host that we do not talk to (any more): nothing is owed to it.
        _log.info("not delivered", inbox=item.inbox, reason=str(error))
        await _let_be(ctx, item, sent.NOTHING_SENT)
        return
    except DomainError as error:
        await _failed(ctx, item, None, str(error), final=False)
        return
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        await _delivered(ctx, item)
    elif answer.status == HTTPStatus.GONE:
        await _let_be(ctx, item, answer.status)
    else:
        await _refused(ctx, item, answer)


async def _post(ctx: Context, item: Claimed, activity: Body, signer: Signer) -> Answer:
    inbox, body = item.inbox, activity.body
    url = URL(inbox, encoded=True)
    agreed = await header_for(ctx, account_id=activity.account_id, body=body, host=item.host)

    async def ask(way: Way) -> Answer:
        sign = partial(
            signature_headers, signer, way, method="POST", url=url, now=ctx.clock(), body=body
        )
        headers = await kept(ctx, _Sign)(ctx, sign)
        headers |= {"Content-Type": "application/activity+json", **agreed}
        kept(ctx, _UnderWay).asked.setdefault(item.host, {})[item.id] = monotonic()
        return await ctx.http.post(inbox, body=body, headers=headers)

    return await knock(ctx, url, ask)


class _Sign(Together["partial[dict[str, str]]", dict[str, str]]):
    """Signs in threads, as RSA takes a while, in which nothing else would happen.

    Several at a time: a way into a thread and back takes half as long as a signature.
    """

    def __init__(self) -> None:
        super().__init__(_sign_all, most=SIGN_TOGETHER, at_once=SIGN_AT_ONCE)


async def _sign_all(
    _ctx: Context, waiting: "Sequence[partial[dict[str, str]]]"
) -> list[dict[str, str]]:
    return await asyncio.to_thread(lambda: [sign() for sign in waiting])


async def _delivered(ctx: Context, item: Claimed) -> None:
    count_delivery("delivered")
    await _finish(ctx, item)
    well = kept(ctx, _Well)
    if well.get(item.host, now=ctx.clock()) is None:
        well.put(item.host, True, now=ctx.clock())
        await ctx.write(hosts.note_success, item.host, now=ctx.clock())


async def _refused(ctx: Context, item: Claimed, answer: Answer) -> None:
    status = answer.status
    server_trouble = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    again = status in _RETRIED or (server_trouble and status != HTTPStatus.NOT_IMPLEMENTED)
    wait = answer.retry_after(ctx.clock())
    _log.info("not taken", inbox=item.inbox, status=status, again=again)
    await _failed(
        ctx,
        item,
        status,
        f"answered {status}",
        final=not again,
        host_trouble=server_trouble,
        wait=wait,
    )


async def _failed(
    ctx: Context,
    item: Claimed,
    status: int | None,
    error: str,
    *,
    final: bool,
    host_trouble: bool = True,
    wait: timedelta | None = None,
) -> None:
    over = final or item.attempts >= MAX_ATTEMPTS
    count_delivery("given up" if over else "retried")
    due_at = None if over else ctx.clock() + max(wait or timedelta(0), delay(item.attempts))
    if host_trouble:
        kept(ctx, _Well).drop(item.host)
    failure = Failure(item.id, due_at, status, error)
    await kept(ctx, _Fail)(ctx, (failure, item.host if host_trouble else None))


class _Fail(Together[tuple[Failure, str | None], None]):
    """Writes down together what failed at about the same time, and whose fault that was.

    Where many hosts die, others' deliveries do not wait for a commit of each.
    """

    def __init__(self) -> None:
        super().__init__(_fail_all, pause=FINISH_PAUSE)


async def _fail_all(ctx: Context, items: Sequence[tuple[Failure, str | None]]) -> list[None]:
    await until_written(ctx.write, _note, items, now=ctx.clock())
    return [None] * len(items)


async def _note(
    session: AsyncSession, items: Sequence[tuple[Failure, str | None]], *, now: datetime
) -> None:
    await deliveries.retry(session, [failure for failure, _host in items])
    await hosts.note_failures(session, [host for _failure, host in items if host], now=now)


async def _let_be(ctx: Context, item: Claimed, status: int) -> None:
    """Owe no more what is not taken, and remember that it was not."""
    await until_written(ctx.write, sent.refuse, item.activity_id, host=item.host, status=status)
    await _finish(ctx, item)


async def _finish(ctx: Context, item: Claimed) -> None:
    await kept(ctx, _Finish)(ctx, item)


class _Finish(Together[Claimed, None]):
    """Forgets deliveries that are done, those that ended at about the same time together."""

    def __init__(self) -> None:
        super().__init__(_finish_all, pause=FINISH_PAUSE)


async def _finish_all(ctx: Context, items: Sequence[Claimed]) -> list[None]:
    await until_written(
        ctx.write,
        deliveries.finish,
        [item.id for item in items],
        activity_ids=list({item.activity_id for item in items}),
    )
    return [None] * len(items)


def delay(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: n⁴ + 15 s, and some chance (Mastodon)."""
    jitter = random.uniform(0, 10 * (attempts + 1))  # noqa: S311 - spreads load, guards nothing
    return timedelta(seconds=attempts**4 + 15 + jitter)
