"""FED-2, FED-9, FED-12, FED-16 to FED-22, FED-33, FED-56 to FED-63: JSON that hurts."""

import json
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.vocab import values
from federation.vocab.actor import parse_actor
from federation.vocab.check import check_activity
from federation.vocab.decode import MAX_DEPTH, decode
from federation.vocab.note import (
    parse_object,
)
from federation.vocab.parse import parse_activity
from fedi_k12.domain.errors import DomainError, InvalidError, MalformedError
from tests.hostile.documents import ACTOR, CREATE, NOTE, RIA


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
