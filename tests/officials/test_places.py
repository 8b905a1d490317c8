"""Where children are: no place with a post, and no post before they are back (R-34)."""

import io
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select

from fedi_k12.domain.guards import Asked, noticed
from fedi_k12.services import approving
from fedi_k12.worker import run_until_idle
from storage.tables import PostRow, SubmissionRow

TRIP = "We are at the Oak Zoo with everybody. What a day."
GPS = 34853


def photograph():
    """Return a picture that says where it was taken, as a telephone writes it."""
    image, exif = Image.new("RGB", (60, 40), "green"), Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (45.0, 30.0, 0.0), 3: "W", 4: (122.0, 40.0, 0.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (TRIP, ["We are at the Oak Zoo with"]),
        ("Just arrived at the state capitol!", ["Just arrived at the state capitol"]),
        ("Estamos en el museo de arte.", ["Estamos en el museo de arte"]),
        ("We were at the zoo last week. We are proud.", []),
        ("We are in grade 4, and we love it.", []),
    ],
)
def test_words_that_say_where_children_are_now_are_pointed_at(text, seen):
    """R-34: what is over says nothing about where they are."""
    assert [one.words for one in noticed(text) if one.kind is Asked.PLACE] == seen


async def test_the_form_of_a_school_offers_to_wait_until_they_are_back(
    ctx, clock, client, seated, lincoln, maya, tom, author, approver, decide
):
    """R-34: it is approved, and still comes only after the trip; nobody reads it before."""
    at_school, at_maya = await seated(maya, lincoln), await seated(maya)
    assert "after the trip" in (await at_school.get("/write")).text
    assert "after the trip" not in (await at_maya.get("/write")).text
    page = await at_school.get("/write")
    shown = await at_school.submit(page, "/posts", {"text": TRIP, "do": "preview"})
    assert "where children are at this moment" in shown.text
    back = (ctx.clock() + timedelta(days=1)).astimezone(ZoneInfo("UTC"))
    times = {"later_day": back.date().isoformat(), "later_time": back.strftime("%H:%M")}

    kept = await at_school.submit(shown, "/posts", {"text": TRIP, "who": "public", **times})

    assert kept.location == "/later"
    assert "After the trip" in (await at_school.get("/later")).text
    async with ctx.read() as session:
        waits = await session.scalar(select(SubmissionRow.id))
    await decide(approving.approve, approver, waits)
    await run_until_idle(ctx)
    assert "Oak Zoo" not in (await at_maya.get("/@lincoln")).text
    clock.advance(days=1, minutes=2)
    await run_until_idle(ctx)
    assert "Oak Zoo" in (await at_maya.get("/@lincoln")).text


async def test_no_place_goes_out_with_a_post_whatever_is_sent(
    ctx, clock, client, lincoln, maya, delegate_to
):
    """R-34: not from an app, not from a program, not in a picture; `scheduled_at` waits."""
    speaking = await delegate_to(lincoln, maya, "manager")
    sent = await client.post(
        "/api/v2/media",
        data={"file": io.BytesIO(photograph()), "description": "A green field in the sun"},
        headers=speaking.headers,
    )
    picture = await sent.json()
    served = await (
        await client.get(picture["url"].removeprefix("https://home.example"))
    ).read()
    assert dict(Image.open(io.BytesIO(served)).getexif().get_ifd(GPS)) == {}

    due = (ctx.clock().astimezone(UTC) + timedelta(hours=2)).isoformat()
    place = {"location": "Oak Zoo", "place": {"name": "Oak Zoo"}, "visibility": "public"}
    later = {"status": "A day out", "scheduled_at": due, **place}
    answer = await client.post("/api/v1/statuses", json=later, headers=speaking.headers)
    assert (await answer.json())["scheduled_at"]
    note = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Note",
        "content": "<p>From a program</p>",
        "to": "https://www.w3.org/ns/activitystreams#Public",
        "location": {"type": "Place", "name": "Oak Zoo", "latitude": 45.5, "longitude": -122.6},
    }
    done = await client.post(
        "/users/lincoln/outbox",
        json=note,
        headers=speaking.headers | {"Content-Type": "application/activity+json"},
    )
    assert done.status == 201
    clock.advance(hours=3)
    await run_until_idle(ctx)

    async with ctx.read() as session:
        rows = list(await session.scalars(select(PostRow).order_by(PostRow.id)))
    assert len(rows) == 2
    for row in rows:
        told = await client.get(
            row.uri.removeprefix("https://home.example"),
            headers={"Accept": "application/activity+json"},
        )
        document = await told.json()
        assert "location" not in document
        assert "Zoo" not in str(document)
        entity = await client.get(f"/api/v1/statuses/{row.id}", headers=speaking.headers)
        assert "Zoo" not in await entity.text()
