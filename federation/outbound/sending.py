"""Put an activity on its way: kept once, owed to each inbox."""

from collections.abc import Mapping

from federation.audience import Inboxes
from federation.objects import encode, encode_proven
from federation.policy import reachable
from federation.signing import prover_for
from fedi_k12.context import Context
from storage import deliveries


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
) -> None:
    """Owe an activity of an account of ours to these inboxes, where their hosts are sent to.

    `object_key`: what it is about; what is about one thing reaches an inbox in its order.
    It carries a proof (FEP-8b32), so that others can pass it on and be believed.
    `private`: what it says is for followers alone or a letter.
    `key_id`: the key that signs the requests first, where it is not the account's newest.
    """
    inboxes = await reachable(ctx, inboxes, private=private)
    if not inboxes:
        return
    prove = await prover_for(ctx, account_id) if may_be_passed_on(activity) else None
    body = encode_proven(activity, prove) if prove is not None else encode(activity)
    await ctx.write(
        deliveries.add,
        uri=str(activity["id"]),
        account_id=account_id,
        body=body,
        object_key=object_key,
        priority=priority,
        inboxes=inboxes,
        key_id=key_id,
        now=ctx.clock(),
    )


def may_be_passed_on(activity: Mapping[str, object]) -> bool:
    """Return whether an activity may reach somebody whom we do not send it to.

    A letter between people carries no proof: whoever got it could show to all the world what
    was said, and nobody could deny it.
    """
    thing = activity.get("object")
    return not (isinstance(thing, Mapping) and thing.get("directMessage"))
