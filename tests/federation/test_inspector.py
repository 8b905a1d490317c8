"""The inspector says which step of discovery goes wrong, and why."""

import pytest
from aiohttp import web

from federation.inspector import look_into
from federation.sig.integrity import with_proof
from federation.sig.keys import load_private, to_multibase
from fedi_k12.services import moderation
from tests.remote import ACTIVITY, OTHER_KEYS, newer_only, older_only


def jrd(uri, subject="acct:ren@remote.example", **link):
    return {
        "subject": subject,
        "links": [{"rel": "self", "type": ACTIVITY, "href": uri, **link}],
    }


async def report_of(ctx, what="@ren@remote.example"):
    report = await look_into(ctx, what)
    wrong = [step for step in report.steps if not step.ok]
    return report, (wrong[0] if wrong else None)


async def test_an_account_in_order_is_explained_step_by_step(ctx, remote):
    remote.actor("ren")

    report, wrong = await report_of(ctx)

    assert wrong is None, wrong
    assert report.ok
    assert [step.name for step in report.steps] == [
        "handle", "policy", "dns", "connection", "webfinger", "subject", "signature", "actor",
        "id", "form", "key", "agreement",
    ]  # fmt: skip
    assert report.conclusion == "@ren@remote.example is in order."


@pytest.mark.parametrize(
    ("finger", "step", "words"),
    [
        (lambda uri: web.Response(status=404), "webfinger", "404"),
        (lambda uri: web.Response(status=503), "webfinger", "503"),
        (lambda uri: web.Response(text="<html>"), "webfinger", "no JSON"),
        (lambda uri: web.json_response([]), "webfinger", "no self link"),
        (lambda uri: jrd(uri, type="text/html"), "webfinger", "no self link"),
        (lambda uri: jrd(uri, subject="acct:eve@remote.example"), "subject", "eve"),
        (lambda uri: jrd(uri, subject="nobody at all"), "subject", "no handle"),
        (lambda uri: jrd(uri, subject="acct:ren"), "subject", "told of acct:ren"),
        (lambda uri: jrd(uri, subject="acct:ren@bank.example"), "subject", "bank.example"),
        (lambda uri: jrd(uri + "2"), "actor", "404"),
        (lambda uri: jrd("http://remote.example/alias"), "agreement", "/alias"),
    ],
    ids=[
        "knows nobody", "is down", "serves a page", "an empty list", "links a page",
        "names another", "names no handle", "names no host", "names a host that is silent",
        "leads nowhere", "leads to another name",
    ],
)  # fmt: skip
async def test_a_wrong_webfinger_is_told(ctx, remote, finger, step, words):
    ren = remote.actor("ren")
    remote.show(ren.document(), "/alias")
    remote.webfinger = lambda _resource: finger(ren.uri)

    report, wrong = await report_of(ctx)

    assert wrong is not None
    assert wrong.name == step, wrong
    assert words in wrong.found
    assert not report.ok


@pytest.mark.parametrize(
    ("document", "step"),
    [
        ((200, "application/json", b"{}"), "actor"),
        ((200, ACTIVITY, b"{"), "actor"),
        ((401, ACTIVITY, b"{}"), "signature"),
        ((500, ACTIVITY, b"{}"), "actor"),
        ({"id": "http://other.example/users/ren", "type": "Person"}, "id"),
        ({"id": "http://remote.example/users/ren", "type": "Tree"}, "post"),
        ({"id": "http://remote.example/users/ren", "type": "Person"}, "form"),
    ],
    ids=[
        "another type", "no JSON", "unsigned enough", "is down", "names another", "no actor",
        "without an inbox",
    ],
)  # fmt: skip
async def test_a_wrong_actor_is_told(ctx, remote, document, step):
    remote.actor("ren")
    remote.documents["/users/ren"] = document

    _report, wrong = await report_of(ctx)

    assert wrong is not None
    assert wrong.name == step, wrong


@pytest.mark.parametrize(
    "key",
    [
        {"owner": "http://remote.example/users/eve"},
        {"publicKeyPem": "no key"},
        {"publicKeyPem": ""},
    ],
    ids=["of another", "that cannot be read", "that is empty"],
)
async def test_a_wrong_key_is_told(ctx, remote, key):
    ren = remote.actor("ren")
    document = ren.document()
    document["publicKey"] |= key
    remote.show(document)

    _report, wrong = await report_of(ctx)

    assert wrong is not None
    assert wrong.name == "key"


async def test_a_handle_that_both_sides_write_differently_is_told(ctx, remote):
    remote.actor("ren", webfinger="ren@elsewhere.example")

    _report, wrong = await report_of(ctx)

    assert wrong is not None
    assert wrong.name == "agreement"


@pytest.mark.parametrize(
    ("there", "ok"),
    [
        (lambda uri: jrd(uri, subject="acct:ren@school.example"), True),
        (lambda _uri: web.Response(status=404), False),
        (
            lambda _uri: jrd(
                "http://school.example/users/ren", subject="acct:ren@school.example"
            ),
            False,
        ),
        (lambda uri: jrd(uri, subject="acct:ren@remote.example"), False),
    ],
    ids=["confirms", "knows nobody", "has another of that name", "leads back"],
)
async def test_a_handle_of_another_host_has_to_be_confirmed_there(
    ctx, remote, make_server, there, ok
):
    ren = remote.actor("ren")
    school = await make_server("school.example")
    remote.webfinger = lambda _resource: jrd(ren.uri, subject="acct:ren@school.example")
    school.webfinger = lambda _resource: there(ren.uri)

    report, wrong = await report_of(ctx)

    assert report.ok is ok, wrong
    assert "school.example" in next(s.found for s in report.steps if s.name == "subject")
    if wrong is not None:
        assert wrong.name == "subject"
        assert "unverified" in wrong.advice


async def test_a_template_of_host_meta_is_followed(ctx, remote):
    ren = remote.actor("ren")
    template = "http://remote.example/finger?r={uri}"
    xrd = f'<XRD><Link rel="lrdd" template="{template}"/></XRD>'
    remote.webfinger = lambda _resource: web.Response(status=404)
    remote.documents["/.well-known/host-meta"] = (200, "application/xrd+xml", xrd.encode())
    remote.documents["/finger"] = jrd(ren.uri)

    report, wrong = await report_of(ctx)

    assert wrong is None, wrong
    assert any("host-meta" in step.found for step in report.steps)


async def test_a_blocked_server_is_not_asked(ctx, remote):
    remote.actor("ren")
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="remote.example",
        severity="suspend",
        now=ctx.clock(),
    )

    _report, wrong = await report_of(ctx)

    assert wrong is not None
    assert wrong.name == "policy"
    assert remote.asked == []


@pytest.mark.parametrize(
    ("what", "step"),
    [
        ("not a handle", "handle"),
        ("@maya", "handle"),
        ("@ren@nowhere.example", "connection"),
        ("@ren@203.0.113.7", "dns"),
        ("https://10.0.0.1/users/ren", "dns"),
        ("http://remote.example:99999/x", "document"),
        ("http://remote.example/missing", "document"),
    ],
)
async def test_what_cannot_be_looked_at_is_told(ctx, remote, what, step):
    _report, wrong = await report_of(ctx, what)

    assert wrong is not None
    assert wrong.name in {step, "dns"}


async def test_a_post_is_explained_too(ctx, remote):
    ren = remote.actor("ren", keys=OTHER_KEYS)
    remote.show(ren.note("1"))

    report, wrong = await report_of(ctx, f"{ren.uri}/posts/1")

    assert wrong is None
    assert report.steps[-1].found == f"Note by {ren.uri}"
    assert report.as_dict()["ok"] is True


@pytest.mark.parametrize(
    ("change", "ok", "words"),
    [
        ({}, True, "valid, by http://remote.example/users/ren"),
        ({"content": "<p>Changed</p>"}, False, "assertionMethod"),
        ({"proof": {"type": "Other"}}, True, "does not read"),
    ],
    ids=["valid", "changed", "of another kind"],
)
async def test_the_proof_of_a_post_is_looked_at(ctx, remote, account_keys, change, ok, words):
    """FEP-8b32."""
    ren = remote.actor("ren")
    key_id = f"{ren.uri}#ed25519-key"
    method = {
        "id": key_id,
        "type": "Multikey",
        "controller": ren.uri,
        "publicKeyMultibase": to_multibase(account_keys.ed25519.public_pem),
    }
    remote.show(ren.document(assertionMethod=[method]))
    private = load_private(account_keys.ed25519.private_pem)
    note = with_proof(
        ren.note("1"), key_id=key_id, private_key=private, created="2026-01-01T00:00:00Z"
    )
    remote.show(note | change)

    report, _wrong = await report_of(ctx, note["id"])

    [step] = [step for step in report.steps if step.name == "proof"]
    assert (step.ok, report.ok) == (ok, ok)
    assert words in step.found


@pytest.mark.parametrize(("takes", "way"), [(newer_only, "RFC 9421"), (older_only, "cavage")])
async def test_the_way_of_signing_is_named(ctx, remote, takes, way):
    remote.actor("ren")
    remote.takes = takes

    report, wrong = await report_of(ctx)

    assert wrong is None
    [step] = [step for step in report.steps if step.name == "signature"]
    assert way in step.found
