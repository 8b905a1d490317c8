"""What staff decide about servers, e-mail domains and networks, in their apps."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import entry, signup

ADMIN = "/api/v1/admin"
KINDS = {
    "domain_blocks": {"domain": "bad.example"},
    "domain_allows": {"domain": "good.example"},
    "email_domain_blocks": {"domain": "bad.example"},
    "ip_blocks": {"ip": "192.0.2.0/24", "severity": "sign_up_block"},
}
MANY = 8


@pytest.fixture
async def boss(make_member):
    """An admin, whose app may do what admins do."""
    return await make_member("ann", role=Role.ADMIN, scopes="read admin:read admin:write")


@pytest.fixture
def form(password_hash):
    return signup.SignUpForm(
        "kim", "Kim", "kim@mail.bad.example", password_hash, "staff", rules_accepted=True
    )


@pytest.fixture
def sign_up(ctx, form, account_keys):
    """Return a function with which Kim asks to become a member, from an address."""

    async def run(address="", **more):
        values = {"invite_code": None, "registrations": "open", **more}
        return await ctx.write(
            signup.register, form=form, address=address, keys=account_keys,
            addresses=ctx.addresses, now=ctx.clock(), **values,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("name", KINDS)
async def test_only_who_decides_and_may_by_scope_comes_in(ask, make_member, boss, name):
    """FED-80, FED-81: neither the scope nor the role is enough."""
    member = await make_member("kim", scopes="admin:read admin:write")
    app = await make_member("bea", role=Role.OWNER, scopes="read write admin:read:reports")
    made = (await ask(boss, "POST", f"{ADMIN}/{name}", **KINDS[name]))[1]

    for method, path in (
        ("GET", ""), ("POST", ""), ("GET", "/" + made["id"]), ("DELETE", "/" + made["id"]),
    ):  # fmt: skip
        for who, refusal in ((None, 401), (member, 403), (app, 403)):
            assert (await ask(who, method, f"{ADMIN}/{name}{path}"))[0] == refusal


@pytest.mark.parametrize("name", KINDS)
async def test_one_is_made_shown_listed_and_taken_back(call, ask, queries, leaf, boss, name):
    place = f"{ADMIN}/{name}"
    made = await call(boss, "POST", place, **KINDS[name])

    assert await call(boss, "GET", f"{place}/{made['id']}") == made
    await queries(boss, place)
    few, listed = await queries(boss, place)
    assert listed == [made]
    for number in range(1, MANY):
        more = {"domain": f"h{number}.example", "ip": f"198.51.100.{number}"}
        await call(boss, "POST", place, **{**KINDS[name], **more})
    # What is read anew after a change is read once.
    await queries(boss, place)
    many, listed = await queries(boss, place)
    assert (many, len(listed)) == (few, MANY)
    pages = await leaf(boss, place + "?limit=3")
    assert [one for page in pages for one in page] == listed
    assert await call(boss, "DELETE", f"{place}/{made['id']}") == {}
    for method in ("GET", "DELETE"):
        for number in (made["id"], "1", "x"):
            assert (await ask(boss, method, f"{place}/{number}"))[0] == 404


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("domain_blocks", {}), ("domain_blocks", {"domain": "no domain"}),
        ("domain_blocks", {"domain": "bad.example", "severity": "odd"}),
        ("domain_blocks", {"domain": "home.example", "severity": "suspend"}),
        ("domain_allows", {}), ("domain_allows", {"domain": "?"}),
        ("email_domain_blocks", {}), ("email_domain_blocks", {"domain": "no domain"}),
        ("ip_blocks", {"ip": "192.0.2.1"}), ("ip_blocks", {"severity": "no_access"}),
        ("ip_blocks", {"ip": "192.0.2.1", "severity": "odd"}),
        ("ip_blocks", {"ip": "everybody", "severity": "no_access"}),
        ("ip_blocks", {"ip": "0.0.0.0/0", "severity": "no_access"}),
        ("ip_blocks", {"ip": "::/0", "severity": "no_access"}),
        ("ip_blocks", {"ip": "127.0.0.1", "severity": "no_access"}),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(ask, call, boss, name, values):
    assert (await ask(boss, "POST", f"{ADMIN}/{name}", **values))[0] == 422
    assert await call(boss, "GET", f"{ADMIN}/{name}") == []


@pytest.mark.parametrize("name", ["email_domain_blocks", "ip_blocks"])
async def test_the_same_twice_is_refused(ask, call, boss, name):
    await call(boss, "POST", f"{ADMIN}/{name}", **KINDS[name])

    status, said = await ask(boss, "POST", f"{ADMIN}/{name}", **KINDS[name])

    assert (status, said["error"][-22:]) == (422, "has already been taken")


async def test_a_milder_block_is_refused_and_a_change_keeps_the_rest(ask, call, boss):
    place = f"{ADMIN}/domain_blocks"
    made = await call(
        boss, "POST", place, domain="bad.example", severity="suspend", public_comment="Spam"
    )
    assert (made["severity"], made["public_comment"]) == ("suspend", "Spam")

    assert (await ask(boss, "POST", place, domain="bad.example"))[0] == 422
    changed = await call(
        boss, "PUT", f"{place}/{made['id']}", severity="silence", reject_media=True
    )

    assert (changed["severity"], changed["reject_media"]) == ("silence", True)
    assert changed["public_comment"] == "Spam"


async def test_nobody_signs_up_with_an_address_of_a_blocked_domain(ask, call, mod, sign_up):
    made = await call(mod, "POST", f"{ADMIN}/email_domain_blocks", domain="Bad.Example")

    with pytest.raises(entry.InvalidError) as refused:
        await sign_up()
    assert refused.value.fields == {"email": "is of a provider that is not taken here"}
    await call(mod, "DELETE", f"{ADMIN}/email_domain_blocks/{made['id']}")
    assert not (await sign_up()).waits_for_approval


@pytest.mark.parametrize("address", ["192.0.2.9", "::ffff:192.0.2.9"])
async def test_who_signs_up_from_a_network_waits_or_may_not(call, mod, sign_up, address):
    made = await call(mod, "POST", f"{ADMIN}/ip_blocks", **KINDS["ip_blocks"])

    with pytest.raises(entry.ForbiddenError):
        await sign_up(address)
    await call(
        mod, "PUT", f"{ADMIN}/ip_blocks/{made['id']}", severity="sign_up_requires_approval"
    )
    assert (await sign_up(address)).waits_for_approval


async def test_a_decision_about_a_network_is_over_in_time(ctx, call, clock, mod, sign_up):
    asked = {**KINDS["ip_blocks"], "expires_in": 60}
    made = await call(mod, "POST", f"{ADMIN}/ip_blocks", **asked)
    assert made["expires_at"] is not None
    with pytest.raises(entry.ForbiddenError):
        await sign_up("192.0.2.9")

    clock.advance(seconds=61)

    assert not (await sign_up("192.0.2.9")).waits_for_approval


async def test_from_a_network_that_is_shut_out_people_and_apps_do_not_come_in(
    ctx, client, mod, maya
):
    assert (await client.get("/about")).status == 200
    made = await ctx.write(
        entry.block_network, actor=mod.actor, network="127.0.0.0/8", severity="no_access",
        now=ctx.clock(),
    )  # fmt: skip

    assert (await client.get("/about")).status == 403
    answer = await client.get("/api/v1/timelines/home", headers=maya.headers)
    assert (answer.status, (await answer.json())["error"]) == (
        403,
        "Nobody comes in here from your network.",
    )
    assert (await client.post("/api/v1/apps", data={"client_name": "x"})).status == 403
    # Other servers do, and are asked to sign.
    letter = {"data": b"{}", "headers": {"Content-Type": "application/activity+json"}}
    assert (await client.post("/inbox", **letter)).status in {400, 401}
    assert (await client.get("/.well-known/nodeinfo")).status == 200
    assert (await client.get("/health")).status == 200
    await ctx.write(entry.unblock_network, actor=mod.actor, block_id=made.id, now=ctx.clock())
    assert (await client.get("/about")).status == 200
