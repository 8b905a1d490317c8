"""FED-16 to FED-22, FED-56 to FED-63: posts that lack, repeat, overdo or bend what they say."""

from datetime import UTC, datetime
from time import perf_counter

import pytest

from federation.vocab import values
from federation.vocab.attachments import MAX_ATTACHMENTS
from federation.vocab.note import (
    MAX_EMOJIS,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    MAX_OPTIONS,
    parse_object,
    visibility_of,
)
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import Visibility
from tests.hostile.documents import NOTE, RIA, many

OBJECTS = {
    "no id": {"id": None},
    "no type that is a post": {"type": "Person"},
    "no author": {"attributedTo": None},
    "FED-2 an author of another server": {"attributedTo": "https://good.example/users/a"},
    "FED-22 only authors of other servers": {
        "attributedTo": ["https://good.example/users/a", {"id": "https://b.example/c"}]
    },
}


@pytest.mark.parametrize("changes", OBJECTS.values(), ids=list(OBJECTS))
def test_an_object_that_lacks_what_it_needs_is_refused(changes):
    with pytest.raises(InvalidError):
        parse_object({**NOTE, **changes})


def test_of_several_authors_only_one_of_the_same_server_counts():
    """FED-22."""
    authors = ["https://good.example/users/victim", {"type": "Person", "id": RIA}]

    assert parse_object({**NOTE, "attributedTo": authors}).attributed_to == RIA


def test_floods_are_cut():
    """FED-61: 100,000 of each."""
    began = perf_counter()
    mentions = many(400, type="Mention", href="https://far.example/users/{}", name="@{}")
    tags = many(100_000, type="Hashtag", name="#tag{}")
    note = parse_object(
        {
            **NOTE,
            "to": [f"https://far.example/users/{n}" for n in range(100_000)],
            "tag": tags,
            "attachment": many(10_000, type="Image", url="https://far.example/{}.png"),
        }
    )
    poll = parse_object(
        {**NOTE, "type": "Question", "oneOf": many(5000, type="Note", name="Answer {}")}
    ).poll

    assert len(note.to) == values.MAX_RECIPIENTS
    assert len(note.hashtags) == MAX_HASHTAGS
    assert len(note.attachments) == MAX_ATTACHMENTS
    assert len(parse_object({**NOTE, "tag": mentions}).mentions) <= MAX_MENTIONS
    assert len(poll.options) == MAX_OPTIONS
    assert perf_counter() - began < 2


def test_floods_of_emoji_and_languages_are_cut():
    """FED-61, FED-102."""
    emoji = [
        {"type": "Emoji", "name": f":e{n}:", "icon": {"url": f"https://far.example/{n}.png"}}
        for n in range(180)
    ]
    languages = {f"a{chr(97 + n % 26)}{chr(97 + n // 26)}": "x" for n in range(200)}

    note = parse_object({**NOTE, "tag": emoji, "contentMap": languages})

    assert len(note.emojis) == MAX_EMOJIS
    assert len(note.content_map) <= 20


@pytest.mark.parametrize(
    "emoji",
    [
        pytest.param({"name": ":<script>:"}, id="FED-102 a script"),
        pytest.param({"name": ":" + "a" * 90 + ":"}, id="FED-102 an endless name"),
        pytest.param({"name": 5}, id="no name"),
        pytest.param({"icon": None}, id="no picture"),
        pytest.param({"icon": {"url": "javascript:x"}}, id="FED-67 a script as a picture"),
        pytest.param({"type": "Object"}, id="no emoji"),
    ],
)
def test_odd_emoji_are_left_out(emoji):
    good = {"type": "Emoji", "name": ":owl:", "icon": {"url": "https://far.example/owl.png"}}

    assert len(parse_object({**NOTE, "tag": [good]}).emojis) == 1
    assert parse_object({**NOTE, "tag": [{**good, **emoji}]}).emojis == ()


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param(
            {"width": -1, "height": 10**9}, {"width": None, "height": None}, id="size"
        ),
        pytest.param(
            {"width": True, "height": "5"}, {"width": None, "height": None}, id="types"
        ),
        pytest.param({"blurhash": "<" * 20}, {"blurhash": None}, id="blurhash of no letters"),
        pytest.param({"blurhash": "a" * 10_000}, {"blurhash": None}, id="blurhash of 10 kB"),
        pytest.param({"focalPoint": ["NaN", 5]}, {"focus": (0.0, 0.0)}, id="focus of words"),
        pytest.param({"focalPoint": [0] * 100}, {"focus": (0.0, 0.0)}, id="focus of 100"),
        pytest.param({"focalPoint": [float("nan"), 2]}, {"focus": (0.0, 0.0)}, id="focus NaN"),
        pytest.param({"duration": "P9999999Y"}, {"duration": None}, id="years of duration"),
        pytest.param({"duration": "PT1H2M3.5S"}, {"duration": 3723.0}, id="a duration"),
        pytest.param({"duration": 7}, {"duration": 7.0}, id="a number of seconds"),
        pytest.param({"duration": "1" * 99}, {"duration": None}, id="an endless duration"),
        pytest.param({"license": "javascript:x"}, {"license_url": None}, id="a licence"),
        pytest.param({"name": 5}, {"alt": ""}, id="a number as a description"),
    ],
)
def test_numbers_of_attachments_are_held_to_what_can_be(changes, kept):
    """FED-101."""
    picture = {"type": "Image", "url": "https://far.example/a.png", **changes}

    found = parse_object({**NOTE, "attachment": picture}).attachments[0]

    assert {name: getattr(found, name) for name in kept} == kept


@pytest.mark.parametrize(
    "item",
    [
        {"type": "Image"},
        {"type": "Image", "url": "javascript:x"},
        {"type": "Image", "url": "//evil.example/a.png"},
        {"type": "Link", "href": "https://far.example/"},
        {"type": "Document", "url": []},
        "https://far.example/a.png",
    ],
    ids=str,
)
def test_attachments_that_lead_nowhere_are_left_out(item):
    assert parse_object({**NOTE, "attachment": [item]}).attachments == ()


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"type": "Document", "mediaType": "video/mp4", "url": "https://f.example/a"}, "video"),
        (
            {"type": "Document", "mediaType": "text/plain", "url": "https://f.example/a"},
            "unknown",
        ),
        ({"type": "Audio", "href": "https://f.example/a.mp3"}, "audio"),
    ],
)
def test_documents_are_what_their_media_type_says(item, kind):
    assert parse_object({**NOTE, "attachment": [item]}).attachments[0].kind == kind


DATES = {
    "the year 0": "0000-01-01T00:00:00Z",
    "the year 10000": "10000-01-01T00:00:00Z",
    "the year 9999": "9999-12-31T23:59:59-14:00",
    "before the clock began": "1969-12-31T23:59:59Z",
    "a number": 0,
    "words": "yesterday",
    "endless": "2026-01-01T00:00:00." + "0" * 1000,
    "empty": "",
    "a leap second": "2016-12-31T23:59:60Z",
}


@pytest.mark.parametrize("value", DATES.values(), ids=[f"FED-60 {name}" for name in DATES])
def test_dates_that_cannot_be_are_as_if_they_were_not_there(value):
    assert values.moment(value) is None
    assert parse_object({**NOTE, "published": value}).published is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00+14:00", datetime(2026, 11, 22, 22, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00.123456789Z", datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)),
    ],
)
def test_dates_are_read_in_every_usual_form(text, read):
    assert values.moment(text) == read


def test_what_is_addressed_to_nobody_we_understand_is_a_letter():
    for to in ([], {}, 5, ["https://elsewhere.example/users/x/followers"], "public"):
        note = parse_object({**NOTE, "to": to})
        assert visibility_of(note, followers_uri=f"{RIA}/followers") is Visibility.DIRECT


def test_a_reply_names_one_post():
    """FED-63."""
    first = "https://far.example/notes/0"

    assert parse_object({**NOTE, "inReplyTo": [first, "https://b.org/"]}).in_reply_to == first
    assert parse_object({**NOTE, "inReplyTo": {"id": first}}).in_reply_to == first
    assert parse_object({**NOTE, "inReplyTo": "not an address"}).in_reply_to is None


def test_a_vote_with_words_is_a_note():
    """FED-105."""
    vote = {**NOTE, "name": "Yes", "inReplyTo": "https://home.example/users/maya/statuses/1"}

    assert not parse_object(vote).is_vote
    del vote["content"]
    assert parse_object(vote).is_vote


@pytest.mark.parametrize("count", [-1, 10**12, "many", 1.5, True, None])
def test_counts_that_cannot_be_are_none(count):
    """FED-62, FED-105."""
    document = {
        **NOTE,
        "type": "Question",
        "votersCount": count,
        "oneOf": [{"name": "a", "replies": {"totalItems": count}}, {"name": ""}, {"name": "b"}],
    }

    poll = parse_object(document).poll

    assert poll.voters is None
    assert poll.options == (("a", 0), ("b", 0))


def test_a_question_without_answers_asks_nothing():
    assert parse_object({**NOTE, "type": "Question"}).poll is None


def test_a_question_may_say_only_that_it_is_closed():
    document = {
        **NOTE, "type": "Question", "anyOf": [{"name": "a"}], "endTime": "2026-01-01T00:00:00Z",
        "closed": True,
    }  # fmt: skip

    poll = parse_object(document).poll

    assert poll.multiple
    assert poll.closed == poll.ends
