"""Streams: what comes in by one and what never does.

https://docs.joinmastodon.org/methods/streaming/.
"""

import json

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.news import PostChanged
from fedi_k12.services import announcements, apps
from storage.db import tell_after_commit
from storage.tables import MediaRow, PostRow
from tests.listening import URL, heard, nothing_before, subscribed


async def test_a_post_reaches_followers_and_not_others(listen, call, maya, tom, make_member):
    rosa = await make_member("rosa")
    await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")

    async with listen(tom, "user") as followed, listen(rosa, "user") as other:
        post = await call(maya, "POST", "/api/v1/statuses", status="To those who follow")

        message = await heard(followed, "update")
        assert message["stream"] == ["user"]
        assert message["payload"]["id"] == post["id"]
        assert message["payload"]["favourited"] is False
        await call(rosa, "POST", "/api/v1/statuses", status="the end")
        assert (await heard(other, "update"))["payload"]["account"]["username"] == "rosa"


async def test_letters_and_followers_only_posts_reach_only_whom_they_are_for(
    listen, call, maya, tom, make_member
):
    rosa = await make_member("rosa")
    await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")

    async with (
        listen(rosa, "user", "public", "public:local") as other,
        listen(rosa, "hashtag", tag="secret") as tagged,
        listen(tom, "user") as followed,
    ):
        for visibility in ("private", "direct"):
            await call(
                maya, "POST", "/api/v1/statuses",
                status="@tom psst #secret", visibility=visibility,
            )  # fmt: skip
            assert (await heard(followed, "update"))["payload"]["visibility"] == visibility
            assert (await heard(followed, "notification"))["payload"]["type"] == "mention"
        end = await call(
            maya, "POST", "/api/v1/statuses", status="#secret end", visibility="public"
        )

        assert (await heard(other, "update"))["payload"]["id"] == end["id"]
        assert (await heard(tagged, "update"))["payload"]["id"] == end["id"]


@pytest.mark.parametrize("path", ["block", "mute"])
async def test_whom_one_blocks_or_mutes_one_does_not_hear(listen, call, maya, tom, path):
    await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/{path}")

    async with listen(tom, "public") as ws:
        await call(maya, "POST", "/api/v1/statuses", status="unheard", visibility="public")

        await nothing_before(ws, call, tom)


async def test_who_is_blocked_by_the_author_does_not_hear_them(listen, call, maya, tom):
    await call(maya, "POST", f"/api/v1/accounts/{tom.actor.account_id}/block")

    async with listen(tom, "public") as ws:
        await call(maya, "POST", "/api/v1/statuses", status="unheard", visibility="public")

        await nothing_before(ws, call, tom)


async def test_the_viewers_filters_mark_what_they_meet(listen, call, maya, tom):
    await call(
        tom, "POST", "/api/v2/filters",
        title="Exams", context=["public"], keywords_attributes=[{"keyword": "exam"}],
    )  # fmt: skip

    async with listen(tom, "public") as filtering, listen(maya, "public") as other:
        await call(maya, "POST", "/api/v1/statuses", status="an exam", visibility="public")

        seen = (await heard(filtering, "update"))["payload"]
        assert seen["filtered"][0]["keyword_matches"] == ["exam"]
        assert (await heard(other, "update"))["payload"]["filtered"] == []


async def test_what_a_filter_hides_does_not_come(listen, call, maya, tom):
    await call(
        tom, "POST", "/api/v2/filters",
        title="Exams", context=["public"], filter_action="hide",
        keywords_attributes=[{"keyword": "exam"}],
    )  # fmt: skip

    async with listen(tom, "public") as ws:
        await call(maya, "POST", "/api/v1/statuses", status="an exam", visibility="public")

        await nothing_before(ws, call, maya)


async def test_apps_hear_that_what_was_set_aside_was_let_in(listen, call, maya, tom):
    await call(maya, "PATCH", "/api/v2/notifications/policy", for_not_following="filter")
    async with listen(maya, "user") as ws:
        await call(tom, "POST", "/api/v1/statuses", status="@maya hello")
        [request] = await call(maya, "GET", "/api/v1/notifications/requests")
        await call(maya, "POST", f"/api/v1/notifications/requests/{request['id']}/accept")

        # What was set aside was not told when it came.
        assert await heard(ws, "notifications_merged") == {
            "stream": ["user"], "event": "notifications_merged",
        }  # fmt: skip


async def test_public_streams_part_local_posts_from_those_of_elsewhere(
    client, listen, call, maya, remote, send, ctx
):
    them = remote.actor("ines")
    async with (
        listen(maya, "public") as everything,
        listen(maya, "public:local") as here,
        listen(maya, "public:remote") as elsewhere,
        listen(maya, "public:media") as pictures,
    ):
        await call(maya, "POST", "/api/v1/statuses", status="here", visibility="public")
        note = them.note("1", "from elsewhere", tag=[naming(maya)])
        assert await send(them, them.create(note)) == 202

        assert "here" in (await heard(everything, "update"))["payload"]["content"]
        assert "elsewhere" in (await heard(everything, "update"))["payload"]["content"]
        assert (await heard(here, "update"))["stream"] == ["public:local"]
        assert "elsewhere" in (await heard(elsewhere, "update"))["payload"]["content"]
        await ctx.write(with_picture, post_id=(await last_id(ctx)), now=ctx.clock())
        assert (await heard(pictures, "status.update"))["stream"] == ["public:media"]


async def last_id(ctx):
    async with ctx.read() as session:
        return await session.scalar(select(func.max(PostRow.id)))


async def with_picture(session, *, post_id, now):
    """Give a post a picture after the fact, so that it stands among those with media."""
    row = await session.get(PostRow, post_id)
    session.add(
        MediaRow(
            id=new_id(), account_id=row.account_id, post_id=post_id, position=0,
            kind="image", state="ready", mime_type="image/png", alt="", credit="",
            remote_url="https://remote.example/1.png", focus_x=0, focus_y=0, size=0,
            created_at=now,
        )
    )  # fmt: skip
    tell_after_commit(session, PostChanged(post_id))


async def test_hashtag_streams_carry_the_tag_as_it_was_asked_for(listen, call, maya):
    async with (
        listen(maya, "hashtag", tag="Maths") as ws,
        listen(maya, "hashtag:local", tag="#maths") as here,
        listen(maya, "hashtag", tag="art") as other,
    ):
        post = await call(
            maya, "POST", "/api/v1/statuses", status="#MATHS is fun", visibility="public"
        )
        assert (await heard(ws, "update"))["stream"] == ["hashtag", "Maths"]
        assert (await heard(here, "update"))["stream"] == ["hashtag:local", "#maths"]
        await call(maya, "POST", "/api/v1/statuses", status="#art", visibility="public")
        assert (await heard(other, "update"))["payload"]["id"] != post["id"]


async def test_a_list_stream_carries_what_stands_on_the_list(listen, call, maya, tom):
    made = await call(maya, "POST", "/api/v1/lists", title="Maths")
    await call(maya, "POST", f"/api/v1/accounts/{tom.actor.account_id}/follow")
    await call(
        maya, "POST", f"/api/v1/lists/{made['id']}/accounts",
        account_ids=[str(tom.actor.account_id)],
    )  # fmt: skip

    async with listen(maya, "list", list=made["id"]) as ws:
        await call(maya, "POST", "/api/v1/statuses", status="not on the list")
        post = await call(tom, "POST", "/api/v1/statuses", status="on the list")

        message = await heard(ws, "update")
        assert (message["stream"], message["payload"]["id"]) == (
            ["list", made["id"]], post["id"],
        )  # fmt: skip
        await call(tom, "DELETE", f"/api/v1/statuses/{post['id']}")
        assert (await heard(ws, "delete"))["payload"] == post["id"]


async def test_an_edit_and_a_deletion_follow_where_the_post_went(
    listen, call, maya, tom, make_member
):
    rosa = await make_member("rosa")
    await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")
    async with listen(tom, "user") as followed, listen(rosa, "user") as other:
        post = await call(
            maya, "POST", "/api/v1/statuses", status="first", visibility="private"
        )
        assert (await heard(followed, "update"))["payload"]["id"] == post["id"]

        await call(maya, "PUT", f"/api/v1/statuses/{post['id']}", status="second")
        assert "second" in (await heard(followed, "status.update"))["payload"]["content"]

        await call(maya, "DELETE", f"/api/v1/statuses/{post['id']}")
        assert (await heard(followed, "delete"))["payload"] == post["id"]

        await call(rosa, "POST", "/api/v1/statuses", status="the end")
        assert (await heard(other, "update"))["payload"]["account"]["username"] == "rosa"


async def test_a_deletion_is_not_told_to_who_could_not_see_the_post(listen, call, maya, tom):
    await call(maya, "POST", f"/api/v1/accounts/{tom.actor.account_id}/block")
    post = await call(maya, "POST", "/api/v1/statuses", status="x", visibility="public")

    async with listen(tom, "public") as blocked, listen(maya, "public") as own:
        await call(maya, "DELETE", f"/api/v1/statuses/{post['id']}")

        assert (await heard(own, "delete"))["payload"] == post["id"]
        await nothing_before(blocked, call, tom)


async def test_a_boost_reaches_followers_with_the_post_in_it(listen, call, maya, tom):
    post = await call(
        maya, "POST", "/api/v1/statuses", status="pass it on", visibility="public"
    )

    async with listen(tom, "user") as ws, listen(maya, "user") as author:
        boost = await call(tom, "POST", f"/api/v1/statuses/{post['id']}/reblog")

        message = (await heard(ws, "update"))["payload"]
        assert (message["id"], message["reblog"]["id"]) == (boost["id"], post["id"])
        assert message["reblogged"] is True
        assert (await heard(author, "notification"))["payload"]["type"] == "reblog"


async def test_notifications_come_by_both_streams_to_who_may_read_them(
    listen, call, maya, tom, make_member, client, ctx
):
    token = await ctx.write(
        apps.create_token,
        username="maya", scopes="read:statuses", app_name="x", now=ctx.clock(),
    )  # fmt: skip
    async with (
        listen(maya, "user", "user:notification") as ws,
        client.ws_connect(URL, params={"stream": "user"}, protocols=(token,)) as deaf,
    ):
        await subscribed(client, 3)
        await call(tom, "POST", f"/api/v1/accounts/{maya.actor.account_id}/follow")

        found = [await heard(ws, "notification") for _ in range(2)]
        assert [one["stream"] for one in found] == [["user"], ["user:notification"]]
        assert found[0]["payload"]["account"]["username"] == "tom"
        await call(maya, "POST", "/api/v1/statuses", status="the end")
        await heard(deaf, "update")


async def test_apps_hear_that_filters_changed(listen, call, maya):
    async with listen(maya, "user") as ws:
        made = await call(
            maya, "POST", "/api/v2/filters",
            title="x", context=["home"], keywords_attributes=[{"keyword": "y"}],
        )  # fmt: skip
        assert await heard(ws, "filters_changed") == {
            "stream": ["user"], "event": "filters_changed",
        }  # fmt: skip
        await call(
            maya, "PUT", f"/api/v2/filters/keywords/{made['keywords'][0]['id']}",
            keyword="z",
        )  # fmt: skip
        await heard(ws, "filters_changed")
        await call(maya, "DELETE", f"/api/v2/filters/{made['id']}")
        await heard(ws, "filters_changed")


async def test_after_unsubscribing_nothing_more_comes(client, listen, call, maya):
    async with listen(maya, "user", "public") as ws:
        await ws.send_json({"type": "unsubscribe", "stream": "user"})
        await subscribed(client, 1)

        await nothing_before(ws, call, maya)


async def test_old_posts_that_arrive_late_are_no_news(listen, call, maya, remote, send):
    them = remote.actor("ines")
    async with listen(maya, "public") as ws:
        note = them.note("1", "old", published="2020-01-01T00:00:00Z", tag=[naming(maya)])
        assert await send(them, them.create(note)) == 202
        found = await call(maya, "GET", "/api/v1/timelines/public?remote=true")
        assert "old" in found[0]["content"]

        await nothing_before(ws, call, maya)


def naming(member):
    """Return a mention: without one, or a follower, nothing is taken in of strangers."""
    return {"type": "Mention", "href": member.account.uri, "name": "@maya@home.example"}


async def test_who_may_not_see_what_is_quoted_gets_the_post_without_it(
    listen, call, maya, tom, make_member
):
    rosa, ben = await make_member("rosa"), await make_member("ben")
    quoted = await call(
        maya, "POST", "/api/v1/statuses",
        status="mine", visibility="public", quote_approval_policy="public",
    )  # fmt: skip
    await call(maya, "POST", f"/api/v1/accounts/{rosa.actor.account_id}/block")

    async with listen(ben, "public") as may, listen(rosa, "public") as may_not:
        await call(
            tom, "POST", "/api/v1/statuses",
            status="look", visibility="public", quoted_status_id=quoted["id"],
        )  # fmt: skip

        shown = (await heard(may, "update"))["payload"]["quote"]
        kept = (await heard(may_not, "update"))["payload"]["quote"]
        assert shown["quoted_status"]["id"] == quoted["id"]
        assert not (kept or {}).get("quoted_status")


async def test_letters_come_by_the_stream_of_conversations(
    listen, call, maya, tom, make_member
):
    rosa = await make_member("rosa")
    async with listen(tom, "direct") as ws, listen(rosa, "direct") as other:
        for to in ("@tom", "@rosa"):
            post = await call(
                maya, "POST", "/api/v1/statuses", status=f"{to} psst", visibility="direct"
            )
            message = await heard(ws if to == "@tom" else other, "conversation")
            said = json.loads(message["payload"])
            assert message["stream"] == ["direct"]
            assert (said["unread"], said["last_status"]["id"]) == (True, post["id"])
            assert [one["username"] for one in said["accounts"]] == ["maya"]


async def test_everybody_hears_what_staff_announce(listen, call, ctx, maya):
    async with listen(maya, "user") as ws:
        number = await ctx.write(
            announcements.announce,
            actor=None,
            text="No school tomorrow",
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        said = json.loads((await heard(ws, "announcement"))["payload"])
        assert (said["id"], "No school" in said["content"]) == (str(number), True)

        await call(maya, "PUT", f"/api/v1/announcements/{number}/reactions/\N{PARTY POPPER}")
        said = json.loads((await heard(ws, "announcement.reaction"))["payload"])
        assert said == {
            "name": "\N{PARTY POPPER}", "count": 1, "announcement_id": str(number),
        }  # fmt: skip

        await ctx.write(
            announcements.withdraw, actor=None, announcement_id=number, now=ctx.clock()
        )
        assert (await heard(ws, "announcement.delete"))["payload"] == str(number)
