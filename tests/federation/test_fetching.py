"""Documents of others: fetched from their own addresses, in a type of their own."""

import pytest

from federation.fetch import fetch_document, fetch_for_person, is_activity_json
from fedi_k12.domain.errors import DomainError, GoneError, NotFoundError
from fedi_k12.guard import FetchError

BASE = "http://remote.example"


IDS = {
    "FED-4 of another server": ({"id": "http://good.example/1"}, None),
    "without an id": ({"type": "Note"}, None),
    "FED-4 of the same server that names itself otherwise": (
        {"id": f"{BASE}/other"}, {"id": f"{BASE}/third"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), IDS.values(), ids=list(IDS))
async def test_a_document_has_to_name_itself(ctx, remote, first, second):
    """Row 1.5 "Fetch rules"."""
    remote.documents["/1"] = first
    if second:
        remote.documents["/other"] = second

    with pytest.raises(FetchError) as refused:
        await fetch_document(ctx, f"{BASE}/1")

    assert refused.value.reason == "id"


async def test_a_document_may_lead_to_its_true_address_on_the_same_server(ctx, remote):
    """FED-4."""
    remote.documents["/1"] = {"id": f"{BASE}/2", "type": "Note"}
    remote.documents["/2"] = {"id": f"{BASE}/2", "type": "Note"}

    assert (await fetch_document(ctx, f"{BASE}/1")).id == f"{BASE}/2"


async def test_a_redirect_gives_no_right_to_the_first_address(ctx, make_server, remote):
    """FED-5."""
    evil = await make_server("evil.example")
    remote.documents["/1"] = (302, "http://evil.example/1", b"")
    evil.documents["/1"] = {"id": f"{BASE}/1", "type": "Note"}

    with pytest.raises(DomainError):
        await fetch_document(ctx, f"{BASE}/1")


@pytest.mark.parametrize(
    ("status", "error", "permanent"),
    [
        (404, NotFoundError, None), (410, GoneError, None), (401, FetchError, True),
        (429, FetchError, False), (503, FetchError, False), (418, FetchError, True),
    ],
)  # fmt: skip
async def test_each_answer_means_what_it_means(ctx, remote, status, error, permanent):
    remote.documents["/1"] = (status, "text/plain", b"")

    with pytest.raises(error) as refused:
        await fetch_document(ctx, f"{BASE}/1")

    assert getattr(refused.value, "permanent", None) == permanent


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/activity+json", True),
        ("Application/Activity+JSON; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", False),
        ("application/json", False),
        ("text/html", False),
        ("text/plain", False),
        ("application/octet-stream", False),
        ("", False),
        ("application/activity+jsonx", False),
    ],
    ids=lambda value: f"FED-13 {value}" if isinstance(value, str) else "",
)
async def test_documents_have_a_type_of_their_own(ctx, remote, kind, taken):
    """FED-13, FED-14: JSON that somebody uploaded is no document of its server."""
    assert is_activity_json(kind) is taken
    remote.documents["/1"] = (200, kind, b'{"id":"http://remote.example/1","type":"Note"}')

    if taken:
        assert (await fetch_document(ctx, f"{BASE}/1")).id == f"{BASE}/1"
    else:
        with pytest.raises(FetchError):
            await fetch_document(ctx, f"{BASE}/1")


async def test_what_a_person_typed_may_be_a_document_itself(ctx, remote):
    uri = remote.actor("ren").uri

    assert (await fetch_for_person(ctx, uri)).id == uri
