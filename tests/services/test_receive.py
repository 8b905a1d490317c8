"""Posts of other servers: taken in by the batch, edited, deleted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.posts import MAX_MENTION_NOTIFICATIONS, ReceivedPoll, Visibility
from fedi_k12.services import follows, post_history, receive, timelines, views
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from storage.tables import NotificationRow, TombstoneRow


@pytest.fixture
async def ria(make_remote):
    return await make_remote("ria")


@pytest.fixture
def follow(do, ria):
    async def run(member):
        await do(follows.follow, actor=member.actor, target_id=ria.id)
        await do(
            follows.accepted_by_remote, target=ria, follower=member.account, follow_uri=None
        )

    return run


@pytest.fixture
def again(ctx, do, ria):
    """Return a function that takes in an edit of a post of Ria's."""

    async def run(name="1", **parts):
        values = {
            "uri": f"{ria.uri}/posts/{name}",
            "account_id": ria.id,
            "visibility": Visibility.PUBLIC,
            "content": "<p>New</p>",
            "published": ctx.clock(),
            "updated": ctx.clock(),
            **parts,
        }
        return await do(receive.receive_update, ReceivedPost(**values))

    return run


async def test_a_post_arrives_with_all_its_parts(arrive, see, maya, ria):
    post_id = await arrive(
        ria,
        content_map={"en": "a", "es": "b"},
        title="Title",
        summary="Note",
        sensitive=True,
        language="en",
        url=f"{ria.uri}/1.html",
        hashtags=(("maths", "Maths"),),
        mentioned_account_ids=(maya.account.id,),
        silent_account_ids=(maya.account.id,),
        media=(ReceivedMedia("image", "http://remote.example/a.png", alt="A plan", width=4),),
        emojis=({"shortcode": "owl", "url": "/media/emoji/1"},),
        poll=ReceivedPoll((("a", 2), ("b", 1)), False, None, None, 3),
        extra={"startTime": "x"},
    )

    post = await see(views.post_view, post_id, viewer=maya.actor)
    assert (post.title, post.summary, post.language) == ("Title", "Note", "en")
    assert [tag.display for tag in post.tags] == ["Maths"]
    assert [mention.acct for mention in post.mentions] == ["maya"]
    assert [(item.kind, item.alt) for item in post.media] == [("image", "A plan")]
    assert [option.votes for option in post.poll.options] == [2, 1]
    assert [emoji.shortcode for emoji in post.emojis] == ["owl"]
    assert not post.local


async def test_the_same_post_is_taken_in_once(arrive, ria, counts):
    first = await arrive(ria)

    assert await arrive(ria) is None
    assert first
    assert (await counts(ria.id))[2] == 1


async def test_a_batch_with_the_same_post_twice_takes_it_in_once(ctx, do, ria):
    post = ReceivedPost(
        f"{ria.uri}/posts/1", ria.id, Visibility.PUBLIC, "<p>a</p>", ctx.clock()
    )

    assert len(await do(receive.receive_posts, [post, post])) == 1
    assert await do(receive.receive_posts, []) == []


async def test_an_existing_post_is_not_addressed_anew_by_a_create(arrive, see, ria, tom):
    """FED-77."""
    post_id = await arrive(ria, visibility="direct")

    await arrive(ria, visibility="public", mentioned_account_ids=(tom.account.id,))

    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=tom.actor)


async def test_followers_and_the_named_get_it(arrive, follow, home, told, ria, maya, tom):
    await follow(maya)

    post_id = await arrive(ria, mentioned_account_ids=(tom.account.id,))

    assert await home(maya) == [post_id]
    assert await home(tom) == []
    assert await told(tom) == [("mention", "ria@remote.example")]


async def test_a_mention_bomb_tells_a_few(ctx, arrive, make_member, ria):
    """FED-106."""
    members = [await make_member(f"m{n}") for n in range(MAX_MENTION_NOTIFICATIONS + 2)]

    await arrive(ria, mentioned_account_ids=tuple(m.account.id for m in members))

    async with ctx.read() as session:
        rows = list(await session.scalars(select(NotificationRow)))
    assert len(rows) == MAX_MENTION_NOTIFICATIONS


async def test_what_was_fetched_to_fill_a_gap_tells_nobody(
    arrive, follow, home, told, queued, ria, maya
):
    await follow(maya)
    await arrive(
        ria,
        fetched=True,
        mentioned_account_ids=(maya.account.id,),
        in_reply_to_uri="http://remote.example/unknown",
    )

    assert await home(maya) == []
    assert await told(maya) == []
    assert await queued("FetchThread") == []


async def test_what_was_fetched_first_and_is_sent_later_still_reaches_its_readers(
    arrive, follow, home, told, counts, ria, maya, tom
):
    await follow(maya)
    names_tom = {"mentioned_account_ids": (tom.account.id,)}
    post_id = await arrive(ria, fetched=True, **names_tom)
    assert await home(maya) == []

    for _time in range(2):
        assert await arrive(ria, **names_tom) is None

    assert await home(maya) == [post_id]
    assert await told(tom) == [("mention", "ria@remote.example")]
    assert (await counts(ria.id))[2] == 1


async def test_an_old_post_sent_once_more_is_not_new(clock, arrive, follow, home, ria, maya):
    await follow(maya)
    await arrive(ria, fetched=True)
    clock.advance(days=3)

    await arrive(ria)

    assert await home(maya) == []


async def test_fed_77_a_post_sent_once_more_is_not_shown_to_more(
    arrive, follow, see, told, ria, maya, tom
):
    post_id = await arrive(ria, visibility="followers")

    await arrive(ria, visibility="public", mentioned_account_ids=(tom.account.id,))

    assert await told(tom) == []
    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=tom.actor)


async def test_a_reply_finds_its_thread_in_whatever_order(arrive, see, queued, ria):
    leaf = await arrive(ria, "leaf", in_reply_to_uri=f"{ria.uri}/posts/middle")
    assert await queued("FetchThread") == [{"post_id": leaf}]
    middle = await arrive(ria, "middle", in_reply_to_uri=f"{ria.uri}/posts/root")
    root = await arrive(ria, "root")

    thread = await see(timelines.thread, post_id=leaf, viewer=None)

    assert [post.id for post in thread.ancestors] == [root, middle]
    assert {post.thread_id for post in (*thread.ancestors, thread.post)} == {root}
    assert (await see(views.post_view, root, viewer=None)).replies_count == 1


async def test_a_reply_to_itself_answers_nothing(arrive, see, ria):
    """FED-63."""
    post_id = await arrive(ria, "a", in_reply_to_uri=f"{ria.uri}/posts/a")

    thread = await see(timelines.thread, post_id=post_id, viewer=None)

    assert thread.ancestors == ()


async def test_a_circle_of_replies_can_be_read(arrive, see, ria):
    """FED-63."""
    one = await arrive(ria, "a", in_reply_to_uri=f"{ria.uri}/posts/b")
    other = await arrive(ria, "b", in_reply_to_uri=f"{ria.uri}/posts/a")

    for post_id in (one, other):
        assert (await see(timelines.thread, post_id=post_id, viewer=None)).post.id == post_id


async def test_an_old_post_takes_its_place_in_time(ctx, arrive, ria, maya, publish):
    newer = await publish(maya)

    old = await arrive(ria, published=ctx.clock() - timedelta(days=30))

    assert old < newer.id


async def test_a_post_of_the_future_is_of_now(ctx, arrive, see, ria):
    """FED-60."""
    post_id = await arrive(ria, published=ctx.clock() + timedelta(days=3650))

    assert (await see(views.post_view, post_id, viewer=None)).created_at <= ctx.clock()


async def test_an_edit_changes_what_it_may(clock, arrive, again, see, maya, ria):
    """Row 1.8 "Update"."""
    post_id = await arrive(ria, hashtags=(("old", "old"),))
    clock.advance(minutes=5)

    assert (
        await again(
            hashtags=(("new", "new"),),
            mentioned_account_ids=(maya.account.id,),
            media=(ReceivedMedia("image", "http://remote.example/b.png"),),
            poll=ReceivedPoll((("a", 1),), True, None, None, 1),
            summary="Note",
        )
        == post_id
    )

    post = await see(views.post_view, post_id, viewer=None)
    assert post.content == "<p>New</p>"
    assert [tag.name for tag in post.tags] == ["new"]
    assert len(post.media) == 1
    assert post.poll.multiple
    assert post.edited_at > post.created_at
    past = await see(post_history.history, post_id=post_id, viewer=None)
    assert [item.content for item in past] == ["<p>1</p>", "<p>New</p>"]


async def test_an_edit_without_a_change_leaves_no_trace(clock, arrive, again, see, ria):
    post_id = await arrive(ria)
    clock.advance(minutes=5)

    await again(content="<p>1</p>")

    assert (await see(views.post_view, post_id, viewer=None)).edited_at is None


async def test_an_edit_never_shows_it_to_more_but_may_to_fewer(clock, arrive, again, see, ria):
    """FED-70."""
    post_id = await arrive(ria, visibility="unlisted")
    clock.advance(minutes=5)

    await again(visibility=Visibility.PUBLIC)
    assert (await see(views.post_view, post_id, viewer=None)).visibility is Visibility.UNLISTED

    await again(visibility=Visibility.DIRECT)
    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=None)


async def test_edits_of_what_is_not_theirs_or_old_are_ignored(
    ctx, arrive, again, see, publish, maya, ria, make_remote
):
    """FED-68, FED-70."""
    pat = await make_remote("pat")
    post_id = await arrive(ria)
    ours = await publish(maya)

    assert await again(account_id=pat.id) is None
    assert await again("unknown") is None
    assert await again(updated=ctx.clock() - timedelta(days=1)) is None
    assert await again(uri=ours.uri, account_id=maya.account.id) is None
    assert (await see(views.post_view, post_id, viewer=None)).content == "<p>1</p>"


async def test_a_deletion_by_its_author_takes_the_post(do, arrive, see, counts, ria, ctx):
    post_id = await arrive(ria)
    reply = await arrive(ria, "2", in_reply_to_uri=f"{ria.uri}/posts/1")
    uri = f"{ria.uri}/posts/1"

    assert await do(receive.receive_deletion, uri=uri, account_uri=ria.uri)

    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=None)
    assert (await see(views.post_view, reply, viewer=None)).reply_missing
    assert await arrive(ria) is None
    assert await do(receive.receive_deletion, uri=f"{ria.uri}/posts/2", account_uri=ria.uri)


async def test_a_deletion_by_somebody_else_is_ignored(
    do, arrive, see, publish, maya, ria, make_remote
):
    """FED-69."""
    pat = await make_remote("pat")
    post_id = await arrive(ria)
    ours = await publish(maya)

    for uri, sender in (
        (f"{ria.uri}/posts/1", pat.uri),
        (ours.uri, ria.uri),
        (ours.uri, maya.account.uri),
    ):
        assert not await do(receive.receive_deletion, uri=uri, account_uri=sender)

    assert await see(views.post_view, post_id, viewer=None)
    assert await see(views.post_view, ours.id, viewer=None)


async def test_a_create_after_its_delete_is_refused(ctx, do, arrive, ria):
    """FED-21."""
    uri = f"{ria.uri}/posts/1"
    assert not await do(receive.receive_deletion, uri=uri, account_uri=ria.uri)

    assert await arrive(ria) is None
    async with ctx.read() as session:
        assert (await session.scalar(select(TombstoneRow))).uri == uri
