"""The page of letters, and the page of what is written for later."""

from datetime import timedelta

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.worker import run_until_idle


async def test_a_letter_lies_with_both_and_says_who_can_read_it(
    at_maya, at_tom, maya, tom, publish
):
    await publish(maya, "@tom may I ask?", visibility=Visibility.DIRECT)

    page = await at_tom.get("/letters")

    assert "The two of you can read the last one. So could who runs this server." in page.text
    assert "may I ask?" in page.text
    action = next(
        form["action"] for form in page.main.find("form") if form["action"].endswith("/read")
    )
    assert not [
        form for form in (await at_maya.get("/letters")).main.find("form")
        if form["action"].endswith("/read")
    ]  # fmt: skip
    await at_tom.submit(page, action)
    after = await at_tom.get("/letters")
    assert action not in [form["action"] for form in after.main.find("form")]
    away = action.replace("/read", "/put-away")
    await at_tom.submit(after, away)
    assert "No letters" in (await at_tom.get("/letters")).text
    assert "may I ask?" in (await at_maya.get("/letters")).text


async def test_letters_to_other_servers_name_them(at_maya, maya, make_remote, publish):
    await make_remote("lena")
    await publish(maya, "@lena@remote.example hello", visibility=Visibility.DIRECT)

    page = await at_maya.get("/letters")

    assert "and who runs remote.example" in page.text


async def test_letters_are_members_only(visitor, at_maya, at_tom, maya, publish):
    assert (await visitor.get("/letters")).status == 303
    assert (await at_tom.post("/letters/1/read", {"csrf": "x"})).status == 403


@pytest.fixture
def soon(clock):
    at = clock() + timedelta(hours=2)
    return {"later_day": at.date().isoformat(), "later_time": at.strftime("%H:%M")}


async def test_a_post_is_written_for_later_changed_and_comes(at_maya, maya, ctx, clock, soon):
    page = await at_maya.get("/write")
    typed = {"text": "See you", "who": "public", "public_meant": "1", **soon}
    done = await at_maya.submit(page, "/posts", typed)
    assert (done.status, done.location) == (303, "/later")

    page = await at_maya.get("/later")
    assert "See you" in page.text
    action = next(
        form["action"] for form in page.main.find("form") if form["action"].endswith("/time")
    )
    early = await at_maya.submit(page, action, {"later_day": "2020-01-01"})
    assert early.status == 422
    assert "five minutes at the soonest" in early.text
    assert "See you" in early.text
    clock.advance(hours=3)
    await run_until_idle(ctx)
    assert "Nothing is to come" in (await at_maya.get("/later")).text
    assert "See you" in (await at_maya.get("/@maya")).text


async def test_a_post_for_later_is_taken_back(at_maya, at_tom, maya, ctx, clock, soon):
    page = await at_maya.get("/write")
    await at_maya.submit(page, "/posts", {"text": "See you", **soon})
    page = await at_maya.get("/later")
    action = next(
        form["action"] for form in page.main.find("form") if form["action"].endswith("/cancel")
    )

    theirs = await at_tom.get("/later")
    assert "See you" not in theirs.text
    await at_maya.submit(page, action)

    clock.advance(hours=3)
    await run_until_idle(ctx)
    assert "See you" not in (await at_maya.get("/@maya")).text


@pytest.mark.parametrize(
    "when",
    [
        {"later_day": "2020-01-01", "later_time": "09:00"}, {"later_day": "x"},
        {"later_day": "2030-01-01", "later_time": ""},
    ],
)  # fmt: skip
async def test_a_time_that_cannot_be_comes_back_with_the_words(at_maya, when):
    page = await at_maya.get("/write")

    again = await at_maya.submit(page, "/posts", {"text": "See you", **when})

    assert again.status == 422
    assert "See you" in again.text
