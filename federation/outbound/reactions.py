"""Jobs: a favourite or boost of ours was given or taken back; tell other servers."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from federation import audience
from federation.objects import given_emoji
from federation.outbound.groups import standing
from federation.outbound.sending import send
from federation.vocab.build import build_announce, build_like, build_undo
from federation.vocab.build_group import for_group
from federation.vocab.reaction import build_reaction
from fedi_k12.context import Context
from fedi_k12.domain.jobs import (
    FederateBoost,
    FederateFavourite,
    FederateReaction,
    FederateUnboost,
    FederateUnfavourite,
    FederateUnreaction,
)
from fedi_k12.domain.posts import Visibility
from storage import accounts, posts
from storage import federation as queries
from storage.tables import AccountRow

POST, LIKE = 3, 4


async def federate_boost(ctx: Context, job: FederateBoost) -> None:
    """Job: send the Announce of a post."""
    async with ctx.read() as session:
        row = await posts.by_id(session, job.boost_id)
        original = (
            await posts.by_id(session, row.boost_of_id) if row and row.boost_of_id else None
        )
        if row is None or original is None:
            return
        booster = await accounts.by_id(session, row.account_id)
        author = await accounts.by_id(session, original.account_id)
        if booster is None or author is None:
            return
        inboxes = await _of_boost(session, booster.id, author.id)
    activity = build_announce(
        uri=row.uri,
        actor_uri=booster.uri,
        followers_uri=ctx.addresses.followers(booster.username),
        visibility=Visibility(row.visibility),
        object_uri=original.uri,
        author_uri=author.uri,
        published=row.created_at,
    )
    await send(
        ctx, activity, account_id=booster.id, object_key=row.uri, priority=POST, inboxes=inboxes
    )


async def federate_unboost(ctx: Context, job: FederateUnboost) -> None:
    """Job: send the Undo of an Announce."""
    async with ctx.read() as session:
        booster = await accounts.by_id(session, job.account_id)
        author = await accounts.by_id(session, job.post_account_id)
        if booster is None or author is None:
            return
        inboxes = await _of_boost(session, booster.id, author.id)
    announce = build_announce(
        uri=job.uri,
        actor_uri=booster.uri,
        followers_uri=ctx.addresses.followers(booster.username),
        visibility=Visibility.PUBLIC,
        object_uri=job.post_uri,
        author_uri=author.uri,
        published=datetime.fromisoformat(job.created_at),
    )
    await send(
        ctx,
        build_undo(announce),
        account_id=booster.id,
        object_key=job.uri,
        priority=POST,
        inboxes=inboxes,
    )


async def federate_favourite(ctx: Context, job: FederateFavourite) -> None:
    """Job: send the Like of a post to its author, to the group it is in, and nobody else."""
    async with ctx.read() as session:
        row = await queries.favourite(session, job.favourite_id)
        post = await posts.by_id(session, row.post_id) if row else None
        if row is None or post is None or row.uri is None:
            return
        account = await accounts.by_id(session, row.account_id)
        author = await accounts.by_id(session, post.account_id)
        if account is None or author is None:
            return
        group = await standing(session, post.group_id)
        inboxes = await _of_like(session, author.id, post.group_id)
    like = _like(row.uri, account, post.uri, author)
    await send(
        ctx,
        for_group(like, group_uri=group.uri),
        account_id=account.id,
        object_key=post.uri,
        priority=LIKE,
        inboxes=inboxes,
        group_id=group.ours,
    )


async def federate_unfavourite(ctx: Context, job: FederateUnfavourite) -> None:
    """Job: send the Undo of a Like."""
    async with ctx.read() as session:
        account = await accounts.by_id(session, job.account_id)
        author = await accounts.by_id(session, job.post_account_id)
        if account is None or author is None:
            return
        group = await standing(session, job.group_id)
        inboxes = await _of_like(session, author.id, job.group_id)
    like = for_group(_like(job.uri, account, job.post_uri, author), group_uri=group.uri)
    await send(
        ctx,
        for_group(build_undo(like), group_uri=group.uri),
        account_id=account.id,
        object_key=job.post_uri,
        priority=LIKE,
        inboxes=inboxes,
        group_id=group.ours,
    )


async def federate_reaction(ctx: Context, job: FederateReaction) -> None:
    """Job: send the Like that carries an emoji to the author of the post."""
    async with ctx.read() as session:
        row = await queries.emoji_reaction(session, job.reaction_id)
        post = await posts.by_id(session, row.post_id) if row else None
        if row is None or post is None or row.uri is None:
            return
        again = FederateUnreaction(
            row.account_id, row.uri, post.uri, post.account_id, row.emoji, row.url
        )
    await _send_reaction(ctx, again, undone=False)


async def federate_unreaction(ctx: Context, job: FederateUnreaction) -> None:
    """Job: send the Undo of a Like that carried an emoji."""
    await _send_reaction(ctx, job, undone=True)


async def _send_reaction(ctx: Context, job: FederateUnreaction, *, undone: bool) -> None:
    async with ctx.read() as session:
        account = await accounts.by_id(session, job.account_id)
        author = await accounts.by_id(session, job.post_account_id)
        if account is None or author is None:
            return
        post = await posts.by_uri(session, job.post_uri)
        group_id = post.group_id if post is not None else None
        group = await standing(session, group_id)
        inboxes = await _of_like(session, author.id, group_id)
    emoji = given_emoji(job.emoji, job.url, addresses=ctx.addresses) if job.url else job.emoji
    like = build_reaction(
        uri=job.uri,
        actor_uri=account.uri,
        object_uri=job.post_uri,
        author_uri=author.uri,
        emoji=emoji,
    )
    await send(
        ctx,
        for_group(build_undo(like) if undone else like, group_uri=group.uri),
        account_id=account.id,
        object_key=job.post_uri,
        priority=LIKE,
        inboxes=inboxes,
        group_id=group.ours,
    )


async def _of_like(
    session: AsyncSession, author_id: int, group_id: int | None
) -> list[tuple[str, str]]:
    told = await audience.of_account(session, author_id)
    if group_id is not None:
        told += await audience.of_account(session, group_id)
    return list(dict.fromkeys(told))


def _like(
    uri: str, account: AccountRow, post_uri: str, author: AccountRow
) -> dict[str, object]:
    return build_like(
        uri=uri, actor_uri=account.uri, object_uri=post_uri, author_uri=author.uri
    )


async def _of_boost(
    session: AsyncSession, booster_id: int, author_id: int
) -> list[tuple[str, str]]:
    author = await audience.of_accounts(session, [author_id])
    followers = await audience.of_followers(session, booster_id)
    return list(dict.fromkeys([*author, *followers]))
