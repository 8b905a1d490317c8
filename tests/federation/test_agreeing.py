"""Two servers agree on who follows whom. Row 1.5 "Followers sync"."""

import io
import json

import pytest

from federation.synchronisation import digest_of, header_for, parse_claim
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follow_sync, follows, posts
from fedi_k12.worker import run_until_idle
from tests.remote import ACTIVITY, signed_headers

REN = "http://remote.example/users/ren"
LIST = f"{REN}/followers_synchronization"


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
def following(ctx, make_remote, send, ren):
    """Return a function that lets members follow Ren, accepted."""

    async def run(*members):
        row = None
        for member in members:
            if row is None:
                await send(ren, ren.activity("Follow", member.account.uri, "known"))
                async with ctx.read() as session:
                    from storage import accounts

                    row = await accounts.by_uri(session, REN)
            await ctx.write(
                follows.follow, actor=member.actor, target_id=row.id,
                addresses=ctx.addresses, now=ctx.clock(),
            )  # fmt: skip
            inner = {"type": "Follow", "actor": member.account.uri, "object": REN}
            await send(ren, ren.activity("Accept", inner, member.account.username))
        return row

    return run


@pytest.fixture
def claim(client, ctx, ren):
    """Return a function that sends something with a claim about Ren's followers here."""

    async def run(uris, *, collection=f"{REN}/followers", url=LIST, number="1", digest=None):
        body = json.dumps(ren.activity("Like", f"{REN}/nothing", number)).encode()
        headers = signed_headers(ren, body, host="home.example", path="/inbox", now=ctx.clock())
        headers["Content-Type"] = ACTIVITY
        headers["Collection-Synchronization"] = (
            f'collectionId="{collection}", url="{url}", digest="{digest or digest_of(uris)}"'
        )
        answer = await client.post("/inbox", data=io.BytesIO(body), headers=headers)
        assert answer.status == 202
        await run_until_idle(ctx)

    return run


@pytest.fixture
def shows(remote):
    """Return a function that lets Ren's server list who follows Ren from here."""

    def run(uris, **changes):
        remote.show(
            {"id": LIST, "type": "OrderedCollection", "orderedItems": list(uris), **changes}
        )

    return run


@pytest.fixture
def who(ctx):
    """Return a function that lists the members who follow Ren."""

    async def run(row):
        async with ctx.read() as session:
            from storage import follows as queries

            return set(await queries.local_follower_uris(session, row.id, limit=99))

    return run


def test_a_digest_does_not_depend_on_the_order():
    ids = ["https://a.example/users/1", "https://a.example/users/2"]

    assert digest_of(ids) == digest_of(reversed(ids)) == digest_of([*ids, ids[0]])
    assert digest_of([]) == "0" * 64


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", 'collectionId="a", url="b", digest="zz"', 'digest="' + "0" * 64 + '"'],
)
def test_what_is_no_claim_is_none(text):
    assert parse_claim(text) is None


async def test_a_follow_that_is_forgotten_there_ends_here(
    following, claim, shows, who, maya, tom, remote
):
    row = await following(maya, tom)
    shows([maya.account.uri])
    before = len(remote.delivered)

    await claim([maya.account.uri])

    assert await who(row) == {maya.account.uri}
    assert "Undo" not in [item.body["type"] for item in remote.delivered[before:]]


async def test_a_follow_that_is_forgotten_here_is_undone_there(
    following, claim, shows, who, maya, tom, remote
):
    row = await following(maya)
    both = [maya.account.uri, tom.account.uri]
    shows(both)

    await claim(both)

    undone = [item.body["object"] for item in remote.delivered if item.body["type"] == "Undo"]
    assert [(item["actor"], item["object"]) for item in undone] == [(tom.account.uri, REN)]
    assert await who(row) == {maya.account.uri}


async def test_who_agrees_is_not_asked(following, claim, remote, maya):
    await following(maya)

    await claim([maya.account.uri])

    assert LIST.removeprefix("http://remote.example") not in remote.asked


@pytest.mark.parametrize(
    "changes",
    [
        {"collection": "http://remote.example/users/somebody/followers"},
        {"url": "http://elsewhere.example/list"},
        {"digest": "0" * 63 + "1"},
    ],
    ids=["FED-86 of somebody else", "FED-86 listed elsewhere", "FED-86 another list"],
)
async def test_a_false_claim_ends_nothing(
    following, claim, shows, who, make_server, maya, changes
):
    await make_server("elsewhere.example")
    row = await following(maya)
    shows([])

    await claim([], **changes)

    assert await who(row) == {maya.account.uri}


async def test_fed_86_a_list_without_end_is_not_believed(
    following, claim, shows, who, maya, remote
):
    row = await following(maya)
    shows([], first=f"{LIST}?page=1", orderedItems=None)
    for number in range(1, 30):
        page = {
            "id": f"{LIST}?page={number}",
            "type": "OrderedCollectionPage",
            "partOf": LIST,
            "orderedItems": [],
            "next": f"{LIST}?page={number + 1}",
        }
        remote.show(page)

    await claim([])

    assert await who(row) == {maya.account.uri}


async def test_fed_86_many_follows_end_only_after_a_second_look(
    ctx, clock, following, claim, shows, who, maya, tom, monkeypatch
):
    monkeypatch.setattr(follow_sync, "MANY", 1)
    row = await following(maya, tom)
    shows([])

    await claim([])
    assert len(await who(row)) == 2

    clock.advance(minutes=61)
    await run_until_idle(ctx)
    assert await who(row) == set()


async def test_posts_to_followers_carry_the_digest(
    ctx, client, send, ren, remote, maya, make_remote
):
    await send(ren, ren.activity("Follow", maya.account.uri))
    await make_remote("pat", "other.example")

    await ctx.write(
        posts.publish, actor=maya.actor, addresses=ctx.addresses, now=ctx.clock(),
        draft=Draft("For you", visibility=Visibility.FOLLOWERS),
    )  # fmt: skip
    await run_until_idle(ctx)

    sent = next(item for item in remote.delivered if item.body["type"] == "Create")
    said = parse_claim(sent.headers["Collection-Synchronization"])
    assert said.collection == f"{maya.account.uri}/followers"
    assert said.digest == digest_of([REN])
    accepted = next(item for item in remote.delivered if item.body["type"] == "Accept")
    assert "Collection-Synchronization" not in accepted.headers
    path = said.url.removeprefix("https://home.example")
    signed = signed_headers(
        ren, None, host="home.example", path=path, now=ctx.clock(), method="GET"
    )
    shown = await client.get(path, headers={"Accept": ACTIVITY, **signed})
    unsigned = await client.get(path, headers={"Accept": ACTIVITY})
    assert json.loads(await shown.text())["orderedItems"] == [REN]
    assert unsigned.status == 401


async def test_what_is_not_for_followers_carries_none(ctx, maya):
    body = json.dumps({"actor": maya.account.uri, "to": [REN], "note": "/followers"}).encode()

    assert await header_for(ctx, account_id=1, body=body, host="remote.example") == {}
    assert await header_for(ctx, account_id=1, body=b'/followers"', host="r.example") == {}
