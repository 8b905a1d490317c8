"""Collections that hurt (FED-62): cyclic, endless, elsewhere, enormous, empty for ever.

Row 1.5 "Collections".
"""

import asyncio

import pytest

from federation import collect
from federation.collect import Caps, read_collection
from fedi_k12.domain.errors import DomainError
from fedi_k12.guard import FetchError

BASE = "http://remote.example"
LIST = f"{BASE}/list"
OWNER = f"{BASE}/users/ren"


def things(*numbers):
    return [f"{BASE}/things/{number}" for number in numbers]


@pytest.fixture
def show(remote):
    """Return a function that shows a page of the list."""

    def run(path, kind="CollectionPage", **parts):
        remote.documents[path] = {"id": BASE + path, "type": kind, **parts}

    return run


@pytest.fixture
def read(ctx):
    async def run(collection=LIST, **caps):
        return await read_collection(
            ctx, collection, of=OWNER, caps=Caps(**caps) if caps else None
        )

    return run


async def test_pages_are_read_in_order_to_the_end(show, read):
    show("/list", "OrderedCollection", totalItems=3, first=f"{LIST}?page=1")
    show("/list?page=1", orderedItems=things(3, 2), next=f"{LIST}?page=2")
    show("/list?page=2", orderedItems=things(2, 1))

    found = await read()

    assert found.ids == things(3, 2, 1)
    assert (found.whole, found.total, found.fetches) == (True, 3, 3)


FORMS = {
    "no pages": {"items": things(1, 2)},
    "one item is no list": {"items": things(1)[0], "first": {"type": "CollectionPage",
        "items": things(2)[0]}},
    "objects": {"orderedItems": [{"id": things(1)[0], "type": "Note"}, things(2)[0]]},
    "a first that is an object": {"first": {"type": "CollectionPage", "items": things(1, 2)}},
    "a first in a list": {"first": [{"type": "OrderedCollectionPage",
        "orderedItems": things(1, 2)}]},
    "items and a next without a first": {"items": things(1), "next": f"{LIST}?page=2"},
    "a first that is only named": {"first": {"id": f"{LIST}?all", "type": "CollectionPage"}},
}  # fmt: skip


@pytest.mark.parametrize("parts", FORMS.values(), ids=list(FORMS))
@pytest.mark.parametrize("embedded", [True, False])
async def test_every_usual_form_is_read(show, read, parts, embedded):
    show("/list", "Collection", **parts)
    show("/list?page=2", items=things(2))
    show("/list?all", items=things(1, 2))
    document = {"id": LIST, "type": "Collection", **parts}

    found = await read(document if embedded else LIST)

    assert found.ids == things(1, 2)
    assert found.whole


async def test_what_is_embedded_by_id_alone_is_fetched(show, read):
    show("/list", "Collection", items=things(1))

    assert (await read({"id": LIST, "type": "Collection", "totalItems": 1})).ids == things(1)


CYCLES = {
    "to itself": {"/list?1": "/list?1"},
    "to the list": {"/list?1": "/list"},
    "a to b to a": {"/list?1": "/list?2", "/list?2": "/list?1"},
}


@pytest.mark.parametrize("links", CYCLES.values(), ids=[f"FED-62 {name}" for name in CYCLES])
async def test_a_cycle_ends(show, read, remote, links):
    show("/list", "Collection", first=f"{LIST}?1", items=things(1))
    for path, link in links.items():
        show(path, items=things(2), next=BASE + link)

    found = await read()

    assert found.ids == things(1, 2)
    assert not found.whole
    assert len(remote.asked) <= 3


@pytest.fixture
def endless(remote):
    """Let the fake server have a next page for every page."""

    class Endless(dict):
        def get(self, path, default=None):
            if not path.startswith("/list?"):
                return super().get(path, default)
            number = int(path.partition("?")[2])
            return {
                "id": BASE + path,
                "type": "CollectionPage",
                "items": self.items_of(number),
                "next": f"{LIST}?{number + 1}",
            }

    remote.documents = Endless(remote.documents)
    remote.documents["/list"] = {"id": LIST, "type": "Collection", "first": f"{LIST}?1"}
    return remote.documents


async def test_fed_62_an_endless_list_ends_at_the_cap_of_pages(read, endless, remote):
    endless.items_of = things

    found = await read(pages=7)

    assert len(remote.asked) == found.fetches == 7
    assert found.ids == things(*range(1, 7))
    assert not found.whole


async def test_fed_62_an_endless_list_ends_at_the_cap_of_items(read, endless):
    endless.items_of = lambda number: things(*range(number * 10, number * 10 + 10))

    found = await read(items=25)

    assert len(found.ids) == 25
    assert not found.whole


async def test_fed_62_pages_without_anything_end_soon(read, endless, remote):
    endless.items_of = lambda number: []

    assert (await read()).ids == []
    assert len(remote.asked) <= collect.MAX_EMPTY_PAGES + 2


async def test_fed_62_a_slow_list_ends_in_time(read, endless, remote, monkeypatch):
    endless.items_of = things
    real = collect.fetch_list

    async def slow(ctx, uri):
        await asyncio.sleep(0.2 if "?" in uri else 0)
        return await real(ctx, uri)

    monkeypatch.setattr(collect, "fetch_list", slow)

    found = await read(seconds=0.7)

    assert 1 <= len(found.ids) <= 3
    assert not found.whole


async def test_fed_62_a_huge_page_is_cut(show, read):
    show("/list", "Collection", items=[f"{BASE}/{n}" for n in range(15_000)])

    assert len((await read()).ids) == 500


@pytest.mark.parametrize(
    "count", [-1, 1e30, "many", None, True, []], ids=lambda count: f"FED-62 {count}"
)
async def test_a_count_that_cannot_be_is_none(show, read, count):
    show("/list", "Collection", items=[], totalItems=count)

    assert (await read()).total is None


ELSEWHERE = "http://victim.example/list"


@pytest.mark.parametrize("name", ["first", "next"], ids=["FED-62 first", "FED-62 next"])
async def test_a_page_of_another_server_is_not_asked_for(show, read, make_server, name, remote):
    victim = await make_server("victim.example")
    show("/list", "Collection", items=things(1), **{name: ELSEWHERE})

    assert (await read()).ids == things(1)
    assert victim.asked == []


@pytest.mark.parametrize(
    "link",
    [5, {}, [], "", "x", {"type": "Note", "items": ["x"]}, {"id": 5}, "javascript:1", None],
    ids=str,
)
async def test_a_link_that_is_none_ends_it(show, read, link):
    show("/list", "Collection", items=things(1), next=link)

    assert (await read()).ids == things(1)


async def test_a_page_that_is_broken_ends_it(show, read, remote):
    show("/list", "Collection", first=f"{LIST}?1")
    show("/list?1", items=things(1), next=f"{LIST}?2")
    remote.documents["/list?2"] = (500, "text/plain", b"")

    found = await read()

    assert found.ids == things(1)
    assert not found.whole


REFUSED = {
    "of another server": ELSEWHERE,
    "an object of another server": {"id": ELSEWHERE, "type": "Collection", "items": ["x"]},
    "not an address": "list",
    "a number": 5,
    "nothing": None,
    "a note": f"{BASE}/note",
    "not there": f"{BASE}/nowhere",
    "led elsewhere": f"{BASE}/away",
}


@pytest.mark.parametrize("collection", REFUSED.values(), ids=list(REFUSED))
async def test_what_is_no_collection_of_theirs_is_refused(
    read, remote, make_server, collection
):
    victim = await make_server("victim.example")
    victim.documents["/list"] = {"id": ELSEWHERE, "type": "Collection", "items": things(1)}
    remote.documents["/note"] = {"id": f"{BASE}/note", "type": "Note"}
    remote.documents["/away"] = (302, ELSEWHERE, b"")

    with pytest.raises(DomainError):
        await read(collection)


async def test_a_page_may_be_named_otherwise_than_it_is_asked_for(remote, read):
    remote.documents["/list"] = {"type": "Collection", "first": f"{LIST}?a=1&b=2"}
    remote.documents["/list?a=1&b=2"] = {
        "id": f"{LIST}?b=2&a=1", "type": "CollectionPage", "items": things(1),
    }  # fmt: skip

    assert (await read()).ids == things(1)


async def test_a_list_that_must_not_be_read_says_so(remote, read):
    remote.documents["/list"] = (403, "text/plain", b"")

    with pytest.raises(FetchError) as refused:
        await read()
    assert refused.value.reason == "refused"
