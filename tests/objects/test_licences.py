"""Licence and credit of materials, in and out. Row 1.7 "Licence (OER)"."""

import io

import pytest
from aiohttp import FormData
from PIL import Image

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.licences import LICENCES, licence_name, licence_url

BY = "https://creativecommons.org/licenses/by/4.0/"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"
CREDIT = "photo by Jurvetson, flickr.com"


@pytest.fixture
def upload(client, maya):
    async def run(**parts):
        out = io.BytesIO()
        Image.new("RGB", (40, 30), "green").save(out, "PNG")
        form = FormData()
        form.add_field("file", out.getvalue(), filename="a.png", content_type="image/png")
        for name, value in parts.items():
            form.add_field(name, value)
        answer = await client.post("/api/v2/media", data=form, headers=maya.headers)
        return answer.status, await answer.json()

    return run


@pytest.fixture
def ask(client, maya):
    async def run(method, path, **body):
        answer = await client.request(method, path, json=body or None, headers=maya.headers)
        return answer.status, await answer.json()

    return run


async def test_licence_and_credit_of_a_picture_go_out(upload, ask, document):
    _status, media = await upload(description="A leaf", license="CC BY 4.0", credit=CREDIT)
    assert (media["license"], media["credit"]) == (BY, CREDIT)

    _status, post = await ask(
        "POST", "/api/v1/statuses", status="A lesson", media_ids=[media["id"]], license=BY_SA
    )
    sent = await document(post["uri"])

    assert (post["license"], post["media_attachments"][0]["license"]) == (BY_SA, BY)
    assert sent["license"] == BY_SA
    [attached] = sent["attachment"]
    assert (attached["license"], attached["creditText"]) == (BY, CREDIT)
    assert sent["@context"][-1]["license"] == {"@id": "schema:license", "@type": "@id"}
    assert sent["@context"][-1]["creditText"] == "schema:creditText"


async def test_nothing_is_said_where_nobody_said_anything(upload, ask, document):
    _status, media = await upload(description="A leaf")
    _status, post = await ask(
        "POST", "/api/v1/statuses", status="A lesson", media_ids=[media["id"]]
    )

    sent = await document(post["uri"])

    assert "license" not in sent
    assert {"license", "creditText"} & set(sent["attachment"][0]) == set()
    assert (post["license"], media["license"], media["credit"]) == (None, None, None)


async def test_both_can_be_changed_before_and_after_posting(upload, ask):
    _status, media = await upload(description="A leaf")
    path = f"/api/v1/media/{media['id']}"
    _status, media = await ask("PUT", path, license="by-sa", credit=CREDIT)
    assert (media["license"], media["credit"]) == (BY_SA, CREDIT)
    _status, media = await ask("PUT", path, description="Two leaves")
    assert media["license"] == BY_SA
    _status, post = await ask(
        "POST", "/api/v1/statuses", status="x", media_ids=[media["id"]], license="zero"
    )

    changes = [{"id": media["id"], "license": "", "credit": "me"}]
    _status, post = await ask(
        "PUT",
        f"/api/v1/statuses/{post['id']}",
        status="x",
        media_ids=[media["id"]],
        media_attributes=changes,
    )

    assert post["license"] is None
    [changed] = post["media_attachments"]
    assert (changed["license"], changed["credit"]) == (None, "me")


@pytest.mark.parametrize("word", ["mine", "javascript:alert(1)", "ftp://x", "CC BY 9.9"])
async def test_what_is_no_licence_is_refused(upload, ask, word):
    status, refusal = await upload(license=word)
    assert (status, "License is neither" in refusal["error"]) == (422, True)
    status, _refusal = await ask("POST", "/api/v1/statuses", status="x", license=word)
    assert status == 422
    with pytest.raises(InvalidError):
        licence_url(word)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"license": BY, "creditText": "Ria"}, (BY, "Ria")),
        ({"schema:license": {"id": BY}, "schema:creditText": "Ria"}, (BY, "Ria")),
        ({"license": BY, "attributedTo": {"type": "Person", "name": "Ria"}}, (BY, "Ria")),
        ({"license": "javascript:alert(1)", "creditText": "<b>Ria\n</b>\u202e"},
         (None, "<b>Ria </b>")),
        ({"license": 5, "creditText": ["Ria"], "attributedTo": "x"}, (None, None)),
    ],
    ids=["plain", "with the prefix", "somebody without a page", "FED-95", "FED-59"],
)  # fmt: skip
async def test_licence_and_credit_of_elsewhere_are_kept(
    ren, send, status, page, parts, expected
):
    image = {
        "type": "Image",
        "mediaType": "image/png",
        "url": "http://remote.example/leaf.png",
        **parts,
    }
    note = ren.note(attachment=[image], license=BY_SA)
    await send(ren, ren.create(note))

    shown = await status(note["id"])
    looked = await page(note["id"])

    assert shown["license"] == BY_SA
    [media] = shown["media_attachments"]
    assert (media["license"], media["credit"]) == expected
    [caption] = looked.main.find("figcaption")
    assert (expected[1] or "") in caption.text
    links = [link["href"] for link in caption.find("a") if "license" in link["rel"].split()]
    assert links == ([expected[0]] if expected[0] else [])


async def test_peertubes_number_is_a_licence(ren, send, status):
    video = {
        "id": f"{ren.uri}/videos/1",
        "type": "Video",
        "name": "Clay",
        "attributedTo": ren.uri,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "licence": {"identifier": "2", "name": "Attribution - Share Alike"},
        "url": [{"type": "Link", "mediaType": "text/html", "href": f"{ren.uri}/watch"}],
    }
    await send(ren, ren.create(video))

    assert (await status(video["id"]))["license"] == BY_SA


async def test_members_say_so_on_the_page(at_maya, document, client):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    page = await at_maya.get("/write")
    done = await at_maya.submit(
        page,
        "/posts",
        {
            "text": "Leaves",
            "alt1": "A leaf",
            "credit1": CREDIT,
            "licence1": BY,
            "licence": BY_SA,
        },
        files={"picture1": ("a.png", out.getvalue(), "image/png")},
    )
    assert done.status == 303, done.text
    shown = await at_maya.follow(done)
    [caption] = shown.main.find("figcaption")
    assert CREDIT in caption.text
    assert "CC BY 4.0" in caption.text
    assert "CC BY-SA 4.0" in shown.main.text

    number = done.location.rpartition("/")[2]
    page = await at_maya.get(f"/posts/{number}/edit")
    [chosen] = [
        option
        for option in page.main.find("select", name="licence")[0].find("option")
        if "selected" in option.attributes
    ]
    assert chosen["value"] == BY_SA
    await at_maya.submit(page, f"/posts/{number}/edit", {"text": "Leaves again"})
    shown = await at_maya.get(done.location)

    assert CREDIT in shown.main.find("figcaption")[0].text
    assert "CC BY-SA 4.0" in shown.main.text


def test_each_offered_licence_has_its_name():
    assert {licence_url(url) for url in LICENCES} == set(LICENCES)
    assert licence_name("https://example.org/mine") == "https://example.org/mine"
    assert licence_name(f"{BY}deed.de") == "CC BY 4.0"
