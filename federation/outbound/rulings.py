"""Job: a moderator here decided something in a group; its members' servers hear of it."""

from datetime import datetime

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build_ruling import GroupOut, build_ruling
from fedi_k12.context import Context
from fedi_k12.domain.groups import Act
from fedi_k12.domain.jobs import FederateRuling
from storage import accounts, groups

PRIORITY = 2


async def federate_ruling(ctx: Context, job: FederateRuling) -> None:
    """Job: let a group of ours pass a ruling on, or send it to the group elsewhere."""
    async with ctx.read() as session:
        people = await accounts.by_ids(session, [job.group_id, job.moderator_id])
        group, moderator = people.get(job.group_id), people.get(job.moderator_id)
        if group is None or moderator is None:
            return
        profile = await groups.profile(session, group.id)
        if profile is not None and profile.private:
            return
        inboxes = await audience.of_account(session, group.id)
    lists = GroupOut(
        group.uri,
        group.featured_uri or f"{group.uri}/featured",
        ctx.addresses.moderators(group.username)
        if group.is_local
        else (profile.moderators_uri if profile else None) or f"{group.uri}/moderators",
    )
    activity = build_ruling(
        Act(job.act),
        uri=f"{moderator.uri}#rulings/{job.number}",
        actor_uri=moderator.uri,
        group=lists,
        target_uri=job.target_uri,
        reason=job.reason,
        expires_at=datetime.fromisoformat(job.expires_at) if job.expires_at else None,
        remove_data=job.remove_data,
    )
    await send(
        ctx,
        activity,
        account_id=moderator.id,
        object_key=job.target_uri,
        priority=PRIORITY,
        inboxes=inboxes,
        group_id=group.id if group.is_local else None,
    )
