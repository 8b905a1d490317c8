"""Relays: taking part, what goes there, and what of theirs is kept (FEP-ae0c).

Row 1.14 "Relays".
"""

import pytest

from federation.sig.integrity import proofs_in
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts, profiles, relays, tags
from fedi_k12.worker import run_until_idle
from storage import posts as post_rows
from tests.remote import PUBLIC

INBOX = "http://relay.example/inbox"
ACTOR = "http://relay.example/users/relay"


@pytest.fixture
async def server(make_server):
    return await make_server("relay.example")


@pytest.fixture
def relay(server):
    return server.actor("relay", type="Application")


@pytest.fixture
def ask(ctx):
    """Return a function that asks a relay to take part."""

    async def run(address=INBOX, actor=None, mode="open"):
        number = await ctx.write(
            relays.add,
            actor=actor,
            address=address,
            mode=mode,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        return number

    return run


@pytest.fixture
def joined(ask, send, server, relay):
    """Return a function that takes part in the relay."""

    async def run(address=INBOX):
        number = await ask(address)
        follow = next(item.body for item in server.delivered if item.body["type"] == "Follow")
        await send(relay, relay.activity("Accept", follow))
        server.delivered.clear()
        return number

    return run


@pytest.fixture
def states(ctx):
    async def run():
        async with ctx.read() as session:
            return [one.state for one in await relays.everything(session, actor=None)]

    return run


@pytest.fixture
def publish(ctx):
    async def run(member, text="Fractions with strips #math", **parts):
        number = await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        return number

    return run


@pytest.fixture
async def found(ctx, maya):
    """Maya lets everybody find what she writes."""
    await ctx.write(
        profiles.update_profile,
        actor=maya.actor,
        changes=profiles.ProfileChanges(indexable=True),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    return maya


@pytest.fixture
def known(ctx):
    async def look(uri):
        async with ctx.read() as session:
            return await post_rows.by_uri(session, uri)

    return look


def sent(server, kind):
    return [item.body for item in server.delivered if item.body["type"] == kind]


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    """The fake servers speak http; a real relay has to speak https."""
    monkeypatch.setattr(relays, "SCHEMES", frozenset({"http", "https"}))


async def test_a_relay_of_mastodons_kind_is_asked_as_everybody(ctx, ask, server, states):
    await ask()

    (follow,) = sent(server, "Follow")
    assert follow["object"] == PUBLIC
    assert follow["actor"] == ctx.addresses.server_actor()
    assert await states() == ["pending"]


async def test_a_relay_of_litepubs_kind_is_asked_as_itself(ask, server, relay, send, states):
    await ask(ACTOR)

    (follow,) = sent(server, "Follow")
    assert follow["object"] == relay.uri
    await send(relay, relay.activity("Accept", follow))
    await send(relay, relay.activity("Follow", follow["actor"]))
    assert await states() == ["accepted"]
    assert len(sent(server, "Accept")) == 1


async def test_only_the_relay_itself_answers(ask, send, server, relay, remote, states):
    """FED-71: an answer of somebody else is none."""
    await ask()
    (follow,) = sent(server, "Follow")
    mallory = remote.actor("mallory", type="Application")

    await send(mallory, mallory.activity("Accept", follow))
    assert await states() == ["pending"]

    await send(relay, relay.activity("Reject", follow))
    assert await states() == ["rejected"]


async def test_a_public_post_of_who_wants_to_be_found_goes_to_the_relay(
    joined, publish, server, found
):
    await joined()

    await publish(found)

    (create,) = sent(server, "Create")
    assert create["actor"] == found.account.uri
    assert list(proofs_in(create))


async def test_litepubs_kind_is_told_where_the_post_is(ctx, joined, publish, server, found):
    await joined(ACTOR)

    number = await publish(found)

    (announce,) = sent(server, "Announce")
    assert announce["actor"] == ctx.addresses.server_actor()
    assert announce["object"] == ctx.addresses.post("maya", number)
    assert sent(server, "Create") == []


@pytest.mark.parametrize(
    "parts",
    [{"visibility": v} for v in Visibility if v is not Visibility.PUBLIC]
    + [{"local_only": True}],
    ids=str,
)
async def test_what_is_not_for_all_never_goes_to_a_relay(joined, publish, server, found, parts):
    await joined()

    await publish(found, **parts)

    assert server.delivered == []


async def test_who_does_not_want_to_be_found_is_in_no_relay(joined, publish, server, tom):
    await joined()

    await publish(tom)

    assert server.delivered == []


async def test_answers_stay_where_they_are(joined, publish, server, found):
    await joined()
    first = await publish(found)
    server.delivered.clear()

    await publish(found, "And for grade 5", in_reply_to_id=first)

    assert server.delivered == []


async def test_a_post_with_a_hashtag_somebody_follows_is_kept(
    ctx, joined, send, relay, remote, maya, known
):
    await joined()
    await ctx.write(tags.follow, actor=maya.actor, name="math", now=ctx.clock())
    ren = remote.actor("ren")
    note = ren.note(
        tag=[{"type": "Hashtag", "name": "#Math", "href": "http://remote.example/t"}]
    )
    remote.show(note)

    await send(relay, relay.activity("Announce", note["id"], to=[PUBLIC]))

    kept = await known(note["id"])
    assert kept is not None
    assert kept.boosts_count == 0


async def test_what_nobody_here_follows_is_not_kept(joined, send, relay, remote, known):
    await joined()
    ren = remote.actor("ren")
    note = ren.note(
        tag=[{"type": "Hashtag", "name": "#Cats", "href": "http://remote.example/t"}]
    )
    remote.show(note)

    await send(relay, relay.activity("Announce", note["id"], to=[PUBLIC]))

    assert await known(note["id"]) is None


async def test_a_create_that_a_relay_hands_on_is_fetched_from_its_own_server(
    ctx, joined, send, relay, remote, maya, known
):
    await joined()
    await ctx.write(tags.follow, actor=maya.actor, name="math", now=ctx.clock())
    ren = remote.actor("ren")
    true = ren.note(
        text="<p>True</p>",
        tag=[{"type": "Hashtag", "name": "#math", "href": "http://remote.example/t"}],
    )
    remote.show(true)

    assert await send(relay, ren.create({**true, "content": "<p>Changed</p>"})) == 202

    assert "True" in (await known(true["id"])).content


async def test_fed_112_a_relay_deletes_and_moves_nothing_of_others(
    ctx, joined, send, relay, remote, maya, known
):
    await joined()
    await ctx.write(tags.follow, actor=maya.actor, name="math", now=ctx.clock())
    ren = remote.actor("ren")
    note = ren.note(
        tag=[{"type": "Hashtag", "name": "#math", "href": "http://remote.example/t"}]
    )
    remote.show(note)
    await send(relay, relay.activity("Announce", note["id"], to=[PUBLIC]))

    await send(relay, ren.activity("Delete", note["id"]))
    status = await send(relay, ren.activity("Move", ren.uri, target=f"{relay.uri}"))

    assert await known(note["id"]) is not None
    assert status == 401


async def test_who_only_says_that_it_is_a_relay_is_none(ctx, send, relay, remote, maya, known):
    await ctx.write(tags.follow, actor=maya.actor, name="math", now=ctx.clock())
    ren = remote.actor("ren")
    note = ren.note(
        tag=[{"type": "Hashtag", "name": "#math", "href": "http://remote.example/t"}]
    )
    remote.show(note)

    await send(relay, relay.activity("Announce", note["id"], to=[PUBLIC]))

    assert await known(note["id"]) is None


async def test_a_relay_that_was_left_is_told_and_sends_nothing_more(
    ctx, joined, publish, server, found, states
):
    number = await joined()

    await ctx.write(relays.remove, actor=None, relay_id=number, now=ctx.clock())
    await run_until_idle(ctx)
    await publish(found)

    assert [item.body["type"] for item in server.delivered] == ["Undo"]
    assert await states() == []


async def test_with_chosen_servers_only_there_is_no_relay(ask):
    with pytest.raises(InvalidError):
        await ask(mode="allowlist")


@pytest.mark.parametrize(
    "address",
    ["", "relay.example", "ftp://relay.example/inbox", "https://a:b@relay.example/inbox"],
)
async def test_what_is_no_address_is_asked_nothing(ask, address):
    with pytest.raises(InvalidError):
        await ask(address)


async def test_members_decide_about_no_relay(ask, maya, make_member):
    with pytest.raises(ForbiddenError):
        await ask(actor=maya.actor)

    admin = await make_member("ada", role=Role.ADMIN)
    assert await ask(actor=admin.actor)
