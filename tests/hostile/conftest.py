"""Fixtures: somebody elsewhere whose letters matter here."""

import pytest


@pytest.fixture
async def ren(remote, send, maya):
    """An actor who follows maya, so that what they send matters."""
    actor = remote.actor("ren")
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    return actor
