"""People at the moderators' desk: who sees what of them, and what is decided about them."""

import pytest

from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.services import notifications, sanctions, staff
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    strangers_in,
    unlabelled_in,
)

LIST = "/moderation/members"
PAGES = (
    LIST, LIST + "?q=maya&where=remote", LIST + "?state=suspended&role=owner&q=x@y.z",
    LIST + "/{maya}", LIST + "/{lou}", LIST + "/{gone}",
)  # fmt: skip


@pytest.fixture
async def at_mona(seated, make_member):
    return await seated(await make_member("mona", role=Role.MODERATOR))


@pytest.fixture
async def at_olga(seated, make_member):
    return await seated(await make_member("olga", role=Role.OWNER))


@pytest.fixture
async def people(ctx, maya, make_member, make_remote):
    """Maya, somebody elsewhere, and a member of whom everything was decided."""
    lou = await make_remote("lou", "loud.example")
    ada = await make_member("ada", role=Role.ADMIN)
    gone = await make_member("gone")
    for kind in ("none", "sensitive", "silence", "suspend"):
        await ctx.write(
            sanctions.act,
            actor=ada.actor,
            account_id=gone.account.id,
            kind=kind,
            text=f"Reason of {kind}",
            now=ctx.clock(),
        )
    return {
        "maya": str(maya.account.id),
        "lou": str(lou.id),
        "gone": str(gone.account.id),
        "ada": str(ada.account.id),
    }


async def known(ctx, account_id: str) -> staff.StaffAccount:
    owner = Actor(0, role=Role.OWNER)
    return await ctx.write(staff.one, actor=owner, account_id=int(account_id), now=ctx.clock())


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_about_people_keeps_the_rules(at_olga, people, path):
    page = await at_olga.get(path.format(**people))

    assert page.status == 200
    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []


@pytest.mark.parametrize("path", PAGES)
async def test_people_at_the_desk_are_for_moderators(visitor, at_tom, at_mona, people, path):
    assert (await visitor.get(path.format(**people))).location.startswith("/auth/sign_in")
    assert (await at_tom.get(path.format(**people))).status == 403
    assert (await at_mona.get(path.format(**people))).status == 200


@pytest.mark.parametrize("what", ["decide", "note", "role", "enable", "unsuspend"])
async def test_only_moderators_decide_about_people(ctx, visitor, at_tom, people, what):
    place = f"{LIST}/{people['maya']}/{what}"
    secret = (await at_tom.get("/write")).root.find("input", name="csrf")[0]["value"]
    sent = {"csrf": secret, "type": "suspend", "note": "x", "role": "owner"}

    assert (await at_tom.post(place, sent)).status == 403
    assert (await visitor.post(place, sent)).status in {303, 403}
    assert not (await known(ctx, people["maya"])).suspended


async def test_a_form_without_its_secret_decides_nothing(ctx, at_mona, people):
    page = await at_mona.post(f"{LIST}/{people['maya']}/decide", {"type": "suspend"})

    assert page.status == 403
    assert not (await known(ctx, people["maya"])).suspended


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"maya", "ada", "gone", "mona"}),
        ("q=MAY", {"maya"}),
        ("q=@maya", {"maya"}),
        ("q=maya@example.org", {"maya"}),
        ("q=%25", set()),
        ("where=remote", {"lou"}),
        ("where=remote&q=lou@loud.example", {"lou"}),
        ("where=&q=loud.example", {"lou"}),
        ("state=suspended", {"gone"}),
        ("state=active", {"maya", "ada", "mona"}),
        ("state=silenced", {"gone"}),
        ("state=disabled", {"gone"}),
        ("state=pending", set()),
        ("role=moderator", {"mona"}),
        ("role=emperor&state=strange&where=moon&q=maya", {"maya"}),
    ],
)
async def test_people_are_found_by_name_and_by_what_holds(
    ctx, at_mona, people, maya, query, found
):
    page = await at_mona.get(
        f"{LIST}?{query.replace('maya@example.org', await mail(ctx, maya))}"
    )

    handles = {
        code.text.lstrip("@").partition("@")[0]
        for head in page.main.find("th", scope="row")
        for code in head.find("code")
    }
    assert handles == found


async def mail(ctx, member) -> str:
    return (await known(ctx, str(member.account.id))).email or ""


async def test_a_page_of_people_leads_to_those_before(at_mona, people, monkeypatch):
    monkeypatch.setattr("webui.members_desk.PAGE", 2)
    first = await at_mona.get(f"{LIST}?q=a")
    [link] = [a["href"] for a in first.main.find("a") if "max_id" in a["href"]]
    second = await at_mona.get(link)

    names = [[code.text for code in page.main.find("code")] for page in (first, second)]
    assert not set(names[0]) & set(names[1])
    assert sorted(names[0] + names[1]) == ["@ada", "@maya", "@mona"]


async def test_staff_see_the_address_and_when_somebody_was_last_here(
    ctx, at_mona, seated, people, maya
):
    await seated(maya)
    page = await at_mona.get(f"{LIST}/{people['maya']}")

    assert await mail(ctx, maya) in page.text
    assert "Last seen" in page.text
    assert "signed in nowhere" not in page.text


@pytest.mark.parametrize(
    ("kind", "holds", "undo"),
    [
        ("none", "", ""),
        ("silence", "silenced", "unsilence"),
        ("sensitive", "sensitized", "unsensitive"),
        ("disable", "disabled", "enable"),
        ("suspend", "suspended", "unsuspend"),
    ],
)
async def test_a_decision_is_told_noted_and_taken_back(
    ctx, at_mona, people, maya, kind, holds, undo
):
    place = f"{LIST}/{people['maya']}"
    done = await at_mona.submit(
        await at_mona.get(place),
        f"{place}/decide",
        {"type": kind, "text": "Rule 3, please", "remark": "Second time"},
    )
    page = await at_mona.follow(done)

    assert "Decided" in page.text
    assert "Rule 3, please" in page.text
    assert "Second time" in page.text
    if holds:
        assert getattr(await known(ctx, people["maya"]), holds)
        after = await at_mona.submit(page, f"{place}/{undo}")
        assert "as usual" in (await at_mona.follow(after)).text
        assert not getattr(await known(ctx, people["maya"]), holds)
    async with ctx.read() as session:
        told = await notifications.page(session, actor=maya.actor, page=PageRequest())
    assert [one.kind for one in told.items] == ["moderation_warning"]


async def test_a_note_tells_nobody_but_the_staff(ctx, at_mona, people, maya):
    place = f"{LIST}/{people['maya']}"
    done = await at_mona.submit(
        await at_mona.get(place), f"{place}/note", {"note": "Spoke on the phone"}
    )

    assert "Spoke on the phone" in (await at_mona.follow(done)).text
    async with ctx.read() as session:
        told = await notifications.page(session, actor=maya.actor, page=PageRequest())
    assert told.items == []
    empty = await at_mona.submit(await at_mona.get(place), f"{place}/note")
    assert empty.status == 422
    assert "Write down what is to be noted" in empty.text


@pytest.mark.parametrize(
    "sent", [{"type": "banish"}, {"type": "none", "text": "x" * 2001}, {"type": ""}]
)
async def test_what_cannot_be_decided_is_said_and_nothing_is_lost(at_mona, people, sent):
    place = f"{LIST}/{people['maya']}"
    page = await at_mona.submit(
        await at_mona.get(place), f"{place}/decide", {"remark": "Keep me", **sent}
    )

    assert page.status == 422
    assert "Not done yet" in page.text
    assert "Keep me" in page.text


async def test_nobody_decides_about_a_higher_role_or_oneself(ctx, at_mona, people):
    page = await at_mona.get(f"{LIST}/{people['ada']}")

    assert "higher role" in page.text
    assert not page.main.find("form", method="post")
    secret = page.root.find("input", name="csrf")[0]["value"]
    sent = await at_mona.post(
        f"{LIST}/{people['ada']}/decide", {"csrf": secret, "type": "suspend"}
    )
    assert sent.status == 403
    assert not (await known(ctx, people["ada"])).suspended


async def test_only_the_owner_gives_roles(ctx, at_mona, at_olga, people):
    place = f"{LIST}/{people['maya']}"
    page = await at_mona.get(place)
    assert "Another role" not in page.text
    secret = page.root.find("input", name="csrf")[0]["value"]
    refused = await at_mona.post(f"{place}/role", {"csrf": secret, "role": "owner"})
    assert refused.status == 403

    done = await at_olga.submit(
        await at_olga.get(place), f"{place}/role", {"role": "moderator"}
    )

    assert "Member → Moderator" in (await at_olga.follow(done)).text
    assert (await known(ctx, people["maya"])).role is Role.MODERATOR
    wrong = await at_olga.submit(await at_olga.get(place), f"{place}/role", {"role": "king"})
    assert wrong.status == 422


async def test_nobody_is_not_found(at_mona):
    assert (await at_mona.get(f"{LIST}/1")).status == 404
    assert (await at_mona.get(f"{LIST}/{'9' * 40}")).status == 404
