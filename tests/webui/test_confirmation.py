"""E-mail addresses: confirmed by a link, at sign-up and when another takes their place."""

import re

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.services import confirmation, signup
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.worker import run_until_idle
from storage.tables import AccountRow, MemberRow
from tests.browse import filled_in
from tests.conftest import PASSWORD
from tests.mailbox import mail_server

WHOLE = {
    "display_name": "Priya Shah",
    "username": "priya",
    "email": "priya@home.example",
    "password": "four unrelated words here",
    "affiliation": "family",
    "agreement": "1",
}


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority, registrations="open")


@pytest.fixture
def link(ctx, box):
    """Return a function that has letters sent and gives the path in the newest."""

    async def newest():
        await run_until_idle(ctx)
        found = re.search(r"https://home\.example(/auth/confirm/\S+)", _text(box.letters[-1]))
        assert found
        return found[1]

    return newest


@pytest.fixture
def signs_up(visitor):
    async def sign_up(path="/auth/sign_up", **changes):
        page = await visitor.get(path)
        return await visitor.submit(page, path, {**WHOLE, **changes})

    return sign_up


@pytest.fixture
def changes_address(at_maya):
    async def change(email, password=PASSWORD):
        page = await at_maya.get("/settings/security")
        given = {"email": email, "password_for": password}
        return await at_maya.submit(page, "/settings/security/address", given)

    return change


def _text(letter):
    return letter.get_content()


async def _named(ctx, username):
    async with ctx.read() as session:
        return await session.scalar(
            select(MemberRow)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(AccountRow.username == username)
        )


async def test_who_signs_up_comes_in_once_they_opened_the_link(
    visitor, signs_up, link, ctx, box
):
    told = await signs_up()
    place = await link()
    early = await visitor.sign_in("priya", WHOLE["password"])
    looked = await visitor.get(place)
    still = await _named(ctx, "priya")
    done = await visitor.submit(looked, place, {})

    assert "Look into your mail" in told.text
    assert box.addressed == ["priya@home.example"]
    assert box.letters[0]["Subject"] == "Is this the address of @priya@home.example?"
    assert "Look into your mail" in early.text
    assert still.confirmed_at is None, "a program that opens links confirmed it"
    assert "Your address is confirmed" in done.text
    assert (await visitor.get(place)).status == 404
    assert (await visitor.sign_in("priya", WHOLE["password"])).status == 303


async def test_who_was_invited_comes_in_at_once_and_reads_that_a_link_waits(
    visitor, signs_up, link, ctx
):
    code = await ctx.write(signup.create_invite, actor=None, now=ctx.clock())
    came_in = await signs_up(f"/invite/{code}")
    before = await visitor.get("/settings/security")
    place = await link()
    await visitor.submit(await visitor.get(place), place, {})
    after = await visitor.get("/settings/security")

    assert came_in.location == "/home"
    assert "not confirmed" in before.text
    assert "Send the link again" in before.text
    assert "Send the link again" not in after.text


async def test_signing_in_sends_the_link_again_after_a_while(
    visitor, signs_up, link, box, clock
):
    await signs_up()
    first = await link()
    await visitor.sign_in("priya", WHOLE["password"])
    assert await link() == first
    clock.advance(minutes=6)
    await visitor.sign_in("priya", WHOLE["password"])
    second = await link()

    assert len(box.letters) == 2
    assert (await visitor.get(first)).status == 404
    clock.advance(hours=49)
    assert (await visitor.get(second)).status == 404


async def test_a_name_nobody_confirmed_is_free_after_a_week(signs_up, ctx, clock, maya, link):
    await signs_up()
    await link()
    clock.advance(days=6)
    await sweep_store(ctx, SweepStore())
    assert await _named(ctx, "priya")
    clock.advance(days=2)
    await sweep_store(ctx, SweepStore())

    assert await _named(ctx, "priya") is None
    assert await _named(ctx, "maya")
    assert "Look into your mail" in (await signs_up()).text


async def test_another_address_holds_once_its_link_is_opened_and_the_old_one_is_told(
    visitor, changes_address, at_maya, link, ctx, box
):
    done = await changes_address("Maya@elsewhere.example")
    place = await link()
    before = await _named(ctx, "maya")
    page = await at_maya.get("/settings/security")
    await visitor.submit(await visitor.get(place), place, {})
    after = await _named(ctx, "maya")

    assert done.location == "/settings/security?sent#address"
    assert sorted(box.addressed) == ["maya@elsewhere.example", "maya@home.example"]
    told = next(one for one in box.letters if one["To"] == "maya@home.example")
    assert told["Subject"] == "Another address for @maya@home.example"
    assert "/auth/confirm/" not in _text(told)
    assert "A link waits in the mail of maya@elsewhere.example." in page.text
    assert before.email == "maya@home.example"
    assert after.email == "maya@elsewhere.example"


@pytest.mark.parametrize(
    ("email", "password", "word"),
    [
        ("tom@home.example", PASSWORD, "Somebody here has that e-mail address already."),
        ("nowhere", PASSWORD, "That does not look like an e-mail address."),
        ("maya@elsewhere.example", "wrong words", "That is not the password"),
    ],
)
async def test_an_address_one_cannot_have_is_refused_at_its_field(
    changes_address, tom, ctx, box, email, password, word
):
    refused = await changes_address(email, password)
    await run_until_idle(ctx)

    assert (refused.status, word in refused.text) == (422, True)
    assert box.letters == []


async def test_an_address_that_another_confirmed_meanwhile_is_refused(
    changes_address, visitor, link, ctx, make_member
):
    await changes_address("ren@home.example")
    place = await link()
    page = await visitor.get(place)
    await make_member("ren")
    late = await visitor.submit(page, place, {})

    assert "Somebody here has that e-mail address already." in late.text
    assert (await _named(ctx, "maya")).email == "maya@home.example"


async def test_a_password_chosen_by_mail_confirms_the_address_too(
    visitor, signs_up, ctx, box, link
):
    await signs_up()
    await link()
    page = await visitor.get("/auth/password")
    await visitor.submit(page, "/auth/password", {"email": WHOLE["email"]})
    await run_until_idle(ctx)
    place = re.search(r"(/auth/password/\S+)", _text(box.letters[-1]))[1]
    await visitor.submit(await visitor.get(place), place, {"new": "five other plain words"})

    assert (await _named(ctx, "priya")).confirmed_at is not None
    assert (await visitor.sign_in("priya", "five other plain words")).status == 303


async def test_neither_address_nor_link_is_in_the_log(visitor, signs_up, ctx, box, capsys):
    await signs_up()
    await run_until_idle(ctx)
    place = re.search(r"(/auth/confirm/\S+)", _text(box.letters[-1]))[1]
    await visitor.get(place)

    told = capsys.readouterr()
    log = told.out + told.err
    assert "GET /auth/confirm/{token}" in log
    assert place.rpartition("/")[2] not in log
    assert "priya@home.example" not in log


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, smtp_url="")

    async def test_nothing_is_asked_of_members(self, visitor, signs_up, at_maya, ctx, box):
        came_in = await signs_up()
        page = await at_maya.get("/settings/security")
        form = filled_in(page.form("/settings/security/password"))
        posted = await at_maya.post("/settings/security/address", {**form, "email": "a@b.c"})
        await run_until_idle(ctx)

        assert came_in.location == "/home"
        assert (await _named(ctx, "priya")).confirmed_at is not None
        assert "Your e-mail address" not in page.text
        assert posted.status == 404
        assert box.letters == []
        async with ctx.read() as session:
            member = await _named(ctx, "priya")
            found = await confirmation.address_of(session, member_id=member.id)
        assert (found.confirmed, found.waiting) == (True, "")
