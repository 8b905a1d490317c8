"""Moving house, through the pages."""

import pytest

from storage import accounts
from tests.conftest import PASSWORD

NEW = "http://remote.example/users/maya"


@pytest.fixture
def own(ctx, maya):
    async def look():
        async with ctx.read() as session:
            return await accounts.by_id(session, maya.account.id)

    return look


async def test_an_account_elsewhere_is_named_and_taken_back(at_maya, own, remote):
    remote.actor("maya")
    page = await at_maya.get("/settings/moving")

    answer = await at_maya.submit(
        page, "/settings/moving/aliases", {"alias": "@maya@remote.example"}
    )
    saved = await at_maya.follow(answer)

    assert (await own()).also_known_as == [NEW]
    assert "@maya@remote.example" in saved.text

    await at_maya.submit(saved, "/settings/moving/aliases/remove")
    assert (await own()).also_known_as == []


@pytest.mark.parametrize(
    "typed", ["nobody", "@nobody@remote.example", "@maya@home.example", ""]
)
async def test_what_cannot_be_named_is_said(at_maya, own, remote, typed):
    page = await at_maya.get("/settings/moving")

    answer = await at_maya.submit(page, "/settings/moving/aliases", {"alias": typed})

    assert (answer.status, (await own()).also_known_as) == (422, [])
    assert answer.root.find("input", id="f-alias")[0]["value"] == typed


async def test_one_moves_with_the_password_and_an_account_that_agrees(
    at_maya, visitor, own, maya, remote
):
    remote.actor("maya")
    page = await at_maya.get("/settings/moving")
    wrong = await at_maya.submit(
        page, "/settings/moving/away", {"target": "@maya@remote.example", "password": "wrong"}
    )
    early = await at_maya.submit(
        page, "/settings/moving/away", {"target": "@maya@remote.example", "password": PASSWORD}
    )
    assert (wrong.status, early.status) == (422, 422)
    assert "not the password" in wrong.text
    assert "does not name this one yet" in early.text
    assert (await own()).moved_to_id is None

    remote.actor("maya", alsoKnownAs=[maya.account.uri])
    answer = await at_maya.submit(
        page, "/settings/moving/away", {"target": "@maya@remote.example", "password": PASSWORD}
    )
    there = await at_maya.follow(answer)

    assert (await own()).moved_to_uri == NEW
    assert "@maya@remote.example" in there.text
    assert "This account has moved" in (await visitor.get("/@maya")).text

    await at_maya.submit(there, "/settings/moving/stay")
    assert (await own()).moved_to_id is None
