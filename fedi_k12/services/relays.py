"""Relays: servers that pass public posts of many small servers on to all of them (FEP-ae0c).

What goes there are first posts for everybody, by accounts that let everybody find what they
write. What comes from there is nobody's but its author's: it is fetched from its own server,
and kept only where somebody here follows a hashtag of it.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.relay_jobs import JoinRelay, LeaveRelay
from fedi_k12.domain.text import tag_key
from fedi_k12.domain.urls import host_of
from fedi_k12.services import moderation
from storage import jobs, relays
from storage.tables import AccountRow, FollowedTagRow, PostRow, RelayRow, TagRow

MAX_RELAYS = 10
SCHEMES = frozenset({"https"})
_KINDS = frozenset({"Application", "Service", "Organization", "Group"})
"""What relays say that they are; nobody's personal account is one."""


class RelayView(Struct, frozen=True):
    """A relay as staff see it; `state` is `pending`, `accepted` or `rejected`."""

    id: int
    address: str
    style: str
    host: str
    state: str
    created_at: datetime
    answered_at: datetime | None


async def everything(session: AsyncSession, *, actor: Actor | None) -> list[RelayView]:
    """Return all relays; `actor` is None for the operator at the command line."""
    _demand(actor)
    return [_view(row) for row in await relays.every(session)]


async def add(
    session: AsyncSession,
    *,
    actor: Actor | None,
    address: str,
    mode: str,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Ask a relay to take part, and return its id here.

    An address that ends with `/inbox` is one of Mastodon's kind, any other one the actor of
    one of LitePub's kind. Raises `InvalidError` for what is no address, for one too many, and
    where this server talks with chosen servers only (`mode`).
    """
    _demand(actor)
    address = address.strip()
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.username:
        raise InvalidError(
            "A relay has an address such as https://relay.example/inbox.",
            fields={"address": "is no address of a relay"},
        )
    if mode != "open":
        raise InvalidError("This server talks with chosen servers only, so not with a relay.")
    if await relays.by_address(session, address) is not None:
        raise InvalidError("This relay has been asked already.", fields={"address": "is there"})
    if len(await relays.every(session)) >= MAX_RELAYS:
        raise InvalidError(f"{MAX_RELAYS} relays are the most. Remove one first.")
    number = new_id()
    to_inbox = parts.path.rstrip("/").endswith("/inbox")
    row = RelayRow(
        id=number,
        address=address,
        style="mastodon" if to_inbox else "litepub",
        inbox=address if to_inbox else "",
        host=host_of(address),
        actor_uri=None if to_inbox else address,
        state="pending",
        follow_uri=f"{addresses.server_actor()}#relays/{number}",
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await jobs.enqueue(session, JoinRelay(number), now=now)
    await moderation.audit(
        session, actor=actor, action="relay asked", target=("relay", address), now=now
    )
    return number


async def remove(
    session: AsyncSession, *, actor: Actor | None, relay_id: int, now: datetime
) -> None:
    """Take part in a relay no longer."""
    _demand(actor)
    row = await relays.by_id(session, relay_id)
    if row is None:
        raise NotFoundError("There is no such relay.")
    if row.inbox:
        job = LeaveRelay(row.style, row.inbox, row.host, row.actor_uri or "", row.follow_uri)
        await jobs.enqueue(session, job, now=now)
    await moderation.audit(
        session, actor=actor, action="relay left", target=("relay", row.address), now=now
    )
    await session.delete(row)


async def named(session: AsyncSession, *, address: str) -> int:
    """Return the id of the relay at an address."""
    row = await relays.by_address(session, address.strip())
    if row is None:
        raise NotFoundError(f"This server has not asked a relay at {address[:200]}.")
    return row.id


async def found_inbox(session: AsyncSession, *, relay_id: int, inbox: str) -> None:
    """Note where a relay that was named by its actor takes what is sent."""
    row = await relays.by_id(session, relay_id)
    if row is not None:
        row.inbox = inbox


async def receive_answer(
    session: AsyncSession,
    *,
    sender: AccountRow,
    follow_uri: str,
    accepted: bool,
    now: datetime,
) -> bool:
    """A relay answers whether we take part; false where no relay of ours was asked that.

    Only the server that was asked can answer.
    """
    for row in await relays.of_host(session, sender.host):
        if row.follow_uri == follow_uri or (row.actor_uri == sender.uri and not follow_uri):
            row.state = "accepted" if accepted else "rejected"
            row.actor_uri = row.actor_uri or sender.uri
            row.answered_at = now
            return True
    return False


async def is_relay(session: AsyncSession, account: AccountRow) -> bool:
    """Return whether an account elsewhere is a relay that we take part in."""
    if account.kind not in _KINDS:
        return False
    return any(
        row.state == "accepted" and row.actor_uri == account.uri
        for row in await relays.of_host(session, account.host)
    )


async def was_asked(session: AsyncSession, account: AccountRow) -> bool:
    """Return whether an account elsewhere is a relay that we asked: it may follow back."""
    return any(
        row.actor_uri == account.uri for row in await relays.of_host(session, account.host)
    )


async def somebody_wants(session: AsyncSession, hashtags: Sequence[str]) -> bool:
    """Return whether somebody here follows one of these hashtags."""
    keys = {tag_key(name) for name in hashtags}
    wanted = (
        select(FollowedTagRow.id)
        .join(TagRow, TagRow.id == FollowedTagRow.tag_id)
        .where(TagRow.name.in_(keys))
    )
    return bool(keys) and bool(await session.scalar(select(exists(wanted))))


def goes_to_relays(post: PostRow, author: AccountRow) -> bool:
    """Return whether a post of ours goes to relays: its author wants to be found by all."""
    return (
        author.indexable
        and post.visibility == Visibility.PUBLIC
        and not post.local_only
        and post.in_reply_to_id is None
        and post.in_reply_to_uri is None
        and post.boost_of_id is None
        and post.group_id is None
    )


def _view(row: RelayRow) -> RelayView:
    return RelayView(
        row.id, row.address, row.style, row.host, row.state, row.created_at, row.answered_at
    )


def _demand(actor: Actor | None) -> None:
    if actor is None:
        return
    decision = decide(actor, Action.DECIDE_HOSTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
