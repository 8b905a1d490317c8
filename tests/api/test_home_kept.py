"""Home timelines are kept ready, and nobody is ever shown what was true a moment ago."""

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from fedi_k12.domain.ids import hash_token
from storage.db import open_database
from storage.tables import MemberRow, PostRow, TokenRow

HOME = "/api/v1/timelines/home"


@pytest.fixture
async def post(call, maya, tom):
    """A post of Tom's, at home with Maya, who has read it more than once."""
    await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/follow")
    made = await call(tom, "POST", "/api/v1/statuses", status="Trees in spring")
    for _ in range(2):
        assert [one["id"] for one in await call(maya, "GET", HOME)] == [made["id"]]
    return made


async def test_home_is_not_asked_of_the_store_again_while_nothing_happens(
    call, ctx, maya, post
):
    """Where several processes share a store, each hears first what the others did."""
    first, asked = await call(maya, "GET", HOME), []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert await call(maya, "GET", HOME) == first
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert asked == []
    assert ctx.changes.exact


@pytest.mark.parametrize(
    ("who", "method", "path", "body"),
    [
        ("maya", "POST", "/api/v1/accounts/{tom}/block", {}),
        ("maya", "POST", "/api/v1/accounts/{tom}/mute", {}),
        ("maya", "POST", "/api/v1/accounts/{tom}/unfollow", {}),
        ("tom", "POST", "/api/v1/accounts/{maya}/block", {}),
        ("tom", "DELETE", "/api/v1/statuses/{post}", {}),
        (
            "maya", "POST", "/api/v2/filters",
            {
                "title": "Trees", "context": ["home"], "filter_action": "hide",
                "keywords_attributes": [{"keyword": "spring"}],
            },
        ),
    ],
    ids=["block", "mute", "unfollow", "blocked by the author", "deleted", "filter"],
)  # fmt: skip
async def test_post_is_gone_from_home_at_once(call, maya, tom, post, who, method, path, body):
    names = {"maya": maya.account.id, "tom": tom.account.id, "post": post["id"]}
    await call({"maya": maya, "tom": tom}[who], method, path.format(**names), **body)
    assert await call(maya, "GET", HOME) == []


async def test_what_is_done_with_a_post_is_seen_at_once(call, maya, tom, post):
    async def shown():
        return (await call(maya, "GET", HOME))[-1]

    path = f"/api/v1/statuses/{post['id']}"
    await call(maya, "POST", f"{path}/favourite")
    assert (await shown())["favourited"] is True
    await call(tom, "POST", f"{path}/favourite")
    assert (await shown())["favourites_count"] == 2
    await call(maya, "POST", f"{path}/unfavourite")
    assert (await shown())["favourited"] is False
    await call(maya, "POST", f"{path}/bookmark")
    assert (await shown())["bookmarked"] is True
    await call(tom, "PUT", path, status="Trees in autumn")
    assert "autumn" in (await shown())["content"]
    await call(tom, "PATCH", "/api/v1/accounts/update_credentials", display_name="Tomas")
    assert (await shown())["account"]["display_name"] == "Tomas"
    answer = {"status": "Which?", "in_reply_to_id": post["id"]}
    await call(maya, "POST", "/api/v1/statuses", **answer)
    assert (await shown())["replies_count"] == 1


async def test_what_comes_new_is_seen_at_once(call, make_member, maya, tom, post):
    ana = await make_member("ana")
    theirs = await call(ana, "POST", "/api/v1/statuses", status="Fractions")
    assert len(await call(maya, "GET", HOME)) == 1
    await call(maya, "POST", f"/api/v1/accounts/{ana.account.id}/follow")
    assert theirs["id"] in [one["id"] for one in await call(maya, "GET", HOME)]
    newer = await call(tom, "POST", "/api/v1/statuses", status="More trees")
    assert (await call(maya, "GET", HOME))[0]["id"] == newer["id"]
    await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/block")
    await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/unblock")
    await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/follow")
    assert newer["id"] in [one["id"] for one in await call(maya, "GET", HOME)]


async def test_filter_that_ends_by_itself_ends_for_what_is_kept(call, clock, maya, post):
    keywords = [{"keyword": "spring"}]
    await call(
        maya, "POST", "/api/v2/filters", title="Trees", context=["home"],
        filter_action="hide", keywords_attributes=keywords, expires_in=3600,
    )  # fmt: skip
    assert await call(maya, "GET", HOME) == []
    clock.advance(hours=2)
    assert len(await call(maya, "GET", HOME)) == 1


async def test_each_has_a_home_and_pages_of_their_own(call, maya, tom, post):
    await call(tom, "POST", "/api/v1/statuses", status="Only mine", visibility="direct")
    assert [one["id"] for one in await call(maya, "GET", HOME)] == [post["id"]]
    assert len(await call(tom, "GET", HOME)) >= 1
    assert await call(maya, "GET", f"{HOME}?max_id={post['id']}") == []


async def test_token_taken_back_opens_nothing_more(ask, ctx, client, maya, post):
    async def take_back(session):
        whose = TokenRow.hash == hash_token(maya.token)
        await session.execute(update(TokenRow).where(whose).values(revoked_at=ctx.clock()))

    assert (await ask(maya, "GET", HOME))[0] == 200
    await ctx.write(take_back)
    assert (await ask(maya, "GET", HOME))[0] == 401


async def test_member_who_is_disabled_comes_in_no_more(ask, ctx, maya, post):
    async def disable(session):
        them = MemberRow.id == maya.actor.member_id
        await session.execute(update(MemberRow).where(them).values(disabled_at=ctx.clock()))

    assert (await ask(maya, "GET", HOME))[0] == 200
    await ctx.write(disable)
    assert (await ask(maya, "GET", HOME))[0] == 403


async def test_what_another_process_writes_is_seen_at_once(
    ask, call, ctx, database_url, maya, post
):
    """The operator's commands work on the same store."""
    beside = open_database(database_url, on_commit=lambda *_said: None)

    async def change(session):
        await session.execute(update(PostRow).values(content="<p>From beside</p>"))

    async def take_back(session):
        await session.execute(update(TokenRow).values(revoked_at=ctx.clock()))

    try:
        await beside.write(change)
        assert (await call(maya, "GET", HOME))[0]["content"] == "<p>From beside</p>"
        await beside.write(take_back)
        assert (await ask(maya, "GET", HOME))[0] == 401
    finally:
        await beside.close()
