"""Apps are told that a thread is still being fetched, as Mastodon 4.5 tells them."""

import re

import pytest

from fedi_k12.worker import run_until_idle
from storage import posts
from tests.remote import PUBLIC


@pytest.fixture
async def root(ctx, send, remote, maya):
    """A post of another server that has two replies there; one has reached us."""
    ren = remote.actor("ren")
    note = ren.note("root", to=[PUBLIC, maya.account.uri])
    await send(ren, ren.create(note, "root"))
    uri = note["id"]
    replies = {
        "id": f"{uri}/replies", "type": "Collection", "totalItems": 2,
        "items": [f"{ren.uri}/posts/1", f"{ren.uri}/posts/2"],
    }  # fmt: skip
    likes = {"type": "Collection", "totalItems": 40}
    remote.show({**note, "replies": replies, "likes": likes, "shares": {"totalItems": 9}})
    for number in "12":
        remote.show(ren.note(number, f"<p>Reply {number}</p>", inReplyTo=uri))
    async with ctx.read() as session:
        return (await posts.by_uri(session, uri)).id


async def test_the_header_leads_to_how_it_goes(ctx, client, maya, root):
    path = f"/api/v1/statuses/{root}/context"
    first = await client.get(path, headers=maya.headers)
    header = first.headers["Mastodon-Async-Refresh"]
    found = re.fullmatch(r'id="(\d+)", retry=\d+, result_count=0', header)
    assert found
    assert "Mastodon-Async-Refresh" in first.headers["Access-Control-Expose-Headers"]
    assert (await first.json())["descendants"] == []

    async def refresh():
        answer = await client.get(
            f"/api/v1_alpha/async_refreshes/{found[1]}", headers=maya.headers
        )
        return (await answer.json())["async_refresh"]

    assert await refresh() == {"id": found[1], "status": "running", "result_count": 0}
    await run_until_idle(ctx)
    assert await refresh() == {"id": found[1], "status": "finished", "result_count": 2}

    second = await client.get(path, headers=maya.headers)
    assert "Mastodon-Async-Refresh" not in second.headers
    assert len((await second.json())["descendants"]) == 2


async def test_visitors_are_told_nothing_and_set_nothing_going(ctx, client, root, remote):
    asked = len(remote.asked)

    answer = await client.get(f"/api/v1/statuses/{root}/context")
    await run_until_idle(ctx)

    assert answer.status == 200
    assert "Mastodon-Async-Refresh" not in answer.headers
    assert len(remote.asked) == asked


async def test_a_refresh_that_never_was_is_not_found(client, maya):
    for number in ("7", "x"):
        answer = await client.get(
            f"/api/v1_alpha/async_refreshes/{number}", headers=maya.headers
        )
        assert answer.status == 404


async def test_counts_are_those_of_the_origin_where_it_counts_more(ctx, client, maya, root):
    """Row 1.9 "likes / shares"."""
    await client.get(f"/api/v1/statuses/{root}/context", headers=maya.headers)
    await run_until_idle(ctx)

    shown = await (await client.get(f"/api/v1/statuses/{root}", headers=maya.headers)).json()

    assert (shown["favourites_count"], shown["reblogs_count"]) == (40, 9)
    assert shown["replies_count"] == 2
