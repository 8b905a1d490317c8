"""S-35: whoever could be taken for a school is told apart; nobody else is called official."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.groups import GroupDraft
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import follows, groups, officials, profiles
from fedi_k12.worker import run_until_idle
from storage.tables import AccountRow

SAYS = "Not an account of this district"


@pytest.fixture
def resembles(ctx):
    """Return a function that tells whom of ours an account elsewhere could be taken for."""

    async def run(uri):
        async with ctx.read() as session:
            return await session.scalar(
                select(AccountRow.resembles_id).where(AccountRow.uri == uri)
            )

    return run


@pytest.fixture
def make_school(ctx, account_keys):
    """Return a function that makes an official account."""

    async def run(username, name):
        return await ctx.write(
            officials.make,
            actor=None,
            username=username,
            display_name=name,
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run


async def test_readers_are_told_of_a_look_alike(
    client, ctx, arrive, do, lincoln, maya, tom, make_remote, seated
):
    """S-35: a look-alike elsewhere gets a notice to readers here.

    On its profile; apps read it as a line of that, as they read that of official accounts.
    """
    fake = await make_remote("linc0ln", "evil.example", display_name="Lincoln Elementary")
    plain = await make_remote("abe", "evil.example", display_name="Abe Lincoln")
    browser = await seated(maya)

    page = await browser.get("/@linc0ln@evil.example")
    assert "This is not an account of this district" in page.text
    assert {one["href"] for one in page.root.find("a")} >= {"/@lincoln", "/official-accounts"}
    assert "not an account" not in (await browser.get("/@abe@evil.example")).text

    lines = {}
    for one in (fake, plain):
        entity = await (
            await client.get(f"/api/v1/accounts/{one.id}", headers=maya.headers)
        ).json()
        lines[one.id] = {field["name"]: field["value"] for field in entity["fields"]}
    assert "/official-accounts" in lines[fake.id][SAYS]
    assert SAYS not in lines[plain.id]


async def test_it_is_said_at_posts_and_requests(
    do, arrive, lincoln, maya, make_remote, seated, ctx
):
    """S-35: where people meet it, not only on its profile."""
    fake = await make_remote("lincoln", "evil.example", display_name="School")
    number = await arrive(fake, content="<p>Send us your passwords</p>")
    await do(profiles.update_profile, actor=maya.actor, changes=ProfileChanges(locked=True))
    async with ctx.read() as session:
        target = await session.get(AccountRow, maya.account.id)
    uri = f"{fake.uri}/follows/1"
    await ctx.write(
        follows.request_follow, follower=fake, target=target, uri=uri, now=ctx.clock()
    )
    browser = await seated(maya)

    for path in (f"/@lincoln@evil.example/{number}", "/follow-requests"):
        assert SAYS in (await browser.get(path)).text, path


async def test_all_are_compared_when_there_is_another_school(
    ctx, do, make_remote, make_school, resembles
):
    """S-35: found out once: where either of the two is new, or is called otherwise."""
    fake = await make_remote("jefferson", "evil.example", display_name="J")
    other = await make_remote("zed", "evil.example", display_name="Franklin High School")
    assert await resembles(fake.uri) is None

    school = await make_school("jefferson", "Jefferson High")
    await run_until_idle(ctx)
    assert (await resembles(fake.uri), await resembles(other.uri)) == (school.id, None)

    await do(
        profiles.update_profile,
        actor=Actor(school.id),
        changes=ProfileChanges(display_name="Franklin High School"),
    )
    await run_until_idle(ctx)
    assert await resembles(other.uri) == school.id
    await make_remote("zoe", "evil.example", uri=fake.uri)
    assert await resembles(fake.uri) is None


async def test_the_words_of_the_label_are_reserved(do, lincoln, maya, make_member, ctx):
    """S-35: in a name and at the beginning of a line; what somebody does may be said.

    Whoever bore such a name before can still save the form.
    """
    for changes in (
        ProfileChanges(display_name="Official account of Lincoln"),
        ProfileChanges(display_name="LincoIn Elementary"),
        ProfileChanges(fields=(("Official account", "yes"),)),
        ProfileChanges(fields=(("Who", "Cuenta oficial del distrito"),)),
    ):
        with pytest.raises(InvalidError, match="official"):
            await do(profiles.update_profile, actor=maya.actor, changes=changes)
    with pytest.raises(InvalidError, match="official"):
        await make_member("sly", display_name="Lincoln Elementary")
    for changes in (
        ProfileChanges(display_name="Maya, Lincoln Elementary"),
        ProfileChanges(fields=(("I look after", "the official account of Lincoln"),)),
        ProfileChanges(note="Not an official account."),
    ):
        await do(profiles.update_profile, actor=maya.actor, changes=changes)

    await do(
        profiles.update_profile,
        actor=Actor(lincoln.id),
        changes=ProfileChanges(display_name="Maya, Lincoln Elementary"),
    )
    same = ProfileChanges(display_name="Maya, Lincoln Elementary", note="I teach.")
    await do(profiles.update_profile, actor=maya.actor, changes=same)


async def test_groups_keep_to_it_too(lincoln, maya, account_keys, ctx):
    """S-35: they are called what their founders like, but not what schools are."""
    with pytest.raises(InvalidError, match="official"):
        await ctx.write(
            groups.create,
            actor=maya.actor,
            username="lincoln_group",
            draft=GroupDraft("Lincoln Elementary"),
            needed=Role.MEMBER,
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
