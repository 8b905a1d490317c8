"""FED-2, FED-9, FED-12, FED-16 to FED-22, FED-33, FED-56 to FED-63: JSON that hurts."""

import json
from datetime import UTC, datetime
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.vocab import values
from federation.vocab.actor import MAX_ALIASES, MAX_FIELDS, MAX_KEYS, keys_in, parse_actor
from federation.vocab.attachments import MAX_ATTACHMENTS
from federation.vocab.check import check_activity
from federation.vocab.decode import MAX_DEPTH, decode
from federation.vocab.note import (
    MAX_EMOJIS,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    MAX_OPTIONS,
    parse_object,
    visibility_of,
)
from federation.vocab.parse import parse_activity
from fedi_k12.domain.errors import DomainError, InvalidError, MalformedError
from fedi_k12.domain.posts import Visibility

RIA = "https://far.example/users/ria"
NOTE = {
    "id": "https://far.example/notes/1",
    "type": "Note",
    "attributedTo": RIA,
    "content": "<p>Hi</p>",
    "to": [values.PUBLIC],
}
CREATE = {
    "id": "https://far.example/notes/1/activity",
    "type": "Create",
    "actor": RIA,
    "object": NOTE,
}
ACTOR = {"id": RIA, "type": "Person", "preferredUsername": "ria", "inbox": f"{RIA}/inbox"}


def test_the_same_documents_are_read_when_nothing_is_wrong():
    assert parse_activity(decode(json.dumps(CREATE).encode())).actor == RIA
    assert parse_object(NOTE).attributed_to == RIA
    assert parse_actor(ACTOR).username == "ria"


BYTES = {
    "FED-58 nothing": b"",
    "FED-58 words": b"hello",
    "FED-58 half a document": b'{"a":',
    "FED-58 a text left open": b'{"a":"',
    "FED-58 a text left open after an escape": b'{"a":"\\"',
    "FED-58 garbage behind": b'{"a":1} x',
    "FED-58 two documents": b"{}{}",
    "FED-58 comments": b'{"a":1 /* x */}',
    "FED-58 a comma too many": b'{"a":1,}',
    "FED-58 single quotation marks": b"{'a':1}",
    "FED-58 NaN": b'{"a":NaN}',
    "FED-58 Infinity": b'{"a":Infinity}',
    "FED-58 minus Infinity": b'{"a":-Infinity}',
    "FED-58 1e400": b'{"a":1e400}',
    "FED-58 minus 1e400": b'{"a":-1e400}',
    "FED-58 5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "FED-58 5000 digits behind the point": b'{"a":0.' + b"9" * 5000 + b"}",
    "FED-58 a lone surrogate": b'{"a":"\\ud800"}',
    "FED-58 a lone surrogate in a key": b'{"\\udfff":1}',
    "FED-58 NUL escaped": b'{"a":["x\\u0000y"]}',
    "FED-58 NUL raw": b'{"a":"x\x00y"}',
    "FED-58 a byte order mark": b"\xef\xbb\xbf{}",
    "FED-58 UTF-16": '{"a":1}'.encode("utf-16"),
    "FED-58 not UTF-8": b'{"a":"\xff"}',
    "FED-58 overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "FED-58 surrogates in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "FED-58 a list": b"[]",
    "FED-58 a text": b'"a"',
    "FED-58 a number": b"1",
    "FED-58 null": b"null",
    "FED-18 a key twice": b'{"actor":"a","actor":"b"}',
    "FED-18 a key twice within": b'{"object":{"id":"a","id":"b"}}',
    "FED-18 a key twice in two spellings": b'{"id":"a","\\u0069d":"b"}',
    "FED-57 deep lists": b"[" * 10_000,
    "FED-57 deep objects": b'{"a":' * 10_000,
    "FED-57 deep and closed": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "FED-57 too many parts": b'{"a":[' + b"1," * 30_000 + b"1]}",
    "FED-56 an endless text": b'{"a":"' + b"x" * 300_000 + b'"}',
}


@pytest.mark.parametrize("body", BYTES.values(), ids=list(BYTES))
def test_bytes_that_are_no_document_are_malformed(body):
    began = perf_counter()

    with pytest.raises(MalformedError):
        decode(body)

    assert perf_counter() - began < 2


@pytest.mark.parametrize(
    ("body", "read"),
    [
        pytest.param(b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}, id="a pair of surrogates"),
        pytest.param(b'{"a":-0}', {"a": 0}, id="FED-58 minus zero"),
        pytest.param(b' {"a":true}\n', {"a": True}, id="white space around"),
        pytest.param(b'{"a":"\\\\"}', {"a": "\\"}, id="an escaped backslash"),
        pytest.param(b'{"a":"[{[{"}', {"a": "[{[{"}, id="brackets in a text"),
        pytest.param(b'{"a":1.5e3}', {"a": 1500.0}, id="a number"),
        pytest.param(b'{"A":1,"a":2}', {"A": 1, "a": 2}, id="FED-18 keys have case"),
    ],
)
def test_bytes_that_are_a_document_are_read(body, read):
    assert decode(body) == read


def test_depth_up_to_the_cap_is_read():
    depth = MAX_DEPTH - 1

    assert decode(b'{"a":' + b"[" * depth + b"]" * depth + b"}")


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_document_or_malformed(body):
    try:
        document = decode(body)
    except MalformedError:
        return

    assert isinstance(document, dict)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
    | st.sampled_from([RIA, values.PUBLIC, "Note", "Person", "2026-01-01", "https://[", "//x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "type", "href", "name", "url", "icon", "en", "replies"]),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
NAMES = [
    "id", "type", "actor", "object", "target", "to", "cc", "audience", "published",
    "updated", "attributedTo", "content", "contentMap", "summary", "name", "tag",
    "attachment", "inReplyTo", "url", "context", "conversation", "quote", "quoteUrl",
    "sensitive", "oneOf", "anyOf", "endTime", "closed", "votersCount", "language",
    "duration", "inbox", "outbox", "followers", "endpoints", "icon", "image", "publicKey",
    "assertionMethod", "preferredUsername", "webfinger", "alsoKnownAs", "movedTo",
    "attributionDomains", "featured", "discoverable",
]  # fmt: skip


@pytest.mark.parametrize("parse", [parse_activity, parse_object, parse_actor, check_activity])
@pytest.mark.parametrize("base", [CREATE, NOTE, ACTOR], ids=["Create", "Note", "Person"])
def test_any_properties_are_read_or_refused(parse, base):
    """FED-59: whatever type a property has."""

    @given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
    def fuzz(changes):
        try:
            parse({**base, **changes})
        except DomainError:
            return

    fuzz()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        [[]],
        [[[]]],
        0,
        5,
        "",
        "x",
        None,
        True,
        {"id": {}},
        [None],
        {"id": []},
        "https://[",
    ],
    ids=str,
)
def test_a_property_of_the_wrong_type_is_as_if_it_were_not_there(name, value):
    """FED-59."""
    for parse, base in ((parse_activity, CREATE), (parse_object, NOTE), (parse_actor, ACTOR)):
        try:
            parse({**base, name: value})
        except InvalidError as refused:
            assert str(refused)  # noqa: PT017 - a refusal is as good as an answer


@pytest.mark.parametrize("parse", [parse_activity, parse_object, parse_actor])
@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(parse, value):
    with pytest.raises(InvalidError, match="JSON object"):
        parse(value)


ACTIVITIES = {
    "no type": {"type": None},
    "an empty type": {"type": []},
    "no actor": {"actor": None},
    "two actors": {"actor": [RIA, "https://far.example/users/pat"]},
    "an actor that is no address": {"actor": "ria"},
    "no object": {"object": None},
    "two objects": {"object": [NOTE, NOTE]},
    "FED-16 no id": {"id": None},
    "FED-16 an empty fragment": {"id": "https://far.example/notes/1#"},
    "FED-1 an id of another server": {"id": "https://good.example/1"},
    "FED-17 an id of ours": {"id": "https://home.example/users/maya/statuses/1"},
    "FED-6 an id with a password": {"id": "https://a:b@far.example/1"},
    "FED-67 an id that is a script": {"id": "javascript:alert(1)"},
    "FED-67 an endless id": {"id": "https://far.example/" + "a" * 5000},
}


@pytest.mark.parametrize("changes", ACTIVITIES.values(), ids=list(ACTIVITIES))
def test_an_activity_that_lacks_what_it_needs_is_refused(changes):
    with pytest.raises(InvalidError):
        parse_activity({**CREATE, **changes})


@pytest.mark.parametrize("kind", ["Follow", "Undo", "Accept", "Reject"])
def test_passing_activities_may_lack_an_id_and_are_known_by_their_parts(kind):
    one = parse_activity({"type": kind, "actor": RIA, "object": "https://home.example/a"})
    same = parse_activity({"type": kind, "actor": RIA, "object": "https://home.example/a"})
    other = parse_activity({"type": kind, "actor": RIA, "object": "https://home.example/b"})

    assert one.id == ""
    assert one.key == same.key != other.key
    assert one.key.startswith(RIA)


def test_one_thing_in_a_list_is_that_thing():
    activity = parse_activity({**CREATE, "actor": [RIA], "object": [NOTE]})

    assert activity.object == NOTE


def test_a_report_may_name_many_things():
    flag = {
        **CREATE,
        "type": "Flag",
        "object": ["https://home.example/a", "https://home.example/b"],
    }

    assert parse_activity(flag).object_id == "https://home.example/a"


def test_unknown_activities_keep_their_name():
    assert parse_activity({**CREATE, "type": ["Bite", "x"]}).type == "Bite"
    assert parse_activity({**CREATE, "type": "as:Create"}).type == "Create"


def test_keys_with_a_sign_mean_nothing():
    """FED-18, FED-19: no alias, no graph, no context that redefines words."""
    document = {
        **CREATE,
        "@id": "https://good.example/1",
        "@type": "Delete",
        "@graph": [{"id": "https://good.example/2"}],
        "@reverse": {"object": "https://good.example/3"},
        "@included": [NOTE],
        "@context": {
            "actor": "https://evil.example/#object",
            "@vocab": "https://evil.example/",
        },
    }

    activity = parse_activity(document)

    assert (activity.type, activity.actor) == ("Create", RIA)
    with pytest.raises(InvalidError):
        parse_activity({"@id": CREATE["id"], "@type": "Create", "actor": RIA, "object": NOTE})


FORMS = {
    "no object": {"type": "Follow", "actor": RIA},
    "a number as an actor": {"type": "Follow", "actor": 1, "object": RIA},
    "an endless actor": {"type": "Follow", "actor": "a" * 3000, "object": RIA},
    "nine types": {"type": ["a"] * 9, "actor": RIA, "object": RIA},
    "FED-61 20,001 recipients": {
        "type": "a",
        "actor": RIA,
        "object": RIA,
        "to": ["a"] * 20_001,
    },
    "FED-61 20001 objects": {"type": "Flag", "actor": RIA, "object": [RIA] * 20001},
    "published as a number": {"type": "a", "actor": RIA, "object": RIA, "published": 5},
}


@pytest.mark.parametrize("document", FORMS.values(), ids=list(FORMS))
def test_what_has_not_the_form_of_an_activity_is_refused_with_the_place(document):
    with pytest.raises(InvalidError, match="form"):
        check_activity(document)


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


def many(count, **parts):
    return [{key: value.format(n) for key, value in parts.items()} for n in range(count)]


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


ACTORS = {
    "no id": {"id": None},
    "no kind": {"type": "Note"},
    "no inbox": {"inbox": None},
    "FED-12 an inbox elsewhere": {"inbox": "https://victim.example/inbox"},
    "FED-8 a name with a blank": {"preferredUsername": "a b"},
    "FED-8 a name with an at": {"preferredUsername": "a@b"},
    "FED-8 a name with a slash": {"preferredUsername": "a/b"},
    "FED-8 a name with a control": {"preferredUsername": "a\x01b"},
    "no name": {"preferredUsername": ""},
}


@pytest.mark.parametrize("changes", ACTORS.values(), ids=list(ACTORS))
def test_an_actor_that_lacks_what_it_needs_is_refused(changes):
    with pytest.raises(InvalidError):
        parse_actor({**ACTOR, **changes})


def test_an_actors_addresses_of_elsewhere_are_as_if_they_were_not_there():
    """FED-12."""
    actor = parse_actor(
        {
            **ACTOR,
            "followers": "https://victim.example/users/a/followers",
            "following": "https://victim.example/users/a/following",
            "outbox": "https://victim.example/outbox",
            "featured": "https://victim.example/featured",
            "endpoints": {"sharedInbox": "https://victim.example/inbox"},
        }
    )

    assert actor.followers is actor.following is actor.outbox is actor.featured is None
    assert actor.shared_inbox is None


def test_an_actor_without_a_name_has_that_of_its_webfinger():
    actor = parse_actor(
        {**ACTOR, "preferredUsername": None, "webfinger": "acct:ria@school.example"}
    )

    assert actor.username == "ria"


def key(**changes):
    return {"id": f"{RIA}#main-key", "owner": RIA, "publicKeyPem": "PEM", **changes}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"owner": "https://far.example/users/pat"}, id="FED-29 of somebody else"),
        pytest.param({"id": "https://evil.example/key"}, id="FED-29 of another server"),
        pytest.param({"id": None}, id="without an id"),
        pytest.param({"publicKeyPem": None}, id="without a key"),
        pytest.param({"publicKeyPem": {"a": 1}}, id="a key that is no text"),
    ],
)
def test_keys_that_are_not_the_actors_are_left_out(changes):
    assert len(keys_in({"publicKey": key()}, RIA)) == 1
    assert keys_in({"publicKey": key(**changes)}, RIA) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"controller": "https://far.example/users/pat"},
        {"controller": None},
        {"id": "x"},
        {"type": "Key"},
    ],
)
def test_multikeys_of_somebody_else_are_left_out(changes):
    """FED-36."""
    good = {
        "id": f"{RIA}#k",
        "type": "Multikey",
        "controller": RIA,
        "publicKeyMultibase": "z6Mk",
    }

    assert len(keys_in({"assertionMethod": [good]}, RIA)) == 1
    assert keys_in({"assertionMethod": [{**good, **changes}]}, RIA) == []


def test_a_flood_of_keys_is_cut_and_the_first_of_an_id_counts():
    """FED-33."""
    flood = [key(id=f"{RIA}#k{n}") for n in range(10_000)]
    twice = [key(publicKeyPem="first"), key(publicKeyPem="second")]

    assert len(keys_in({"publicKey": flood}, RIA)) == MAX_KEYS
    assert [found.pem for found in keys_in({"publicKey": twice}, RIA)] == ["first"]


def test_a_flood_of_fields_and_aliases_is_cut():
    """FED-61."""
    actor = parse_actor(
        {
            **ACTOR,
            "attachment": many(50_000, type="PropertyValue", name="n{}", value="v"),
            "alsoKnownAs": [f"https://far.example/{n}" for n in range(5000)],
            "attributionDomains": ["a" * 300, *("b.example",) * 5000],
        }
    )

    assert len(actor.fields) == MAX_FIELDS
    assert len(actor.also_known_as) == MAX_ALIASES
    assert len(actor.attribution_domains) <= MAX_ALIASES


@pytest.mark.parametrize("icon", [None, 5, [], "javascript:x", {"url": 5}, [{}, {"type": "x"}]])
def test_pictures_that_lead_nowhere_are_none(icon):
    assert parse_actor({**ACTOR, "icon": icon}).icon_url is None


@pytest.mark.parametrize(
    "icon",
    [
        "https://far.example/a.png",
        {"url": "https://far.example/a.png"},
        {"href": "https://far.example/a.png"},
        [{"url": [{"href": "https://far.example/a.png"}]}],
    ],
)
def test_pictures_are_read_in_every_usual_form(icon):
    assert parse_actor({**ACTOR, "icon": icon}).icon_url == "https://far.example/a.png"


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
