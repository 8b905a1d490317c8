"""The pages of groups as a browser shows them: no wider than the screen, and to be read."""

import pytest

from fedi_k12.domain.groups import Act, GroupDraft
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import follows, group_moderation, groups, posts, views
from tests.browser.test_screens import PALE, SMALL, WIDER

pytestmark = pytest.mark.timeout(120)
PAGES = ("/groups", "/groups/{id}", "/groups/{id}/write", "/groups/{id}/members",
         "/groups/{id}/desk", "/groups/{id}/settings", "/groups/new")  # fmt: skip


@pytest.fixture
async def group(ctx, maya, tom, make_member, account_keys) -> str:
    """A group with posts, a pinned one, members, one who asks, and a decision."""

    async def do(work, **more):
        return await ctx.write(work, now=ctx.clock(), **more)

    number = await do(
        groups.create,
        actor=maya.actor,
        username="fractions",
        draft=GroupDraft(
            "Fractions, K–5",
            "One idea a week, tried in a real room.",
            "Be kind\nNo names",
            True,
        ),
        needed=Role.MEMBER,
        keys=account_keys,
        addresses=ctx.addresses,
    )
    await do(follows.follow, actor=tom.actor, target_id=number, addresses=ctx.addresses)
    texts = ("When did a drawing get in the way?", "The number line with arrows on both ends.")
    made = [
        await do(
            posts.publish,
            actor=maya.actor,
            draft=Draft(text, title=title, group_id=number),
            addresses=ctx.addresses,
        )
        for text, title in zip(texts, ("This week’s question", ""), strict=True)
    ]
    async with ctx.read() as session:
        first = await views.post_view(session, made[0], viewer=maya.actor)
    for act in (Act.PIN, Act.LOCK):
        await do(
            group_moderation.rule,
            actor=maya.actor,
            group_id=number,
            ruling=group_moderation.Ruling(act, first.uri, "Enough said"),
        )
    eve = await make_member("eve")
    await do(
        group_moderation.rule,
        actor=maya.actor,
        group_id=number,
        ruling=group_moderation.Ruling(Act.BAN, eve.account.uri, "Spam"),
    )
    return str(number)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_groups_fit_the_screen_and_can_be_read(look, group, width, dark):
    page, troubles = await look(width=width, dark=dark, name="maya", scripts=True)
    for path in PAGES:
        await page.goto(path.format(id=group))

        assert await page.evaluate(WIDER) <= 0, path
        assert await page.evaluate(PALE) == [], path
        if width < 500:
            assert await page.evaluate(SMALL) == [], path
    assert troubles == []
