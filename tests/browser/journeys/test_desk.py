"""A moderator and an owner at their desk: what waits is decided, the place is made theirs."""

import re
from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from federation.outbound.posts import federate_post
from fedi_k12.domain.jobs import FederatePost
from fedi_k12.services import follows, reports
from storage.tables import MemberRow
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
COLOURS = {"on": "#204080", "off": "#803020"}
_NUMBERS = count(1)


async def main_says(page: Page, text: str) -> None:
    await expect(page.get_by_role("main")).to_contain_text(text)


async def accent(page: Page) -> str:
    """Return the color of a link."""
    link = "document.body.appendChild(document.createElement('a'))"
    return str(await page.evaluate(f"() => getComputedStyle({link}).color"))


async def tab(page: Page, name: str) -> None:
    """Go to another part of the desk, by its tabs."""
    await page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


@pytest_asyncio.fixture(loop_scope="session")
async def eve(district, suffix):
    """Somebody about whose post Maya told the moderators."""
    made = await district.member(f"eve_{suffix}", f"Eve {suffix}")
    post = await district.publish(made.account.username, f"Buy my worksheets, {suffix}")
    await district.do(
        reports.file,
        actor=district.people["maya"].actor,
        target_id=made.account.id,
        post_ids=[post],
        comment=f"She sells, {suffix}",
    )
    return made


def afar(name: str) -> str:
    """Return the server from which somebody is followed: no other test decides about it."""
    return f"loud-{name.replace('_', '-')}.example"


@pytest_asyncio.fixture(loop_scope="session")
async def followed_from_afar(district, suffix):
    """Somebody whom one account of another server follows, and who wrote for those."""
    made = await district.member(f"kim_{next(_NUMBERS)}", f"Kim {suffix}")
    host = afar(made.account.username)
    stranger = await district.stranger("lou", host)
    await district.do(
        follows.request_follow, follower=stranger, target=made.account, uri=f"http://{host}/1"
    )
    await district.do(follows.accept, actor=made.actor, follower_id=stranger.id)
    post = await district.publish(made.account.username, f"For all who follow, {suffix}")
    # As when the time is over in which it can be taken back.
    await federate_post(district.ctx, FederatePost(post))
    return made.account.username


@pytest_asyncio.fixture(loop_scope="session")
async def wes(district, suffix):
    """Somebody who asked to become a member."""
    made = await district.member(f"wes_{suffix}", f"Wes {suffix}")

    async def wait(session) -> None:
        row = await session.get(MemberRow, made.actor.member_id)
        row.approved_at, row.sign_up_reason = None, f"I teach music, {suffix}"

    await district.ctx.write(wait)
    return made


async def test_a_moderator_decides_what_waits(sit, eve, wes, suffix):
    page = (await sit("mona")).page
    await page.goto("/home")
    await page.get_by_role("navigation").get_by_role("link", name="Moderation").click()
    await main_says(page, "What waits for you")

    # A report with what it names; what is decided is told to whom it is about, and logged.
    await tab(page, "Reports")
    await page.get_by_role("link", name=f"Look at it Eve {suffix}").click()
    await main_says(page, f"She sells, {suffix}")
    await main_says(page, f"Buy my worksheets, {suffix}")
    await page.get_by_role("button", name="I look at it").click()
    await main_says(page, "Mona Haddad")
    report = page.url
    await page.get_by_role("link", name="Decide something milder").click()
    await expect(page.get_by_label("Warn")).to_be_checked()
    await page.get_by_label("What they are told").fill(f"Nothing is sold here, {suffix}.")
    await page.get_by_role("button", name="Decide", exact=True).click()
    await main_says(page, f"Nothing is sold here, {suffix}.")
    await page.goto(report)
    await page.get_by_role("button", name="Close the report").click()
    await page.goto(report)
    await main_says(page, "Closed")

    # Somebody who waits is let in, and then can read what members read.
    await tab(page, "Sign-ups")
    await main_says(page, f"I teach music, {suffix}")
    await page.get_by_label(f"Decide about Wes {suffix}").check()
    await page.get_by_role("button", name="Let the ticked ones in").click()
    await expect(page.get_by_label(f"Decide about Wes {suffix}")).to_have_count(0)
    let_in = (await sit(wes.account.username)).page
    await let_in.goto("/home")
    await expect(let_in.get_by_role("heading", level=1)).to_have_text("Home")

    # A member is found, and something noted about them; all of it stands in the log.
    await tab(page, "Members")
    await page.get_by_label("Whom do you look for?").fill(f"eve_{suffix}")
    await page.get_by_role("main").get_by_role("button", name="Find").click()
    await page.get_by_role("main").get_by_role("link", name=f"Eve {suffix}").first.click()
    await page.get_by_label("Note something for the others").fill("Spoke with her.")
    await page.get_by_role("button", name="Note it").click()
    await main_says(page, "Spoke with her.")
    await tab(page, "What staff did")
    await main_says(page, f"@eve_{suffix}")
    await main_says(page, f"@wes_{suffix}")


async def test_a_moderator_looks_where_a_post_went(district, sit, followed_from_afar, suffix):
    page = (await sit("mona")).page
    await page.goto(f"/@{followed_from_afar}")
    post = page.get_by_role("article").filter(has_text=f"who follow, {suffix}").first
    await post.get_by_text("More", exact=True).click()
    await post.get_by_role("link", name="Where it went").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Where it went")
    await main_says(page, afar(followed_from_afar))


async def test_an_owner_makes_the_place_theirs(district, sit, suffix):
    page, visitor = (await sit("olga")).page, (await sit("visitor")).page
    await visitor.goto("/")
    before = await accent(visitor)
    await page.goto("/home")
    await page.get_by_role("navigation").get_by_role("link", name="Moderation").click()

    # Its name and its welcome, its color, its rules: the next visitor sees them.
    await tab(page, "This place")
    await page.get_by_label("Name", exact=True).fill(f"Home District, {suffix}")
    await page.get_by_label("Welcome text").fill(f"Four schools by one river, {suffix}.")
    await page.get_by_role("main").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("banner")).to_contain_text(f"Home District, {suffix}")
    await tab(page, "Color and logo")
    await page.get_by_label("The color of your district").fill(COLOURS[suffix])
    await page.get_by_role("main").get_by_role("button", name="Save").click()
    await tab(page, "Rules")
    new = page.get_by_role("group", name="A new rule").first
    await new.get_by_label("The rule").fill(f"Cite what you copy, {suffix}.")
    await page.get_by_role("main").get_by_role("button", name="Save").first.click()
    rules = page.get_by_role("group", name=re.compile("Rule [0-9]"))
    await expect(rules.locator(f'[value="Cite what you copy, {suffix}."]')).to_have_count(1)
    # A browser keeps the color for some minutes, so this is somebody else's.
    visitor = (await sit("visitor")).page
    await visitor.goto("/")
    await expect(visitor).to_have_title(re.compile(f"Home District, {suffix}"))
    await main_says(visitor, f"Four schools by one river, {suffix}.")
    assert await accent(visitor) != before
    await visitor.goto("/rules")
    await main_says(visitor, f"Cite what you copy, {suffix}.")

    # Another role takes effect with the next page that is asked for.
    made = await district.member(f"sam_{suffix}", f"Sam {suffix}")
    sam = (await sit(made.account.username)).page
    await sam.goto("/home")
    desk = sam.get_by_role("navigation").get_by_role("link", name="Moderation")
    await expect(desk).to_have_count(0)
    await page.goto(f"/moderation/members/{made.account.id}")
    await page.get_by_label("What they may do here").select_option("moderator")
    await page.get_by_role("button", name="Give this role").click()
    await sam.goto("/home")
    await desk.click()
    await expect(sam.get_by_role("heading", level=1)).to_have_text("Moderation")

    # What is announced stands above everybody's home until they have read it.
    await page.goto("/moderation")
    await tab(page, "Announcements")
    await page.get_by_label("What is to be told").fill(f"No school on Monday, {suffix}.")
    await page.get_by_role("button", name="Announce").click()
    await sam.goto("/home")
    await main_says(sam, f"No school on Monday, {suffix}.")

    # The log tells who did all this.
    await page.goto("/moderation")
    await tab(page, "What staff did")
    await main_says(page, f"@{made.account.username}")
    await main_says(page, "Olga Petrova")


async def test_an_owner_ends_the_talk_with_a_server(district, sit, followed_from_afar, suffix):
    host = afar(followed_from_afar)
    page, visitor = (await sit("olga")).page, (await sit("visitor")).page
    await page.goto("/moderation")
    await tab(page, "Servers")
    await page.get_by_role("textbox", name="Its name").fill(host)
    await page.get_by_label("Suspend: no longer talk with it").check()
    await page.get_by_label("Why, for everybody").fill(f"Advertising, {suffix}")
    await page.get_by_role("button", name="Decide", exact=True).click()

    # Nothing is decided yet: what it costs is said first.
    await main_says(page, "That would end one follow of a member here")
    await visitor.goto("/about")
    await expect(visitor.get_by_role("main")).not_to_contain_text(f"Advertising, {suffix}")
    await page.get_by_label("Yes: end these follows").check()
    await page.get_by_role("button", name="Decide", exact=True).click()
    await page.wait_for_url(f"**/moderation/servers/{host}")
    await visitor.goto("/about")
    await main_says(visitor, f"Advertising, {suffix}")

    # Whose follow it was is told, and the ledger and the log keep it.
    member = (await sit(followed_from_afar)).page
    await member.goto("/severed")
    await main_says(member, host)
    await tab(page, "What staff did")
    await main_says(page, host)
    await main_says(page, "one follow ended")


async def test_an_owner_invites_and_sees_who_came(sit, suffix):
    page, newcomer = (await sit("olga")).page, (await sit("visitor")).page
    await page.goto("/moderation")
    await tab(page, "Members")
    await page.get_by_role("link", name="Invite people, and see who came").click()
    await page.get_by_label("A word of welcome").fill(f"For the choir, {suffix}")
    await page.get_by_label("For how many people").fill("2")
    await page.get_by_role("button", name="Make the link").click()
    link = await page.get_by_role("status").locator("code").inner_text()

    await newcomer.goto(link)
    await main_says(newcomer, f"For the choir, {suffix}")
    name = f"ora_{suffix}"
    await newcomer.get_by_label("Your name, as colleagues know you").fill(f"Ora {suffix}")
    await newcomer.get_by_label("A short name for your address").fill(name)
    await newcomer.get_by_label("Work e-mail").fill(f"{name}@district.example")
    await newcomer.get_by_label("Password").fill(PASSWORD)
    await newcomer.get_by_label("I have read them").check()
    await newcomer.get_by_role("button", name="Become a member").click()
    await newcomer.wait_for_url("**/home")

    # Who came stands beside the link, which lets nobody else in once it is withdrawn.
    await page.goto("/moderation/invitations")
    made = page.get_by_role("article").filter(has_text=f"For the choir, {suffix}")
    await expect(made).to_contain_text("1 of 2 people came")
    await expect(made.get_by_role("link", name=f"Ora {suffix}")).to_be_visible()
    await made.get_by_role("button", name="Withdraw").click()
    await expect(made).to_contain_text("withdrawn")
    late = (await sit("visitor")).page
    answer = await late.request.get(link)
    assert answer.status == 404
