"""Reports in the apps of those who moderate: refused to others, and the whole way of one."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import sanctions

ALL = "/api/v1/admin/reports"
MANY = 8


@pytest.fixture
def file_report(ask, maya, make_member):
    """Return a function that reports a post of somebody new; it returns who, and the post."""

    async def run(name, **more):
        bad = await make_member(name)
        _, post = await ask(bad, "POST", "/api/v1/statuses", status="Nonsense")
        target = {"account_id": str(bad.account.id), "status_ids": [post["id"]]}
        status, _ = await ask(maya, "POST", "/api/v1/reports", **target, **more)
        assert status == 200
        return bad, post

    return run


PLACES = [
    ("GET", ""), ("GET", "/1"), ("PUT", "/1"), ("POST", "/1/assign_to_self"),
    ("POST", "/1/unassign"), ("POST", "/1/resolve"), ("POST", "/1/reopen"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_only_who_moderates_and_may_by_scope_comes_in(ask, make_member, method, path):
    """FED-80, FED-81: neither the scope nor the role is enough."""
    member = await make_member("kim", scopes="admin:read admin:write")
    app = await make_member("ann", role=Role.OWNER, scopes="read write admin:read:accounts")

    assert (await ask(None, method, ALL + path))[0] == 401
    assert await ask(member, method, ALL + path) == (
        403,
        {"error": "This action is not allowed"},
    )
    status, said = await ask(app, method, ALL + path)
    assert (status, said["error"]) == (403, "This action is outside the authorized scopes")


@pytest.mark.parametrize(("method", "path"), PLACES[1:])
@pytest.mark.parametrize("number", ["1", "x", "99999999999999999999"])
async def test_a_report_that_is_none_is_not_found(ask, mod, method, path, number):
    status, _ = await ask(mod, method, ALL + path.replace("1", number, 1))

    assert status == 404


async def test_who_no_longer_moderates_reads_no_more_reports(ask, ctx, mod, file_report):
    await file_report("bad")
    assert (await ask(mod, "GET", ALL))[0] == 200

    await ctx.write(
        sanctions.give_role,
        actor=None, account_id=mod.account.id, role=Role.MEMBER, now=ctx.clock(),
    )  # fmt: skip

    assert (await ask(mod, "GET", ALL))[0] == 403


async def test_a_report_is_read_taken_closed_and_opened_again(
    call, ask, mod, maya, file_report
):
    _bad, post = await file_report("bad", comment="Look at this", category="spam")

    (one,) = await call(mod, "GET", ALL)
    assert (one["comment"], one["category"], one["action_taken"]) == (
        "Look at this", "spam", False,
    )  # fmt: skip
    assert one["account"]["username"] == "maya"
    assert one["target_account"]["account"]["acct"] == "bad"
    assert one["target_account"]["email"] == "bad@home.example"
    assert [status["id"] for status in one["statuses"]] == [post["id"]]
    place = f"{ALL}/{one['id']}"

    taken = await call(mod, "POST", place + "/assign_to_self")
    assert taken["assigned_account"]["username"] == "vera"
    left = await call(mod, "POST", place + "/unassign")
    assert left["assigned_account"] is None
    closed = await call(mod, "POST", place + "/resolve")
    assert closed["action_taken_by_account"]["username"] == "vera"
    assert closed["action_taken_at"] == closed["updated_at"]
    assert await call(mod, "GET", ALL) == []
    assert [r["id"] for r in await call(mod, "GET", ALL + "?resolved=true")] == [one["id"]]
    opened = await call(mod, "POST", place + "/reopen")
    assert (opened["action_taken"], opened["action_taken_by_account"]) == (False, None)


async def test_a_letter_that_was_reported_is_shown_to_who_decides(call, mod, maya, make_member):
    bad = await make_member("bad")
    letter = await call(
        bad, "POST", "/api/v1/statuses", status="@maya nasty", visibility="direct"
    )
    target = {"account_id": str(bad.account.id), "status_ids": [letter["id"]]}
    await call(maya, "POST", "/api/v1/reports", **target)
    await call(bad, "POST", f"/api/v1/accounts/{maya.account.id}/block")

    (one,) = await call(mod, "GET", ALL)

    assert [status["id"] for status in one["statuses"]] == [letter["id"]]


async def test_a_report_is_classified_anew(call, ask, mod, file_report):
    await file_report("bad")
    (one,) = await call(mod, "GET", ALL)
    place = f"{ALL}/{one['id']}"
    rules = await call(mod, "GET", "/api/v1/instance/rules")

    status, said = await ask(mod, "PUT", place, category="silly")
    assert (status, said["error"]) == (
        422,
        "Validation failed: Category is not included in the list",
    )
    found = await call(mod, "PUT", place, category="violation", rule_ids=[rules[0]["id"]])
    assert (found["category"], found["rules"]) == ("violation", rules[:1])
    found = await call(mod, "PUT", place, category="spam")
    assert (found["category"], found["rules"]) == ("spam", [])


async def test_reports_are_found_by_who_reported_and_about_whom(call, mod, maya, file_report):
    bad, _ = await file_report("bad")
    await file_report("worse")
    nobody = "123456"

    for query, names in (
        (f"account_id={maya.account.id}", {"bad", "worse"}),
        (f"target_account_id={bad.account.id}", {"bad"}),
        (f"account_id={bad.account.id}", set()),
        (f"target_account_id={nobody}", set()),
        ("target_account_id=x", set()),
    ):
        found = await call(mod, "GET", f"{ALL}?{query}")
        assert {one["target_account"]["username"] for one in found} == names


async def test_many_reports_cost_as_much_as_one_and_come_in_pages(
    queries, leaf, mod, maya, file_report
):
    await file_report("bad0")
    few, _ = await queries(mod, ALL)
    for number in range(1, MANY):
        await file_report(f"bad{number}")

    many, found = await queries(mod, ALL)
    pages = await leaf(mod, ALL + "?limit=3")

    assert many <= few
    assert [len(page) for page in pages] == [3, 3, 2, 0] or [len(p) for p in pages] == [3, 3, 2]
    assert [one["id"] for page in pages for one in page] == [one["id"] for one in found]
