"""What is read where: newest first, nothing ranked, nothing of what one may not see."""

import pytest
from sqlalchemy import event

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import follows, lists, reactions, timelines


@pytest.fixture
def read(see):
    async def run(service, **given):
        found = await see(service, **{"page": PageRequest(), **given})
        return [view.id for view in found.items]

    return run


async def test_home_is_read_in_pages(publish, see, maya):
    ids = [(await publish(maya, str(n))).id for n in range(5)]

    async def page(**bounds):
        found = await see(timelines.home, actor=maya.actor, page=PageRequest(2, **bounds))
        return [ids.index(view.id) for view in found.items], found.newest, found.oldest

    assert await page() == ([4, 3], ids[4], ids[3])
    assert await page(max_id=ids[3]) == ([2, 1], ids[2], ids[1])
    assert await page(since_id=ids[0]) == ([4, 3], ids[4], ids[3])
    assert await page(min_id=ids[0]) == ([2, 1], ids[2], ids[1])
    assert await page(max_id=ids[0]) == ([], None, None)


async def test_the_number_of_queries_does_not_grow_with_the_page(ctx, publish, home, maya, tom):
    """DESIGN, journey C."""
    asked = []

    async def count():
        asked.clear()
        async with ctx.read() as session:
            engine = session.bind.sync_engine

            def note(_connection, _cursor, statement, *_rest):
                asked.append(statement)

            event.listen(engine, "before_cursor_execute", note)
            try:
                await timelines.home(session, actor=maya.actor, page=PageRequest(40))
            finally:
                event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    await publish(maya, "@tom #one")
    few = await count()
    for number in range(20):
        await publish(maya, f"@tom #tag{number}")

    assert await count() == few > 0


async def test_replies_come_home_only_if_one_follows_both(
    do, publish, home, make_member, maya, tom
):
    ann = await make_member("ann")
    await do(follows.follow, actor=ann.actor, target_id=maya.account.id)
    to_tom = await publish(maya, "yes", in_reply_to_id=(await publish(tom)).id)
    to_self = await publish(maya, "and", in_reply_to_id=(await publish(maya)).id)

    before = await home(ann)
    await do(follows.follow, actor=ann.actor, target_id=tom.account.id)
    both = await publish(maya, "again", in_reply_to_id=to_tom.in_reply_to_id)

    assert to_tom.id not in before
    assert to_self.id in before
    assert both.id in await home(ann)


async def test_the_public_page_shows_public_posts_only(
    read, publish, arrive, maya, make_remote
):
    ria = await make_remote("ria")
    shown = await publish(maya)
    await publish(maya, "reply", in_reply_to_id=shown.id)
    for visibility in (Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DIRECT):
        await publish(maya, visibility=visibility)
    stays = await publish(maya, local_only=True)
    remote = await arrive(ria)

    visitor = await read(timelines.public, viewer=None)

    assert visitor[0] == remote
    assert shown.id in visitor
    assert stays.id not in visitor
    assert len(visitor) == 3
    assert stays.id in await read(timelines.public, viewer=maya.actor)
    assert await read(timelines.public, viewer=None, remote=True) == [remote]
    assert remote not in await read(timelines.public, viewer=None, local=True)
    assert await read(timelines.public, viewer=None, only_media=True) == []


async def test_blocked_and_muted_people_are_not_on_the_public_page(
    do, read, publish, maya, tom
):
    post = await publish(tom)
    await do(follows.mute, actor=maya.actor, target_id=tom.account.id)

    assert await read(timelines.public, viewer=maya.actor) == []
    assert await read(timelines.public, viewer=None) == [post.id]


async def test_tags_are_read_by_any_all_and_none(read, publish, maya):
    ab = (await publish(maya, "#a #b")).id
    ac = (await publish(maya, "#a #c")).id
    only_c = (await publish(maya, "#c")).id
    await publish(maya, "#a", visibility=Visibility.UNLISTED)
    tag = {"name": "a", "viewer": None}

    assert await read(timelines.tag, **tag) == [ac, ab]
    assert await read(timelines.tag, **tag, any_of=["c"]) == [only_c, ac, ab]
    assert await read(timelines.tag, **tag, all_of=["b"]) == [ab]
    assert await read(timelines.tag, **tag, none_of=["c"]) == [ab]
    assert await read(timelines.tag, **tag, remote=True) == []
    assert await read(timelines.tag, **tag, local=True, only_media=True) == []


async def test_an_accounts_page_shows_what_the_viewer_may_see(do, read, publish, maya, tom):
    public = (await publish(maya, "#a")).id
    private = (await publish(maya, visibility=Visibility.FOLLOWERS)).id
    reply = (await publish(maya, "x", in_reply_to_id=(await publish(tom)).id)).id
    boost = await do(reactions.boost, actor=maya.actor, post_id=(await publish(tom)).id)
    about = {"account_id": maya.account.id}

    assert await read(timelines.of_account, **about, viewer=None) == [boost, reply, public]
    assert private in await read(timelines.of_account, **about, viewer=maya.actor)
    calm = {"viewer": None, "exclude_replies": True, "exclude_boosts": True}
    assert await read(timelines.of_account, **about, **calm) == [public]
    assert await read(timelines.of_account, **about, viewer=None, tagged="a") == [public]
    assert await read(timelines.of_account, **about, viewer=None, only_media=True) == []
    with pytest.raises(NotFoundError):
        await read(timelines.of_account, account_id=1, viewer=None)


async def test_a_list_shows_its_members_to_its_owner(do, read, publish, maya, tom, make_member):
    ann = await make_member("ann")
    await do(follows.follow, actor=maya.actor, target_id=tom.account.id)
    await do(follows.follow, actor=maya.actor, target_id=ann.account.id)
    made = await do(lists.create, actor=maya.actor, title="Maths")
    await do(lists.add, actor=maya.actor, list_id=made.id, account_ids=[tom.account.id])
    post = await publish(tom)
    await publish(ann)

    found = await read(timelines.list_timeline, actor=maya.actor, list_id=made.id)

    assert found == [post.id]
    with pytest.raises(NotFoundError):
        await read(timelines.list_timeline, actor=tom.actor, list_id=made.id)


async def test_a_thread_is_read_from_its_root_depth_first(see, publish, maya, tom):
    root = await publish(maya, "root")
    one = await publish(tom, "one", in_reply_to_id=root.id)
    two = await publish(tom, "two", in_reply_to_id=root.id)
    below = await publish(maya, "below", in_reply_to_id=one.id)

    thread = await see(timelines.thread, post_id=root.id, viewer=None)
    middle = await see(timelines.thread, post_id=one.id, viewer=None)

    assert [view.id for view in thread.descendants] == [one.id, below.id, two.id]
    assert thread.depths == (1, 2, 1)
    assert [view.id for view in middle.ancestors] == [root.id]
    assert not thread.incomplete


async def test_replies_below_what_one_may_not_see_are_left_out(see, publish, maya, tom):
    root = await publish(maya, "root")
    hidden = await publish(tom, "hidden", in_reply_to_id=root.id, visibility=Visibility.DIRECT)
    await publish(tom, "below", in_reply_to_id=hidden.id)

    thread = await see(timelines.thread, post_id=root.id, viewer=None)

    assert thread.descendants == ()
    own = await see(timelines.thread, post_id=root.id, viewer=tom.actor)
    assert len(own.descendants) == 2


async def test_a_thread_with_a_hole_says_so(see, arrive, make_remote):
    ria = await make_remote("ria")
    post_id = await arrive(ria, in_reply_to_uri="http://remote.example/unknown")

    assert (await see(timelines.thread, post_id=post_id, viewer=None)).incomplete
