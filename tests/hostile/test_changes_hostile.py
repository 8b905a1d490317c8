"""Letters that change, see or flood what is not theirs (FED-20 to FED-23, FED-60 to FED-63)."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import accounts, posts
from storage.tables import FollowRow, JobRow, NotificationRow, PostRow
from tests.hostile.letters import count, named
from tests.remote import OTHER_KEYS, PUBLIC, Actor


async def test_fed_61_far_too_many_of_everything_is_cut(ctx, send, ren, maya):
    note = ren.note(
        tag=[
            *named(maya),
            *({"type": "Hashtag", "name": f"#t{n}"} for n in range(3000)),
        ],
        to=[PUBLIC, *(f"http://remote.example/u/{n}" for n in range(3000))],
        attachment=[
            {"type": "Image", "url": f"http://remote.example/{n}.png"} for n in range(500)
        ],
    )

    assert await send(ren, ren.create(note)) == 202
    async with ctx.read() as session:
        row = await posts.by_uri(session, note["id"])
        assert len((await posts.tags_of(session, [row.id]))[row.id]) <= 32
        assert len((await posts.media_of(session, [row.id]))[row.id]) <= 16


async def test_fed_63_replies_in_a_circle_come_to_an_end(ctx, send, remote, ren, maya):
    one, two = f"{ren.uri}/posts/1", f"{ren.uri}/posts/2"
    remote.show(ren.note("1", inReplyTo=two))
    remote.show(ren.note("2", inReplyTo=one))

    assert await send(ren, ren.create(ren.note("1", inReplyTo=two, tag=named(maya)))) == 202

    assert await count(ctx, JobRow) == 0


async def test_fed_60_times_that_cannot_be_are_now(ctx, send, ren, maya):
    for at, published in enumerate(("9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", 5, "soon")):
        note = ren.note(str(at), published=published, tag=named(maya))
        assert await send(ren, ren.create(note, str(at))) == 202

    async with ctx.read() as session:
        for row in await session.scalars(select(PostRow)):
            assert row.created_at <= ctx.clock()


async def test_fed_106_a_mention_bomb_tells_few(ctx, send, ren, make_member):
    people = [await make_member(f"member{number}") for number in range(25)]
    tags = [
        {"type": "Mention", "href": one.account.uri, "name": f"@{one.account.username}"}
        for one in people
    ]

    await send(ren, ren.create(ren.note(tag=tags)))

    assert await count(ctx, NotificationRow, NotificationRow.kind == "mention") <= 20


async def own_post(ctx, maya, visibility=Visibility.PUBLIC):
    number = await ctx.write(
        publish,
        actor=maya.actor,
        draft=Draft("Hello", visibility),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    async with ctx.read() as session:
        return await posts.by_id(session, number)


CHANGES = {
    "FED-68 an Update of another's post": lambda eve, post, theirs: eve.activity(
        "Update", eve.note() | {"id": theirs, "content": "<p>Forged</p>"}
    ),
    "FED-69 a Delete of another's post": lambda eve, post, theirs: eve.activity(
        "Delete", theirs
    ),
    "FED-69 a Delete of a post of ours": lambda eve, post, theirs: eve.activity(
        "Delete", post.uri
    ),
    "FED-69 a Delete of another account": lambda eve, post, theirs: eve.activity(
        "Delete", "http://remote.example/users/ren"
    ),
    "FED-71 an Undo of another's Like": lambda eve, post, theirs: eve.activity(
        "Undo", "http://remote.example/users/ren/activities/like-1"
    ),
    "FED-71 an Undo of another's Follow": lambda eve, post, theirs: eve.activity(
        "Undo", "http://remote.example/users/ren/activities/follow-first"
    ),
    "FED-71 an Undo with another's Follow inside": lambda eve, post, theirs: eve.activity(
        "Undo",
        {
            "id": "http://remote.example/users/ren/activities/follow-first",
            "type": "Follow",
            "actor": "http://remote.example/users/ren",
            "object": post.uri.partition("/statuses")[0],
        },
    ),
    "FED-71 an Accept of a follow that was never asked": lambda eve, post, theirs: eve.activity(
        "Accept",
        {"type": "Follow", "actor": post.uri.partition("/statuses")[0], "object": eve.uri},
    ),
    "FED-32 an Update of another's account": lambda eve, post, theirs: eve.activity(
        "Update", Actor("remote.example", "ren").document(name="Forged")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_nobody_changes_what_is_anothers(ctx, send, remote, ren, maya, change):
    eve = remote.actor("eve", keys=OTHER_KEYS)
    theirs = ren.note("theirs", "<p>Mine</p>", tag=named(maya))
    await send(ren, ren.create(theirs, "theirs"))
    post = await own_post(ctx, maya)
    await send(ren, ren.activity("Like", post.uri))

    status = await send(eve, change(eve, post, theirs["id"]))

    assert status in {202, 401, 422}
    async with ctx.read() as session:
        assert (await posts.by_uri(session, theirs["id"])).content == "<p>Mine</p>"
        assert (await posts.by_id(session, post.id)).favourites_count == 1
        row = await accounts.by_uri(session, ren.uri)
        assert row.deleted_at is None
        assert row.display_name == "Ren"
    assert await count(ctx, FollowRow) == 1


REWRITES = {
    "FED-70 another author": (
        {"attributedTo": "http://remote.example/users/eve"},
        "account_id",
    ),
    "FED-70 a wider audience": ({"to": [PUBLIC]}, "visibility"),
    "FED-70 another kind": ({"type": "Article"}, "kind"),
    "FED-70 another parent": ({"inReplyTo": "http://remote.example/1"}, "in_reply_to_uri"),
    "FED-70 another age": ({"published": "2001-01-01T00:00:00Z"}, "created_at"),
    "FED-70 another thread": ({"context": "http://remote.example/c"}, "context_uri"),
}


@pytest.mark.parametrize(("changes", "kept"), REWRITES.values(), ids=REWRITES.keys())
async def test_an_edit_cannot_change_what_a_post_is(ctx, send, ren, maya, changes, kept):
    note = ren.note(to=[maya.account.uri], cc=[], tag=named(maya))
    await send(ren, ren.create(note))
    async with ctx.read() as session:
        before = getattr(await posts.by_uri(session, note["id"]), kept)

    await send(
        ren, ren.activity("Update", note | changes | {"updated": ctx.clock().isoformat()})
    )

    async with ctx.read() as session:
        assert getattr(await posts.by_uri(session, note["id"]), kept) == before


BOOSTS = {
    "FED-74 a letter": Visibility.DIRECT,
    "FED-74 a post for followers": Visibility.FOLLOWERS,
}


@pytest.mark.parametrize("visibility", BOOSTS.values(), ids=BOOSTS.keys())
@pytest.mark.parametrize("kind", ["Announce", "Like"])
async def test_a_stranger_does_nothing_with_what_they_may_not_see(
    ctx, send, remote, maya, visibility, kind
):
    eve = remote.actor("eve", keys=OTHER_KEYS)
    post = await own_post(ctx, maya, visibility)

    assert await send(eve, eve.activity(kind, post.uri, to=[PUBLIC])) == 202

    async with ctx.read() as session:
        row = await posts.by_id(session, post.id)
    assert (row.boosts_count, row.favourites_count) == (0, 0)


async def test_fed_21_a_deletion_before_its_post_counts(ctx, send, ren, maya, clock):
    note = ren.note(tag=named(maya))
    await send(ren, ren.activity("Delete", note["id"]))

    await send(ren, ren.create(note))

    assert await count(ctx, PostRow) == 0
