"""The page where a member says who reaches their notifications."""

import pytest

from fedi_k12.domain.notifications import NotificationPolicy
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import notification_policy

PLACE = "/settings/notifications"


@pytest.fixture
def chosen(ctx, tom):
    async def look() -> NotificationPolicy:
        async with ctx.read() as session:
            return await notification_policy.policy(session, actor=tom.actor)

    return look


async def test_it_is_for_members_with_their_secret(visitor, at_tom, chosen):
    assert (await visitor.get(PLACE)).location.startswith("/auth/sign_in")
    assert (await at_tom.post(PLACE, {"for_new_accounts": "drop"})).status == 403
    assert await chosen() == NotificationPolicy()


async def test_a_choice_is_kept_and_shown(at_tom, chosen):
    page = await at_tom.get(PLACE)
    done = await at_tom.submit(
        page, PLACE, {"for_not_following": "filter", "for_limited_accounts": "drop"}
    )
    page = await at_tom.follow(done)

    assert "Saved." in page.text
    assert await chosen() == NotificationPolicy(
        for_not_following="filter", for_limited_accounts="drop"
    )
    [select] = page.root.find("select", name="for_not_following")
    assert [one["value"] for one in select.find("option") if "selected" in one.attributes] == [
        "filter"
    ]


async def test_what_is_no_choice_is_refused_at_its_field(at_tom, chosen):
    page = await at_tom.submit(await at_tom.get(PLACE), PLACE, {"for_new_accounts": "burn"})

    assert (page.status, "Choose one of the three." in page.text) == (422, True)
    assert page.root.find("select", id="f-for_new_accounts")[0]["aria-invalid"] == "true"
    assert await chosen() == NotificationPolicy()


async def test_what_waits_is_a_step_away(at_tom, maya, publish):
    assert "Nothing at the moment" in (await at_tom.get(PLACE)).text
    page = await at_tom.get(PLACE)
    await at_tom.submit(page, PLACE, {"for_not_following": "filter"})
    await publish(maya, "@tom Hello", visibility=Visibility.PUBLIC)

    page = await at_tom.get(PLACE)

    assert "Somebody waits for your word." in page.text
    [link] = [a["href"] for a in page.main.find("a") if a["href"].startswith("/notifications")]
    waiting = await at_tom.get(link.partition("#")[0])
    assert waiting.root.find("div", id="waiting")
    assert "Waiting for your word" in waiting.text
