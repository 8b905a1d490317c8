"""Custom emojis, ours and others'. Row 1.7 "Emoji"."""

import io

import pytest
from PIL import Image

from fedi_k12.domain.permissions import Role
from fedi_k12.services import emojis, login
from fedi_k12.web.auth import SESSION_COOKIE
from fedi_k12.web.uploads import take_in_emoji
from fedi_k12.worker import run_until_idle
from tests.browse import Browser
from tests.remote import ACTIVITY, PUBLIC


def picture(colour: str = "red", side: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def add(ctx):
    async def run(shortcode, **parts):
        key = await take_in_emoji(ctx, picture())
        return await ctx.write(
            emojis.add, actor=None, shortcode=shortcode, file=key, now=ctx.clock(), **parts
        )

    return run


@pytest.fixture
async def at_staff(client, ctx, make_member):
    member = await make_member("sam", role=Role.MODERATOR)
    browser = Browser(client)
    token, _csrf = await ctx.write(
        login.open_session, member_id=member.actor.member_id, client="Tests", now=ctx.clock()
    )
    browser.cookies[SESSION_COOKIE] = token
    return browser


@pytest.fixture
def toot(client, maya):
    async def run(text, **parts):
        answer = await client.post(
            "/api/v1/statuses", json={"status": text, **parts}, headers=maya.headers
        )
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return run


async def test_an_emoji_of_ours_goes_out_with_an_id_that_can_be_read(
    client, add, toot, document
):
    number = await add("school_bus", category="Travel")

    status = await toot("On the :school_bus: again, not the :plane: or a:school_bus:b")
    sent = await document(status["uri"])

    [tag] = [one for one in sent["tag"] if one["type"] == "Emoji"]
    assert (tag["name"], tag["id"]) == (
        ":school_bus:",
        f"https://home.example/emojis/{number}",
    )
    shown = await client.get(f"/emojis/{number}", headers={"Accept": ACTIVITY})
    read = await shown.json()
    assert (read["id"], read["name"], read["icon"]) == (tag["id"], tag["name"], tag["icon"])
    assert read["updated"]
    served = await client.get(tag["icon"]["url"].removeprefix("https://home.example"))
    assert served.headers["Content-Type"] == tag["icon"]["mediaType"] == "image/png"
    kept = Image.open(io.BytesIO(await served.read()))
    assert kept.size == (128, 128)


async def test_names_notes_and_answers_use_them_too(client, ctx, add, maya, toot, document):
    await add("apple")

    answer = await client.patch(
        "/api/v1/accounts/update_credentials",
        json={"display_name": "Maya :apple:", "note": "I like :apple: and :pear:"},
        headers=maya.headers,
    )
    account = await answer.json()
    actor = await document(maya.account.uri)
    status = await toot(
        "Which?", poll={"options": [":apple:", "none"], "expires_in": 600}, spoiler_text="A"
    )

    assert [one["shortcode"] for one in account["emojis"]] == ["apple"]
    assert [one["name"] for one in actor["tag"] if one["type"] == "Emoji"] == [":apple:"]
    assert [one["shortcode"] for one in status["emojis"]] == ["apple"]


async def test_apps_are_offered_ours_and_nobody_elses(client, add, ren, send):
    await add("apple", category="Fruit")
    tag = {"type": "Emoji", "name": ":apple:", "icon": {"url": "http://remote.example/a.png"}}
    await send(ren, ren.create(ren.note(text="<p>:apple:</p>", tag=[tag])))

    offered = await (await client.get("/api/v1/custom_emojis")).json()

    assert [(one["shortcode"], one["category"]) for one in offered] == [("apple", "Fruit")]
    assert offered[0]["url"].startswith("https://home.example/media/emoji/")


async def test_others_never_stand_for_ours(add, ren, send, status, toot):
    await add("apple")
    theirs = {
        "type": "Emoji",
        "name": ":apple:",
        "icon": {"url": "http://remote.example/a.png"},
    }
    note = ren.note(text="<p>:apple:</p>", tag=[theirs])
    await send(ren, ren.create(note))

    [one] = (await status(note["id"]))["emojis"]
    [own] = (await toot(":apple:"))["emojis"]

    assert one["url"].startswith("https://home.example/media/pictures/")
    assert own["url"].startswith("https://home.example/media/emoji/")


async def test_a_removed_one_is_its_name(client, ctx, add, toot, page, document):
    number = await add("apple")
    status = await toot("An :apple:")

    await ctx.write(emojis.remove, actor=None, shortcode="apple", now=ctx.clock())

    assert (await client.get(f"/emojis/{number}", headers={"Accept": ACTIVITY})).status == 404
    assert (await (await client.get("/api/v1/custom_emojis")).json()) == []
    assert (await toot("An :apple:"))["emojis"] == []
    await document(status["uri"])


async def test_pages_draw_them(add, toot, at_maya):
    await add("apple")
    status = await toot("An :apple:", spoiler_text="About an :apple:")

    page = await at_maya.get(f"/@maya/{status['id']}")

    drawn = page.main.find("img", class_="emoji")
    assert [one["alt"] for one in drawn] == [":apple:", ":apple:"]
    assert {one["src"].rpartition("/")[0] for one in drawn} == {"/media/emoji"}


async def test_staff_add_and_remove_them_on_a_page(at_staff, at_maya, client):
    path = "/moderation/emoji"
    page = await at_staff.get(path)
    done = await at_staff.submit(
        page,
        path,
        {"shortcode": ":School_Bus:", "category": "Travel"},
        files={"file": ("bus.png", picture(), "image/png")},
    )
    assert done.status == 303, done.text
    page = await at_staff.get(path)
    assert ":school_bus:" in page.main.text
    assert (await at_maya.get(path)).status == 403

    await at_staff.submit(page, f"{path}/school_bus/remove")

    assert (await (await client.get("/api/v1/custom_emojis")).json()) == []


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a", picture(), "2 to 32"),
        ("<script>", picture(), "2 to 32"),
        ("apple", picture(), "taken"),
        ("pear", b"<svg onload=alert(1)>", "content type"),
        ("pear", picture()[:60], "damaged"),
    ],
    ids=["too short", "FED-102 no name", "taken", "FED-98 no picture", "FED-98 damaged"],
)
async def test_what_cannot_be_one_is_said(add, at_staff, name, data, words):
    await add("apple")
    page = await at_staff.get("/moderation/emoji")

    page = await at_staff.submit(
        page,
        "/moderation/emoji",
        {"shortcode": name},
        files={"file": ("x.png", data, "image/png")},
    )

    assert page.status == 422
    assert words in page.text


@pytest.fixture
async def theirs(ren, remote, send, post_row):
    remote.documents["/blob.png"] = (200, "image/png", picture("blue"))
    tag = {"type": "Emoji", "name": ":Blob:", "icon": {"url": "http://remote.example/blob.png"}}
    note = ren.note(text="<p>:Blob:</p>", tag=[tag])
    await send(ren, ren.create(note))
    return (await post_row(note["id"])).id


async def test_staff_copy_one_from_a_post_elsewhere(client, at_staff, theirs):
    page = await at_staff.get(f"/moderation/emoji?post={theirs}")
    [chosen] = page.main.find("input", name="copy")

    done = await at_staff.post(
        "/moderation/emoji",
        {
            "csrf": page.main.find("input", name="csrf")[0]["value"],
            "post": str(theirs),
            "copy": chosen["value"],
            "shortcode": "blob",
        },
    )

    assert done.status == 303, done.text
    [own] = await (await client.get("/api/v1/custom_emojis")).json()
    assert own["shortcode"] == "blob"
    served = await client.get(own["url"].removeprefix("https://home.example"))
    assert Image.open(io.BytesIO(await served.read())).convert("RGB").getpixel((5, 5)) == (
        0, 0, 255,
    )  # fmt: skip


async def test_only_what_stands_in_the_post_is_copied(at_staff, theirs):
    """FED-52."""
    page = await at_staff.get(f"/moderation/emoji?post={theirs}")

    done = await at_staff.post(
        "/moderation/emoji",
        {
            "csrf": page.main.find("input", name="csrf")[0]["value"],
            "post": str(theirs),
            "copy": "/media/pictures/" + "0" * 40,
            "shortcode": "blob",
        },
    )

    assert done.status == 422


async def test_a_large_one_of_elsewhere_is_not_served(client, remote, ren, send, status):
    """FED-102: at most 256 KiB."""
    noise = io.BytesIO()
    Image.effect_noise((700, 700), 100).save(noise, "PNG")
    assert len(noise.getvalue()) > 262_144
    remote.documents["/big.png"] = (200, "image/png", noise.getvalue())
    tag = {"type": "Emoji", "name": ":big:", "icon": {"url": "http://remote.example/big.png"}}
    note = ren.note(text="<p>:big:</p>", tag=[tag])
    await send(ren, ren.create(note))
    [one] = (await status(note["id"]))["emojis"]

    answer = await client.get(one["url"].removeprefix("https://home.example"))

    assert answer.status == 404


async def test_ours_are_given_to_posts_and_go_out_with_their_id(
    client, ctx, add, maya, ren, remote, send, post_row
):
    """Row 1.8 "Emoji reactions"."""
    number = await add("apple")
    note = ren.note(to=[PUBLIC])
    await send(ren, ren.create(note))
    post_id = (await post_row(note["id"])).id

    answer = await client.put(
        f"/api/v1/pleroma/statuses/{post_id}/reactions/apple", headers=maya.headers
    )
    await run_until_idle(ctx)

    [given] = (await answer.json())["reactions"]
    assert given["url"] == f"https://home.example/media/emoji/{number}"
    sent = remote.delivered[-1].body
    assert (sent["content"], sent["tag"][0]["id"]) == (
        ":apple:",
        f"https://home.example/emojis/{number}",
    )
