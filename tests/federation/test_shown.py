"""What other servers may fetch: actors, posts, collections, WebFinger, NodeInfo.

Row 1.3 "Authorised fetch (secure mode)".
Row 1.3 "Followers-only fetch".
"""

import json

import pytest
from msgspec.structs import replace

from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import moderation, posts, profiles, reactions
from fedi_k12.settings import Settings
from tests.remote import ACTIVITY, PUBLIC, signed_headers


@pytest.fixture
def settings(settings, request) -> Settings:
    """The usual settings with what a test wants different."""
    return replace(settings, **getattr(request, "param", {}))


@pytest.fixture
def publish(ctx):
    async def run(member, text="Hello", **parts):
        return await ctx.write(
            posts.publish, actor=member.actor, draft=Draft(text, **parts),
            addresses=ctx.addresses, now=ctx.clock(),
        )  # fmt: skip

    return run


@pytest.fixture
def do(ctx):
    async def run(fn, **given):
        return await ctx.write(fn, **given)

    return run


@pytest.fixture
def fetch(client, ctx):
    """Return a function that fetches a document, signed by an actor of another server."""

    async def run(address, by=None, accept=ACTIVITY, **headers):
        path = address.removeprefix("https://home.example")
        signed = (
            signed_headers(
                by, None, host="home.example", path=path, now=ctx.clock(), method="GET"
            )
            if by is not None
            else {}
        )
        answer = await client.get(
            path, headers={"Accept": accept, **signed, **headers}, allow_redirects=False
        )
        text = await answer.text()
        return answer, json.loads(text) if text.startswith("{") else {}

    return run


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
def follow(ctx, send):
    """Return a function that lets an actor of another server follow a member."""

    async def run(actor, member):
        await send(actor, actor.activity("Follow", member.account.uri))

    return run


async def test_an_actor_is_shown_whole_to_who_signs_and_by_its_keys_to_others(fetch, ren, maya):
    _, whole = await fetch(maya.account.uri, by=ren)
    _, stub = await fetch(maya.account.uri)

    assert whole["name"] == "Maya"
    assert whole["webfinger"] == "maya@home.example"
    assert "name" not in stub
    assert stub["publicKey"] == whole["publicKey"]
    assert stub["inbox"] == f"{maya.account.uri}/inbox"
    assert stub["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")


async def test_documents_say_what_they_are_and_are_kept_by_nobody(fetch, ren, maya):
    answer, _ = await fetch(maya.account.uri, by=ren)

    assert answer.headers["Content-Type"] == "application/activity+json; charset=utf-8"
    assert "Signature" in answer.headers["Vary"]
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("accept", ["text/html", "text/html,*/*;q=0.1", "image/png"])
async def test_browsers_are_led_to_the_page(fetch, publish, maya, accept):
    """Row 1.1 "Actor content negotiation"."""
    post_id = await publish(maya)

    for path, page in (
        (maya.account.uri, maya.account.url),
        (f"{maya.account.uri}/statuses/{post_id}", f"{maya.account.url}/{post_id}"),
        (f"{maya.account.uri}/outbox", maya.account.url),
    ):
        answer, _ = await fetch(path, accept=accept)
        assert (answer.status, answer.headers["Location"]) == (302, page)


async def test_an_organization_is_open_to_all(fetch, publish, make_member):
    school = await make_member("school", kind="Organization")
    post_id = await publish(school)

    _, actor = await fetch(school.account.uri)
    answer, note = await fetch(f"{school.account.uri}/statuses/{post_id}")

    assert actor["name"] == "School"
    assert answer.status == 200
    assert note["type"] == "Note"


async def test_the_server_speaks_for_itself(fetch):
    """Row 1.1 "Server (application) actor"."""
    _, actor = await fetch("/actor")

    assert (actor["type"], actor["id"]) == ("Application", "https://home.example/actor")
    assert actor["publicKey"]["id"] == "https://home.example/actor#main-key"


@pytest.mark.parametrize("name", ["nobody", "home.example", "a%00b", "MAYA%2f"])
async def test_nobody_is_not_found(fetch, ren, maya, name):
    answer, _ = await fetch(f"/users/{name}", by=ren)

    assert answer.status in {400, 404}


async def test_a_suspended_account_is_gone(fetch, do, ren, ctx, maya):
    await do(
        moderation.suspend_account, actor=None, account_id=maya.account.id, reason="",
        now=ctx.clock(),
    )  # fmt: skip

    for path in ("", "/outbox", "/followers"):
        answer, _ = await fetch(maya.account.uri + path, by=ren)
        assert answer.status == 410


async def test_a_public_post_is_shown_to_who_signs(fetch, publish, ren, maya):
    uri = f"{maya.account.uri}/statuses/{await publish(maya, 'Hello #Maths')}"

    unsigned, _ = await fetch(uri)
    _, note = await fetch(uri, by=ren)
    _, create = await fetch(f"{uri}/activity", by=ren)

    assert unsigned.status == 401
    assert (note["id"], note["type"], note["to"]) == (uri, "Note", [PUBLIC])
    assert note["tag"][0]["name"] == "#Maths"
    assert (create["type"], create["object"]["id"]) == ("Create", uri)


@pytest.mark.parametrize("settings", [{"authorized_fetch": False}], indirect=True, ids=["open"])
async def test_without_authorised_fetch_public_posts_are_open(fetch, publish, maya):
    uri = f"{maya.account.uri}/statuses/{await publish(maya)}"

    assert (await fetch(uri))[0].status == 200
    assert (await fetch(maya.account.uri))[1]["name"] == "Maya"


async def test_a_bad_signature_opens_nothing(fetch, publish, ren, maya):
    uri = f"{maya.account.uri}/statuses/{await publish(maya)}"

    answer, _ = await fetch(uri, by=ren, Date="Mon, 01 Jan 2001 00:00:00 GMT")

    assert answer.status == 401


async def test_a_blocked_server_is_shown_nothing(ctx, fetch, do, publish, ren, maya):
    """FED-34."""
    uri = f"{maya.account.uri}/statuses/{await publish(maya)}"
    await do(
        moderation.set_host_policy, actor=None, domain="remote.example", severity="suspend",
        now=ctx.clock(),
    )  # fmt: skip

    assert (await fetch(uri, by=ren))[0].status in {401, 403}


async def test_a_suspended_reader_is_shown_nothing(
    ctx, fetch, follow, do, publish, ren, maya, account_by_uri
):
    await follow(ren, maya)
    row = await account_by_uri(ren.uri)
    await do(
        moderation.suspend_account, actor=None, account_id=row.id, reason="", now=ctx.clock()
    )
    uri = f"{maya.account.uri}/statuses/{await publish(maya)}"

    assert (await fetch(uri, by=ren))[0].status == 403


HIDDEN = {
    "followers only": {"visibility": Visibility.FOLLOWERS},
    "a letter": {"visibility": Visibility.DIRECT, "text": "@tom"},
    "stays here": {"local_only": True},
}


@pytest.mark.parametrize("parts", HIDDEN.values(), ids=[f"FED-83 {name}" for name in HIDDEN])
async def test_what_is_not_for_a_stranger_is_not_there(fetch, publish, ren, maya, tom, parts):
    """FED-83, FED-84: the same answer as for what never was."""
    uri = f"{maya.account.uri}/statuses/{await publish(maya, **parts)}"
    never, words = await fetch(f"{maya.account.uri}/statuses/7", by=ren)

    for path in ("", "/activity", "/replies", "/likes", "/shares"):
        for by in (ren, None):
            answer, said = await fetch(uri + path, by=by)
            assert answer.status == never.status == 404
            assert said == words


async def test_a_followers_post_is_shown_to_followers(
    fetch, follow, publish, remote, ren, maya
):
    await follow(ren, maya)
    uri = f"{maya.account.uri}/statuses/{await publish(maya, visibility=Visibility.FOLLOWERS)}"

    assert (await fetch(uri, by=ren))[1]["to"] == [f"{maya.account.uri}/followers"]
    assert (await fetch(uri, by=remote.actor("pat")))[0].status == 404


async def test_a_deleted_post_leaves_its_tombstone_where_all_could_see_it(
    ctx, fetch, do, publish, ren, maya
):
    """Row 1.8 "Delete / Tombstone"."""
    for visibility, status in ((Visibility.PUBLIC, 410), (Visibility.FOLLOWERS, 404)):
        post_id = await publish(maya, visibility=visibility)
        await do(posts.delete, actor=maya.actor, post_id=post_id, now=ctx.clock())

        answer, said = await fetch(f"{maya.account.uri}/statuses/{post_id}", by=ren)

        assert answer.status == status
        assert (said.get("type") == "Tombstone") == (status == 410)


async def test_a_boost_is_shown_as_what_it_is(ctx, fetch, do, publish, ren, maya, tom):
    post_id = await publish(tom)
    boost_id = await do(
        reactions.boost, actor=maya.actor, post_id=post_id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    _, announce = await fetch(f"{maya.account.uri}/statuses/{boost_id}/activity", by=ren)

    assert announce["type"] == "Announce"
    assert announce["object"] == f"{tom.account.uri}/statuses/{post_id}"


async def test_the_outbox_holds_what_is_for_everybody_in_pages(
    ctx, fetch, do, publish, ren, maya, tom
):
    ids = [await publish(maya, f"Post {n}") for n in range(22)]
    await publish(maya, visibility=Visibility.FOLLOWERS)
    await publish(maya, local_only=True)
    await do(
        reactions.boost, actor=maya.actor, post_id=await publish(tom), addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    _, outbox = await fetch(f"{maya.account.uri}/outbox", by=ren)
    _, first = await fetch(outbox["first"], by=ren)
    _, second = await fetch(first["next"], by=ren)

    assert outbox["totalItems"] == 23
    kinds = [item["type"] for item in (*first["orderedItems"], *second["orderedItems"])]
    assert kinds == ["Announce", *["Create"] * 22]
    assert second["orderedItems"][-1]["object"]["id"].endswith(str(ids[0]))
    assert "next" not in second


async def test_people_are_counted_and_named_only_if_they_wish(
    ctx, fetch, follow, do, ren, maya
):
    await follow(ren, maya)

    _, hidden = await fetch(f"{maya.account.uri}/followers", by=ren)
    await do(
        profiles.update_profile, actor=maya.actor,
        changes=profiles.ProfileChanges(hide_collections=False), addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    _, shown = await fetch(f"{maya.account.uri}/followers", by=ren)
    _, page = await fetch(shown["first"], by=ren)
    _, following = await fetch(f"{maya.account.uri}/following?page=true", by=ren)

    assert (hidden["totalItems"], "first" in hidden) == (1, False)
    assert page["orderedItems"] == [ren.uri]
    assert following["orderedItems"] == []


async def test_pinned_posts_are_featured(ctx, fetch, do, publish, ren, maya):
    post_id = await publish(maya)
    await publish(maya)
    await do(reactions.pin, actor=maya.actor, post_id=post_id, now=ctx.clock())

    _, featured = await fetch(f"{maya.account.uri}/collections/featured", by=ren)
    _, tags = await fetch(f"{maya.account.uri}/collections/tags", by=ren)

    assert [item["id"] for item in featured["orderedItems"]] == [
        f"{maya.account.uri}/statuses/{post_id}"
    ]
    assert tags["items"] == []


async def test_replies_are_shown_the_authors_first(fetch, publish, ren, maya, tom):
    root = await publish(maya)
    own = await publish(maya, "more", in_reply_to_id=root)
    other = await publish(tom, "yes", in_reply_to_id=root)
    await publish(tom, "quietly", in_reply_to_id=root, visibility=Visibility.FOLLOWERS)
    uri = f"{maya.account.uri}/statuses/{root}/replies"

    _, collection = await fetch(uri, by=ren)
    _, first = await fetch(collection["first"], by=ren)
    _, second = await fetch(first["next"], by=ren)

    assert first["items"] == [f"{maya.account.uri}/statuses/{own}"]
    assert second["items"] == [f"{tom.account.uri}/statuses/{other}"]
    assert "next" not in second


async def test_likes_and_shares_are_counts(ctx, fetch, do, publish, ren, maya, tom):
    post_id = await publish(maya)
    await do(
        reactions.favourite, actor=tom.actor, post_id=post_id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    uri = f"{maya.account.uri}/statuses/{post_id}"

    assert (await fetch(f"{uri}/likes", by=ren))[1]["totalItems"] == 1
    assert (await fetch(f"{uri}/shares", by=ren))[1]["totalItems"] == 0


async def test_a_conversation_can_be_read_from_its_context(fetch, publish, ren, maya, tom):
    root = await publish(maya)
    reply = await publish(tom, "yes", in_reply_to_id=root)
    hidden = await publish(tom, "quietly", in_reply_to_id=root, visibility=Visibility.DIRECT)

    _, note = await fetch(f"{maya.account.uri}/statuses/{root}", by=ren)
    _, collection = await fetch(note["context"], by=ren)
    _, page = await fetch(collection["first"], by=ren)

    assert collection["attributedTo"] == maya.account.uri
    assert set(page["orderedItems"]) == {
        f"{maya.account.uri}/statuses/{root}", f"{tom.account.uri}/statuses/{reply}",
    }  # fmt: skip
    for number in (hidden, 7):
        assert (await fetch(f"/contexts/{number}", by=ren))[0].status == 404


FINGERS = [
    "acct:maya@home.example", "maya@home.example", "@maya@home.example",
    "acct:MAYA@HOME.example", "https://home.example/users/maya", "https://home.example/@maya",
    "https://home.example/@maya/",
]  # fmt: skip


@pytest.mark.parametrize("resource", FINGERS)
async def test_somebody_is_found_however_they_are_named(client, maya, resource):
    """Row 1.1 "WebFinger acct:" and "Resource forms accepted"."""
    answer = await client.get("/.well-known/webfinger", params={"resource": resource})

    said = json.loads(await answer.text())
    assert answer.headers["Content-Type"].startswith("application/jrd+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert said["subject"] == "acct:maya@home.example"
    [link] = [item for item in said["links"] if item.get("type") == ACTIVITY]
    assert link["href"] == maya.account.uri


@pytest.mark.parametrize(
    "resource",
    ["acct:home.example@home.example", "https://home.example", "https://home.example/actor"],
)
async def test_the_server_itself_is_found(client, resource):
    answer = await client.get("/.well-known/webfinger", params={"resource": resource})

    said = json.loads(await answer.text())
    assert said["links"][0]["href"] == "https://home.example/actor"


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400), ("a" * 2500, 400), ("acct:nobody@home.example", 404), ("maya", 404),
        ("acct:maya@other.example", 404), ("https://other.example/users/maya", 404),
        ("https://home.example/users/maya/statuses/1", 404), ("acct:@home.example", 404),
        ("mailto:maya@home.example", 404), ("not a handle", 404),
    ],
)  # fmt: skip
async def test_others_are_not_found(client, maya, resource, status):
    answer = await client.get("/.well-known/webfinger", params={"resource": resource})

    assert answer.status == status


async def test_a_suspended_member_is_gone_from_webfinger(ctx, client, do, maya):
    await do(
        moderation.suspend_account, actor=None, account_id=maya.account.id, reason="",
        now=ctx.clock(),
    )  # fmt: skip

    answer = await client.get("/.well-known/webfinger", params={"resource": FINGERS[0]})

    assert answer.status == 410


async def test_host_meta_leads_to_webfinger(client):
    """Row 1.1 "host-meta"."""
    xml = await (await client.get("/.well-known/host-meta")).text()
    said = json.loads(await (await client.get("/.well-known/host-meta.json")).text())

    assert "https://home.example/.well-known/webfinger?resource={uri}" in xml
    assert said["links"][0]["template"].endswith("resource={uri}")


async def test_nodeinfo_says_what_runs_here(client, publish, maya):
    """Row 1.1 "NodeInfo"."""
    await publish(maya)
    links = (await (await client.get("/.well-known/nodeinfo")).json())["links"]

    found = {}
    for link in links[:2]:
        answer = await client.get(link["href"].removeprefix("https://home.example"))
        assert 'profile="http://nodeinfo.diaspora.software' in answer.headers["Content-Type"]
        found[link["rel"][-3:]] = json.loads(await answer.text())

    assert set(found) == {"2.0", "2.1"}
    for version, said in found.items():
        assert said["version"] == version
        assert said["software"]["name"] == "fedi-k12"
        assert said["protocols"] == ["activitypub"]
        assert said["usage"]["users"]["total"] >= 0
    assert links[2]["href"] == "https://home.example/actor"


@pytest.mark.parametrize("settings", [{"federation": "off"}], indirect=True, ids=["off"])
async def test_when_federation_is_off_no_letter_is_taken(send, ren, maya):
    assert await send(ren, ren.activity("Follow", maya.account.uri)) in {401, 403, 404}


async def test_what_members_are_here_is_nobodys_business_elsewhere(fetch, ren, make_member):
    admin = await make_member("ann", role=Role.ADMIN)

    _, whole = await fetch(admin.account.uri, by=ren)

    assert whole["type"] == "Person"
    assert "admin" not in json.dumps(whole)
