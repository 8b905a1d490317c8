"""Answers to posts whose author decides who may answer: they wait, are let in, or are not.

What waits is seen by whoever wrote it and by whoever is answered, and by nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.approvals import QUEUED, Consent, Interaction, Verdict
from fedi_k12.domain.consent_jobs import AnswerRequest, RequestApproval
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateEdit, FederatePost
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.services import approvals, boards, notifications, queueing, tag_posts, timelines
from fedi_k12.services.notifications import Notice
from fedi_k12.services.queueing import Hold
from fedi_k12.services.received import ReceivedPost
from storage import accounts, jobs, post_writes, posts, restrictions
from storage import approvals as rows
from storage.tables import AccountRow, ApprovalRow, NotificationRow, PostRow

REPLY = Interaction.REPLY.value


class Waits(Struct, frozen=True):
    """That an answer is not seen at once."""

    state: str
    """What its post keeps: a `Consent`, or `QUEUED`."""
    hold: Hold | None = None
    """Why it waits at the desk of an official account."""

    @property
    def at(self) -> int | None:
        """The official account at whose desk it waits."""
        return self.hold.account_id if self.hold is not None else None


async def waits(
    session: AsyncSession,
    account: AccountRow,
    parent: PostRow,
    draft: Draft,
    *,
    now: datetime,
) -> Waits | None:
    """Return whether an answer of a member's has to wait for somebody's word.

    Raises `ForbiddenError` where the member may not answer at all.
    """
    found = await approvals.demand(session, Interaction.REPLY, account, parent)
    if found is Verdict.MANUAL:
        return Waits(Consent.PENDING.value)
    answer = queueing.Answer(
        account.id,
        parent.id,
        parent.thread_id,
        draft.visibility,
        f"{draft.summary} {draft.text}",
    )
    hold = (await queueing.holds(session, {"": answer}, now=now)).get("")
    return Waits(QUEUED, hold) if hold is not None else None


async def answered(
    session: AsyncSession,
    *,
    post: PostRow,
    account: AccountRow,
    parent: PostRow,
    now: datetime,
    sent_at: datetime,
    waiting: Waits | None = None,
) -> None:
    """Follow up an answer: ask whoever wants to be asked, and warn members of one board."""
    if waiting is not None and waiting.hold is not None:
        await queueing.keep(session, {post.id: waiting.hold}, now=now)
    await ask(session, post=post, account=account, parent=parent, now=now, sent_at=sent_at)
    await boards.warn(session, post=post, now=now)


async def ask(
    session: AsyncSession,
    *,
    post: PostRow,
    account: AccountRow,
    parent: PostRow,
    now: datetime,
    sent_at: datetime | None = None,
) -> None:
    """Ask whoever is answered, where their post says that this needs a word of theirs.

    Another server is asked at `sent_at`, when the answer goes out.
    """
    rule = approvals.policy_of(parent).reply
    waits = post.reply_state is not None
    public = rule is None or "public" in rule.automatic
    named = parent.in_reply_to_account_id == account.id or bool(
        await rows.named_among(session, [(account.id, parent.id)])
    )
    if public or named or parent.account_id == account.id or (parent.local and not waits):
        return
    number = new_id()
    row = rows.entry(REPLY, number, post, parent, Consent.PENDING, now=now)
    session.add(row)
    if parent.local:
        await session.flush()
        await _tell_of_wish(session, post, parent, now=now)
        return
    row.request_uri = f"{account.uri}#reply-requests/{number}"
    await session.flush()
    await jobs.enqueue(session, RequestApproval(number), now=now, due_at=sent_at)


async def held(
    session: AsyncSession,
    received: Sequence[ReceivedPost],
    known: Mapping[str, PostRow],
    *,
    now: datetime,
) -> dict[str, Waits]:
    """Return which of these new posts answer what does not take them at once, by their ids.

    A post of ours that says so, or an official account whose team looks at them first.
    """
    pairs = []
    authors = await accounts.by_ids(
        session,
        [p.account_id for p in received if _local_parent(p, known) is not None],
    )
    for post in received:
        parent = _local_parent(post, known)
        if parent is not None and post.account_id in authors:
            pairs.append((post, authors[post.account_id], parent))
    found = await approvals.verdicts(
        session, Interaction.REPLY, [(account, parent) for _post, account, parent in pairs]
    )
    states = {}
    for post, account, parent in pairs:
        said = found[account.id, parent.id]
        if said is not Verdict.AUTOMATIC:
            state = Consent.PENDING if said.possible else Consent.REJECTED
            states[post.uri] = Waits(state.value)
    together = {post.uri: post for post in received}
    answers = {
        post.uri: queueing.Answer(
            post.account_id,
            near.id,
            near.thread_id,
            post.visibility,
            plain_text(f"{post.summary} {post.content}"),
        )
        for post in received
        if post.uri not in states and (near := _near(post, together, known)) is not None
    }
    holds = await queueing.holds(session, answers, now=now)
    return states | {uri: Waits(QUEUED, hold) for uri, hold in holds.items()}


async def adopt(
    session: AsyncSession, places: Mapping[str, tuple[int, int, int]], *, now: datetime
) -> None:
    """Tie answers that came before what they answer to it, and let those wait that have to.

    `places` maps the id of a post that is now known to (id, author, thread).
    """
    moved = await post_writes.adopt_orphans(session, places)
    rows = await posts.by_ids(session, moved) if moved else {}
    before = await restrictions.queued_before(session, moved) if moved else set()
    answers = {
        str(number): _answer(row)
        for number, row in rows.items()
        if row.reply_state is None and row.boost_of_id is None and number not in before
    }
    holds = await queueing.holds(session, answers, now=now)
    for number, hold in holds.items():
        row = rows[int(number)]
        row.reply_state, row.waits_at = QUEUED, hold.account_id
        row.version += 1
        if row.in_reply_to_id is not None:
            await post_writes.count_replies(session, [row.in_reply_to_id], step=-1)
    await session.flush()
    held = {int(number): hold for number, hold in holds.items()}
    await queueing.keep(session, held, now=now)


async def receive(
    session: AsyncSession,
    received: Sequence[tuple[ReceivedPost, int]],
    waits: Mapping[str, Waits],
    *,
    now: datetime,
) -> None:
    """Note the new posts that wait, and tell whom they answer."""
    held = {at: one.hold for post, at in received if (one := waits.get(post.uri)) and one.hold}
    await queueing.keep(session, held, now=now)
    waiting = {at: post for post, at in received if post.in_reply_to_uri}
    found = await posts.by_ids(session, list(waiting)) if waiting else {}
    for number in waiting:
        row = found[number]
        if row.reply_state in {None, QUEUED} or row.in_reply_to_id is None:
            continue
        parent = await posts.by_id(session, row.in_reply_to_id)
        known = await rows.of_interaction(session, REPLY, row.uri)
        if parent is None or known is not None:
            continue
        session.add(rows.entry(REPLY, new_id(), row, parent, Consent(row.reply_state), now=now))
        await session.flush()
        if row.reply_state == Consent.PENDING:
            await _tell_of_wish(session, row, parent, now=now)


async def asked(
    session: AsyncSession,
    *,
    post: PostRow,
    parent: PostRow,
    request_uri: str,
    now: datetime,
) -> ApprovalRow:
    """Take in that an answer elsewhere asks for a word; return the word, said or not yet."""
    known = await rows.of_interaction(session, REPLY, post.uri)
    if known is None:
        state = Consent.PENDING if post.reply_state == QUEUED else Consent.ACCEPTED
        if post.reply_state not in {None, QUEUED}:
            state = Consent(post.reply_state)
        known = rows.entry(REPLY, new_id(), post, parent, state, now=now)
        session.add(known)
    known.request_uri = request_uri
    if known.state == Consent.ACCEPTED:
        await approvals.stamp(session, known, parent)
    await session.flush()
    return known


async def decide(
    session: AsyncSession, *, actor: Actor, approval: ApprovalRow, accept: bool, now: datetime
) -> None:
    """Let an answer to a post of the actor's in, or not."""
    post = await posts.by_id(session, approval.interaction_id or 0)
    parent = await posts.by_id(session, approval.target_id or 0)
    if post is None or parent is None or parent.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    approval.state = (Consent.ACCEPTED if accept else Consent.REJECTED).value
    await session.execute(
        delete_rows(NotificationRow).where(
            NotificationRow.kind == "reply_request", NotificationRow.post_id == post.id
        )
    )
    if accept:
        await approvals.stamp(session, approval, parent)
        await _agreed(session, post, now=now)
    else:
        post.reply_state = Consent.REJECTED.value
        post.version += 1
        await session.flush()
        await tag_posts.consider(session, post.id, now=now)
    if not post.local:
        about = approval.interaction_uri
        await jobs.enqueue(session, AnswerRequest(approval.id), now=now, about=about)


async def stamp_came(
    session: AsyncSession, approval: ApprovalRow, stamp_uri: str | None, *, now: datetime
) -> None:
    """Take in that somebody elsewhere lets an answer of a member's in: now it goes out."""
    approval.state, approval.stamp_uri = Consent.ACCEPTED.value, stamp_uri
    approval.checked_at = now
    await session.flush()
    post = await posts.by_id(session, approval.interaction_id or 0)
    if post is None:
        return
    if post.reply_state is not None:
        await _agreed(session, post, now=now)
    elif stamp_uri is not None:
        await jobs.enqueue(session, FederateEdit(post.id, anew=True), now=now, about=post.uri)


async def refused(session: AsyncSession, approval: ApprovalRow, *, now: datetime) -> None:
    """Take in that somebody elsewhere does not let an answer of a member's in, or no longer."""
    approval.state, approval.stamp_uri = Consent.REJECTED.value, None
    post = await posts.by_id(session, approval.interaction_id or 0)
    if post is not None and post.reply_state != Consent.REJECTED:
        if post.reply_state is None and post.in_reply_to_id is not None:
            await post_writes.count_replies(session, [post.in_reply_to_id], step=-1)
        post.reply_state = Consent.REJECTED.value
        post.version += 1
        await session.flush()
        await tag_posts.consider(session, post.id, now=now)
    await session.flush()


async def _agreed(session: AsyncSession, post: PostRow, *, now: datetime) -> None:
    """Let an answer in that whoever it answers agreed to, or let it wait at a desk now."""
    hold = (await queueing.holds(session, {"": _answer(post)}, now=now)).get("")
    if hold is None:
        await let_in(session, post, now=now)
        return
    post.reply_state, post.waits_at = QUEUED, hold.account_id
    await session.flush()
    await queueing.keep(session, {post.id: hold}, now=now)


async def let_in(session: AsyncSession, post: PostRow, *, now: datetime) -> None:
    """Let an answer be seen by whom it is for, as if it came now."""
    post.reply_state = post.waits_at = None
    post.version += 1
    await session.flush()
    if post.in_reply_to_id is not None:
        await post_writes.count_replies(session, [post.in_reply_to_id], step=1)
    named = [
        account.id
        for mention, account in (await posts.mentions_of(session, [post.id])).get(post.id, [])
        if not mention.silent and account.is_local
    ]
    tags = (await posts.tags_of(session, [post.id])).get(post.id, [])
    await timelines.fan_out(
        session,
        [
            timelines.Arrival(
                post_id=post.id,
                author_id=post.account_id,
                visibility=Visibility(post.visibility),
                reply_to_author_id=post.in_reply_to_account_id or 0,
                named_ids=tuple(number for number in named if number != post.account_id),
                tagged=bool(tags),
            )
        ],
    )
    told = [Notice(number, "mention", post.account_id, post.id) for number in named]
    await notifications.notify_many(session, told, now=now)
    if post.local and not post.local_only:
        await jobs.enqueue(session, FederatePost(post.id), now=now, about=post.uri)
        await tag_posts.consider(session, post.id, now=now)


async def _tell_of_wish(
    session: AsyncSession, post: PostRow, parent: PostRow, *, now: datetime
) -> None:
    await notifications.notify(
        session,
        account_id=parent.account_id,
        kind="reply_request",
        from_id=post.account_id,
        post_id=post.id,
        now=now,
    )


def _local_parent(post: ReceivedPost, known: Mapping[str, PostRow]) -> PostRow | None:
    parent = known.get(post.in_reply_to_uri or "")
    return parent if parent is not None and parent.local else None


def _near(
    post: ReceivedPost, together: Mapping[str, ReceivedPost], known: Mapping[str, PostRow]
) -> PostRow | None:
    """Return what is known above a post, below what came together with it."""
    seen: set[str] = set()
    uri = post.in_reply_to_uri or ""
    while uri not in known and uri in together and uri not in seen:
        seen.add(uri)
        uri = together[uri].in_reply_to_uri or ""
    return known.get(uri)


def _answer(row: PostRow) -> queueing.Answer:
    return queueing.Answer(
        row.account_id,
        row.in_reply_to_id or 0,
        row.thread_id,
        Visibility(row.visibility),
        plain_text(f"{row.summary} {row.content}"),
    )
