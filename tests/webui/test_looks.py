"""H15: a member reads who saw what only they and the staff may know of them."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.looks import Seen
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import looks, members, reports
from fedi_k12.services.upkeep import sweep_store
from storage.tables import LookRow, MemberRow

ADDRESS = "marked-address@elsewhere.example"
WORDS = "Only my followers read this marked sentence"
SCOPES = "read write admin:read admin:write"
OURS = ("/moderation", "/api/v1/admin", "/api/v2/admin", "/settings", "/groups", "/api/v1")


@pytest.fixture
async def olga(make_member):
    return await make_member("olga", role=Role.OWNER, scopes=SCOPES)


@pytest.fixture
async def marked(ctx, maya, tom, olga, publish, befriend):
    """Maya, with an address and a post that are found wherever they are shown."""
    await befriend(tom, maya)
    post = await publish(maya, WORDS, visibility=Visibility.FOLLOWERS)

    async def change(session):
        member = await session.get(MemberRow, maya.actor.member_id)
        member.email = ADDRESS

    await ctx.write(change)
    report = await ctx.write(
        reports.file,
        actor=tom.actor,
        target_id=maya.account.id,
        comment="Please look",
        post_ids=[post],
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return maya, post, report.id


@pytest.fixture
def noted(ctx):
    async def read(member):
        async with ctx.read() as session:
            rows = await session.scalars(
                select(LookRow).where(LookRow.member_id == member.actor.member_id)
            )
            return {(row.what, row.by_name) for row in rows}

    return read


def addresses(app, account, post, report):
    """Yield every address that is read, with ids that fit in its place."""
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if route.method != "GET" or not path.startswith(OURS):
            continue
        number = report if "report" in path else post if "post" in path else account
        path = path.replace("{id}", str(number)).replace("{account_id}", str(account))
        if "{" not in path and "streaming" not in path:
            yield path


async def test_h15_nothing_marked_is_shown_to_staff_without_a_note(
    client, seated, ctx, olga, marked, noted
):
    """Whatever page or address for apps shows it, now or one day: the router lists them."""
    maya, post, report = marked
    browser = await seated(olga)
    shown = {}
    for path in addresses(client.app, maya.account.id, post, report):
        await _forget(ctx)
        if path.startswith("/api/"):
            answer = await client.get(path, headers={"Authorization": f"Bearer {olga.token}"})
            text = await answer.text()
        else:
            text = (await browser.get(path)).text
        told = {what for what, by in await noted(maya) if by == "olga"}
        for mark, what in ((ADDRESS, Seen.ACCOUNT.value), (WORDS, Seen.POSTS.value)):
            if mark in text:
                shown.setdefault(what, []).append(path)
                assert what in told, path

    # The places that are known to show it: without them the walk would show nothing.
    assert {"/api/v1/admin/accounts", "/api/v2/admin/accounts", "/api/v1/admin/reports",
            f"/moderation/members/{maya.account.id}"} <= set(shown["account"])  # fmt: skip
    assert {f"/moderation/reports/{report}", f"/api/v1/admin/reports/{report}"} <= set(
        shown["posts"]
    )


@pytest.mark.parametrize(
    "path", ["/unsilence", "/enable", "/unsensitive", "/unsuspend", "/action?type=none"]
)
async def test_h15_what_answers_with_the_account_leaves_a_note_too(
    client, olga, marked, noted, path
):
    maya, _post, _report = marked
    place = f"/api/v1/admin/accounts/{maya.account.id}{path}"

    answer = await client.post(place, headers={"Authorization": f"Bearer {olga.token}"})

    if ADDRESS in await answer.text():
        assert ("account", "olga") in await noted(maya)
    else:
        assert "action" in path or answer.status >= 400


async def test_h15_whoever_waits_to_be_let_in_reads_it_later(ctx, seated, olga, tom, noted):
    async def wait(session):
        (await session.get(MemberRow, tom.actor.member_id)).approved_at = None

    await ctx.write(wait)

    page = await (await seated(olga)).get("/moderation/waiting")

    assert "tom@home.example" in page.text
    assert await noted(tom) == {("account", "olga")}


async def test_h15_the_member_reads_who_and_what_once_a_day(seated, olga, marked, clock):
    maya, _post, report = marked
    browser, hers = await seated(olga), await seated(maya)
    assert "Nobody looked" in (await hers.get("/settings/access-log")).text
    for _ in range(3):
        await browser.get(f"/moderation/members/{maya.account.id}")
    await browser.get(f"/moderation/reports/{report}")
    clock.advance(days=1)
    await browser.get(f"/moderation/members/{maya.account.id}")

    page = await hers.get("/settings/access-log")

    rows = page.root.find("tbody")[0].find("tr")
    assert [("e-mail" in row.text, "@olga" in row.text) for row in rows] == [
        (True, True), (False, True), (True, True)
    ]  # fmt: skip


async def test_h15_looking_at_oneself_is_no_look(seated, olga, noted):
    await (await seated(olga)).get(f"/moderation/members/{olga.account.id}")

    assert await noted(olga) == set()


async def test_h15_what_anybody_may_see_is_no_look(seated, olga, marked, noted):
    maya, _post, _report = marked

    page = await (await seated(olga)).get("/moderation/members")

    assert ADDRESS not in page.text
    assert await noted(maya) == set()


async def test_h15_the_operator_is_named_as_such(ctx, maya):
    await ctx.write(members.local_accounts_in_full, now=ctx.clock())

    async with ctx.read() as session:
        found = await looks.of_member(session, actor=maya.actor)
    assert [(one.what, one.by) for one in found] == [(Seen.ACCOUNT, None)]


async def test_h15_notes_of_long_ago_are_forgotten(ctx, maya, clock):
    await ctx.write(members.local_accounts_in_full, now=ctx.clock())
    clock.advance(days=366)

    await sweep_store(ctx, SweepStore())

    async with ctx.read() as session:
        assert await looks.of_member(session, actor=maya.actor) == []


async def _forget(ctx):
    async def work(session):
        for row in await session.scalars(select(LookRow)):
            await session.delete(row)

    await ctx.write(work)
