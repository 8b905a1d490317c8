"""Reading: the front page, threads, hashtags, and what is not shown to whom."""

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import reactions

HIDDEN = (Visibility.FOLLOWERS, Visibility.DIRECT)


@pytest.mark.parametrize("visibility", [*HIDDEN, "members"])
@pytest.mark.parametrize("page", ["/", "/local", "/@maya", "/tags/secret", "thread"])
async def test_visitors_read_nothing_that_is_not_for_them(
    visitor, maya, publish, visibility, page
):
    members = visibility == "members"
    number = await publish(
        maya,
        "Not for strangers #secret",
        visibility=Visibility.PUBLIC if members else visibility,
        local_only=members,
    )
    shown = await visitor.get(f"/@maya/{number}" if page == "thread" else page)

    assert "Not for strangers" not in shown.body
    assert shown.status == (404 if page == "thread" else 200)


async def test_what_is_hidden_and_what_never_was_read_the_same(visitor, maya, publish):
    number = await publish(maya, "Among us.", visibility=Visibility.FOLLOWERS)
    hidden = await visitor.get(f"/@maya/{number}")
    never = await visitor.get("/@maya/1")
    nobody = await visitor.get("/@nobody/1")

    assert hidden.status == never.status == nobody.status == 404
    assert hidden.main.text == never.main.text == nobody.main.text


async def test_quiet_posts_are_in_no_public_list(visitor, maya, publish):
    number = await publish(maya, "Quietly said #quiet", visibility=Visibility.UNLISTED)
    lists = [await visitor.get(path) for path in ("/", "/local", "/tags/quiet")]
    page = await visitor.get(f"/@maya/{number}")

    assert not [shown.url for shown in lists if "Quietly said" in shown.body]
    assert page.status == 200
    assert page.root.find("meta", name="robots")[0]["content"] == "noindex"


async def test_the_front_page_shows_public_posts_and_ends(visitor, maya, publish):
    await publish(maya, "Come and see the wall chart.", visibility=Visibility.PUBLIC)
    page = await visitor.get("/")

    assert "Come and see the wall chart." in page.text
    assert "You are caught up." in page.text
    assert page.main.find("h1")[0].text == "Home District"


async def test_members_are_led_home(at_maya):
    page = await at_maya.get("/")

    assert page.location == "/home"


async def test_home_shows_whom_one_follows(at_tom, tom, maya, publish, befriend):
    empty = await at_tom.get("/home")
    await befriend(tom, maya)
    await publish(maya, "For my followers.", visibility=Visibility.FOLLOWERS)
    full = await at_tom.get("/home")

    assert "Your daybook is blank" in empty.text
    assert "For my followers." in full.text
    assert "You are caught up." in full.text


async def test_home_can_be_opened_at_a_day(at_maya, maya, publish, clock):
    await publish(maya, "Said on the first day.")
    first = clock().date()
    clock.advance(days=2)
    here = await at_maya.get(f"/home?day={first.isoformat()}")
    before = await at_maya.get("/home?day=2020-01-01")
    wrong = await at_maya.get("/home?day=yesterday")

    assert "Said on the first day." in here.text
    assert "Said on the first day." not in before.text
    assert wrong.status == 200


async def test_replies_are_numbered_by_what_they_answer(visitor, maya, tom, publish):
    first = await publish(maya, "A question.", visibility=Visibility.PUBLIC)
    one = await publish(tom, "An answer.", visibility=Visibility.PUBLIC, in_reply_to_id=first)
    await publish(maya, "Thanks.", visibility=Visibility.PUBLIC, in_reply_to_id=one)
    await publish(tom, "Another.", visibility=Visibility.PUBLIC, in_reply_to_id=first)
    page = await visitor.get(f"/@maya/{first}")
    above = await visitor.get(f"/@tom/{one}")

    numbers = [
        place.find("a")[0].text.split()[0]
        for place in page.root.find("div", class_="replies")[0].find("p", class_="at")
    ]
    assert numbers == ["1", "1.1", "2"]
    assert "A question." in above.text


async def test_a_thread_leaves_out_what_one_may_not_see(visitor, maya, tom, publish):
    first = await publish(maya, "A question.", visibility=Visibility.PUBLIC)
    await publish(tom, "@maya Quietly.", visibility=Visibility.DIRECT, in_reply_to_id=first)
    page = await visitor.get(f"/@maya/{first}")

    assert "Quietly." not in page.body


async def test_who_recommends_is_named_and_never_counted(
    at_maya, visitor, maya, tom, make_member, publish, ctx
):
    number = await publish(maya, "Clay works.", visibility=Visibility.PUBLIC)
    people = [tom, *[await make_member(name) for name in ("ben", "ines", "joon")]]
    for one in people:
        await ctx.write(
            reactions.favourite,
            actor=one.actor,
            post_id=number,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    page = await at_maya.get(f"/@maya/{number}")
    shown = await visitor.get(f"/@maya/{number}")

    assert "and others" in page.text
    assert "Recommended by" not in shown.text


async def test_a_post_has_one_address(visitor, maya, tom, publish):
    number = await publish(maya, "Where am I?", visibility=Visibility.PUBLIC)
    page = await visitor.get(f"/@tom/{number}")

    assert page.location == f"/@maya/{number}"


async def test_a_page_of_a_post_names_its_document(visitor, maya, publish):
    number = await publish(maya, "For programs, too.", visibility=Visibility.PUBLIC)
    page = await visitor.get(f"/@maya/{number}")
    links = page.root.find("link", rel="alternate", type="application/activity+json")
    document = await visitor.get(f"/@maya/{number}", Accept="application/activity+json")

    assert [link["href"] for link in links] == [
        f"https://home.example/users/maya/statuses/{number}"
    ]
    assert document.status == 302
    assert document.location == links[0]["href"]


async def test_what_came_from_elsewhere_is_for_members(visitor, at_maya, make_remote):
    await make_remote("priya")
    shown = await at_maya.get("/@priya@remote.example")
    hidden = await visitor.get("/@priya@remote.example")

    assert shown.status == 200
    assert hidden.status == 404


async def test_a_hashtag_is_followed_and_no_longer(at_maya, maya, publish):
    await publish(maya, "About #Fractions", visibility=Visibility.PUBLIC)
    page = await at_maya.get("/tags/fractions")
    await at_maya.submit(page, "/tags/fractions/follow")
    followed = await at_maya.get("/tags/fractions")
    await at_maya.submit(followed, "/tags/fractions/unfollow")
    again = await at_maya.get("/tags/fractions")

    assert "About #" in page.text
    assert "No longer follow this hashtag" in followed.text
    assert "No longer follow this hashtag" not in again.text


@pytest.mark.parametrize("name", ["%20", "no%20tag", "%23", "12"])
async def test_what_is_no_hashtag_is_refused_kindly(visitor, name):
    page = await visitor.get(f"/tags/{name}")

    assert 400 <= page.status < 500


async def test_what_is_saved_is_kept_for_oneself(at_tom, maya, publish):
    number = await publish(maya, "For later.", visibility=Visibility.PUBLIC)
    page = await at_tom.get(f"/@maya/{number}")
    await at_tom.submit(page, f"/posts/{number}/save")
    saved = await at_tom.get("/saved")

    assert "For later." in saved.text


async def test_a_content_note_covers_the_words(visitor, maya, publish):
    number = await publish(
        maya, "The leaflet.", summary="About a loss", visibility=Visibility.PUBLIC
    )
    page = await visitor.get(f"/@maya/{number}")

    note = page.main.find("details", class_="note")[0]
    assert "open" not in note.attributes
    assert note.find("summary")[0].text == "About a loss"
    assert "The leaflet." not in page.title


@pytest.mark.parametrize("name", ["educators", "families", "moderators", "operators"])
async def test_help_can_be_read_without_an_account(visitor, name):
    page = await visitor.get(f"/help/{name}")

    assert page.status == 200
    assert page.main.find("h1")


@pytest.mark.parametrize("name", ["nothing", "..%2Fsettings", "settings.md"])
async def test_help_that_is_none_is_not_here(visitor, name):
    page = await visitor.get(f"/help/{name}")

    assert page.status == 404


async def test_about_says_who_may_join_and_by_which_rules(visitor):
    page = await visitor.get("/about")

    assert "Those who were invited" in page.text
    assert page.root.find("section", id="rules")[0].find("li")


async def test_the_colour_of_the_district_is_two_numbers(visitor):
    page = await visitor.get("/accent.css")

    numbers, otherwise = page.body.split("\n", 1)
    assert numbers == ":root { --accent-h: 172; --accent-c: 0.07; }"
    assert otherwise.startswith("@supports not (color: oklch(0 0 0)) {")


@pytest.mark.parametrize(
    "path", ["/assets/000000000000/app.css", "/assets/x/..%2Fpages.py", "/assets/x/y"]
)
async def test_no_other_files_are_given_out(visitor, path):
    page = await visitor.get(path)

    assert page.status == 404
