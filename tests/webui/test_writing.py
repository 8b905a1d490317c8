"""Writing, changing and deleting posts through the pages."""

import io

import pytest
from PIL import Image

from fedi_k12.domain import captions
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import PollDraft, Visibility
from fedi_k12.services import views
from fedi_k12.worker import run_until_idle
from tests.browse import filled_in
from tests.films import film


def picture(size=(64, 48)) -> tuple[str, bytes, str]:
    kept = io.BytesIO()
    Image.new("RGB", size, "#2f6b5a").save(kept, "PNG")
    return "board.png", kept.getvalue(), "image/png"


@pytest.fixture
def look(ctx):
    async def see(page, viewer=None):
        """Return the post that an answer leads to."""
        number = int(page.location.rsplit("/", 1)[1])
        async with ctx.read() as session:
            return await views.post_view(session, number, viewer=viewer)

    return see


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/home"),
        ("get", "/write"),
        ("get", "/saved"),
        ("get", "/search?q=x"),
        ("get", "/notifications"),
        ("get", "/settings"),
        ("get", "/settings/reading"),
        ("get", "/posts/1/edit"),
        ("get", "/posts/1/delete"),
        ("post", "/posts/1/recommend"),
        ("post", "/people/1/follow"),
        ("post", "/auth/sign_out"),
    ],
)
async def test_visitors_are_led_to_the_door(visitor, method, path):
    page = await getattr(visitor, method)(path)

    assert page.status == 303
    assert page.location.startswith("/auth/sign_in?next=")


@pytest.mark.parametrize(
    "path",
    ["/posts/1/recommend", "/posts/1/delete", "/people/1/follow", "/settings"],
)
async def test_a_form_without_its_secret_is_refused(at_maya, path):
    page = await at_maya.post(path, {"text": "Not mine", "csrf": "guessed"})

    assert page.status == 403
    assert "This form is too old" in page.text


async def test_a_post_is_written_at_home_and_read_there(at_maya, maya, look):
    home = await at_maya.get("/home")
    answer = await at_maya.submit(home, "/posts", {"text": "Paper strips beat every app."})
    post = await look(answer, maya.actor)
    after = await at_maya.get("/home")

    assert answer.location == f"/@maya/{post.id}"
    assert post.visibility is Visibility.UNLISTED
    assert "Paper strips beat every app." in after.text


async def test_a_letter_says_that_it_is_not_sealed(at_maya):
    """Row 1.19 "Direct messages honesty"."""
    page = await at_maya.get("/write")

    assert "not sealed: the servers at both ends could read it" in page.text


async def test_a_post_sent_twice_is_there_once(at_maya):
    home = await at_maya.get("/home")
    first = await at_maya.submit(home, "/posts", {"text": "Once is enough."})
    second = await at_maya.submit(home, "/posts", {"text": "Once is enough."})

    assert first.location == second.location


@pytest.mark.parametrize(
    ("who", "visibility", "local_only"),
    [
        ("public", Visibility.PUBLIC, False),
        ("unlisted", Visibility.UNLISTED, False),
        ("members", Visibility.PUBLIC, True),
        ("followers", Visibility.FOLLOWERS, False),
        ("direct", Visibility.DIRECT, False),
        ("everybody!", Visibility.UNLISTED, False),
    ],
)
async def test_who_can_read_it_is_as_chosen(at_maya, maya, look, who, visibility, local_only):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page, "/posts", {"text": "For some.", "who": who, "public_meant": "1"}
    )
    post = await look(answer, maya.actor)

    assert (post.visibility, post.local_only) == (visibility, local_only)


@pytest.mark.parametrize(
    "place", ["/home", "/write", "thread"], ids=["home", "whole form", "reply"]
)
async def test_what_is_too_long_comes_back_as_it_was_typed(at_maya, maya, publish, place):
    if place == "thread":
        place = f"/@maya/{await publish(maya, 'A beginning')}"
    long = "Long & <b>winded</b>. " * 400
    page = await at_maya.get(place)
    wanted = "followers"
    answer = await at_maya.submit(page, "/posts", {"text": long, "who": wanted})

    typed = answer.root.find("textarea", id="f-text")[0]
    assert answer.status == 422
    assert "".join(typed.children).strip() == long.strip()
    assert typed["aria-invalid"] == "true"
    assert answer.root.find("div", id="errors")
    assert filled_in(answer.form("/posts"))["who"] == wanted


async def test_an_empty_post_is_not_posted(at_maya):
    home = await at_maya.get("/home")
    answer = await at_maya.submit(home, "/posts", {"text": "  "})

    assert answer.status == 422
    assert "Not posted yet" in answer.text


async def test_a_picture_goes_out_with_its_description(at_maya, maya, look):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page,
        "/posts",
        {"text": "Our board.", "alt1": "A green board.", "note": "About boards"},
        files={"picture1": picture()},
    )
    post = await look(answer, maya.actor)
    thread = await at_maya.follow(answer)

    assert [media.alt for media in post.media] == ["A green board."]
    assert post.summary == "About boards"
    images = [i for i in thread.main.find("img") if i["alt"] == "A green board."]
    assert images
    assert images[0]["src"].startswith("https://home.example/media/files/")


async def test_a_picture_without_a_description_is_kept_and_asked_about(at_maya, maya, look):
    page = await at_maya.get("/write")
    asked = await at_maya.submit(
        page, "/posts", {"text": "Our board."}, files={"picture1": picture()}
    )
    number = asked.root.find("input", name="media")[0]["value"]
    answer = await at_maya.submit(asked, "/posts", {f"alt-{number}": "A green board."})
    post = await look(answer, maya.actor)

    assert asked.status == 422
    assert "Describe the picture" in asked.text
    assert [media.alt for media in post.media] == ["A green board."]


async def test_what_is_no_picture_is_refused_beside_its_field(at_maya):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page,
        "/posts",
        {"text": "Our board.", "alt1": "A green board."},
        files={"picture1": ("board.png", b"<svg onload=alert(1)>", "image/png")},
    )

    links = [link["href"] for link in answer.root.find("div", id="errors")[0].find("a")]
    assert answer.status == 422
    assert links == ["#f-picture1"]
    assert "Our board." in answer.root.find("textarea", id="f-text")[0].text


async def test_a_picture_of_somebody_else_cannot_be_taken(at_maya, at_tom, maya):
    page = await at_maya.get("/write")
    asked = await at_maya.submit(
        page, "/posts", {"text": "Mine."}, files={"picture1": picture()}
    )
    number = asked.root.find("input", name="media")[0]["value"]
    form = await at_tom.get("/write")
    answer = await at_tom.submit(
        form, "/posts", {"text": "Mine now.", "media": number, f"alt-{number}": "x"}
    )

    assert answer.status == 404


@pytest.mark.parametrize("what", ["edit", "delete"])
async def test_the_posts_of_others_cannot_be_changed(at_tom, maya, publish, what):
    number = await publish(maya, "Mine.")
    shown = await at_tom.get(f"/posts/{number}/{what}")
    home = await at_tom.get("/home")
    sent = await at_tom.post(
        f"/posts/{number}/{what}",
        {"text": "Yours?", "csrf": home.root.find("input", name="csrf")[0]["value"]},
    )

    assert (shown.status, sent.status) == (404, 404)


async def test_a_post_is_changed_and_says_so(at_maya, maya, publish):
    number = await publish(maya, "One harf.", summary="Fractions", language="en")
    page = await at_maya.get(f"/posts/{number}/edit")
    answer = await at_maya.submit(page, f"/posts/{number}/edit", {"text": "One half."})
    thread = await at_maya.follow(answer)

    assert page.root.find("input", id="f-note")[0]["value"] == "Fractions"
    assert "One half." in thread.text
    assert "edited" in thread.text


async def test_a_change_keeps_pictures_unless_they_are_taken_out(at_maya, maya, look):
    page = await at_maya.get("/write")
    first = await at_maya.submit(
        page,
        "/posts",
        {"text": "Two.", "alt1": "One board.", "alt2": "Another board."},
        files={"picture1": picture(), "picture2": picture((30, 30))},
    )
    post = await look(first, maya.actor)
    form = await at_maya.get(f"/posts/{post.id}/edit")
    keep, drop = post.media
    kept = {f"alt-{keep.id}": "One green board.", f"drop-{drop.id}": "1"}
    answer = await at_maya.submit(
        form, f"/posts/{post.id}/edit", {**kept, "media": str(keep.id)}
    )
    after = await look(answer, maya.actor)

    assert [media.alt for media in after.media] == ["One green board."]


async def test_a_picture_added_later_is_kept_while_its_description_is_asked_for(
    at_maya, maya, publish, look
):
    number = await publish(maya, "Our board.")
    path = f"/posts/{number}/edit"
    page = await at_maya.get(path)
    asked = await at_maya.submit(page, path, files={"picture1": picture()})
    alt = f"alt-{asked.root.find('input', name='media')[0]['value']}"
    long = await at_maya.submit(asked, path, {alt: "green " * 300})
    answer = await at_maya.submit(long, path, {alt: "A green board."})
    post = await look(answer, maya.actor)

    assert (asked.status, long.status, answer.status) == (422, 422, 303)
    assert long.root.find("textarea", id=alt)[0].text == ("green " * 300).strip()
    assert [media.alt for media in post.media] == ["A green board."]


async def test_deleting_is_asked_first_and_then_done(at_maya, maya, publish):
    number = await publish(maya, "Away with it.")
    page = await at_maya.get(f"/posts/{number}/delete")
    before = await at_maya.get(f"/@maya/{number}")
    await at_maya.submit(page, f"/posts/{number}/delete")
    after = await at_maya.get(f"/@maya/{number}")

    assert "Delete this post?" in page.text
    assert before.status == 200
    assert after.status in {404, 410}


@pytest.mark.parametrize(
    ("do", "undo", "word"),
    [
        ("recommend", "unrecommend", "Recommended"),
        ("pass-on", "take-back", "Passed on"),
        ("save", "unsave", "No longer save"),
    ],
)
async def test_what_one_does_with_a_post_can_be_taken_back(
    at_tom, maya, publish, do, undo, word
):
    number = await publish(maya, "For everyone.", visibility=Visibility.PUBLIC)
    page = await at_tom.get(f"/@maya/{number}")
    done = await at_tom.submit(page, f"/posts/{number}/{do}")
    after = await at_tom.get(done.location)
    await at_tom.submit(after, f"/posts/{number}/{undo}")
    again = await at_tom.get(f"/@maya/{number}")

    assert done.location.startswith(f"/@maya/{number}#p{number}")
    assert word in after.text
    assert word not in again.text


async def test_one_is_led_back_to_this_site_only(at_tom, maya, publish):
    number = await publish(maya, "For everyone.", visibility=Visibility.PUBLIC)
    page = await at_tom.get(f"/@maya/{number}")
    answer = await at_tom.submit(
        page, f"/posts/{number}/recommend", {"back": "https://evil.example/"}
    )

    assert answer.location == "/home"


async def test_what_one_may_not_see_one_cannot_recommend(at_tom, maya, publish):
    number = await publish(maya, "Among us.", visibility=Visibility.FOLLOWERS)
    home = await at_tom.get("/home")
    answer = await at_tom.post(
        f"/posts/{number}/recommend",
        {"csrf": home.root.find("input", name="csrf")[0]["value"]},
    )

    assert answer.status == 404


async def test_a_question_is_answered_once_and_shows_no_figures(at_tom, maya, publish):
    poll = PollDraft(options=("Shapes", "Sharing"), expires_in=3600)
    number = await publish(maya, "What first?", visibility=Visibility.PUBLIC, poll=poll)
    page = await at_tom.get(f"/@maya/{number}")
    await at_tom.submit(page, f"/posts/{number}/vote", {"choice": "1"})
    after = await at_tom.get(f"/@maya/{number}")

    assert "your answer" in after.text
    assert "Sharing · nearly everybody" in after.text.replace(" ,", ",")


async def test_a_reply_names_whom_it_answers_and_is_as_narrow(at_tom, maya, tom, publish, look):
    number = await publish(maya, "@tom Only between us.", visibility=Visibility.DIRECT)
    page = await at_tom.get(f"/@maya/{number}")
    typed = page.root.find("textarea", id="f-text")[0].text
    answer = await at_tom.submit(page, "/posts", {"text": "@maya Understood."})
    reply = await look(answer, tom.actor)
    thread = await at_tom.get(f"/@maya/{number}")

    assert typed == "@maya"
    assert reply.visibility is Visibility.DIRECT
    assert reply.in_reply_to_id == number
    assert "Understood." in thread.text


VTT = (
    b"WEBVTT - by SpyPhone\n\nNOTE where: 44.05\n\n1\n00:00.000 --> 00:01.000\nFold it once.\n"
)


@pytest.fixture
def with_film(at_maya, tmp_path):
    """Return a function that writes a post with a film."""

    async def run(words):
        data = film(tmp_path / "f").read_bytes()
        page = await at_maya.get("/write")
        return await at_maya.submit(
            page, "/posts", words, files={"picture1": ("walk.mov", data, "video/quicktime")}
        )

    return run


async def test_a_film_is_prepared_while_its_words_wait_and_then_posted(
    ctx, at_maya, maya, look, with_film
):
    waiting = await with_film({"text": "How we fold", "alt1": "Hands fold a strip"})
    assert waiting.status == 422
    assert "being prepared" in waiting.main.text
    again = await at_maya.submit(waiting, "/posts")
    assert again.status == 422
    await run_until_idle(ctx)

    number = again.main.find("input", name="media")[0]["value"]
    answer = await at_maya.submit(
        again, "/posts", files={f"captions-{number}": ("words.vtt", VTT, "text/vtt")}
    )
    post = await look(answer, maya.actor)
    page = await at_maya.get(answer.location)

    assert (post.media[0].kind, post.media[0].alt) == ("video", "Hands fold a strip")
    [player] = page.main.find("video")
    assert (player["preload"], "controls" in player.attributes) == ("none", True)
    assert "autoplay" not in player.attributes
    [track] = page.main.find("track")
    shown = await at_maya.get(track["src"].partition("home.example")[2])
    assert shown.body == "WEBVTT\n\n00:00.000 --> 00:01.000\nFold it once.\n"


async def test_a_film_that_is_none_is_said_to_be_none(at_maya):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page,
        "/posts",
        {"text": "x", "alt1": "y"},
        files={"picture1": ("f.mp4", b"hello", "video/mp4")},
    )

    assert answer.status == 422
    assert "not one that this server shows" in answer.main.text


@pytest.mark.parametrize(
    "words", [b"", b"hello", b"WEBVTT", b"WEBVTTX\n\n00:00.000 --> 00:01.000\nx", b"\xff\xfe"]
)
def test_captions_that_are_none_are_refused(words):
    with pytest.raises(InvalidError, match="WebVTT"):
        captions.read(words)


async def test_several_pictures_stand_in_a_grid(at_maya):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page,
        "/posts",
        {"text": "Two", "alt1": "A", "alt2": "B"},
        files={"picture1": picture(), "picture2": picture((60, 44))},
    )

    page = await at_maya.get(answer.location)

    assert len(page.main.find("div", class_="pics")[0].find("img")) == 2
