"""Settings through the pages."""

import pytest

from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import profiles, views
from tests.browse import filled_in
from tests.webui.test_writing import picture


@pytest.fixture
def own(ctx, maya):
    async def look():
        async with ctx.read() as session:
            return await views.account_view(session, maya.account.id)

    return look


@pytest.mark.parametrize(
    ("change", "field"),
    [({"display_name": "M" * 61}, "display_name"), ({"note": "n" * 2001}, "note")],
    ids=["long name", "long text"],
)
async def test_a_profile_that_is_too_long_comes_back(at_maya, own, change, field):
    page = await at_maya.get("/settings")
    answer = await at_maya.submit(
        page,
        "/settings",
        {**change, "name0": "Teaches", "value0": "Grade 3"},
        files={"avatar": ("", b"", "application/octet-stream")},
    )

    typed = next(e for e in answer.root.all() if e["id"] == f"f-{field}")
    assert answer.status == 422
    assert (typed["value"] or typed.text) == change[field]
    assert answer.root.find("input", id="f-value0")[0]["value"] == "Grade 3"
    assert (await own()).fields == ()


async def test_a_profile_is_saved(at_maya, own):
    page = await at_maya.get("/settings")
    answer = await at_maya.submit(
        page,
        "/settings",
        {
            "display_name": "Maya Okafor",
            "note": "Ask me about #fractions.",
            "name0": "Teaches",
            "value0": "Grade 3",
            "locked": "1",
            "avatar_alt": "A quilt.",
        },
        files={"avatar": picture(), "header": picture((300, 100))},
    )
    saved = await at_maya.follow(answer)
    view = await own()

    assert "Saved." in saved.text
    assert view.display_name == "Maya Okafor"
    assert [(line.name, line.value) for line in view.fields] == [("Teaches", "Grade 3")]
    assert (view.locked, view.indexable) == (True, False)
    assert (view.has_avatar, view.has_header, view.avatar_alt) == (True, True, "A quilt.")


async def test_lines_of_a_profile_survive_another_change(at_maya, own, maya, ctx):
    lines = tuple((f"Line {number}", str(number)) for number in range(8))
    await ctx.write(
        profiles.update_profile,
        actor=maya.actor,
        changes=ProfileChanges(fields=lines),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    page = await at_maya.get("/settings")
    await at_maya.submit(page, "/settings", {"display_name": "Maya O."})

    assert tuple((line.name, line.source) for line in (await own()).fields) == lines


async def test_pictures_are_taken_away(at_maya, own):
    page = await at_maya.get("/settings")
    await at_maya.submit(page, "/settings", files={"avatar": picture()})
    page = await at_maya.get("/settings")
    await at_maya.submit(page, "/settings", {"remove_avatar": "1"})

    assert not (await own()).has_avatar


async def test_what_is_no_picture_is_refused(at_maya, own):
    page = await at_maya.get("/settings")
    answer = await at_maya.submit(
        page, "/settings", {"note": "Kept."}, files={"avatar": ("a.png", b"no", "image/png")}
    )

    assert answer.status == 422
    assert answer.root.find("textarea", id="f-note")[0].text == "Kept."
    assert not (await own()).has_avatar


async def test_how_one_reads_and_writes_is_kept(at_maya):
    page = await at_maya.get("/settings/reading")
    answer = await at_maya.submit(
        page, "/settings/reading", {"default_visibility": "followers", "expand_notes": "1"}
    )
    saved = await at_maya.follow(answer)
    home = await at_maya.get("/home")

    assert "Saved." in saved.text
    assert filled_in(saved.form("/settings/reading"))["expand_notes"] == "1"
    chosen = [o for o in home.root.find("option") if "selected" in o.attributes]
    assert [option["value"] for option in chosen] == ["followers"]


async def test_who_reads_cannot_be_what_is_not_offered(at_maya):
    page = await at_maya.get("/settings/reading")
    answer = await at_maya.submit(page, "/settings/reading", {"default_visibility": "world"})

    assert answer.status == 422
    assert answer.root.find("div", id="errors")


async def test_a_member_chooses_what_their_page_shows(at_maya, visitor, client, maya):
    await client.post("/api/v1/featured_tags", json={"name": "fractions"}, headers=maya.headers)
    before = await visitor.get("/@maya")
    page = await at_maya.get("/settings")
    saved = await at_maya.submit(page, "/settings", {"show_media": "", "show_featured": ""})
    assert saved.status == 303
    after = await visitor.get("/@maya")

    for words in ("#fractions", "Pictures"):
        assert words in before.main.text
        assert words not in after.main.text
    assert "Pictures" not in (await visitor.get("/@maya?tab=pictures")).main.text


async def test_a_field_says_how_much_it_takes(at_maya):
    page = await at_maya.get("/settings")

    assert page.root.find("input", id="f-school")[0]["maxlength"] == "255"
