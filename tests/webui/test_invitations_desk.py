"""Invitations at the desk: made, listed with who came, withdrawn."""

import re
from datetime import timedelta

import pytest

from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.services import audit_log, invitations, signup
from tests.conftest import PASSWORD
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    strangers_in,
    unlabelled_in,
)

PLACE = "/moderation/invitations"


@pytest.fixture
async def at_olga(seated, make_member):
    return await seated(await make_member("olga", role=Role.OWNER))


@pytest.fixture
async def mona(make_member):
    return await make_member("mona", role=Role.MODERATOR)


@pytest.fixture
async def at_mona(seated, mona):
    return await seated(mona)


async def make(desk, **fields):
    return await desk.submit(await desk.get(PLACE), PLACE, fields)


def link_in(page):
    return re.search(r"/invite/[\w-]{43}", page.text)[0]


def withdrawals_in(page):
    return [form["action"] for form in page.main.find("form") if "withdraw" in form["action"]]


async def become_member(visitor, link, name):
    page = await visitor.get(link)
    return await visitor.submit(
        page,
        link,
        {
            "display_name": name.title(),
            "username": name,
            "email": f"{name}@home.example",
            "password": PASSWORD,
            "agreement": "1",
        },
    )


async def test_an_invitation_is_made_used_up_and_listed_with_who_came(visitor, at_olga):
    made = await make(at_olga, note="Welcome, choir", uses="1")
    link = link_in(made)

    assert made.status == 200
    assert "not shown again" in made.text
    assert "Welcome, choir" in (await visitor.get(link)).text
    assert (await become_member(visitor, link, "nia")).location == "/home"
    page = await at_olga.get(PLACE)
    assert link not in page.body
    assert "Nia" in page.main.text
    assert "used up" in page.main.text
    assert withdrawals_in(page) == []
    assert [page.main.find("h3")[0].text] == ["Welcome, choir"]


async def test_a_withdrawn_one_lets_nobody_in(ctx, visitor, at_olga, mona):
    link = link_in(await make(at_olga, uses=""))
    [action] = withdrawals_in(page := await at_olga.get(PLACE))

    done = await at_olga.follow(await at_olga.submit(page, action))

    assert "Nobody comes in by it any more" in done.text
    assert "withdrawn" in done.main.text
    assert (await visitor.get(link)).status == 404
    await at_olga.submit(page, action)  # Sent twice, it is withdrawn once.
    async with ctx.read() as session:
        log = await audit_log.page(session, actor=mona.actor)
    assert [one.action for one in log if "invitation" in one.action] == [
        "invitation withdrawn",
        "invitation made",
    ]


async def test_the_page_keeps_the_rules_and_is_for_staff(visitor, at_tom, at_mona, ctx, mona):
    await ctx.write(signup.create_invite, actor=None, role=Role.OWNER, now=ctx.clock())
    page = await at_mona.get(PLACE)

    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []
    # Nobody makes or ends an invitation to a higher role than their own.
    assert withdrawals_in(page) == []
    offered = [one["value"] for one in page.main.find("option")]
    assert [one for one in offered if one in set(Role)] == ["member", "moderator"]
    assert (await make(at_mona, role="owner")).status == 403
    async with ctx.read() as session:
        [owners] = (
            await invitations.page(
                session, actor=mona.actor, wanted=PageRequest(), now=ctx.clock()
            )
        ).items
    action = f"{PLACE}/{owners.id}/withdraw"
    csrf = page.root.find("input", name="csrf")[0]["value"]
    assert (await at_mona.post(action, {"csrf": csrf})).status == 403
    assert (await at_mona.post(action)).status == 403
    assert (await at_tom.get(PLACE)).status == 403
    assert (await visitor.get(PLACE)).location.startswith("/auth/sign_in")
    # The list of members leads there.
    assert f'href="{PLACE}"' in (await at_mona.get("/moderation/members")).body


@pytest.mark.parametrize(
    "wrong",
    [
        {"uses": "0"},
        {"uses": "many"},
        {"uses": "-1"},
        {"uses": "99999"},
        {"uses": "٣"},
        {"lasts": "8"},
        {"role": "king"},
        {"note": "x" * 201},
    ],
    ids=str,
)
async def test_what_is_no_invitation_is_asked_again(at_olga, wrong):
    again = await make(at_olga, **{"note": "For the choir", **wrong})

    assert again.status == 422
    assert "No invitation made yet" in again.text
    assert "/invite/" not in again.main.text
    assert (await at_olga.get(PLACE)).main.text.count("Withdraw") == 0


async def test_one_that_is_over_says_so(ctx, mona):
    now = ctx.clock()
    given = {"note": "Old", "max_uses": None, "lasts": timedelta(days=1)}
    await ctx.write(invitations.make, actor=mona.actor, now=now, **given)

    async def shown(moment):
        async with ctx.read() as session:
            found = await invitations.page(
                session, actor=mona.actor, wanted=PageRequest(), now=moment
            )
        [one] = found.items
        return one.state, one.withdrawable

    assert await shown(now) == ("open", True)
    assert await shown(now + timedelta(days=1)) == ("over", False)
