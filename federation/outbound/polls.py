"""Jobs: what a member chose goes to who asks; how our own questions stand goes to all."""

from datetime import timedelta

from federation import audience
from federation.objects import note_of
from federation.outbound.sending import send
from federation.vocab.build import build_create, build_update
from federation.vocab.build_vote import build_vote
from fedi_k12.context import Context
from fedi_k12.domain.jobs import FederateResults, FederateVote
from storage import accounts, jobs, polls, posts, reactions
from storage.tables import PollRow

VOTE, RESULTS = 2, 4


async def federate_vote(ctx: Context, job: FederateVote) -> None:
    """Job: send what a member chose, one Create for each answer, to the author alone."""
    async with ctx.read() as session:
        poll = await session.get(PollRow, job.poll_id)
        question = await posts.by_id(session, poll.post_id) if poll else None
        voter = await accounts.by_id(session, job.account_id)
        if poll is None or question is None or voter is None:
            return
        author = await accounts.by_id(session, question.account_id)
        if author is None:
            return
        chosen = await polls.chosen(session, poll.id, voter.id, job.positions)
        inboxes = await audience.of_account(session, author.id)
    for uri, title, at in chosen:
        note = build_vote(
            uri=uri,
            voter_uri=voter.uri,
            question_uri=question.uri,
            author_uri=author.uri,
            title=title,
        )
        await send(
            ctx,
            build_create(note, uri=f"{uri}/activity", published=at),
            account_id=voter.id,
            object_key=question.uri,
            priority=VOTE,
            inboxes=inboxes,
        )


async def federate_results(ctx: Context, job: FederateResults) -> None:
    """Job: send how a question stands, now and then while people vote, and at its end."""
    now = ctx.clock()
    pause = timedelta(seconds=ctx.settings.poll_results_seconds)
    async with ctx.read() as session:
        poll = await session.get(PollRow, job.poll_id)
        row = await posts.by_id(session, poll.post_id) if poll else None
        author = await accounts.by_id(session, row.account_id) if row else None
        if poll is None or row is None or author is None:
            return
        if not poll.results_due and not job.final:
            return
        due = poll.results_at + pause if poll.results_at else now
    if due > now and not job.final:
        await ctx.write(jobs.enqueue, job, now=now, due_at=due)
        return
    # Before the numbers are read: a vote from here on makes the results due again.
    await ctx.write(polls.results_sent, poll.id, now=now)
    async with ctx.read() as session:
        inboxes = await audience.of_post(session, row)
        people = await reactions.concerned_by(session, row.id)
        people |= await polls.voters(session, poll.id)
        inboxes = list(
            dict.fromkeys([*inboxes, *await audience.of_accounts(session, sorted(people))])
        )
        document = await note_of(session, row, addresses=ctx.addresses)
    activity = build_update(
        document,
        uri=f"{row.uri}#results/{int(now.timestamp() * 1000)}",
        actor_uri=author.uri,
        to=_texts(document["to"]),
        cc=_texts(document["cc"]),
        at=now,
    )
    await send(
        ctx,
        activity,
        account_id=author.id,
        object_key=row.uri,
        priority=RESULTS,
        inboxes=inboxes,
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
