"""Jobs: Flag by this server, Block by members who want it to be known."""

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build import build_undo
from federation.vocab.build_moderation import build_block, build_flag
from fedi_k12.context import Context
from fedi_k12.domain.jobs import SendBlock, SendFlag, SendUnblock
from fedi_k12.services.reports import flag_of
from storage import accounts

REPORT = 2


async def send_flag(ctx: Context, job: SendFlag) -> None:
    """Job: tell the server of a reported account; this server speaks, not the reporter."""
    async with ctx.read() as session:
        found = await flag_of(session, job.report_id)
        server = await accounts.by_uri(session, ctx.addresses.server_actor())
        if found is None or server is None:
            return
        row, target, post_uris = found
        inboxes = await audience.of_account(session, target.id)
    activity = build_flag(
        uri=row.uri or "",
        actor_uri=server.uri,
        target_uri=target.uri,
        post_uris=post_uris,
        content=job.text,
    )
    await send(
        ctx,
        activity,
        account_id=server.id,
        object_key=row.uri or "",
        priority=REPORT,
        inboxes=inboxes,
    )


async def send_block(ctx: Context, job: SendBlock) -> None:
    """Job: let an account elsewhere know that it is blocked."""
    await _block(ctx, job.account_id, job.target_id, job.uri, undo=False)


async def send_unblock(ctx: Context, job: SendUnblock) -> None:
    """Job: let an account elsewhere know that it is no longer blocked."""
    await _block(ctx, job.account_id, job.target_id, job.uri, undo=True)


async def _block(
    ctx: Context, account_id: int, target_id: int, uri: str, *, undo: bool
) -> None:
    async with ctx.read() as session:
        rows = await accounts.by_ids(session, [account_id, target_id])
        inboxes = await audience.of_account(session, target_id)
    account, target = rows.get(account_id), rows.get(target_id)
    if account is None or target is None:
        return
    activity = build_block(uri=uri, actor_uri=account.uri, target_uri=target.uri)
    await send(
        ctx,
        build_undo(activity) if undo else activity,
        account_id=account.id,
        object_key=f"block {account.uri} {target.uri}",
        priority=REPORT,
        inboxes=inboxes,
    )
