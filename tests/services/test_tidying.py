"""Posts of other servers that nobody touched go; counts are held to what they count."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.timed_jobs import ForgetRemotePosts
from fedi_k12.services import follows, reactions
from fedi_k12.services.tidying import count_untouched, forget_remote_posts, forget_untouched
from storage import checks, untouched
from storage.tables import AccountRow, Base, MediaRow, PostRow, RemoteFileRow, ReportRow


@pytest.fixture
def left(ctx):
    """Return a function that reads the names of other servers' posts that are here."""

    async def run() -> set[str]:
        async with ctx.read() as session:
            rows = await session.scalars(
                select(PostRow.uri).where(
                    PostRow.local.is_(False), PostRow.boost_of_id.is_(None)
                )
            )
            return {uri.rpartition("/")[2] for uri in rows}

    return run


async def quote(session, post_id: int, quoted_id: int) -> None:
    row = await session.get_one(PostRow, post_id)
    row.quote_of_id, row.quote_state = quoted_id, "pending"


async def wrong(ctx) -> dict[str, int]:
    async with ctx.read() as session:
        found = {one.name: await checks.wrong(session, one) for one in checks.counted()}
    return {name: number for name, number in found.items() if number}


async def test_only_what_nobody_touched_is_forgotten(
    ctx, maya, tom, do, see, arrive, publish, make_remote, left, clock
):
    ines, ben = await make_remote("ines"), await make_remote("ben", "other.example")
    await do(follows.follow, actor=maya.actor, target_id=ines.id)
    plain = await arrive(ines, "plain")
    await arrive(ben, "answers-plain", in_reply_to_uri=f"{ines.uri}/posts/plain")
    liked = await arrive(ines, "liked")
    await do(reactions.favourite, actor=maya.actor, post_id=liked)
    await arrive(ben, "answers-liked", in_reply_to_uri=f"{ines.uri}/posts/liked")
    kept = await arrive(ines, "bookmarked")
    await do(reactions.bookmark, actor=tom.actor, post_id=kept)
    await do(reactions.boost, actor=tom.actor, post_id=await arrive(ines, "boosted"))
    await publish(tom, "Yes", in_reply_to_id=await arrive(ines, "answered"))
    quoted, quotes = await arrive(ben, "quoted"), await publish(tom, "See")
    await ctx.write(quote, quotes.id, quoted)
    ours = await publish(maya, "Ours", visibility=Visibility.PUBLIC)
    await arrive(ben, "answer", in_reply_to_uri=ours.uri)
    await arrive(ben, "letter", visibility="direct")
    number = await arrive(ben, "reported")

    async def report(session) -> None:
        session.add(
            ReportRow(
                account_id=maya.account.id,
                target_id=ben.id,
                post_ids=[str(number)],
                created_at=ctx.clock(),
            )
        )

    await ctx.write(report)
    clock.advance(seconds=timedelta(days=40).total_seconds())
    await arrive(ben, "new")
    everything = await left()

    assert await count_untouched(ctx, days=30) == 3
    assert await left() == everything
    assert await forget_untouched(ctx, days=30) == 3
    assert everything - await left() == {"plain", "answers-plain", "answers-liked"}
    assert await wrong(ctx) == {}
    assert await forget_untouched(ctx, days=30) == 0
    # What comes again is taken in again: it was not deleted, only forgotten.
    assert await arrive(ines, "plain") != plain


async def test_posts_go_a_few_at_a_time_with_their_pictures_and_only_when_asked(
    ctx, arrive, make_remote, left, clock, monkeypatch
):
    ines = await make_remote("ines")
    for name in "abcde":
        await arrive(ines, name)
    key = await ctx.blobs.put(b"a picture", ending="webp")

    async def give(session) -> None:
        post_id = await session.scalar(select(func.min(PostRow.id)))
        session.add(
            MediaRow(
                id=1, account_id=ines.id, post_id=post_id, kind="image", file=key,
                remote_url="http://remote.example/1.webp", created_at=ctx.clock(),
            )
        )  # fmt: skip
        session.add(
            RemoteFileRow(
                key=key, host="remote.example", size=9, used_at=ctx.clock(),
                created_at=ctx.clock(),
            )
        )  # fmt: skip

    await ctx.write(give)
    clock.advance(seconds=timedelta(days=40).total_seconds())
    monkeypatch.setattr(untouched, "LOOKED_AT", 2)

    await forget_remote_posts(ctx, ForgetRemotePosts())
    assert len(await left()) == 5
    told: list[int] = []
    await forget_untouched(ctx, days=30, tell=told.append)

    assert (await left(), told) == (set(), [2, 4, 5])
    assert await ctx.blobs.get(key) is None


def test_a_table_that_names_a_post_keeps_it_unless_it_is_known_to_be_part_of_it():
    known = {column.table.name for column in untouched.naming()}

    assert known >= {"bookmark", "favourite", "group_post", "notification", "desk_message"}
    assert not known & untouched.OF_THE_POST
    assert Base.metadata.tables.keys() >= untouched.OF_THE_POST


async def test_counts_that_are_wrong_are_found_and_counted_again(
    ctx, maya, tom, do, publish, monkeypatch
):
    post = await publish(maya, "Hello", visibility=Visibility.PUBLIC)
    await do(reactions.favourite, actor=tom.actor, post_id=post.id)
    await do(reactions.boost, actor=tom.actor, post_id=post.id)
    await publish(tom, "Yes", in_reply_to_id=post.id)
    await publish(maya, "See", quote_of_id=post.id, visibility=Visibility.PUBLIC)
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id)
    assert await wrong(ctx) == {}

    async def spoil(session) -> None:
        await session.execute(update(PostRow).values(favourites_count=7, replies_count=-1))
        await session.execute(update(AccountRow).values(followers_count=3))

    await ctx.write(spoil)
    spoiled = await wrong(ctx)
    monkeypatch.setattr(checks, "AT_ONCE", 2)
    for one in checks.counted():
        after = 0
        while after is not None:
            _number, after = await ctx.write(checks.mend, one, after=after)

    assert spoiled.keys() == {
        "post.favourites_count",
        "post.replies_count",
        "account.followers_count",
    }
    assert await wrong(ctx) == {}
    async with ctx.read() as session:
        assert await checks.orphans(session) == {}
        row = await session.get_one(PostRow, post.id)
        assert (row.favourites_count, row.replies_count, row.boosts_count) == (1, 1, 1)
        assert row.quotes_count == 1
