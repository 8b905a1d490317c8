"""Posts in groups of ours: who may put them there, and how the group passes them on.

Row 1.12 "Posting to group". Row 1.12 "Distribution". Row 1.12 "Forum / tree limits".
Row 1.12 "Upvote semantics". Row 1.12 "Hashtag groups / Guppe".
"""

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.groups import MAX_DEPTH, headline
from fedi_k12.domain.posts import PollDraft, Visibility
from fedi_k12.services import posts, reactions
from fedi_k12.worker import run_until_idle
from storage import groups as rows
from storage import posts as post_rows
from tests.groups.conftest import mentioning, sent, to_group
from tests.remote import ACTIVITY, PUBLIC


@pytest.fixture
async def lemmy(make_server):
    return await make_server("lemmy.example")


@pytest.fixture
async def mastodon(make_server):
    return await make_server("mastodon.example")


@pytest.fixture
async def kim(lemmy, send, fractions):
    """A member on a server that knows groups."""
    kim = lemmy.actor("kim")
    await send(kim, kim.activity("Follow", fractions.uri))
    return kim


@pytest.fixture
async def ren(mastodon, send, fractions):
    """A member on a server that only knows mentions."""
    ren = mastodon.actor("ren")
    await send(ren, ren.activity("Follow", fractions.uri))
    return ren


async def test_nobody_posts_where_only_moderators_begin(
    maya, tom, make_group, join, write, listed
):
    group = await make_group(restricted=True)
    await join(tom, group)

    with pytest.raises(ForbiddenError, match="moderators begin"):
        await write(tom, "Mine", group_id=group.id)

    hers = await write(maya, "This week", group_id=group.id)
    answer = await write(tom, "Ours too", in_reply_to_id=hers.id)
    assert answer.group_id == group.id
    assert await listed(group) == [hers.uri]


async def test_only_members_write_in_a_group_by_approval(tom, make_group, write):
    group = await make_group(approval=True)

    with pytest.raises(ForbiddenError, match="Only members"):
        await write(tom, "Hello", group_id=group.id)


async def test_a_mention_that_may_not_be_a_post_is_a_mention(tom, make_group, write, listed):
    group = await make_group(restricted=True)

    post = await write(tom, "I like @fractions")

    assert post.group_id is None
    assert await listed(group) == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_what_is_for_few_is_not_for_a_group(tom, fractions, write, listed, visibility):
    with pytest.raises(InvalidError, match="everybody"):
        await write(tom, "Psst", group_id=fractions.id, visibility=visibility)

    letter = await write(tom, "Psst @fractions", visibility=visibility)

    assert letter.group_id is None
    assert await listed(fractions) == []


async def test_a_person_is_no_group_to_post_to(maya, tom, write):
    with pytest.raises(Exception, match="Record not found"):
        await write(tom, "Hello", group_id=maya.account.id)


async def test_members_read_at_home_what_is_posted(
    maya, tom, fractions, join, write, at_home, listed
):
    await join(tom, fractions)

    page = await write(maya, "Cut them", title="Fraction strips", group_id=fractions.id)
    short = await write(maya, "Another idea for @fractions")
    below = await write(maya, "And laminate them", in_reply_to_id=page.id)

    assert await at_home(tom) == [short.uri, page.uri]
    assert await listed(fractions, tom) == [short.uri, page.uri]
    assert (page.kind, short.kind, below.group_id) == ("Page", "Note", fractions.id)


async def test_a_stranger_posts_into_an_open_group_by_mentioning_it(
    client, tom, fractions, listed, ctx
):
    answer = await client.post(
        "/api/v1/statuses", data={"status": "@fractions What do you use?"}, headers=tom.headers
    )
    await run_until_idle(ctx)

    assert answer.status == 200
    assert len(await listed(fractions)) == 1


async def test_a_private_group_is_read_by_its_members_alone(
    client, ctx, maya, tom, make_member, make_group, join, write, at_home, listed, remote
):
    group = await make_group(private=True)
    eve = await make_member("eve")
    await join(tom, group)
    await join(maya, tom.account)
    async with ctx.read() as session:
        follow = await rows.profile(session, group.id)
    assert follow.private

    with pytest.raises(ForbiddenError):
        await write(eve, "Let me in", group_id=group.id)
    post = await write(maya, "Staff only", group_id=group.id)

    assert post.local_only
    assert await listed(group, maya) == [post.uri]
    assert await listed(group, eve) == []
    assert await listed(group, tom) == []
    assert await at_home(eve) == []
    for member in (eve, tom):
        answer = await client.get(f"/api/v1/statuses/{post.id}", headers=member.headers)
        assert answer.status == 404
    path = post.uri.removeprefix("https://home.example")
    assert (await client.get(path, headers={"Accept": ACTIVITY})).status == 404
    assert remote.delivered == []


async def test_members_let_into_a_private_group_read_it(
    ctx, maya, tom, make_group, join, write, at_home, listed
):
    from fedi_k12.services import groups

    group = await make_group(private=True)
    await join(tom, group)
    await ctx.write(
        groups.let_in,
        actor=maya.actor,
        group_id=group.id,
        account_id=tom.account.id,
        now=ctx.clock(),
    )

    post = await write(maya, "Staff only", group_id=group.id)

    assert await listed(group, tom) == [post.uri]
    assert await at_home(tom) == [post.uri]


def wrapped_first(sent):
    """Both forms go out at once, and may arrive in either order."""
    return sorted(sent, key=lambda activity: isinstance(activity["object"], str))


async def test_a_post_of_ours_goes_out_in_both_ways(
    lemmy, mastodon, kim, ren, tom, fractions, write
):
    post = await write(tom, "Cut them", title="Fraction strips", group_id=fractions.id)

    [wrapped, plain] = wrapped_first(sent(lemmy))
    assert wrapped_first(sent(mastodon)) == [wrapped, plain]
    assert (wrapped["actor"], wrapped["audience"]) == (fractions.uri, fractions.uri)
    assert wrapped["to"] == [PUBLIC]
    assert wrapped["cc"] == [f"{fractions.uri}/followers"]
    create = wrapped["object"]
    assert (create["type"], create["actor"]) == ("Create", tom.account.uri)
    assert create["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    page = create["object"]
    assert (page["type"], page["name"], page["audience"]) == (
        "Page",
        "Fraction strips",
        fractions.uri,
    )
    assert {PUBLIC, fractions.uri} <= set(page["to"])
    assert {"type": "Mention", "href": fractions.uri, "name": "@fractions@home.example"} in (
        page["tag"]
    )
    assert (plain["actor"], plain["object"]) == (fractions.uri, post.uri)


async def test_each_server_gets_what_it_understands_once_that_is_known(
    lemmy, mastodon, kim, ren, send, fractions, tom, write
):
    await send(kim, kim.create(to_group(kim, fractions)))
    await send(ren, ren.create(mentioning(ren, fractions)))
    lemmy.delivered.clear()
    mastodon.delivered.clear()

    post = await write(tom, "Cut them", group_id=fractions.id)

    assert [item["object"]["type"] for item in sent(lemmy)] == ["Create"]
    assert [item["object"] for item in sent(mastodon)] == [post.uri]


@pytest.mark.parametrize("shape", ["audience", "mention"])
async def test_a_post_from_elsewhere_is_passed_on_unchanged(
    lemmy, mastodon, kim, ren, send, fractions, tom, join, at_home, listed, shape
):
    await join(tom, fractions)
    note = to_group(kim, fractions) if shape == "audience" else mentioning(kim, fractions)
    create = kim.create(note)

    assert await send(kim, create) == 202

    assert await listed(fractions) == [note["id"]]
    assert await at_home(tom) == [note["id"]]
    [wrapped, plain] = wrapped_first(sent(mastodon))
    assert wrapped["object"] == create
    assert plain["object"] == note["id"]


async def test_a_post_that_names_the_group_twice_over_is_passed_on_once(
    lemmy, mastodon, kim, ren, send, fractions
):
    create = kim.create(to_group(kim, fractions))

    await send(kim, create)
    await send(kim, create)
    await send(kim, {**create, "id": create["id"] + "-again"})

    assert len(sent(mastodon)) == 2


async def test_a_post_for_few_from_elsewhere_is_not_passed_on(
    mastodon, kim, ren, send, fractions, listed
):
    note = to_group(kim, fractions, to=[fractions.uri], cc=[f"{kim.uri}/followers"])

    await send(kim, kim.create(note))

    assert await listed(fractions) == []
    assert sent(mastodon) == []


async def test_who_is_kept_out_is_not_passed_on(
    ctx, mastodon, kim, ren, send, fractions, listed, account_by_uri
):
    banned = await account_by_uri(kim.uri)
    await ctx.write(
        rows.keep_out,
        fractions.id,
        banned.id,
        reason="Spam",
        expires_at=None,
        now=ctx.clock(),
    )

    await send(kim, kim.create(to_group(kim, fractions)))

    assert await listed(fractions) == []
    assert sent(mastodon) == []


async def test_answers_are_passed_on_as_activities_alone(
    lemmy, mastodon, kim, ren, send, fractions, tom, write, ctx
):
    begun = await write(tom, "What do you use?", group_id=fractions.id)
    lemmy.delivered.clear()
    mastodon.delivered.clear()
    answer = ren.note("2", "<p>Paper</p>", inReplyTo=begun.uri)

    await send(ren, ren.create(answer))

    [wrapped] = sent(lemmy)
    assert wrapped["object"]["object"]["id"] == answer["id"]
    async with ctx.read() as session:
        stored = await post_rows.by_uri(session, answer["id"])
    assert stored.group_id == fractions.id


async def test_an_answer_to_a_post_from_elsewhere_in_our_group_is_taken_in(
    lemmy, kim, ren, send, fractions, ctx
):
    page = to_group(kim, fractions)
    await send(kim, kim.create(page))
    answer = ren.note("2", "<p>Paper</p>", inReplyTo=page["id"], cc=[])

    await send(ren, ren.create(answer))

    async with ctx.read() as session:
        stored = await post_rows.by_uri(session, answer["id"])
    assert stored is not None
    assert stored.group_id == fractions.id


async def test_changes_likes_and_deletions_are_passed_on(lemmy, kim, ren, send, fractions):
    page = to_group(kim, fractions)
    await send(kim, kim.create(page))
    like = ren.activity("Like", page["id"])
    changed = {**page, "content": "<p>Better</p>", "updated": "2030-01-01T00:00:00Z"}
    update = kim.activity("Update", changed, to=[PUBLIC])
    undo = ren.activity("Undo", like)
    undo_by_id = ren.activity("Undo", like["id"], "2")
    again = ren.activity("Like", page["id"], "1")
    delete = kim.activity("Delete", page["id"])
    lemmy.delivered.clear()

    for actor, activity in (
        (ren, like),
        (kim, update),
        (ren, undo),
        (ren, again | {"id": again["id"] + "b"}),
        (kim, delete),
    ):
        await send(actor, activity)
    del undo_by_id

    passed = [item["object"] for item in sent(lemmy)]
    assert [one["type"] for one in passed] == ["Like", "Update", "Undo", "Like", "Delete"]
    assert passed[0] == like
    assert passed[-1] == delete


async def test_what_was_refused_is_not_passed_on(lemmy, kim, ren, send, fractions):
    """FED-69"""
    page = to_group(kim, fractions)
    await send(kim, kim.create(page))
    lemmy.delivered.clear()

    await send(ren, ren.activity("Delete", page["id"]))
    await send(ren, ren.activity("Update", {**page, "attributedTo": ren.uri}))

    assert sent(lemmy) == []


async def test_our_own_likes_changes_and_deletions_are_passed_on(
    lemmy, kim, tom, maya, fractions, write, ctx
):
    post = await write(tom, "Cut them", group_id=fractions.id)
    lemmy.delivered.clear()

    await ctx.write(
        reactions.favourite,
        actor=maya.actor,
        post_id=post.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    await ctx.write(reactions.unfavourite, actor=maya.actor, post_id=post.id, now=ctx.clock())
    await run_until_idle(ctx)
    await ctx.write(posts.delete, actor=tom.actor, post_id=post.id, now=ctx.clock())
    await run_until_idle(ctx)

    passed = [item["object"] for item in sent(lemmy)]
    assert [one["type"] for one in passed] == ["Like", "Undo", "Delete"]
    assert {one["audience"] for one in passed} == {fractions.uri}
    assert passed[0]["actor"] == maya.account.uri


async def test_a_thread_goes_no_deeper_than_others_take(
    tom, fractions, write, ctx, kim, send, lemmy
):
    post = await write(tom, "0", group_id=fractions.id)
    for depth in range(MAX_DEPTH):
        post = await write(tom, str(depth + 1), in_reply_to_id=post.id)

    with pytest.raises(ForbiddenError, match="no deeper"):
        await write(tom, "too deep", in_reply_to_id=post.id)
    answer = kim.note("9", inReplyTo=post.uri)
    await send(kim, kim.create(answer))

    async with ctx.read() as session:
        stored = await post_rows.by_uri(session, answer["id"])
    assert stored.group_id is None


async def test_its_outbox_shows_what_it_passed_on(client, tom, fractions, write):
    post = await write(tom, "Cut them", group_id=fractions.id)

    answer = await client.get("/users/fractions/outbox?page=true", headers={"Accept": ACTIVITY})
    items = (await answer.json())["orderedItems"]

    assert [(item["type"], item["object"]) for item in items] == [("Announce", post.uri)]


async def test_our_posts_go_to_groups_elsewhere(
    lemmy, tom, write, ctx, make_remote, account_by_uri
):
    lemmy.actor("maths", type="Group", attributedTo="http://lemmy.example/users/maths/mods")
    maths = await make_remote("maths", "lemmy.example", kind="Group")

    page = await write(tom, "Cut them", title="Fraction strips", group_id=maths.id)
    below = await write(tom, "And laminate", in_reply_to_id=page.id)
    await ctx.write(
        reactions.favourite,
        actor=tom.actor,
        post_id=page.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await ctx.write(posts.delete, actor=tom.actor, post_id=below.id, now=ctx.clock())
    await run_until_idle(ctx)

    got = [item.body for item in lemmy.delivered]
    assert [one["type"] for one in got] == ["Create", "Create", "Like", "Delete"] or [
        one["type"] for one in got
    ] == ["Create", "Create", "Delete", "Like"]
    assert {one["audience"] for one in got} == {maths.uri}
    assert got[0]["object"]["type"] == "Page"
    assert maths.uri in got[0]["object"]["to"]
    assert (got[1]["object"]["type"], got[1]["object"]["inReplyTo"]) == ("Note", page.uri)
    assert got[1]["object"]["content"]


async def test_a_question_in_a_group_is_a_question(kim, lemmy, tom, fractions, write):
    await write(
        tom,
        "Paper or tablet?",
        group_id=fractions.id,
        poll=PollDraft(("Paper", "Tablet"), 3600),
    )

    assert sent(lemmy)[0]["object"]["object"]["type"] == "Question"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>@fractions@home.example What do you use?</p><p>More</p>", "What do you use?"),
        ("<p>@fractions@home.example</p><p>Second line</p>", "Second line"),
        ("<p>" + "x" * 400 + "</p>", "x" * 199 + "…"),
        ("", ""),
    ],
)
def test_the_first_line_stands_for_a_title(html, words):
    assert headline(html, group_names=("@fractions@home.example",)) == words


async def test_a_members_own_program_posts_into_a_group(client, ctx, tom, fractions, listed):
    """Row 1.18 "Outbox POST"."""
    answer = await client.post(
        "/users/tom/outbox",
        json={
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Note",
            "content": "What do you use?",
            "to": [PUBLIC],
            "audience": fractions.uri,
        },
        headers={**tom.headers, "Content-Type": ACTIVITY},
    )
    await run_until_idle(ctx)

    assert answer.status == 201
    assert len(await listed(fractions)) == 1
