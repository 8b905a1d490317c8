"""Members of one board are warned where they meet in a thread, and so is the clerk (R-18)."""

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import boards, notifications


@pytest.fixture
async def olga(make_member):
    """An administrator."""
    return await make_member("olga", role=Role.ADMIN)


@pytest.fixture
async def people(make_member):
    """Two members of the board, its clerk, and somebody else, by name."""
    return {name: await make_member(name) for name in ("beth", "carl", "clerk_dee", "ed")}


@pytest.fixture
def board(do, olga):
    """Return a function that makes a board of Beth and Carl with Dee as its clerk."""

    async def run(**given):
        usual = {
            "actor": olga.actor,
            "board_id": None,
            "name": "School Board",
            "clerk": "clerk_dee",
            "members": ["@beth", "carl"],
            "warns": True,
        }
        return await do(boards.save, **{**usual, **given})

    return run


@pytest.fixture
def told(ctx, people):
    """Return a function that says who was told how often that a board meets."""

    async def run():
        found = {}
        for name, member in people.items():
            async with ctx.read() as session:
                seen = await notifications.page(
                    session, actor=member.actor, page=PageRequest(), types=["board_thread"]
                )
            number = len([one for one in seen.items if one.kind == "board_thread"])
            if number:
                found[name] = number
        return found

    return run


async def test_two_of_one_board_are_told_and_so_is_the_clerk(board, people, publish, told):
    """R-18: with the first answer of each, and not with every one after."""
    await board()
    question = await publish(people["ed"], "Shall we build a gym?")
    await publish(people["beth"], "Yes.", in_reply_to_id=question.id)
    assert await told() == {}

    answer = await publish(people["carl"], "No.", in_reply_to_id=question.id)
    assert await told() == {"beth": 1, "carl": 1, "clerk_dee": 1}

    await publish(people["beth"], "But yes.", in_reply_to_id=answer.id)
    assert await told() == {"beth": 1, "carl": 1, "clerk_dee": 1}


@pytest.mark.parametrize(
    "given", [{"warns": False}, {"members": ["beth"]}, {"members": ["beth", "ed"]}]
)
async def test_others_are_not(board, people, publish, told, given):
    """R-18: not where it is off, nor where only one sits on it."""
    await board(**given)
    question = await publish(people["clerk_dee"], "Shall we build a gym?")
    await publish(people["beth"], "Yes.", in_reply_to_id=question.id)

    await publish(people["carl"], "No.", in_reply_to_id=question.id)

    assert await told() == {}


async def test_threads_apart_are_no_meeting(board, people, publish, told):
    """R-18."""
    await board()
    for name in ("beth", "carl"):
        question = await publish(people["ed"], "And you?")
        await publish(people[name], "Yes.", in_reply_to_id=question.id)

    assert await told() == {}


async def test_a_clerk_is_told_of_letters_without_reading_them(
    ctx, board, people, publish, told
):
    """R-18: a thread of letters is one, too; what the clerk may not see stays unseen."""
    await board()
    letter = await publish(
        people["beth"], "@carl What do you think?", visibility=Visibility.DIRECT
    )
    await publish(
        people["carl"],
        "@beth No.",
        visibility=Visibility.DIRECT,
        in_reply_to_id=letter.id,
    )

    assert await told() == {"beth": 1, "carl": 1, "clerk_dee": 1}
    async with ctx.read() as session:
        seen = await notifications.page(
            session, actor=people["clerk_dee"].actor, page=PageRequest(), types=["board_thread"]
        )
    (one,) = seen.items
    assert (one.post, one.detail["board"]) == (None, "School Board")


async def test_boards_are_looked_after_at_the_desk(seated, olga, people, told):
    """R-18: by administrators; what was typed wrongly is said."""
    at_olga = await seated(olga)
    page = await at_olga.get("/moderation/boards")
    typed = {"name": "School Board", "members": "@beth\n@nobody", "clerk": "clerk_dee"}

    refused = await at_olga.submit(page, "/moderation/boards", typed)
    assert (refused.status, "@nobody" in refused.text) == (422, True)
    await at_olga.submit(page, "/moderation/boards", {**typed, "members": "@beth, @carl"})
    page = await at_olga.get("/moderation/boards")
    (path,) = [one["action"] for one in page.root.find("form") if one["action"][-1].isdigit()]
    assert (await at_olga.submit(page, path, {"name": " "})).status == 422
    assert (await at_olga.submit(page, path, {"name": "The Board"})).status == 303
    page = await at_olga.get("/moderation/boards")
    assert "The Board" in page.text
    await at_olga.submit(page, f"{path}/end")
    assert "The Board" not in (await at_olga.get("/moderation/boards")).text
    assert (await at_olga.submit(page, f"{path}/end")).status == 404


async def test_only_administrators_look_after_boards(board, people, make_member):
    """R-18."""
    mona = await make_member("mona", role=Role.MODERATOR)

    with pytest.raises(ForbiddenError):
        await board(actor=mona.actor)
    with pytest.raises(InvalidError):
        await board(clerk="nobody")
