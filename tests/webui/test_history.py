"""How a post has read, for those who may see it."""

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts


@pytest.fixture
def edit(ctx):
    async def change(member, post_id: int, text: str, **draft) -> None:
        await ctx.write(
            posts.edit,
            actor=member.actor,
            post_id=post_id,
            draft=Draft(text, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return change


def came(page) -> list[str]:
    return [
        one.text.removeprefix("[added: ").removesuffix(" ]") for one in page.main.find("ins")
    ]


def went(page) -> list[str]:
    return [
        one.text.removeprefix("[taken out: ").removesuffix(" ]")
        for one in page.main.find("del")
    ]


async def test_each_version_says_what_is_different(visitor, publish, edit, maya):
    post = await publish(maya, "We tried clay today.", visibility=Visibility.PUBLIC)
    await edit(maya, post, "We tried paper today.")
    await edit(maya, post, "We tried paper today, twice.")
    thread = await visitor.get(f"/@maya/{post}")
    page = await visitor.get(f"/@maya/{post}/history")

    assert thread.root.find("a", href=f"/@maya/{post}/history")
    assert [head.text for head in page.main.find("h2")] == [
        "As it reads now", "Changed", "As it was first written",
    ]  # fmt: skip
    assert came(page) == ["today, twice.", "paper"]
    assert went(page) == ["today.", "clay"]
    assert page.root.find("meta", name="robots")


async def test_a_reader_who_hears_the_page_is_told_what_came_and_went(
    visitor, publish, edit, maya
):
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    await edit(maya, post, "Paper.")
    page = await visitor.get(f"/@maya/{post}/history")

    assert page.main.find("ins")[0].text == "[added: Paper. ]"
    assert page.main.find("del")[0].text == "[taken out: Clay. ]"


async def test_a_note_is_compared_too_and_folds_the_words(visitor, publish, edit, maya):
    post = await publish(maya, "A riddle.", visibility=Visibility.PUBLIC, summary="Riddle")
    await edit(maya, post, "A riddle.", summary="Answer")
    page = await visitor.get(f"/@maya/{post}/history")

    assert (came(page), went(page)) == (["Answer"], ["Riddle"])
    assert page.main.find("details", class_="note")


async def test_of_a_post_that_was_never_changed_there_is_one_version(visitor, publish, maya):
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    page = await visitor.get(f"/@maya/{post}/history")

    assert len(page.main.find("article")) == 1
    assert not page.main.find("ins")


async def test_markup_that_was_typed_is_shown_and_not_obeyed(visitor, publish, edit, maya):
    post = await publish(maya, "<b>Clay</b>", visibility=Visibility.PUBLIC)
    await edit(maya, post, "<script>alert(1)</script>")
    page = await visitor.get(f"/@maya/{post}/history")

    assert not page.root.find("script")
    assert "<script>alert(1)</script>" in page.main.text


async def test_many_versions_are_cut_off_and_said_to_be(
    visitor, publish, edit, maya, monkeypatch
):
    monkeypatch.setattr("webui.history.VERSIONS", 2)
    post = await publish(maya, "One", visibility=Visibility.PUBLIC)
    for word in ("Two", "Three", "Four"):
        await edit(maya, post, word)
    page = await visitor.get(f"/@maya/{post}/history")

    assert came(page) == ["Four", "Three"]
    assert "older versions" in page.text


@pytest.mark.parametrize(
    ("visibility", "local_only", "visitor_sees", "tom_sees"),
    [
        (Visibility.PUBLIC, False, 200, 200),
        (Visibility.PUBLIC, True, 404, 200),
        (Visibility.FOLLOWERS, False, 404, 404),
        (Visibility.DIRECT, False, 404, 404),
    ],
    ids=["public", "members", "followers", "direct"],
)
async def test_who_may_not_see_the_post_sees_no_version(
    visitor, at_tom, publish, edit, maya, visibility, local_only, visitor_sees, tom_sees
):
    post = await publish(maya, "Clay.", visibility=visibility, local_only=local_only)
    await edit(maya, post, "Paper.")
    where = f"/@maya/{post}/history"

    assert (await visitor.get(where)).status == visitor_sees
    assert (await at_tom.get(where)).status == tom_sees


@pytest.mark.parametrize("number", ["1", "9" * 40])
async def test_of_no_post_there_are_no_versions(visitor, maya, number):
    del maya
    assert (await visitor.get(f"/@maya/{number}/history")).status == 404


async def test_another_name_before_the_post_leads_to_the_right_one(visitor, publish, maya, tom):
    del tom
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    answer = await visitor.get(f"/@tom/{post}/history")

    assert answer.location == f"/@maya/{post}/history"
