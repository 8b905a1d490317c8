"""Filters: made, changed and deleted on pages, and what they do to what one reads."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import filters, follows
from fedi_k12.services.filters import FilterChanges, KeywordChange

PLACE = "/settings/filters"
EVERYWHERE = ("home", "public", "thread", "account", "notifications")


@pytest.fixture
def made(ctx, tom):
    """Return a function that makes a filter of Tom's."""

    async def make(word: str = "exam", **changes):
        return await ctx.write(
            filters.create,
            actor=tom.actor,
            changes=FilterChanges(
                **{"title": "Exam week", "contexts": EVERYWHERE, "action": "warn", **changes},
                keywords=(KeywordChange(word, True),),
            ),
            now=ctx.clock(),
        )

    return make


@pytest.fixture
def of_tom(ctx, tom):
    async def look():
        async with ctx.read() as session:
            return await filters.filters(session, actor=tom.actor)

    return look


async def test_filters_are_for_members_and_their_own(visitor, at_tom, at_maya, made, of_tom):
    found = await made()
    place = f"{PLACE}/{found.id}"

    for path in (PLACE, f"{PLACE}/new", place):
        assert (await visitor.get(path)).location.startswith("/auth/sign_in")
        assert (await at_tom.get(path)).status == 200
    secret = (await at_maya.get(PLACE)).root.find("input", name="csrf")[0]["value"]
    assert (await at_maya.get(place)).status == 404
    for path in (place, f"{place}/delete", f"{place}/posts/1/remove"):
        sent = {"csrf": secret, "title": "Hers", "context": "home", "action": "hide"}
        assert (await at_maya.post(path, sent)).status == 404
        assert (await at_tom.post(path, {**sent, "csrf": ""})).status == 403
    assert await of_tom() == [found]


async def test_a_filter_is_made_and_listed(at_tom, of_tom):
    assert "No filter yet" in (await at_tom.get(PLACE)).text
    page = await at_tom.get(f"{PLACE}/new")
    sent = {"title": "A book", "keyword0": "spoiler", "keyword1": "last chapter", "whole0": "1",
            "action": "blur", "context": "thread", "lasts": "86400"}  # fmt: skip
    page = await at_tom.follow(await at_tom.submit(page, f"{PLACE}/new", sent))

    assert "“spoiler”, “last chapter”" in page.text
    [found] = await of_tom()
    assert (found.title, found.action, found.contexts) == ("A book", "blur", ("thread",))
    assert [(word.keyword, word.whole_word) for word in found.keywords] == [
        ("spoiler", True),
        ("last chapter", False),
    ]
    assert found.expires_at is not None


async def test_words_are_changed_added_and_taken_away(at_tom, made, of_tom):
    found = await made(expires_in=3600)
    place = f"{PLACE}/{found.id}"
    page = await at_tom.get(place)
    await at_tom.submit(page, place, {"keyword0": "exams", "keyword1": "grades"})
    [changed] = await of_tom()
    assert [word.keyword for word in changed.keywords] == ["exams", "grades"]
    # Not asked to last otherwise, it ends when it would have.
    assert changed.expires_at == found.expires_at

    page = await at_tom.get(place)
    await at_tom.submit(page, place, {"keyword0": " ", "lasts": "0"})
    [changed] = await of_tom()

    assert [word.keyword for word in changed.keywords] == ["grades"]
    assert changed.expires_at is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"title": " "}, "Give the filter a name."),
        ({"context": "moon"}, "context"),
        ({"action": "burn"}, "Filter action"),
        ({"keyword0": "x" * 600}, "letters at most"),
        ({"rows": "9" * 9}, ""),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(at_tom, of_tom, sent, said):
    page = await at_tom.submit(
        await at_tom.get(f"{PLACE}/new"),
        f"{PLACE}/new",
        {"title": "Kept", "keyword1": "kept word", **sent},
    )

    if said:
        assert page.status == 422
        assert said in page.text
        assert "kept word" in page.body
        assert await of_tom() == []
    else:
        assert page.status == 303


async def test_a_filter_for_nowhere_is_refused(at_tom):
    page = await at_tom.get(f"{PLACE}/new")
    secret = page.root.find("input", name="csrf")[0]["value"]

    page = await at_tom.post(f"{PLACE}/new", {"csrf": secret, "title": "x", "action": "warn"})

    assert (page.status, "Tick at least one place." in page.text) == (422, True)


async def test_a_filter_is_deleted_with_its_posts_taken_out_first(
    ctx, at_tom, tom, maya, publish, made, of_tom
):
    found = await made()
    post = await publish(maya, "Only this one", visibility=Visibility.PUBLIC)
    await ctx.write(filters.add_post, actor=tom.actor, filter_id=found.id, post_id=post)
    place = f"{PLACE}/{found.id}"
    page = await at_tom.get(place)
    assert "Only this one" in page.text

    [form] = [f for f in page.main.find("form") if "/posts/" in f["action"]]
    page = await at_tom.follow(await at_tom.submit(page, form["action"]))
    assert "no longer in the filter" in page.text
    assert (await of_tom())[0].posts == ()
    page = await at_tom.follow(await at_tom.submit(page, f"{place}/delete"))

    assert "The filter is deleted" in page.text
    assert await of_tom() == []


@pytest.fixture
async def read(ctx, at_tom, tom, maya, publish):
    """Maya, whom Tom follows, writes of an exam; Tom opens a page where that stands."""
    await ctx.write(
        follows.follow,
        actor=tom.actor,
        target_id=maya.account.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    first = await publish(maya, "A quiet day", visibility=Visibility.PUBLIC)
    await publish(
        maya, "@tom The exam is on #monday", visibility=Visibility.PUBLIC, in_reply_to_id=first
    )
    paths = {
        "home": "/home",
        "public": "/tags/monday",
        "thread": f"/@maya/{first}",
        "account": "/@maya?tab=replies",
        "notifications": "/notifications",
    }

    async def look(place: str):
        return await at_tom.get(paths[place])

    return look


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_what_fits_a_filter_is_folded_where_it_holds(read, made, place):
    assert "Exam week" not in (await read(place)).text
    await made(contexts=(place,))

    page = await read(place)

    folds = [one for one in page.main.find("details") if "Exam week" in one.text]
    assert len(folds) == 1
    assert "open" not in folds[0].attributes
    assert "The exam is on" in folds[0].text
    assert "The exam is on" not in page.main.text.replace(folds[0].text, "")


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_a_filter_does_nothing_where_it_does_not_hold(read, made, place):
    await made(contexts=tuple(one for one in EVERYWHERE if one != place))

    assert "Exam week" not in (await read(place)).text


@pytest.mark.parametrize("place", ["home", "public", "account"])
async def test_what_is_to_be_left_out_is_left_out(read, made, place):
    await made(action="hide")

    page = await read(place)

    assert "The exam" not in page.text
    assert "Exam week" not in page.text


async def test_a_thread_folds_what_would_be_left_out(read, made):
    await made(action="hide")

    page = await read("thread")

    assert [one for one in page.main.find("details") if "Exam week" in one.text]


async def test_ones_own_words_are_never_folded(at_tom, tom, publish, made):
    await made()
    await publish(tom, "My exam", visibility=Visibility.PUBLIC)

    assert "Exam week" not in (await at_tom.get("/@tom")).text
