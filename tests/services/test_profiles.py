"""How accounts present themselves, and how others' are learnt."""

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.people import MAX_DISPLAY_NAME, MAX_FIELDS, MAX_NOTE
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import farewell, finding, follows, profiles, views
from fedi_k12.services.received_accounts import (
    ReceivedAccount,
    ReceivedKey,
    receive_account,
    receive_accounts,
)
from storage import accounts, names
from storage.tables import KeyRow, MemberRow


@pytest.fixture
def change(do, maya):
    async def run(**changes):
        return await do(
            profiles.update_profile, actor=maya.actor, changes=ProfileChanges(**changes)
        )

    return run


async def test_a_profile_is_rendered_and_told(change, queued, maya, tom):
    view = await change(
        display_name="  Maya \u202eO. ",
        note="I teach #maths with @tom",
        fields=(("Teaches", "Maths https://x.example"), (" ", " ")),
        locked=True,
        discoverable=True,
        indexable=True,
        hide_collections=False,
        avatar_alt="Me",
    )

    assert view.display_name == "Maya O."
    assert 'class="mention hashtag"' in view.note
    assert "@<span>tom</span>" in view.note
    assert [(field.name, field.source) for field in view.fields] == [
        ("Teaches", "Maths https://x.example")
    ]
    assert view.fields[0].value.startswith("Maths <a ")
    assert (view.locked, view.discoverable, view.indexable) == (True, True, True)
    assert await queued("FederateProfile") == [{"account_id": maya.account.id, "key_id": None}]


async def test_what_is_not_said_stays(change):
    await change(note="Hello", display_name="Maya")

    view = await change(locked=True)

    assert (view.note_source, view.display_name) == ("Hello", "Maya")


async def test_pictures_are_set_and_taken_away(change):
    assert (await change(avatar_file="aa/a.png", header_file="bb/b.png")).has_avatar

    view = await change(remove_avatar=True, remove_header=True)

    assert not view.has_avatar
    assert not view.has_header


async def test_a_person_may_be_a_program(change):
    assert (await change(bot=True)).is_bot
    assert not (await change(bot=False)).is_bot


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"display_name": "x" * (MAX_DISPLAY_NAME + 1)}, id="name"),
        pytest.param({"note": "x" * (MAX_NOTE + 1)}, id="note"),
        pytest.param({"fields": (("x" * 300, "y"),)}, id="name of a line"),
        pytest.param({"fields": (("x", "y" * 300),)}, id="value of a line"),
        pytest.param({"fields": (("x", "y"),) * (MAX_FIELDS + 1)}, id="lines"),
    ],
)
async def test_profiles_that_are_too_long_are_refused(change, queued, changes):
    with pytest.raises(InvalidError, match="Validation failed"):
        await change(**changes)

    assert await queued() == []


async def test_nobody_has_no_profile(do):
    with pytest.raises(NotFoundError):
        await do(profiles.update_profile, actor=Actor(1), changes=ProfileChanges())


async def test_what_only_oneself_knows(do, see, maya, tom, change):
    await change(locked=True)
    await do(follows.follow, actor=tom.actor, target_id=maya.account.id)

    own = await see(profiles.own, actor=maya.actor)

    assert (own.email, own.follow_requests) == ("maya@home.example", 1)
    assert own.view.acct == "maya"
    assert (await see(profiles.own, actor=replace(maya.actor, member_id=None))).email is None


async def test_choices_are_kept(do, see, maya):
    save = {"actor": maya.actor}
    await do(profiles.save_preferences, **save, changes={"theme": "dark"})
    await do(
        profiles.save_preferences,
        **save,
        changes={"time_zone": "America/Chicago", "default_visibility": "public"},
    )

    found = await see(profiles.preferences, actor=maya.actor)

    assert (found.theme, found.time_zone) == ("dark", "America/Chicago")
    assert found.default_visibility is Visibility.PUBLIC


async def test_choices_that_cannot_be_are_refused(do, maya):
    with pytest.raises(InvalidError):
        await do(profiles.save_preferences, actor=maya.actor, changes={"theme": "neon"})
    with pytest.raises(NotFoundError):
        await do(profiles.save_preferences, actor=Actor(maya.account.id), changes={})


async def test_a_name_is_taken_once(do, maya, account_keys):
    for name in ("maya", "Maya"):
        with pytest.raises(ConflictError):
            await do(
                profiles.create_account, username=name, kind="Person", display_name="",
                keys=account_keys,
            )  # fmt: skip


async def test_the_server_has_one_actor(do, ctx, account_keys):
    one = await do(profiles.server_actor, keys=account_keys)

    assert one.id == (await do(profiles.server_actor, keys=account_keys)).id
    assert (one.kind, one.uri, one.locked) == (
        "Application",
        "https://home.example/actor",
        True,
    )


@pytest.mark.parametrize(
    "acct", ["maya", "@maya", "MAYA", "maya@home.example", "@maya@HOME.example"]
)
async def test_accounts_are_looked_up_by_handle(see, maya, acct):
    found = await see(finding.lookup, acct=acct, own_hosts={"home.example"})

    assert found.id == maya.account.id


@pytest.mark.parametrize("acct", ["", "nobody", "maya@far.example", "not a handle"])
async def test_handles_that_nobody_has_are_nobodys(see, maya, acct):
    assert await see(finding.lookup, acct=acct, own_hosts={"home.example"}) is None


async def test_remote_accounts_are_looked_up_until_they_are_gone(do, see, make_remote):
    ria = await make_remote("ria")
    look = {"acct": "Ria@remote.example", "own_hosts": set()}
    assert (await see(finding.lookup, **look)).id == ria.id

    await do(farewell.delete_remote_account, uri=ria.uri)

    assert await see(finding.lookup, **look) is None


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("ma", ["maya"]),
        ("@maya", ["maya"]),
        ("RIA@rem", ["ria@remote.example"]),
        ("ria@other", []),
        ("Teach", ["tom"]),
        ("%", []),
        ("_", []),
        (" ", []),
        ("home.example", []),
    ],
)
async def test_accounts_are_found_by_their_beginnings(
    see, maya, make_member, make_remote, words, names
):
    await make_member("tom", display_name="A Teacher")
    await make_remote("ria")

    found = await see(finding.search_accounts, q=words, limit=10, viewer=None)

    assert [view.acct for view in found] == names


async def test_search_can_be_narrowed_to_those_followed(do, see, maya, tom, make_member):
    await make_member("tomas")
    await do(follows.follow, actor=maya.actor, target_id=tom.account.id)
    search = {"q": "tom", "limit": 10, "viewer": maya.actor}

    assert len(await see(finding.search_accounts, **search)) == 2
    assert len(await see(finding.search_accounts, **search, offset=1)) == 1
    mine = await see(finding.search_accounts, **search, following=True)
    assert [view.acct for view in mine] == ["tom"]


async def test_the_directory_shows_only_who_wants_to_be_found(
    see, change, publish, maya, tom, make_remote
):
    """Row 1.14 "discoverable, indexable"."""
    await make_remote("ria", discoverable=True)
    await change(discoverable=True)
    await publish(maya)
    page = {"limit": 10, "offset": 0}

    everybody = await see(finding.directory, **page, local=False, newest=False)
    newest = await see(finding.directory, **page, local=True, newest=True)

    assert [view.acct for view in everybody] == ["maya", "ria@remote.example"]
    assert [view.acct for view in newest] == ["maya"]


def received(**changes):
    values = {
        "uri": "http://remote.example/users/ria",
        "kind": "Person",
        "username": "ria",
        "domain": "remote.example",
        "host": "remote.example",
        "inbox": "http://remote.example/users/ria/inbox",
        "keys": (ReceivedKey("http://remote.example/users/ria#k", "rsa", "PEM"),),
    }
    return ReceivedAccount(**{**values, **changes})


async def test_an_account_learnt_again_is_as_it_is_now(ctx, do):
    first = await do(
        receive_account,
        received(avatar_remote_url="http://a/1", display_name="R"),
    )

    async def keep(session):
        row = await accounts.by_id(session, first.id)
        row.avatar_file = row.header_file = "aa/a.png"

    await ctx.write(keep)
    again = await do(
        receive_account,
        received(
            avatar_remote_url="http://a/2",
            header_remote_url="http://h/1",
            username="ria2",
            display_name="Ria",
            keys=(ReceivedKey("http://remote.example/users/ria#k2", "rsa", "PEM2"),),
        ),
    )

    assert again.id == first.id
    assert (again.display_name, again.username_key) == ("Ria", "ria2")
    assert again.avatar_file is again.header_file is None
    assert again.version == first.version + 1
    async with ctx.read() as session:
        keys = list(await session.scalars(select(KeyRow).where(KeyRow.account_id == again.id)))
    assert [(key.uri[-2:], key.public_key) for key in keys] == [("k2", "PEM2")]


async def test_a_key_of_somebody_else_stays_theirs(ctx, do):
    """FED-33."""
    ria = await do(receive_account, received())
    key = "http://remote.example/users/ria#k"

    pat = await do(
        receive_account,
        received(
            uri="http://remote.example/users/pat",
            username="pat",
            keys=(ReceivedKey(key, "rsa", "EVIL"),),
        ),
    )
    await do(receive_account, received(keys=(ReceivedKey(key, "rsa", "NEW"),)))

    async with ctx.read() as session:
        row = await session.scalar(select(KeyRow).where(KeyRow.uri == key))
    assert (row.account_id, row.public_key) == (ria.id, "NEW")
    assert pat.id != ria.id


async def test_of_two_who_name_one_key_at_once_the_first_keeps_it(do):
    key = "http://remote.example/users/ria#k"
    both = [received(), received(uri="http://remote.example/users/eve", username="eve")]

    ria, eve = await do(receive_accounts, both, known={})

    assert (list(ria.keys), list(eve.keys)) == ([key], [])


async def test_an_account_of_ours_is_never_learnt(do, maya):
    """FED-17."""
    with pytest.raises(InvalidError, match="ours"):
        await do(receive_account, received(uri=maya.account.uri))


async def test_an_account_that_is_gone_takes_its_posts_and_follows_along(
    do, see, arrive, counts, maya, make_remote
):
    ria = await make_remote("ria")
    post_id = await arrive(ria)
    await do(follows.follow, actor=maya.actor, target_id=ria.id)
    await do(follows.accepted_by_remote, target=ria, follower=maya.account, follow_uri=None)

    assert await do(farewell.delete_remote_account, uri=ria.uri)

    assert await counts(maya.account.id) == (0, 0, 0)
    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=None)


async def test_only_accounts_elsewhere_go_by_themselves(do, maya):
    """FED-69."""
    assert not await do(farewell.delete_remote_account, uri=maya.account.uri)
    assert not await do(farewell.delete_remote_account, uri="http://remote.example/nobody")


async def test_a_member_without_choices_has_the_usual_ones(ctx, see, maya):
    async def forget(session):
        (await session.get(MemberRow, maya.actor.member_id)).preferences = {"theme": "neon"}

    await ctx.write(forget)

    assert (await see(profiles.preferences, actor=maya.actor)).theme == "system"


@pytest.mark.parametrize("words", ["@maya@home.example", "maya@home", "MAYA@HOME.EXAMPLE"])
async def test_who_is_here_is_found_by_the_whole_handle(see, maya, tom, words):
    look = {"limit": 10, "viewer": None, "own_hosts": {"home.example"}}

    found = await see(finding.search_accounts, q=words, **look)

    assert [view.id for view in found] == [maya.account.id]
    assert await see(finding.search_accounts, q="maya@else.example", **look) == []


async def test_who_changes_their_name_is_found_by_the_new_one_alone(see, change, maya):
    look = {"limit": 10, "viewer": None}
    await change(display_name="Ōkafor 日本 O'Neil")

    for words in ("oka", "neil oka", "日", "本 o"):
        found = await see(finding.search_accounts, q=words, **look)
        assert [view.id for view in found] == [maya.account.id], words
    await change(display_name="Other")
    assert await see(finding.search_accounts, q="oka", **look) == []


@pytest.mark.parametrize("words", ["ma'x", 'ma"x', "ma* OR", "'", '"', "\U0010ffff"])
async def test_signs_of_other_languages_are_words_of_none(see, maya, words):
    assert await see(finding.search_accounts, q=words, limit=10, viewer=None) == []


async def test_people_are_found_by_an_index(ctx, maya):
    """No plan goes through all accounts."""
    async with ctx.read() as session:
        query = names.meant_by(session, beginnings=["ma"], words=["ma"])
        on_sqlite = session.get_bind().dialect.name == "sqlite"
        if not on_sqlite:
            # So few accounts are read faster without one.
            await session.execute(text("SET enable_seqscan = off"))
        said = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        rows = await session.execute(
            text(
                ("EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN ") + said.replace(":", "\\:")
            )
        )
        plan = "\n".join(str(row[-1]) for row in rows)

    assert "ix_account_username_key_domain" in plan
    assert "account_words_index" in plan
    assert "SCAN account\n" not in plan + "\n"
    assert "Seq Scan" not in plan
