"""Many who want to follow at the same moment: each as if they had come alone."""

from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows, notifications, profiles
from fedi_k12.worker import run_until_idle
from storage import accounts

BASE = "http://remote.example"


async def told(ctx, member):
    """Return what a member is told: (kind, by whom)."""
    async with ctx.read() as session:
        page = await notifications.page(session, actor=member.actor, page=PageRequest())
    return sorted((one.kind, one.account.username) for one in page.items)


async def counts(ctx, uri):
    async with ctx.read() as session:
        row = await accounts.by_uri(session, uri)
    return row.following_count, row.followers_count


async def test_each_of_many_is_let_in_made_to_wait_or_refused(ctx, send, remote, maya, tom):
    """Row 1.8 "Follow / Accept / Reject"."""
    ann, ben, cem = (remote.actor(name) for name in ("ann", "ben", "cem"))
    await ctx.write(
        profiles.update_profile,
        actor=tom.actor,
        changes=profiles.ProfileChanges(locked=True),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    for actor, whom, number in (
        (ann, maya.account.uri, "1"),
        (ben, maya.account.uri, "2"),
        (ann, tom.account.uri, "3"),
        (ann, maya.account.uri, "4"),
        (cem, f"{BASE}/users/ann", "5"),
        (cem, maya.account.uri, "6"),
    ):
        await send(actor, actor.activity("Follow", whom, number), process=False)
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ben.uri)
    await ctx.write(follows.block, actor=maya.actor, target_id=row.id, now=ctx.clock())

    await run_until_idle(ctx)

    answers = sorted(
        (one.body["type"], one.body["object"]["id"].rpartition("/")[2])
        for one in remote.delivered
        if one.body["type"] in {"Accept", "Reject"}
    )
    assert answers == [
        ("Accept", "follow-1"), ("Accept", "follow-4"), ("Accept", "follow-6"),
        ("Reject", "follow-2"),
    ]  # fmt: skip
    assert await told(ctx, maya) == [("follow", "ann"), ("follow", "cem")]
    assert await told(ctx, tom) == [("follow_request", "ann")]
    assert await counts(ctx, maya.account.uri) == (0, 2)
    assert await counts(ctx, tom.account.uri) == (0, 0)
    assert [await counts(ctx, one.uri) for one in (ann, ben, cem)] == [(1, 0), (0, 0), (1, 0)]
