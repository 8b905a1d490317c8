"""Events at a browser: announced, come to, changed, called off; calendars and tables."""

import csv
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from fedi_k12.domain.event_jobs import RemindGuests
from fedi_k12.domain.events import EventDraft, JoinMode, Place, Wish
from fedi_k12.domain.posts import Draft
from fedi_k12.services import attendance, events, reminders
from storage import posts


@pytest.fixture
def hold(ctx, maya):
    async def run(member=maya, text="Bring scissors", **changes):
        starts = ctx.clock() + timedelta(days=3)
        draft = EventDraft(
            **{
                "title": "Maths night",
                "starts_at": starts,
                "ends_at": starts + timedelta(hours=2),
                "time_zone": "America/Chicago",
                "place": Place("Gym", "12 Elm Street", "Salem"),
                **changes,
            }
        )
        return await ctx.write(
            events.create,
            actor=member.actor,
            event=draft,
            draft=Draft(text),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run


def form(ctx, **changes):
    day = (ctx.clock() + timedelta(days=10)).date().isoformat()
    return {
        "title": "Open evening",
        "text": "Meet the teachers",
        "starts_day": day,
        "starts_time": "18:30",
        "ends_time": "20:00",
        "time_zone": "America/Chicago",
        "place": "School hall",
        **changes,
    }


async def test_the_day_beside_an_event_is_that_of_its_own_clocks(ctx, hold, visitor):
    evening = (ctx.clock() + timedelta(days=5)).replace(hour=2, minute=55)
    await hold(starts_at=evening, ends_at=evening + timedelta(hours=2))

    listed = await visitor.get("/events")

    there = evening.astimezone(ZoneInfo("America/Chicago"))
    (beside,) = listed.main.find("p", class_="at")
    assert beside.text.startswith(f"{there:%a} {there.day} ")


async def test_an_event_is_announced_and_listed(ctx, at_maya, at_tom, visitor):
    page = await at_maya.get("/events/new")
    done = await at_maya.submit(page, "/events", form(ctx, capacity="30"))

    shown = await at_maya.follow(done)
    assert "6:30 pm to 8:00 pm (Chicago time)" in shown.text
    assert "School hall" in shown.text
    for browser in (at_tom, visitor):
        listed = await browser.get("/events")
        assert "Open evening" in listed.text
        assert "30 of 30 are free" in listed.text
    home = await at_maya.get("/home")
    assert "Open evening" in home.text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": " "}, "Give the event a name"),
        ({"starts_day": ""}, "Say on which day"),
        ({"starts_time": "25:00"}, "Say on which day"),
        ({"time_zone": "Nowhere/Here"}, "no time zone"),
        ({"ends_time": "18:00"}, "ends after it begins"),
        ({"capacity": "many"}, "How many places"),
        ({"capacity": "0"}, "There is room for 1"),
        ({"join_mode": "external", "join_url": "javascript:alert(1)"}, "where one registers"),
        ({"online_url": "ftp://x"}, "begins with https"),
        ({"starts_day": "2020-01-01"}, "over already"),
        ({"starts_day": "2027-03-14", "starts_time": "02:30", "ends_time": ""}, "put forward"),
    ],
)
async def test_what_has_to_be_corrected_stays_in_the_form(ctx, at_maya, wrong, says):
    page = await at_maya.get("/events/new")

    again = await at_maya.submit(page, "/events", form(ctx, **wrong))

    assert again.status == 422
    assert says in again.text
    assert again.title.startswith("Error:")
    assert "Meet the teachers" in again.body


async def test_coming_waiting_and_not_coming(at_maya, at_tom, seated, make_member, hold):
    post_id = await hold(capacity=1)
    path = f"/@maya/{post_id}"
    at_ann = await seated(await make_member("ann"))

    page = await at_tom.get(path)
    await at_tom.submit(page, f"/events/{post_id}/join", {"message": "With my class"})
    assert "You have a place" in (await at_tom.get(path)).text
    full = await at_ann.get(path)
    assert "All taken" in full.text
    await at_ann.submit(full, f"/events/{post_id}/join")
    assert "You wait for a place" in (await at_ann.get(path)).text

    people = await at_maya.get(f"/events/{post_id}/people")
    assert "Tom" in people.text
    assert "With my class" in people.text
    assert (await at_tom.get(f"/events/{post_id}/people")).status == 404
    assert (await at_tom.get(f"/events/{post_id}/people.csv")).status == 404
    told = await at_maya.get("/notifications")
    assert "Tom is coming to your event" in told.text

    await at_tom.submit(await at_tom.get(path), f"/events/{post_id}/leave")
    assert "You have a place" in (await at_ann.get(path)).text
    assert "Maya has a place for you" in (await at_ann.get("/notifications")).text


async def test_the_organiser_decides(at_maya, at_tom, hold):
    post_id = await hold(join_mode=JoinMode.RESTRICTED)
    path = f"/@maya/{post_id}"
    await at_tom.submit(await at_tom.get(path), f"/events/{post_id}/join")
    assert "the organiser decides" in (await at_tom.get(path)).text

    people = await at_maya.get(f"/events/{post_id}/people")
    action = next(f["action"] for f in people.root.find("form") if "/welcome" in f["action"])
    await at_maya.submit(people, action)
    assert "You have a place" in (await at_tom.get(path)).text

    people = await at_maya.get(f"/events/{post_id}/people")
    await at_maya.submit(people, action.replace("welcome", "decline"))
    assert "has no place for you" in (await at_tom.get(path)).text


async def test_called_off_and_changed_is_told_and_the_page_stays(
    ctx, at_maya, at_tom, visitor, hold
):
    post_id = await hold()
    path = f"/@maya/{post_id}"
    await at_tom.submit(await at_tom.get(path), f"/events/{post_id}/join")
    page = await at_maya.get(f"/events/{post_id}/edit")
    await at_maya.submit(page, f"/events/{post_id}/edit", {"place": "Library"})
    assert "Maya changed an event" in (await at_tom.get("/notifications")).text
    assert "Library" in (await at_tom.get(path)).text

    await at_maya.post(
        f"/events/{post_id}/status",
        {**_csrf(await at_maya.get(path)), "status": "cancelled"},
    )

    assert "called an event off" in (await at_tom.get("/notifications")).text
    assert "Called off" in (await visitor.get(path)).text
    assert (await at_tom.get(f"/events/{post_id}/edit")).status == 404


def _csrf(page):
    return {"csrf": next(i["value"] for i in page.root.find("input", name="csrf"))}


def unfolded(data):
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    return data.replace(b"\r\n ", b"").decode().split("\r\n")


async def test_fed_104_nothing_in_a_calendar_ends_its_line(client, hold):
    post_id = await hold(
        title="Ä night; with, commas \\ and a very long name " + "é" * 100,
        text="First\n\nEND:VEVENT\nBEGIN:VEVENT\nATTACH:http://evil.example/",
    )

    answer = await client.get(f"/events/{post_id}.ics")
    lines = unfolded(await answer.read())

    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert not [line for line in lines if line.startswith("ATTACH")]
    summary = next(line for line in lines if line.startswith("SUMMARY:"))
    assert summary.startswith("SUMMARY:Ä night\\; with\\, commas \\\\ and")
    assert summary.endswith("é")
    assert "LOCATION:Gym\\, 12 Elm Street\\, Salem" in lines
    assert re.fullmatch(r"DTSTART:\d{8}T\d{6}Z", next(n for n in lines if "DTSTART" in n))
    feed = unfolded(await (await client.get("/events/of/maya.ics")).read())
    assert feed.count("BEGIN:VEVENT") == 1
    assert (await client.get("/events/of/nobody.ics")).status == 404


async def test_fed_104_no_cell_is_a_formula(ctx, client, at_maya, make_remote, hold, maya, tom):
    post_id = await hold()
    evil = await make_remote("eve", display_name='=HYPERLINK("http://evil.example","x")')
    async with ctx.read() as session:
        row = await posts.by_id(session, post_id)
    for guest, message in ((evil, "+1+cmd|' /C calc'!A0"), (tom.account, " @SUM(1)")):
        await ctx.write(
            attendance.receive_wish,
            guest=guest,
            post=row,
            wish=Wish("x:y" + guest.username, message=message),
            now=ctx.clock(),
        )

    page = await at_maya.get(f"/events/{post_id}/people.csv")
    rows = list(csv.reader(io.StringIO(page.body.removeprefix("\ufeff"))))

    assert page.status == 200
    assert rows[0] == ["Name", "Handle", "State", "Message", "Asked"]
    assert rows[1][0].startswith("'=HYPERLINK")
    assert rows[1][3].startswith("'+1")
    assert rows[2][3] == "' @SUM(1)"


async def test_apps_read_title_time_and_place(client, maya, hold):
    post_id = await hold()

    status = await (await client.get(f"/api/v1/statuses/{post_id}")).json()

    assert "Maths night" in status["content"]
    assert "(Chicago time), Gym, 12 Elm Street, Salem" in status["content"]
    assert status["spoiler_text"] == ""


async def test_guests_are_reminded_once_and_readers_where_it_was_wished(
    ctx, clock, at_tom, hold, client
):
    """Row 1.15 "Mastodon fallback": the reminder is a post of its own."""
    post_id = await hold(remind=True)
    await at_tom.submit(await at_tom.get(f"/@maya/{post_id}"), f"/events/{post_id}/join")
    await reminders.remind_guests(ctx, RemindGuests())
    assert "begins soon" not in (await at_tom.get("/notifications")).text
    clock.advance(days=2, hours=12)

    await reminders.remind_guests(ctx, RemindGuests())
    await reminders.remind_guests(ctx, RemindGuests())

    assert "begins soon" in (await at_tom.get("/notifications")).text
    timeline = await (await client.get("/api/v1/timelines/public?local=true")).json()
    said = [post for post in timeline if post["id"] != str(post_id)]
    assert len(said) == 1
    assert "Maths night" in said[0]["content"]


async def test_somebody_is_invited_by_their_handle(at_maya, at_tom, hold):
    post_id = await hold(join_mode=JoinMode.RESTRICTED)
    page = await at_maya.get(f"/events/{post_id}/people")

    wrong = await at_maya.submit(page, f"/events/{post_id}/people", {"handle": "@nobody"})
    assert wrong.status == 422
    assert "Nobody here is called" in wrong.text
    done = await at_maya.submit(page, f"/events/{post_id}/people", {"handle": "@tom"})

    assert "invited" in (await at_maya.follow(done)).text
    assert "invites you to an event" in (await at_tom.get("/notifications")).text
    path = f"/@maya/{post_id}"
    await at_tom.submit(await at_tom.get(path), f"/events/{post_id}/join")
    assert "You have a place" in (await at_tom.get(path)).text
