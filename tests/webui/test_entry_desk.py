"""Who may come in, at the desk: e-mail domains and networks."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import audit_log, entry
from tests.webui.test_every_page import (
    broken_outline,
    ids_in,
    open_forms_in,
    scripts_in,
    strangers_in,
    unlabelled_in,
)

PLACE = "/moderation/entry"
POSTS = ("domains", "domains/{domain}/remove", "networks", "networks/{network}",
         "networks/{network}/remove")  # fmt: skip


@pytest.fixture
async def mona(make_member):
    return await make_member("mona", role=Role.MODERATOR)


@pytest.fixture
async def at_mona(seated, mona):
    return await seated(mona)


@pytest.fixture
async def decided(ctx, mona):
    """A domain and a network that something was decided about."""
    now = ctx.clock()
    domain = await ctx.write(
        entry.block_email_domain, actor=mona.actor, domain="throwaway.example", now=now
    )
    network = await ctx.write(
        entry.block_network,
        actor=mona.actor,
        network="192.0.2.0/24",
        severity="sign_up_block",
        comment="Many false sign-ups",
        now=now,
    )
    return {"domain": str(domain.id), "network": str(network.id)}


@pytest.mark.parametrize("path", ["", "/networks/{network}"])
async def test_pages_about_coming_in_keep_the_rules(visitor, at_tom, at_mona, decided, path):
    path = PLACE + path.format(**decided)
    page = await at_mona.get(path)

    assert page.status == 200
    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert broken_outline(page.main) == []
    assert "Many false sign-ups" in page.body
    assert (await at_tom.get(path)).status == 403
    assert (await visitor.get(path)).location.startswith("/auth/sign_in")


@pytest.mark.parametrize("path", POSTS)
async def test_only_moderators_decide_who_comes_in(ctx, mona, at_tom, at_mona, decided, path):
    secret = (await at_tom.get("/write")).root.find("input", name="csrf")[0]["value"]
    sent = {"domain": "x.example", "ip": "198.51.100.7", "severity": "no_access"}
    place = f"{PLACE}/{path.format(**decided)}"

    assert (await at_tom.post(place, {**sent, "csrf": secret})).status == 403
    assert (await at_mona.post(place, sent)).status == 403
    page = await at_mona.get(PLACE)
    assert [head.text for head in page.main.find("th", scope="row")] == [
        "throwaway.example",
        "192.0.2.0/24",
    ]


async def test_a_domain_is_added_and_taken_back(at_mona):
    page = await at_mona.get(PLACE)
    done = await at_mona.submit(page, f"{PLACE}/domains", {"domain": "Spam.Example"})
    page = await at_mona.follow(done)

    assert "Nobody signs up with such an address" in page.text
    [form] = [f for f in page.main.find("form") if f["action"].endswith("/remove")]
    gone = await at_mona.follow(await at_mona.submit(page, form["action"]))
    assert "spam.example" not in gone.text
    assert "can sign up with such an address again" in gone.text


async def test_a_network_is_decided_about_changed_and_taken_back(ctx, mona, at_mona):
    page = await at_mona.get(PLACE)
    sent = {"ip": "198.51.100.7", "severity": "sign_up_block", "lasts": "86400", "comment": "x"}
    page = await at_mona.follow(await at_mona.submit(page, f"{PLACE}/networks", sent))
    [place] = [a["href"] for a in page.main.find("a") if "/entry/networks/" in a["href"]]
    assert "No new members" in page.main.find("table")[0].text

    form = await at_mona.get(place)
    assert "It ends" in form.text
    await at_mona.submit(form, place, {"severity": "no_access", "lasts": ""})

    async with ctx.read() as session:
        changed = await entry.network(
            session, actor=mona.actor, block_id=int(place.rpartition("/")[2])
        )
    assert (changed.severity, changed.comment) == ("no_access", "x")
    assert changed.expires_at is not None
    page = await at_mona.get(place)
    await at_mona.submit(page, f"{place}/remove")
    assert (await at_mona.get(place)).status == 404
    async with ctx.read() as session:
        log = await audit_log.page(session, actor=mona.actor)
    assert [one.action for one in log][:3] == [
        "network unblocked", "network no_access", "network sign_up_block",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "sent", "said"),
    [
        ("domains", {"domain": ""}, "The domain can't be blank."),
        ("domains", {"domain": "no domain!"}, "is not a domain"),
        ("domains", {"domain": "throwaway.example"}, "The domain has already been taken."),
        ("networks", {"ip": "here"}, "The network is not an address such as 192.0.2.7"),
        ("networks", {"ip": "10.0.0.0/2"}, "is too wide: at most /8."),
        ("networks", {"ip": "192.0.2.0/24"}, "The network has already been taken."),
        ("networks", {"ip": "203.0.113.9", "severity": "hm"}, "The decision is not"),
        ("networks", {"ip": "127.0.0.1", "severity": "no_access"}, "shut yourself out"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(at_mona, decided, form, sent, said):
    page = await at_mona.submit(
        await at_mona.get(PLACE), f"{PLACE}/{form}", {"comment": "Keep me", **sent}
    )

    assert page.status == 422
    assert said in page.text
    assert page.title.startswith("Error:")
    typed = "domain" if form == "domains" else "ip"
    assert page.root.find("input", id=f"f-{typed}")[0]["value"] == sent[typed]


async def test_a_wrong_change_is_said_on_the_page_of_the_network(at_mona, decided):
    place = f"{PLACE}/networks/{decided['network']}"
    page = await at_mona.submit(await at_mona.get(place), place, {"ip": "x"})

    assert (page.status, "is not an address" in page.text) == (422, True)
    assert (await at_mona.get(f"{PLACE}/networks/1")).status == 404
