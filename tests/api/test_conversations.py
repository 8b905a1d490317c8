"""Conversations: letters by thread, each member's own."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from fedi_k12.domain.posts import Visibility
from fedi_k12.services.receive import ReceivedPost, receive_posts
from storage.migrations.versions import __path__ as _versions
from storage.tables import LetterRow

LETTERS = "/api/v1/conversations"


@pytest.fixture
def write(ask):
    """Return a function that writes a letter and returns it."""

    async def run(member, words, **parts):
        status, post = await ask(
            member, "POST", "/api/v1/statuses", status=words, visibility="direct", **parts
        )
        assert status == 200, post
        return post

    return run


async def test_letters_make_a_conversation_for_each_who_has_them(ask, write, maya, tom):
    first = await write(maya, "@tom may I ask?")
    _, [at_tom] = await ask(tom, "GET", LETTERS)
    _, [at_maya] = await ask(maya, "GET", LETTERS)

    assert (at_tom["unread"], at_maya["unread"]) == (True, False)
    assert at_tom["last_status"]["id"] == at_maya["last_status"]["id"] == first["id"]
    assert [one["username"] for one in at_tom["accounts"]] == ["maya"]
    assert [one["username"] for one in at_maya["accounts"]] == ["tom"]

    answer = await write(tom, "@maya yes", in_reply_to_id=first["id"])

    _, [at_maya] = await ask(maya, "GET", LETTERS)
    assert (at_maya["unread"], at_maya["last_status"]["id"]) == (True, answer["id"])
    assert (await ask(tom, "GET", LETTERS))[1][0]["unread"] is False


async def test_what_is_not_for_ones_eyes_is_no_conversation(ask, write, maya, tom, make_member):
    """FED-81."""
    ann = await make_member("ann")
    await write(maya, "@tom may I ask?")
    _, [theirs] = await ask(maya, "GET", LETTERS)
    await ask(maya, "POST", "/api/v1/statuses", status="@ann in public")

    assert (await ask(ann, "GET", LETTERS))[1] == []
    assert (await ask(ann, "POST", f"{LETTERS}/{theirs['id']}/read"))[0] == 404
    assert (await ask(ann, "DELETE", f"{LETTERS}/{theirs['id']}"))[0] == 404
    assert len((await ask(maya, "GET", LETTERS))[1]) == 1


async def test_a_conversation_is_read_and_put_away(ask, write, maya, tom):
    first = await write(maya, "@tom may I ask?")
    _, [found] = await ask(tom, "GET", LETTERS)
    path = f"{LETTERS}/{found['id']}"

    _, seen = await ask(tom, "POST", path + "/read")
    assert (seen["id"], seen["unread"]) == (found["id"], False)
    assert await ask(tom, "DELETE", path) == (200, {})
    assert (await ask(tom, "GET", LETTERS))[1] == []
    assert (await ask(tom, "POST", path + "/read"))[0] == 404
    assert (await ask(tom, "GET", f"/api/v1/statuses/{first['id']}"))[0] == 200
    assert len((await ask(maya, "GET", LETTERS))[1]) == 1

    await write(maya, "@tom still there?", in_reply_to_id=first["id"])

    [again] = (await ask(tom, "GET", LETTERS))[1]
    assert (again["id"], again["unread"]) == (found["id"], True)


async def test_a_deleted_letter_leaves_the_one_before_it(ask, write, maya, tom):
    first = await write(maya, "@tom one")
    second = await write(maya, "@tom two", in_reply_to_id=first["id"])

    await ask(maya, "DELETE", f"/api/v1/statuses/{second['id']}")

    assert (await ask(tom, "GET", LETTERS))[1][0]["last_status"]["id"] == first["id"]
    await ask(maya, "DELETE", f"/api/v1/statuses/{first['id']}")
    assert (await ask(tom, "GET", LETTERS))[1] == []


async def test_letters_of_whom_one_blocks_or_mutes_do_not_show(ask, write, maya, tom):
    await write(tom, "@maya hello")

    await ask(maya, "POST", f"/api/v1/accounts/{tom.account.id}/mute")
    assert (await ask(maya, "GET", LETTERS))[1] == []
    await ask(maya, "POST", f"/api/v1/accounts/{tom.account.id}/unmute")
    assert len((await ask(maya, "GET", LETTERS))[1]) == 1


async def test_letters_from_elsewhere_arrive(ask, ctx, maya, make_remote):
    lena = await make_remote("lena")
    await ctx.write(
        receive_posts,
        [
            ReceivedPost(
                uri=f"{lena.uri}/posts/1",
                account_id=lena.id,
                visibility=Visibility.DIRECT,
                content="<p>Hello</p>",
                published=ctx.clock(),
                mentioned_account_ids=(maya.account.id,),
            )
        ],
        now=ctx.clock(),
    )

    _, [found] = await ask(maya, "GET", LETTERS)

    assert found["unread"] is True
    assert [one["acct"] for one in found["accounts"]] == ["lena@remote.example"]


async def test_letters_of_before_are_found_by_the_migration(ask, ctx, write, maya, tom):
    first = await write(maya, "@tom may I ask?")
    await ask(maya, "POST", "/api/v1/statuses", status="@tom in public")
    statement = _letters_of_before()

    async def as_before(session):
        await session.execute(sa.delete(LetterRow))

    async def migrate(session):
        await session.execute(text(statement))

    await ctx.write(as_before)
    assert (await ask(tom, "GET", LETTERS))[1] == []
    await ctx.write(migrate)

    for member in (maya, tom):
        _, [found] = await ask(member, "GET", LETTERS)
        assert found["last_status"]["id"] == first["id"]


async def test_conversations_come_by_the_page(ask, write, leaf, maya, tom):
    for number in range(5):
        await write(maya, f"@tom letter {number}")

    pages = await leaf(tom, f"{LETTERS}?limit=2")

    ids = [one["id"] for page in pages for one in page]
    assert [len(page) for page in pages[:3]] == [2, 2, 1]
    assert ids == sorted(set(ids), reverse=True)


async def test_a_page_of_conversations_costs_the_same_for_one_and_for_forty(
    write, queries, maya, tom
):
    await write(maya, "@tom #one")
    few, _ = await queries(tom, LETTERS)
    for number in range(40):
        await write(maya, f"@tom #tag{number}")

    many, found = await queries(tom, f"{LETTERS}?limit=40")

    assert (many, len(found)) == (few, 40)


def _letters_of_before():
    for module in iter_modules(_versions):
        if module.name.endswith("_letters"):
            return import_module(f"storage.migrations.versions.{module.name}").LETTERS_OF_BEFORE
    raise AssertionError("There is no such migration.")
