"""How much an official account talks and how much it answers, for its team alone (S-18)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from fedi_k12.domain.balance import Balance
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import balance, desk, desk_views, reactions
from storage.tables import MemberRow


@pytest.fixture
async def parent(ctx, make_member):
    """Nora, who signed up as family."""
    member = await make_member("nora")

    async def sign_up(session):
        family = update(MemberRow).where(MemberRow.id == member.actor.member_id)
        await session.execute(family.values(affiliation="family"))

    await ctx.write(sign_up)
    return member


@pytest.fixture
async def speaking(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


async def test_the_figures_equal_a_count_by_hand(
    do, see, clock, publish, arrive, make_remote, seated, lincoln, speaking, tom, parent
):
    """S-18: each kind of post in another number, and what is older than the window in none."""
    ren = await make_remote("ren")
    named = {"mentioned_account_ids": (lincoln.id,), "visibility": "direct"}
    await publish(speaking, "Long ago")
    await arrive(ren, "old", **named)
    clock.advance(days=31)
    # Four posts of its own: three, and a thread of one of them.
    for words in ("One", "Two", "Three"):
        last = await publish(speaking, words)
    await publish(speaking, "And three and a half", in_reply_to_id=last.id)
    # Two boosts, of staff and of somebody elsewhere.
    staff = await publish(tom, "Room 12 built a bridge")
    await do(reactions.boost, actor=speaking.actor, post_id=staff.id)
    public = await arrive(ren, "public")
    await do(reactions.boost, actor=speaking.actor, post_id=public)
    # One answer to staff; three to others: a family here, and twice somebody elsewhere.
    quiet = {"visibility": Visibility.DIRECT}
    await publish(speaking, "@tom Well done", in_reply_to_id=staff.id, **quiet)
    question = await publish(parent, "@lincoln When?", **quiet)
    await publish(speaking, "@nora At six", in_reply_to_id=question.id, **quiet)
    for number in ("a", "b"):
        asked = await arrive(ren, number, **named)
        await publish(speaking, "@ren@remote.example Yes", in_reply_to_id=asked, **quiet)
    # Six questions: three answered above, one closed, two that wait.
    for number in ("c", "d", "e"):
        await arrive(ren, number, **named)
    waiting, _ = await see(desk_views.page, actor=speaking.actor)
    await do(desk.close, actor=speaking.actor, case_id=waiting[-1].id, reason="none")
    clock.advance(seconds=1)

    found = await see(balance.of_account, actor=speaking.actor)

    assert found == Balance(found.since, found.until, 4, 2, 1, 3, 6, 2)
    assert found.until - found.since == timedelta(days=30)
    assert (found.said, found.per_hundred) == (10, 40)
    page = await (await seated(speaking, lincoln)).get("/desk/balance")
    cells = [cell.text for cell in page.main.find("td")]
    assert cells == ["4", "2", "1", "3", "6", "2"]
    assert "Of a hundred things Lincoln Elementary published, 40 were answers." in page.text


async def test_it_is_the_teams_alone(see, seated, lincoln, speaking, tom, make_member):
    """S-18: 403 to everybody else, staff and members of the team as themselves among them."""
    admin = await make_member("boss", role=Role.ADMIN)
    for somebody in (tom, admin, speaking):
        page = await (await seated(somebody)).get("/desk/balance")
        assert page.status == 403
    with pytest.raises(ForbiddenError):
        await see(balance.of_account, actor=tom.actor)
    own = await (await seated(speaking, lincoln)).get("/desk/balance")
    assert own.status == 200
    assert "published nothing" in own.text
