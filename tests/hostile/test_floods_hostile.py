"""Floods: one actor, host or domain that sends too much of what bothers people (FED-106)."""

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

import federation.flood as floods
from fedi_k12.services import first_contact
from storage.tables import FollowRow, PostRow


@pytest.fixture
def settings(settings):
    return replace(settings, rate_limits=True)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    limits = dict.fromkeys(floods.LIMITS, (3, 5, 6))
    monkeypatch.setattr(floods, "LIMITS", limits)


@pytest.fixture
def count(ctx):
    async def run(table):
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(table))

    return run


def letter_to(actor, members, number):
    tags = [{"type": "Mention", "href": one.account.uri} for one in members]
    return actor.create(actor.note(number, tag=tags), number)


FLOODS = {
    "FED-106 follows": lambda ren, maya, n: ren.activity("Follow", maya.account.uri, n),
    "FED-106 mentions": lambda ren, maya, n: letter_to(ren, [maya], n),
    "FED-106 follows taken back": lambda ren, maya, n: ren.activity(
        "Undo", ren.activity("Follow", maya.account.uri), n
    ),
    "FED-78 reports": lambda ren, maya, n: ren.activity("Flag", maya.account.uri, n),
    "FED-79 blocks": lambda ren, maya, n: ren.activity("Block", maya.account.uri, n),
    "FED-106 likes": lambda ren, maya, n: ren.activity("Like", f"{maya.account.uri}/1", n),
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS.keys())
async def test_an_actor_that_sends_too_much_has_to_wait(remote, send, maya, clock, make):
    ren = remote.actor("ren")

    answers = [await send(ren, make(ren, maya, str(n)), process=False) for n in range(4)]

    assert answers == [202, 202, 202, 429]
    clock.advance(minutes=11)
    assert await send(ren, make(ren, maya, "later"), process=False) == 202


async def test_a_server_is_counted_as_a_whole(remote, send, maya):
    answers = []
    for number in range(6):
        actor = remote.actor(f"ren{number}")
        answers.append(
            await send(actor, actor.activity("Follow", maya.account.uri), process=False)
        )

    assert answers == [202] * 5 + [429]


async def test_fed_107_subdomains_count_as_one_domain(make_server, send, maya):
    answers = []
    for number in range(7):
        actor = (await make_server(f"s{number}.evil.test")).actor("ren")
        answers.append(
            await send(actor, actor.activity("Follow", maya.account.uri), process=False)
        )

    assert answers == [202] * 6 + [429]


async def test_fed_107_a_domain_of_very_many_servers_is_put_on_hold(
    ctx, make_server, send, maya, count, monkeypatch
):
    monkeypatch.setattr(floods, "MAX_SUBDOMAINS", 3)
    monkeypatch.setattr(floods, "LIMITS", dict.fromkeys(floods.LIMITS, (99, 99, 99)))
    for number in range(5):
        actor = (await make_server(f"s{number}.evil.test")).actor("ren")
        await send(actor, letter_to(actor, [maya], "1"))

    assert await count(PostRow) == 3
    async with ctx.read() as session:
        [held] = await first_contact.waiting(session, actor=None)
    assert held.domain == "evil.test"


async def test_a_mention_counts_for_everybody_it_names(remote, send, maya, tom, make_member):
    ren = remote.actor("ren")
    people = [maya, tom, await make_member("ada"), await make_member("bo")]

    assert await send(ren, letter_to(ren, people, "1"), process=False) == 429


async def test_others_are_not_held_up(remote, make_server, send, maya, count):
    ren = remote.actor("ren")
    for number in range(5):
        await send(ren, ren.activity("Follow", maya.account.uri, str(number)))
    eve = (await make_server("quiet.example")).actor("eve")

    assert await send(eve, eve.activity("Follow", maya.account.uri)) == 202
    assert await count(FollowRow) == 2


async def test_fed_106_a_server_hands_on_no_flood_of_what_others_wrote(
    remote, send, maya, monkeypatch
):
    """For each, another server would have to be asked."""
    monkeypatch.setattr(floods, "MAX_HANDED_ON", 2)
    fan, ren = remote.actor("fan"), remote.actor("ren")

    answers = [
        await send(fan, ren.create(ren.note(number, inReplyTo=maya.account.uri), number))
        for number in ("1", "2", "3")
    ]

    assert answers == [202, 202, 429]


async def test_a_server_that_pours_waits_for_its_answers_and_others_do_not(
    make_server, send, clock, monkeypatch
):
    monkeypatch.setattr(floods, "MAX_BURST", 3)
    monkeypatch.setattr(floods, "HELD_SECONDS", 0.05)
    pouring = (await make_server("pours.test")).actor("ren")
    calm = (await make_server("calm.test")).actor("ada")

    answers = [
        await send(pouring, pouring.create(pouring.note(f"{n}"), f"{n}"), process=False)
        for n in range(5)
    ]

    assert answers == [202] * 3 + [429] * 2
    assert await send(calm, calm.create(calm.note()), process=False) == 202
    clock.advance(seconds=6)
    assert await send(pouring, pouring.create(pouring.note("9"), "9"), process=False) == 202
