"""Jobs: Join, Leave, Invite and their answers, to the one whom they concern (FED-94)."""

from collections.abc import Mapping
from typing import get_args

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build_event import (
    Answer,
    build_event_answer,
    build_invite,
    build_invite_answer,
    build_join,
    build_leave,
)
from fedi_k12.context import Context
from fedi_k12.domain.event_jobs import (
    AnswerGuest,
    AnswerInvite,
    FederateJoin,
    FederateLeave,
    SendInvite,
)
from fedi_k12.domain.ids import new_id
from storage import accounts, events, posts
from storage.tables import AccountRow

PRIORITY = 2


async def federate_join(ctx: Context, job: FederateJoin) -> None:
    """Job: ask an organiser elsewhere for a place."""
    async with ctx.read() as session:
        row = await events.attendance_by_id(session, job.attendance_id)
        post = await posts.by_id(session, row.post_id) if row is not None else None
    if row is None or post is None or not row.uri:
        return
    guest, organiser = await _two(ctx, row.account_id, post.account_id)
    if guest is None or organiser is None:
        return
    activity = build_join(
        uri=row.uri,
        actor_uri=guest.uri,
        event_uri=post.uri,
        organiser_uri=organiser.uri,
        message=row.message,
    )
    await _post(ctx, activity, guest, organiser, f"{guest.uri} {post.uri}")


async def federate_leave(ctx: Context, job: FederateLeave) -> None:
    """Job: tell an organiser elsewhere that a member does not come after all."""
    guest, organiser = await _two(ctx, job.account_id, job.organiser_id)
    if guest is None or organiser is None:
        return
    activity = build_leave(
        uri=job.uri,
        actor_uri=guest.uri,
        event_uri=job.event_uri,
        organiser_uri=organiser.uri,
    )
    await _post(ctx, activity, guest, organiser, f"{guest.uri} {job.event_uri}")


async def answer_guest(ctx: Context, job: AnswerGuest) -> None:
    """Job: let somebody elsewhere come to an event of ours, or not."""
    kind = next(name for name in get_args(Answer) if name == job.kind)
    organiser, guest = await _two(ctx, job.account_id, job.guest_id)
    if organiser is None or guest is None:
        return
    activity = build_event_answer(
        kind,
        uri=ctx.addresses.activity(organiser.username, f"{job.kind.lower()}s", new_id()),
        actor_uri=organiser.uri,
        guest_uri=guest.uri,
        asked={"id": job.wish_uri, "type": job.wish_type, "object": job.event_uri},
    )
    await _post(ctx, activity, organiser, guest, f"{guest.uri} {job.event_uri}")


async def send_invite(ctx: Context, job: SendInvite) -> None:
    """Job: invite somebody elsewhere."""
    organiser, guest = await _two(ctx, job.account_id, job.guest_id)
    if organiser is None or guest is None:
        return
    activity = build_invite(
        uri=job.uri, actor_uri=organiser.uri, event_uri=job.event_uri, guest_uri=guest.uri
    )
    await _post(ctx, activity, organiser, guest, f"{guest.uri} {job.event_uri}")


async def answer_invite(ctx: Context, job: AnswerInvite) -> None:
    """Job: say whether a member comes to what they are invited to."""
    guest, organiser = await _two(ctx, job.account_id, job.organiser_id)
    if guest is None or organiser is None:
        return
    kind = "accepts" if job.accepted else "rejects"
    activity = build_invite_answer(
        "Accept" if job.accepted else "Reject",
        uri=ctx.addresses.activity(guest.username, kind, new_id()),
        actor_uri=guest.uri,
        invite_uri=job.invite_uri,
        organiser_uri=organiser.uri,
    )
    await _post(ctx, activity, guest, organiser, f"{guest.uri} {job.invite_uri}")


async def _two(
    ctx: Context, one: int, other: int
) -> tuple[AccountRow | None, AccountRow | None]:
    async with ctx.read() as session:
        rows = await accounts.by_ids(session, [one, other])
    return rows.get(one), rows.get(other)


async def _post(
    ctx: Context,
    activity: Mapping[str, object],
    sender: AccountRow,
    to: AccountRow,
    about: str,
) -> None:
    async with ctx.read() as session:
        inboxes = await audience.of_account(session, to.id)
    await send(
        ctx,
        activity,
        account_id=sender.id,
        object_key=about,
        priority=PRIORITY,
        inboxes=inboxes,
    )
