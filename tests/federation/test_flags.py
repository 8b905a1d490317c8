"""Reports between servers.

Row 1.8 "Flag": in every form, split, kept as context; out by the server, its reporter hidden.
"""

import pytest
from sqlalchemy import select

from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import collections, collections_elsewhere, moderation, reports
from fedi_k12.services.collections_elsewhere import ReceivedCollection
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import collections as queries
from storage.tables import AccountRow, ReportRow


def sent(remote, kind):
    return [item.body for item in remote.delivered if item.body["type"] == kind]


@pytest.fixture
async def mona(make_member):
    return await make_member("mona", role=Role.MODERATOR)


@pytest.fixture
def reported(ctx):
    async def run():
        async with ctx.read() as session:
            return list(await session.scalars(select(ReportRow).order_by(ReportRow.id)))

    return run


@pytest.fixture
def post_of(ctx):
    async def run(member, text="Hello"):
        number = await ctx.write(
            publish,
            actor=member.actor,
            draft=Draft(text),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        return number, f"{member.account.uri}/statuses/{number}"

    return run


async def test_a_report_of_another_server_names_an_account_and_its_posts(
    remote, send, maya, post_of, reported
):
    actor = remote.actor("relay")
    number, uri = await post_of(maya)

    status = await send(
        actor, actor.activity("Flag", [maya.account.uri, uri], content="<b>Spam</b>")
    )

    assert status == 202
    [report] = await reported()
    assert (report.target_id, report.post_ids) == (maya.account.id, [number])
    assert (report.host, report.comment) == ("remote.example", "Spam")


async def test_a_report_of_another_server_names_collections(
    ctx, remote, send, maya, tom, reported
):
    actor = remote.actor("relay")
    number, uri = await collection_of(ctx, maya)
    others, foreign = await collection_of(ctx, tom)

    await send(actor, actor.activity("Flag", [maya.account.uri, uri, foreign]))
    await send(actor, actor.activity("Flag", [maya.account.uri, uri], "again"))

    about = [(row.target_id, row.collection_ids) for row in await reported()]
    assert sorted(about) == sorted([(maya.account.id, [number]), (tom.account.id, [others])])


async def test_a_report_that_goes_out_names_collections(
    ctx, remote, maya, make_remote, reported
):
    ren = await make_remote("ren")
    uri = f"{ren.uri}/packs/1"
    received = ReceivedCollection(
        uri=uri, account_id=ren.id, name="Packs", description="", tag="", language=None,
        sensitive=False, discoverable=True, url=None, published=None, updated=None, items=None,
    )  # fmt: skip
    await ctx.write(collections_elsewhere.receive, received, now=ctx.clock())
    async with ctx.read() as session:
        row = await queries.by_uri(session, uri)

    await ctx.write(
        reports.file,
        actor=maya.actor,
        target_id=ren.id,
        collection_ids=[row.id],
        forward=True,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    [flag] = sent(remote, "Flag")
    assert flag["object"] == [ren.uri, uri]


async def collection_of(ctx, member):
    number = await ctx.write(
        collections.create,
        actor=member.actor,
        draft=CollectionDraft("Science"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return number, f"{member.account.uri}/collections/{number}"


FORMS = {
    "a text": lambda uri: uri,
    "a list": lambda uri: [uri],
    "an object": lambda uri: {"id": uri, "type": "Person"},
    "a list of objects": lambda uri: [{"id": uri, "type": "Person"}],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
async def test_a_report_is_read_in_every_form(remote, send, maya, reported, form):
    actor = remote.actor("relay")

    assert await send(actor, actor.activity("Flag", form(maya.account.uri))) == 202

    assert [report.target_id for report in await reported()] == [maya.account.id]


async def test_the_reason_of_lemmy_is_read(remote, send, maya, post_of, reported):
    _number, uri = await post_of(maya)
    actor = remote.actor("lena")

    await send(actor, actor.activity("Flag", uri, summary="Not nice"))

    assert [report.comment for report in await reported()] == ["Not nice"]


async def test_a_report_about_several_accounts_is_split(
    remote, send, maya, tom, post_of, reported
):
    actor = remote.actor("relay")
    number, uri = await post_of(tom)

    await send(
        actor,
        actor.activity("Flag", [maya.account.uri, uri, "http://far.example/posts/1"]),
    )

    found = {report.target_id: report for report in await reported()}
    assert found.keys() == {maya.account.id, tom.account.id}
    assert found[tom.account.id].post_ids == [number]
    assert found[maya.account.id].context_uris == ["http://far.example/posts/1"]


async def test_fed_78_a_report_about_nobody_here_is_dropped(remote, send, maya, reported):
    actor = remote.actor("relay")

    assert await send(actor, actor.activity("Flag", "http://far.example/users/ada")) == 202
    assert await send(actor, actor.activity("Flag", [], "2")) == 422

    assert await reported() == []


async def test_fed_78_a_report_with_thousands_of_objects_is_one_report(
    remote, send, maya, reported
):
    actor = remote.actor("relay")
    many = [f"http://far.example/posts/{number}" for number in range(6000)]

    await send(actor, actor.activity("Flag", [maya.account.uri, *many]))

    [report] = await reported()
    assert len(report.context_uris) == 100


async def test_fed_78_the_same_report_again_is_no_other_one(remote, send, maya, reported):
    actor = remote.actor("relay")

    for number in ("1", "2", "3"):
        await send(actor, actor.activity("Flag", maya.account.uri, number))

    assert len(await reported()) == 1


async def test_fed_78_a_flood_ends_at_the_days_limit(
    remote, send, maya, tom, reported, monkeypatch
):
    monkeypatch.setattr(reports, "MAX_A_DAY_PER_HOST", 1)
    actor = remote.actor("relay")

    await send(actor, actor.activity("Flag", [maya.account.uri, tom.account.uri]))

    assert len(await reported()) == 1


async def test_fed_78_a_report_in_the_name_of_another_is_refused(remote, send, maya, reported):
    actor = remote.actor("relay")
    forged = actor.activity("Flag", maya.account.uri, actor="http://remote.example/users/ada")

    assert await send(actor, forged) == 401
    assert await reported() == []


async def test_reports_are_not_taken_where_staff_said_so(ctx, remote, send, maya, reported):
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="remote.example",
        severity="normal",
        reject_reports=True,
        now=ctx.clock(),
    )
    actor = remote.actor("relay")

    assert await send(actor, actor.activity("Flag", maya.account.uri)) == 202

    assert await reported() == []


async def test_nothing_happens_by_itself(remote, send, maya, see_account):
    actor = remote.actor("relay")

    await send(actor, actor.activity("Flag", maya.account.uri))

    row = await see_account(maya.account.id)
    assert (row.suspended_at, row.silenced_at) == (None, None)


@pytest.fixture
def see_account(ctx):
    async def run(number):
        async with ctx.read() as session:
            return await session.get(AccountRow, number)

    return run


@pytest.fixture
async def ria(make_remote, remote):
    return await make_remote("ria", "remote.example")


async def test_the_api_reports_and_tells_the_other_server_without_words(
    client, ctx, remote, maya, ria
):
    answer = await client.post(
        "/api/v1/reports",
        json={"account_id": str(ria.id), "forward": True, "category": "spam"},
        headers=maya.headers,
    )
    found = await answer.json()
    await run_until_idle(ctx)

    assert (answer.status, found["forwarded"], found["category"]) == (200, True, "spam")
    [flag] = sent(remote, "Flag")
    assert flag["actor"] == ctx.addresses.server_actor()
    assert flag["object"] == [ria.uri]
    assert "maya" not in str(flag)


async def test_words_leave_only_after_a_moderator_read_them(
    client, ctx, remote, maya, ria, mona
):
    await client.post(
        "/api/v1/reports",
        json={"account_id": str(ria.id), "forward": True, "comment": "She named Tim (9)"},
        headers=maya.headers,
    )
    await run_until_idle(ctx)
    assert sent(remote, "Flag") == []
    async with ctx.read() as session:
        [report] = await reports.queue(session, actor=mona.actor)

    await ctx.write(
        reports.forward_to_host,
        actor=mona.actor,
        report_id=report.id,
        text="She named a pupil",
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    [flag] = sent(remote, "Flag")
    assert flag["content"] == "She named a pupil"
    assert "Tim" not in str(flag)


async def test_only_moderators_see_reports(ctx, maya, tom):
    async with ctx.read() as session:
        with pytest.raises(reports.ForbiddenError):
            await reports.queue(session, actor=tom.actor)
