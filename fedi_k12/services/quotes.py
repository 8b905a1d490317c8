"""Quotes: asked for, allowed, withdrawn; each has its author's word, or is not shown.

FEP-044f. The row of an approval is the word itself: of a post of ours it is the stamp that we
serve, of a post elsewhere it says where that server's stamp is.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.approvals import Consent, Interaction, Verdict
from fedi_k12.domain.consent_jobs import (
    AnswerRequest,
    RequestApproval,
    SendRevocation,
    VerifyQuote,
)
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateEdit
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PostView, Visibility, may_be_quoted, may_see
from fedi_k12.services import access, approvals, notifications, views
from fedi_k12.services.notifications import Notice
from fedi_k12.services.received import ReceivedPost
from storage import accounts, jobs, posts
from storage import approvals as rows
from storage.tables import AccountRow, ApprovalRow, NotificationRow, PostRow

QUOTE = Interaction.QUOTE.value


class Quoted(Struct, frozen=True):
    """What a member is about to quote, and whether that is right at once."""

    row: PostRow
    state: Consent


async def to_quote(
    session: AsyncSession, *, actor: Actor, account: AccountRow, draft: Draft
) -> Quoted | None:
    """Return what a draft quotes, None for nothing.

    Raises `NotFoundError` for what the actor may not see, `ForbiddenError` where its author or
    its readers do not allow it, `InvalidError` for a quote that more would see than the post.
    """
    if draft.quote_of_id is None:
        return None
    row = await access.post_for(session, draft.quote_of_id, viewer=actor)
    if row.boost_of_id is not None:
        row = await access.post_for(session, row.boost_of_id, viewer=actor)
    fact = (await access.facts_for(session, [row], viewer_id=account.id))[row.id]
    if not may_be_quoted(account.id, fact):
        raise ForbiddenError("A post that is not for everybody cannot be quoted.")
    if row.visibility == Visibility.FOLLOWERS and draft.visibility.breadth > (
        Visibility.FOLLOWERS.breadth
    ):
        raise InvalidError("Validation failed: What is for followers is quoted for followers")
    found = await approvals.demand(session, Interaction.QUOTE, account, row)
    own = row.account_id == account.id
    at_once = own or (row.local and found is Verdict.AUTOMATIC)
    return Quoted(row, Consent.ACCEPTED if at_once else Consent.PENDING)


async def ask(
    session: AsyncSession,
    *,
    post: PostRow,
    account: AccountRow,
    quoted: Quoted,
    now: datetime,
    sent_at: datetime | None = None,
) -> None:
    """Ask whoever is quoted, or take their policy's word; a quote of oneself needs none.

    Another server is asked at `sent_at`, when the post goes out.
    """
    target = quoted.row
    if target.account_id == account.id:
        await settle(session, post, Consent.ACCEPTED, now=now)
        return
    number = new_id()
    row = rows.entry(QUOTE, number, post, target, quoted.state, now=now)
    session.add(row)
    if target.local:
        await session.flush()
        await _answered_here(session, post, target, row, now=now)
        return
    row.request_uri = f"{account.uri}#quote-requests/{number}"
    await session.flush()
    await jobs.enqueue(session, RequestApproval(number), now=now, due_at=sent_at)


async def receive(
    session: AsyncSession, received: Sequence[tuple[ReceivedPost, int]], *, now: datetime
) -> None:
    """Take in what new posts of other servers quote: (post, its id here).

    Of posts of ours the policy decides; of others a stamp has to be looked at first.
    """
    quoting = {at: post for post, at in received if post.quote_of_uri}
    if not quoting:
        return
    found = await posts.by_ids(session, list(quoting))
    targets = await posts.by_uris(session, [p.quote_of_uri or "" for p in quoting.values()])
    for number, post in quoting.items():
        row = found[number]
        target = targets.get(post.quote_of_uri or "")
        if target is not None and target.boost_of_id is None and target.local:
            await consider(session, row, target, request_uri=None, now=now)
        else:
            await _remember_stamp(session, row, post.quote_stamp, now=now)
            if not post.fetched:
                await jobs.enqueue(session, VerifyQuote(row.id), now=now)


async def received_again(
    session: AsyncSession, row: PostRow, post: ReceivedPost, *, now: datetime
) -> None:
    """Take in what a changed post of another server quotes now; its stamp is looked at anew."""
    if row.quote_of_uri != post.quote_of_uri:
        await settle(session, row, None, now=now)
        await _forget(session, row)
        row.quote_of_uri, row.quote_of_id = post.quote_of_uri, None
        row.quote_state = Consent.PENDING.value if post.quote_of_uri else None
        await receive(session, [(post, row.id)], now=now)
        return
    if not post.quote_of_uri:
        return
    target = await posts.by_id(session, row.quote_of_id) if row.quote_of_id else None
    if target is not None and (target.local or target.account_id == row.account_id):
        return  # what we said ourselves holds, whatever is claimed
    await _remember_stamp(session, row, post.quote_stamp, now=now)
    if post.quote_stamp is None:
        # Its own server says that the leave is withdrawn: nothing to wait for.
        await settle(session, row, Consent.REVOKED, now=now, only_from=Consent.ACCEPTED)
    await jobs.enqueue(session, VerifyQuote(row.id), now=now)


async def consider(
    session: AsyncSession,
    post: PostRow,
    target: PostRow,
    *,
    request_uri: str | None,
    now: datetime,
) -> ApprovalRow:
    """Say what a post of ours says to somebody elsewhere who quotes it; return that.

    Asked twice, the first answer stands. What was withdrawn stays withdrawn.
    """
    known = await rows.of_interaction(session, QUOTE, post.uri)
    if known is not None and known.target_id == target.id:
        known.request_uri = request_uri or known.request_uri
        await session.flush()
        return known
    account = await accounts.by_id(session, post.account_id)
    state = Consent.REJECTED
    if account is not None:
        fact = (await access.facts_for(session, [target], viewer_id=account.id))[target.id]
        welcome = may_see(account.id, fact) and may_be_quoted(account.id, fact)
        found = (
            await approvals.verdict_for(session, Interaction.QUOTE, account, target)
            if welcome and not target.local_only
            else Verdict.DENIED
        )
        state = {
            Verdict.AUTOMATIC: Consent.ACCEPTED,
            Verdict.MANUAL: Consent.PENDING,
        }.get(found, Consent.REJECTED)
    row = rows.entry(QUOTE, new_id(), post, target, state, now=now)
    row.request_uri = request_uri
    session.add(row)
    post.quote_of_id = target.id
    await session.flush()
    await _answered_here(session, post, target, row, now=now)
    return row


async def decide(
    session: AsyncSession, *, actor: Actor, approval: ApprovalRow, accept: bool, now: datetime
) -> None:
    """Let a quote of a post of the actor's be, or not."""
    post = await posts.by_id(session, approval.interaction_id or 0)
    target = await posts.by_id(session, approval.target_id or 0)
    if post is None or target is None or target.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    approval.state = (Consent.ACCEPTED if accept else Consent.REJECTED).value
    await _untell(session, "quote_request", post)
    await _answered_here(session, post, target, approval, now=now)
    await tell_asker(session, post, approval, now=now)


async def revoke(
    session: AsyncSession, *, actor: Actor, post_id: int, quoting_id: int, now: datetime
) -> int:
    """Withdraw a post of the actor's from a post that quotes it; return the quoting post.

    Everybody who was shown it is told. A second time changes nothing.
    """
    target = await access.post_for(session, post_id, viewer=actor)
    post = await posts.by_id(session, quoting_id)
    if target.account_id != actor.account_id:
        raise ForbiddenError("Only whoever wrote a post can withdraw it from a quote.")
    if post is None or post.quote_of_id != target.id:
        raise NotFoundError("Record not found")
    if post.account_id == actor.account_id:
        raise InvalidError("Validation failed: Edit or delete your own post instead")
    approval = await rows.of_interaction(session, QUOTE, post.uri)
    if approval is None or approval.state == Consent.REVOKED:
        return post.id
    waited = approval.state == Consent.PENDING
    approval.state = Consent.REVOKED.value
    await settle(session, post, Consent.REVOKED, now=now)
    await _untell(session, "quote_request", post)
    if waited:
        approval.state = Consent.REJECTED.value
        await tell_asker(session, post, approval, now=now)
    else:
        job = SendRevocation(approval.id)
        await jobs.enqueue(session, job, now=now, about=approval.interaction_uri)
        if post.local:
            edit = FederateEdit(post.id, anew=True)
            await jobs.enqueue(session, edit, now=now, about=post.uri)
    return post.id


async def stamp_came(
    session: AsyncSession, approval: ApprovalRow, stamp_uri: str, *, now: datetime
) -> None:
    """Remember where whoever is quoted says that the quote may be; it is looked at first."""
    approval.stamp_uri = stamp_uri
    await session.flush()
    if approval.interaction_id is not None:
        await jobs.enqueue(session, VerifyQuote(approval.interaction_id), now=now)


async def refused(
    session: AsyncSession, approval: ApprovalRow, state: Consent, *, now: datetime
) -> None:
    """Take in that somebody elsewhere does not let a post be quoted, or no longer."""
    approval.state, approval.stamp_uri = state.value, None
    await session.flush()
    post = await posts.by_id(session, approval.interaction_id or 0)
    if post is not None and await settle(session, post, state, now=now) and post.local:
        await jobs.enqueue(session, FederateEdit(post.id, anew=True), now=now, about=post.uri)


async def learned(
    session: AsyncSession,
    *,
    post_id: int,
    target_id: int | None,
    state: Consent,
    now: datetime,
) -> None:
    """Take in what came of looking at a quote's stamp: what it quotes, and how it stands."""
    post = await posts.by_id(session, post_id)
    if post is None or post.quote_of_uri is None:
        return
    approval = await rows.of_post(session, QUOTE, post_id)
    if approval is not None:
        approval.target_id = target_id
        approval.state, approval.checked_at = state.value, now
    if target_id is not None:
        post.quote_of_id = target_id
    await session.flush()
    if await settle(session, post, state, now=now) and post.local:
        await jobs.enqueue(session, FederateEdit(post.id, anew=True), now=now, about=post.uri)


async def settle(
    session: AsyncSession,
    post: PostRow,
    state: Consent | None,
    *,
    now: datetime,
    only_from: Consent | None = None,
) -> bool:
    """Put a quoting post into a state, count and tell; return whether that is a change."""
    was = post.quote_state
    new = state.value if state is not None else None
    if was == new or (only_from is not None and was != only_from):
        return False
    post.quote_state = new
    post.version += 1
    await session.flush()
    if post.quote_of_id is None:
        return True
    step = (new == Consent.ACCEPTED) - (was == Consent.ACCEPTED)
    if step:
        await rows.count_quotes(session, post.quote_of_id, step=step)
    if step > 0:
        target = await posts.by_id(session, post.quote_of_id)
        if target is not None:
            await notifications.notify(
                session,
                account_id=target.account_id,
                kind="quote",
                from_id=post.account_id,
                post_id=post.id,
                now=now,
            )
    elif step < 0:
        await _untell(session, "quote", post)
    return True


async def gone(session: AsyncSession, row: PostRow) -> None:
    """Take note that a post is about to go: what it quotes counts less, its quotes end."""
    if row.quote_of_id is not None and row.quote_state == Consent.ACCEPTED:
        await rows.count_quotes(session, row.quote_of_id, step=-1)
    await rows.quoted_is_gone(session, row.id)


async def tell_of_edit(session: AsyncSession, row: PostRow, *, now: datetime) -> None:
    """Tell members who quote a post that it reads differently now."""
    quoting = await rows.local_quoters(session, row.id)
    told = [Notice(number, "quoted_update", row.account_id, row.id) for number in quoting]
    await notifications.notify_many(session, told, now=now)


async def quotes_of(
    session: AsyncSession, *, post_id: int, viewer: Actor | None, page: PageRequest
) -> Page[PostView]:
    """Return a page of the posts that quote a post, as the viewer may see them."""
    row = await access.post_for(session, post_id, viewer=viewer)
    viewer_id = viewer.account_id if viewer is not None else None
    ids = await rows.quotes_of(session, row.boost_of_id or row.id, viewer_id, page)
    return ids.with_items(await views.post_views(session, ids.items, viewer=viewer))


async def tell_asker(
    session: AsyncSession, post: PostRow, approval: ApprovalRow, *, now: datetime
) -> None:
    """Let whoever asked know: the server elsewhere, or those who read a post of ours."""
    if post.local:
        await jobs.enqueue(session, FederateEdit(post.id, anew=True), now=now, about=post.uri)
    elif approval.request_uri:
        job = AnswerRequest(approval.id)
        await jobs.enqueue(session, job, now=now, about=approval.interaction_uri)


async def _answered_here(
    session: AsyncSession,
    post: PostRow,
    target: PostRow,
    approval: ApprovalRow,
    *,
    now: datetime,
) -> None:
    """Put into effect what a post of ours says to a quote of it."""
    state = Consent(approval.state)
    if state is Consent.ACCEPTED:
        await approvals.stamp(session, approval, target)
    await session.flush()
    await settle(session, post, state, now=now)
    if state is Consent.PENDING:
        await notifications.notify(
            session,
            account_id=target.account_id,
            kind="quote_request",
            from_id=post.account_id,
            post_id=post.id,
            now=now,
        )


async def _remember_stamp(
    session: AsyncSession, post: PostRow, stamp_uri: str | None, *, now: datetime
) -> None:
    known = await rows.of_interaction(session, QUOTE, post.uri)
    if known is not None:
        known.stamp_uri = stamp_uri
    elif stamp_uri is not None:
        session.add(
            ApprovalRow(
                id=new_id(),
                kind=QUOTE,
                account_id=post.account_id,
                target_uri=post.quote_of_uri or "",
                interaction_id=post.id,
                interaction_uri=post.uri,
                state=Consent.PENDING.value,
                stamp_uri=stamp_uri,
                created_at=now,
            )
        )
    await session.flush()


async def _forget(session: AsyncSession, post: PostRow) -> None:
    await session.execute(
        delete_rows(ApprovalRow).where(
            ApprovalRow.kind == QUOTE, ApprovalRow.interaction_id == post.id
        )
    )


async def _untell(session: AsyncSession, kind: str, post: PostRow) -> None:
    await session.execute(
        delete_rows(NotificationRow).where(
            NotificationRow.kind == kind, NotificationRow.post_id == post.id
        )
    )
