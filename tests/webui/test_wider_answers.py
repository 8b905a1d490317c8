"""Answers that more people may read than what they answer: its author is told on the page."""

import pytest

from fedi_k12.domain.posts import Visibility
from storage import posts as post_rows
from tests.remote import PUBLIC

WARNING = "Wider than your post"


@pytest.fixture
def answered(ctx, remote, send, maya, publish):
    """Return a function that publishes a post of Maya's, answered by Ren from elsewhere."""

    async def run(visibility, **audience) -> int:
        number = await publish(maya, "For few: @ren@remote.example", visibility=visibility)
        async with ctx.read() as session:
            post = await post_rows.by_id(session, number)
        ren = remote.actor("ren")
        note = ren.note(
            text="<p>You said it was for few</p>",
            inReplyTo=post.uri,
            tag=[{"type": "Mention", "href": maya.account.uri, "name": "@maya@home.example"}],
            **audience,
        )
        assert await send(ren, ren.create(note)) == 202
        async with ctx.read() as session:
            assert await post_rows.by_uri(session, note["id"]) is not None
        return number

    return run


@pytest.fixture
async def ren(make_remote):
    return await make_remote("ren")


@pytest.mark.parametrize(
    ("visibility", "to"),
    [
        (Visibility.FOLLOWERS, PUBLIC),
        (Visibility.DIRECT, PUBLIC),
        (Visibility.DIRECT, "http://remote.example/users/ren/followers"),
    ],
    ids=[
        "FED-87 public to followers",
        "FED-87 public to a letter",
        "FED-87 followers to a letter",
    ],
)
async def test_the_author_is_told_beside_an_answer_that_more_can_read(
    ren, maya, at_maya, answered, visibility, to
):
    number = await answered(visibility, to=[to], cc=[maya.account.uri])

    thread = await at_maya.get(f"/@maya/{number}")
    assert "You said it was for few" in thread.text
    assert thread.text.count(WARNING) == 1
    assert "More people can read this answer" in (await at_maya.get("/notifications")).text


@pytest.mark.parametrize(
    ("visibility", "to"),
    [(Visibility.PUBLIC, PUBLIC), (Visibility.FOLLOWERS, ""), (Visibility.DIRECT, "")],
    ids=["public to public", "letter to followers", "letter to letter"],
)
async def test_nothing_is_said_beside_an_answer_that_no_more_can_read(
    ren, maya, at_maya, answered, visibility, to
):
    number = await answered(visibility, to=[to or maya.account.uri], cc=[])

    thread = await at_maya.get(f"/@maya/{number}")
    assert "You said it was for few" in thread.text
    assert WARNING not in thread.text
    assert WARNING not in (await at_maya.get("/notifications")).text


async def test_it_is_said_to_nobody_else(ren, maya, visitor, at_tom, answered):
    number = await answered(Visibility.FOLLOWERS, to=[PUBLIC], cc=[maya.account.uri])

    for browser in (visitor, at_tom):
        for path in ("/@maya", f"/@maya/{number}", "/@ren@remote.example"):
            assert WARNING not in (await browser.get(path)).text
