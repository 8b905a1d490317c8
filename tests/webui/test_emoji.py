"""Answering with an emoji on the pages: no figures, names where one asks."""

import pytest


@pytest.fixture
async def post_id(publish, maya):
    return await publish(maya, "Clay tomorrow")


async def test_a_member_answers_with_an_emoji_and_takes_it_back(at_tom, post_id):
    page = await at_tom.get(f"/posts/{post_id}/emoji")
    page = await at_tom.submit(page, f"/posts/{post_id}/emoji", {"emoji": "👏"})
    assert page.location == f"/@maya/{post_id}#p{post_id}"

    thread = await at_tom.get(f"/@maya/{post_id}")
    [given] = thread.main.find("p", class_="given")
    assert given.text == "Answered with 👏"
    asked = await at_tom.get(f"/posts/{post_id}/emoji")
    assert "Tom" in asked.main.find("dl")[0].text

    await at_tom.submit(asked, f"/posts/{post_id}/emoji", {"away": "1"})
    thread = await at_tom.get(f"/@maya/{post_id}")
    assert thread.main.find("p", class_="given") == []


@pytest.mark.parametrize("word", ["hello", "", "👏👏"])
async def test_what_is_no_emoji_comes_back_to_be_corrected(at_tom, post_id, word):
    page = await at_tom.get(f"/posts/{post_id}/emoji")

    page = await at_tom.submit(page, f"/posts/{post_id}/emoji", {"other": word})

    assert page.status == 422
    assert "One emoji is wanted here" in page.text


async def test_visitors_see_the_emojis_and_no_names(visitor, at_tom, post_id):
    page = await at_tom.get(f"/posts/{post_id}/emoji")
    await at_tom.submit(page, f"/posts/{post_id}/emoji", {"emoji": "🎉"})

    thread = await visitor.get(f"/@maya/{post_id}")

    assert thread.main.find("p", class_="given")[0].find("a") == []
    assert (await visitor.get(f"/posts/{post_id}/emoji")).status in {302, 303, 401}
