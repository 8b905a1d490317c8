"""Jobs: ask whether a post may be quoted or answered, answer that, and take a word back."""

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from federation import audience
from federation.objects import note_of
from federation.outbound.sending import send
from federation.vocab.build import build_create
from federation.vocab.quote import (
    build_request,
    build_revocation,
    build_stamp,
    build_verdict,
)
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent, Interaction
from fedi_k12.domain.consent_jobs import AnswerRequest, RequestApproval, SendRevocation
from storage import accounts, approvals, posts
from storage.tables import AccountRow, ApprovalRow, PostRow

PRIORITY = 1


async def request_approval(ctx: Context, job: RequestApproval) -> None:
    """Job: ask an author elsewhere; an answer that waits goes to them alone meanwhile."""
    async with ctx.read() as session:
        found = await _about(session, job.approval_id)
        if found is None:
            return
        row, target, author, asker = found
        post = await posts.by_id(session, row.interaction_id or 0)
        if post is None or post.local_only or not row.request_uri:
            return
        inboxes = await audience.of_account(session, author.id)
        document = await note_of(session, post, addresses=ctx.addresses)
    activities = [
        build_request(
            Interaction(row.kind),
            uri=row.request_uri,
            actor_uri=asker.uri,
            target_uri=target.uri,
            author_uri=author.uri,
            instrument=document,
        )
    ]
    if post.reply_state is not None:
        # Servers that know no request hold back the answer itself (GoToSocial before 0.21).
        uri = ctx.addresses.create(asker.username, post.id)
        activities.append(build_create(document, uri=uri, published=post.created_at))
    for activity in activities:
        await send(
            ctx,
            activity,
            account_id=asker.id,
            object_key=post.uri,
            priority=PRIORITY,
            inboxes=inboxes,
        )


async def answer_request(ctx: Context, job: AnswerRequest) -> None:
    """Job: say yes, with a stamp, or no to whoever asked."""
    async with ctx.read() as session:
        found = await _about(session, job.approval_id)
        if found is None:
            return
        row, target, author, asker = found
        inboxes = await audience.of_account(session, asker.id)
    yes = row.state == Consent.ACCEPTED
    answer: Literal["Accept", "Reject"] = "Accept" if yes else "Reject"
    activity = build_verdict(
        answer,
        Interaction(row.kind),
        uri=f"{author.uri}#{answer.lower()}s/{row.id}-{int(ctx.clock().timestamp() * 1000)}",
        actor_uri=author.uri,
        asker_uri=asker.uri,
        request_uri=row.request_uri,
        interaction_uri=row.interaction_uri,
        target_uri=target.uri,
        stamp_uri=row.stamp_uri if yes else None,
    )
    await send(
        ctx,
        activity,
        account_id=author.id,
        object_key=row.interaction_uri,
        priority=PRIORITY,
        inboxes=inboxes,
    )


async def send_revocation(ctx: Context, job: SendRevocation) -> None:
    """Job: tell whoever quotes a post, and all who may have been shown it, that it may not."""
    async with ctx.read() as session:
        found = await _about(session, job.approval_id)
        if found is None:
            return
        row, target, author, asker = found
        inboxes = await audience.of_account(session, asker.id)
        inboxes += await audience.of_followers(session, author.id)
        if asker.is_local:
            inboxes += await audience.of_followers(session, asker.id)
    if not row.stamp_uri or not inboxes:
        return
    stamp = build_stamp(
        Interaction(row.kind),
        uri=row.stamp_uri,
        author_uri=author.uri,
        interaction_uri=row.interaction_uri,
        target_uri=target.uri,
    )
    activity = build_revocation(
        stamp=stamp,
        actor_uri=author.uri,
        to=[asker.uri],
        cc=[ctx.addresses.followers(author.username)],
    )
    await send(
        ctx,
        activity,
        account_id=author.id,
        object_key=row.interaction_uri,
        priority=PRIORITY,
        inboxes=list(dict.fromkeys(inboxes)),
    )


async def _about(
    session: AsyncSession, approval_id: int
) -> tuple[ApprovalRow, PostRow, AccountRow, AccountRow] | None:
    """Return an approval, the post that it is about, that post's author, and who asked."""
    row = await approvals.by_id(session, approval_id)
    target = await posts.by_id(session, row.target_id or 0) if row is not None else None
    if row is None or target is None:
        return None
    author = await accounts.by_id(session, target.account_id)
    asker = await accounts.by_id(session, row.account_id)
    return (row, target, author, asker) if author is not None and asker is not None else None
