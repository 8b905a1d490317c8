"""Accounts in the apps of those who moderate."""

import pytest
from msgspec.structs import force_setattr

from fedi_k12.domain.permissions import Role
from fedi_k12.services import moderation, signup
from storage.tables import MemberRow

V1, V2 = "/api/v1/admin/accounts", "/api/v2/admin/accounts"
MANY = 8


PLACES = [("GET", V1), ("GET", V2), ("GET", V1 + "/1")]


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_only_who_moderates_and_may_by_scope_comes_in(ask, make_member, method, path):
    """FED-80, FED-81: neither the scope nor the role is enough."""
    member = await make_member("kim", scopes="admin:read admin:write")
    app = await make_member("ann", role=Role.OWNER, scopes="read write admin:read:reports")

    assert (await ask(None, method, path))[0] == 401
    assert await ask(member, method, path) == (403, {"error": "This action is not allowed"})
    status, said = await ask(app, method, path)
    assert (status, said["error"]) == (403, "This action is outside the authorized scopes")


@pytest.mark.parametrize("number", ["1", "x", "99999999999999999999"])
async def test_an_account_that_is_none_is_not_found(ask, mod, number):
    assert (await ask(mod, "GET", f"{V1}/{number}"))[0] == 404


async def test_staff_without_the_second_step_that_is_asked_for_do_nothing(ask, ctx, mod):
    force_setattr(ctx.settings, "staff_second_factor", True)

    status, said = await ask(mod, "GET", V1)

    assert (status, said["error"]) == (403, "Set up a second step for signing in first.")


async def test_one_account_is_shown_with_what_staff_know(call, mod, maya, make_remote):
    here = await call(mod, "GET", f"{V1}/{maya.account.id}")
    far = await make_remote("lee")
    there = await call(mod, "GET", f"{V1}/{far.id}")

    assert (here["username"], here["domain"], here["email"]) == (
        "maya", None, "maya@home.example",
    )  # fmt: skip
    assert here["role"]["id"] == "-99"
    assert (here["confirmed"], here["approved"], here["disabled"]) == (True, True, False)
    assert here["account"]["acct"] == "maya"
    assert (there["domain"], there["email"], there["role"]) == (far.domain, None, None)


async def test_accounts_are_found_by_what_they_are(
    call, ctx, mod, maya, make_remote, make_member
):
    far = await make_remote("lee")
    bad = await make_member("bad", display_name="Bad 100%")
    await ctx.write(
        moderation.suspend_account,
        actor=None,
        account_id=bad.account.id,
        reason="",
        now=ctx.clock(),
    )
    waits = await make_member("wes")

    async def put_back(session):
        (await session.get(MemberRow, waits.actor.member_id)).approved_at = None

    await ctx.write(put_back)
    everybody = {"vera", "maya", "bad", "wes", "lee"}

    for path, names in {
        V1: everybody, V1 + "?local=true": everybody - {"lee"}, V1 + "?remote=1": {"lee"},
        V1 + "?suspended=true": {"bad"}, V1 + "?active=true": everybody - {"bad"},
        V1 + "?pending=true": {"wes"}, V1 + "?disabled=true": {"bad"},
        V1 + "?silenced=true": set(), V1 + "?sensitized=true": set(),
        V1 + "?staff=true": {"vera"}, V1 + "?username=MA": {"maya"},
        V1 + "?display_name=bad+100%25": {"bad"}, V1 + "?display_name=%25": set(),
        V1 + "?email=maya@home.example": {"maya"}, V1 + "?ip=127.0.0.1": set(),
        V1 + f"?by_domain={far.domain}": {"lee"},
        V2 + "?origin=remote": {"lee"}, V2 + "?origin=mars": set(),
        V2 + "?origin=local&status=suspended": {"bad"}, V2 + "?status=odd": set(),
        V2 + "?permissions=staff": {"vera"}, V2 + "?role_ids[]=moderator": {"vera"},
        V2 + "?role_ids[]=-99&origin=local": {"maya", "bad", "wes"},
        V2 + "?role_ids[]=king": set(), V2 + "?invited_by=x": set(),
        V2 + f"?invited_by={maya.account.id}": set(),
    }.items():  # fmt: skip
        found = await call(mod, "GET", path)
        assert {one["username"] for one in found} == names, path


async def test_who_invited_somebody_is_told(call, ctx, mod, account_keys, password_hash):
    code = await ctx.write(signup.create_invite, actor=mod.actor, now=ctx.clock())
    form = signup.SignUpForm(
        "kim", "Kim", "kim@home.example", password_hash, "staff", rules_accepted=True
    )
    await ctx.write(
        signup.register, form=form, invite_code=code, registrations="invite",
        keys=account_keys, addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip

    (found,) = await call(mod, "GET", f"{V2}?invited_by={mod.account.id}")

    assert found["username"] == "kim"
    assert found["invited_by_account_id"] == str(mod.account.id)


async def test_many_accounts_cost_as_much_as_few_and_come_in_pages(
    queries, leaf, mod, make_member
):
    await make_member("kim0")
    few, _ = await queries(mod, V1)
    for number in range(1, MANY):
        await make_member(f"kim{number}")

    many, found = await queries(mod, V1)
    pages = await leaf(mod, V1 + "?limit=4&username=kim")

    assert many <= few
    assert [one["username"] for page in pages for one in page] == [
        f"kim{number}" for number in reversed(range(MANY))
    ]
    assert len(found) == MANY + 1
