"""A forgotten password: a letter with a link, and what it opens. Letters go over real SMTP."""

import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from fedi_k12 import postman
from fedi_k12.guard import FetchError
from fedi_k12.postman import Letter
from fedi_k12.services import profiles
from fedi_k12.settings import SettingsError, describe, load
from fedi_k12.worker import run_until_idle
from tests.conftest import PASSWORD
from tests.mailbox import NAME, SECRET, mail_server

OTHER = "four unrelated words here"


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
def asks(visitor):
    async def ask(email):
        page = await visitor.get("/auth/password")
        return await visitor.submit(page, "/auth/password", {"email": email})

    return ask


def link_in(letter):
    found = re.search(r"https://home\.example(/auth/password/\S+)", letter.get_content())
    assert found
    return found[1]


async def test_a_link_by_mail_opens_the_door_to_another_password(
    visitor, asks, ctx, maya, at_maya, client, box
):
    await asks("maya@home.example")
    await run_until_idle(ctx)
    (letter,) = box.letters
    place = link_in(letter)
    page = await visitor.get(place)
    done = await visitor.submit(page, place, {"new": OTHER})
    welcome = await visitor.follow(done)

    assert box.addressed == ["maya@home.example"]
    assert box.signed_in == [f"\0{NAME}\0{SECRET}"]
    assert letter["Subject"] == "A new password for @maya@home.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert done.location == "/auth/sign_in?renewed"
    assert "The new password holds." in welcome.text
    assert (await visitor.sign_in("maya", PASSWORD)).status == 422
    assert (await visitor.sign_in("maya", OTHER)).status == 303
    assert (await at_maya.get("/settings")).location.startswith("/auth/sign_in")
    own = await client.get("/api/v1/accounts/verify_credentials", headers=maya.headers)
    assert own.status == 401


async def test_a_link_works_once_and_for_an_hour(visitor, asks, ctx, maya, box, clock):
    await asks("maya@home.example")
    await run_until_idle(ctx)
    first = link_in(box.letters[0])
    clock.advance(minutes=61)
    assert (await visitor.get(first)).status == 404
    await asks("maya@home.example")
    await run_until_idle(ctx)
    second = link_in(box.letters[1])
    page = await visitor.get(second)
    await visitor.submit(page, second, {"new": OTHER})

    assert (await visitor.get(second)).status == 404
    assert (await visitor.get(first)).status == 404


async def test_an_unknown_address_is_told_the_same_and_gets_nothing(asks, ctx, maya, box):
    known = await asks("Maya@home.example ")
    unknown = await asks("nobody@home.example")
    await run_until_idle(ctx)

    assert (known.status, known.text) == (unknown.status, unknown.text)
    assert known.status == 200
    assert box.addressed == ["maya@home.example"]


async def test_who_asks_again_at_once_gets_one_letter(asks, ctx, maya, box):
    for _time in range(3):
        await asks("maya@home.example")
    await run_until_idle(ctx)

    assert len(box.letters) == 1


async def test_a_letter_is_tried_again_and_its_number_stays(asks, ctx, maya, box, clock):
    box.refuse = [b"451 later, please"]
    await asks("maya@home.example")
    await run_until_idle(ctx)
    assert box.letters == []
    clock.advance(minutes=2)
    await run_until_idle(ctx)
    clock.advance(hours=30)
    await run_until_idle(ctx)

    assert len(box.letters) == 1
    assert re.fullmatch(r"<password-\d+@home\.example>", box.letters[0]["Message-ID"])


async def test_what_the_mail_server_refuses_for_good_is_not_tried_again(
    asks, ctx, maya, box, clock
):
    box.refuse = [b"550 nobody of that name"]
    await asks("maya@home.example")
    for _time in range(3):
        await run_until_idle(ctx)
        clock.advance(hours=2)

    assert box.letters == []
    assert box.refuse == []


async def test_a_letter_is_in_the_language_of_who_gets_it(asks, ctx, maya, box):
    await ctx.write(
        profiles.save_preferences, actor=maya.actor, changes={"page_language": "es"}
    )
    await asks("maya@home.example")
    await run_until_idle(ctx)

    assert box.letters[0]["Subject"] == "Una contraseña nueva para @maya@home.example"
    assert "El enlace sirve durante una hora" in box.letters[0].get_content()


async def test_a_weak_password_and_a_wrong_address_are_said_at_their_fields(
    visitor, asks, ctx, maya, box
):
    refused = await asks("maya")
    await asks("maya@home.example")
    await run_until_idle(ctx)
    place = link_in(box.letters[0])
    page = await visitor.get(place)
    weak = await visitor.submit(page, place, {"new": "short"})

    assert refused.status == 422
    assert weak.status == 422
    assert (await visitor.get(place)).status == 200


async def test_neither_address_nor_key_is_in_the_log(visitor, asks, ctx, maya, box, capsys):
    await asks("maya@home.example")
    await run_until_idle(ctx)
    place = link_in(box.letters[0])
    await visitor.get(place)

    told = capsys.readouterr()
    log = told.out + told.err
    assert "GET /auth/password/{token}" in log
    assert place.rpartition("/")[2] not in log
    assert "maya@home.example" not in log


@pytest.mark.parametrize(
    "to", ["a@b.example, c@d.example", "a@b.example\nBcc: c@d.example", ""]
)
def test_an_address_that_is_more_than_one_is_written_to_nobody(settings, to):
    letter = Letter(to, "Hello", "Hello", "test-1")
    with pytest.raises(FetchError) as refused:
        postman.written(settings, letter, now=datetime(2026, 11, 28, tzinfo=UTC))

    assert refused.value.permanent


def test_a_subject_never_becomes_another_header(settings):
    letter = Letter("a@b.example", "Hello\r\nBcc: c@d.example", "Hello", "test-1")
    message = postman.written(settings, letter, now=datetime(2026, 11, 28, tzinfo=UTC))

    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: c@d.example"


def test_the_password_of_the_mail_server_is_not_shown(tmp_path):
    where = tmp_path / "none.toml"
    environ = {"FEDI_K12_CONFIG": str(where), "FEDI_K12_SMTP_URL": "smtp://a:hidden@mail.test"}
    shown = {one.name: one.value for one in describe(load(environ))}
    with pytest.raises(SettingsError) as refused:
        load({**environ, "FEDI_K12_SMTP_URL": "mail://a:hidden@mail.test"})

    assert "hidden" not in shown["smtp_url"]
    assert "hidden" not in str(refused.value)


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, smtp_url="")

    async def test_pages_say_that_no_mail_is_sent(self, visitor):
        page = await visitor.get("/auth/password")
        sign_in = await visitor.get("/auth/sign_in")

        assert "This server sends no e-mail." in page.text
        assert "/auth/password" not in sign_in.body
