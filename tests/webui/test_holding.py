"""H13: a post waits a moment before other servers are told, and can be taken back."""

import pytest
from msgspec.structs import replace

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import reactions
from fedi_k12.worker import run_until_idle

HOLD = 10


@pytest.fixture
def settings(settings):
    return replace(settings, hold_seconds=HOLD)


@pytest.fixture
async def ren(remote, send, maya):
    """An actor elsewhere who follows Maya; what was said about that is forgotten."""
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", maya.account.uri))
    remote.delivered.clear()
    return actor


@pytest.fixture
def write(at_maya):
    """Return a function that writes on the page and opens where that leads."""

    async def run(text, **changes):
        page = await at_maya.get("/write")
        sent = await at_maya.submit(page, "/posts", {"text": text, **changes})
        return await at_maya.follow(sent)

    return run


@pytest.fixture
def pass_time(ctx, clock):
    """Return a function that lets time pass and does what is due then."""

    async def run(seconds):
        clock.advance(seconds=seconds)
        await run_until_idle(ctx)

    return run


def number_of(page):
    return page.url.rpartition("/")[2]


async def test_h13_a_post_taken_back_is_delivered_to_nobody(
    at_maya, ren, remote, write, pass_time
):
    page = await write("Too quick")
    await pass_time(HOLD - 1)
    assert remote.types() == []

    back = await at_maya.submit(page, f"/posts/{number_of(page)}/undo")
    await pass_time(HOLD)

    assert back.status == 200
    assert "Taken back" in back.text
    assert "Too quick" in back.main.find("textarea")[0].text
    assert (await at_maya.get(page.url)).status == 404
    assert remote.types() == []


async def test_h13_a_post_that_stays_is_sent_when_the_time_is_over(
    at_maya, ren, remote, write, pass_time
):
    page = await write("Well considered")
    assert "after 10 seconds" in page.text

    await pass_time(HOLD)
    after = await at_maya.get(page.url)

    assert remote.types() == ["Create"]
    assert "Take it back" not in after.text


async def test_h13_too_late_a_post_is_still_there_to_be_deleted(
    at_maya, ren, remote, write, pass_time
):
    page = await write("Sent")
    await pass_time(HOLD)
    late = await at_maya.follow(await at_maya.submit(page, f"/posts/{number_of(page)}/undo"))

    assert "Too late to take it back" in late.text
    assert (await at_maya.get(page.url)).status == 200
    await at_maya.submit(late, f"/posts/{number_of(page)}/delete")
    await pass_time(1)
    assert remote.types() == ["Create", "Delete"]


async def test_h13_what_is_changed_meanwhile_goes_out_as_it_reads_then(
    at_maya, ren, remote, write, pass_time
):
    page = await write("Fist draft")
    form = await at_maya.get(f"/posts/{number_of(page)}/edit")
    await at_maya.submit(form, f"/posts/{number_of(page)}/edit", {"text": "First draft"})
    await pass_time(HOLD)

    assert remote.types() == ["Create"]
    assert "First draft" in remote.delivered[0].body["object"]["content"]


async def test_h13_nobody_but_the_author_takes_a_post_back(
    at_maya, at_tom, ren, remote, write, pass_time
):
    page = await write("Hers")
    other = await at_tom.get(page.url)
    assert "Take it back" not in other.text

    csrf = at_tom_csrf(await at_tom.get("/write"))
    answer = await at_tom.post(f"/posts/{number_of(page)}/undo", {"csrf": csrf})
    await pass_time(HOLD)

    assert answer.status == 404
    assert remote.types() == ["Create"]


def at_tom_csrf(page):
    return next(one["value"] for one in page.root.find("input") if one["name"] == "csrf")


async def test_h13_what_somebody_passed_on_already_is_deleted_everywhere(
    ctx, at_maya, tom, ren, remote, write, pass_time
):
    page = await write("Passed on", who="public", public_meant="1")
    await ctx.write(
        reactions.boost,
        actor=tom.actor,
        post_id=int(number_of(page)),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await at_maya.submit(page, f"/posts/{number_of(page)}/undo")
    await pass_time(HOLD)

    assert remote.types() == ["Delete"]


async def test_h13_a_reply_taken_back_comes_back_as_a_reply(at_maya, tom, publish, write):
    asked = await publish(tom, "Which clay?", visibility=Visibility.PUBLIC)
    page = await at_maya.get(f"/write?reply_to={asked}")
    shown = await at_maya.follow(
        await at_maya.submit(
            page, "/posts", {"text": "@tom The red one", "note": "A hint", "who": "unlisted"}
        )
    )
    back = await at_maya.submit(shown, f"/posts/{number_of(shown)}/undo")
    fields = {one["name"]: one["value"] for one in back.form("/posts").find("input")}

    assert fields["reply_to"] == str(asked)
    assert fields["note"] == "A hint"
    again = await at_maya.submit(back, "/posts")
    assert again.status == 303
