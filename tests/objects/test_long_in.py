"""Articles, pages, films and the unknown, as they come from elsewhere.

Row 1.7 "Article (long form)". Row 1.7 "Page". Row 1.7 "Video / Audio". Row 1.7 "Others".
Row 1.7 "HTML in". Row 1.7 "Image / Document / Album". Row 1.7 "Link card".
"""

import io

import pytest
from PIL import Image

from fedi_k12.domain.pictures import picture_key

LONG = "<p>" + "All of it. " * 2000 + "</p>"
TEXT = (
    '<h2 id="why">Why</h2><p>Because <script>x</script><b>yes</b>.</p>'
    '<figure><img src="http://remote.example/one.png" alt="A shelf" onerror="x"></figure>'
    "<table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"
)


def png(size=(8, 6)):
    out = io.BytesIO()
    Image.new("RGB", size, "#2f6b5a").save(out, "PNG")
    return out.getvalue()


def article(ren, **changes):
    return ren.note(
        "article",
        TEXT + LONG,
        **{
            "type": "Article",
            "name": "Reading aloud",
            "summary": "<p>Why we read to them</p>",
            "url": "http://remote.example/reading",
            "image": {"type": "Image", "url": "http://remote.example/c.png", "name": "Shelf"},
            "preview": {"type": "Note", "content": "<p>Read aloud, every day.</p>"},
        }
        | changes,
    )


async def test_an_article_is_read_in_full_on_its_page(ren, send, page):
    note = article(ren)
    await send(ren, ren.create(note))

    shown = await page(note["id"])

    assert "<h2>Why</h2>" in shown.body
    assert "<td>Monday</td>" in shown.body
    assert "Why we read to them" in shown.main.text
    assert shown.main.text.count("All of it.") == 2000
    assert "remote.example/one.png" not in shown.body
    assert "<script>x" not in shown.body
    assert f'src="/media/pictures/{picture_key("http://remote.example/one.png")}"' in shown.body
    assert 'alt="A shelf"' in shown.body


async def test_lists_show_an_article_in_short(ren, send, home, at_maya):
    await send(ren, ren.create(article(ren)))

    entity = (await home())[0]
    shown = await at_maya.get("/home")

    assert "All of it." not in entity["content"]
    assert "Reading aloud" in entity["content"]
    assert "Why we read to them" in entity["content"]
    assert entity["spoiler_text"] == ""
    assert not entity["sensitive"]
    assert entity["card"]["title"] == "Reading aloud"
    assert entity["card"]["url"] == "http://remote.example/reading"
    assert entity["card"]["image"].startswith("https://home.example/media/pictures/")
    assert "Why we read to them" in shown.main.text
    assert "All of it." not in shown.main.text


async def test_an_app_that_opens_an_article_gets_all_of_it(ren, send, status):
    note = article(ren)
    await send(ren, ren.create(note))

    entity = await status(note["id"])

    assert entity["content"].count("All of it.") == 2000
    assert 'src="https://home.example/media/pictures/' in entity["content"]


async def test_an_abstract_with_a_warning_is_a_warning(ren, send, status):
    note = article(ren, sensitive=True)
    await send(ren, ren.create(note))

    assert (await status(note["id"]))["spoiler_text"] == "Why we read to them"


async def test_pictures_in_a_text_are_served_from_here(client, remote, ren, send):
    remote.documents["/one.png"] = (200, "image/png", png())
    await send(ren, ren.create(article(ren)))
    key = picture_key("http://remote.example/one.png")

    served = await client.get(f"/media/pictures/{key}")
    again = await client.get(f"/media/pictures/{key}")

    assert served.status == again.status == 200
    assert served.content_type in {"image/png", "image/jpeg"}
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert remote.asked.count("/one.png") == 1


async def test_only_pictures_that_stand_in_a_text_are_fetched(client, remote, ren):
    remote.documents["/two.png"] = (200, "image/png", png())

    served = await client.get(f"/media/pictures/{picture_key('http://remote.example/two.png')}")

    assert served.status == 404
    assert "/two.png" not in remote.asked


@pytest.mark.parametrize("how", ["attachment", "url"])
async def test_a_page_about_a_link_shows_where_it_leads(ren, send, status, page, how):
    about = "https://lessons.example/strips"
    link = {"attachment": [{"type": "Link", "href": about}]} if how == "attachment" else {}
    note = ren.note(
        "page",
        "<p>They print well</p>",
        type="Page",
        name="Fraction strips",
        url=about if how == "url" else "http://remote.example/p/1",
        **link,
    )
    await send(ren, ren.create(note))

    entity = await status(note["id"])
    shown = await page(note["id"])

    assert entity["card"]["url"] == about
    assert entity["url"] != about
    assert "lessons.example" in shown.main.text
    assert "Fraction strips" in shown.main.text


async def test_an_author_may_say_how_a_link_looks(ren, send, status):
    note = ren.note(
        attachment=[
            {
                "type": "Link",
                "href": "https://lessons.example/strips",
                "preview": {
                    "type": "Page",
                    "name": "Strips <b>for eighths</b>",
                    "summary": "<p>Twelve sheets</p>",
                    "icon": {"type": "Image", "url": "https://lessons.example/s.png"},
                },
            }
        ]
    )
    await send(ren, ren.create(note))

    card = (await status(note["id"]))["card"]

    assert card["title"] == "Strips <b>for eighths</b>"
    assert card["description"] == "Twelve sheets"
    assert card["provider_name"] == "lessons.example"
    assert card["image"].startswith("https://home.example/media/pictures/")


async def test_a_film_has_a_poster_and_is_passed_on_when_played(ren, send, status, page):
    note = ren.note(
        "film",
        "How we **fold**\n\n- one\n- two",
        type="Video",
        name="Folding eighths",
        mediaType="text/markdown",
        duration="PT1M30S",
        isLiveBroadcast=True,
        licence={"identifier": "2", "name": "Attribution - Share Alike"},
        icon=[
            {"type": "Image", "url": "http://remote.example/small.jpg", "width": 100},
            {"type": "Image", "url": "http://remote.example/large.jpg", "width": 900},
        ],
        url=[
            {"type": "Link", "mediaType": "text/html", "href": "http://remote.example/w/1"},
            {
                "type": "Link",
                "mediaType": "application/x-mpegURL",
                "href": "http://remote.example/1.m3u8",
                "tag": [
                    {
                        "type": "Link",
                        "mediaType": "video/mp4",
                        "href": f"http://remote.example/{height}.mp4",
                        "height": height,
                    }
                    for height in (1080, 720, 480)
                ],
            },
            {"type": "Link", "mediaType": "application/x-bittorrent", "href": "magnet:?x"},
        ],
    )
    await send(ren, ren.create(note))

    entity = await status(note["id"])
    shown = await page(note["id"])

    film = entity["media_attachments"][0]
    assert film["type"] == "video"
    assert film["url"].startswith("https://home.example/media/remote/")
    assert film["remote_url"] == "http://remote.example/720.mp4"
    assert film["meta"]["duration"] == 90.0
    assert "<strong>fold</strong>" in entity["content"]
    assert entity["url"] == "http://remote.example/w/1"
    assert "<li>two</li>" in shown.body
    assert "1:30" in shown.main.text
    assert "Live" in shown.main.text
    assert "CC BY-SA 4.0" in shown.main.text
    assert 'href="http://remote.example/w/1"' in shown.body
    assert "<iframe" not in shown.body
    [player] = shown.main.find("video")
    assert (player["preload"], "autoplay" in player.attributes) == ("none", False)
    assert player["src"].startswith("https://home.example/media/remote/")


async def test_a_poster_is_fetched_and_the_film_is_not(client, remote, ren, send, status):
    remote.documents["/p.png"] = (200, "image/png", png())
    note = ren.note(
        attachment={
            "type": "Video",
            "mediaType": "video/mp4",
            "url": "http://remote.example/f.mp4",
            "icon": {"type": "Image", "url": "http://remote.example/p.png"},
        }
    )
    await send(ren, ren.create(note))
    film = (await status(note["id"]))["media_attachments"][0]

    served = await client.get(film["preview_url"].removeprefix("https://home.example"))

    assert served.status == 200
    assert "/f.mp4" not in remote.asked
    assert film["remote_url"].endswith("/f.mp4")


async def test_a_picture_by_itself_is_a_post_with_that_picture(ren, send, status):
    note = ren.note(
        "image", None, type="Image", name="A leaf", url="http://remote.example/leaf.png"
    )
    await send(ren, ren.create(note))

    entity = await status(note["id"])

    assert entity["media_attachments"][0]["type"] == "image"
    assert "leaf" not in (entity["card"] or {}).get("url", "")[:10]


async def test_an_unknown_kind_is_shown_with_its_name_and_address(ren, send, status, page):
    note = ren.note(
        "review",
        "<p>Five apples</p>",
        type="Review",
        name="On folding",
        url="http://remote.example/r",
    )
    await send(ren, ren.create(note))

    entity = await status(note["id"])
    shown = await page(note["id"])

    assert entity["card"]["title"] == "On folding"
    assert entity["card"]["url"] == "http://remote.example/r"
    assert "Five apples" in shown.main.text


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Tombstone"}, {"type": "Playlist", "name": "All"},
        {"type": "Story", "name": "S"},
        {"type": "CacheFile", "name": "x"}, {"type": "Thing", "content": None},
        {"type": "<script>", "name": "x"}, {"type": ["Person"], "name": "x"},
        {"type": "OrderedCollection", "name": "x"},
    ],
)  # fmt: skip
async def test_what_nobody_said_is_no_post(ren, send, post_row, changes):
    note = ren.note("odd", "<p>x</p>", **changes)

    assert await send(ren, ren.create(note)) == 202
    assert await post_row(note["id"]) is None


async def test_lines_without_markup_stay_lines(ren, send, status):
    note = ren.note("plain", "Book fair\nLibrary\n📚")
    await send(ren, ren.create(note))

    assert (await status(note["id"]))["content"] == "Book fair<br>Library<br>📚"
