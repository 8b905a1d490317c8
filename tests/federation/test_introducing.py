"""Row 1.13 "Profile backfill". Who is looked at for the first time is shown with their posts.

Row 1.8 "Add / Remove pins". What somebody features is learnt, kept up to date, and told.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from federation import introduce
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import featuring, follows, reactions, timelines
from fedi_k12.services import posts as post_services
from fedi_k12.web.shelf import kept
from fedi_k12.worker import run_until_idle
from storage import posts
from storage.tables import NotificationRow
from tests.remote import PUBLIC

BASE = "http://remote.example"
FEATURED, TAGS = f"{BASE}/users/ren/featured", f"{BASE}/users/ren/tags"


@pytest.fixture
async def ren(remote):
    return remote.actor("ren", featured=FEATURED, featuredTags=TAGS)


@pytest.fixture
async def row(ctx, send, ren, maya, account_by_uri):
    """Ren as they are known here: by a letter, and nothing else."""
    await send(ren, ren.create(ren.note("hello", to=[maya.account.uri]), "hello"))
    return await account_by_uri(ren.uri)


@pytest.fixture
def show(remote, ren, clock):
    """Return a function that shows notes of ren's, the later the higher their number."""

    def run(*numbers, days=30, **parts):
        for number in numbers:
            at = clock() - timedelta(days=days) + timedelta(minutes=int(number))
            remote.show(ren.note(str(number), published=at.isoformat(), **parts))
        return [f"{ren.uri}/posts/{number}" for number in numbers]

    return run


def listed(remote, uri, items, **parts):
    remote.show({"id": uri, "type": "OrderedCollection", "orderedItems": items, **parts})


@pytest.fixture
def look(ctx, maya):
    async def run(row):
        await featuring.look(ctx, account_id=row.id, viewer=maya.actor)
        await run_until_idle(ctx)

    return run


@pytest.fixture
def shown(ctx, maya):
    """Return a function that gives the ids of what stands on a profile."""

    async def run(row, **parts):
        async with ctx.read() as session:
            page = await timelines.of_account(
                session,
                account_id=row.id,
                viewer=maya.actor,
                page=PageRequest(limit=80),
                **parts,
            )
        return [view.uri for view in page.items]

    return run


async def test_the_newest_posts_of_an_outbox_are_fetched_from_their_own_ids(
    remote, ren, row, show, look, shown
):
    uris = show(*range(1, 61))
    creates = [ren.create(ren.note(str(n), "<p>Forged</p>"), str(n)) for n in range(60, 0, -1)]
    listed(
        remote, f"{ren.uri}/outbox", None, first=f"{ren.uri}/outbox?page=1", totalItems=60,
    )  # fmt: skip
    for page, part in (("1", creates[:20]), ("2", creates[20:40]), ("3", creates[40:])):
        remote.documents[f"/users/ren/outbox?page={page}"] = {
            "id": f"{ren.uri}/outbox?page={page}", "type": "OrderedCollectionPage",
            "orderedItems": part, "next": f"{ren.uri}/outbox?page={int(page) + 1}",
        }  # fmt: skip

    await look(row)

    found = [uri for uri in await shown(row) if not uri.endswith("hello")]
    assert found == list(reversed(uris))[:40]


async def test_an_outbox_brings_only_what_is_public_and_theirs(
    remote, ren, row, show, look, shown, make_server
):
    far = await make_server("far.example")
    sue = far.actor("sue")
    far.show(sue.note("1"))
    public, private = show(1)[0], show(2, to=[f"{ren.uri}/followers"], cc=[])[0]
    listed(
        remote, f"{ren.uri}/outbox",
        [
            ren.activity("Announce", f"{sue.uri}/posts/1"), ren.activity("Like", public),
            ren.create(sue.note("1")), ren.create({"id": public}, "2"), private, 7, {}, None,
        ],
    )  # fmt: skip

    await look(row)

    assert [uri for uri in await shown(row) if not uri.endswith("hello")] == [public]
    assert far.asked == []


async def test_it_is_done_once_a_day_and_the_newest_posts_once(
    clock, remote, ren, row, show, look, shown
):
    listed(remote, f"{ren.uri}/outbox", show(1))
    listed(remote, FEATURED, [])
    await look(row)
    asked = len(remote.asked)
    await look(row)
    assert len(remote.asked) == asked

    listed(remote, FEATURED, show(2))
    listed(remote, f"{ren.uri}/outbox", show(1, 3))
    clock.advance(hours=25)
    await look(row)

    assert await shown(row, pinned=True) == [f"{ren.uri}/posts/2"]
    assert f"{ren.uri}/posts/3" not in await shown(row)


async def test_visitors_set_nothing_going(ctx, remote, row):
    asked = len(remote.asked)

    await featuring.look(ctx, account_id=row.id, viewer=None)
    await run_until_idle(ctx)

    assert len(remote.asked) == asked


async def test_who_is_followed_is_introduced_and_only_the_latest_comes_home(
    ctx, remote, ren, row, show, send, maya
):
    listed(remote, f"{ren.uri}/outbox", [*show(2, days=0.5), *show(1, days=20)])
    async with ctx.read() as session:
        before = len(list(await session.scalars(select(NotificationRow))))
    await ctx.write(
        follows.follow, actor=maya.actor, target_id=row.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    inner = {"type": "Follow", "actor": maya.account.uri, "object": ren.uri}
    await send(ren, ren.activity("Accept", inner), process=False)
    await run_until_idle(ctx)

    async with ctx.read() as session:
        home = await timelines.home(session, actor=maya.actor, page=PageRequest())
        told = len(list(await session.scalars(select(NotificationRow))))
    # The letter that was known before is there too.
    assert {view.uri for view in home.items} == {
        f"{ren.uri}/posts/hello", f"{ren.uri}/posts/2",
    }  # fmt: skip
    assert told == before


async def test_pins_and_hashtags_are_read_from_their_collections(
    ctx, remote, ren, row, show, look, shown
):
    """Row 1.8 "Add / Remove pins"."""
    pins = show(1, 2, 3)
    listed(remote, FEATURED, [pins[0], {"id": pins[2], "type": "Note"}])
    listed(remote, TAGS, [
        {"type": "Hashtag", "name": "#Clay", "href": f"{BASE}/tags/clay"},
        {"type": "Hashtag", "name": "maths"}, {"type": "Note", "name": "no"}, "x",
        {"type": "Hashtag", "name": "two words"}, {"type": "Hashtag"},
    ])  # fmt: skip

    await look(row)

    assert set(await shown(row, pinned=True)) == {pins[0], pins[2]}
    async with ctx.read() as session:
        found = await featuring.featured_tags(session, account_id=row.id, viewer=None)
    assert [(tag.name, tag.display) for tag in found] == [("clay", "Clay"), ("maths", "maths")]


async def test_what_is_no_longer_featured_is_not_here_either(
    ctx, clock, remote, ren, row, show, look, shown
):
    listed(remote, FEATURED, show(1, 2))
    listed(remote, TAGS, [{"type": "Hashtag", "name": "#clay"}])
    await look(row)
    listed(remote, FEATURED, show(2))
    listed(remote, TAGS, [{"type": "Hashtag", "name": "#glue"}])
    clock.advance(hours=25)
    await look(row)

    assert await shown(row, pinned=True) == [f"{ren.uri}/posts/2"]
    async with ctx.read() as session:
        found = await featuring.featured_tags(session, account_id=row.id, viewer=None)
    assert [tag.name for tag in found] == ["glue"]


async def test_nobody_pins_what_another_wrote(ctx, remote, ren, row, look, send, maya):
    """FED-71."""
    theirs = await ctx.write(
        post_services.publish, actor=maya.actor, draft=Draft("mine"),
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip
    uri = f"{maya.account.uri}/statuses/{theirs}"
    listed(remote, FEATURED, [uri])
    await look(row)
    await send(ren, ren.activity("Add", uri, target=FEATURED))

    async with ctx.read() as session:
        assert (await posts.by_uri(session, uri)).pinned_at is None


@pytest.fixture
async def followed(ctx, row, send, ren, maya):
    await ctx.write(
        follows.follow, actor=maya.actor, target_id=row.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    inner = {"type": "Follow", "actor": maya.account.uri, "object": ren.uri}
    await send(ren, ren.activity("Accept", inner))


async def test_a_pin_is_taken_in_and_taken_back(followed, row, ren, show, send, shown):
    """Row 1.8 "Add / Remove pins"."""
    [uri] = show(1)
    await send(ren, ren.activity("Add", uri, target=FEATURED))
    assert await shown(row, pinned=True) == [uri]

    await send(ren, ren.activity("Remove", {"id": uri, "type": "Note"}, target=FEATURED))
    assert await shown(row, pinned=True) == []


FOREIGN = {
    "no target": None,
    "another's": "http://remote.example/users/sue/featured",
    "another collection": TAGS,
    "an inbox": "http://remote.example/inbox",
}


@pytest.mark.parametrize("target", FOREIGN.values(), ids=list(FOREIGN))
async def test_a_pin_into_another_collection_is_none(
    followed, row, ren, show, send, shown, target
):
    """FED-71."""
    [uri] = show(1)
    await send(ren, ren.activity("Add", uri, target=target))

    assert await shown(row, pinned=True) == []


async def test_what_only_followers_see_is_not_pinned(followed, row, ren, send, show, shown):
    private = ren.note("9", to=[f"{ren.uri}/followers"], cc=[])
    await send(ren, ren.create(private, "9"))
    await send(ren, ren.activity("Add", private["id"], target=FEATURED))

    assert await shown(row, pinned=True) == []


async def test_a_hashtag_is_featured_and_no_longer(ctx, followed, row, ren, send):
    tag = {"type": "Hashtag", "name": "#Clay", "href": f"{BASE}/tags/clay"}

    for kind, expected in (("Add", ["clay"]), ("Remove", [])):
        await send(ren, ren.activity(kind, tag, target=FEATURED))
        async with ctx.read() as session:
            found = await featuring.featured_tags(session, account_id=row.id, viewer=None)
        assert [one.name for one in found] == expected


async def test_our_pins_and_hashtags_are_told_to_followers(ctx, remote, ren, send, maya):
    """Row 1.8 "Add / Remove pins"."""
    await send(ren, ren.activity("Follow", maya.account.uri))
    number = await ctx.write(
        post_services.publish, actor=maya.actor, draft=Draft("first"),
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip
    hidden = await ctx.write(
        post_services.publish, actor=maya.actor,
        draft=Draft("among us", visibility=Visibility.FOLLOWERS),
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip
    await run_until_idle(ctx)
    remote.delivered.clear()

    await ctx.write(reactions.pin, actor=maya.actor, post_id=number, now=ctx.clock())
    await ctx.write(reactions.pin, actor=maya.actor, post_id=hidden, now=ctx.clock())
    await run_until_idle(ctx)
    await ctx.write(reactions.unpin, actor=maya.actor, post_id=number, now=ctx.clock())
    await ctx.write(reactions.unpin, actor=maya.actor, post_id=number, now=ctx.clock())
    await ctx.write(featuring.feature_tag, actor=maya.actor, name="#Clay", now=ctx.clock())
    await run_until_idle(ctx)

    assert sorted(remote.types()) == ["Add", "Add", "Remove"]
    bodies = [item.body for item in remote.delivered]
    pins = [
        body for body in bodies if body["target"] == f"{maya.account.uri}/collections/featured"
    ]
    assert [(body["type"], body["object"]) for body in pins] == [
        ("Add", f"{maya.account.uri}/statuses/{number}"),
        ("Remove", f"{maya.account.uri}/statuses/{number}"),
    ]
    [tag] = [body for body in bodies if body not in pins]
    assert tag["target"] == f"{maya.account.uri}/collections/tags"
    assert tag["object"] == {
        "type": "Hashtag", "name": "#Clay", "href": "https://home.example/tags/clay",
    }  # fmt: skip
    assert all(body["to"] == [PUBLIC] for body in bodies)


async def test_one_profile_of_a_host_is_fetched_at_a_time(ctx, clock, remote, row, maya):
    """The second waits its turn, and has it."""
    busy = kept(ctx, introduce._Busy)
    busy.add(row.host)
    await featuring.look(ctx, account_id=row.id, viewer=maya.actor)

    await run_until_idle(ctx)

    assert [path for path in remote.asked if path.endswith("/outbox")] == []
    busy.discard(row.host)
    clock.advance(minutes=2)
    await run_until_idle(ctx)
    assert len([path for path in remote.asked if path.endswith("/outbox")]) == 1
    assert row.host not in busy
