"""Jobs: Follow, Undo Follow, Accept and Reject, to the one account that they concern."""

from collections.abc import Sequence
from typing import Literal

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build import build_undo
from federation.vocab.build_follow import build_answer, build_follow
from fedi_k12.context import Context
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateFollow, FederateUnfollow, SendAccept, SendReject
from fedi_k12.web.shelf import kept
from fedi_k12.web.together import Together
from storage import accounts, follows
from storage.tables import AccountRow

FOLLOW = 2
_Pair = tuple[AccountRow | None, AccountRow | None]


class _Both(Together[tuple[int, int], _Pair]):
    """Looks up together the two accounts that each of several jobs is about."""

    def __init__(self) -> None:
        super().__init__(_look_up)


async def _look_up(ctx: Context, pairs: Sequence[tuple[int, int]]) -> list[_Pair]:
    async with ctx.read() as session:
        rows = await accounts.by_ids(session, [number for pair in pairs for number in pair])
    return [(rows.get(one), rows.get(other)) for one, other in pairs]


async def federate_follow(ctx: Context, job: FederateFollow) -> None:
    """Job: ask an account elsewhere to be followed."""
    async with ctx.read() as session:
        row = await follows.by_id(session, job.follow_id)
    if row is None:
        return
    uri = row.uri or ""
    await _between(ctx, row.follower_id, row.target_id, uri, undo=False)


async def federate_unfollow(ctx: Context, job: FederateUnfollow) -> None:
    """Job: tell an account elsewhere that a follow of it is over."""
    await _between(ctx, job.account_id, job.target_id, job.uri, undo=True)


async def send_accept(ctx: Context, job: SendAccept) -> None:
    """Job: let an account elsewhere follow one of ours."""
    await _answer(ctx, "Accept", job)


async def send_reject(ctx: Context, job: SendReject) -> None:
    """Job: do not let an account elsewhere follow one of ours."""
    await _answer(ctx, "Reject", job)


async def _between(
    ctx: Context, follower_id: int, target_id: int, uri: str, *, undo: bool
) -> None:
    follower, target = await kept(ctx, _Both)(ctx, (follower_id, target_id))
    if follower is None or target is None:
        return
    activity = build_follow(uri=uri, actor_uri=follower.uri, target_uri=target.uri)
    if undo:
        activity = build_undo(activity)
    await send(
        ctx,
        activity,
        account_id=follower.id,
        object_key=f"{follower.uri} {target.uri}",
        priority=FOLLOW,
        inboxes=audience.of_row(target),
    )


async def _answer(
    ctx: Context, kind: Literal["Accept", "Reject"], job: SendAccept | SendReject
) -> None:
    account, follower = await kept(ctx, _Both)(ctx, (job.account_id, job.follower_id))
    if account is None or follower is None:
        return
    activity = build_answer(
        kind,
        uri=ctx.addresses.activity(account.username, f"{kind.lower()}s", new_id()),
        actor_uri=account.uri,
        follower_uri=follower.uri,
        follow_uri=job.follow_uri,
        asked_by=job.asked_by,
    )
    await send(
        ctx,
        activity,
        account_id=account.id,
        object_key=f"{follower.uri} {account.uri}",
        priority=FOLLOW,
        inboxes=audience.of_row(follower),
    )
