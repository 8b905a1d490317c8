"""Groups for the tests: made by Maya, joined by whoever a test wants."""

from collections.abc import Awaitable, Callable

import pytest

from fedi_k12.domain.groups import GroupDraft
from fedi_k12.domain.permissions import Role
from fedi_k12.services import follows, groups
from storage import accounts
from storage.tables import AccountRow

MakeGroup = Callable[..., Awaitable[AccountRow]]


@pytest.fixture
def make_group(ctx, maya, account_keys) -> MakeGroup:
    """Return a function that lets Maya make a group."""

    async def make(username="fractions", *, by=None, **wishes) -> AccountRow:
        number = await ctx.write(
            groups.create,
            actor=(by or maya).actor,
            username=username,
            draft=GroupDraft(**{"display_name": username.title(), **wishes}),
            needed=Role.MEMBER,
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            row = await accounts.by_id(session, number)
        assert row is not None
        return row

    return make


@pytest.fixture
async def fractions(make_group) -> AccountRow:
    """An open group that Maya looks after."""
    return await make_group()


@pytest.fixture
def join(ctx):
    """Return a function that lets a member join a group."""

    async def run(member, group):
        return await ctx.write(
            follows.follow,
            actor=member.actor,
            target_id=group.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run
