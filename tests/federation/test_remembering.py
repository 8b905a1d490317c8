"""What is remembered of keys, hosts and accounts ends with the next change of them."""

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from fedi_k12.services import moderation
from storage.tables import AccountRow
from tests.conftest import HOST
from tests.remote import ACTIVITY, signed_headers

FINGER = f"/.well-known/webfinger?resource=acct:maya@{HOST}"


@pytest.fixture
def asked():
    """The statements that were sent to the store."""
    found = []

    def note(_connection, _cursor, statement, *_more):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def get(client, ctx, remote, maya):
    """Return a function by which Ria's server asks for Maya: status and document."""
    ria, path = remote.actor("ria"), "/users/maya"

    async def ask():
        signed = signed_headers(ria, None, host=HOST, path=path, now=ctx.clock(), method="GET")
        answer = await client.get(path, headers={"Accept": ACTIVITY, **signed})
        return answer.status, await answer.json()

    return ask


async def change(ctx, uri, **values):
    async def write(session):
        await session.execute(update(AccountRow).where(AccountRow.uri == uri).values(**values))

    await ctx.write(write)


async def test_an_account_that_was_asked_for_is_not_asked_of_the_store_again(
    client, ctx, get, asked
):
    first = await get()
    assert first[0] == 200
    assert (await client.get(FINGER)).status == 200
    await get()

    asked.clear()
    assert await get() == first
    assert (await client.get(FINGER)).status == 200
    assert asked == []


async def test_a_changed_account_is_shown_as_it_is_now(client, ctx, maya, get):
    assert (await get())[1]["name"] != "Maya Lind"
    await change(ctx, maya.account.uri, display_name="Maya Lind")
    assert (await get())[1]["name"] == "Maya Lind"
    assert (await client.get(FINGER)).status == 200
    await change(ctx, maya.account.uri, suspended_at=ctx.clock())
    assert (await get())[0] == 410
    assert (await client.get(FINGER)).status == 410


async def test_who_does_not_sign_never_gets_what_was_shown_to_who_did(client, get):
    shown = (await get())[1]
    stub = await (await client.get("/users/maya", headers={"Accept": ACTIVITY})).json()
    assert "outbox" in shown
    assert "outbox" not in stub


async def test_a_known_key_ends_with_its_owner_and_its_host(ctx, remote, get):
    assert (await get())[0] == 200
    await change(ctx, remote.actor("ria").uri, suspended_at=ctx.clock())
    assert (await get())[0] == 403
    await change(ctx, remote.actor("ria").uri, suspended_at=None)
    assert (await get())[0] == 200
    await ctx.write(
        moderation.set_host_policy, actor=None, domain="remote.example", severity="suspend",
        ground="spam", now=ctx.clock(),
    )  # fmt: skip
    assert (await get())[0] == 403
