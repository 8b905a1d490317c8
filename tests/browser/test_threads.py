"""Pages that say what is being fetched, and profiles with what somebody features."""

import os

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import backfill, featuring, posts, reactions
from fedi_k12.services.receive import receive_posts
from fedi_k12.services.received import ReceivedPost
from tests.browser.walls import PALE, SMALL, WIDER

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def places(ctx, maya, make_remote) -> dict[str, str]:
    ren = await make_remote("ren")
    now = ctx.clock()

    async def arrive(number, **parts):
        uri = f"http://remote.example/posts/{number}"
        made = ReceivedPost(
            uri=uri, account_id=ren.id, visibility=Visibility.PUBLIC,
            content=f"<p>What did the clay teach you, part {number}?</p>", published=now,
            **parts,
        )  # fmt: skip
        return (await ctx.write(receive_posts, [made], now=now))[0], uri

    running, _uri = await arrive("1")
    done, uri = await arrive("2")
    await arrive("3", in_reply_to_uri=uri, fetched=True)
    await ctx.write(
        backfill.note_counts, post_id=done, now=now,
        counts=backfill.OriginCounts(likes=3, shares=1, replies=7),
    )  # fmt: skip
    await ctx.write(backfill.begin, post_id=running, now=now)
    started = await ctx.write(backfill.begin, post_id=done, now=now)
    await ctx.write(
        backfill.save, backfill_id=started.id, progress={}, found=1, done=True, now=now
    )
    first = await ctx.write(
        posts.publish, actor=maya.actor, draft=Draft("Fire it #Clay"),
        addresses=ctx.addresses, now=now,
    )  # fmt: skip
    await ctx.write(reactions.pin, actor=maya.actor, post_id=first, now=now)
    for name in ("Clay", "FifthGradeScience", "Maths", "ReadingAloud", "SchoolGardens"):
        await ctx.write(featuring.feature_tag, actor=maya.actor, name=name, now=now)
    return {
        "running": f"/@ren@remote.example/{running}",
        "done": f"/@ren@remote.example/{done}",
        "profile": "/@maya",
        "coming": "/@ren@remote.example",
        "tag": "/tags/clay",
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_they_can_be_read_and_touched(look, places, width, dark):
    page, troubles = await look(width=width, dark=dark, name="maya", scripts=True)
    wrong = {}
    for name, path in places.items():
        await page.goto(path)
        wide = await page.evaluate(WIDER)
        small = await page.evaluate(SMALL) if width < 1000 else []
        wrong[name] = [wide] if wide > 0 else [*await page.evaluate(PALE), *small]
        if folder := os.environ.get("SHOTS"):
            await page.screenshot(path=f"{folder}/{name}-{width}-{dark}.png", full_page=True)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert troubles == []
