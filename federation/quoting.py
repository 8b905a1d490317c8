"""Jobs: look at what posts quote, and at the stamps that say that they may (FEP-044f)."""

from datetime import timedelta

from federation.fetch import Budget, fetch_document
from federation.resolve import post_of
from federation.vocab.quote import vouches
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent, Interaction
from fedi_k12.domain.consent_jobs import RecheckQuotes, VerifyQuote
from fedi_k12.domain.errors import DomainError, GoneError
from fedi_k12.domain.urls import same_origin
from fedi_k12.guard import FetchError
from fedi_k12.services import quotes
from storage import accounts, approvals, jobs, posts
from storage.tables import AccountRow, ApprovalRow, PostRow

RECHECKED_AFTER = timedelta(days=7)
RECHECKED_AT_ONCE = 200
RECHECK_EVERY = timedelta(hours=1)


async def verify_quote(ctx: Context, job: VerifyQuote) -> None:
    """Job: fetch what a post quotes and its stamp, and let it be shown, or not.

    What cannot be had now is left as it stands, and tried again where that may help.
    """
    async with ctx.read() as session:
        post = await posts.by_id(session, job.post_id)
        approval = await approvals.of_post(session, Interaction.QUOTE.value, job.post_id)
    if post is None or post.quote_of_uri is None:
        return
    try:
        target = await post_of(ctx, post.quote_of_uri, budget=Budget())
    except GoneError:
        await _learned(ctx, post, None, Consent.DELETED)
        return
    except DomainError as error:
        if isinstance(error, FetchError) and not error.permanent:
            raise
        return
    if target is None or target.boost_of_id is not None or target.local:
        return  # what is ours was decided when it came
    async with ctx.read() as session:
        author = await accounts.by_id(session, target.account_id)
    if author is not None:
        state = await _state(ctx, post, target, author, approval)
        await _learned(ctx, post, target, state)


async def recheck_quotes(ctx: Context, job: RecheckQuotes) -> None:
    """Job: look again at the stamps that nobody looked at for a week."""
    del job
    now = ctx.clock()
    async with ctx.read() as session:
        found = await approvals.due(
            session, before=now - RECHECKED_AFTER, limit=RECHECKED_AT_ONCE
        )
    await ctx.write(jobs.enqueue_many, [VerifyQuote(number) for number in found], now=now)


async def _state(
    ctx: Context,
    post: PostRow,
    target: PostRow,
    author: AccountRow,
    approval: ApprovalRow | None,
) -> Consent:
    """Return how a quote stands: its author's own, or with a stamp of whoever is quoted."""
    if target.account_id == post.account_id:
        return Consent.ACCEPTED
    before = Consent.REVOKED if post.quote_state == Consent.ACCEPTED else Consent.REJECTED
    stamp = approval.stamp_uri if approval is not None else None
    if stamp is None:
        ended = {Consent.REVOKED, Consent.REJECTED}
        if post.quote_state in ended:
            return Consent(str(post.quote_state))
        return before if before is Consent.REVOKED else Consent.PENDING
    if not same_origin(stamp, author.uri):
        return before
    try:
        document = (await fetch_document(ctx, stamp)).document
    except DomainError as error:
        if isinstance(error, FetchError) and not error.permanent:
            raise
        return before
    fits = vouches(document, author=author.uri, interaction_uri=post.uri, target_uri=target.uri)
    return Consent.ACCEPTED if fits else before


async def _learned(ctx: Context, post: PostRow, target: PostRow | None, state: Consent) -> None:
    await ctx.write(
        quotes.learned,
        post_id=post.id,
        target_id=target.id if target is not None else None,
        state=state,
        now=ctx.clock(),
    )
