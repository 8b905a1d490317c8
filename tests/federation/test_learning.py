"""Learning of others: from a handle, an address, a page; only what is theirs to say."""

import asyncio
from contextlib import suppress

import pytest
from aiohttp import web
from msgspec.structs import force_setattr

from federation.fetch import Budget
from federation.learn import account_of, fetch_account, take_in_signer
from federation.resolve import (
    fetch_thread,
    refresh_account,
    resolve_account,
    resolve_mentions,
    resolve_url,
)
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.jobs import FetchThread, RefreshAccount
from fedi_k12.guard import FetchError
from fedi_k12.services import moderation, views
from fedi_k12.worker import run_until_idle
from storage import accounts, posts
from tests.remote import ACTIVITY

BASE = "http://remote.example"


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
def post_at(ctx):
    async def run(uri):
        async with ctx.read() as session:
            return await posts.by_uri(session, uri)

    return run


@pytest.mark.parametrize(
    "handle", ["@ren@remote.example", "ren@remote.example", "acct:Ren@REMOTE.example"]
)
async def test_a_handle_is_asked_for_once(ctx, remote, ren, handle):
    if "Ren" in handle:
        remote.webfinger = lambda resource: {
            "subject": "acct:ren@remote.example",
            "links": [{"rel": "self", "type": ACTIVITY, "href": ren.uri}],
        }
    number = await resolve_account(ctx, handle)
    asked = len(remote.asked)

    assert await resolve_account(ctx, "@ren@remote.example") == number
    assert len(remote.asked) == asked
    async with ctx.read() as session:
        view = await views.account_view(session, number)
    assert (view.acct, view.name, view.handle_verified) == ("ren@remote.example", "Ren", True)


async def test_a_stale_account_is_asked_for_anew(ctx, clock, remote, ren):
    number = await resolve_account(ctx, "@ren@remote.example")
    remote.show(ren.document(name="Ren the Second"))
    clock.advance(days=2)

    assert await resolve_account(ctx, "@ren@remote.example") == number

    async with ctx.read() as session:
        assert (await views.account_view(session, number)).name == "Ren the Second"


async def test_a_stale_account_is_known_even_if_its_server_is_down(ctx, clock, remote, ren):
    number = await resolve_account(ctx, "@ren@remote.example")
    remote.documents.clear()
    clock.advance(days=2)

    assert await resolve_account(ctx, "@ren@remote.example") == number


async def test_members_are_found_without_asking_anybody(ctx, remote, maya):
    for handle in ("maya", "@maya@home.example"):
        assert await resolve_account(ctx, handle) == maya.account.id
    with pytest.raises(NotFoundError, match="Nobody here"):
        await resolve_account(ctx, "@nobody")
    assert remote.asked == []


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        ("not a handle", InvalidError),
        ("@nobody@remote.example", NotFoundError),
        ("@ren@nowhere.example", FetchError),
    ],
)
async def test_handles_that_lead_nowhere_are_refused(ctx, ren, handle, error):
    with pytest.raises(error):
        await resolve_account(ctx, handle)


ANSWERS = {
    "an error": web.Response(status=500),
    "nothing": [],
    "words": "hello",
    "no links": {"subject": "acct:ren@remote.example"},
    "links of another kind": {"links": [{"rel": "self", "type": "text/html", "href": "x"}]},
    "links that are none": {"links": {"rel": "self"}},
    "a link to a number": {"links": [{"rel": "self", "type": ACTIVITY, "href": 5}]},
    "FED-51 a link to a file": {
        "links": [{"rel": "self", "type": ACTIVITY, "href": "file:///etc/passwd"}]
    },
    "FED-51 a link to us": {
        "links": [{"rel": "self", "type": ACTIVITY, "href": "https://home.example/actor"}]
    },
    "FED-51 a link inside": {
        "links": [{"rel": "self", "type": ACTIVITY, "href": "http://10.0.0.1/"}]
    },
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
async def test_a_webfinger_that_says_nothing_of_use_is_refused(ctx, remote, ren, answer):
    remote.webfinger = lambda resource: answer

    with pytest.raises(DomainError):
        await resolve_account(ctx, "@ren@remote.example")


async def test_host_meta_may_name_another_webfinger(ctx, remote, ren):
    """RFC 6415."""
    remote.webfinger = lambda resource: web.Response(status=404)
    remote.documents["/.well-known/host-meta"] = (
        200,
        "application/xrd+xml",
        f'<XRD><Link rel="lrdd" template="{BASE}/finger?a=1&amp;r={{uri}}"/></XRD>'.encode(),
    )
    remote.documents["/finger"] = {
        "id": "x",
        "subject": "acct:ren@remote.example",
        "links": [{"rel": "self", "type": ACTIVITY, "href": ren.uri}],
    }

    number = await resolve_account(ctx, "@ren@remote.example")

    async with ctx.read() as session:
        assert (await views.account_view(session, number)).acct == "ren@remote.example"


@pytest.mark.parametrize(
    "template",
    ["http://169.254.169.254/{uri}", "http://remote.example/without", "javascript:{uri}"],
    ids=lambda text: f"FED-51 {text}",
)
async def test_host_meta_leads_nowhere_dangerous(ctx, remote, ren, template):
    remote.webfinger = lambda resource: web.Response(status=404)
    remote.documents["/.well-known/host-meta"] = (
        200, "application/xrd+xml", f'<Link rel="lrdd" template="{template}"/>'.encode(),
    )  # fmt: skip

    with pytest.raises(DomainError):
        await resolve_account(ctx, "@ren@remote.example")


async def test_a_handle_may_be_of_another_host_than_the_id_if_both_agree(
    ctx, make_server, remote, ren
):
    """Split domains: `@ren@school.example`, ids on remote.example."""
    school = await make_server("school.example")
    said = {
        "subject": "acct:ren@school.example",
        "links": [{"rel": "self", "type": ACTIVITY, "href": ren.uri}],
    }
    remote.webfinger = school.webfinger = lambda resource: said

    number = await resolve_account(ctx, "@ren@remote.example")

    async with ctx.read() as session:
        view = await views.account_view(session, number)
    assert (view.acct, view.handle_verified) == ("ren@school.example", True)


async def test_a_claimed_handle_of_another_server_is_not_believed(ctx, make_server, remote):
    """FED-9."""
    await make_server("school.example")
    liar = remote.actor("liar", webfinger="superintendent@school.example")

    row = await account_of(ctx, liar.uri)

    assert (row.acct, row.handle_verified) == ("liar@remote.example", False)


async def test_an_account_that_failed_is_not_asked_for_again_at_once(ctx, clock, remote):
    for _ in range(3):
        with pytest.raises(DomainError):
            await account_of(ctx, f"{BASE}/users/gone")
    assert remote.asked == ["/users/gone"]
    remote.actor("gone")

    clock.advance(minutes=6)

    assert (await account_of(ctx, f"{BASE}/users/gone")).username == "gone"


async def test_a_budget_ends(ctx, remote):
    """FED-54."""
    budget = Budget(actors=1, objects=1)
    budget.spend_actor()
    budget.spend_object()

    with pytest.raises(FetchError, match="Enough"):
        await account_of(ctx, f"{BASE}/users/one", budget=budget)
    with pytest.raises(FetchError, match="Enough"):
        budget.spend_object()
    assert remote.asked == []


async def test_one_domain_is_asked_under_few_names(ctx, make_server):
    """FED-54: a name server can make up hosts without end."""
    budget = Budget(actors=100)
    for number in range(20):
        host = f"n{number}.evil.example"
        actor = (await make_server(host)).actor("eve")
        with suppress(FetchError):
            await account_of(ctx, actor.uri, budget=budget)

    assert [len(hosts) for hosts in budget.hosts.values()] == [5]
    assert budget.actors == 95


async def test_an_address_of_an_account_or_post_is_resolved_and_then_known(ctx, remote, ren):
    remote.show(ren.note("1", "<p>Hello</p>", url=f"{BASE}/@ren/1"))

    account = await resolve_url(ctx, ren.uri)
    post = await resolve_url(ctx, f"{ren.uri}/posts/1")
    asked = len(remote.asked)

    assert account.account_id
    assert post.post_id
    assert await resolve_url(ctx, ren.uri) == account
    assert await resolve_url(ctx, f"{BASE}/@ren/1") == post
    assert len(remote.asked) == asked


async def test_a_page_leads_to_its_document(ctx, remote, ren):
    remote.show(ren.note("1"))
    remote.documents["/@ren/1"] = (
        200,
        "text/html; charset=utf-8",
        f'<html><link rel="stylesheet" href="x"><link rel="alternate" type="{ACTIVITY}" '
        f'href="{ren.uri}/posts/1">'.encode(),
    )

    assert (await resolve_url(ctx, f"{BASE}/@ren/1")).post_id


def said(kind):
    return 200, ACTIVITY, f'{{"id":"{BASE}/x","type":"{kind}"}}'.encode()


@pytest.mark.parametrize(
    "document",
    [
        pytest.param((200, "text/html", b"<html>hello"), id="a page without a post"),
        pytest.param((200, "image/png", b"x"), id="a picture"),
        pytest.param((404, "text/html", b""), id="not there"),
        pytest.param((410, "text/html", b""), id="gone"),
        pytest.param((500, "text/html", b""), id="broken"),
        pytest.param((200, ACTIVITY, b"{"), id="half a document"),
        pytest.param((200, ACTIVITY, b"[" * 9000), id="FED-57 deep"),
        pytest.param(
            said("Person"),
            id="half an actor",
        ),
        pytest.param(said("Note"), id="half a post"),
        pytest.param(
            said("Collection"),
            id="a collection",
        ),
    ],
)
async def test_addresses_that_lead_to_nothing_of_use_are_refused(ctx, remote, document):
    remote.documents["/x"] = document

    with pytest.raises(DomainError):
        await resolve_url(ctx, f"{BASE}/x")


async def test_nobody_is_asked_where_that_is_not_wanted(ctx, remote, ren):
    with pytest.raises(NotFoundError):
        await resolve_url(ctx, ren.uri, ask=False)
    assert remote.asked == []


async def test_a_blocked_host_is_not_asked(ctx, remote, ren):
    await ctx.write(
        moderation.set_host_policy, actor=None, domain="remote.example", severity="suspend",
        now=ctx.clock(),
    )  # fmt: skip

    for call in (
        resolve_url(ctx, ren.uri),
        resolve_account(ctx, "@ren@remote.example"),
        account_of(ctx, ren.uri),
    ):
        with pytest.raises(DomainError):
            await call
    assert remote.asked == []


async def test_a_post_that_is_not_public_is_not_shown_because_somebody_has_its_address(
    ctx, remote, ren, post_at
):
    remote.show(ren.note("1", to=[f"{ren.uri}/followers"], cc=[]))

    with pytest.raises(NotFoundError):
        await resolve_url(ctx, f"{ren.uri}/posts/1")
    assert await post_at(f"{ren.uri}/posts/1") is None


async def test_a_resolved_post_brings_its_thread_and_its_people(ctx, remote, ren, post_at):
    pat = remote.actor("pat")
    remote.show(ren.note("root"))
    remote.show(
        ren.note(
            "leaf",
            inReplyTo=f"{ren.uri}/posts/root",
            tag=[{"type": "Mention", "href": pat.uri, "name": "@pat"}],
        )
    )

    post = await resolve_url(ctx, f"{ren.uri}/posts/leaf")
    await fetch_thread(ctx, FetchThread(post.post_id))

    leaf, root = await post_at(f"{ren.uri}/posts/leaf"), await post_at(f"{ren.uri}/posts/root")
    assert leaf.in_reply_to_id == root.id
    async with ctx.read() as session:
        assert await accounts.by_uri(session, pat.uri) is not None


async def test_threads_in_a_circle_end(ctx, remote, ren):
    """FED-63."""
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        remote.show(ren.note(one, inReplyTo=f"{ren.uri}/posts/{other}"))
    post = await resolve_url(ctx, f"{ren.uri}/posts/a")

    await fetch_thread(ctx, FetchThread(post.post_id))

    assert len([path for path in remote.asked if "/posts/" in path]) <= 6


async def test_an_account_is_refreshed_by_a_job(ctx, remote, ren):
    row = await account_of(ctx, ren.uri)
    remote.show(ren.document(name="New"))

    await refresh_account(ctx, RefreshAccount(ren.uri))

    async with ctx.read() as session:
        assert (await views.account_view(session, row.id)).name == "New"


async def who(ctx, ren):
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
    return row.acct, row.display_name, row.handle_verified


async def test_whose_letter_came_is_asked_for_once_and_their_name_checked(
    ctx, send, remote, ren, maya
):
    await send(ren, ren.activity("Follow", maya.account.uri))

    assert await who(ctx, ren) == ("ren@remote.example", "Ren", True)
    assert remote.asked.count("/users/ren") == 1


async def test_what_was_learnt_meanwhile_is_not_forgotten_for_a_name(
    ctx, clock, send, remote, ren, maya
):
    await send(ren, ren.activity("Follow", maya.account.uri), process=False)
    remote.show(ren.document(name="Ren Later"))
    clock.advance(seconds=1)
    await fetch_account(ctx, ren.uri, check_handle=False)

    await run_until_idle(ctx)

    assert await who(ctx, ren) == ("ren@remote.example", "Ren Later", True)
    assert remote.asked.count("/users/ren") == 3


async def test_strangers_who_come_at_once_are_taken_in_together(ctx, remote, ren):
    ann, ben = remote.actor("ann"), remote.actor("ben")
    commits = 0
    write = ctx.write

    async def count(fn, *args, **given):
        nonlocal commits
        commits += 1
        return await write(fn, *args, **given)

    force_setattr(ctx, "write", count)
    came = [ann, ben, ren, ann]
    taken = await asyncio.gather(*(take_in_signer(ctx, one.document()) for one in came))

    assert commits < len(came)
    assert [found.row.uri for found in taken] == [one.uri for one in came]
    assert [list(found.keys) for found in taken] == [[one.key_id] for one in came]
    assert taken[0].row.id == taken[3].row.id


async def test_a_name_that_was_checked_stays_so_whoever_comes_along(ctx, remote, ren):
    ann = remote.actor("ann")
    await account_of(ctx, ren.uri)

    await asyncio.gather(*(take_in_signer(ctx, one.document()) for one in (ann, ren, ann)))

    assert await who(ctx, ren) == ("ren@remote.example", "Ren", True)
    assert await who(ctx, ann) == ("ann@remote.example", "Ann", False)


async def test_whom_a_text_names_is_learnt_before_it_is_published(ctx, remote, ren, maya):
    await resolve_mentions(ctx, "@ren@remote.example @maya @x@nowhere.example @a@b@c")

    async with ctx.read() as session:
        assert await accounts.by_uri(session, ren.uri) is not None
    asked = len(remote.asked)
    await resolve_mentions(ctx, "@ren@remote.example")
    await resolve_mentions(ctx, "nobody")
    assert len(remote.asked) == asked
