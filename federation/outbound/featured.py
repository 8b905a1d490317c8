"""Jobs: tell other servers of collections of ours, ask who is to be in them, answer theirs."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from federation import audience
from federation.featured import document_of, feature_stamp, item_of
from federation.outbound.sending import send
from federation.vocab.build import build_update
from federation.vocab.build_featured import build_featuring
from federation.vocab.contexts import PUBLIC
from federation.vocab.featured import build_item
from federation.vocab.quote import (
    FEATURE,
    build_request,
    build_revocation,
    build_stamp,
    build_verdict,
)
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collection_jobs import (
    AnswerFeature,
    FederateCollection,
    FederateCollectionEnd,
    FederateItem,
    RequestFeature,
    SendFeatureRevocation,
)
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.services import collections
from storage import accounts
from storage import collections as queries
from storage.tables import AccountRow, CollectionItemRow, CollectionRow

FEATURING, ASKING = 4, 1


async def federate_collection(ctx: Context, job: FederateCollection) -> None:
    """Job: send the Add of a new collection, or the Update of a changed one."""
    async with ctx.read() as session:
        view = await _seen(session, job.collection_id)
        if view is None:
            return
        people = [item.account.id for item in view.items]
        inboxes = await _inboxes(session, view, people)
    owner, document = view.owner, document_of(view, ctx.addresses)
    activity: Mapping[str, object] = (
        build_featuring(
            "Add",
            uri=ctx.addresses.activity(owner.username, "featuring", new_id()),
            actor_uri=owner.uri,
            followers_uri=ctx.addresses.followers(owner.username),
            featured=document,
            collection_uri=ctx.addresses.featured_collections(owner.username),
        )
        if job.added
        else build_update(
            document,
            uri=f"{view.uri}#updates/{new_id()}",
            actor_uri=owner.uri,
            to=[PUBLIC],
            cc=[ctx.addresses.followers(owner.username)],
            at=view.updated_at,
        )
    )
    await _send(ctx, activity, owner.id, view.uri, inboxes)


async def federate_collection_end(ctx: Context, job: FederateCollectionEnd) -> None:
    """Job: send the Remove of a collection that is gone from its maker's profile."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
        if row is None or row.deleted_at is not None:
            return
        inboxes = await audience.of_followers(session, row.id)
        inboxes += await audience.of_accounts(session, job.people)
    activity = build_featuring(
        "Remove",
        uri=ctx.addresses.activity(row.username, "featuring", new_id()),
        actor_uri=row.uri,
        followers_uri=ctx.addresses.followers(row.username),
        featured=job.uri,
        collection_uri=ctx.addresses.featured_collections(row.username),
    )
    await _send(ctx, activity, row.id, job.uri, inboxes)


async def federate_item(ctx: Context, job: FederateItem) -> None:
    """Job: send that an account is in a collection (Add), or no longer (Remove)."""
    async with ctx.read() as session:
        view = await _seen(session, job.collection_id)
        if view is None:
            return
        people = [job.account_id, *(item.account.id for item in view.items)]
        inboxes = await _inboxes(session, view, people)
    item = next((one for one in view.items if one.uri == job.uri), None)
    if job.added == (item is None):
        return  # it changed again meanwhile, and the job for that says so
    activity = build_featuring(
        "Add" if item else "Remove",
        uri=ctx.addresses.activity(view.owner.username, "featuring", new_id()),
        actor_uri=view.owner.uri,
        followers_uri=ctx.addresses.followers(view.owner.username),
        featured=build_item(item_of(item)) if item else job.uri,
        collection_uri=view.uri,
    )
    await _send(ctx, activity, view.owner.id, view.uri, inboxes)


async def request_feature(ctx: Context, job: RequestFeature) -> None:
    """Job: ask an account elsewhere whether it may be in a collection of ours."""
    async with ctx.read() as session:
        found = await _about(session, job.item_id)
        if found is None:
            return
        item, row, owner, account = found
        inboxes = await audience.of_account(session, account.id)
    if item.state != Consent.PENDING or not item.request_uri:
        return
    activity = build_request(
        FEATURE,
        uri=item.request_uri,
        actor_uri=owner.uri,
        target_uri=account.uri,
        author_uri=account.uri,
        instrument=row.uri,
    )
    await _send(ctx, activity, owner.id, row.uri, inboxes, priority=ASKING)


async def answer_feature(ctx: Context, job: AnswerFeature) -> None:
    """Job: say yes, with a stamp, or no to whoever wants a member in their collection."""
    async with ctx.read() as session:
        member = await accounts.by_id(session, job.account_id)
        asker = await accounts.by_id(session, job.asker_id)
        inboxes = await audience.of_account(session, job.asker_id)
    if member is None or asker is None:
        return
    answer: Literal["Accept", "Reject"] = "Accept" if job.stamp_uri else "Reject"
    activity = build_verdict(
        answer,
        FEATURE,
        uri=f"{member.uri}#{answer.lower()}s/{new_id()}",
        actor_uri=member.uri,
        asker_uri=asker.uri,
        request_uri=job.request_uri,
        interaction_uri=job.collection_uri,
        target_uri=member.uri,
        stamp_uri=job.stamp_uri,
    )
    await _send(ctx, activity, member.id, job.collection_uri, inboxes, priority=ASKING)


async def send_feature_revocation(ctx: Context, job: SendFeatureRevocation) -> None:
    """Job: tell a collection's server that a member takes back their word."""
    async with ctx.read() as session:
        found = await _about(session, job.item_id)
        if found is None:
            return
        item, row, owner, member = found
        inboxes = await audience.of_account(session, owner.id)
        held = await feature_stamp(session, member, item.id)
    if held is not None or not item.stamp_uri:
        return
    stamp = build_stamp(
        FEATURE,
        uri=item.stamp_uri,
        author_uri=member.uri,
        interaction_uri=row.uri,
        target_uri=member.uri,
    )
    activity = build_revocation(stamp=stamp, actor_uri=member.uri, to=[owner.uri], cc=[PUBLIC])
    await _send(ctx, activity, member.id, row.uri, inboxes, priority=ASKING)


async def _send(
    ctx: Context,
    activity: Mapping[str, object],
    account_id: int,
    key: str,
    inboxes: Sequence[tuple[str, str]],
    *,
    priority: int = FEATURING,
) -> None:
    await send(
        ctx,
        activity,
        account_id=account_id,
        object_key=key,
        priority=priority,
        inboxes=audience.once(inboxes),
    )


async def _seen(session: AsyncSession, collection_id: int) -> CollectionView | None:
    """Return a collection of ours as everybody sees it, None where it is gone."""
    try:
        view = await collections.get(session, collection_id=collection_id, viewer=None)
    except NotFoundError:
        return None
    return view if view.owner.is_local else None


async def _inboxes(
    session: AsyncSession, view: CollectionView, people: Sequence[int]
) -> list[tuple[str, str]]:
    """Return who hears of a collection: who is in it, and followers if it is on the profile."""
    inboxes = await audience.of_accounts(session, people)
    if view.discoverable:
        inboxes += await audience.of_followers(session, view.owner.id)
    return inboxes


async def _about(
    session: AsyncSession, item_id: int
) -> tuple[CollectionItemRow, CollectionRow, AccountRow, AccountRow] | None:
    """Return a place, its collection, whose that is, and whose place it is."""
    item = await queries.item(session, item_id)
    if item is None:
        return None
    row = (await queries.by_ids(session, [item.collection_id])).get(item.collection_id)
    people = await accounts.by_ids(
        session, [item.account_id, row.account_id if row is not None else 0]
    )
    if row is None or item.account_id not in people or row.account_id not in people:
        return None
    return item, row, people[row.account_id], people[item.account_id]
