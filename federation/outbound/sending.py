"""Put an activity on its way: kept once, owed to each inbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from federation.audience import Inboxes
from federation.objects import encode, encode_proven
from federation.policy import reachable
from federation.signing import prover_for
from fedi_k12.context import Context
from fedi_k12.services import records
from fedi_k12.services.group_posts import announce
from fedi_k12.web.shelf import kept
from fedi_k12.web.together import Together
from storage import deletions, deliveries
from storage.deliveries import Owed


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
    owed = Owed(
        uri=str(activity["id"]),
        account_id=account_id,
        body=body,
        object_key=object_key,
        priority=priority,
        inboxes=inboxes,
        key_id=key_id,
        remembered=deletes,
    )
    await kept(ctx, _Keep)(ctx, (owed, group_id))


class _Keep(Together[tuple[Owed, int | None], None]):
    """Puts on their way together what is sent at the same time."""

    def __init__(self) -> None:
        super().__init__(_keep_all)


async def _keep_all(ctx: Context, some: Sequence[tuple[Owed, int | None]]) -> list[None]:
    await ctx.write(_keep, some, now=ctx.clock())
    return [None] * len(some)


async def _keep(
    session: AsyncSession, some: Sequence[tuple[Owed, int | None]], *, now: datetime
) -> None:
    for one, _group_id in some:
        if one.remembered:
            await deletions.was_asked(session, one.object_key, now=now)
    await deliveries.add(session, [one for one, _group_id in some], now=now)
    for one, group_id in some:
        if group_id is not None:
            await announce(
                session,
                group_id=group_id,
                activity=one.body.decode(),
                post_uri=one.object_key,
                now=now,
            )
    by = await records.among(session, [one.account_id for one, _group_id in some])
    official = {account_id for account_id, _uri in by}
    for one, _group_id in some:
        if one.account_id in official:
            await records.sent(
                session,
                account_id=one.account_id,
                body=one.body,
                object_key=one.object_key,
                hosts={host for _inbox, host in one.inboxes},
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
