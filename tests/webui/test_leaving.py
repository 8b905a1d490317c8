"""Leaving for good, on a page: the password is asked for, and then there is nobody."""

from tests.conftest import PASSWORD

PAGE = "/settings/leaving"


async def test_fed_92_one_leaves_with_the_password_alone(at_maya, visitor):
    page = await at_maya.get(PAGE)

    wrong = await at_maya.submit(page, PAGE, {"password": "not mine"})
    assert wrong.status == 422
    assert (await visitor.get("/@maya")).status == 200

    await at_maya.submit(page, PAGE, {"password": PASSWORD})
    assert (await visitor.get("/@maya")).status in {404, 410}
    assert (await at_maya.get("/settings")).status != 200


async def test_a_visitor_is_asked_to_sign_in(visitor):
    assert (await visitor.get(PAGE)).status == 303
