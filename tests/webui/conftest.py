"""Fixtures for the pages: browsers, people at them, and posts to look at."""

from collections.abc import Awaitable, Callable

import pytest

from fedi_k12.context import Context
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import follows, login, posts, profiles
from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import Browser, Client


@pytest.fixture
def visitor(client: Client) -> Browser:
    """Somebody without an account."""
    return Browser(client)


@pytest.fixture
def seated(client: Client, ctx: Context) -> Callable[..., Awaitable[Browser]]:
    """Return a function that gives the browser of a member who is signed in."""

    async def seat(member) -> Browser:
        browser = Browser(client)
        token, _csrf = await ctx.write(
            login.open_session,
            member_id=member.actor.member_id,
            client="Tests",
            now=ctx.clock(),
        )
        browser.cookies[SESSION_COOKIE] = token
        return browser

    return seat


@pytest.fixture
async def at_maya(seated, maya) -> Browser:
    """Maya's browser."""
    return await seated(maya)


@pytest.fixture
async def at_tom(seated, tom) -> Browser:
    """Tom's browser."""
    return await seated(tom)


@pytest.fixture
def publish(ctx: Context) -> Callable[..., Awaitable[int]]:
    """Return a function that publishes a post of a member and gives its id."""

    async def write(member, text: str, **draft) -> int:
        return await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return write


@pytest.fixture
def befriend(ctx: Context) -> Callable[..., Awaitable[None]]:
    """Return a function that lets one member follow another."""

    async def follow(one, other) -> None:
        await ctx.write(
            follows.follow,
            actor=one.actor,
            target_id=other.account.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return follow


@pytest.fixture
def present(ctx: Context) -> Callable[..., Awaitable[None]]:
    """Return a function that changes how a member's profile reads."""

    async def change(member, **changes) -> None:
        await ctx.write(
            profiles.update_profile,
            actor=member.actor,
            changes=ProfileChanges(**changes),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return change
