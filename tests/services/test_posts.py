"""Publishing, editing and deleting."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.posts import (
    MAX_MEDIA,
    MAX_OPTION_CHARACTERS,
    MAX_POLL_OPTIONS,
    Draft,
    MediaEdit,
    PollDraft,
    Visibility,
)
from fedi_k12.services import (
    follows,
    holding,
    media,
    moderation,
    polls,
    post_history,
    posts,
    reactions,
    views,
)
from fedi_k12.services.pictures import Encoded, Prepared
from storage import posts as post_rows
from storage.tables import MediaRow, TombstoneRow

PICTURE = Prepared(
    "image", Encoded(b"x", "png", 4, 3), Encoded(b"x", "png", 4, 3), "LEHV6nWB2yk8"
)


@pytest.fixture
def upload(do):
    async def run(member, alt="A plan"):
        view = await do(
            media.store,
            actor=member.actor,
            prepared=PICTURE,
            file="aa/a.png",
            preview_file="bb/b.png",
            alt=alt,
        )
        return view.id

    return run


@pytest.fixture
def sent(ctx):
    """Return a function that lets other servers be told of a post."""

    async def run(post):
        await ctx.write(holding.withdraw, await ctx.write(post_rows.by_id, post.id))

    return run


async def test_a_post_is_stored_shown_counted_and_sent(
    publish, home, counts, queued, maya, ctx
):
    post = await publish(maya, "Hello #Maths", language="EN", summary="Note")

    assert post.content.startswith("<p>Hello ")
    assert [tag.name for tag in post.tags] == ["maths"]
    assert (post.language, post.summary, post.sensitive) == ("en", "Note", True)
    assert post.uri == ctx.addresses.post("maya", post.id)
    assert post.local
    assert await home(maya) == [post.id]
    assert (await counts(maya.account.id))[2] == 1
    assert await queued("FederatePost") == [{"post_id": post.id}]


async def test_whoever_is_named_is_told_once(publish, told, maya, tom):
    post = await publish(maya, "@tom @tom@home.example and @nobody and @maya")

    assert [m.acct for m in post.mentions] == ["tom", "maya"]
    assert await told(tom) == [("mention", "maya")]
    assert await told(maya) == []


async def test_a_reply_joins_its_thread(publish, see, told, maya, tom):
    first = await publish(maya)

    reply = await publish(tom, "@maya yes", in_reply_to_id=first.id)

    assert (reply.in_reply_to_id, reply.thread_id) == (first.id, first.id)
    assert reply.in_reply_to_account_id == maya.account.id
    assert (await see(views.post_view, first.id, viewer=None)).replies_count == 1
    assert await told(maya) == [("mention", "tom")]


async def test_a_reply_to_a_boost_answers_what_it_boosts(do, publish, maya, tom):
    first = await publish(maya)
    boost_id = await do(reactions.boost, actor=tom.actor, post_id=first.id)

    reply = await publish(tom, "yes", in_reply_to_id=boost_id)

    assert reply.in_reply_to_id == first.id


async def test_what_one_may_not_see_one_cannot_answer(publish, maya, tom):
    letter = await publish(maya, "for myself", visibility=Visibility.DIRECT)

    with pytest.raises(NotFoundError):
        await publish(tom, "yes", in_reply_to_id=letter.id)


async def test_what_stays_here_stays_here_with_its_replies(publish, queued, maya, tom):
    """Row 1.6 "Local-only"."""
    first = await publish(maya, local_only=True)

    reply = await publish(tom, "yes", in_reply_to_id=first.id)

    assert reply.local_only
    assert await queued("FederatePost") == []


async def test_the_same_key_within_an_hour_is_the_same_post(publish, counts, clock, maya):
    first = await publish(maya, idempotency_key="k")
    again = await publish(maya, idempotency_key="k")
    other = await publish(maya, idempotency_key="l")

    clock.advance(hours=1, minutes=1)
    later = await publish(maya, idempotency_key="k")

    assert again.id == first.id
    assert len({first.id, other.id, later.id}) == 3
    assert (await counts(maya.account.id))[2] == 3


async def test_a_key_of_a_deleted_post_is_free_again(do, publish, maya):
    first = await publish(maya, idempotency_key="k")
    await do(posts.delete, actor=maya.actor, post_id=first.id)

    assert (await publish(maya, idempotency_key="k")).id != first.id


async def test_keys_are_everybodys_own(publish, maya, tom):
    one = await publish(maya, idempotency_key="k")

    assert (await publish(tom, idempotency_key="k")).id != one.id


def poll(*titles, **parts):
    return PollDraft(titles or ("Monday", "Friday"), parts.pop("expires_in", 3600), **parts)


REFUSED = {
    "empty": {"text": " \n"},
    "too long": {"text": "a" * (posts.MAX_CHARACTERS + 1)},
    "too long with its note": {"text": "a" * posts.MAX_CHARACTERS, "summary": "b"},
    "FED-58 NUL": {"text": "a\x00b"},
    "FED-58 NUL in the note": {"summary": "a\x00b"},
    "too many pictures": {"media_ids": tuple(range(1, MAX_MEDIA + 2))},
    "poll and pictures": {"media_ids": (1,), "poll": poll()},
    "one answer": {"poll": poll("Monday")},
    "too many answers": {"poll": poll(*map(str, range(MAX_POLL_OPTIONS + 1)))},
    "the same answer twice": {"poll": poll("Monday", "Monday ")},
    "an empty answer": {"poll": poll("Monday", " ")},
    "an endless answer": {"poll": poll("a", "b" * (MAX_OPTION_CHARACTERS + 1))},
    "a poll of a moment": {"poll": poll(expires_in=10)},
    "a poll for ever": {"poll": poll(expires_in=10**9)},
    "another form of text": {"content_type": "text/html"},
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=list(REFUSED))
async def test_drafts_that_cannot_be_are_refused(publish, counts, maya, parts):
    with pytest.raises(InvalidError, match="Validation failed"):
        await publish(maya, **{"text": "Hello", **parts})

    assert (await counts(maya.account.id))[2] == 0


async def test_a_poll_is_asked(publish, maya):
    post = await publish(maya, "When?", poll=poll(multiple=True))

    assert post.kind == "Question"
    assert [option.title for option in post.poll.options] == ["Monday", "Friday"]
    assert post.poll.multiple
    assert post.poll.own == ()


async def test_pictures_go_with_the_post_in_order(upload, publish, maya):
    one, two = await upload(maya), await upload(maya, alt="")

    post = await publish(maya, "", media_ids=(two, one, two))

    assert [item.id for item in post.media] == [two, one]
    assert post.media[1].alt == "A plan"


async def test_only_ones_own_free_pictures_can_be_attached(ctx, upload, publish, maya, tom):
    mine = await upload(maya)
    await publish(maya, media_ids=(mine,))
    theirs, waiting = await upload(tom), await upload(maya)

    async def unfinished(session):
        (await session.get(MediaRow, waiting)).state = "processing"

    await ctx.write(unfinished)

    for number in (mine, theirs, 1):
        with pytest.raises(NotFoundError):
            await publish(maya, media_ids=(number,))
    with pytest.raises(InvalidError, match="finished processing"):
        await publish(maya, media_ids=(waiting,))


async def test_a_suspended_account_cannot_post(do, publish, maya):
    await do(moderation.suspend_account, actor=None, account_id=maya.account.id, reason="")

    with pytest.raises(ForbiddenError):
        await publish(maya)


@pytest.fixture
def edit(do, see):
    async def run(member, post, text="New", media_edits=(), **parts):
        await do(
            posts.edit,
            actor=member.actor,
            post_id=post.id,
            draft=Draft(text, **parts),
            media_edits=media_edits,
        )
        return await see(views.post_view, post.id, viewer=member.actor)

    return run


async def test_an_edit_keeps_how_it_read(publish, edit, see, queued, sent, maya, tom):
    """Row 1.8 "Edit history"."""
    post = await publish(maya, "@tom Old #one", summary="Note")
    await sent(post)

    after = await edit(maya, post, "@tom New #two", visibility=Visibility.PUBLIC)

    assert "New" in after.content
    assert [tag.name for tag in after.tags] == ["two"]
    assert after.summary == ""
    assert after.edited_at is not None
    past = await see(post_history.history, post_id=post.id, viewer=None)
    assert [("Old" in item.content, item.summary) for item in past] == [
        (True, "Note"),
        (False, ""),
    ]
    assert past[0].created_at == post.created_at
    assert len(await queued("FederateEdit")) == 1


async def test_an_edit_before_others_were_told_goes_out_with_the_post(
    publish, edit, queued, maya
):
    post = await publish(maya, "Old")

    await edit(maya, post, "New")

    assert await queued("FederateEdit") == []
    assert len(await queued("FederatePost")) == 1


async def test_an_edit_never_shows_it_to_more(publish, edit, maya):
    """FED-70."""
    post = await publish(maya, visibility=Visibility.FOLLOWERS)

    assert (await edit(maya, post, visibility=Visibility.PUBLIC)).visibility is (
        Visibility.FOLLOWERS
    )


async def test_an_edit_tells_the_newly_named_and_those_who_passed_it_on(
    do, publish, edit, told, maya, tom, make_member
):
    ann = await make_member("ann")
    post = await publish(maya, "@tom")
    await do(reactions.boost, actor=ann.actor, post_id=post.id)

    after = await edit(maya, post, "@ann")

    assert [m.acct for m in after.mentions] == ["ann"]
    assert await told(tom) == [("mention", "maya")]
    assert sorted(await told(ann)) == [("mention", "maya"), ("update", "maya")]


async def test_an_edit_can_change_pictures_and_their_words(upload, publish, edit, see, maya):
    one, two, three = await upload(maya), await upload(maya), await upload(maya)
    post = await publish(maya, media_ids=(one, two))

    after = await edit(
        maya,
        post,
        media_ids=(three, two),
        media_edits=(MediaEdit(two, alt="Better", focus=(0.5, 0.5)),),
    )

    assert [item.id for item in after.media] == [three, two]
    assert after.media[1].alt == "Better"
    assert (after.media[1].focus_x, after.media[1].focus_y) == (0.5, 0.5)
    assert (await see(media.get, actor=maya.actor, media_id=one)).id == one
    past = await see(post_history.history, post_id=post.id, viewer=maya.actor)
    assert [item.id for item in past[0].media] == [two]


async def test_an_edit_describes_only_pictures_of_the_post(upload, publish, edit, maya, tom):
    mine, theirs = await upload(maya), await upload(tom)
    post = await publish(maya)

    for number in (mine, theirs, 1):
        with pytest.raises(NotFoundError):
            await edit(maya, post, media_edits=(MediaEdit(number, alt="x"),))


async def test_an_edit_of_the_answers_starts_the_poll_anew(do, publish, edit, maya, tom):
    post = await publish(maya, poll=poll())
    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[0])

    after = await edit(maya, post, poll=poll("Tuesday", "Sunday"))

    assert [option.title for option in after.poll.options] == ["Tuesday", "Sunday"]
    assert after.poll.votes_count == 0


async def test_others_posts_cannot_be_changed_or_taken(do, publish, edit, see, maya, tom):
    post = await publish(maya)

    with pytest.raises(NotFoundError):
        await edit(tom, post)
    with pytest.raises(NotFoundError):
        await do(posts.delete, actor=tom.actor, post_id=post.id)
    with pytest.raises(NotFoundError):
        await see(posts.source, actor=tom.actor, post_id=post.id)
    with pytest.raises(NotFoundError):
        await see(posts.own_post_view, actor=tom.actor, post_id=post.id)
    assert (await see(posts.source, actor=maya.actor, post_id=post.id)).text == "Hello"
    assert (await see(posts.own_post_view, actor=maya.actor, post_id=post.id)).id == post.id


async def test_a_boost_is_no_post_to_change(do, publish, edit, maya):
    post = await publish(maya)
    boost_id = await do(reactions.boost, actor=maya.actor, post_id=post.id)

    with pytest.raises(NotFoundError):
        await do(posts.delete, actor=maya.actor, post_id=boost_id)


async def test_a_deleted_post_is_gone_and_remembered(
    ctx, do, publish, see, home, counts, queued, maya, tom
):
    first = await publish(maya)
    reply = await publish(tom, "@maya yes", in_reply_to_id=first.id)
    await do(reactions.boost, actor=tom.actor, post_id=first.id)

    await do(posts.delete, actor=maya.actor, post_id=first.id)

    with pytest.raises(NotFoundError):
        await see(views.post_view, first.id, viewer=maya.actor)
    assert await home(maya) == []
    assert (await counts(maya.account.id))[2] == 0
    orphan = await see(views.post_view, reply.id, viewer=None)
    assert orphan.in_reply_to_id is None
    assert orphan.reply_missing
    [job] = await queued("FederateDeletion")
    assert tom.account.id in job["account_ids"]
    async with ctx.read() as session:
        stone = await session.scalar(select(TombstoneRow))
    assert (stone.uri, stone.former_type) == (first.uri, "Note")


async def test_what_stayed_here_is_not_deleted_elsewhere(do, publish, queued, maya):
    post = await publish(maya, local_only=True)

    await do(posts.delete, actor=maya.actor, post_id=post.id)

    assert await queued() == []


async def test_pictures_of_a_deleted_post_can_be_used_anew_or_go(
    do, see, upload, publish, maya
):
    one, two = await upload(maya), await upload(maya)
    kept, gone = await publish(maya, media_ids=(one,)), await publish(maya, media_ids=(two,))

    await do(posts.delete, actor=maya.actor, post_id=kept.id)
    await do(posts.delete, actor=maya.actor, post_id=gone.id, keep_media=False)

    assert (await publish(maya, media_ids=(one,))).media
    with pytest.raises(NotFoundError):
        await see(media.get, actor=maya.actor, media_id=two)


async def test_followers_are_reached_as_the_visibility_says(
    do, publish, home, maya, tom, make_member
):
    ann = await make_member("ann")
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id)
    seen = {}
    for visibility in Visibility:
        seen[visibility] = (await publish(maya, visibility=visibility)).id
    letter = await publish(maya, "@tom", visibility=Visibility.DIRECT)
    to_ann = await publish(maya, "@ann", visibility=Visibility.DIRECT)

    at_home = await home(tom)

    assert set(at_home) == {
        seen[Visibility.PUBLIC], seen[Visibility.UNLISTED], seen[Visibility.FOLLOWERS],
        letter.id,
    }  # fmt: skip
    assert to_ann.id not in at_home
    assert await home(ann) == []


async def test_whoever_watches_is_told_of_posts_but_not_of_replies(
    do, publish, told, maya, tom
):
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id, notify=True)
    post = await publish(maya)
    await publish(maya, "more", in_reply_to_id=post.id)
    await publish(maya, "to myself", visibility=Visibility.DIRECT)

    assert await told(tom) == [("status", "maya")]


async def test_the_history_of_what_one_may_not_see_is_not_there(publish, see, maya, tom):
    post = await publish(maya, visibility=Visibility.DIRECT)

    with pytest.raises(NotFoundError):
        await see(post_history.history, post_id=post.id, viewer=tom.actor)


async def test_a_post_of_long_ago_can_still_be_edited(publish, edit, clock, maya):
    post = await publish(maya)
    clock.advance(days=900)

    assert (await edit(maya, post)).edited_at - post.created_at > timedelta(days=899)
