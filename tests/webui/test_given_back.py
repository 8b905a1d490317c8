"""A form that was open for too long, or signed out meanwhile, comes back as it was typed."""

import pytest

from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import filled_in
from tests.webui.test_events import form as event_form
from tests.webui.test_groups import FORM as GROUP_FORM


@pytest.fixture
async def group(at_maya) -> str:
    page = await at_maya.get("/groups/new")
    return (await at_maya.submit(page, "/groups/new", GROUP_FORM)).location


@pytest.fixture
async def private_group(at_maya) -> str:
    page = await at_maya.get("/groups/new")
    changes = {**GROUP_FORM, "username": "secret", "name": "Secret circle", "private": "1"}
    return (await at_maya.submit(page, "/groups/new", changes)).location


@pytest.fixture
async def event(ctx, at_maya) -> str:
    page = await at_maya.get("/events/new")
    done = await at_maya.submit(page, "/events", event_form(ctx))
    return f"/events/{done.location.rpartition('/')[2]}/edit"


@pytest.fixture(
    params=["new group", "group", "settings", "private group", "new event", "event", "report"]
)
def sent(request, ctx, group, private_group, event, tom):
    """The page of a form, where it is sent to, and what is typed."""
    return {
        "new group": ("/groups/new", "/groups/new", GROUP_FORM | {"username": "other"}),
        "group": (f"{group}/write", f"{group}/write", {"text": "A long thought"}),
        "settings": (f"{group}/settings", f"{group}/settings", {"about": "A long thought"}),
        "private group": (
            f"{private_group}/write", f"{private_group}/write", {"text": "A long thought"},
        ),
        "new event": ("/events/new", "/events", event_form(ctx)),
        "event": (event, event, {"text": "A long thought"}),
        "report": (
            f"/report?account={tom.account.id}", "/report", {"comment": "A long thought"},
        ),
    }[request.param]  # fmt: skip


async def test_an_old_secret_costs_nothing_typed(at_maya, sent):
    path, action, typed = sent
    page = await at_maya.get(path)

    back = await at_maya.submit(page, action, {**typed, "csrf": "of long ago"})

    assert back.status == 403
    assert "Nothing is lost" in back.main.text
    assert typed.items() <= filled_in(back.form(action)).items()
    done = await at_maya.submit(back, action)
    assert done.status in {200, 303}, done.main.text
    assert "Nothing is lost" not in done.text


async def test_a_session_that_is_over_costs_nothing_typed(at_maya, sent):
    path, action, typed = sent
    page = await at_maya.get(path)
    session = at_maya.cookies.pop(SESSION_COOKIE)

    back = await at_maya.submit(page, action, typed)

    assert back.status == 403
    assert "You are not signed in any more" in back.main.text
    assert typed.items() <= filled_in(back.form(action)).items()
    at_maya.cookies[SESSION_COOKIE] = session
    again = await at_maya.submit(back, action)
    done = await at_maya.submit(again, action)
    assert done.status in {200, 303}, done.main.text
