"""The pages about people at the moderators' desk, as a browser shows them."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import entry, filters, sanctions
from fedi_k12.services.filters import FilterChanges, KeywordChange
from storage.tables import MemberRow
from tests.browser.test_screens import PALE, SMALL, WIDER

pytestmark = pytest.mark.timeout(120)

PATHS = ("/moderation", "/moderation/members", "/moderation/members/{maya}",
         "/moderation/members/{wes}", "/moderation/waiting", "/moderation/entry",
         "/moderation/entry/networks/{network}", "/settings/filters",
         "/settings/filters/{filter}")  # fmt: skip


@pytest.fixture
async def places(ctx, make_member, maya) -> dict[str, str]:
    """Somebody about whom much was decided, somebody who waits, a network and a filter."""
    now, long = ctx.clock(), "Donaudampfschifffahrtsgesellschaftskapitän" * 3
    olga = await make_member("olga", role=Role.OWNER)
    wes = await make_member("wes")

    async def wait(session):
        row = await session.get(MemberRow, wes.actor.member_id)
        row.approved_at, row.sign_up_reason = None, f"I teach {long}"

    await ctx.write(wait)
    for kind in ("silence", "sensitive", "disable"):
        await ctx.write(
            sanctions.act,
            actor=olga.actor,
            account_id=maya.account.id,
            kind=kind,
            text=long,
            now=now,
        )
    await ctx.write(
        entry.block_email_domain, actor=olga.actor, domain=f"{'a' * 60}.example", now=now
    )
    network = await ctx.write(
        entry.block_network,
        actor=olga.actor,
        network="2001:db8:1234:5678:9abc:def0:1234:5678",
        severity="no_access",
        comment=long,
        now=now,
    )
    made = await ctx.write(
        filters.create,
        actor=olga.actor,
        changes=FilterChanges(long, ("home",), "warn", 3600, (KeywordChange(long),)),
        now=now,
    )
    return {
        "maya": str(maya.account.id),
        "wes": str(wes.account.id),
        "network": str(network.id),
        "filter": str(made.id),
    }


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_the_desk_fits_the_screen_and_the_finger(look, places, width):
    page, troubles = await look(width=width, name="olga", scripts=True)
    wrong = {}
    for path in PATHS:
        await page.goto(path.format(**places))
        wide = await page.evaluate(WIDER)
        small = await page.evaluate(SMALL) if width == 390 else []
        wrong[path] = [wide] * (wide > 0) + small

    assert {path: what for path, what in wrong.items() if what} == {}
    assert troubles == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_word_at_the_desk_can_be_read(look, places, dark):
    """Contrast of 7:1 at least, WCAG 2.2's 1.4.6."""
    page, _troubles = await look(dark=dark, name="olga", scripts=True)
    pale = {}
    for path in PATHS:
        await page.goto(path.format(**places))
        pale[path] = await page.evaluate(PALE)

    assert {path: words for path, words in pale.items() if words} == {}
