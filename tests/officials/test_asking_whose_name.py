"""What is asked before a name is given, and told before a question is (R-35, R-36)."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import PollDraft


@pytest.mark.parametrize(
    ("path", "typed", "renamed"),
    [
        (
            "/moderation/officials",
            {"name": "Jenny Miller", "username": "miller"},
            "Lincoln School",
        ),
        ("/groups/new", {"name": "Readers", "username": "jenny_miller"}, "Readers of Lincoln"),
    ],
)
async def test_a_name_like_a_persons_is_asked_about_once(
    seated, make_member, path, typed, renamed
):
    """R-36: not refused; the tick says that it is no student's, and other names ask nothing."""
    at_olga = await seated(await make_member("olga", role=Role.OWNER))
    page = await at_olga.get(path)
    assert "not a student" not in page.text

    asked = await at_olga.submit(page, path, typed)

    assert asked.status == 422
    assert "Jenny Miller reads like the name of a person" in asked.text
    answer = await at_olga.submit(asked, path, {**typed, "no_student": "1"})
    assert answer.status == 303
    other = {"name": renamed, "username": "readers"}
    assert (await at_olga.submit(page, path, other)).status == 303


async def test_a_school_that_asks_a_question_is_told_of_the_ppra(
    seated, lincoln, maya, delegate_to
):
    """R-35: where it is written; people who ask for themselves are not."""
    await delegate_to(lincoln, maya, "author")
    at_school, at_maya = await seated(maya, lincoln), await seated(maya)

    assert "PPRA" in (await at_school.get("/write")).text
    assert "PPRA" not in (await at_maya.get("/write")).text


async def test_who_approves_a_question_is_told_of_the_ppra(
    seated, author, approver, tom, submit
):
    """R-35."""
    asked = await submit(author, poll=PollDraft(("Yes", "No"), 3600))
    words = await submit(author, "No question")

    at_tom = await seated(tom)
    assert "PPRA" in (await at_tom.get(f"/approvals/{asked}")).text
    assert "PPRA" not in (await at_tom.get(f"/approvals/{words}")).text


async def test_who_approves_sees_tags_that_read_like_a_name(
    seated, author, approver, tom, submit
):
    """R-36: as names in the words are seen."""
    asked = await submit(author, "Well done #JennyMiller at the #OpenHouse")

    page = await (await seated(tom)).get(f"/approvals/{asked}")
    seen = [one.text for one in page.root.find("strong")]
    assert "#JennyMiller" in seen
    assert "#OpenHouse" not in seen
