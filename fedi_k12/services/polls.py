"""Questions: asked, answered, counted and closed (FEP-9967).

Who chose what is known to nobody but the voter: totals leave this server, names never do. The
owner's server counts; for a question from elsewhere we show its numbers, and at least our own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain import text
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import ClosePoll, FederateResults, FederateVote, RefreshPoll
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import (
    MAX_OPTION_CHARACTERS,
    MAX_POLL_OPTIONS,
    MAX_POLL_SECONDS,
    MIN_POLL_SECONDS,
    PollDraft,
    PollView,
    ReceivedPoll,
    may_see,
)
from fedi_k12.services import access, notifications, records
from fedi_k12.services.notifications import Notice
from storage import accounts, jobs, post_writes, posts
from storage.tables import AccountRow, PollOptionRow, PollRow, PollVoteRow, PostRow

SKEW = timedelta(minutes=5)
"""A vote from elsewhere counts so long after the end: clocks differ, and queues are slow."""
STALE = timedelta(minutes=3)
"""Numbers of another server that are older are asked for anew when somebody looks."""
CROWD = 30
"""From so many voters on, more than half from one server is worth a word to the author."""


def check(poll: PollDraft) -> None:
    """Raise `InvalidError` for a question that cannot be asked."""
    titles = [title.strip() for title in poll.options]
    if len(titles) < 2:  # noqa: PLR2004 - a choice needs two
        raise InvalidError("Validation failed: Options must be more than one item")
    if len(titles) > MAX_POLL_OPTIONS:
        raise InvalidError(
            f"Validation failed: Options can't contain more than {MAX_POLL_OPTIONS} items"
        )
    if any(not title for title in titles) or len(set(titles)) != len(titles):
        raise InvalidError("Validation failed: Options contain empty or duplicate items")
    if any(text.count_characters(title) > MAX_OPTION_CHARACTERS for title in titles):
        raise InvalidError(
            f"Validation failed: Options can't be longer than {MAX_OPTION_CHARACTERS} "
            "characters each"
        )
    if not MIN_POLL_SECONDS <= poll.expires_in <= MAX_POLL_SECONDS:
        raise InvalidError(
            "Validation failed: Expires at must be between 5 minutes and 60 days ahead"
        )


async def ask(session: AsyncSession, post_id: int, poll: PollDraft, *, now: datetime) -> None:
    """Let a post of this server ask a question."""
    poll_id = new_id()
    ends = now + timedelta(seconds=poll.expires_in)
    await post_writes.insert_polls(
        session,
        [
            {
                "id": poll_id,
                "post_id": post_id,
                "multiple": poll.multiple,
                "hide_totals": poll.hide_totals,
                "expires_at": ends,
                "closed_at": None,
                "voters_count": 0,
                "fetched_at": None,
            }
        ],
        [
            {"poll_id": poll_id, "position": at, "title": title.strip(), "votes_count": 0}
            for at, title in enumerate(poll.options)
        ],
    )
    await jobs.enqueue(session, ClosePoll(poll_id), now=now, due_at=ends)


async def ask_anew(
    session: AsyncSession, post_id: int, poll: PollDraft, *, now: datetime
) -> None:
    """Change the question of a post; with other answers it begins from nothing."""
    known = (await posts.polls_of(session, [post_id])).get(post_id)
    titles = [title.strip() for title in poll.options]
    if (
        known is None
        or [option.title for option in known[1]] != titles
        or known[0].multiple != poll.multiple
    ):
        await session.execute(delete_rows(PollRow).where(PollRow.post_id == post_id))
        await ask(session, post_id, poll, now=now)
        return
    row = known[0]
    row.hide_totals = poll.hide_totals
    row.expires_at = now + timedelta(seconds=poll.expires_in)
    row.closed_at = row.ended_at = None
    await session.flush()
    await jobs.enqueue(session, ClosePoll(row.id), now=now, due_at=row.expires_at)


async def poll_post(session: AsyncSession, *, poll_id: int, viewer: Actor | None) -> int:
    """Return the id of the post that asks the question, if the viewer may see it."""
    poll = await session.get(PollRow, poll_id)
    if poll is None:
        raise NotFoundError("Record not found")
    return (await access.post_for(session, poll.post_id, viewer=viewer)).id


async def vote(
    session: AsyncSession,
    *,
    actor: Actor,
    poll_id: int,
    choices: Sequence[int],
    now: datetime,
) -> int:
    """Answer a question, of here or elsewhere, and return its post's id."""
    post_id = await poll_post(session, poll_id=poll_id, viewer=actor)
    post = await access.post_for(session, post_id, viewer=actor)
    new = await _count(session, poll_id, actor.account_id, choices, post=post, now=now)
    if post.local:
        await _results_due(session, poll_id, post, now=now)
    else:
        job = FederateVote(poll_id, actor.account_id, new)
        await jobs.enqueue(session, job, now=now, about=f"{actor.account_id} {post.uri}")
    await records.note_reaction(
        session, kind="vote", actor=actor, post=post, now=now, detail={"choices": list(choices)}
    )
    return post_id


async def receive_vote(
    session: AsyncSession, *, account: AccountRow, post: PostRow, title: str, now: datetime
) -> bool:
    """Take in another server's answer to a question of ours; return whether it counts.

    It does for one of the answers by its very words, of somebody who may see the question and
    has not answered it yet, until shortly after the end.
    """
    found = (await posts.polls_of(session, [post.id])).get(post.id)
    if found is None or not post.local or post.local_only:
        return False
    facts = (await access.facts_for(session, [post], viewer_id=account.id))[post.id]
    if not may_see(account.id, facts):
        return False
    position = next((one.position for one in found[1] if one.title == title), None)
    if position is None:
        return False
    try:
        await _count(
            session, found[0].id, account.id, [position], post=post, now=now, late=SKEW
        )
    except InvalidError:
        return False
    await _watch_crowd(session, found[0], account)
    await _results_due(session, found[0].id, post, now=now)
    return True


def opened(poll: ReceivedPoll, poll_id: int, post_id: int, now: datetime) -> dict[str, object]:
    """Return the row of a question from elsewhere; one whose time is over is closed."""
    over = poll.expires_at is not None and poll.expires_at <= now
    return {
        "id": poll_id,
        "post_id": post_id,
        "multiple": poll.multiple,
        "hide_totals": poll.hidden,
        "expires_at": poll.expires_at,
        "closed_at": poll.closed_at or (poll.expires_at if over else None),
        "voters_count": poll.voters_count,
        "fetched_at": now,
    }


def options(poll: ReceivedPoll, poll_id: int) -> list[dict[str, object]]:
    """Return the rows of the answers of a question from elsewhere."""
    return [
        {"poll_id": poll_id, "position": at, "title": title, "votes_count": votes}
        for at, (title, votes) in enumerate(poll.options)
    ]


def closing(
    poll: ReceivedPoll, poll_id: int, now: datetime
) -> tuple[ClosePoll, datetime] | None:
    """Return the job that closes a question from elsewhere, and when; None for a closed one."""
    if poll.closed_at is None and poll.expires_at is not None and poll.expires_at > now:
        return ClosePoll(poll_id), poll.expires_at
    return None


async def receive(
    session: AsyncSession, post_id: int, poll: ReceivedPoll, *, now: datetime
) -> list[str]:
    """Take in how a question from elsewhere stands.

    Returns the answers as they were where they are others now: then all votes are forgotten.
    """
    known = (await posts.polls_of(session, [post_id])).get(post_id)
    before = [option.title for option in known[1]] if known else []
    if (
        known is None
        or before != [title for title, _votes in poll.options]
        or known[0].multiple != poll.multiple
    ):
        await session.execute(delete_rows(PollRow).where(PollRow.post_id == post_id))
        poll_id = new_id()
        await post_writes.insert_polls(
            session, [opened(poll, poll_id, post_id, now)], options(poll, poll_id)
        )
        if (job := closing(poll, poll_id, now)) is not None:
            await jobs.enqueue(session, job[0], now=now, due_at=job[1])
        return before
    row = known[0]
    ours = await _local_votes(session, row.id)
    for option, (_title, votes) in zip(known[1], poll.options, strict=True):
        option.votes_count = max(votes, ours.get(option.position, 0))
    row.voters_count = poll.voters_count
    moved = row.expires_at != poll.expires_at
    closed_before = row.closed_at is not None
    state = opened(poll, row.id, post_id, now)
    row.expires_at, row.hide_totals, row.fetched_at = poll.expires_at, poll.hidden, now
    row.closed_at = None if state["closed_at"] is None else poll.closed_at or poll.expires_at
    await session.flush()
    if row.closed_at is not None and not closed_before:
        await jobs.enqueue(session, ClosePoll(row.id), now=now)
    elif moved and (job := closing(poll, row.id, now)) is not None:
        await jobs.enqueue(session, job[0], now=now, due_at=job[1])
    return []


def is_stale(poll: PollView, *, now: datetime) -> bool:
    """Return whether the numbers of a question from elsewhere are to be asked for anew."""
    if poll.fetched_at is None or now - poll.fetched_at < STALE:
        return False
    return not poll.expired or poll.expires_at is None or poll.fetched_at < poll.expires_at


async def look_again(session: AsyncSession, *, poll_id: int, now: datetime) -> None:
    """Let the numbers of a question from elsewhere be fetched anew, once at a time."""
    row = await session.get(PollRow, poll_id)
    post = await posts.by_id(session, row.post_id) if row is not None else None
    if row is None or post is None or post.local:
        return
    if row.fetched_at is not None and now - row.fetched_at < STALE:
        return
    row.fetched_at = now
    await jobs.enqueue(session, RefreshPoll(post.uri), now=now)


async def close_poll(ctx: Context, job: ClosePoll) -> None:
    """Job: close a question whose time is over, and tell its author and those who voted."""
    await ctx.write(close, poll_id=job.poll_id, now=ctx.clock())


async def close(session: AsyncSession, *, poll_id: int, now: datetime) -> None:
    """Close a question whose time is over; before that, or twice, nothing happens."""
    row = await session.get(PollRow, poll_id)
    post = await posts.by_id(session, row.post_id) if row is not None else None
    if row is None or post is None or row.ended_at is not None:
        return
    if row.closed_at is None:
        if row.expires_at is None or row.expires_at > now:
            return
        row.closed_at = row.expires_at
    row.ended_at = now
    post.version += 1
    await session.flush()
    voters = await session.scalars(
        select(PollVoteRow.account_id).where(PollVoteRow.poll_id == row.id).distinct()
    )
    told = dict.fromkeys([post.account_id, *voters])
    await notifications.notify_many(
        session, [Notice(who, "poll", post.account_id, post.id) for who in told], now=now
    )
    if post.local and not post.local_only:
        row.results_due = True
        job = FederateResults(row.id, final=True)
        await jobs.enqueue(session, job, now=now, about=post.uri)
    elif not post.local:
        # Its owner counts for a moment longer.
        await jobs.enqueue(session, RefreshPoll(post.uri), now=now, due_at=now + STALE)


async def end_now(session: AsyncSession, *, post_id: int, now: datetime) -> None:
    """End the question of a post of this server before its time, where it asks one."""
    known = (await posts.polls_of(session, [post_id])).get(post_id)
    if known is None or known[0].ended_at is not None:
        return
    ends = known[0].expires_at
    known[0].expires_at = min(ends, now) if ends is not None else now
    await session.flush()
    await close(session, poll_id=known[0].id, now=now)


async def _results_due(
    session: AsyncSession, poll_id: int, post: PostRow, *, now: datetime
) -> None:
    row = await session.get(PollRow, poll_id)
    if row is None or row.results_due or post.local_only:
        return
    row.results_due = True
    await session.flush()
    await jobs.enqueue(session, FederateResults(poll_id), now=now, about=post.uri)


async def _local_votes(session: AsyncSession, poll_id: int) -> dict[int, int]:
    rows = await session.execute(
        select(PollVoteRow.position, func.count())
        .where(PollVoteRow.poll_id == poll_id)
        .group_by(PollVoteRow.position)
    )
    return {row[0]: row[1] for row in rows}


async def _watch_crowd(session: AsyncSession, poll: PollRow, account: AccountRow) -> None:
    """Note where most of many votes come from one server: only its author reads it."""
    voters = poll.voters_count or 0
    if voters < CROWD or poll.crowd_host is not None:
        return
    count = await session.scalar(
        select(func.count(PollVoteRow.account_id.distinct()))
        .join(AccountRow, AccountRow.id == PollVoteRow.account_id)
        .where(PollVoteRow.poll_id == poll.id, AccountRow.host == account.host)
    )
    if (count or 0) * 2 > voters:
        poll.crowd_host = account.host
        await session.flush()


async def _count(
    session: AsyncSession,
    poll_id: int,
    account_id: int,
    choices: Sequence[int],
    *,
    post: PostRow,
    now: datetime,
    late: timedelta = timedelta(0),
) -> list[int]:
    """Count a vote and return its positions; the rules are those of FEP-9967."""
    # Locked, so that two votes of one account at the same time do not both count.
    poll = await session.get(PollRow, poll_id, with_for_update=True, populate_existing=True)
    if poll is None:
        raise NotFoundError("Record not found")
    end = poll.expires_at if poll.closed_at is None else min(poll.closed_at, now)
    if poll.expires_at is not None:
        end = min(poll.expires_at, end or poll.expires_at)
    if end is not None and end + late <= now:
        raise InvalidError("Validation failed: The poll has already ended")
    if account_id == post.account_id:
        raise InvalidError("Validation failed: You can't vote in your own polls")
    before = set(
        await session.scalars(
            select(PollVoteRow.position).where(
                PollVoteRow.poll_id == poll_id, PollVoteRow.account_id == account_id
            )
        )
    )
    wanted = list(dict.fromkeys(choices))
    titles = await session.scalar(
        select(func.count()).select_from(PollOptionRow).where(PollOptionRow.poll_id == poll_id)
    )
    if not wanted or any(not 0 <= choice < (titles or 0) for choice in wanted):
        raise InvalidError("Validation failed: The chosen option does not exist")
    if (before and not poll.multiple) or before & set(wanted):
        raise InvalidError("Validation failed: You have already voted on this poll")
    if len(wanted) > 1 and not poll.multiple:
        raise InvalidError("Validation failed: Only one option can be chosen")
    voter = await accounts.by_id(session, account_id)
    for choice in wanted:
        number = new_id()
        uri = f"{voter.uri}#votes/{number}" if voter is not None and voter.is_local else None
        session.add(
            PollVoteRow(
                poll_id=poll_id,
                account_id=account_id,
                position=choice,
                uri=uri,
                created_at=now,
            )
        )
        await session.execute(
            update(PollOptionRow)
            .where(PollOptionRow.poll_id == poll_id, PollOptionRow.position == choice)
            .values(votes_count=PollOptionRow.votes_count + 1)
        )
    if not before:
        poll.voters_count = (poll.voters_count or 0) + 1
    await session.execute(
        update(PostRow).where(PostRow.id == poll.post_id).values(version=PostRow.version + 1)
    )
    await session.flush()
    return wanted
