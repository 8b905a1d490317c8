"""Jobs: act on the activities that were taken in.

What needs nothing but the store is done here by the batch, in one transaction with the end of
its jobs, so that every activity takes effect exactly once. What has to fetch something first
goes to a lane of its own, where a slow server holds up nobody else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from typing import TypeVar

import structlog
from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from federation import waiting_room
from federation.dispatch import act
from federation.featured_learning import collection_of
from federation.fetch import SECONDS_PER_ACTIVITY, Budget
from federation.handlers import post as post_handlers
from federation.handlers.follow import follow_together
from federation.handlers.post import Item
from federation.learn import account_of, fetch_account, learn_moderators
from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.policy import refused_among
from federation.proofs import learn_keys
from federation.resolve import is_gone, post_of, relayed
from federation.vocab.decode import decode_again
from federation.vocab.parse import Activity, parse_activity
from federation.vocab.values import id_of
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, InvalidError
from fedi_k12.domain.jobs import ProcessInbox
from fedi_k12.domain.urls import host_of
from fedi_k12.guard import FetchError
from fedi_k12.observe import count_inbox
from storage import accounts, jobs
from storage.db import came_between
from storage.tables import AccountRow
from storage.trouble import is_trouble

T = TypeVar("T")
R = TypeVar("R")
FETCH_LANE = "fetch"
MAX_ROUNDS = 4
"""So often an activity may find that something else is missing (FED-54)."""
RETRY_DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120))
_log = structlog.get_logger("inbox")


class _Entry(Struct, frozen=True):
    """A job of a batch with the activity that it is about."""

    row_id: int
    attempts: int
    activity: Activity
    signed_by: str


class _Outcome(Struct):
    """What came of a batch: jobs that are done, that have to fetch, that failed."""

    done: list[int] = field(default_factory=list)
    later: list[int] = field(default_factory=list)
    failed: list[tuple[_Entry, str]] = field(default_factory=list)


async def process_inbox_batch(
    ctx: Context, batch: Sequence[tuple[int, int, ProcessInbox]]
) -> None:
    """Act on a batch of jobs, given as (row, attempts, job), and end them."""
    entries, unreadable = [], []
    for row_id, attempts, job in batch:
        try:
            activity = parse_activity(decode_again(job.activity))
        except DomainError:
            unreadable.append(row_id)
        else:
            entries.append(_Entry(row_id, attempts, activity, job.signed_by))
    await ctx.write(_do_batch, ctx=ctx, entries=entries, unreadable=unreadable)


async def process_inbox(ctx: Context, job: ProcessInbox) -> None:
    """Job: act on one activity, fetching what it needs first."""
    activity = parse_activity(decode_again(job.activity))
    budget = Budget()
    async with asyncio.timeout(SECONDS_PER_ACTIVITY):
        for _round in range(MAX_ROUNDS):
            try:
                await ctx.write(
                    _do_one,
                    ctx=ctx,
                    activity=activity,
                    signed_by=job.signed_by,
                    given_up=frozenset(budget.refused),
                )
            except NeedsFetchError as need:
                await _fetch(ctx, need, budget)
            except DroppedError as dropped:
                _count_dropped(activity, dropped)
                return
            else:
                return
    count_inbox("dropped", reason="rounds")


async def _do_one(
    session: AsyncSession,
    *,
    ctx: Context,
    activity: Activity,
    signed_by: str,
    given_up: frozenset[str],
) -> None:
    sender = await accounts.by_uri(session, signed_by)
    await _demand_host(ctx, session, sender)
    await _demand_inner(ctx, session, activity)
    await act(session, _letter(ctx, activity, sender, given_up))


async def _do_batch(
    session: AsyncSession, *, ctx: Context, entries: Sequence[_Entry], unreadable: list[int]
) -> None:
    senders = await accounts.by_uris(session, list({entry.signed_by for entry in entries}))
    senders = await _welcome(ctx, session, senders)
    entries, settled = await waiting_room.let_in(ctx, session, entries, senders)
    outcome = _Outcome(done=[*unreadable, *settled])
    for kind, run in groupby(entries, key=_kind):
        match kind:
            case "Create":
                await _create_together(session, ctx, run, senders, outcome)
            case "Follow":
                await _follow_together(session, ctx, run, senders, outcome)
            case _:
                for entry in run:
                    await _alone(session, ctx, entry, senders, outcome)
    await jobs.finish(session, outcome.done)
    if outcome.later:
        await jobs.move(session, outcome.later, lane=FETCH_LANE)
    for entry, error in outcome.failed:
        later = (
            ctx.clock() + RETRY_DELAYS[entry.attempts - 1]
            if entry.attempts <= len(RETRY_DELAYS)
            else None
        )
        await jobs.retry(session, entry.row_id, due_at=later, error=error)


async def _create_together(
    session: AsyncSession,
    ctx: Context,
    run: Iterable[_Entry],
    senders: dict[str, AccountRow],
    outcome: _Outcome,
) -> None:
    def read(letter: Letter) -> Item:
        return Item(letter, post_handlers.note_in(letter))

    items = _opened(ctx, run, senders, outcome, read=read)
    votes = [(entry, item) for entry, item in items if item.note.is_vote]
    posts = [(entry, item) for entry, item in items if not item.note.is_vote]
    if posts:
        waiting = await _at_once(session, post_handlers.take_in, [item for _, item in posts])
        for at, (entry, _item) in enumerate(posts):
            if waiting is None:
                await _alone(session, ctx, entry, senders, outcome)
            else:
                (outcome.later if at in waiting else outcome.done).append(entry.row_id)
    for entry, _item in votes:
        await _alone(session, ctx, entry, senders, outcome)


async def _follow_together(
    session: AsyncSession,
    ctx: Context,
    run: Iterable[_Entry],
    senders: dict[str, AccountRow],
    outcome: _Outcome,
) -> None:
    letters = _opened(ctx, run, senders, outcome, read=lambda letter: letter)
    if not letters:
        return
    left = await _at_once(session, follow_together, [letter for _, letter in letters])
    for at, (entry, _) in enumerate(letters):
        if left is None or at in left:
            await _alone(session, ctx, entry, senders, outcome)
        else:
            outcome.done.append(entry.row_id)


def _opened(
    ctx: Context,
    run: Iterable[_Entry],
    senders: dict[str, AccountRow],
    outcome: _Outcome,
    *,
    read: Callable[[Letter], T],
) -> list[tuple[_Entry, T]]:
    """Return what is read of letters; those that are to be dropped are done with."""
    found: list[tuple[_Entry, T]] = []
    for entry in run:
        try:
            letter = _letter(ctx, entry.activity, senders.get(entry.signed_by))
            found.append((entry, read(letter)))
        except DroppedError as dropped:
            _count_dropped(entry.activity, dropped)
            outcome.done.append(entry.row_id)
    return found


async def _at_once(
    session: AsyncSession,
    do: Callable[[AsyncSession, Sequence[T]], Awaitable[R]],
    some: Sequence[T],
) -> R | None:
    """Return what comes of doing all of these; None, and nothing is done, where one fails."""
    try:
        async with session.begin_nested():
            return await do(session, some)
    except Exception as error:
        if is_trouble(error):
            raise
        # One of them is at fault: whoever called finds out which.
        _log.warning("batch failed", error=str(error), letters=len(some))
        return None


async def _alone(
    session: AsyncSession,
    ctx: Context,
    entry: _Entry,
    senders: dict[str, AccountRow],
    outcome: _Outcome,
) -> None:
    try:
        letter = _letter(ctx, entry.activity, senders.get(entry.signed_by))
        await _demand_inner(ctx, session, entry.activity)
        async with session.begin_nested():
            await act(session, letter)
    except NeedsFetchError:
        outcome.later.append(entry.row_id)
    except DroppedError as dropped:
        _count_dropped(entry.activity, dropped)
        outcome.done.append(entry.row_id)
    except DomainError as error:
        _log.info("activity refused", key=entry.activity.key, reason=str(error))
        outcome.done.append(entry.row_id)
    except Exception as error:
        if is_trouble(error):
            raise
        if came_between(error):
            # Whoever learnt the same at the same moment is done by then.
            outcome.later.append(entry.row_id)
            return
        _log.exception("activity failed", key=entry.activity.key)
        outcome.failed.append((entry, f"{type(error).__name__}: {error}"))
    else:
        outcome.done.append(entry.row_id)


async def _fetch(ctx: Context, need: NeedsFetchError, budget: Budget) -> None:
    """Fetch what a handler needs; what cannot be had is given up, or tried again later."""
    results = await asyncio.gather(
        *(_fetch_one(ctx, need.kind, uri, budget) for uri in need.uris), return_exceptions=True
    )
    for uri, result in zip(need.uris, results, strict=True):
        if result is None:
            continue
        if isinstance(result, FetchError) and not result.permanent and need.kind != "account":
            raise result
        if not isinstance(result, DomainError):
            raise result
        _log.info("not to be had", uri=uri, reason=str(result))
        budget.refused.add(uri)
    if need.kind in {
        "refresh",
        "post_anew",
        "keys",
        "moderators",
        "gone",
        "relayed",
        "collection",
    }:
        # Fetched is done: the handler must not ask for the same again.
        budget.refused.update(need.uris)


async def _fetch_one(ctx: Context, kind: str, uri: str, budget: Budget) -> None:
    match kind:
        case "account":
            await account_of(ctx, uri, budget=budget)
        case "refresh":
            await fetch_account(ctx, uri)
        case "keys":
            budget.spend_actor(uri)
            await learn_keys(ctx, uri)
        case "moderators":
            budget.spend_actor(uri)
            await learn_moderators(ctx, uri)
        case "collection":
            await collection_of(ctx, uri, budget=budget)
        case "relayed":
            await relayed(ctx, uri, budget=budget)
        case "gone":
            if await is_gone(ctx, uri, budget=budget):
                budget.refused.add(f"gone {uri}")
        case "post_anew":
            await post_of(ctx, uri, budget=budget, anew=True)
        case _:
            await post_of(ctx, uri, budget=budget)


async def _demand_host(ctx: Context, session: AsyncSession, sender: AccountRow | None) -> None:
    """Drop a letter whose host was refused since it was taken in (FED-34)."""
    if sender is not None and await refused_among(ctx, session, [sender.host, sender.domain]):
        raise DroppedError("FED-34")


async def _demand_inner(ctx: Context, session: AsyncSession, activity: Activity) -> None:
    """Drop what a group or relay passes on from a host that is refused (FED-109)."""
    inner = activity.object
    if activity.type != "Announce" or inner is None:
        return
    names = []
    for uri in (id_of(inner.get("actor")), id_of(inner.get("object"))):
        with suppress(InvalidError):
            names.append(host_of(uri))
    if await refused_among(ctx, session, names):
        raise DroppedError("FED-109")


async def _welcome(
    ctx: Context, session: AsyncSession, senders: dict[str, AccountRow]
) -> dict[str, AccountRow]:
    """Leave out senders whose host was refused since their letters were taken in."""
    names = [name for row in senders.values() for name in (row.host, row.domain)]
    refused = await refused_among(ctx, session, names)
    return {uri: row for uri, row in senders.items() if not {row.host, row.domain} & refused}


def _letter(
    ctx: Context,
    activity: Activity,
    sender: AccountRow | None,
    given_up: frozenset[str] = frozenset(),
) -> Letter:
    if sender is None or sender.deleted_at is not None or sender.suspended_at is not None:
        raise DroppedError("no_sender")
    return Letter(activity, sender, ctx.addresses, ctx.clock(), given_up)


def _kind(entry: _Entry) -> str:
    """Return as what letters that follow one another are acted on together, else ""."""
    activity = entry.activity
    if activity.actor != entry.signed_by:
        return ""
    if activity.type == "Follow":
        return "Follow"
    plain = activity.type == "Create" and activity.object is not None
    return "Create" if plain and not post_handlers.is_for_another(activity) else ""


def _count_dropped(activity: Activity, dropped: DroppedError) -> None:
    count_inbox("dropped", reason=dropped.code)
    _log.info("dropped", key=activity.key[:300], type=activity.type, reason=dropped.code)
