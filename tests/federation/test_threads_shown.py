"""Our threads as others read them: contexts, replies, counts, and what they never give away."""

import json

import pytest
from sqlalchemy import update

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import moderation, posts, reactions
from storage import posts as post_queries
from storage.tables import AccountRow
from tests.remote import ACTIVITY, signed_headers


@pytest.fixture
def publish(ctx):
    async def run(member, text="Hello", **parts):
        number = await ctx.write(
            posts.publish, actor=member.actor, draft=Draft(text, **parts),
            addresses=ctx.addresses, now=ctx.clock(),
        )  # fmt: skip
        async with ctx.read() as session:
            return await post_queries.by_id(session, number)

    return run


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
def fetch(client, ctx):
    """Return a function that fetches a document, signed by an actor of another server."""

    async def run(uri, by):
        path = uri.removeprefix("https://home.example")
        signed = signed_headers(
            by, None, host="home.example", path=path, now=ctx.clock(), method="GET"
        )
        answer = await client.get(path, headers={"Accept": ACTIVITY, **signed})
        return answer, json.loads(await answer.text())

    return run


@pytest.fixture
def read(fetch, ren):
    """Return a function that reads all pages of a collection, signed."""

    async def run(uri):
        _, collection = await fetch(uri, by=ren)
        pages, link = [], collection["first"]
        while link:
            _, page = await fetch(link, by=ren)
            assert page["id"] == link
            assert page["partOf"] == collection["id"]
            pages.append(page.get("orderedItems", page.get("items")))
            link = page.get("next")
        return collection, pages

    return run


async def test_a_context_lists_its_thread_oldest_first_in_pages(publish, read, maya, tom):
    """Row 1.13 "context"."""
    root = await publish(maya)
    replies = [await publish((tom, maya)[n % 2], in_reply_to_id=root.id) for n in range(24)]

    collection, pages = await read(root.context_uri)

    assert collection["type"] == "OrderedCollection"
    assert collection["attributedTo"] == maya.account.uri
    assert collection["totalItems"] == 25
    assert [len(page) for page in pages] == [20, 5]
    assert [uri for page in pages for uri in page] == [root.uri, *(p.uri for p in replies)]


async def test_replies_carry_the_context_of_what_they_answer(
    ctx, publish, send, fetch, ren, maya
):  # fmt: skip
    """Row 1.13 "context": ours and others', which stay the words that they are."""
    root = await publish(maya)
    reply = await publish(maya, in_reply_to_id=root.id)
    _, note = await fetch(reply.uri, by=ren)
    assert note["context"] == note["conversation"] == root.context_uri

    await send(ren, ren.activity("Follow", maya.account.uri, "f"))
    theirs = ren.note(
        "1", to=["https://www.w3.org/ns/activitystreams#Public", maya.account.uri],
        context="http://remote.example/contexts/9", conversation="tag:remote.example,2026:9",
    )  # fmt: skip
    await send(ren, ren.create(theirs, "1"))
    plain = ren.note("2", to=theirs["to"])
    await send(ren, ren.create(plain, "2"))

    for uri, context, conversation in (
        (theirs["id"], "http://remote.example/contexts/9", "tag:remote.example,2026:9"),
        (plain["id"], None, None),
    ):
        async with ctx.read() as session:
            parent = await post_queries.by_uri(session, uri)
        answer = await publish(maya, in_reply_to_id=parent.id)
        _, note = await fetch(answer.uri, by=ren)
        assert (note.get("context"), note.get("conversation")) == (context, conversation)


async def test_nobody_puts_a_post_into_our_context_by_naming_it(
    ctx, publish, send, read, ren, maya
):
    """What answers what counts, not what a post says of itself."""
    root = await publish(maya, choices=Choices(reply="public"))
    mine = [maya.account.uri]
    await send(ren, ren.create(ren.note("1", to=mine, context=root.context_uri), "1"))
    await send(
        ren,
        ren.create(
            ren.note(
                "2", to=["https://www.w3.org/ns/activitystreams#Public"], cc=mine,
                inReplyTo=root.uri, context="http://remote.example/contexts/other",
            ),
            "2",
        ),
    )  # fmt: skip

    _, pages = await read(root.context_uri)

    assert pages == [[root.uri, f"{ren.uri}/posts/2"]]


HIDDEN = {
    "for followers": {"visibility": Visibility.FOLLOWERS},
    "a letter": {"visibility": Visibility.DIRECT, "text": "@maya"},
    "stays here": {"local_only": True},
}


@pytest.mark.parametrize("parts", HIDDEN.values(), ids=[f"FED-85 {name}" for name in HIDDEN])
async def test_lists_never_name_what_is_not_for_everybody(publish, read, maya, tom, parts):
    root = await publish(maya)
    own = await publish(maya, in_reply_to_id=root.id, **parts)
    other = await publish(tom, in_reply_to_id=root.id, **parts)
    under = await publish(maya, in_reply_to_id=other.id)

    context, thread = await read(root.context_uri)
    replies, answers = await read(f"{root.uri}/replies")
    outbox, activities = await read(f"{maya.account.uri}/outbox")

    listed = {*thread[0], *answers[0], *answers[1], *(a["id"] for a in activities[0])}
    assert not {u for u in listed for hidden in (own, other) if u.startswith(hidden.uri)}
    assert outbox["totalItems"] == len(activities[0])
    assert context["totalItems"] == (1 if under.local_only else 2)
    assert (replies["totalItems"], answers) == (0, [[], []])


async def test_fed_85_a_thread_that_began_among_followers_has_no_context_to_read(
    publish, fetch, ren, maya
):  # fmt: skip
    root = await publish(maya, visibility=Visibility.FOLLOWERS)
    never, words = await fetch("/contexts/7", by=ren)

    answer, said = await fetch(root.context_uri, by=ren)

    assert (answer.status, said) == (never.status, words)


async def test_the_suspended_are_in_no_list(ctx, publish, read, maya, tom):
    """Row 1.9 "replies"."""
    root = await publish(maya)
    await publish(tom, in_reply_to_id=root.id)
    await ctx.write(
        moderation.suspend_account, actor=None, account_id=tom.account.id, reason="",
        now=ctx.clock(),
    )  # fmt: skip

    _, thread = await read(root.context_uri)
    _, answers = await read(f"{root.uri}/replies")

    assert thread == [[root.uri]]
    assert answers == [[], []]


async def test_a_note_shows_its_authors_own_answers_at_once(
    publish, fetch, ren, read, maya, tom
):
    """Row 1.9 "replies"."""
    root = await publish(maya)
    await publish(tom, in_reply_to_id=root.id)
    own = [await publish(maya, in_reply_to_id=root.id) for _n in range(5)]

    _, note = await fetch(root.uri, by=ren)
    first = note["replies"]["first"]
    assert first["items"] == [post.uri for post in own]
    assert first["next"] == f"{root.uri}/replies?page=true&others=true"

    own += [await publish(maya, in_reply_to_id=root.id) for _n in range(17)]
    _, note = await fetch(root.uri, by=ren)
    collection, pages = await read(f"{root.uri}/replies")
    assert note["replies"]["first"] == f"{root.uri}/replies?page=true"
    assert collection["totalItems"] == 23
    assert [len(page) for page in pages] == [20, 2, 1]


async def test_likes_and_shares_say_how_many_and_not_who(
    ctx, publish, fetch, send, ren, maya, tom
):  # fmt: skip
    """Row 1.9 "likes / shares"."""
    post = await publish(maya)
    await send(ren, ren.activity("Like", post.uri))
    await ctx.write(
        reactions.boost, actor=tom.actor, post_id=post.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    _, note = await fetch(post.uri, by=ren)

    for name in ("likes", "shares"):
        _, counted = await fetch(f"{post.uri}/{name}", by=ren)
        counted.pop("@context")
        assert counted == note[name]
        assert counted == {
            "id": f"{post.uri}/{name}", "type": "Collection", "totalItems": 1,
        }  # fmt: skip


async def test_an_outbox_is_read_page_by_page(ctx, publish, read, maya, tom):
    """Row 1.9 "outbox": Creates and Announces of what is public, newest first."""
    theirs = await publish(tom)
    mine = [await publish(maya) for _n in range(22)]
    await publish(maya, visibility=Visibility.FOLLOWERS)
    await ctx.write(
        reactions.boost, actor=maya.actor, post_id=theirs.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    collection, pages = await read(f"{maya.account.uri}/outbox")

    assert collection["totalItems"] == 23
    assert [len(page) for page in pages] == [20, 3]
    activities = [item for page in pages for item in page]
    assert (activities[0]["type"], activities[0]["object"]) == ("Announce", theirs.uri)
    assert {item["type"] for item in activities[1:]} == {"Create"}
    assert [a["object"]["id"] for a in activities[1:]] == [p.uri for p in reversed(mine)]


async def test_a_group_never_shows_its_roster(ctx, fetch, send, ren, make_member):
    """Row 1.9 "Lists of members"."""
    group = await make_member("readers", kind="Group")
    await send(ren, ren.activity("Follow", group.account.uri))

    for query in ("", "?page=true"):
        _, shown = await fetch(f"{group.account.uri}/followers{query}", by=ren)
        assert shown["totalItems"] == 1
        assert not {"first", "orderedItems", "items"} & set(shown)

    await ctx.write(_show_everything, group.account.id)
    _, shown = await fetch(f"{group.account.uri}/followers", by=ren)
    assert "first" not in shown


async def _show_everything(session, account_id):
    await session.execute(
        update(AccountRow).where(AccountRow.id == account_id).values(hide_collections=False)
    )
