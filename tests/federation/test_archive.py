"""An archive holds all that somebody has here, and nothing of anybody else."""

import io
import json
import zipfile

import pytest
from PIL import Image

from federation.archive import write_archive
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows, posts, reactions
from fedi_k12.web.uploads import take_in_picture


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def publish(ctx):
    async def run(member, text, **draft):
        return await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run


async def test_posts_pictures_and_lists_are_in_it(ctx, maya, tom, publish, tmp_path):
    media = await take_in_picture(ctx, a_picture(), actor=maya.actor, alt="A kiln")
    first = await publish(maya, "Clay today", media_ids=(media.id,))
    await publish(maya, "@tom between us", visibility=Visibility.DIRECT)
    other = await publish(tom, "Mine", visibility=Visibility.PUBLIC)
    now = ctx.clock()
    await ctx.write(
        reactions.boost, actor=maya.actor, post_id=other, addresses=ctx.addresses, now=now
    )
    await ctx.write(reactions.bookmark, actor=maya.actor, post_id=other, now=now)
    await ctx.write(
        reactions.favourite, actor=maya.actor, post_id=other, addresses=ctx.addresses, now=now
    )
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=tom.account.id,
        addresses=ctx.addresses,
        now=now,
    )
    told: list[int] = []

    path = tmp_path / "maya.zip"
    count = await write_archive(ctx, account_id=maya.account.id, path=path, tell=told.append)

    assert (count, told) == (3, [3])
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        outbox = json.loads(file.read("outbox.json"))
        actor = json.loads(file.read("actor.json"))
        likes, saved = (json.loads(file.read(f"{n}.json")) for n in ("likes", "bookmarks"))
        names = set(file.namelist())
        followed = file.read("following_accounts.csv").decode()
    assert actor["preferredUsername"] == "maya"
    assert "privateKey" not in json.dumps(actor)
    assert outbox["totalItems"] == 3
    kinds = [item["type"] for item in outbox["orderedItems"]]
    assert kinds == ["Create", "Create", "Announce"]
    note = outbox["orderedItems"][0]["object"]
    assert note["id"].endswith(str(first))
    assert note["attachment"][0]["url"] in names
    assert note["attachment"][0]["name"] == "A kiln"
    assert "Mine" not in json.dumps(outbox)
    assert likes["orderedItems"] == saved["orderedItems"]
    assert len(likes["orderedItems"]) == 1
    assert followed.splitlines()[1] == "tom@home.example,true,false,"
    assert {"blocked_accounts.csv", "lists.csv", "followers.csv"} <= names
    assert not list(tmp_path.glob(".maya*"))


async def test_who_wrote_nothing_gets_an_archive(ctx, maya, tmp_path):
    path = tmp_path / "maya.zip"

    assert await write_archive(ctx, account_id=maya.account.id, path=path) == 0

    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read("outbox.json"))["orderedItems"] == []


async def test_accounts_of_other_servers_and_folders_are_refused(
    ctx, maya, make_remote, tmp_path
):
    ren = await make_remote("ren")

    with pytest.raises(NotFoundError):
        await write_archive(ctx, account_id=ren.id, path=tmp_path / "ren.zip")
    with pytest.raises(InvalidError, match="folder"):
        await write_archive(ctx, account_id=maya.account.id, path=tmp_path)
