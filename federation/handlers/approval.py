"""Requests to quote, answer, like or pass on; their answers; stamps that are taken back."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.take import people_in, received_post
from federation.vocab import values
from federation.vocab.note import is_post, parse_object
from federation.vocab.quote import REQUESTS, STAMPS
from fedi_k12.domain.approvals import Consent, Interaction, Verdict
from fedi_k12.domain.consent_jobs import AnswerRequest
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import may_see
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import approvals, quotes, reactions, replies
from fedi_k12.services.access import facts_for
from fedi_k12.services.receive import receive_posts
from storage import approvals as rows
from storage import jobs, posts
from storage.tables import ApprovalRow, PostRow

_KINDS = frozenset(STAMPS.values())


async def request(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere asks whether they may do something with a post of ours.

    What they want to do it with is their own, or there is no answer (FED-111).
    """
    activity = letter.activity
    kind = REQUESTS[activity.type]
    target = await posts.by_uri(session, activity.object_id)
    if target is None or not target.local or target.boost_of_id is not None:
        raise DroppedError("not_ours")
    uri = values.id_of(activity.raw.get("instrument"))
    if not uri or not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-111")
    if kind in {Interaction.FAVOURITE, Interaction.BOOST}:
        await _reaction(session, letter, kind, target, uri)
        return
    post = await _instrument(session, letter, uri)
    about = post.quote_of_uri if kind is Interaction.QUOTE else await _answered(session, post)
    if about != target.uri:
        if uri in letter.given_up:
            raise DroppedError("FED-111")
        raise NeedsFetchError("post_anew", [uri])
    if kind is Interaction.QUOTE:
        row = await quotes.consider(
            session, post, target, request_uri=activity.id, now=letter.now
        )
    else:
        row = await replies.asked(
            session, post=post, parent=target, request_uri=activity.id, now=letter.now
        )
    if row.state != Consent.PENDING:
        answer, about = AnswerRequest(row.id), row.interaction_uri
        await jobs.enqueue(session, answer, now=letter.now, about=about)


async def is_about_ours(session: AsyncSession, letter: Letter) -> bool:
    """Return whether an Accept or Reject answers a request of ours."""
    return bool(await _asked(session, letter))


async def accept(session: AsyncSession, letter: Letter) -> None:
    """An author elsewhere lets a member quote or answer their post; nobody else can."""
    row = await _ours(session, letter)
    stamp = values.id_of(letter.activity.raw.get("result"))
    if stamp and not same_origin(stamp, letter.sender.uri):
        raise DroppedError("FED-111")
    if row.kind == Interaction.REPLY:
        await replies.stamp_came(session, row, stamp or None, now=letter.now)
    elif stamp:
        await quotes.stamp_came(session, row, stamp, now=letter.now)
    else:
        raise DroppedError("no_stamp")


async def reject(session: AsyncSession, letter: Letter) -> None:
    """An author elsewhere does not let a member quote or answer their post."""
    row = await _ours(session, letter)
    if row.kind == Interaction.REPLY:
        await replies.refused(session, row, now=letter.now)
    else:
        await quotes.refused(session, row, Consent.REJECTED, now=letter.now)


async def withdraw(session: AsyncSession, letter: Letter) -> bool:
    """An author elsewhere takes a stamp back; return whether it is of a stamp at all."""
    uri = letter.activity.object_id
    found = await rows.stamped(session, uri)
    if not found:
        return letter.activity.object_type in _KINDS
    if not same_origin(uri, letter.sender.uri):
        raise DroppedError("FED-111")
    for row in found:
        target = await posts.by_uri(session, row.target_uri)
        if target is not None and target.account_id != letter.sender.id:
            raise DroppedError("FED-111")
        if row.kind == Interaction.REPLY:
            await replies.refused(session, row, now=letter.now)
        else:
            await quotes.refused(session, row, Consent.REVOKED, now=letter.now)
    return True


async def _instrument(session: AsyncSession, letter: Letter, uri: str) -> PostRow:
    """Return the post that asks, taken in where it is not known: as sent, or fetched."""
    post = await posts.by_uri(session, uri)
    if post is None:
        sent = letter.activity.raw.get("instrument")
        if isinstance(sent, Mapping) and is_post(sent):
            await _take_in(session, letter, sent)
            post = await posts.by_uri(session, uri)
    if post is None:
        if uri in letter.given_up:
            raise DroppedError("unknown_post")
        raise NeedsFetchError("post", [uri])
    if post.account_id != letter.sender.id:
        raise DroppedError("FED-111")
    return post


async def _take_in(session: AsyncSession, letter: Letter, sent: values.Json) -> None:
    try:
        note = parse_object(sent)
    except InvalidError as error:
        raise DroppedError("form") from error
    if note.attributed_to != letter.sender.uri or note.is_vote:
        raise DroppedError("FED-111")
    people = await people_in(session, [note])
    received = received_post(note, letter.sender, people, now=letter.now)
    await receive_posts(session, [received], now=letter.now)


async def _answered(session: AsyncSession, post: PostRow) -> str | None:
    parent = await posts.by_id(session, post.in_reply_to_id) if post.in_reply_to_id else None
    return parent.uri if parent is not None else post.in_reply_to_uri


async def _reaction(
    session: AsyncSession, letter: Letter, kind: Interaction, target: PostRow, uri: str
) -> None:
    """Say whether somebody may like or pass on a post; nobody is asked, its policy says it."""
    row = await rows.of_interaction(session, kind.value, uri)
    if row is not None and row.account_id != letter.sender.id:
        raise DroppedError("FED-111")
    facts = (await facts_for(session, [target], viewer_id=letter.sender.id))[target.id]
    if not may_see(letter.sender.id, facts):
        raise DroppedError("FED-74")
    found = await approvals.verdict_for(session, kind, letter.sender, target)
    state = Consent.ACCEPTED if found is Verdict.AUTOMATIC else Consent.REJECTED
    if row is None:
        row = ApprovalRow(
            id=new_id(),
            kind=kind.value,
            account_id=letter.sender.id,
            target_id=target.id,
            target_uri=target.uri,
            interaction_uri=uri,
            state=state.value,
            created_at=letter.now,
        )
        session.add(row)
    row.request_uri = letter.activity.id
    await session.flush()
    if row.state == Consent.ACCEPTED:
        await approvals.stamp(session, row, target)
        if kind is Interaction.FAVOURITE:
            await reactions.receive_like(
                session, account=letter.sender, post=target, uri=uri, now=letter.now
            )
    answer, about = AnswerRequest(row.id), row.interaction_uri
    await jobs.enqueue(session, answer, now=letter.now, about=about)


async def _asked(session: AsyncSession, letter: Letter) -> list[ApprovalRow]:
    """Return what a member asked the sender, and what this is the answer to."""
    activity = letter.activity
    found = list(await rows.asked_by(session, activity.object_id))
    inner = activity.object
    if not found and inner is not None and activity.object_type in REQUESTS:
        kind = REQUESTS[activity.object_type]
        uri = values.id_of(inner.get("instrument"))
        row = await rows.of_interaction(session, kind.value, uri)
        found = [row] if row is not None else []
    targets = await posts.by_ids(session, [row.target_id for row in found if row.target_id])
    asking = await posts.by_ids(
        session, [row.interaction_id for row in found if row.interaction_id]
    )
    return [
        row
        for row in found
        if (target := targets.get(row.target_id or 0)) is not None
        and target.account_id == letter.sender.id
        and (post := asking.get(row.interaction_id or 0)) is not None
        and post.local
    ]


async def _ours(session: AsyncSession, letter: Letter) -> ApprovalRow:
    found = await _asked(session, letter)
    if not found:
        raise DroppedError("FED-111")
    # A post that answers and quotes somebody at once: their bare word is about the answer.
    return next((row for row in found if row.kind == Interaction.REPLY), found[0])
