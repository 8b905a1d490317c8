"""Nobody can be kept from reading an official account (R-48, R-49)."""

import json

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.portability import Entry
from fedi_k12.services import entry, follows, import_lines, moderation
from storage.tables import BlockRow, DomainMuteRow
from tests.browse import filled_in
from tests.remote import ACTIVITY, signed_headers

SENTENCE = "An official account speaks to everybody"


@pytest.fixture
async def manager(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
def fetch(client, ctx):
    """Return a function that fetches a document, unsigned or signed by somebody elsewhere."""

    async def run(address, by=None):
        path = address.removeprefix("https://home.example")
        signed = {}
        if by is not None:
            signed = signed_headers(
                by, None, host="home.example", path=path, now=ctx.clock(), method="GET"
            )
        answer = await client.get(
            path, headers={"Accept": ACTIVITY, **signed}, allow_redirects=False
        )
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else {}

    return run


async def _by_app(client, manager, seated, maya, lincoln, target):
    answer = await client.post(
        f"/api/v1/accounts/{target.id}/block",
        headers={"Authorization": f"Bearer {manager.token}"},
    )
    return answer.status, await answer.text()


async def _by_page(client, manager, seated, maya, lincoln, target):
    browser = await seated(maya, lincoln)
    form = await browser.get(f"/@{target.username}")
    assert "Block: nothing to do with each other" not in form.text
    sent = filled_in(form.form(f"/people/{target.id}/follow"))
    page = await browser.post(f"/people/{target.id}/block", sent)
    return page.status, page.text


async def _by_program(client, manager, seated, maya, lincoln, target):
    answer = await client.post(
        "/users/lincoln/outbox",
        json={
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Block",
            "object": target.uri,
        },
        headers={"Authorization": f"Bearer {manager.token}", "Content-Type": ACTIVITY},
    )
    return answer.status, await answer.text()


@pytest.mark.parametrize("way", [_by_app, _by_page, _by_program])
async def test_no_official_account_blocks_anybody(
    ctx, client, manager, seated, maya, lincoln, tom, way
):
    """R-48: refused with a sentence on each way in, to a manager too."""
    status, text = await way(client, manager, seated, maya, lincoln, tom.account)

    assert (status, SENTENCE in text) == (403, True)
    async with ctx.read() as session:
        assert list(await session.scalars(select(BlockRow))) == []


async def test_nor_by_a_list_that_is_taken_in(ctx, manager, tom):
    """R-48: lists of blocks go through the same service, line by line."""
    piece = import_lines.Piece(manager.actor, "blocks", ((1, "add", Entry("tom")),))

    async def carry_out(session):
        await import_lines._add(
            session,
            piece,
            Entry("tom"),
            tom.account.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    with pytest.raises(ForbiddenError, match=SENTENCE):
        await ctx.write(carry_out)


async def test_nor_shuts_out_a_server(ctx, client, manager, seated, maya, lincoln):
    """R-49: what a whole server answers is not kept from the team either."""
    answer = await client.post(
        "/api/v1/domain_blocks",
        data={"domain": "remote.example"},
        headers={"Authorization": f"Bearer {manager.token}"},
    )
    assert answer.status == 403
    with pytest.raises(ForbiddenError, match=SENTENCE):
        await ctx.write(
            follows.block_domain,
            actor=manager.actor,
            domain="remote.example",
            now=ctx.clock(),
        )
    async with ctx.read() as session:
        assert list(await session.scalars(select(DomainMuteRow))) == []


@pytest.mark.parametrize("severity", [None, "limit", "suspend"])
async def test_every_server_reads_an_official_account(
    ctx, fetch, publish, manager, tom, remote, severity
):
    """R-48, R-49: unsigned, signed, from a limited and from a blocked server alike."""
    ren = remote.actor("ren")
    post = await publish(manager, "School begins at eight")
    private = await publish(tom, "Not for them")
    if severity is not None:
        await ctx.write(
            moderation.set_host_policy,
            actor=None,
            domain="remote.example",
            severity=severity,
            ground="spam",
            now=ctx.clock(),
        )
    lincoln = manager.account.uri
    places = [lincoln, f"{lincoln}/outbox", f"{lincoln}/outbox?page=true", post.uri]
    places += [f"{post.uri}/replies", f"{post.uri}/activity", f"{lincoln}/collections/featured"]
    for place in places:
        status, unsigned = await fetch(place)
        assert (status, await fetch(place, by=ren)) == (200, (200, unsigned)), place
    assert post.uri in json.dumps((await fetch(f"{lincoln}/outbox?page=true", by=ren))[1])

    status, _ = await fetch(private.uri, by=ren)
    assert status == (403 if severity == "suspend" else 200)


async def test_somebody_suspended_still_reads(ctx, fetch, publish, manager, remote, send):
    """R-48: a suspension ends what somebody says here, not what they read of a school."""
    ren = remote.actor("ren")
    post = await publish(manager, "School begins at eight")
    await send(ren, ren.activity("Follow", manager.account.uri))
    async with ctx.read() as session:
        account = await moderation.accounts.by_uri(session, ren.uri)
    await ctx.write(
        moderation.suspend_account,
        actor=None,
        account_id=account.id,
        reason="threats",
        now=ctx.clock(),
    )

    status, document = await fetch(post.uri, by=ren)

    assert (status, document["id"]) == (200, post.uri)


async def test_a_network_that_is_shut_out_still_reads(
    ctx, client, publish, manager, make_member
):
    """R-48: the pages of official accounts are open where nothing else is."""
    post = await publish(manager, "School begins at eight")
    vera = await make_member("vera")
    await ctx.write(
        entry.block_network,
        actor=replace(vera.actor, role=Role.ADMIN),
        network="127.0.0.0/8",
        severity="no_access",
        now=ctx.clock(),
    )

    for path, status in {"/@lincoln": 200, f"/@lincoln/{post.id}": 200, "/about": 403}.items():
        assert (await client.get(path)).status == status, path
    assert (await client.post("/@lincoln")).status in {403, 405}
