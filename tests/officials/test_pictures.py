"""Somebody looks at pictures of a school before they are published (R-31)."""

import io
import json

import pytest
from aiohttp import FormData
from PIL import Image
from sqlalchemy import select

from fedi_k12.domain.errors import InvalidError, SavedForApprovalError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.picture_check import STATEMENTS, Focus, PictureCheck, read_check
from fedi_k12.domain.posts import Draft
from fedi_k12.services import approving, posts, records_desk
from storage.tables import PictureCheckRow

LOOKED = {"focus": "group", **dict.fromkeys(STATEMENTS, "1")}


@pytest.fixture
async def author(lincoln, maya, delegate_to):
    """Maya, who writes for the school; no approval level is set for it."""
    return await delegate_to(lincoln, maya, "author")


@pytest.fixture
async def approver(lincoln, tom, delegate_to):
    """Tom, who approves for the school."""
    return await delegate_to(lincoln, tom, "approver")


@pytest.fixture
def upload(client):
    """Return a function that uploads a picture with a description and gives its id."""

    async def run(member, said="A bee on a flower"):
        form, drawn = FormData(), io.BytesIO()
        Image.new("RGB", (40, 30), "gold").save(drawn, "PNG")
        form.add_field("file", drawn.getvalue(), filename="bee.png", content_type="image/png")
        form.add_field("description", said)
        answer = await client.post("/api/v2/media", data=form, headers=member.headers)
        assert answer.status == 200
        return (await answer.json())["id"]

    return run


@pytest.fixture
def checks(ctx):
    """Return a function that gives what is kept of pictures."""

    async def run():
        async with ctx.read() as session:
            return list(await session.scalars(select(PictureCheckRow)))

    return run


async def test_pictures_of_an_app_are_looked_at_by_the_approver(
    client, author, approver, upload, checks, seated, maya, tom
):
    """R-31: apps have no form for it, so such a post waits, whatever the level is."""
    words = await client.post(
        "/api/v1/statuses", json={"status": "No picture"}, headers=author.headers
    )
    number = await upload(author)
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "A bee", "media_ids": [number]},
        headers=author.headers,
    )

    assert (words.status, answer.status) == (200, 422)
    assert "Saved for approval" in (await answer.json())["error"]
    at_tom = await seated(tom)
    page = await at_tom.get("/approvals")
    (path,) = {one["href"] for one in page.root.find("a") if "/approvals/" in one["href"]}
    page = await at_tom.get(path)
    for changes in ({}, {"focus": "group"}, {**LOOKED, "later": ""}, {**LOOKED, "focus": "x"}):
        assert (await at_tom.submit(page, f"{path}/approve", changes)).status == 422
    assert await checks() == []

    assert (await at_tom.submit(page, f"{path}/approve", LOOKED)).status == 303

    (one,) = await checks()
    assert (one.focus, one.member_id) == ("group", tom.actor.member_id)


async def test_on_the_page_its_author_looks_at_them(
    author, approver, upload, checks, seated, lincoln, maya, ctx, make_member
):
    """R-31: nothing is published before; the record says that they were looked at."""
    number = await upload(author)
    at_school = await seated(maya, lincoln)
    page = await at_school.get("/write")
    typed = {"text": "A bee", "media": number, f"alt-{number}": "A bee on a flower"}

    refused = await at_school.submit(page, "/posts", typed)
    assert refused.status == 422
    assert "Look at the pictures first" in refused.text
    assert await checks() == []
    answer = await at_school.submit(refused, "/posts", {**typed, **LOOKED})

    assert answer.status == 303
    (one,) = await checks()
    assert one.focus == "group"
    olga = await make_member("olga", role=Role.ADMIN)
    async with ctx.read() as session:
        found = await records_desk.find(
            session, actor=olga.actor, search=records_desk.Search(word="bee")
        )
        seen = await records_desk.one(session, actor=olga.actor, seq=found.lines[-1].seq)
    told = json.loads(seen.text)["object"]["picturesChecked"]
    assert (told["focus"], told["member"]) == ("group", maya.actor.member_id)


async def test_a_colleague_is_asked_to_describe(
    client, author, approver, upload, seated, lincoln, maya, tom, make_member, delegate_to
):
    """R-21, R-32: who describes need not approve; nothing goes out before.

    What may name a child is pointed at; what a member is called is not. An app is refused.
    """
    number = await upload(author, "")
    bare = {"status": "Bees", "media_ids": [number]}
    answer = await client.post("/api/v1/statuses", json=bare, headers=author.headers)
    assert answer.status == 422
    assert "Description missing" in (await answer.json())["error"]
    ada, joe = await make_member("ada", display_name="Ada Berg"), await make_member("joe")
    await delegate_to(lincoln, ada, "author")
    await delegate_to(lincoln, joe, "responder")

    at_school = await seated(maya, lincoln)
    typed = {"text": "Kim Ode and Ada Berg saw bees in Room 12", "media": number}
    page = await at_school.submit(await at_school.get("/write"), "/posts", typed)
    assert all(words in page.body for words in ("<strong>Kim Ode", "<strong>Room 12"))
    assert "<strong>Ada Berg" not in page.body
    sent = await at_school.submit(page, "/posts", {**typed, "do": "describe"})

    path = sent.headers["Location"].partition("?")[0]
    alt = f"alt-{number}"
    for browser in (at_school, await seated(joe)):
        page = await browser.get(path)
        assert "Say what can be seen" not in page.text
    at_tom = await seated(tom)
    page = await at_tom.get(path)
    refused = await at_tom.submit(page, f"{path}/approve", LOOKED)
    assert refused.status == 422
    assert "Description missing" in refused.text
    assert (await at_tom.submit(page, f"{path}/describe", {alt: "bee"})).status == 303
    at_ada = await seated(ada)
    page = await at_ada.get(path)
    assert "too little" in page.text
    await at_ada.submit(page, f"{path}/describe", {alt: "A bee on a yellow flower"})
    page = await at_tom.get(path)
    assert "<strong>Kim Ode" in page.body
    assert (await at_tom.submit(page, f"{path}/approve", LOOKED)).status == 303
    posts = await client.get(f"/api/v1/accounts/{lincoln.id}/statuses")
    (post,) = await posts.json()
    assert post["media_attachments"][0]["description"] == "A bee on a yellow flower"


async def test_a_picture_that_is_added_later_is_looked_at_too(
    do, author, approver, upload, checks
):
    """R-31: and a change of words asks for nothing."""
    number = int(await upload(author))
    looked = PictureCheck(Focus.NOBODY, author.actor.member_id)
    first = Draft("A bee", media_ids=(number,), checked=looked)
    post_id = await do(posts.publish, actor=author.actor, draft=first)

    await do(
        posts.edit,
        actor=author.actor,
        post_id=post_id,
        draft=Draft("Bees", media_ids=(number,)),
    )
    more = Draft("Bees", media_ids=(number, int(await upload(author))))
    with pytest.raises(SavedForApprovalError) as caught:
        await do(posts.edit, actor=author.actor, post_id=post_id, draft=more)

    given = {"member_id": approver.actor.member_id, "version": 1}
    given["submission_id"] = caught.value.submission_id
    with pytest.raises(InvalidError, match="Look at the pictures"):
        await do(approving.approve, **given)
    looked = PictureCheck(Focus.GROUP, approver.actor.member_id)
    await do(approving.approve, checked=looked, **given)
    assert [one.focus for one in await checks()] == ["group"]


async def test_peoples_own_pictures_are_their_own(client, maya, upload, checks):
    """R-31: nobody is held who speaks for themselves."""
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "A bee", "media_ids": [await upload(maya)]},
        headers=maya.headers,
    )

    assert answer.status == 200
    assert await checks() == []


def test_only_that_it_was_said_is_kept():
    """R-31: whom a picture is about in one of three words; there is no place for a name."""
    columns = set(PictureCheckRow.__table__.columns.keys())
    assert columns == {"post_id", "focus", "member_id", "at"}
    assert read_check({**LOOKED, "names": "Jenny"}, by=7) == PictureCheck(Focus.GROUP, 7)
    for name in LOOKED:
        with pytest.raises(InvalidError):
            read_check({**LOOKED, name: ""}, by=7)
