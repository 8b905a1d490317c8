"""Becoming a member: by a link, by oneself, and not at all."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Role
from fedi_k12.services import login, signup
from storage.tables import MemberRow

FORM = {
    "username": "nora",
    "display_name": "Nora",
    "email": "nora@home.example",
    "password_hash": "hash",
    "affiliation": "staff",
    "rules_accepted": True,
}


@pytest.fixture
def register(do, account_keys):
    async def run(code=None, registrations="invite", domains=(), **changes):
        return await do(
            signup.register,
            form=signup.SignUpForm(**{**FORM, **changes}),
            invite_code=code,
            registrations=registrations,
            domains=domains,
            keys=account_keys,
        )

    return run


@pytest.fixture
def invite(do):
    async def run(actor=None, **parts):
        return await do(signup.create_invite, actor=actor, **parts)

    return run


async def test_a_link_makes_a_member(ctx, register, invite, see):
    code = await invite(note="Welcome")

    made = await register(code)

    assert not made.waits_for_approval
    member = await see(login.find_member, login="NORA@home.example")
    assert (member.member_id, member.account_id) == (made.member_id, made.account_id)
    assert member.approved
    async with ctx.read() as session:
        row = await session.get(MemberRow, made.member_id)
    assert row.rules_accepted_at is not None
    assert row.affiliation == "staff"


async def test_without_a_link_nobody_comes_in(register):
    for registrations in ("invite", "closed"):
        with pytest.raises(ForbiddenError, match="invitation"):
            await register(registrations=registrations)


async def test_a_link_opens_a_closed_door(register, invite):
    assert await register(await invite(), registrations="closed")


async def test_rules_have_to_be_accepted(register, invite):
    with pytest.raises(InvalidError) as refused:
        await register(await invite(), rules_accepted=False)

    assert "agreement" in refused.value.fields


async def test_where_approval_is_asked_one_waits(register, see):
    made = await register(registrations="approval")

    assert made.waits_for_approval
    assert not (await see(login.find_member, login="nora")).approved


async def test_an_open_door_may_be_for_some_domains_only(register):
    with pytest.raises(InvalidError, match="your school"):
        await register(registrations="open", domains=("lincoln.example",))

    assert await register(registrations="open", domains=("home.example",))


async def test_a_link_is_good_for_any_address(register, invite):
    assert await register(await invite(), domains=("lincoln.example",))


async def test_a_link_for_one_is_used_up_by_one(register, invite):
    code = await invite(max_uses=1)
    await register(code)

    with pytest.raises(NotFoundError, match="used up"):
        await register(code, username="olga", email="olga@home.example")


async def test_a_link_grows_old(ctx, clock, register, invite, see):
    code = await invite(expires_at=ctx.clock() + timedelta(days=7))
    assert await see(signup.invite_for, code=code)

    clock.advance(days=8)

    with pytest.raises(NotFoundError):
        await see(signup.invite_for, code=code)
    with pytest.raises(NotFoundError):
        await register(code)


async def test_a_made_up_link_is_none(register):
    with pytest.raises(NotFoundError):
        await register("made-up")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"username": "no ra"}, "username", id="an odd name"),
        pytest.param({"username": "admin"}, "username", id="a reserved name"),
        pytest.param({"username": "Maya"}, "username", id="a name that is taken"),
        pytest.param({"email": "nora"}, "email", id="no address"),
        pytest.param({"email": "MAYA@home.example"}, "email", id="an address that is taken"),
    ],
)
async def test_what_needs_a_change_is_named(register, invite, maya, changes, field):
    with pytest.raises(InvalidError) as refused:
        await register(await invite(), **changes)

    assert list(refused.value.fields) == [field]


async def test_a_link_says_who_invites(invite, see, make_member):
    moderator = await make_member("mona", role=Role.MODERATOR)
    code = await invite(actor=moderator.actor, note="For the maths team")

    view = await see(signup.invite_for, code=code)

    assert (view.invited_by, view.note, view.role) == (
        "Mona",
        "For the maths team",
        Role.MEMBER,
    )
    assert (await see(signup.invite_for, code=await invite())).invited_by == ""


async def test_members_do_not_invite(invite, maya):
    with pytest.raises(ForbiddenError, match="moderator"):
        await invite(actor=maya.actor)


async def test_nobody_invites_to_more_than_they_are(invite, make_member):
    moderator = await make_member("mona", role=Role.MODERATOR)

    with pytest.raises(ForbiddenError, match="higher role"):
        await invite(actor=moderator.actor, role=Role.ADMIN)


async def test_the_first_link_makes_the_owner_and_there_is_one_at_a_time(do, register, see):
    first = await do(signup.owner_link_code)
    second = await do(signup.owner_link_code)

    with pytest.raises(NotFoundError):
        await register(first)
    await register(second)

    assert (await see(login.find_member, login="nora")).role is Role.OWNER
    assert await do(signup.owner_link_code) is None


async def test_a_school_wants_to_be_found(make_member):
    school = await make_member("school", kind="Organization")

    assert school.account.discoverable
    assert school.account.indexable


async def test_the_operator_makes_accounts_without_an_address(do, account_keys):
    account = await do(
        signup.create_member,
        username="bot",
        email=None,
        password_hash=None,
        role=Role.MEMBER,
        kind="Service",
        display_name="Bot",
        keys=account_keys,
    )

    assert account.kind == "Service"
