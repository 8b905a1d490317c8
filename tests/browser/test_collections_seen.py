"""The pages of collections as a browser shows them: no wider than the screen, to be read."""

import pytest
from sqlalchemy import update

from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.services import collections
from storage.tables import AccountRow
from tests.browser.test_screens import PALE, SMALL, WIDER

pytestmark = pytest.mark.timeout(120)
PAGES = ("/collections/{id}", "/collections/{id}/edit", "/collections/new", "/@maya")


@pytest.fixture
async def collection(ctx, maya, make_member) -> str:
    """A collection of three."""
    names = ("Rosa Lindqvist-Featherstonehaugh", "Ben Ortiz", "Ann Li")
    people = [
        await make_member(f"member{at}", display_name=name) for at, name in enumerate(names)
    ]

    async def let_be_found(session):
        await session.execute(update(AccountRow).values(discoverable=True))

    await ctx.write(let_be_found)
    number = await ctx.write(
        collections.create,
        actor=maya.actor,
        draft=CollectionDraft(
            "Science in grade 5, all of Lincoln", "They teach it, and try things", "science"
        ),
        account_ids=[one.account.id for one in people],
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return str(number)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_collections_fit_the_screen_and_can_be_read(look, collection, width, dark):
    page, troubles = await look(width=width, dark=dark, name="maya", scripts=True)
    for path in PAGES:
        await page.goto(path.format(id=collection))

        assert await page.evaluate(WIDER) <= 0, path
        assert await page.evaluate(PALE) == [], path
        if width < 500:
            assert await page.evaluate(SMALL) == [], path
    assert troubles == []
