"""Jobs: take part in relays, and no longer; what goes to them besides followers (FEP-ae0c)."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation.learn import fetch_account
from federation.outbound.sending import send
from federation.vocab.build import build_announce, build_undo
from federation.vocab.build_follow import build_follow
from fedi_k12.context import Context
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.relay_jobs import JoinRelay, LeaveRelay
from fedi_k12.services import relays as services
from storage import accounts, relays
from storage.tables import AccountRow, PostRow

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOW, POST = 2, 3


async def join_relay(ctx: Context, job: JoinRelay) -> None:
    """Job: ask a relay to take part.

    Mastodon's kind is asked to be followed "as everybody", LitePub's kind as itself.
    """
    async with ctx.read() as session:
        row = await relays.by_id(session, job.relay_id)
    if row is None or ctx.settings.federation != "open":
        return
    inbox = row.inbox
    if row.style == "litepub":
        relay = await fetch_account(ctx, row.address)
        inbox = relay.inbox
        await ctx.write(services.found_inbox, relay_id=row.id, inbox=inbox)
    await _send(ctx, _follow(ctx, row.style, row.follow_uri, row.actor_uri), inbox, row.host)


async def leave_relay(ctx: Context, job: LeaveRelay) -> None:
    """Job: tell a relay that we no longer take part."""
    follow = _follow(ctx, job.style, job.follow_uri, job.actor_uri)
    await _send(ctx, build_undo(follow), job.inbox, job.host)


async def inboxes_for(
    session: AsyncSession, post: PostRow, author: AccountRow
) -> list[tuple[str, str]]:
    """Return the inboxes of the relays of Mastodon's kind that a post goes to as it is."""
    return await _as_it_is(session) if services.goes_to_relays(post, author) else []


async def inboxes_of_deletion(
    session: AsyncSession, visibility: Visibility, author: AccountRow
) -> list[tuple[str, str]]:
    """Return the inboxes of the relays that may have had a post which is gone."""
    may_have = visibility is Visibility.PUBLIC and author.indexable
    return await _as_it_is(session) if may_have else []


async def _as_it_is(session: AsyncSession) -> list[tuple[str, str]]:
    found = await relays.accepted(session)
    return [(row.inbox, row.host) for row in found if row.style == "mastodon"]


async def announce_to_relays(ctx: Context, post: PostRow, author: AccountRow) -> None:
    """Let relays of LitePub's kind have a post: our server names it, and they fetch it."""
    async with ctx.read() as session:
        if not services.goes_to_relays(post, author):
            return
        found = [row for row in await relays.accepted(session) if row.style == "litepub"]
    for row in found:
        announce = build_announce(
            uri=f"{ctx.addresses.server_actor()}#announces/{post.id}",
            actor_uri=ctx.addresses.server_actor(),
            followers_uri=row.actor_uri or row.address,
            visibility=Visibility.PUBLIC,
            object_uri=post.uri,
            author_uri=author.uri,
            published=post.created_at,
        )
        await _send(ctx, announce, row.inbox, row.host, about=post.uri)


def _follow(
    ctx: Context, style: str, follow_uri: str, actor_uri: str | None
) -> dict[str, object]:
    target = PUBLIC if style == "mastodon" else actor_uri or ""
    return build_follow(
        uri=follow_uri, actor_uri=ctx.addresses.server_actor(), target_uri=target
    )


async def _send(
    ctx: Context,
    activity: Mapping[str, object],
    inbox: str,
    host: str,
    *,
    about: str = "",
) -> None:
    async with ctx.read() as session:
        server = await accounts.by_uri(session, ctx.addresses.server_actor())
    if server is None:
        return
    await send(
        ctx,
        activity,
        account_id=server.id,
        object_key=about or inbox,
        priority=POST if about else FOLLOW,
        inboxes=[(inbox, host)],
    )
