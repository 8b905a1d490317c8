"""Fixtures: collections of accounts, of members here and of accounts elsewhere."""

import pytest
from sqlalchemy import update

from federation.learn import fetch_account
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.services import collections, follows
from fedi_k12.worker import run_until_idle
from storage import collections as queries
from storage.tables import AccountRow
from tests.remote import ACTIVITY, PUBLIC

EVERYBODY = {"canFeature": {"automaticApproval": [PUBLIC]}}
WHO_ASKS = {"canFeature": {"manualApproval": [PUBLIC]}}
BASE = "http://remote.example"
PACK = f"{BASE}/users/ren/packs/1"


@pytest.fixture
async def ren(ctx, remote, send, maya):
    """An actor who follows maya and whom maya follows, and who may be recommended."""
    actor = remote.actor(
        "ren", interactionPolicy=EVERYBODY, featuredCollections=f"{BASE}/users/ren/packs"
    )
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    row = await fetch_account(ctx, actor.uri)
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    await send(actor, actor.activity("Accept", told(remote, "Follow")[-1], "follow"))
    remote.delivered.clear()
    return actor


@pytest.fixture
async def found(ctx, maya, tom):
    """Return a function that lets members be found, or no longer; maya and tom are."""

    async def let(*members, discoverable=True):
        async def change(session):
            await session.execute(
                update(AccountRow)
                .where(AccountRow.id.in_([one.account.id for one in members]))
                .values(discoverable=discoverable)
            )

        await ctx.write(change)

    await let(maya, tom)
    return let


@pytest.fixture
def do(ctx):
    """Return a function that lets a member do something; what follows from it is done."""

    async def run(fn, member, **given):
        if fn is collections.create:
            given["addresses"] = ctx.addresses
        result = await ctx.write(fn, actor=member.actor, now=ctx.clock(), **given)
        await run_until_idle(ctx)
        return result

    return run


@pytest.fixture
def see(ctx):
    """Return a function that gives a collection as somebody sees it, by its id or its uri."""

    async def run(which, member=None):
        async with ctx.read() as session:
            if isinstance(which, str):
                row = await queries.by_uri(session, which)
                if row is None:
                    return None
                which = row.id
            viewer = member.actor if member else None
            return await collections.get(session, collection_id=which, viewer=viewer)

    return run


@pytest.fixture
async def asking(ctx, do, found, maya, ren, remote):
    """A collection of maya's, the place that ren was asked for, and the request."""
    number = await do(collections.create, maya, draft=CollectionDraft("Science"))
    row = await fetch_account(ctx, ren.uri)
    item = await do(collections.add, maya, collection_id=number, account_id=row.id)
    return number, item, told(remote, "FeatureRequest")[-1]


def told(remote, kind):
    return [one.body for one in remote.delivered if one.body["type"] == kind]


def stamp(remote, actor, collection_uri, **changes):
    """Show a stamp of an actor as Mastodon writes it; return its id."""
    document = {
        "id": f"{actor.uri}/feature_authorizations/1",
        "type": "FeatureAuthorization",
        "interactingObject": collection_uri,
        "interactionTarget": actor.uri,
        **changes,
    }
    remote.show(document)
    return document["id"]


def states(view):
    return {one.account.username: one.state.value for one in view.items}


async def shown(client, uri):
    path = uri.removeprefix("https://home.example")
    return await client.get(path, headers={"Accept": ACTIVITY})


def pack(*items, **changes):
    """Return a collection of ren's."""
    return {
        "id": PACK,
        "type": "FeaturedCollection",
        "attributedTo": f"{BASE}/users/ren",
        "name": "Science <b>teachers</b>",
        "summaryMap": {"en": "<p>They teach</p>"},
        "topic": {"type": "Hashtag", "name": "#Science"},
        "sensitive": False,
        "discoverable": True,
        "url": f"{BASE}/collections/1",
        "totalItems": len(items),
        "orderedItems": list(items),
        "published": "2026-01-02T03:04:05Z",
        **changes,
    }


def place(actor_uri, word, number="1", **changes):
    """Return somebody's place in a collection of ren's."""
    return {
        "id": f"{PACK}/items/{number}",
        "type": "FeaturedItem",
        "featuredObject": actor_uri,
        "featuredObjectType": "Person",
        "featureAuthorization": word,
        **changes,
    }


def request_of(actor, member, number="1", **changes):
    return actor.activity(
        "FeatureRequest", member.account.uri, number, **{"instrument": PACK, **changes}
    )


@pytest.fixture
def ann(remote):
    return remote.actor("ann")


def listed(actor, thing=None, **changes):
    """Return the Add of a collection to those of its maker."""
    target = f"{actor.uri}/packs"
    return actor.activity("Add", thing or PACK, **{"target": target, **changes})
