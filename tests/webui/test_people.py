"""People: their pages, following, blocking, finding, and what one is told."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import follows, notification_policy


@pytest.fixture
def between(ctx):
    async def relation(one, other):
        async with ctx.read() as session:
            found = await follows.relationships(
                session, actor=one.actor, target_ids=[other.account.id]
            )
        return found[0]

    return relation


@pytest.mark.parametrize(
    "path", ["/@nobody", "/@nobody@elsewhere.example", "/@home.example", "/@%20", "/@a@b@c"]
)
async def test_who_is_not_here_is_not_here(visitor, path):
    page = await visitor.get(path)

    assert page.status == 404


async def test_a_page_says_who_somebody_is_and_counts_nobody(visitor, present, maya, publish):
    await present(maya, note="Ask me about fractions.", fields=(("Teaches", "Grade 3"),))
    await publish(maya, "For everyone.", visibility=Visibility.PUBLIC)
    page = await visitor.get("/@maya")

    assert page.main.find("h1")[0].text == "Maya"
    assert "Ask me about fractions." in page.text
    assert page.main.find("dt")[0].text == "Teaches"
    assert "For everyone." in page.text
    assert page.root.find("meta", name="robots")
    assert not [word for word in ("1 follower", "0 follower", "1 post") if word in page.text]


async def test_a_page_may_be_listed_by_search_engines_if_its_owner_wishes(
    visitor, present, maya
):
    await present(maya, indexable=True)
    page = await visitor.get("/@maya")

    assert not page.root.find("meta", name="robots")


async def test_a_whole_local_handle_leads_to_the_short_one(visitor, maya):
    page = await visitor.get("/@maya@home.example")

    assert page.location == "/@maya"


async def test_a_program_that_asks_for_the_actor_is_led_there(visitor, maya):
    page = await visitor.get("/@maya", Accept="application/activity+json")

    assert page.location == "https://home.example/users/maya"


async def test_words_of_others_cannot_break_a_page(visitor, present, maya):
    await present(
        maya, display_name="<script>alert(1)</script>", note='"><img src=x onerror=alert(1)>'
    )
    page = await visitor.get("/@maya")

    assert "<script" not in page.body
    assert not [image for image in page.root.find("img") if image["src"] == "x"]


async def test_following_and_no_longer(at_tom, tom, maya, between):
    page = await at_tom.get("/@maya")
    await at_tom.submit(page, f"/people/{maya.account.id}/follow")
    followed = await between(tom, maya)
    page = await at_tom.get("/@maya")
    await at_tom.submit(page, f"/people/{maya.account.id}/unfollow")
    parted = await between(tom, maya)

    assert followed.following
    assert not parted.following


async def test_who_is_asked_decides(
    at_tom, at_maya, tom, maya, make_member, seated, present, between
):
    await present(maya, locked=True)
    ben = await make_member("ben")
    for browser in (at_tom, await seated(ben)):
        page = await browser.get("/@maya")
        await browser.submit(page, f"/people/{maya.account.id}/follow")
    asked = await between(tom, maya)
    page = await at_maya.get("/notifications")
    await at_maya.submit(page, f"/people/{tom.account.id}/accept")
    await at_maya.submit(page, f"/people/{ben.account.id}/decline")

    assert asked.requested
    assert "Asking to follow you" in page.text
    assert (await between(tom, maya)).following
    assert not (await between(ben, maya)).following
    assert not (await between(ben, maya)).requested


@pytest.mark.parametrize(
    ("do", "undo", "what"),
    [("block", "unblock", "blocking"), ("mute", "unmute", "muting")],
)
async def test_keeping_apart_can_be_taken_back(at_tom, tom, maya, between, do, undo, what):
    page = await at_tom.get("/@maya")
    await at_tom.submit(page, f"/people/{maya.account.id}/{do}")
    apart = await between(tom, maya)
    page = await at_tom.get("/@maya")
    await at_tom.submit(page, f"/people/{maya.account.id}/{undo}")
    again = await between(tom, maya)

    assert getattr(apart, what)
    assert not getattr(again, what)


async def test_nobody_can_follow_themselves(at_maya, maya):
    home = await at_maya.get("/home")
    page = await at_maya.post(
        f"/people/{maya.account.id}/follow",
        {"csrf": home.root.find("input", name="csrf")[0]["value"]},
    )

    assert 400 <= page.status < 500


async def test_finding_by_name_and_by_words(at_maya, maya, tom, publish):
    await publish(maya, "Clay and fractions #clay", visibility=Visibility.PUBLIC)
    people = await at_maya.get("/search?q=tom")
    words = await at_maya.get("/search?q=clay")
    nothing = await at_maya.get("/search?q=salad+spinner")

    assert people.main.find("a", href="/@tom")
    assert "Clay and fractions" in words.text
    assert words.main.find("a", href="/tags/clay")
    assert "Nothing has “salad spinner”" in nothing.text


async def test_a_handle_from_elsewhere_leads_to_its_page(at_maya, remote):
    remote.actor("priya")
    page = await at_maya.get("/search?q=@priya@remote.example")
    there = await at_maya.follow(page)

    assert page.location == "/@priya@remote.example"
    assert there.status == 200
    assert there.main.find("form", method="post")


@pytest.mark.parametrize(
    "q", ["@nobody@nowhere.example", "https://nowhere.example/", "https://home.example/@x"]
)
async def test_what_cannot_be_found_elsewhere_is_said(at_maya, q):
    page = await at_maya.get(f"/search?q={q}")

    assert page.status == 200
    assert page.main.find("div", class_="wait")


async def test_searching_says_what_was_asked_without_being_broken_by_it(at_maya):
    page = await at_maya.get("/search?q=%22%3E%3Cscript%3E100%25%28s%29s")

    assert page.status == 200
    assert "<script>100" not in page.body
    assert page.root.find("input", id="f-q")[0]["value"] == '"><script>100%(s)s'


async def test_what_happened_is_told_and_marked_as_seen(at_maya, at_tom, maya, tom, publish):
    number = await publish(maya, "Clay works.", visibility=Visibility.PUBLIC)
    page = await at_tom.get(f"/@maya/{number}")
    await at_tom.submit(page, f"/posts/{number}/recommend")
    await publish(tom, "@maya Shall I send the worksheet?", visibility=Visibility.DIRECT)
    home = await at_maya.get("/home")
    told = await at_maya.get("/notifications")
    await at_maya.submit(told, "/notifications/seen")
    after = await at_maya.get("/home")

    assert home.root.find("span", class_="new")
    assert "Tom recommends your post" in told.text
    assert "Shall I send the worksheet?" in told.text
    assert not after.root.find("span", class_="new")


@pytest.mark.parametrize("what", ["accept", "dismiss"])
async def test_who_is_set_aside_waits_for_ones_word(
    at_maya, at_tom, ctx, maya, tom, publish, what
):
    await ctx.write(
        notification_policy.choose, actor=maya.actor, changes={"for_not_following": "filter"}
    )
    await publish(tom, "@maya may I ask something?", visibility=Visibility.PUBLIC)
    page = await at_maya.get("/notifications")
    assert "Waiting for your word" in page.text
    assert "names you" not in page.text
    action = next(
        form["action"]
        for form in page.main.find("form")
        if form["action"].startswith("/notifications/waiting/") and what in form["action"]
    )

    assert (await at_tom.post(action, {"csrf": "x"})).status == 403
    await at_maya.submit(page, action)

    after = await at_maya.get("/notifications")
    assert "Waiting for your word" not in after.text
    assert ("names you" in after.text) == (what == "accept")


async def test_whom_one_follows_one_can_recommend_on_ones_profile(
    visitor, at_tom, ctx, tom, maya, between
):
    assert "Recommend on my profile" not in (await at_tom.get("/@maya")).text
    await at_tom.submit(
        await at_tom.get("/@maya"), f"/people/{maya.account.id}/follow", {"back": "/@maya"}
    )

    page = await at_tom.get("/@maya")
    done = await at_tom.submit(page, f"/people/{maya.account.id}/endorse")

    assert done.location == "/@maya"
    assert (await between(tom, maya)).endorsed
    for browser in (visitor, at_tom):
        page = await browser.get("/@tom")
        assert "Whom Tom recommends" in page.text
        assert [a for a in page.main.find("a") if a["href"] == "/@maya"]
    page = await at_tom.get("/@maya")
    await at_tom.submit(page, f"/people/{maya.account.id}/unendorse")
    assert "recommends" not in (await visitor.get("/@tom")).text


async def test_whom_one_does_not_follow_one_cannot_recommend(
    visitor, at_tom, tom, maya, between
):
    page = await at_tom.get("/@maya")
    secret = page.root.find("input", name="csrf")[0]["value"]

    place = f"/people/{maya.account.id}/endorse"
    assert (await at_tom.post(place, {"csrf": secret, "back": "/@maya"})).status == 422
    assert (await at_tom.post(place, {"back": "/@maya"})).status == 403
    assert (await visitor.post(place, {"csrf": secret})).status in {303, 403}
    assert not (await between(tom, maya)).endorsed
