"""Who somebody is cannot be changed from outside, nor can what others feature or who follows.

FED-11, FED-15, FED-72, FED-88.
"""

import io
import json

import pytest
from sqlalchemy import func, select

from federation.learn import fetch_account
from fedi_k12.domain.errors import DomainError
from fedi_k12.services import follows
from storage import accounts, posts
from storage.tables import FollowRow, PostRow


@pytest.fixture
async def ren(remote, send, maya):
    """An actor elsewhere who follows Maya."""
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", maya.account.uri, "first"))
    return actor


async def test_fed_11_a_document_under_another_id_changes_nothing(
    ctx, remote, ren, account_by_uri
):
    before = await account_by_uri(ren.uri)
    other = f"http://{ren.host}/users/somebody-else"
    remote.show(ren.document(id=other, name="Somebody else"), path="/users/ren")

    with pytest.raises(DomainError):
        await fetch_account(ctx, ren.uri)

    after = await account_by_uri(ren.uri)
    assert (after.id, after.display_name) == (before.id, before.display_name)
    assert await account_by_uri(other) is None


async def test_fed_11_a_new_name_is_checked_and_the_account_stays_itself(
    ctx, remote, ren, account_by_uri
):
    before = await account_by_uri(ren.uri)
    remote.show(ren.document(preferredUsername="renamed"))

    await fetch_account(ctx, ren.uri)

    after = await account_by_uri(ren.uri)
    assert after.id == before.id
    assert f"webfinger acct:renamed@{ren.host}" in remote.asked
    assert not (after.username == "renamed" and after.handle_verified)


@pytest.mark.parametrize("name", ["a.png", "a.json", "actor"])
async def test_fed_15_a_document_is_no_picture(client, maya, name):
    document = json.dumps({"id": "https://home.example/x", "type": "Person"}).encode()

    answer = await client.post(
        "/api/v2/media",
        data={"file": io.BytesIO(document)},
        headers={"Authorization": f"Bearer {maya.token}"},
    )

    assert answer.status == 422, name


async def test_fed_72_rejects_of_strangers_end_no_follow(
    ctx, remote, send, ren, maya, account_by_uri
):
    row = await account_by_uri(ren.uri)
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    inner = {"type": "Follow", "actor": maya.account.uri, "object": ren.uri}
    await send(ren, ren.activity("Accept", inner))
    eve = remote.actor("eve")

    for number in range(20):
        await send(eve, eve.activity("Reject", inner, f"r{number}"))
        theirs = {"type": "Follow", "actor": ren.uri, "object": maya.account.uri}
        await send(eve, eve.activity("Reject", theirs, f"s{number}"))

    async with ctx.read() as session:
        kept = await session.scalar(
            select(func.count()).select_from(FollowRow).where(FollowRow.accepted)
        )
    assert kept == 2


@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_fed_72_what_others_feature_is_theirs(ctx, remote, send, ren, maya, kind):
    eve = remote.actor("eve")
    note = ren.note(tag=[{"type": "Mention", "href": maya.account.uri, "name": "@maya"}])
    await send(ren, ren.create(note))

    for target in (f"{ren.uri}/collections/featured", ctx.addresses.featured("maya")):
        await send(eve, eve.activity(kind, note["id"], kind, target=target))

    async with ctx.read() as session:
        pinned = await session.scalar(
            select(func.count()).select_from(PostRow).where(PostRow.pinned_at.is_not(None))
        )
    assert pinned == 0


@pytest.mark.parametrize("place", ["activity", "object", "both"])
@pytest.mark.parametrize("name", ["bto", "bcc"])
async def test_fed_88_hidden_recipients_of_others_are_neither_kept_nor_shown(
    ctx, client, send, ren, maya, tom, place, name
):
    """Row 1.6 "bto/bcc"."""
    hidden = {name: [tom.account.uri, "https://www.w3.org/ns/activitystreams#Public"]}
    note = ren.note(
        to=[maya.account.uri],
        cc=[],
        tag=[{"type": "Mention", "href": maya.account.uri, "name": "@maya"}],
    )
    note |= hidden if place != "activity" else {}
    activity = ren.create(note) | (hidden if place != "object" else {})

    assert await send(ren, activity) == 202

    async with ctx.read() as session:
        row = await posts.by_uri(session, note["id"])
        assert row.visibility == "direct"
        people = (await posts.mentions_of(session, [row.id]))[row.id]
        assert await accounts.by_uri(session, tom.account.uri) is not None
    assert [account.id for _mention, account in people] == [maya.account.id]
    for member, status in ((maya, 200), (tom, 404)):
        answer = await client.get(
            f"/api/v1/statuses/{row.id}", headers={"Authorization": f"Bearer {member.token}"}
        )
        assert answer.status == status
        assert tom.account.uri not in await answer.text()
