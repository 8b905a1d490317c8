"""Letters that sum up what came: chosen by the member, few, and ended with one click."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from fedi_k12.context import utc_now
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.mail_jobs import FindDueLetters
from fedi_k12.domain.mailings import Kind
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import (
    mailings,
    notifications,
    profiles,
    reactions,
    reports,
    sanctions,
)
from fedi_k12.worker import run_until_idle
from tests.mailbox import mail_server

ZONE = "America/Los_Angeles"
TUESDAY, WEDNESDAY, MONDAY = "2027-01-12T12:00", "2027-01-13T07:05", "2027-01-18T07:05"


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
def it_is(ctx, clock):
    """Return a function that sets the clock by the wall of Portland and sends what is due."""

    async def run(text):
        wanted = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        clock.offset = wanted - utc_now()
        await mailings.find_due(ctx, FindDueLetters())
        await run_until_idle(ctx)

    return run


@pytest.fixture
def chooses(ctx, it_is, at_maya, maya):
    """Return a function by which Maya, in Portland, chooses letters on a Tuesday at noon."""

    async def choose(every, **preferences):
        await it_is(TUESDAY)
        changes = {"time_zone": ZONE, **preferences}
        await ctx.write(profiles.save_preferences, actor=maya.actor, changes=changes)
        page = await at_maya.get("/settings/notifications")
        return await at_maya.submit(page, "/settings/notifications/mail", {"notices": every})

    return choose


def plain(letter):
    return letter.get_body(("plain",)).get_content()


def html(letter):
    return letter.get_body(("html",)).get_content()


async def test_one_letter_in_the_morning_sums_up_what_came(
    chooses, it_is, ctx, publish, tom, maya, box, make_member
):
    own = await publish(maya, "Who knows a book about rivers?", visibility=Visibility.PUBLIC)
    await chooses("daily")
    await publish(tom, "@maya I know <b>one</b>.", visibility=Visibility.PUBLIC)
    await publish(tom, "@maya My secret", visibility=Visibility.DIRECT)
    await publish(tom, "@maya For those who follow", visibility=Visibility.FOLLOWERS)
    for name in ("ben", "ines"):
        await ctx.write(
            reactions.favourite,
            actor=(await make_member(name)).actor,
            post_id=own,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    await it_is("2027-01-12T23:00")
    assert box.letters == []
    await it_is(WEDNESDAY)
    await it_is("2027-01-13T16:00")

    [letter] = box.letters
    assert box.addressed == ["maya@home.example"]
    assert letter["Subject"] == "What came for you at Home District"
    for text in (plain(letter), html(letter)):
        assert "A direct message from Tom" in text
        assert "2 recommendations" in text
        assert "I know" in text
        assert "My secret" not in text
        assert "For those who follow" not in text
        assert "Ben" not in text
        hosts = re.findall(r"https?://([^/\s\"<]+)", text)
        assert set(hosts) == {"home.example"}
    assert "<b>" not in html(letter)
    assert not re.search(r"<(img|link|script|iframe|style)|url\(|\?", html(letter))


async def test_nothing_is_sent_where_nothing_came_or_all_was_read(
    chooses, it_is, ctx, publish, befriend, maya, tom, box
):
    await befriend(maya, tom)
    await chooses("daily")
    await publish(tom, "To everybody who follows me")
    await it_is(WEDNESDAY)
    await publish(tom, "@maya Read at once")
    async with ctx.read() as session:
        page = await notifications.page(
            session, actor=maya.actor, page=mailings.PageRequest(limit=1)
        )
    await ctx.write(
        notifications.set_marker,
        actor=maya.actor,
        timeline="notifications",
        last_read_id=page.items[0].id,
        now=ctx.clock(),
    )
    await it_is("2027-01-14T07:05")

    assert box.letters == []


async def test_nobody_gets_letters_who_chose_none(it_is, publish, maya, tom, box):
    await it_is(TUESDAY)
    await publish(tom, "@maya Hello")
    await it_is(MONDAY)

    assert box.letters == []


async def test_once_a_week_and_in_the_members_language(chooses, it_is, publish, tom, box):
    await chooses("weekly", page_language="es")
    await publish(tom, "@maya Hello")
    await it_is("2027-01-15T07:05")
    assert box.letters == []
    await it_is(MONDAY)

    [letter] = box.letters
    assert letter["Subject"] == "Lo que llegó para usted en Home District"
    assert 'lang="es"' in html(letter)


async def test_one_click_ends_the_letters_without_signing_in(
    chooses, it_is, publish, client, visitor, tom, box
):
    await chooses("daily")
    await publish(tom, "@maya One")
    await it_is(WEDNESDAY)
    place = box.letters[0]["List-Unsubscribe"].strip(" <>")
    place = place.removeprefix("https://home.example")
    looked = await visitor.get(place)
    answer = await client.post(
        place,
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.example"},
    )
    again = await client.post(place, data={"List-Unsubscribe": "One-Click"})
    await publish(tom, "@maya Two")
    await it_is("2027-01-14T07:05")

    assert box.letters[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert place in plain(box.letters[0])
    assert "Send none any more" in looked.text
    assert (answer.status, again.status) == (200, 200)
    assert "No more of these letters" in await answer.text()
    assert (await visitor.get(place)).status == 404
    assert len(box.letters) == 1


async def test_a_letter_that_could_not_be_sent_is_tried_again_and_told_once(
    chooses, it_is, publish, tom, box
):
    await chooses("daily")
    await publish(tom, "@maya One")
    box.refuse = [b"451 later, please"]
    await it_is(WEDNESDAY)
    assert box.letters == []
    await it_is("2027-01-13T07:20")
    await it_is("2027-01-14T07:05")

    assert len(box.letters) == 1


async def test_an_address_has_to_be_confirmed_before_letters_go_there(
    seated, make_member, ctx, at_maya
):
    ben = await make_member("ben")

    async def doubt(session):
        member = await session.get(mailings.MemberRow, ben.actor.member_id)
        member.confirmed_at = None

    await ctx.write(doubt)
    page = await (await seated(ben)).get("/settings/notifications")
    refused = await at_maya.submit(
        await at_maya.get("/settings/notifications"),
        "/settings/notifications/mail",
        {"notices": "hourly"},
    )

    assert "Letters go to an address that you confirmed." in page.text
    assert (refused.status, "Choose one of these." in refused.text) == (422, True)


async def test_moderators_who_choose_it_are_told_once_a_day_that_something_waits(
    it_is, seated, make_member, ctx, maya, tom, box
):
    mona = await make_member("mona", role=Role.MODERATOR)
    await it_is(TUESDAY)
    changes = {"time_zone": ZONE}
    await ctx.write(profiles.save_preferences, actor=mona.actor, changes=changes)
    at_mona = await seated(mona)
    page = await at_mona.get("/settings/notifications")
    await at_mona.submit(page, "/settings/notifications/mail", {"desk": "daily"})
    await it_is(WEDNESDAY)
    assert box.letters == [], "nothing waited"
    await ctx.write(
        reports.file,
        actor=maya.actor,
        target_id=tom.account.id,
        comment="Please look.",
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await it_is("2027-01-13T16:00")
    await it_is("2027-01-14T07:05")
    await it_is("2027-01-14T16:00")

    [letter] = box.letters
    assert box.addressed == ["mona@home.example"]
    assert letter["Subject"] == "What waits for the moderators of Home District"
    assert "1 report waits" in plain(letter)
    assert "Please look." not in plain(letter)
    assert "Tom" not in plain(letter)


async def test_members_are_not_offered_what_is_for_moderators(at_maya, ctx, maya):
    page = await at_maya.get("/settings/notifications")
    with pytest.raises(ForbiddenError):
        await ctx.write(
            mailings.choose, actor=maya.actor, kind=Kind.DESK, every="daily", now=ctx.clock()
        )

    assert "Tell me what waits for the moderators" not in page.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silence", "only those who follow you come across what you write"),
        ("disable", "You cannot sign in for now."),
        ("suspend", "The account is suspended"),
        ("none", "It is a word to you"),
    ],
)
async def test_a_member_is_told_by_mail_what_was_decided_and_why(
    make_member, ctx, tom, box, kind, words
):
    mona = await make_member("mona", role=Role.MODERATOR)
    await ctx.write(
        sanctions.act,
        actor=mona.actor,
        account_id=tom.account.id,
        kind=kind,
        text="The picture shows a child.",
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    [letter] = box.letters
    assert box.addressed == ["tom@home.example"]
    assert letter["Subject"] == "What was decided about @tom@home.example"
    assert words in " ".join(letter.get_content().split())
    assert "The picture shows a child." in letter.get_content()


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, smtp_url="")

    async def test_no_letters_are_offered(self, at_maya):
        page = await at_maya.get("/settings/notifications")

        assert "Letters by e-mail" not in page.text
