"""Servers never seen before can wait for a moderator.

Row 1.17 "Domain policies": first contact (1.23, `inbound_new_domain`): accept, hold, reject.
"""

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.services import first_contact, follows, moderation
from fedi_k12.worker import run_until_idle
from storage.tables import FirstContactRow, FollowRow, HeldRow, NotificationRow, PostRow


@pytest.fixture
def usual():
    return "hold"


@pytest.fixture
def settings(settings, usual):
    return replace(settings, new_servers=usual)


@pytest.fixture
def count(ctx):
    async def run(table):
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(table))

    return run


@pytest.fixture
def waiting(ctx):
    async def run():
        async with ctx.read() as session:
            return await first_contact.waiting(session, actor=None)

    return run


def letter_to(actor, member, number="1"):
    mention = {"type": "Mention", "href": member.account.uri, "name": "@maya"}
    return actor.create(actor.note(number, tag=[mention]), number)


async def test_fed_93_what_a_new_server_sends_waits_and_shows_nothing(
    remote, send, maya, count, waiting
):
    ren = remote.actor("ren")

    assert await send(ren, ren.activity("Follow", maya.account.uri)) == 202
    assert await send(ren, letter_to(ren, maya)) == 202

    assert (await count(FollowRow), await count(PostRow), await count(NotificationRow)) == (
        0, 0, 0,
    )  # fmt: skip
    assert remote.delivered == []
    [held] = await waiting()
    assert (held.domain, held.count) == ("remote.example", 2)
    assert [letter.kind for letter in held.letters] == ["Follow", "Create"]
    assert held.letters[1].summary == "Hello"


async def test_what_waited_is_acted_on_when_a_moderator_lets_the_server_in(
    ctx, remote, send, maya, count, waiting
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await send(ren, letter_to(ren, maya))

    released = await ctx.write(
        first_contact.release, actor=None, domains=["remote.example"], now=ctx.clock()
    )
    await run_until_idle(ctx)

    assert released == 2
    assert (await count(FollowRow), await count(PostRow), await count(HeldRow)) == (1, 1, 0)
    assert "Accept" in remote.types()
    assert await waiting() == []
    await send(ren, letter_to(ren, maya, "2"))
    assert await count(PostRow) == 2


async def test_what_a_rejected_server_sends_is_dropped_without_a_word(
    ctx, remote, send, maya, count, waiting
):
    ren = remote.actor("ren")
    await send(ren, letter_to(ren, maya))

    await ctx.write(
        first_contact.reject, actor=None, domains=["remote.example"], now=ctx.clock()
    )

    assert await send(ren, letter_to(ren, maya, "2")) == 202
    assert (await count(PostRow), await count(HeldRow)) == (0, 0)
    assert await waiting() == []


async def test_other_servers_of_the_same_domain_wait_too(make_server, send, maya, waiting):
    for name in ("a.new.test", "b.new.test"):
        actor = (await make_server(name)).actor("ren")
        await send(actor, letter_to(actor, maya))

    assert [(held.domain, held.count) for held in await waiting()] == [("new.test", 2)]


async def test_a_server_that_somebody_here_follows_is_no_new_one(
    ctx, remote, send, maya, make_remote, count, waiting
):
    ren = remote.actor("ren")
    row = await make_remote("ren", "remote.example")
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    await send(ren, letter_to(ren, maya))

    assert await count(PostRow) == 1
    assert await waiting() == []


async def test_what_concerns_nobody_here_is_not_kept(remote, send, maya, count):
    ren = remote.actor("ren")

    await send(ren, ren.create(ren.note()))

    assert await count(HeldRow) == 0


async def test_only_so_much_is_kept(remote, send, maya, waiting, monkeypatch):
    monkeypatch.setattr(first_contact, "MAX_HELD", 2)
    ren = remote.actor("ren")

    for number in range(4):
        await send(ren, letter_to(ren, maya, str(number)))

    [held] = await waiting()
    assert (held.count, held.left_out) == (2, 2)


async def test_a_server_that_staff_allows_no_longer_waits(ctx, remote, send, maya, count):
    ren = remote.actor("ren")
    await send(ren, letter_to(ren, maya))
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="remote.example",
        severity="allow",
        now=ctx.clock(),
    )

    await send(ren, letter_to(ren, maya, "2"))

    assert await count(PostRow) == 1


class TestReject:
    @pytest.fixture
    def usual(self):
        return "reject"

    async def test_new_servers_are_not_heard(self, remote, send, maya, count, waiting):
        ren = remote.actor("ren")

        assert await send(ren, letter_to(ren, maya)) == 202

        assert (await count(PostRow), await count(HeldRow)) == (0, 0)
        assert await count(FirstContactRow) == 0
        assert await waiting() == []


async def test_moderators_decide(ctx, remote, send, maya, tom):
    ren = remote.actor("ren")
    await send(ren, letter_to(ren, maya))

    for decide in (first_contact.release, first_contact.reject):
        with pytest.raises(ForbiddenError):
            await ctx.write(
                decide, actor=tom.actor, domains=["remote.example"], now=ctx.clock()
            )
        with pytest.raises(NotFoundError):
            await ctx.write(decide, actor=None, domains=["far.example"], now=ctx.clock())
