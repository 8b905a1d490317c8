"""Events as documents: ours complete, others' understood in every dialect.

Row 1.7 "Event". Row 1.15 "Event in". Row 1.15 "Event out".
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.vocab.build import (
    NoteOut,
)
from federation.vocab.build_event import EventOut, build_event
from federation.vocab.build_parts import (
    AttachmentOut,
)
from federation.vocab.contexts import with_context
from federation.vocab.event import parse_event
from federation.vocab.note import parse_object
from fedi_k12.domain.events import EventDetails, JoinMode, Place, Status
from fedi_k12.domain.posts import Visibility

SAMPLES = Path(__file__).parent.parent.parent / "samples"
ME = "https://home.example/users/maya"
URI = f"{ME}/statuses/1"


def details(**changes):
    given_ = {
        "starts_at": datetime(2026, 12, 1, 23, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 2, 1, tzinfo=UTC),
        "time_zone": "America/New_York",
        "organizers": (ME,),
        "answerers": (ME,),
    }
    return EventDetails(**{**given_, **changes})


def built(event, going=0, **note):
    return build_event(
        NoteOut(
            uri=URI,
            url="https://home.example/@maya/1",
            author_uri=ME,
            followers_uri=f"{ME}/followers",
            visibility=Visibility.PUBLIC,
            content="<p>Bring scissors</p>",
            published=datetime(2026, 11, 20, tzinfo=UTC),
            language="en",
            **note,
        ),
        EventOut("Maths night", event, going, f"{URI}/attendees", "https://home.example/e.ics"),
    )


def sample(name):
    raw = json.loads((SAMPLES / name).read_text())
    return parse_object(raw.get("object") if "actor" in raw and "object" in raw else raw)


def test_an_event_of_ours_says_everything_that_is_asked_for():
    document = built(
        details(
            capacity=30,
            places=(Place("Gym", "12 Elm Street", "Salem", "MA", "01970", "US", 42.5, -70.9),),
            online_urls=("https://meet.example/maths",),
            categories=("LEARNING",),
        ),
        going=4,
        attachments=(
            AttachmentOut("image", "https://home.example/1.png", "image/png", "A gym"),
        ),
    )

    assert document["type"] == "Event"
    assert (document["name"], document["attributedTo"], document["actor"]) == (
        "Maths night",
        ME,
        ME,
    )
    assert document["organizers"]["items"] == [ME]
    assert document["startTime"] == "2026-12-01T18:00:00-05:00"
    assert document["endTime"] == "2026-12-01T20:00:00-05:00"
    assert document["displayEndTime"] is True
    assert document["timezone"] == "America/New_York"
    assert document["eventStatus"] == "EventScheduled"
    assert document["status"] == document["ical:status"] == "CONFIRMED"
    assert document["joinMode"] == "free"
    assert document["attendees"] == {
        "id": f"{URI}/attendees",
        "type": "Collection",
        "totalItems": 4,
    }
    assert document["participantCount"] == 4
    assert document["maximumAttendeeCapacity"] == 30
    assert document["remainingAttendeeCapacity"] == 26
    assert document["category"] == "LEARNING"
    gym, online = document["location"]
    assert gym["address"]["type"] == "PostalAddress"
    assert gym["address"]["addressLocality"] == "Salem"
    assert (gym["latitude"], gym["longitude"]) == (42.5, -70.9)
    assert online == {
        "type": "VirtualLocation",
        "name": "Online",
        "url": "https://meet.example/maths",
    }
    banner, website, calendar = document["attachment"]
    assert banner["isBannerImage"] is True
    assert (banner["name"], document["image"]["name"]) == ("Banner", "A gym")
    assert banner["summary"] == "A gym"
    assert (website["name"], website["href"]) == ("Website", "https://meet.example/maths")
    assert calendar["mediaType"] == "text/calendar"
    for name, value in {
        "commentsEnabled": True,
        "repliesModerationOption": "allow_all",
        "anonymousParticipationEnabled": False,
        "isOnline": False,
        "draft": False,
        "inLanguage": "en",
        "mediaType": "text/html",
    }.items():
        assert document[name] == value
    assert document["uuid"]
    assert document["updated"]


def test_servers_without_events_get_a_line_that_says_when_and_where():
    """Row 1.15 "Mastodon fallback"."""
    document = built(details(places=(Place("Gym"),)))

    assert document["name"] == "Maths night"
    assert document["url"] == "https://home.example/@maya/1"
    assert document["summary"] == (
        "Tuesday 1 December 2026, 6:00 pm to 8:00 pm (New York time), Gym"
    )
    assert document["sensitive"] is False


def test_an_open_end_is_said_and_not_shown():
    document = built(details(show_end=False))

    assert document["displayEndTime"] is False
    assert "endTime" in document


@pytest.mark.parametrize(
    ("status", "name", "fallback"),
    [
        (Status.SCHEDULED, "EventScheduled", "CONFIRMED"),
        (Status.TENTATIVE, "EventTentative", "TENTATIVE"),
        (Status.CANCELLED, "EventCancelled", "CANCELLED"),
        (Status.POSTPONED, "EventPostponed", "TENTATIVE"),
        (Status.RESCHEDULED, "EventRescheduled", "CONFIRMED"),
        (Status.MOVED_ONLINE, "EventMovedOnline", "CONFIRMED"),
    ],
)
def test_what_became_of_an_event_is_said_twice_and_read_back(status, name, fallback):
    document = built(details(status=status))

    assert (document["eventStatus"], document["ical:status"]) == (name, fallback)
    assert parse_event(document).status is status


def test_every_term_is_spelled_out():
    document = with_context(
        built(
            details(
                capacity=2,
                join_mode=JoinMode.EXTERNAL,
                join_url="mailto:office@school.example",
                places=(Place("Gym", locality="Salem"),),
                online_urls=("https://meet.example/",),
                categories=("LEARNING",),
            )
        )
    )

    first, terms = document["@context"]
    assert first == "https://www.w3.org/ns/activitystreams"
    assert document["externalParticipationUrl"] == "mailto:office@school.example"
    prefixes = {"fep8a8e", "sc", "mz", "pt", "ical"}
    assert prefixes <= set(terms)
    for term in (
        "eventStatus", "organizers", "attendees", "displayEndTime", "joinMode", "timezone",
        "externalParticipationUrl", "maximumAttendeeCapacity", "PostalAddress",
        "VirtualLocation",
        "commentsEnabled", "anonymousParticipationEnabled", "uuid", "status", "category",
    ):  # fmt: skip
        meaning = terms[term]
        assert (meaning["@id"] if isinstance(meaning, dict) else meaning).partition(":")[
            0
        ] in prefixes


def test_what_we_write_is_what_we_read():
    event = details(
        capacity=30,
        places=(Place("Gym", "12 Elm Street", "Salem", "MA", "01970", "US", 42.5, -70.9),),
        online_urls=("https://meet.example/maths",),
        categories=("LEARNING",),
    )
    read = parse_object(built(event, going=4)).event

    for name in (
        "starts_at", "ends_at", "show_end", "time_zone", "status", "join_mode", "capacity",
        "places", "online_urls", "categories", "organizers", "answerers",
    ):  # fmt: skip
        assert getattr(read, name) == getattr(event, name), name
    assert (read.remaining, read.participants) == (26, 4)


def test_mobilizon():
    event = sample("mobilizon/event.json").event

    assert event.starts_at == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert event.show_end
    assert event.places == (Place("Gym"),)
    assert event.categories == ("LEARNING",)
    assert event.join_mode is JoinMode.FREE
    assert event.answerers == ("https://mz.example/@club", "https://mz.example/@pat")
    assert event.organizers == ("https://mz.example/@club",)


def test_mobilizon_cancels_with_its_own_word_and_has_no_end():
    note = sample("mobilizon/update_event.json")
    event = note.event

    assert event.status is Status.CANCELLED
    assert not event.show_end
    assert event.capacity is None  # 0 means no limit there
    assert event.participants == 12
    assert event.website == "https://maths.example/night"
    assert event.places[0].line == "Gym, 12 Elm Street, 01970 Salem, MA, United States"
    assert note.attachments[0].alt == ""  # "Banner" describes nothing


def test_gancio():
    note = sample("gancio/create_event.json")

    assert note.event.places == (Place("Library"),)
    assert not note.event.show_end
    assert note.event.time_zone == ""
    assert not note.event.zone_assumed
    assert note.event.ends_at > note.event.starts_at


def test_wordpress_event_bridge():
    note = sample("wordpress/event.json")
    event = note.event

    assert event.join_mode is JoinMode.EXTERNAL
    assert event.join_url == "https://school.example/register"
    assert event.categories == ("FAMILY_EDUCATION", "COMMUNITY")
    assert event.online_urls == ("https://video.school.example/live",)
    assert event.places[0].latitude == 40.148
    assert event.organizers == ("https://school.example/?author=0", "https://parents.example/")
    # Who is of another server is named, and lets nobody in.
    assert event.answerers == ("https://school.example/?author=0",)
    assert note.attachments[0].alt == "The school hall"


def test_friendica_says_that_a_time_is_the_same_everywhere():
    event = sample("friendica/event.json").event

    assert event.floating
    assert event.places == (Place("Library, Oslo"),)
    assert not event.show_end


def minimal(**changes):
    return {
        "type": "Event",
        "id": URI,
        "attributedTo": ME,
        "name": "x",
        "startTime": "2026-12-01T18:00:00Z",
        **changes,
    }


def test_a_time_without_offset_is_of_its_zone_and_else_taken_for_utc():
    zoned = parse_event(minimal(startTime="2026-12-01T18:00:00", timezone="America/New_York"))
    bare = parse_event(minimal(startTime="2026-12-01T18:00:00"))

    assert zoned.starts_at == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert not zoned.zone_assumed
    assert bare.starts_at == datetime(2026, 12, 1, 18, tzinfo=UTC)
    assert bare.zone_assumed


def test_organizers_can_be_withheld_on_purpose():
    assert parse_event(minimal(organizers=None)).organizers is None
    assert (
        parse_event(minimal(organizers={"type": "Collection", "totalItems": 0})).organizers
        is None
    )
    assert parse_event(minimal()).organizers == (ME,)


def test_a_place_can_be_a_word_an_address_or_several():
    assert parse_event(minimal(location="Room 4")).places == (Place("Room 4"),)
    assert parse_event(minimal(location="https://meet.example/")).online_urls == (
        "https://meet.example/",
    )
    assert parse_event(
        minimal(location={"name": "Gym", "address": "12 Elm Street"})
    ).places == (Place("Gym", "12 Elm Street"),)


def test_an_end_before_the_beginning_is_none():
    assert not parse_event(minimal(endTime="2026-12-01T17:00:00Z")).show_end


def test_without_a_beginning_it_is_a_post_with_a_title():
    assert parse_event(minimal(startTime=None)) is None


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example\nBcc: c@d.example", "x"],
)
def test_nobody_is_led_to_what_is_no_address(url):
    event = parse_event(minimal(joinMode="external", externalParticipationUrl=url))

    assert (event.join_mode, event.join_url) == (JoinMode.NONE, "")


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "id", "name", "url", "href", "items", "first", "address", "totalItems"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "startTime",
                "endTime",
                "timezone",
                "location",
                "organizers",
                "joinMode",
                "actor",
                "status",
                "eventStatus",
                "category",
                "attachment",
                "maximumAttendeeCapacity",
                "participantCount",
                "attendees",
                "displayEndTime",
                "attributedTo",
            ]
        ),
        _anything,
    )
)
def test_whatever_stands_there_is_read_or_left(changes):
    parse_event(minimal(**changes))
