"""Job: a group of ours passes on what happened in it, to each server in the way it reads.

Servers that know groups take whole activities; others take the id of what was begun. Which
is which is learnt from what they send us; who never sent anything gets both, the activity
first, as Lemmy does.
"""

import hashlib

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build import build_announce
from federation.vocab.build_group import build_group_announce
from fedi_k12.context import Context
from fedi_k12.domain.jobs import AnnounceInGroup
from fedi_k12.domain.posts import Visibility
from storage import accounts, follows, groups, hosts, posts
from storage.tables import AccountRow, PostRow

PRIORITY = 3
_decode = msgspec.json.Decoder(dict[str, object]).decode


async def announce_in_group(ctx: Context, job: AnnounceInGroup) -> None:
    """Job: pass an activity on, unchanged and with its proof, to the members elsewhere."""
    activity = _decode(job.activity)
    async with ctx.read() as session:
        group = await accounts.by_id(session, job.group_id)
        if group is None or not group.is_local or group.suspended_at is not None:
            return
        profile = await groups.profile(session, group.id)
        if profile is not None and profile.private:
            return
        members = await follows.remote_inboxes(session, group.id)
        ways = await hosts.group_ways(session, {host for _i, _s, host in members})
        begun = await _begun(session, group, job) if activity.get("type") == "Create" else None
    inboxes = [(shared or inbox, host) for inbox, shared, host in members]
    number = hashlib.sha256(str(activity.get("id")).encode()).hexdigest()[:24]
    wrapped = build_group_announce(
        activity,
        uri=f"{group.uri}#announces/{number}",
        group_uri=group.uri,
        followers_uri=ctx.addresses.followers(group.username),
        published=ctx.clock(),
    )
    await send(
        ctx,
        wrapped,
        account_id=group.id,
        object_key=job.post_uri,
        priority=PRIORITY,
        inboxes=audience.once(pair for pair in inboxes if ways.get(pair[1]) != "id"),
    )
    if begun is None:
        return
    boost, author = begun
    plain = build_announce(
        uri=boost.uri,
        actor_uri=group.uri,
        followers_uri=ctx.addresses.followers(group.username),
        visibility=Visibility(boost.visibility),
        object_uri=job.post_uri,
        author_uri=author.uri,
        published=boost.created_at,
    )
    # Whoever wrote it learns that it stands there, also where nobody else is a member.
    told = [] if author.is_local else [(author.shared_inbox or author.inbox, author.host)]
    await send(
        ctx,
        plain,
        account_id=group.id,
        object_key=job.post_uri,
        priority=PRIORITY,
        inboxes=audience.once(
            pair for pair in [*inboxes, *told] if ways.get(pair[1]) != "activity"
        ),
    )


class Standing(Struct, frozen=True):
    """The group that something is in: its id for other servers, and here if it is ours."""

    uri: str | None = None
    ours: int | None = None


async def standing(session: AsyncSession, group_id: int | None) -> Standing:
    """Return what has to be said and done because a post is in a group, or in none."""
    group = await accounts.by_id(session, group_id) if group_id is not None else None
    if group is None:
        return Standing()
    return Standing(group.uri, group.id if group.is_local else None)


async def _begun(
    session: AsyncSession, group: AccountRow, job: AnnounceInGroup
) -> tuple[PostRow, AccountRow] | None:
    """Return the group's own announcement of what was begun, and who began it."""
    post = await posts.by_uri(session, job.post_uri)
    boost = await posts.boost_by(session, group.id, post.id) if post is not None else None
    author = await accounts.by_id(session, post.account_id) if post is not None else None
    return (boost, author) if boost is not None and author is not None else None
