"""What reaches home: not who is on an exclusive list, nor what is in another language."""

import pytest

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Visibility
from fedi_k12.services.receive import ReceivedPost, receive_posts
from storage.tables import FollowRow


@pytest.fixture
def home(ask):
    async def run(member):
        return [
            one["content"] for one in (await ask(member, "GET", "/api/v1/timelines/home"))[1]
        ]

    return run


async def follow(ask, member, other, **chosen):
    path = f"/api/v1/accounts/{other.account.id}/follow"
    status, found = await ask(member, "POST", path, **chosen)
    assert status == 200, found
    return found


async def make_list(ask, member, other, *, exclusive):
    _, made = await ask(member, "POST", "/api/v1/lists", title="Maths", exclusive=exclusive)
    path = f"/api/v1/lists/{made['id']}"
    people = {"account_ids": [str(other.account.id)]}
    assert (await ask(member, "POST", f"{path}/accounts", **people))[0] == 200
    return path


async def test_who_is_on_an_exclusive_list_is_read_there_alone(ask, home, maya, tom):
    await follow(ask, maya, tom)
    await ask(tom, "POST", "/api/v1/statuses", status="before")
    path = await make_list(ask, maya, tom, exclusive=True)

    await ask(tom, "POST", "/api/v1/statuses", status="after")

    assert await home(maya) == []
    number = path.rpartition("/")[2]
    _, there = await ask(maya, "GET", f"/api/v1/timelines/list/{number}")
    assert [one["content"] for one in there] == ["<p>after</p>", "<p>before</p>"]


@pytest.mark.parametrize("way", ["no longer exclusive", "off the list", "deleted"])
async def test_who_leaves_an_exclusive_list_comes_home(ask, home, maya, tom, way):
    await follow(ask, maya, tom)
    path = await make_list(ask, maya, tom, exclusive=True)
    await ask(tom, "POST", "/api/v1/statuses", status="hello")
    assert await home(maya) == []

    if way == "deleted":
        await ask(maya, "DELETE", path)
    elif way == "off the list":
        people = {"account_ids": [str(tom.account.id)]}
        await ask(maya, "DELETE", f"{path}/accounts", **people)
    else:
        await ask(maya, "PUT", path, exclusive=False)

    assert await home(maya) == ["<p>hello</p>"]


async def test_a_list_that_becomes_exclusive_clears_the_home(ask, home, maya, tom):
    await follow(ask, maya, tom)
    path = await make_list(ask, maya, tom, exclusive=False)
    await ask(tom, "POST", "/api/v1/statuses", status="hello")
    assert await home(maya) == ["<p>hello</p>"]

    await ask(maya, "PUT", path, exclusive=True)

    assert await home(maya) == []


async def test_boosts_of_somebody_kept_apart_stay_away(ask, home, maya, tom, make_member):
    ann = await make_member("ann")
    await follow(ask, maya, tom)
    await make_list(ask, maya, tom, exclusive=True)
    _, post = await ask(ann, "POST", "/api/v1/statuses", status="hello")

    await ask(tom, "POST", f"/api/v1/statuses/{post['id']}/reblog")

    assert await home(maya) == []


async def test_a_follow_may_want_some_languages_only(ask, home, maya, tom):
    found = await follow(ask, maya, tom, languages=["en", "es"])
    assert found["languages"] == ["en", "es"]

    for words, language in (("uno", "es"), ("eins", "de"), ("one", "en-GB"), ("?", None)):
        await ask(tom, "POST", "/api/v1/statuses", status=words, language=language)

    assert await home(maya) == ["<p>?</p>", "<p>one</p>", "<p>uno</p>"]
    await follow(ask, maya, tom, languages=[])
    await ask(tom, "POST", "/api/v1/statuses", status="zwei", language="de")
    assert (await home(maya))[0] == "<p>zwei</p>"


async def test_posts_from_elsewhere_keep_to_the_languages_too(
    ask, ctx, home, maya, make_remote
):
    lena = await make_remote("lena")
    await ctx.write(_followed, maya.account.id, lena.id, now=ctx.clock())
    for number, language in enumerate(("en", "de", None)):
        post = ReceivedPost(
            uri=f"{lena.uri}/posts/{number}",
            account_id=lena.id,
            visibility=Visibility.PUBLIC,
            content=f"<p>{language}</p>",
            published=ctx.clock(),
            language=language,
        )
        await ctx.write(receive_posts, [post], now=ctx.clock())

    assert await home(maya) == ["<p>None</p>", "<p>en</p>"]


async def _followed(session, follower_id, target_id, *, now):
    session.add(
        FollowRow(
            id=new_id(),
            follower_id=follower_id,
            target_id=target_id,
            follower_local=True,
            accepted=True,
            languages=["en"],
            created_at=now,
        )
    )
