"""Jobs: a post of ours was published, edited or deleted; tell other servers."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation import audience
from federation.objects import note_of
from federation.outbound import relays
from federation.outbound.groups import standing
from federation.outbound.sending import send
from federation.vocab.build import audience_of, build_create, build_delete, build_update
from federation.vocab.build_group import for_group
from fedi_k12.context import Context
from fedi_k12.domain.jobs import FederateDeletion, FederateEdit, FederatePost
from fedi_k12.domain.posts import Visibility
from fedi_k12.services.records import is_official
from storage import accounts, owned_tags, posts, reactions
from storage.tables import AccountRow, PostRow

PRIVATE = {Visibility.FOLLOWERS, Visibility.DIRECT}
DIRECT, REPLY, POST, DELETION = 0, 1, 3, 5
"""Which deliveries go first (see `storage.deliveries.PRIORITIES`)."""


async def federate_post(ctx: Context, job: FederatePost) -> None:
    """Job: send the Create of a post."""
    async with ctx.read() as session:
        found = await _post(session, job.post_id)
        if found is None:
            return
        row, author = found
        inboxes = await audience.of_post(session, row)
        inboxes = [*inboxes, *await relays.inboxes_for(session, row, author)]
        group = await standing(session, row.group_id)
        needed = (
            bool(inboxes) or group.ours is not None or await is_official(session, author.id)
        )
        document = await note_of(session, row, addresses=ctx.addresses) if needed else None
    await relays.announce_to_relays(ctx, row, author)
    if document is None:
        return
    uri = ctx.addresses.create(author.username, row.id)
    activity = build_create(document, uri=uri, published=row.created_at)
    await send(
        ctx,
        for_group(activity, group_uri=group.uri),
        account_id=author.id,
        object_key=row.uri,
        priority=priority_of(row),
        inboxes=inboxes,
        private=row.visibility in PRIVATE,
        group_id=group.ours,
    )


async def federate_edit(ctx: Context, job: FederateEdit) -> None:
    """Job: send the Update of a post."""
    async with ctx.read() as session:
        found = await _post(session, job.post_id)
        if found is None:
            return
        row, author = found
        inboxes = await audience.of_post(session, row)
        # Whoever passed it on or answered it shows it too.
        if row.reply_state is not None:
            return  # nobody but whoever is asked has it
        if Visibility(row.visibility) is not Visibility.DIRECT:
            concerned = await _concerned(session, row)
            inboxes = list(dict.fromkeys([*inboxes, *concerned]))
        inboxes = [*inboxes, *await relays.inboxes_for(session, row, author)]
        group = await standing(session, row.group_id)
        if not inboxes and group.ours is None and not await is_official(session, author.id):
            return
        document = await note_of(session, row, addresses=ctx.addresses)
    at = ctx.clock() if job.anew else row.edited_at or ctx.clock()
    uri = f"{row.uri}#updates/{int(at.timestamp() * 1000)}"
    activity = build_update(
        document,
        uri=uri,
        actor_uri=author.uri,
        to=_texts(document["to"]),
        cc=_texts(document["cc"]),
        at=at,
    )
    await send(
        ctx,
        for_group(activity, group_uri=group.uri),
        account_id=author.id,
        object_key=row.uri,
        priority=priority_of(row),
        inboxes=inboxes,
        private=row.visibility in PRIVATE,
        group_id=group.ours,
    )


async def federate_deletion(ctx: Context, job: FederateDeletion) -> None:
    """Job: send the Delete of a post that is gone here."""
    visibility = Visibility(job.visibility)
    async with ctx.read() as session:
        author = await accounts.by_id(session, job.account_id)
        if author is None:
            return
        inboxes = await audience.of_deletion(
            session,
            account_id=author.id,
            visibility=visibility,
            account_ids=job.account_ids,
        )
        for number in await owned_tags.accounts_among(session, job.account_ids):
            inboxes += await audience.of_followers(session, number)
        inboxes = [*inboxes, *await relays.inboxes_of_deletion(session, visibility, author)]
        told = await accounts.by_ids(session, job.account_ids)
        grave = await posts.tombstone(session, job.uri)
        group = await standing(session, job.group_id)
        kept = await is_official(session, author.id)
    if not inboxes and group.ours is None and not kept:
        return
    addressed = audience_of(
        visibility,
        followers_uri=ctx.addresses.followers(author.username),
        people=[row.uri for row in told.values() if not row.is_local],
    )
    activity = build_delete(
        job.uri,
        actor_uri=author.uri,
        to=addressed.to,
        cc=addressed.cc,
        former_type=job.former_type,
        deleted=grave.deleted_at if grave else None,
    )
    await send(
        ctx,
        for_group(activity, group_uri=group.uri),
        account_id=author.id,
        object_key=job.uri,
        priority=DELETION,
        inboxes=inboxes,
        deletes=kept,
        group_id=group.ours,
    )


def priority_of(row: PostRow) -> int:
    """Return how soon a post goes out: letters first, then answers."""
    if row.visibility == Visibility.DIRECT:
        return DIRECT
    return REPLY if row.in_reply_to_id is not None else POST


async def _post(session: AsyncSession, post_id: int) -> tuple[PostRow, AccountRow] | None:
    """Return the post with its author; None for one that does not leave this server."""
    row = await posts.by_id(session, post_id)
    if row is None or row.local_only or not row.local:
        return None
    author = await accounts.by_id(session, row.account_id)
    return (row, author) if author is not None else None


async def _concerned(session: AsyncSession, row: PostRow) -> list[tuple[str, str]]:
    return await audience.of_accounts(session, await reactions.concerned_by(session, row.id))


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
