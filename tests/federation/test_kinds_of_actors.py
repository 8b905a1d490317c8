"""Which kinds actors are of, here and elsewhere. Row 1.2 "Types out". Row 1.2 "Types in"."""

import pytest
from sqlalchemy import select

from federation.learn import fetch_account
from fedi_k12.services import follows
from fedi_k12.worker import run_until_idle
from storage.tables import FollowRow
from tests.remote import ACTIVITY, signed_headers

KINDS = ("Person", "Group", "Organization", "Service")


@pytest.fixture
def kind_now(ctx):
    """Return a function that fetches an actor anew and gives its kind here."""

    async def fetch(remote, actor, kind):
        remote.show(actor.document(type=kind))
        return (await fetch_account(ctx, actor.uri)).kind

    return fetch


@pytest.mark.parametrize("kind", KINDS)
async def test_one_id_has_one_kind_whoever_asks(client, ctx, remote, make_member, kind):
    member = await make_member("lincoln", kind=kind)
    path = member.account.uri.removeprefix("https://home.example")
    found = set()
    for name in ("Mastodon/4.6.0", "Lemmy/1.0; +https://x.example", "Pixelfed", "curl/8"):
        signed = signed_headers(
            remote.actor("reader"), None, host="home.example", path=path, now=ctx.clock(),
            method="GET",
        )  # fmt: skip
        answer = await client.get(
            path, headers={**signed, "Accept": ACTIVITY, "User-Agent": name}
        )
        found.add((await answer.json())["type"])
    stub = await (await client.get(path, headers={"Accept": ACTIVITY})).json()

    assert found == {kind} == {stub["type"]}


async def test_the_server_speaks_as_an_application(client):
    answer = await client.get("/actor", headers={"Accept": ACTIVITY})

    assert (await answer.json())["type"] == "Application"


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        *((kind, kind) for kind in (*KINDS, "Application")),
        (["Person", "http://joinpeertube.org/ns#Account"], "Person"),
        (["pt:Channel", "Group", "Person"], "Group"),
        (["as:Organization"], "Organization"),
    ],
    ids=str,
)
async def test_every_kind_is_known_the_first_known_word_counts(remote, kind_now, kind, known):
    assert await kind_now(remote, remote.actor("ria"), kind) == known


@pytest.mark.parametrize("kind", ["Note", [], None, 7, ["Tombstone", "Place"]], ids=str)
async def test_what_is_no_actor_is_not_taken(remote, kind_now, kind):
    from fedi_k12.domain.errors import DomainError

    with pytest.raises(DomainError):
        await kind_now(remote, remote.actor("ria"), kind)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Person", "Service", "Service"),
        ("Service", "Person", "Person"),
        ("Person", "Organization", "Organization"),
        ("Organization", "Service", "Service"),
        ("Person", "Group", "Group"),
        ("Group", "Person", "Person"),
        ("Person", "Application", "Person"),
        ("Application", "Group", "Application"),
    ],
)
async def test_who_nobody_follows_may_become_another_kind(
    remote, kind_now, before, after, expected
):
    actor = remote.actor("ria")
    await kind_now(remote, actor, before)

    assert await kind_now(remote, actor, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Person", "Group", "Person"),
        ("Group", "Person", "Group"),
        ("Group", "Organization", "Group"),
        ("Person", "Service", "Service"),
    ],
)
async def test_who_is_followed_does_not_become_a_group_nor_a_group_a_person(
    ctx, remote, send, maya, kind_now, before, after, expected
):
    """FED-70: members agreed to something else."""
    actor = remote.actor("ria")
    await kind_now(remote, actor, before)
    row = await fetch_account(ctx, actor.uri)
    await ctx.write(
        follows.follow, actor=maya.actor, target_id=row.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    async with ctx.read() as session:
        uri = await session.scalar(select(FollowRow.uri).where(FollowRow.target_id == row.id))
    await send(actor, actor.activity("Accept", uri))
    await run_until_idle(ctx)

    assert await kind_now(remote, actor, after) == expected
