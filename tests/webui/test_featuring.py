"""What somebody shows of themselves first, on the pages."""

from fedi_k12.services import reactions
from fedi_k12.worker import run_until_idle
from tests.remote import PUBLIC


async def test_a_hashtag_is_put_on_ones_profile_and_taken_off(at_maya, visitor, maya, publish):
    await publish(maya, "Fire it #Clay")
    page = await at_maya.get("/tags/clay")

    done = await at_maya.submit(page, "/tags/clay/profile/add")
    assert (done.status, done.location) == (303, "/tags/clay")
    profile = await visitor.get("/@maya")
    [topics] = [one for one in profile.main.find("ul") if one["aria-label"]]
    assert [(link["href"], link.text) for link in topics.find("a")] == [("/tags/clay", "#Clay")]

    page = await at_maya.get("/tags/clay")
    await at_maya.submit(page, "/tags/clay/profile/remove")
    profile = await visitor.get("/@maya")
    assert not [one for one in profile.main.find("ul") if one["aria-label"]]


async def test_what_is_pinned_stands_first(ctx, visitor, maya, publish):
    first = await publish(maya, "The very first")
    await publish(maya, "The second")
    await ctx.write(reactions.pin, actor=maya.actor, post_id=first, now=ctx.clock())

    shown = (await visitor.get("/@maya")).main.text

    assert shown.index("Kept at the top") < shown.index("The very first")
    assert shown.index("The very first") < shown.index("The second")
    assert shown.count("The very first") == 1


async def test_a_profile_from_elsewhere_is_whole_after_a_look(
    ctx, at_maya, send, remote, maya, account_by_uri
):
    """Row 1.13 "Profile backfill"."""
    ren = remote.actor(
        "ren", featured="http://remote.example/users/ren/featured",
        featuredTags="http://remote.example/users/ren/tags",
    )  # fmt: skip
    await send(ren, ren.create(ren.note("hello", to=[PUBLIC, maya.account.uri]), "hello"))
    for number, words in (("1", "Pinned words"), ("2", "Newer words")):
        remote.show(ren.note(number, f"<p>{words}</p>"))
    for path, items in (
        ("featured", [f"{ren.uri}/posts/1"]), ("outbox", [f"{ren.uri}/posts/2"]),
        ("tags", [{"type": "Hashtag", "name": "#Clay"}]),
    ):  # fmt: skip
        remote.show({"id": f"{ren.uri}/{path}", "type": "Collection", "items": items})

    before = (await at_maya.get("/@ren@remote.example")).main.text
    assert "is being fetched from remote.example" in before
    assert "Look again" in (await at_maya.get("/@ren@remote.example")).main.text
    await run_until_idle(ctx)
    after = (await at_maya.get("/@ren@remote.example")).main.text

    assert "Pinned words" not in before
    assert after.index("Pinned words") < after.index("Newer words")
    assert "#Clay" in after
    assert "being fetched" not in after
