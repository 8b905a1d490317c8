"""What comes in: refused first, then taken in, acted on once."""

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows as follow_services
from fedi_k12.services import moderation, timelines, views
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_inbox, run_until_idle
from storage import accounts, posts
from storage.tables import FollowRow, JobRow, PostRow
from tests.remote import ACTIVITY, OTHER_KEYS, PUBLIC


async def count(ctx, table):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def follow_from_here(ctx, send, maya, ren):
    """Let maya follow ren of the fake server, accepted."""
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
    await ctx.write(
        follow_services.follow,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        follow = await session.scalar(select(FollowRow).where(FollowRow.target_id == row.id))
    await send(ren, ren.activity("Accept", follow.uri, number="first"))
    return row


async def test_an_unsigned_letter_is_refused(client, ctx, remote):
    ren = remote.actor("ren")

    answer = await client.post(
        "/inbox", json=ren.activity("Follow", "x"), headers={"Content-Type": ACTIVITY}
    )

    assert answer.status == 401
    assert (await answer.json())["status"] == 401
    assert await count(ctx, JobRow) == 0
    assert remote.asked == []


async def test_a_letter_by_another_actor_than_its_signer_is_refused(ctx, send, remote, maya):
    ren, eve = remote.actor("ren"), remote.actor("eve", keys=OTHER_KEYS)

    status = await send(eve, ren.activity("Follow", maya.account.uri))

    assert status == 401
    assert await count(ctx, FollowRow) == 0


async def test_a_blocked_server_is_refused_before_anything_is_fetched(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="remote.example",
        severity="suspend",
        now=ctx.clock(),
    )

    status = await send(ren, ren.activity("Follow", maya.account.uri))

    assert status == 403
    assert remote.asked == []


async def test_a_follow_is_accepted_and_answered(ctx, send, remote, maya):
    """Row 1.8 "Follow / Accept / Reject"."""
    ren = remote.actor("ren")

    status = await send(ren, ren.activity("Follow", maya.account.uri))

    assert status == 202
    assert await count(ctx, FollowRow) == 1
    assert remote.types() == ["Accept"]
    accept = remote.delivered[0]
    assert accept.body["object"]["id"] == f"{ren.uri}/activities/follow-1"
    assert accept.body["actor"] == maya.account.uri
    assert 'algorithm="rsa-sha256"' in accept.headers["Signature"]
    async with ctx.read() as session:
        known = await accounts.by_uri(session, ren.uri)
    assert known.handle_verified
    assert known.domain == "remote.example"


async def test_a_follow_of_a_locked_account_waits(ctx, send, client, remote, tom):
    """Row 1.8 "Locked accounts"."""
    ren = remote.actor("ren")
    await client.patch(
        "/api/v1/accounts/update_credentials", data={"locked": "true"}, headers=tom.headers
    )
    await run_until_idle(ctx)

    await send(ren, ren.activity("Follow", tom.account.uri))

    assert remote.types() == []
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
    await client.post(f"/api/v1/follow_requests/{row.id}/reject", headers=tom.headers)
    await run_until_idle(ctx)
    assert remote.types() == ["Reject"]


async def test_what_was_taken_in_once_is_not_done_again(ctx, send, remote, maya):
    """Row 1.5 "Dedup"."""
    ren = remote.actor("ren")
    letter = ren.activity("Follow", maya.account.uri)

    first, second = await send(ren, letter), await send(ren, letter)

    assert (first, second) == (202, 202)
    assert remote.types() == ["Accept"]


async def test_a_post_by_somebody_followed_arrives_at_home(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await follow_from_here(ctx, send, maya, ren)

    status = await send(
        ren,
        ren.create(
            ren.note(
                text="<p>Volcano <script>alert(1)</script>day</p>",
                tag=[
                    {"type": "Hashtag", "name": "#Volcano", "href": "http://remote.example/t"}
                ],
                attachment=[
                    {
                        "type": "Image",
                        "mediaType": "image/png",
                        "url": "http://remote.example/a.png",
                        "name": "A paper volcano",
                    }
                ],
                contentMap={"en": "<p>Volcano day</p>"},
                summary="Loud",
            )
        ),
    )

    assert status == 202
    async with ctx.read() as session:
        page = await timelines.home(session, actor=maya.actor, page=PageRequest())
    post = page.items[0]
    assert post.content == "<p>Volcano day</p>"
    assert post.media[0].alt == "A paper volcano"
    assert post.tags[0].name == "volcano"
    assert post.summary == "Loud"
    assert post.language == "en"


async def test_a_post_by_a_stranger_that_concerns_nobody_is_dropped(ctx, send, remote):
    ren = remote.actor("ren")

    status = await send(ren, ren.create(ren.note()))

    assert status == 202
    assert await count(ctx, PostRow) == 0
    assert await count(ctx, JobRow) == 0


async def test_a_letter_to_somebody_here_is_for_their_eyes_alone(ctx, send, remote, maya, tom):
    ren = remote.actor("ren")

    await send(
        ren,
        ren.create(
            ren.note(
                to=[maya.account.uri],
                cc=[],
                tag=[{"type": "Mention", "href": maya.account.uri, "name": "@maya"}],
            )
        ),
    )

    async with ctx.read() as session:
        row = await posts.by_uri(session, f"{ren.uri}/posts/1")
        assert row.visibility == "direct"
        assert (await views.post_views(session, [row.id], viewer=maya.actor)) != []
        assert (await views.post_views(session, [row.id], viewer=tom.actor)) == []


async def test_whoever_is_mentioned_elsewhere_is_learnt(ctx, send, remote, make_server, maya):
    ren = remote.actor("ren")
    other = await make_server("other.example")
    ada = other.actor("ada")

    await send(
        ren,
        ren.create(
            ren.note(
                tag=[
                    {"type": "Mention", "href": maya.account.uri, "name": "@maya"},
                    {"type": "Mention", "href": ada.uri, "name": "@ada@other.example"},
                    {"type": "Mention", "href": "http://gone.example/u", "name": "@u"},
                ]
            )
        ),
    )

    async with ctx.read() as session:
        row = await posts.by_uri(session, f"{ren.uri}/posts/1")
        named = (await posts.mentions_of(session, [row.id]))[row.id]
    assert [account.acct for _mention, account in named] == ["maya", "ada@other.example"]


async def test_a_reply_to_something_unknown_is_tied_to_it(ctx, send, remote, maya):
    ren = remote.actor("ren")
    remote.show(ren.note("root", "<p>Root</p>"))
    remote.show(ren.note("middle", "<p>Middle</p>", inReplyTo=f"{ren.uri}/posts/root"))

    await send(
        ren,
        ren.create(
            ren.note(
                "leaf",
                "<p>Leaf</p>",
                inReplyTo=f"{ren.uri}/posts/middle",
                tag=[{"type": "Mention", "href": maya.account.uri, "name": "@maya"}],
            )
        ),
    )

    async with ctx.read() as session:
        leaf = await posts.by_uri(session, f"{ren.uri}/posts/leaf")
        thread = await timelines.thread(session, post_id=leaf.id, viewer=maya.actor)
    assert [post.content for post in thread.ancestors] == ["<p>Root</p>", "<p>Middle</p>"]


async def test_an_edit_and_a_deletion_follow_their_post(ctx, send, remote, maya):
    """Row 1.8 "Update" and "Delete / Tombstone"."""
    ren = remote.actor("ren")
    mention = [{"type": "Mention", "href": maya.account.uri, "name": "@maya"}]
    await send(ren, ren.create(ren.note(tag=mention)))

    await send(
        ren,
        ren.activity(
            "Update",
            ren.note(text="<p>Better</p>", tag=mention, updated=ctx.clock().isoformat()),
        ),
    )
    async with ctx.read() as session:
        row = await posts.by_uri(session, f"{ren.uri}/posts/1")
    assert row.content == "<p>Better</p>"
    assert row.edited_at is not None

    await send(ren, ren.activity("Delete", {"id": f"{ren.uri}/posts/1", "type": "Tombstone"}))
    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ren.uri}/posts/1") is None
    await send(ren, ren.create(ren.note(tag=mention), number="again"))
    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ren.uri}/posts/1") is None


async def a_post(ctx, maya, visibility=Visibility.PUBLIC, **changes):
    number = await ctx.write(
        publish,
        actor=maya.actor,
        draft=Draft("Hello", visibility, **changes),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    async with ctx.read() as session:
        return await posts.by_id(session, number)


async def test_likes_and_boosts_are_counted_once_and_undone(ctx, send, remote, maya):
    """Row 1.8 "Like" and "Undo"."""
    ren = remote.actor("ren")
    post = await a_post(ctx, maya)

    await send(ren, ren.activity("Like", post.uri))
    await send(ren, ren.activity("Like", post.uri, number="2"))
    await send(ren, ren.activity("Announce", post.uri, to=[PUBLIC]))

    async with ctx.read() as session:
        row = await posts.by_id(session, post.id)
    assert (row.favourites_count, row.boosts_count) == (1, 1)
    await send(ren, ren.activity("Undo", ren.activity("Like", post.uri)))
    await send(ren, ren.activity("Undo", f"{ren.uri}/activities/announce-1", number="2"))
    async with ctx.read() as session:
        row = await posts.by_id(session, post.id)
    assert (row.favourites_count, row.boosts_count) == (0, 0)


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_a_boost_of_what_is_not_public_is_refused(ctx, send, remote, maya, visibility):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    post = await a_post(ctx, maya, visibility)

    await send(ren, ren.activity("Announce", post.uri, to=[PUBLIC]))

    async with ctx.read() as session:
        assert (await posts.by_id(session, post.id)).boosts_count == 0


async def test_a_boost_by_somebody_followed_brings_the_post(
    ctx, send, remote, make_server, maya
):
    """Row 1.8 "Announce"."""
    ren = remote.actor("ren")
    other = await make_server("other.example")
    ada = other.actor("ada")
    other.show(ada.note("7", "<p>Seven</p>"))
    await send(ren, ren.activity("Follow", maya.account.uri))
    await follow_from_here(ctx, send, maya, ren)

    await send(ren, ren.activity("Announce", f"{ada.uri}/posts/7", to=[PUBLIC]))

    async with ctx.read() as session:
        page = await timelines.home(session, actor=maya.actor, page=PageRequest())
    assert page.items[0].boost_of.content == "<p>Seven</p>"
    assert page.items[0].boost_of.account.acct == "ada@other.example"


async def test_an_actor_changes_only_by_a_fetch_of_its_id(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    remote.show(ren.document(name="Ren the Second"))

    await send(ren, ren.activity("Update", ren.document(name="Forged")))

    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
    assert row.display_name == "Ren the Second"


async def test_an_account_that_is_gone_takes_everything_along(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await send(ren, ren.activity("Like", (await a_post(ctx, maya)).uri))

    status = await send(ren, ren.activity("Delete", ren.uri))

    assert status == 202
    assert await count(ctx, FollowRow) == 0
    async with ctx.read() as session:
        assert (await accounts.by_uri(session, ren.uri)).deleted_at is not None


async def test_the_deletion_of_somebody_unknown_costs_no_fetch(send, remote):
    ren = remote.actor("ren")

    status = await send(ren, ren.activity("Delete", ren.uri))

    assert status == 202
    assert remote.asked == []


async def test_a_block_ends_follows_both_ways(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await follow_from_here(ctx, send, maya, ren)
    assert await count(ctx, FollowRow) == 2

    await send(ren, ren.activity("Block", maya.account.uri))

    assert await count(ctx, FollowRow) == 0


async def test_a_new_key_is_asked_for_once(ctx, send, remote, maya, clock):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    remote.show(
        ren.document(
            publicKey={
                "id": ren.key_id,
                "owner": ren.uri,
                "publicKeyPem": OTHER_KEYS.public_pem,
            }
        )
    )

    status = await send(
        ren, ren.activity("Undo", ren.activity("Follow", maya.account.uri)), keys=OTHER_KEYS
    )

    assert status == 202
    assert await count(ctx, FollowRow) == 0
    before = len(remote.asked)
    assert (
        await send(ren, ren.activity("Like", "http://remote.example/x"), keys=ren.keys) == 401
    )
    assert len(remote.asked) == before


async def test_a_batch_takes_in_what_is_sound_though_one_of_it_is_not(ctx, send, remote, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    mention = [{"type": "Mention", "href": maya.account.uri, "name": "@maya"}]
    for number in range(5):
        note = ren.note(str(number), f"<p>{number}</p>", tag=mention)
        if number == 2:
            note["attributedTo"] = "http://other.example/users/ada"
        await send(ren, ren.create(note, str(number)), process=False)

    assert await run_inbox(ctx) == 5

    assert await count(ctx, PostRow) == 4
    await run_until_idle(ctx)
    assert await count(ctx, JobRow) == 0
