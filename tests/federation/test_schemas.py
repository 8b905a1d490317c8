"""The protocol's schemas are published, sound, and hold for what others send, too.

What we send is held against them in every test (`tests/conftest.py`).
"""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from federation.vocab.check import faults_of, is_plain, schema_of, schemas, validator

SAMPLES = sorted((Path(__file__).parent.parent / "samples").rglob("*.json"))
NOTE = {
    "@context": ["https://www.w3.org/ns/activitystreams"],
    "id": "https://home.example/users/maya/statuses/1",
    "type": "Note",
    "attributedTo": "https://home.example/users/maya",
    "url": "https://home.example/@maya/1",
    "published": "2026-11-24T10:00:00Z",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": [],
    "content": "<p>Hello</p>",
}


@pytest.mark.parametrize("name", schemas())
def test_every_schema_is_one(name):
    Draft202012Validator.check_schema(json.loads(schemas()[name]))
    assert json.loads(schemas()[name])["title"]


TEXTS = ["", "x", *("x" * length for length in (200, 201, 2048, 2049))]
LISTS = [[], ["x"], [1], ["x"] * 20_000, ["x"] * 20_001]
PARTS = ["type", "actor", "object", "@context", "id", "target", "to", "cc", "published"]


@pytest.mark.parametrize("part", PARTS)
def test_what_needs_no_schema_follows_it(part):
    plain = {"type": "Like", "actor": "x", "object": "x"}
    follows = validator("accepted/activity.json").is_valid

    assert is_plain(plain)
    for value in [*TEXTS, *LISTS, None, True, 1, 0.5, {}, {"id": "x"}]:
        activity = {**plain, part: value}
        assert follows(activity) or not is_plain(activity), value
    assert is_plain({name: plain[name] for name in plain if name != part}) == (
        part not in plain
    )


async def test_schemas_are_shown_to_everybody(client):
    listed = (await (await client.get("/protocol/schemas")).json())["schemas"]

    assert "/protocol/schemas/sent/Note.json" in listed
    for path in listed:
        answer = await client.get(path)
        assert answer.status == 200
        assert answer.content_type == "application/schema+json"
    assert (await client.get("/protocol/schemas/sent/Nothing.json")).status == 404
    assert (await client.get("/protocol/schemas/../check.py")).status == 404


def test_a_sound_document_has_no_faults():
    assert faults_of(NOTE) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"bto": ["https://x.example/1"]}, "$"),
        ({"id": "javascript:alert(1)"}, "$.id"),
        ({"published": "yesterday"}, "$.published"),
        ({"to": "https://x.example/1"}, "$.to"),
        ({"tag": [{"type": "Mention", "href": "x"}]}, "$.tag[0]"),
        ({"@context": ["https://evil.example/context"]}, "$['@context'][0]"),
    ],
)
def test_a_fault_is_named_with_its_place(change, place):
    (fault, *_more) = faults_of(NOTE | change)

    assert fault.startswith(place)


@pytest.mark.parametrize("name", [name for name in schemas() if name.startswith("sent/")])
def test_nothing_is_sent_that_is_not_described(name):
    faults = [error.message for error in validator(name).iter_errors({"novelty": 1})]

    assert [one for one in faults if "Unevaluated properties" in one and "novelty" in one]


def test_each_kind_has_a_schema_of_its_own():
    for kind in ("Note", "Question", "Create", "Follow", "Tombstone", "OrderedCollectionPage"):
        assert schema_of({"type": kind}) == f"sent/{kind}.json"
    assert schema_of({"type": "Organization"}) == "sent/Actor.json"
    assert schema_of({"type": "Image"}) == "sent/Media.json"


@pytest.mark.parametrize(
    "path", SAMPLES, ids=[f"{path.parent.name}/{path.stem}" for path in SAMPLES]
)
def test_what_other_programs_send_follows_what_we_say_we_accept(path):
    document = json.loads(path.read_text("utf-8"))
    if "actor" in document and "object" in document:
        name = "accepted/activity.json"
    elif "inbox" in document:
        name = "accepted/actor.json"
    elif "items" in document or "orderedItems" in document or "first" in document:
        name = "accepted/collection.json"
    elif "attributedTo" in document:
        name = "accepted/object.json"
    else:
        pytest.fail(f"{path.name} is neither an activity nor an actor, object or collection")

    assert [error.message for error in validator(name).iter_errors(document)] == []
