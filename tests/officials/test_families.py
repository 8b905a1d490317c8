"""Official accounts by e-mail, for families without an account (R-58, R-59)."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from fedi_k12.context import utc_now
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.mail_jobs import FindDueLetters
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import families, posts, site
from fedi_k12.services.site import SiteChanges
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.web import limits
from fedi_k12.worker import run_until_idle
from storage.tables import FamilyMailRow
from tests.browse import Browser
from tests.mailbox import mail_server

ZONE = "America/Los_Angeles"
FORM = "/mail/of/lincoln"
TUESDAY, WEDNESDAY = "2027-01-12T12:00", "2027-01-13T07:05"


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
def family(client):
    return Browser(client)


@pytest.fixture
def it_is(ctx, clock):
    """Return a function that sets the clock by the wall of the place and sends what is due."""

    async def run(text):
        wanted = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        clock.offset = wanted - utc_now()
        await families.find_due(ctx, FindDueLetters())
        await run_until_idle(ctx)

    return run


@pytest.fixture
async def noon(ctx, it_is, make_member, lincoln):
    """It is Tuesday noon at the place of the school."""
    olga = await make_member("olga", role=Role.OWNER)
    await ctx.write(
        site.save_site, actor=olga.actor, changes=SiteChanges(time_zone=ZONE), now=ctx.clock()
    )
    await it_is(TUESDAY)


@pytest.fixture
def asks(family, ctx):
    async def ask(email="ana@family.example", **more):
        page = await family.get(FORM)
        answer = await family.submit(page, FORM, {"email": email, **more})
        await run_until_idle(ctx)
        return answer

    return ask


@pytest.fixture
def says_yes(family, asks, box, noon):
    """Return a function by which somebody asks for the school's letters and says yes."""

    async def agree(email="ana@family.example", **more):
        await asks(email, **more)
        place = link_in(box.letters.pop())
        box.addressed.clear()
        return await family.submit(await family.get(place), place)

    return agree


@pytest.fixture
async def writer(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


@pytest.fixture
def school_says(ctx, writer):
    async def say(text, **draft):
        draft.setdefault("visibility", Visibility.PUBLIC)
        return await ctx.write(
            posts.publish,
            actor=writer.actor,
            draft=Draft(text, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return say


@pytest.fixture
def kept(ctx):
    async def count():
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(FamilyMailRow))

    return count


def link_in(letter):
    return re.search(r"https://home\.example(/mail/families/yes/\S+)", letter.get_content())[1]


def plain(letter):
    return letter.get_body(("plain",)).get_content()


def html(letter):
    return letter.get_body(("html",)).get_content()


async def test_letters_begin_with_a_yes_and_tell_each_morning_what_was_said(
    says_yes, school_says, it_is, box, family
):
    """R-59: double opt-in; the cookie jar stays empty."""
    done = await says_yes()
    await school_says("Open house on Friday")
    await school_says("For those who follow", visibility=Visibility.FOLLOWERS)
    await it_is("2027-01-12T23:00")
    await it_is("2027-01-13T06:55")
    assert box.letters == []
    await it_is(WEDNESDAY)
    await it_is("2027-01-13T16:00")
    await it_is("2027-01-14T07:05")  # nothing was said on Wednesday

    [letter] = box.letters
    assert "The letters begin" in done.text
    assert box.addressed == ["ana@family.example"]
    assert letter["Subject"] == "From Lincoln Elementary"
    for text in (plain(letter), html(letter)):
        assert "Open house on Friday" in text
        assert "For those who follow" not in text
        assert set(re.findall(r"https?://([^/\s\"<]+)", text)) == {"home.example"}
    assert not re.search(r"<(img|link|script|iframe|style)|url\(|\?", html(letter))
    assert not [name for name in family.cookies if "session" in name]


async def test_without_a_yes_nothing_comes_and_the_address_is_forgotten(
    noon, asks, school_says, it_is, box, kept, ctx, clock
):
    await asks()
    await school_says("Open house on Friday")
    await it_is(WEDNESDAY)
    assert len(box.letters) == 1, "the question only"
    clock.advance(days=2)
    await sweep_store(ctx, SweepStore())

    assert await kept() == 0


async def test_one_click_ends_the_letters_and_erases_the_address(
    says_yes, school_says, it_is, box, client, kept
):
    """R-59, S-22: by the mail program (RFC 8058), without a cookie."""
    await says_yes()
    await school_says("Open house on Friday")
    await it_is(WEDNESDAY)
    [letter] = box.letters
    place = letter["List-Unsubscribe"].strip(" <>").removeprefix("https://home.example")
    looked = await client.get(place)
    still = await kept()
    one, again = [
        await client.post(
            place,
            data={"List-Unsubscribe": "One-Click"},
            headers={"Origin": "https://mail.example"},
        )
        for _time in range(2)
    ]

    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (looked.status, still) == (200, 1)
    assert (one.status, again.status) == (200, 200)
    assert await kept() == 0


async def test_an_address_is_erased_thirteen_months_after_the_last_delivery(
    says_yes, school_says, it_is, box, kept, ctx, clock
):
    """R-59: by the mail server's word, not by whether a letter was written."""
    await says_yes()
    await school_says("Open house on Friday")
    await it_is(WEDNESDAY)
    assert len(box.letters) == 1
    clock.advance(days=395)
    await sweep_store(ctx, SweepStore())
    assert await kept() == 1
    await school_says("A year later")
    box.refuse = [b"550 nobody of that name"]
    clock.advance(days=1)
    await families.find_due(ctx, FindDueLetters())
    await run_until_idle(ctx)
    clock.advance(days=1)
    await sweep_store(ctx, SweepStore())

    assert await kept() == 0


async def test_whoever_asks_is_told_the_same_whether_the_address_is_known(says_yes, asks, box):
    await says_yes()
    known = await asks()
    assert box.letters == []
    unknown = await asks("ben@family.example")
    again = await asks("ben@family.example")

    assert known.text == unknown.text == again.text
    assert box.addressed == ["ben@family.example"]


async def test_an_address_holds_no_more_than_a_language(ctx, says_yes):
    """R-59: what there is besides sends and ends the letters."""
    await says_yes(language="es")

    names = set(FamilyMailRow.__table__.columns.keys())
    assert names - {"id", "account_id", "key", "hash"} == {
        "email",
        "locale",
        "asked_at",
        "confirmed_at",
        "approved_at",
        "told_until",
        "delivered_at",
    }


async def test_a_letter_is_in_the_language_that_was_chosen(says_yes, school_says, it_is, box):
    await says_yes(language="es")
    await school_says("Open house on Friday")
    await it_is(WEDNESDAY)

    assert box.letters[0]["Subject"] == "De Lincoln Elementary"
    assert 'lang="es"' in html(box.letters[0])


async def test_wrong_addresses_and_other_accounts_are_refused(family, asks, maya, lincoln, box):
    wrong = await asks("nowhere")

    assert (wrong.status, "does not look like an e-mail address" in wrong.text) == (422, True)
    assert (await family.get("/mail/of/maya")).status == 404
    assert (await family.get("/mail/of/nobody")).status == 404
    assert box.letters == []


async def test_a_form_of_another_site_asks_for_nothing(client, lincoln, ctx, kept):
    answer = await client.post(
        FORM, data={"email": "a@b.example"}, headers={"Origin": "https://else.example"}
    )

    assert (answer.status, await kept()) == (403, 0)


def test_asking_is_limited_but_ending_is_not(client):
    class Asked:
        method, headers = "POST", {}

        def __init__(self, path):
            self.path = path

    assert limits._allowance(Asked(FORM))[:2] == ("mail", 10)
    assert limits._allowance(Asked("/mail/families/stop/" + "x" * 43))[0] == "pages"


async def test_the_page_names_the_ways_to_follow_and_never_who_does(
    says_yes, school_says, family, seated, lincoln, make_member, maya
):
    await says_yes()
    page = await family.get("/@lincoln")
    private = await family.get("/@maya")
    at_desk = await (await seated(await make_member("otis", role=Role.OWNER))).get(
        f"/official/{lincoln.id}/delegates"
    )

    assert "@lincoln@home.example" in page.text
    for place in ("/@lincoln.atom", FORM):
        assert f'href="{place}"' in page.body
    assert "/events/of/lincoln.ics" not in page.body, "it has no events"
    assert "Get this by e-mail" not in private.text
    assert "It goes to one address by e-mail." in at_desk.text
    assert "ana@family.example" not in page.body + at_desk.body


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, smtp_url="")

    async def test_nothing_is_offered(self, family, lincoln):
        page = await family.get("/@lincoln")

        assert "Get this by e-mail" not in page.text
        assert (await family.get(FORM)).status == 404
