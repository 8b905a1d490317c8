"""Leaders see which work of staff nobody of them has responded to, and no figures (S-17)."""

import re

import pytest
from sqlalchemy import update

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import reactions, site, unacknowledged
from fedi_k12.services.site import SiteChanges
from storage.tables import MemberRow


@pytest.fixture
async def tag(do):
    """The tag of the district."""
    await do(site.save_site, actor=None, changes=SiteChanges(district_tag="#PSD70"))
    return "psd70"


@pytest.fixture
async def leader(lincoln, maya, delegate_to):
    """Maya as herself, who manages the school's account."""
    await delegate_to(lincoln, maya, "manager")
    return maya


@pytest.fixture
async def other_leader(lincoln, tom, delegate_to):
    await delegate_to(lincoln, tom, "manager")
    return tom


@pytest.fixture
async def teacher(make_member):
    return await make_member("nora")


@pytest.fixture
def waiting(see):
    """Return a function that gives the ids of what waits, as a leader sees them."""

    async def run(member, **more):
        found, _more = await see(unacknowledged.page, actor=member.actor, **more)
        return [post.id for post in found]

    return run


async def test_only_public_posts_of_staff_with_the_tag_enter_oldest_first(
    ctx, see, clock, publish, waiting, monkeypatch, tag, leader, teacher, make_member, lincoln
):
    """S-17: no stranger, no family, no letter, nothing that stays among members."""
    family = await make_member("kim")

    async def sign_up(session):
        of_kim = update(MemberRow).where(MemberRow.id == family.actor.member_id)
        await session.execute(of_kim.values(affiliation="family"))

    await ctx.write(sign_up)
    first = await publish(teacher, "Room 12 built a bridge #psd70")
    clock.advance(minutes=1)
    second = await publish(teacher, "Room 12 sings #PSD70")
    await publish(teacher, "No tag")
    await publish(teacher, "Quiet #psd70", visibility=Visibility.UNLISTED)
    await publish(teacher, "Followers #psd70", visibility=Visibility.FOLLOWERS)
    await publish(teacher, "Members #psd70", local_only=True)
    await publish(family, "A parent's #psd70")
    await publish(leader, "Mine #psd70")

    assert await waiting(leader) == [first.id, second.id]
    monkeypatch.setattr(unacknowledged, "PAGE", 1)
    [shown], more = await see(unacknowledged.page, actor=leader.actor)
    assert (shown.id, more) == (first.id, True)
    assert await waiting(leader, after=first.id) == [second.id]


@pytest.mark.parametrize("how", ["reply", "letter", "quote", "favourite", "boost"])
async def test_a_post_leaves_as_soon_as_any_leader_responds(
    do, publish, waiting, tag, leader, other_leader, teacher, make_member, how
):
    """S-17: also where the response is another leader's; a colleague's changes nothing."""
    allowed = Choices(quote="public")
    post = await publish(teacher, "Room 12 built a bridge #psd70", choices=allowed)
    colleague = await make_member("kim")
    await publish(colleague, "Lovely", in_reply_to_id=post.id)
    await do(reactions.favourite, actor=colleague.actor, post_id=post.id)
    assert await waiting(leader) == [post.id]

    match how:
        case "reply":
            await publish(other_leader, "@nora Thank you", in_reply_to_id=post.id)
        case "letter":
            quiet = {"visibility": Visibility.DIRECT, "in_reply_to_id": post.id}
            await publish(other_leader, "@nora Thank you", **quiet)
        case "quote":
            await publish(other_leader, "Look", quote_of_id=post.id)
        case "favourite":
            await do(reactions.favourite, actor=other_leader.actor, post_id=post.id)
        case "boost":
            await do(reactions.boost, actor=other_leader.actor, post_id=post.id)

    assert await waiting(leader) == []


async def test_thanks_are_said_in_one_step_and_nothing_is_counted(
    ctx, publish, waiting, seated, tag, leader, teacher
):
    """S-17: one press of a button; no figure of anybody on the page."""
    post = await publish(teacher, "Room twelve built a bridge #psd70")
    browser = await seated(leader)
    page = await browser.get("/unacknowledged")
    assert "Room twelve built a bridge" in page.main.text

    sent = await browser.submit(page, "/posts")

    assert sent.location == "/unacknowledged"
    after = await browser.follow(sent)
    assert "You are caught up" in after.main.text
    assert await waiting(leader) == []
    thread = await browser.get(f"/@nora/{post.id}")
    assert "Thank you for showing this." in thread.main.text
    assert re.findall(r"\d+", after.main.text.replace("#PSD70", "")) == []


async def test_it_is_for_leaders_alone(
    see, seated, delegate_to, lincoln, tag, teacher, make_member
):
    admin = await make_member("boss", role=Role.ADMIN)
    await delegate_to(lincoln, teacher, "approver")

    for somebody in (admin, teacher):
        with pytest.raises(ForbiddenError):
            await see(unacknowledged.page, actor=somebody.actor)
        assert (await (await seated(somebody)).get("/unacknowledged")).status == 403


async def test_administrators_choose_the_tag_and_nothing_that_is_none(
    do, see, seated, leader, make_member
):
    assert (
        "No tag of the district yet"
        in (await (await seated(leader)).get("/unacknowledged")).main.text
    )
    browser = await seated(await make_member("boss", role=Role.OWNER))
    page = await browser.get("/moderation/site")

    wrong = await browser.submit(page, "/moderation/site", {"district_tag": "two words"})
    assert wrong.status == 422
    assert "A tag is one word" in wrong.main.text
    await browser.submit(page, "/moderation/site", {"district_tag": "#PSD70"})

    assert await see(site.district_tag) == "PSD70"
    with pytest.raises(InvalidError):
        await do(site.save_site, actor=None, changes=SiteChanges(district_tag="#"))
