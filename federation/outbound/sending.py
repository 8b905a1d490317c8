"""Put an activity on its way: kept once, owed to each inbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from federation.audience import Inboxes
from federation.objects import encode, encode_proven
from federation.policy import reachable
from federation.signing import prover_for
from fedi_k12.context import Context
from fedi_k12.services import records
from fedi_k12.services.group_posts import announce
from storage import deletions, deliveries


async def send(
    ctx: Context,
    activity: Mapping[str, object],
    *,
    account_id: int,
    object_key: str,
    priority: int,
    inboxes: Inboxes,
    private: bool = False,
    key_id: int | None = None,
    group_id: int | None = None,
    deletes: bool = False,
) -> None:
    """Owe an activity of an account of ours to these inboxes, where their hosts are sent to.

    `object_key`: what it is about; what is about one thing reaches an inbox in its order.
    It carries a proof (FEP-8b32), so that others can pass it on and be believed.
    `private`: what it says is for followers alone or a letter.
    `group_id`: the group of ours that it is in, which passes it on just as it went out.
    `deletes`: a post of an official account is deleted, of which a report is kept (S-47).
    `key_id`: the key that signs the requests first, where it is not the account's newest.
    """
    inboxes = await reachable(ctx, inboxes, private=private)
    if not inboxes and group_id is None and not await _is_kept(ctx, account_id):
        return
    prove = await prover_for(ctx, account_id) if may_be_passed_on(activity) else None
    body = encode_proven(activity, prove) if prove is not None else encode(activity)
    await ctx.write(
        _keep,
        uri=str(activity["id"]),
        account_id=account_id,
        body=body,
        object_key=object_key,
        priority=priority,
        inboxes=inboxes,
        key_id=key_id,
        group_id=group_id,
        deletes=deletes,
        now=ctx.clock(),
    )


async def _keep(
    session: AsyncSession,
    /,
    *,
    object_key: str,
    body: bytes,
    account_id: int,
    inboxes: Inboxes,
    group_id: int | None,
    deletes: bool,
    now: datetime,
    **rest: Any,
) -> None:
    if deletes:
        await deletions.was_asked(session, object_key, now=now)
    await deliveries.add(
        session,
        remembered=deletes,
        object_key=object_key,
        body=body,
        account_id=account_id,
        inboxes=inboxes,
        now=now,
        **rest,
    )
    if group_id is not None:
        await announce(
            session,
            group_id=group_id,
            activity=body.decode(),
            post_uri=object_key,
            now=now,
        )
    await records.sent(
        session,
        account_id=account_id,
        body=body,
        object_key=object_key,
        hosts={host for _inbox, host in inboxes},
        now=now,
    )


async def _is_kept(ctx: Context, account_id: int) -> bool:
    """Return whether an activity is kept as a record though no other server gets it."""
    async with ctx.read() as session:
        return await records.is_official(session, account_id)


def may_be_passed_on(activity: Mapping[str, object]) -> bool:
    """Return whether an activity may reach somebody whom we do not send it to.

    A letter between people carries no proof: whoever got it could show to all the world what
    was said, and nobody could deny it.
    """
    thing = activity.get("object")
    return not (isinstance(thing, Mapping) and thing.get("directMessage"))
