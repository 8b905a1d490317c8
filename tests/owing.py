"""Activities that are owed to inboxes, whatever they say."""

from urllib.parse import urlsplit

from fedi_k12.context import Context
from storage import deliveries
from storage.deliveries import Owed


def owed(account_id: int, *inboxes: str, number: int = 1, body: bytes = b"{}") -> Owed:
    """Return what an account of this server owes, as a post; each `number` is another."""
    return Owed(
        uri=f"https://home.example/{number}",
        account_id=account_id,
        body=body,
        object_key=str(number),
        priority=3,
        inboxes=[(inbox, urlsplit(inbox).netloc) for inbox in inboxes],
    )


async def owe(
    ctx: Context, account_id: int, *inboxes: str, number: int = 1, body: bytes = b"{}"
) -> None:
    """Put that into the queue."""
    one = owed(account_id, *inboxes, number=number, body=body)
    await ctx.write(deliveries.add, [one], now=ctx.clock())
