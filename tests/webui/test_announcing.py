"""Announcements on the pages: admins make them, members read them once."""

import pytest

from fedi_k12.domain.permissions import Role

DESK = "/moderation/announcements"


@pytest.fixture
async def at_ann(seated, make_member):
    return await seated(await make_member("ann", role=Role.ADMIN))


async def test_members_and_moderators_have_no_desk_for_it(seated, at_maya, make_member):
    at_kim = await seated(await make_member("kim", role=Role.MODERATOR))

    for browser in (at_maya, at_kim):
        assert (await browser.get(DESK)).status == 403
        assert (await browser.post(DESK, {"text": "x", "csrf": "x"})).status == 403


async def test_an_admin_announces_and_members_read_it_once(at_ann, at_maya):
    page = await at_ann.get(DESK)
    assert (await at_ann.submit(page, DESK, {"text": " "})).status == 422
    await at_ann.submit(page, DESK, {"text": "The server rests on Sunday."})
    assert "The server rests on Sunday." in (await at_ann.get(DESK)).text

    home = await at_maya.get("/home")
    assert "The server rests on Sunday." in home.text
    action = next(
        form["action"] for form in home.main.find("form")
        if form["action"].startswith("/announcements/")
    )  # fmt: skip
    await at_maya.submit(home, action)
    assert "The server rests on Sunday." not in (await at_maya.get("/home")).text
    desk = await at_ann.get(DESK)
    away = next(
        form["action"] for form in desk.main.find("form")
        if form["action"].endswith("/withdraw")
    )  # fmt: skip
    await at_ann.submit(desk, away)
    assert "Nothing is announced" in (await at_ann.get(DESK)).text
