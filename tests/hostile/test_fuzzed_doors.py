"""Whatever comes to a door, or from another server, is taken or refused: no fault, no hang.

Budget: `EXAMPLES` for each, under twenty seconds each on a quiet machine; no answer takes
longer than `SECONDS`. FED-56, FED-58, FED-59, FED-62.
"""

import asyncio
from contextlib import suppress

import pytest
import structlog
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from federation import proofs
from federation.collect import read_collection
from federation.fetch import fetch_document
from federation.sig.integrity import proofs_in
from federation.vocab.quote import quoted_in, stamp_of, vouches
from federation.webfinger import finger
from fedi_k12.context import utc_now
from fedi_k12.domain.approvals import Interaction
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.people import Handle
from tests.remote import PUBLIC

pytestmark = pytest.mark.timeout(180)

EXAMPLES = 40
SECONDS = 20
FAULTS = {"job failed", "lane failed", "batch failed"}
REMOTE = "http://remote.example"
KINDS = (
    "Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce",
    "Flag", "Move", "Add", "Remove", "Block", "Join", "Leave", "Invite", "Lock", "EmojiReact",
    "QuoteRequest", "ReplyRequest",
)  # fmt: skip
PROPERTIES = (
    "id", "type", "actor", "object", "target", "to", "cc", "published", "attributedTo",
    "content", "contentMap", "tag", "attachment", "inReplyTo", "url", "quote", "oneOf",
    "proof", "instrument", "result", "endTime", "name", "items", "first", "next", "context",
    "interactionPolicy", "quoteAuthorization", "audience", "updated", "replies", "location",
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "", PUBLIC, "Note", "Person", "Question", "Event", "Tombstone", "https://[", "//x",
        f"{REMOTE}/users/ren", f"{REMOTE}/users/club", f"{REMOTE}/notes/1", f"{REMOTE}/list",
        "https://home.example/users/maya", "2026-01-01T00:00:00Z", "9999-99-99",
        "\x00", "é" * 99,
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=5),
    max_leaves=10,
)  # fmt: skip
THINGS = st.dictionaries(st.sampled_from(PROPERTIES), JSON, max_size=8)
BYTES = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 301 Moved\r\n", b"HTTP/1.1 999 What\r\n",
            b"Content-Type: application/activity+json\r\n", b"Content-Length: 5\r\n",
            b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"\n",
            b"Content-Encoding: gzip\r\n", b"Location: http://raw.example/\r\n",
            b"fffffffff\r\n",
            b"Location: //\r\n", b'{"id": "http://raw.example/x"}', b"\x1f\x8b\x08",
            b"[[[[", b":",
        ]
    )
    | st.binary(max_size=20),
    max_size=8,
).map(b"".join)  # fmt: skip


def examples(strategy, count=EXAMPLES):
    """Return values of a strategy: hypothesis cannot wait for what is asynchronous itself."""
    found = []

    @settings(max_examples=count, phases=[Phase.generate], database=None)
    @given(strategy)
    def keep(value):
        found.append(value)

    keep()
    return found


@pytest.fixture
def ren(remote):
    return remote.actor("ren")


async def test_any_signed_activity_is_taken_or_refused(ctx, send, remote, ren, maya):
    wholes = st.tuples(st.sampled_from(KINDS), THINGS | JSON, THINGS)

    with structlog.testing.capture_logs() as logs:
        for number, (kind, thing, changes) in enumerate(examples(wholes)):
            activity = ren.activity(kind, thing, str(number)) | changes
            async with asyncio.timeout(SECONDS):
                status = await send(ren, activity)
            assert status < 500, activity

    assert [entry for entry in logs if entry["event"] in FAULTS] == []


async def test_any_announce_of_a_group_is_taken_or_refused(ctx, send, remote, maya):
    club = remote.actor("club", type="Group")
    inner = st.tuples(st.sampled_from(KINDS), THINGS, THINGS)

    with structlog.testing.capture_logs() as logs:
        for number, (kind, thing, changes) in enumerate(examples(inner)):
            act = {
                "type": kind,
                "id": f"{REMOTE}/acts/{number}",
                "actor": f"{REMOTE}/users/ren",
            }
            activity = club.activity(
                "Announce", {**act, "object": thing, **changes}, str(number), to=[PUBLIC]
            )
            async with asyncio.timeout(SECONDS):
                status = await send(club, activity)
            assert status < 500, activity

    assert [entry for entry in logs if entry["event"] in FAULTS] == []


async def test_any_question_to_webfinger_is_answered(client, maya):
    asked = st.text(max_size=60) | st.tuples(
        st.sampled_from(["acct:", "https://home.example/", "http://", "mailto:", "@"]),
        st.text(),
    ).map("".join)

    for resource in examples(asked):
        answer = await client.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.status < 500, resource


async def test_any_answer_of_webfinger_is_read_or_refused(ctx, remote):
    links = st.lists(
        st.dictionaries(
            st.sampled_from(["rel", "type", "href", "template"]), JSON | st.just("self")
        ),
        max_size=3,
    )
    answers = JSON | st.fixed_dictionaries({"subject": JSON, "links": links | JSON})

    for answer in examples(answers):
        remote.webfinger = lambda _resource, answer=answer: answer
        async with asyncio.timeout(SECONDS):
            with suppress(DomainError):
                await finger(ctx, Handle("ren", "remote.example"))


async def test_any_bytes_of_a_server_are_a_document_or_refused(ctx, resolver):
    said = [b""]

    async def answer(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said[0])
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    resolver.ports["raw.example"] = server.sockets[0].getsockname()[1]
    async with server:
        heads = st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"])
        for said[0] in examples(st.tuples(heads, BYTES).map(b"".join)):
            async with asyncio.timeout(SECONDS):
                with suppress(DomainError):
                    found = await fetch_document(ctx, "http://raw.example/x")
                    assert found is not None


async def test_any_collection_is_read_or_refused(ctx, remote, ren):
    pages = st.fixed_dictionaries(
        {"type": st.sampled_from(["Collection", "OrderedCollectionPage", "Note"])},
        optional={
            "items": JSON,
            "orderedItems": JSON,
            "first": JSON,
            "next": JSON | st.just(f"{REMOTE}/list"),
            "totalItems": JSON,
        },
    )

    for page in examples(pages):
        remote.documents["/list"] = {"id": f"{REMOTE}/list", **page}
        async with asyncio.timeout(SECONDS):
            with suppress(DomainError):
                await read_collection(ctx, f"{REMOTE}/list", of=ren.uri)


@settings(max_examples=120)
@given(document=THINGS, proof=JSON, other=THINGS)
def test_any_proof_and_any_quote_are_read_or_passed_over(document, proof, other):
    with suppress(DomainError):
        list(proofs_in({**document, "proof": proof}))
    with suppress(DomainError):
        proofs.claimed({**document, "proof": proof}, now=utc_now())
    quoted_in(document)
    for interaction in Interaction:
        stamp_of(document, interaction)
    assert not vouches(
        other,
        author="https://a.example/users/x",
        interaction_uri="https://b.example/1",
        target_uri="https://a.example/2",
    )
