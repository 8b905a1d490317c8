"""Quotes between servers (FEP-044f): asked for, allowed, shown, withdrawn.

Row 1.11 "Authorised quotes out". Row 1.11 "Authorised quotes in".
"""

import pytest
from sqlalchemy import select

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import quotes
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage.tables import ApprovalRow
from tests.quoting import mention, stamp_document


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


async def _known(ctx, uri):
    async with ctx.read() as session:
        return await accounts.by_uri(session, uri)


async def _decide(session, number, *, actor, accept, now):
    row = await session.get(ApprovalRow, number)
    await quotes.decide(session, actor=actor, approval=row, accept=accept, now=now)
