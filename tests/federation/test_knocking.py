"""Which way of signing a server gets, and how that is learnt.

Row 1.3 "RFC 9421 out, double-knock".
Row 1.3 "Query quirk".
Row 1.3 "Accept-Signature".
Row 1.1 "FEP-844e capabilities".
"""

import pytest
from multidict import CIMultiDict

from federation.fetch import fetch_document
from federation.knock import LASTS, advertised, habits_of
from federation.sig import incoming, keys
from federation.sig.request import Request
from federation.vocab.actor import parse_actor
from federation.vocab.build_actor import RFC_9421
from fedi_k12.domain.errors import UnauthenticatedError
from fedi_k12.guard import FetchError
from fedi_k12.worker import run_until_idle
from storage.tables import HostRow
from tests import owing
from tests.conftest import HOST
from tests.remote import ACTIVITY, newer_only, older_only

FEP_844E = {"type": "Application", "implements": [{"href": RFC_9421, "name": "RFC-9421"}]}


@pytest.fixture
def owe(ctx, maya):
    """Return a function that owes one more activity to an inbox, and lets it be delivered."""
    number = 0

    async def add(inbox="http://remote.example/inbox", host="remote.example"):
        nonlocal number
        number += 1
        await owing.owe(ctx, maya.account.id, inbox, number=number, body=b'{"type": "Create"}')
        await run_until_idle(ctx)

    return add


def ways(remote):
    return ["newer" if "Signature-Input" in d.headers else "older" for d in remote.delivered]


async def test_an_unknown_server_gets_the_older_way(remote, owe):
    remote.takes = older_only

    await owe()

    assert ways(remote) == ["older"]


@pytest.mark.parametrize("status", [400, 401])
async def test_a_server_that_takes_the_newer_way_alone_gets_it_and_is_remembered(
    ctx, remote, owe, status
):
    remote.takes, remote.refuses = newer_only, status

    await owe()
    await owe()

    assert ways(remote) == ["older", "newer", "newer"]
    async with ctx.read() as session:
        row = await session.get(HostRow, "remote.example")
    assert row.capabilities["signatures"]["scheme"] == "rfc9421"


async def test_what_was_learnt_is_forgotten_after_a_month(remote, clock, owe):
    remote.takes = newer_only
    await owe()
    clock.advance(days=LASTS.days + 1)

    await owe()

    assert ways(remote) == ["older", "newer", "older", "newer"]


async def test_a_server_that_changed_is_learnt_anew(ctx, clock, remote, owe):
    remote.takes = newer_only
    await owe()
    remote.takes = older_only
    clock.advance(minutes=2)

    await owe()
    await owe()

    assert ways(remote) == ["older", "newer", "newer", "older", "older"]
    assert (await habits_of(ctx, "remote.example")).refused_newer


async def test_a_400_is_about_the_letter_where_the_way_is_known(remote, owe):
    await owe()
    remote.inbox_status = 400

    await owe()

    assert ways(remote) == ["older", "older"]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
async def test_nobody_knocks_twice_at_a_door_that_said_no(remote, owe, status):
    remote.inbox_status = status

    await owe()

    assert ways(remote) == ["older"]


async def test_what_is_sent_the_newer_way_can_be_verified(remote, owe, account_keys):
    remote.takes = newer_only
    await owe("http://remote.example/inbox?x=1")

    headers = CIMultiDict(remote.delivered[-1].headers)
    request = Request(
        "POST", "http://remote.example", "/inbox?x=1", headers, b'{"type": "Create"}'
    )
    signature = incoming.parse_signature(headers)
    incoming.verify(signature, request, key=keys.load_public(account_keys.rsa.public_pem))
    assert signature.key_id.endswith("/users/maya#main-key")
    assert headers["Content-Type"] == ACTIVITY


async def test_a_fetch_knocks_the_older_way_first(ctx, remote):
    """Some servers answer what they cannot verify with a stripped document."""
    signed = []

    def takes(request):
        signed.append("newer" if newer_only(request) else "older")
        return newer_only(request)

    remote.actor("ria")
    remote.takes = takes

    await fetch_document(ctx, "http://remote.example/users/ria")
    await fetch_document(ctx, "http://remote.example/users/ria")

    assert signed == ["older", "newer", "newer"]


async def test_a_fetch_that_is_refused_both_ways_is_refused(ctx, remote):
    remote.actor("ria")
    remote.takes = lambda request: False

    with pytest.raises(FetchError) as refused:
        await fetch_document(ctx, "http://remote.example/users/ria")

    assert refused.value.reason == "refused"
    assert len(remote.asked) == 2


async def test_each_hop_gets_the_way_that_its_server_takes(ctx, make_server, remote):
    """A redirect teaches nothing about the server that redirects."""
    other = await make_server("other.example")
    other.actor("ria")
    other.takes = newer_only
    await advertised(ctx, "other.example")
    there = "http://other.example/users/ria"
    remote.documents["/ria"] = (302, there, b"")

    found = await fetch_document(ctx, "http://remote.example/ria")

    assert found.id == there
    assert (await habits_of(ctx, "remote.example")).scheme is None


async def test_a_query_is_signed_with_the_path_then_without(ctx, remote, owe, account_keys):
    key = keys.load_public(account_keys.rsa.public_pem)

    def without_query(request):
        signature = incoming.parse_signature(request.headers)
        bare = Request(request.method, "http://remote.example", "/inbox", request.headers, None)
        try:
            incoming.verify(signature, bare, key=key)
        except UnauthenticatedError:
            return False
        return True

    remote.takes = without_query
    await owe("http://remote.example/inbox?author=0")
    await owe("http://remote.example/inbox?author=0")

    assert ways(remote) == ["older", "older", "older"]
    assert not (await habits_of(ctx, "remote.example")).with_query


async def test_a_server_that_says_it_knows_the_newer_way_gets_it(ctx, remote, owe, send):
    ria = remote.actor("ria", generator=FEP_844E)
    await send(ria, ria.activity("Like", "https://home.example/x"))

    await owe()

    assert ways(remote) == ["newer"]


async def test_what_a_server_says_counts_less_than_what_it_does(ctx, clock, remote, owe):
    await advertised(ctx, "remote.example")
    remote.takes = older_only
    await owe()
    clock.advance(minutes=2)
    await advertised(ctx, "remote.example")

    await owe()

    assert ways(remote) == ["newer", "older", "older"]


@pytest.mark.parametrize(
    "said",
    [
        {"generator": FEP_844E},
        {"implements": FEP_844E["implements"]},
        {"implements": [RFC_9421]},
        {"generator": {"type": "Application", "implements": FEP_844E["implements"][0]}},
    ],
)
def test_what_an_actors_server_implements_is_read(said):
    actor = {
        "id": "https://far.example/a",
        "type": "Person",
        "preferredUsername": "a",
        "inbox": "https://far.example/a/inbox",
    }

    assert parse_actor(actor | said).implements == (RFC_9421,)
    assert parse_actor(actor | {"generator": "https://far.example/actor"}).implements == ()
    flood = parse_actor(actor | {"implements": [f"https://x.example/{n}" for n in range(999)]})
    assert len(flood.implements) == 64


async def test_our_actors_say_what_we_implement(client, maya):
    for path in ("/users/maya", "/actor"):
        answer = await client.get(path, headers={"Accept": ACTIVITY, "Host": HOST})
        document = await answer.json(content_type=None)
        links = document["generator"]["implements"]
        assert RFC_9421 in [link["href"] for link in links]
        assert parse_actor(document).implements[0] == RFC_9421
        assert any("implements" in part for part in document["@context"] if part != str(part))


async def test_whoever_is_refused_is_told_how_to_sign(client, ctx, maya):
    inbox = await client.post("/inbox", data=b"{}", headers={"Content-Type": ACTIVITY})
    outbox = await client.get("/users/maya/outbox", headers={"Accept": ACTIVITY})

    assert (inbox.status, outbox.status) == (401, 401)
    assert inbox.headers["Accept-Signature"] == (
        'sig1=("@method" "@target-uri" "content-digest");created;keyid'
    )
    assert outbox.headers["Accept-Signature"] == 'sig1=("@method" "@target-uri");created;keyid'
    assert inbox.headers["WWW-Authenticate"].startswith("Signature realm=")
    assert inbox.content_type == outbox.content_type == "application/problem+json"
