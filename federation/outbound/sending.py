"""Put an activity on its way: kept once, owed to each inbox."""

from collections.abc import Mapping

from federation.audience import Inboxes
from federation.objects import encode
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
) -> None:
    """Owe an activity of an account of ours to these inboxes.

    `object_key`: what it is about; what is about one thing reaches an inbox in its order.
    """
    await ctx.write(
        deliveries.add,
        uri=str(activity["id"]),
        account_id=account_id,
        body=encode(activity),
        object_key=object_key,
        priority=priority,
        inboxes=inboxes,
        now=ctx.clock(),
    )
