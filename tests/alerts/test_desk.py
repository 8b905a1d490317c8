"""The desk for alerts, and what leaves the server because of one (R-53, R-54, R-55)."""

import pytest
from aiohttp import web

from fedi_k12.domain.webpush import encoded
from fedi_k12.services import alert_templates, alerts, profiles
from fedi_k12.worker import run_until_idle
from tests.alerts.conftest import TEXTS
from tests.waking import Phone
from tests.webui.conftest import at_maya, seated, visitor

__all__ = ["at_maya", "seated", "visitor"]

DESK = "/desk/alerts"


@pytest.fixture
async def at_ada(seated, ada):
    return await seated(ada)


@pytest.fixture
async def at_ben(seated, ben):
    return await seated(ben)


@pytest.fixture
async def followed(remote, send, lincoln):
    """Somebody on another server follows the school."""
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", lincoln.uri))
    remote.delivered.clear()
    return remote


async def test_who_has_no_business_there_has_no_desk(visitor, at_maya, sound):
    number = await sound()

    for path in (DESK, f"{DESK}/new", f"{DESK}/{number}", f"{DESK}/texts", f"{DESK}/people"):
        assert (await visitor.get(path)).status == 303
        assert (await at_maya.get(path)).status == 403


async def test_the_way_of_an_alert_over_the_desk(
    at_ada, at_ben, visitor, lincoln, followed, ctx, see, ada
):
    """R-53 to R-55: a text, its approval, the alert, where it went, its review, all clear."""
    page = await at_ada.get(f"{DESK}/texts")
    texts = {f"text_{tag}": words for tag, words in TEXTS.items()}
    wrong = await at_ada.submit(page, f"{DESK}/texts", {"name": "L", "text_en": "Stay"})
    assert wrong.status == 422
    for level in ("lockdown", "all clear"):
        await at_ada.submit(page, f"{DESK}/texts", {"name": "L", "level": level, **texts})
    page = await at_ben.get(f"{DESK}/texts")
    for action in [
        form["action"] for form in page.main.find("form") if form["action"].endswith("approve")
    ]:
        await at_ben.submit(page, action)
    page = await at_ada.get(f"{DESK}/new")
    choices = {
        one["value"]: one
        for one in page.main.find("input")
        if one.attributes.get("name") == "template"
    }
    assert len(choices) == 2
    given = {"account": str(lincoln.id), "minutes": "60"}
    refused = await at_ada.submit(page, f"{DESK}/new", {**given, "area": "Lincoln"})
    assert refused.status == 422
    found = await see(alert_templates.listed, actor=ada.actor)
    by_level = {one.level.value: str(one.id) for one in found}

    made = await at_ada.submit(
        page, f"{DESK}/new", {**given, "area": "Lincoln", "template": by_level["lockdown"]}
    )

    assert made.status == 303
    assert "Lockdown: Lincoln" in (await visitor.get("/alerts")).main.text
    await run_until_idle(ctx)
    shown = await at_ada.get(made.location)
    assert "remote.example" in shown.main.text
    assert "taken" in shown.main.text
    assert "another person reviews it" in shown.main.text
    assert "Waits for a second person" in (await at_ben.get(DESK)).main.text
    await at_ben.submit(
        await at_ben.get(made.location), f"{made.location}/review", {"note": ""}
    )
    assert "Waits for a second person" not in (await at_ben.get(DESK)).main.text
    number = made.location.rpartition("/")[2]
    page = await at_ben.get(f"{DESK}/new?follows={number}")
    ended = await at_ben.submit(
        page, f"{DESK}/new", {"area": "Lincoln", "template": by_level["all clear"]}
    )
    assert ended.status == 303
    assert "All clear: Lincoln" in (await visitor.get("/")).text
    again = await at_ben.submit(
        page, f"{DESK}/new", {"area": "Lincoln", "template": by_level["all clear"]}
    )
    assert again.status == 409
    await at_ben.submit(await at_ben.get(ended.location), f"{ended.location}/end")
    assert "No alert holds now." in (await visitor.get("/alerts")).main.text


async def test_administrators_give_the_right_on_a_page(seated, root, maya, at_maya):
    at_root = await seated(root)
    page = await at_root.get(f"{DESK}/people")
    assert (
        await at_root.submit(page, f"{DESK}/people", {"person": "nobody_here"})
    ).status == 422

    await at_root.submit(page, f"{DESK}/people", {"person": "@maya"})

    assert (await at_maya.get(DESK)).status == 200
    page = await at_root.get(f"{DESK}/people")
    await at_root.submit(page, f"{DESK}/people/{maya.account.id}/remove")
    assert (await at_maya.get(DESK)).status == 403


async def test_other_servers_get_one_note_in_all_languages_and_it_is_pinned(
    ctx, followed, sound
):
    """R-54: `content` has all languages, `contentMap` each of them alone."""
    await sound()
    await run_until_idle(ctx)

    kinds = {one.body["type"]: one.body for one in followed.delivered}
    assert set(kinds) == {"Create", "Add"}
    note = kinds["Create"]["object"]
    assert note["type"] == "Note"
    assert "https://www.w3.org/ns/activitystreams#Public" in note["to"]
    assert set(note["contentMap"]) == {"en", "es"}
    for words in TEXTS.values():
        assert words.partition(".")[0] in note["content"]


async def test_not_one_byte_of_a_drill_leaves_the_server(
    ctx, followed, sound, do, ada, visitor
):
    """R-55: neither when it is raised, updated, nor ended; visitors of the account see none."""
    first = await sound("lockdown", drill=True)
    await run_until_idle(ctx)
    second = await sound("all clear", follows_id=first)
    await run_until_idle(ctx)
    await do(alerts.end, actor=ada.actor, alert_id=second)
    await run_until_idle(ctx)

    assert followed.delivered == []
    assert "DRILL" not in (await visitor.get("/@lincoln")).main.text


@pytest.fixture
async def phones(aiohttp_server, resolver, client, ctx, maya, ada):
    """Apps of Maya and of Ada, for whom it is quiet all day; they asked to hear of nothing."""
    found = {}

    def door(phone):
        async def receive(request):
            phone.got.append((request.headers.copy(), await request.read()))
            return web.Response(status=201)

        return receive

    app = web.Application()
    for member in (maya, ada):
        phone = found[member.account.username] = Phone()
        app.router.add_post(f"/wake/{member.account.username}", door(phone))
    resolver.ports["push.example"] = (await aiohttp_server(app)).port
    for member in (maya, ada):
        phone = found[member.account.username]
        answer = await client.post(
            "/api/v1/push/subscription",
            headers=member.headers,
            json={
                "subscription": {
                    "endpoint": f"http://push.example/wake/{member.account.username}",
                    "keys": {"p256dh": encoded(phone.point), "auth": encoded(phone.auth)},
                    "standard": True,
                },
                "data": {"alerts": {"mention": True}, "policy": "none"},
            },
        )
        assert answer.status == 200
        quiet = {"time_zone": "UTC", "quiet_from": "00:00", "quiet_until": "23:59"}
        await ctx.write(profiles.save_preferences, actor=member.actor, changes=quiet)
    return found


async def test_an_alert_wakes_all_apps_in_quiet_hours_too(ctx, phones, sound):
    """R-54, H9: once each, and at once."""
    await sound()
    await run_until_idle(ctx)

    for phone in phones.values():
        assert len(phone.messages) == 1
        assert "Lincoln Elementary" in phone.messages[0]["body"]


async def test_a_drill_wakes_those_alone_who_take_part(ctx, phones, sound):
    """R-55."""
    await sound(drill=True)
    await run_until_idle(ctx)

    assert phones["maya"].messages == []
    assert "DRILL" in phones["ada"].messages[0]["body"]
