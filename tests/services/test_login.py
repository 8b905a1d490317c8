"""Signing in: passwords, sessions, and who one acts for."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.preferences import Preferences
from fedi_k12.services import login, moderation
from storage.tables import MemberRow
from tests.conftest import PASSWORD


@pytest.fixture
def sign_in(do):
    async def run(member):
        token, _csrf = await do(
            login.open_session, member_id=member.actor.member_id, client="Browser"
        )
        return hash_token(token)

    return run


def test_only_the_right_password_fits(password_hash):
    assert login.check_password_hash(password_hash, PASSWORD)
    assert not login.check_password_hash(password_hash, PASSWORD + "x")
    assert not login.check_password_hash("no hash", PASSWORD)
    assert not login.check_password_hash(None, PASSWORD)
    assert login.hash_password(PASSWORD) != password_hash


@pytest.mark.parametrize("name", ["maya", "@Maya", "maya@home.example", " MAYA@home.example "])
async def test_a_member_is_found_by_name_and_by_address(see, maya, name):
    found = await see(login.find_member, login=name)

    assert found.member_id == maya.actor.member_id
    assert found.confirmed
    assert not found.disabled


async def test_nobody_else_is_found(see, maya, make_remote):
    await make_remote("ria")

    assert await see(login.find_member, login="ria") is None
    assert await see(login.find_member, login="") is None


async def test_a_session_says_who_sits_there(see, sign_in, maya):
    signed = await see(login.session_for, token_hash=await sign_in(maya))

    assert signed.actor == maya.actor
    assert signed.preferences == Preferences()
    assert len(signed.csrf) >= 40


async def test_a_session_ends_with_its_time(see, clock, sign_in, maya):
    token = await sign_in(maya)

    clock.advance(days=login.SESSION_DAYS, hours=1)

    assert await see(login.session_for, token_hash=token) is None


async def test_signing_out_ends_this_session_only(do, see, sign_in, maya):
    one, other = await sign_in(maya), await sign_in(maya)
    signed = await see(login.session_for, token_hash=one)

    await do(login.end_session, session_id=signed.session_id)

    assert await see(login.session_for, token_hash=one) is None
    assert await see(login.session_for, token_hash=other) is not None


async def test_a_new_password_ends_the_other_sessions(do, see, sign_in, maya):
    one, other = await sign_in(maya), await sign_in(maya)
    signed = await see(login.session_for, token_hash=one)

    await do(
        login.change_password,
        member_id=maya.actor.member_id,
        password_hash="new",
        keep_session=signed.session_id,
    )

    assert await see(login.session_for, token_hash=one) is not None
    assert await see(login.session_for, token_hash=other) is None
    assert (await see(login.find_member, login="maya")).password_hash == "new"


async def test_ten_wrong_passwords_close_the_door_a_while(ctx, do, see, sign_in, maya):
    for _ in range(login.MAX_FAILURES - 1):
        await do(login.record_failure, member_id=maya.actor.member_id)
    assert (await see(login.find_member, login="maya")).locked_until is None

    await do(login.record_failure, member_id=maya.actor.member_id)

    until = (await see(login.find_member, login="maya")).locked_until
    assert until > ctx.clock() + login.LOCK_OUT - timedelta(minutes=1)
    await sign_in(maya)
    assert (await see(login.find_member, login="maya")).locked_until is None


async def test_failures_of_nobody_count_nothing(do):
    await do(login.record_failure, member_id=1)


async def test_whoever_is_suspended_is_signed_out_and_stays_out(do, see, sign_in, maya):
    token = await sign_in(maya)

    await do(moderation.suspend_account, actor=None, account_id=maya.account.id, reason="Spam")

    assert await see(login.session_for, token_hash=token) is None
    with pytest.raises(ForbiddenError):
        await sign_in(maya)


def test_choices_that_are_no_longer_known_are_left_out():
    member = MemberRow(preferences={"theme": "neon", "old": 1}, time_zone="Europe/Berlin")

    assert login.preferences_of(member) == Preferences(time_zone="Europe/Berlin")
