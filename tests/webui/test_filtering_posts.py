"""Putting a post, or words of it, into a filter from the post's menu."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import filters
from fedi_k12.services.filters import FilterChanges


@pytest.fixture
async def post(publish, tom) -> int:
    return await publish(tom, "The last chapter!", visibility=Visibility.PUBLIC)


@pytest.fixture
def mine(ctx, maya):
    async def look():
        async with ctx.read() as session:
            return await filters.filters(session, actor=maya.actor)

    return look


@pytest.fixture
async def there(ctx, maya) -> int:
    made = await ctx.write(
        filters.create,
        actor=maya.actor,
        changes=FilterChanges("Spoilers", ("home",), "hide"),
        now=ctx.clock(),
    )
    return made.id


async def test_the_menu_of_a_post_leads_there(at_maya, post):
    thread = await at_maya.get(f"/@tom/{post}")
    way = next(a["href"] for a in thread.root.find("a") if f"/posts/{post}/filter" in a["href"])
    page = await at_maya.get(way)

    assert page.status == 200
    assert page.root.find("input", name="back")[0]["value"] == f"/@tom/{post}"


async def test_a_post_goes_into_a_new_filter(at_maya, mine, post):
    where = f"/posts/{post}/filter"
    answer = await at_maya.submit(await at_maya.get(where), where)
    made = (await mine())[0]

    assert answer.status == 303
    assert (made.title, made.action) == ("The last chapter!", "warn")
    assert [one.post_id for one in made.posts] == [post]
    assert "Folded by your filter" in (await at_maya.get("/local")).text


async def test_words_go_into_one_that_is_there(at_maya, mine, post, there):
    where = f"/posts/{post}/filter"
    typed = {"what": "words", "words": "last chapter", "into": str(there)}
    for _again in range(2):
        await at_maya.submit(await at_maya.get(where), where, typed)
    found = (await mine())[0]

    assert [word.keyword for word in found.keywords] == ["last chapter"]
    assert found.posts == ()


async def test_the_same_post_stands_in_it_once(at_maya, mine, post, there):
    where = f"/posts/{post}/filter"
    for _again in range(2):
        await at_maya.submit(await at_maya.get(where), where, {"into": str(there)})

    assert [one.post_id for one in (await mine())[0].posts] == [post]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"what": "words", "words": " "}, "words"),
        ({"what": "words", "words": "x" * 5000}, "words"),
        ({"into": "none"}, "into"),
    ],
    ids=["no words", "too long", "no filter"],
)
async def test_what_is_wrong_comes_back(at_maya, mine, post, typed, field):
    where = f"/posts/{post}/filter"
    answer = await at_maya.submit(await at_maya.get(where), where, typed)

    assert answer.status == 422
    assert answer.root.find("a", href=f"#f-{field}")
    assert await mine() == []


async def test_others_filters_are_not_there(at_tom, post, there):
    where = f"/posts/{post}/filter"
    answer = await at_tom.submit(await at_tom.get(where), where, {"into": str(there)})

    assert answer.status == 404


async def test_a_post_that_one_may_not_see_is_not_there(at_maya, publish, tom):
    secret = await publish(tom, "Secret", visibility=Visibility.DIRECT)

    assert (await at_maya.get(f"/posts/{secret}/filter")).status == 404


async def test_nobody_is_led_elsewhere(at_maya, post):
    where = f"/posts/{post}/filter"
    answer = await at_maya.submit(
        await at_maya.get(f"{where}?back=//evil.example"), where, {"back": "//evil.example"}
    )

    assert answer.location == "/home"
