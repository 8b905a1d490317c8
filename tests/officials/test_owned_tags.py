"""Hashtags that the district owns: their page, their account, their stewards (S-15)."""

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.forum import Ground
from fedi_k12.domain.notifications import TAG_KINDS
from fedi_k12.domain.owned_tags import By
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import (
    approving,
    notifications,
    owned_tags,
    posts,
    sanctions,
    signup,
    staff,
    tag_posts,
)
from fedi_k12.worker import run_until_idle
from storage.tables import MemberRow, RecordRow
from tests.browse import Browser


@pytest.fixture
def own(do, account_keys):
    """Return a function that makes a hashtag the district's."""

    async def run(name="#PSD70", **more):
        return await do(
            owned_tags.own, **{"actor": None, "keys": account_keys, "name": name, **more}
        )

    return run


@pytest.fixture
async def tag(own, maya):
    """The district's hashtag; Maya looks after it."""
    return await own(description="What happens in our division.", stewards=["@maya"])


@pytest.fixture
async def parent(make_member, ctx):
    """Kim, whom nobody here knows to be staff, though that is what they said."""
    kim = await make_member("kim")

    async def change(session):
        of_kim = update(MemberRow).where(MemberRow.id == kim.actor.member_id)
        await session.execute(of_kim.values(staff_since=None))

    await ctx.write(change)
    return kim


@pytest.fixture
async def ann(remote, send, tag):
    """Ann, who follows the hashtag's account from another server."""
    person = remote.actor("ann")
    await send(person, person.activity("Follow", tag.account.uri))
    remote.delivered.clear()
    return person


@pytest.fixture
def heard(ctx, remote):
    """Return a function that gives what the other server was told since: (type, object)."""

    async def run():
        await run_until_idle(ctx)
        found = [item.body for item in remote.delivered]
        remote.delivered.clear()
        return [
            (one["type"], one["object"]["object"] if one["type"] == "Undo" else one["object"])
            for one in found
            if one["type"] in {"Announce", "Undo"}
        ]

    return run


@pytest.fixture
def on_page(see):
    """Return a function that gives the ids on the page of the hashtag."""

    async def run(tag, by=By.EVERYONE, viewer=None):
        page = await see(
            tag_posts.page,
            name=tag.name,
            by=by,
            tag_id=tag.tag_id,
            viewer=viewer.actor if viewer else None,
            page=PageRequest(limit=20),
        )
        return [post.id for post in page.items]

    return run


async def test_the_account_announces_staff_and_nobody_else(
    ann, heard, publish, parent, tom, send, remote, maya
):
    """S-15: every staff post with the tag in one delivery cycle, and no stranger's."""
    staff = await publish(tom, "Room 12 built a bridge #psd70")
    answer = await publish(maya, "How tall? #PSD70", in_reply_to_id=staff.id)
    await publish(parent, "A parent's #psd70")
    await publish(tom, "No hashtag")
    for narrow in (Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DIRECT):
        await publish(tom, "@kim psst #psd70", visibility=narrow)
    await publish(tom, "Members #psd70", local_only=True)
    note = ann.note(text="<p>#psd70</p>", tag=[{"type": "Hashtag", "name": "#psd70"}])
    await send(ann, ann.create(note))

    told = [("Announce", staff.uri), ("Announce", answer.uri)]
    assert sorted(await heard()) == sorted(told)


async def test_an_official_account_is_announced_once_its_post_is_out(
    ann, heard, lincoln, author, approver, submit, decide, clock, tag
):
    """S-15: never before it was approved, nor before it could be called off no more."""
    number = await submit(author, "Open house on Friday #psd70")
    clock.advance(minutes=5)
    assert await heard() == []

    post_id = await decide(approving.approve, approver, number)
    assert await heard() == []
    clock.advance(seconds=91)

    assert post_id
    assert [kind for kind, _uri in await heard()] == ["Announce"]


async def test_a_post_that_is_deleted_or_loses_the_hashtag_is_taken_back(
    ann, heard, publish, do, tom
):
    first = await publish(tom, "One #psd70")
    second = await publish(tom, "Two #psd70")
    third = await publish(tom, "Three")
    await heard()

    await do(posts.edit, actor=tom.actor, post_id=first.id, draft=Draft("One"))
    assert await heard() == [("Undo", first.uri)]
    await do(posts.edit, actor=tom.actor, post_id=third.id, draft=Draft("Three #psd70"))
    await do(posts.edit, actor=tom.actor, post_id=second.id, draft=Draft("Second #psd70"))
    assert await heard() == [("Announce", third.uri)]
    await do(posts.delete, actor=tom.actor, post_id=second.id)
    assert await heard() == [("Undo", second.uri)]


async def test_the_deletion_reaches_who_knows_the_post_by_the_hashtag(
    ann, remote, publish, do, tom, ctx
):
    post = await publish(tom, "One #psd70")
    await run_until_idle(ctx)
    await do(posts.delete, actor=tom.actor, post_id=post.id)
    await run_until_idle(ctx)

    told = [item.body for item in remote.delivered if item.body["type"] == "Delete"]
    assert [one["object"]["id"] for one in told] == [post.uri]


async def test_a_steward_takes_a_post_off_under_a_fixed_rule_and_puts_it_back(
    ann, heard, publish, do, see, tag, maya, tom, on_page, client
):
    post = await publish(tom, "Buy my book #psd70")
    await heard()
    off = {"actor": maya.actor, "name": "psd70", "post_id": post.id}
    for wrong in ("", "criticism", "own:1"):
        with pytest.raises(InvalidError):
            await do(owned_tags.take_off, code=wrong, **off)

    await do(owned_tags.take_off, code=Ground.COMMERCIAL.value, **off)
    assert await heard() == [("Undo", post.uri)]
    assert await on_page(tag) == await on_page(tag, By.STAFF) == []
    await do(posts.edit, actor=tom.actor, post_id=post.id, draft=Draft("Still for sale #psd70"))
    assert await heard() == []

    await do(owned_tags.put_back, **off)
    assert await heard() == [("Announce", post.uri)]
    assert await on_page(tag) == [post.id]
    page = await see(
        notifications.page, actor=tom.actor, page=PageRequest(limit=5), types=TAG_KINDS
    )
    told = [(one.kind, one.account.username, one.detail["number"]) for one in page.items]
    assert told == [("tag_came_back", "psd70", 5), ("tag_left", "psd70", 5)]
    log = await (await client.get("/about/moderation-log.json")).json()
    assert [(one["act"], one["role"]) for one in log] == [
        ("back on a tag's page", "steward"),
        ("taken off a tag's page", "steward"),
    ]
    assert "tom" not in str(log)


async def test_only_stewards_and_moderators_look_after_it(
    publish, do, tag, tom, parent, make_member, lincoln, delegate_to, ctx
):
    post = await publish(tom, "One #psd70")
    other = await publish(tom, "Two")
    moderator = await make_member("olive", role=Role.MODERATOR)
    speaking = await delegate_to(lincoln, tom, "manager")
    given = {"name": "psd70", "code": "spam"}
    for who in (parent, tom, speaking):
        with pytest.raises(ForbiddenError):
            await do(owned_tags.take_off, actor=who.actor, post_id=post.id, **given)
    with pytest.raises(ForbiddenError):
        await do(
            owned_tags.change, actor=moderator.actor, name="psd70", description="", stewards=[]
        )
    with pytest.raises(NotFoundError):
        await do(owned_tags.take_off, actor=moderator.actor, post_id=other.id, **given)
    await do(owned_tags.take_off, actor=moderator.actor, post_id=post.id, **given)


async def test_taking_an_official_post_off_is_in_the_records(
    do, see, tag, maya, tom, lincoln, delegate_to, publish, ctx
):
    speaking = await delegate_to(lincoln, tom)
    post = await publish(speaking, "Open house #psd70")
    await do(
        owned_tags.take_off, actor=maya.actor, name="psd70", post_id=post.id, code="unlawful"
    )
    async with ctx.read() as session:
        kinds = set(await session.scalars(select(RecordRow.kind)))
    assert "taken off a tag's page" in kinds


async def test_who_is_verified_staff_is_said_by_those_who_run_the_place(
    ann, heard, publish, do, tag, parent, make_member, on_page
):
    """Neither the sign-up form nor an open door makes somebody staff."""
    olive = await make_member("olive", role=Role.MODERATOR)
    post = await publish(parent, "Before #psd70")
    assert await heard() == []
    with pytest.raises(ForbiddenError):
        await do(
            owned_tags.vouch, actor=parent.actor, account_id=parent.account.id, staff_now=True
        )
    await do(owned_tags.vouch, actor=olive.actor, account_id=parent.account.id, staff_now=True)
    now = await publish(parent, "After #psd70")
    assert await heard() == [("Announce", now.uri)]
    assert await on_page(tag, By.STAFF) == [now.id, post.id]

    await do(owned_tags.vouch, actor=olive.actor, account_id=parent.account.id, staff_now=False)
    later = await publish(parent, "Later #psd70")
    assert await heard() == []
    assert await on_page(tag, By.STAFF) == []
    assert await on_page(tag) == [later.id, now.id, post.id]


async def test_saying_that_one_is_staff_makes_nobody_verified(
    do, see, make_member, account_keys
):
    """An invitation may be passed on; who lets somebody in has read what they say."""
    olive = await make_member("olive", role=Role.MODERATOR)
    form = signup.SignUpForm(
        username="nora",
        email="nora@school.example",
        password_hash="x",
        display_name="Nora",
        affiliation="staff",
        locale="en",
        rules_accepted=True,
    )
    invited = {"invite_code": await do(signup.create_invite, actor=None)}
    waiting = {"registrations": "approval"}
    for name, door, known in (("nora", invited, False), ("noah", waiting, True)):
        made = await do(
            signup.register,
            form=replace(form, username=name, email=f"{name}@school.example"),
            **{"invite_code": None, "registrations": "open", **door},
            keys=account_keys,
        )
        if known:
            await do(sanctions.approve, actor=olive.actor, account_id=made.account_id)
        shown = await do(staff.one, actor=olive.actor, account_id=made.account_id)
        assert (shown.staff_since is not None) is known, name


async def test_a_hashtag_is_owned_once_given_up_and_owned_again(
    own, do, see, publish, tag, tom, maya, ann, heard, make_member
):
    with pytest.raises(InvalidError):
        await own("psd70")
    for wrong in ("two words", "#", "12", "a" * 40 + "é"):
        with pytest.raises(InvalidError):
            await own(wrong)
    with pytest.raises(InvalidError) as refused:
        await own("school", username="maya")
    assert "username" in refused.value.fields
    with pytest.raises(InvalidError):
        await own("school", stewards=["nobody"])
    with pytest.raises(ForbiddenError):
        await own("school", actor=maya.actor)

    await do(owned_tags.give_up, actor=None, name="psd70")
    await publish(tom, "Nobody's #psd70")
    assert await heard() == []
    assert await see(owned_tags.find, name="psd70") is None
    again = await own("psd70", username="ignored")
    assert (again.account.id, again.stewards) == (tag.account.id, [])
    post = await publish(tom, "Ours #psd70")
    assert await heard() == [("Announce", post.uri)]
    second = await own("Écoles", username="ecoles")
    assert [one.name for one in await see(owned_tags.listed)] == ["psd70", second.name]


async def test_its_account_is_found_and_says_what_it_is(client, tag, ann):
    found = await client.get("/.well-known/webfinger?resource=acct:psd70@home.example")
    assert (await found.json())["subject"] == "acct:psd70@home.example"
    document = await (
        await client.get("/users/psd70", headers={"Accept": "application/activity+json"})
    ).json()
    assert (document["type"], document["name"]) == ("Service", "#PSD70")
    assert "our division" in document["summary"]
    assert [one["name"] for one in document["attachment"]] == ["Hashtag"]
    [shown] = await (await client.get("/api/fedi/v1/tags")).json()
    assert (shown["name"], shown["account"]["bot"]) == ("psd70", True)
    assert shown["account"]["followers_count"] == 1
    assert [one["username"] for one in shown["stewards"]] == ["maya"]


async def test_the_page_has_a_switch_pages_and_feeds(
    client, tag, publish, tom, parent, maya, make_member, seated
):
    """S-15: public, by verified staff or by everyone, twenty on a page, RSS and Atom."""
    many = [await publish(tom, f"Number {one} #psd70") for one in range(21)]
    own = await publish(parent, "From a parent #psd70")
    visitor = Browser(client)

    page = await visitor.get("/tags/psd70")
    assert page.status == 200
    assert "What happens in our division." in page.text
    assert "From a parent" not in page.text
    assert "Number 20" in page.text
    assert "Number 0 " not in page.text
    older = await visitor.get(f"/tags/psd70?by=staff&max_id={many[1].id}")
    assert "Number 0 " in older.text
    assert "From a parent" in (await visitor.get("/tags/psd70?by=everyone")).text
    assert (await visitor.get("/tags/psd70?by=nonsense")).status == 200
    for kind in ("rss", "atom"):
        feed = await (await client.get(f"/tags/psd70.{kind}?by=staff")).text()
        assert "Number 20" in feed
        assert "From a parent" not in feed
        assert (
            "From a parent"
            in await (await client.get(f"/tags/psd70.{kind}?by=everyone")).text()
        )

    browser = await seated(maya)
    steward = await browser.get("/tags/psd70/steward")
    asked = await browser.get(f"/tags/psd70/off/{own.id}")
    wrong = await browser.submit(asked, f"/tags/psd70/off/{own.id}", {})
    assert wrong.status == 422
    await browser.submit(asked, f"/tags/psd70/off/{own.id}", {"rule": "off_topic"})
    assert "From a parent" not in (await visitor.get("/tags/psd70?by=everyone")).text
    steward = await browser.get("/tags/psd70/steward")
    await browser.submit(steward, f"/tags/psd70/back/{own.id}", {})
    assert "From a parent" in (await visitor.get("/tags/psd70?by=everyone")).text
    told = await (await seated(parent)).get("/notifications")
    assert "was taken off the page of #PSD70 under a rule" in told.text


async def test_the_desk_owns_names_stewards_and_gives_up(
    client, seated, make_member, maya, see
):
    admin = await seated(await make_member("ada", role=Role.ADMIN))
    assert (await (await seated(maya)).get("/moderation/tags")).status == 403
    page = await admin.get("/moderation/tags")
    refused = await admin.submit(page, "/moderation/tags", {"name": "two words"})
    assert refused.status == 422
    fields = {"name": "#psd70", "description": "Ours", "stewards": "@maya, ada"}
    await admin.submit(page, "/moderation/tags", fields)
    page = await admin.get("/moderation/tags")
    await admin.submit(
        page, "/moderation/tags/psd70", {"description": "All", "stewards": "ada"}
    )
    found = await see(owned_tags.one, name="psd70")
    assert (found.description, [one.username for one in found.stewards]) == ("All", ["ada"])
    page = await admin.get("/moderation/tags")
    await admin.submit(page, "/moderation/tags/psd70/end", {})
    assert await see(owned_tags.listed) == []

    desk = await admin.get(f"/moderation/members/{maya.account.id}")
    await admin.submit(desk, f"/moderation/members/{maya.account.id}/unstaff", {})
    desk = await admin.get(f"/moderation/members/{maya.account.id}")
    assert "They are staff: I know it" in desk.text
