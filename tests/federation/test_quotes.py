"""Quotes between servers (FEP-044f): asked for, allowed, shown, withdrawn.

Row 1.11 "Authorised quotes out". Row 1.11 "Authorised quotes in".
"""

import pytest
from sqlalchemy import select

from federation.quoting import recheck_quotes
from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.consent_jobs import RecheckQuotes
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import quotes, views
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import accounts, posts
from storage.tables import ApprovalRow
from tests.remote import PUBLIC

EVERYBODY = {"canQuote": {"automaticApproval": [PUBLIC]}}


@pytest.fixture
async def ren(remote, send, maya):
    """An actor who follows maya."""
    actor = remote.actor("ren")
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    return actor


@pytest.fixture
def write(ctx):
    """Return a function that publishes a post and gives its id; jobs are done."""

    async def run(member, text="Hello", **parts):
        draft = Draft(text, **parts)
        post_id = await ctx.write(
            publish, actor=member.actor, draft=draft, addresses=ctx.addresses, now=ctx.clock()
        )
        await run_until_idle(ctx)
        return post_id

    return run


@pytest.fixture
def see(ctx):
    """Return a function that gives a post as somebody sees it, by its id here or its uri."""

    async def run(which, member=None):
        async with ctx.read() as session:
            if isinstance(which, str):
                row = await posts.by_uri(session, which)
                assert row is not None, which
                which = row.id
            viewer = member.actor if member else None
            return await views.post_view(session, which, viewer=viewer)

    return run


@pytest.fixture
async def theirs(ctx, remote, ren, send, maya):
    """A post of ren's that everybody may quote, known here."""
    note = ren.note("quotable", interactionPolicy=EVERYBODY, tag=mention(maya))
    remote.show(note)
    await send(ren, ren.create(note, "quotable"))
    return note["id"]


def mention(member):
    return [{"type": "Mention", "href": member.account.uri, "name": "@maya"}]


def asking(actor, note, quoted, number="1", **changes):
    """Return the QuoteRequest of a note."""
    return actor.activity("QuoteRequest", quoted, number, **{"instrument": note, **changes})


def told(remote, kind):
    return [one.body for one in remote.delivered if one.body["type"] == kind]


async def shown(client, path):
    path = path.removeprefix("https://home.example")
    return await client.get(path, headers={"Accept": "application/activity+json"})


# Theirs of ours


async def test_fed_111_a_request_about_somebody_elses_post_is_dropped(
    ctx, remote, make_server, ren, send, write, see, maya
):
    post = await see(await write(maya, choices=Choices(quote="public")))
    eve, sam = (await make_server("evil.example")).actor("eve"), remote.actor("sam")
    note = ren.note("q", quote=post.uri)
    remote.show(note)

    await send(eve, asking(eve, note["id"], post.uri))
    await send(eve, asking(eve, note, post.uri, "2"))
    await send(sam, asking(sam, note, post.uri))
    await send(ren, asking(ren, ren.note("other", quote=ren.note()["id"]), post.uri, "3"))

    assert told(remote, "Accept")[1:] == []
    async with ctx.read() as session:
        assert list(await session.scalars(select(ApprovalRow))) == []
    assert (await see(post.id)).quotes_count == 0


async def test_a_quote_that_the_policy_allows_gets_a_stamp(
    client, remote, ren, send, write, see, maya
):
    post = await see(await write(maya, choices=Choices(quote="followers")))
    note = ren.note("q", "<p>Well said</p>", quote=post.uri)

    await send(ren, asking(ren, note, post.uri))

    accept = told(remote, "Accept")[-1]
    assert accept["object"]["type"] == "QuoteRequest"
    assert accept["object"]["instrument"] == note["id"]
    stamp = await shown(client, accept["result"])
    assert stamp.status == 200
    document = await stamp.json()
    assert document["type"] == "QuoteAuthorization"
    assert document["attributedTo"] == maya.account.uri
    assert document["interactingObject"] == note["id"]
    assert document["interactionTarget"] == post.uri
    quoting = await see(note["id"])
    assert (quoting.quote.state, quoting.quote.post.id) == ("accepted", post.id)
    assert (await see(post.id)).quotes_count == 1


async def test_a_quote_that_the_policy_does_not_allow_is_rejected(
    remote, send, write, see, maya
):
    post = await see(await write(maya, choices=Choices(quote="followers")))
    sam = remote.actor("sam")

    await send(sam, asking(sam, sam.note("q", quote=post.uri), post.uri))

    assert told(remote, "Reject")[-1]["object"]["id"].startswith(sam.uri)
    assert told(remote, "Accept") == []
    assert (await see(sam.note("q")["id"])).quote.post is None


async def test_a_blocked_account_may_not_quote(
    ctx, client, remote, ren, send, write, see, maya
):
    post = await see(await write(maya, choices=Choices(quote="public")))
    await client.post(
        f"/api/v1/accounts/{(await _known(ctx, ren.uri)).id}/block", headers=maya.headers
    )

    await send(ren, asking(ren, ren.note("q", quote=post.uri), post.uri))

    assert "QuoteRequest" in {one["object"]["type"] for one in told(remote, "Reject")}
    assert told(remote, "Accept")[1:] == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_what_is_not_for_everybody_is_never_quoted_by_others(
    remote, ren, send, write, see, maya, visibility
):
    number = await write(maya, visibility=visibility, choices=Choices(quote="public"))
    post = await see(number, maya)

    await send(ren, asking(ren, ren.note("q", quote=post.uri), post.uri))

    assert told(remote, "Reject")[-1]["object"]["type"] == "QuoteRequest"


async def test_a_quote_can_wait_for_its_author(ctx, client, remote, send, write, see, maya):
    post = await see(await write(maya, choices=Choices(quote="ask")))
    sam = remote.actor("sam")
    note = sam.note("q", quote=post.uri)

    await send(sam, asking(sam, note, post.uri))
    assert told(remote, "Accept") == told(remote, "Reject") == []
    assert (await see(note["id"])).quote.state == "pending"
    asked = await client.get(
        "/api/v1/notifications?types[]=quote_request", headers=maya.headers
    )
    assert [one["type"] for one in await asked.json()] == ["quote_request"]

    async with ctx.read() as session:
        (row,) = await session.scalars(select(ApprovalRow))
    await ctx.write(_decide, row.id, actor=maya.actor, accept=True, now=ctx.clock())
    await run_until_idle(ctx)

    assert told(remote, "Accept")[-1]["result"].startswith(maya.account.uri)
    assert (await see(note["id"])).quote.state == "accepted"
    again = await client.get(
        "/api/v1/notifications?types[]=quote_request", headers=maya.headers
    )
    assert await again.json() == []


async def test_a_withdrawn_quote_is_gone_and_everybody_is_told(
    ctx, client, remote, ren, send, write, see, maya
):
    post = await see(await write(maya, choices=Choices(quote="public")))
    note = ren.note("q", quote=post.uri)
    await send(ren, asking(ren, note, post.uri))
    stamp = told(remote, "Accept")[-1]["result"]
    quoting = await see(note["id"])

    revoke = f"/api/v1/statuses/{post.id}/quotes/{quoting.id}/revoke"
    assert (await client.post(revoke)).status == 401
    answer = await client.post(revoke, headers=maya.headers)
    await run_until_idle(ctx)

    assert (await answer.json())["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await shown(client, stamp)).status == 404
    gone = told(remote, "Delete")[-1]
    assert gone["object"]["id"] == stamp
    assert gone["to"] == [ren.uri]
    assert (await see(post.id)).quotes_count == 0
    await send(ren, asking(ren, note, post.uri, "again"))
    assert told(remote, "Reject"), "what was withdrawn is not given again"
    assert (await shown(client, stamp)).status == 404


async def test_only_its_author_withdraws_a_post(client, ren, send, write, see, maya, tom):
    post = await see(await write(maya, choices=Choices(quote="public")))
    note = ren.note("q", quote=post.uri)
    await send(ren, asking(ren, note, post.uri))
    quoting = await see(note["id"])

    revoke = f"/api/v1/statuses/{post.id}/quotes/{quoting.id}/revoke"
    assert (await client.post(revoke, headers=tom.headers)).status == 403
    other = f"/api/v1/statuses/{quoting.id}/quotes/{post.id}/revoke"
    assert (await client.post(other, headers=maya.headers)).status == 403
    assert (await see(note["id"])).quote.state == "accepted"


# Ours of theirs


async def test_a_quote_says_so_in_every_form_and_asks(remote, ren, write, see, maya, theirs):
    quoted = await see(theirs)
    number = await write(maya, "I agree", quote_of_id=quoted.id)

    created = told(remote, "Create")[-1]["object"]
    assert {created[name] for name in ("quote", "quoteUri", "quoteUrl", "_misskey_quote")} == {
        theirs
    }
    assert created["content"].startswith('<p class="quote-inline">RE: <a href="')
    assert "quoteAuthorization" not in created
    (request,) = told(remote, "QuoteRequest")
    assert request["object"] == theirs
    assert request["instrument"]["id"] == created["id"]
    assert (await see(number)).quote.state == "pending"


async def test_a_stamp_is_looked_at_before_the_quote_is_shown(
    remote, ren, send, write, see, maya, theirs
):
    number = await write(maya, "I agree", quote_of_id=(await see(theirs)).id)
    (request,) = told(remote, "QuoteRequest")
    stamp = f"{ren.uri}/stamps/1"
    remote.show(stamp_document(stamp, ren, request["instrument"]["id"], theirs))

    await send(ren, ren.activity("Accept", request, "yes", result=stamp))

    view = await see(number)
    assert (view.quote.state, view.quote.post.uri) == ("accepted", theirs)
    update = told(remote, "Update")[-1]
    assert update["object"]["quoteAuthorization"] == stamp
    assert (await see(theirs)).quotes_count == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"interactingObject": "http://remote.example/x"}, id="FED-111 another quote"
        ),
        pytest.param(
            {"interactionTarget": "http://remote.example/x"}, id="FED-111 another post"
        ),
        pytest.param({"attributedTo": "http://remote.example/x"}, id="FED-111 another author"),
        pytest.param({"type": "Note"}, id="FED-111 no stamp at all"),
    ],
)
async def test_a_stamp_that_does_not_fit_shows_nothing(
    remote, ren, send, write, see, maya, theirs, change
):
    number = await write(maya, "I agree", quote_of_id=(await see(theirs)).id)
    (request,) = told(remote, "QuoteRequest")
    stamp = f"{ren.uri}/stamps/1"
    remote.show(stamp_document(stamp, ren, request["instrument"]["id"], theirs) | change)

    await send(ren, ren.activity("Accept", request, "yes", result=stamp))

    view = await see(number)
    assert (view.quote.state, view.quote.post) == ("rejected", None)
    update = told(remote, "Update")[-1]["object"]
    assert "quote" not in update
    assert theirs in update["content"], "a link stays"


async def test_fed_111_only_whoever_is_quoted_says_yes(
    remote, make_server, ren, send, write, see, maya, theirs
):
    number = await write(maya, "I agree", quote_of_id=(await see(theirs)).id)
    (request,) = told(remote, "QuoteRequest")
    evil = await make_server("evil.example")
    eve, sam = evil.actor("eve"), remote.actor("sam")
    stamp = f"{eve.uri}/stamps/1"
    evil.show(stamp_document(stamp, ren, request["instrument"]["id"], theirs))

    await send(eve, eve.activity("Accept", request, "yes", result=stamp))
    await send(sam, sam.activity("Accept", request, "yes", result=f"{sam.uri}/stamps/1"))
    await send(ren, ren.activity("Accept", request, "yes", result=stamp))

    assert (await see(number)).quote.state == "pending"
    assert "/users/eve/stamps/1" not in evil.asked


async def test_a_rejected_quote_is_only_a_link(remote, ren, send, write, see, maya, theirs):
    number = await write(maya, "I agree", quote_of_id=(await see(theirs)).id)
    (request,) = told(remote, "QuoteRequest")

    await send(ren, ren.activity("Reject", request["id"], "no"))

    assert (await see(number)).quote.state == "rejected"
    assert "quote" not in told(remote, "Update")[-1]["object"]


async def test_a_withdrawn_stamp_ends_the_quote_and_readers_are_told(
    remote, ren, send, write, see, maya, theirs
):
    number = await write(maya, "I agree", quote_of_id=(await see(theirs)).id)
    (request,) = told(remote, "QuoteRequest")
    stamp = f"{ren.uri}/stamps/1"
    remote.show(stamp_document(stamp, ren, request["instrument"]["id"], theirs))
    await send(ren, ren.activity("Accept", request, "yes", result=stamp))
    sam = remote.actor("sam")

    await send(sam, sam.activity("Delete", stamp, "theft"))
    assert (await see(number)).quote.state == "accepted"
    await send(ren, ren.activity("Delete", stamp, "withdrawn"))

    view = await see(number)
    assert (view.quote.state, view.quote.post) == ("revoked", None)
    assert "quote" not in told(remote, "Update")[-1]["object"]
    assert (await see(theirs)).quotes_count == 0


async def test_a_post_that_says_nothing_of_quotes_is_not_quoted(
    client, remote, ren, send, write, see, maya
):
    note = ren.note("plain", tag=mention(maya))
    await send(ren, ren.create(note, "plain"))
    plain = await see(note["id"], maya)

    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "look", "quoted_status_id": str(plain.id)},
        headers=maya.headers,
    )

    assert answer.status == 403
    assert "link" in (await answer.json())["error"]
    assert told(remote, "QuoteRequest") == []


# Theirs of theirs


async def test_a_quote_elsewhere_is_shown_with_a_stamp_that_fits(
    remote, make_server, ren, send, see, maya, theirs
):
    """Row 1.11 "Read quotes"."""
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))

    await send(sam, sam.create(note))

    view = await see(note["id"])
    assert (view.quote.state, view.quote.post.uri) == ("accepted", theirs)


async def test_fed_111_a_stamp_of_another_server_is_not_even_asked_for(
    remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{sam.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    other.show(stamp_document(stamp, ren, note["id"], theirs))

    await send(sam, sam.create(note))

    assert (await see(note["id"])).quote.post is None
    assert "/users/sam/stamps/7" not in other.asked


async def test_a_quote_of_oneself_needs_no_stamp_but_only_of_oneself(
    remote, ren, send, see, maya, theirs
):
    """FED-111: an account of the same server is not the same account."""
    own = ren.note("own", quote=theirs, tag=mention(maya))
    sam = remote.actor("sam")
    another = sam.note("another", quote=theirs, tag=mention(maya))

    await send(ren, ren.create(own, "own"))
    await send(sam, sam.create(another))

    assert (await see(own["id"])).quote.state == "accepted"
    assert (await see(another["id"])).quote.post is None


async def test_stamps_are_looked_at_again_after_a_week(
    ctx, clock, remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))
    await send(sam, sam.create(note))
    del remote.documents["/users/ren/stamps/7"]

    assert (await see(note["id"])).quote.state == "accepted"
    clock.advance(days=8)
    await _recheck(ctx)

    assert (await see(note["id"])).quote.state == "revoked"


async def test_an_update_without_the_stamp_ends_the_quote(
    remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))
    await send(sam, sam.create(note))
    del note["quoteAuthorization"]

    await send(sam, sam.activity("Update", note))

    assert (await see(note["id"])).quote.state == "revoked"


async def test_fed_64_a_quote_in_a_quote_is_not_fetched(remote, make_server, send, see, maya):
    other = await make_server("other.example")
    sam = other.actor("sam")
    deep = sam.note("deep")
    inner = sam.note("inner", quote=deep["id"])
    outer = sam.note("outer", quote=inner["id"], tag=mention(maya))
    for note in (deep, inner):
        other.show(note)

    await send(sam, sam.create(outer))

    view = await see(outer["id"], maya)
    assert view.quote.post.uri == inner["id"]
    assert view.quote.post.quote.post is None
    assert "/users/sam/posts/deep" not in other.asked


async def test_what_is_quoted_and_deleted_is_gone_from_the_quote(
    ren, send, write, see, maya, theirs, remote
):
    own = ren.note("own", quote=theirs, tag=mention(maya))
    await send(ren, ren.create(own, "own"))

    await send(ren, ren.activity("Delete", theirs))

    view = await see(own["id"])
    assert (view.quote.state, view.quote.post) == ("deleted", None)


def stamp_document(uri, author, quoting, quoted):
    return {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author.uri,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


async def _known(ctx, uri):
    async with ctx.read() as session:
        return await accounts.by_uri(session, uri)


async def _decide(session, number, *, actor, accept, now):
    row = await session.get(ApprovalRow, number)
    await quotes.decide(session, actor=actor, approval=row, accept=accept, now=now)


async def _recheck(ctx):
    await recheck_quotes(ctx, RecheckQuotes())
    await run_until_idle(ctx)
