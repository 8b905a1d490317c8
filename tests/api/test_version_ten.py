"""What API versions 8 to 10 promise to apps: https://docs.joinmastodon.org/entities/Instance/."""

import pytest
from sqlalchemy import update

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Role
from fedi_k12.services import collections_elsewhere, follows, moderation, notifications
from fedi_k12.services.collections_elsewhere import ReceivedCollection
from storage.tables import AccountRow, FollowRow

V1, V2 = "/api/v1/notifications", "/api/v2/notifications"
BASE = "http://remote.example"


@pytest.fixture
async def findable(ctx, maya, tom):
    async def change(session):
        await session.execute(
            update(AccountRow)
            .where(AccountRow.id.in_([maya.account.id, tom.account.id]))
            .values(discoverable=True)
        )

    await ctx.write(change)


@pytest.fixture
async def made(call, maya, tom, findable):
    """A collection of maya's with tom in it."""
    body = await call(
        maya, "POST", "/api/v1/collections", name="A <b>", account_ids=[str(tom.account.id)]
    )
    return body["collection"]


@pytest.fixture
async def elsewhere(ctx, make_remote):
    """Return a function that takes in a collection of another server's."""

    async def run(url, number=1, host="remote.example"):
        owner = await make_remote(f"ren{number}", host)
        received = ReceivedCollection(
            uri=f"{owner.uri}/packs/{number}", account_id=owner.id, name="Packs",
            description="", tag="", language=None, sensitive=False, discoverable=True,
            url=url, published=None, updated=None, items=None,
        )  # fmt: skip
        await ctx.write(collections_elsewhere.receive, received, now=ctx.clock())
        return received.uri, owner

    return run


async def befriend(session, who, whom, *, now):
    session.add(
        FollowRow(
            id=new_id(),
            follower_id=who.id,
            target_id=whom.id,
            accepted=True,
            follower_local=who.is_local,
            created_at=now,
        )
    )


async def test_the_server_says_which_version_it_serves(call):
    about = await call(None, "GET", "/api/v2/instance")

    assert about["api_versions"] == {"mastodon": 10}
    assert about["version"].startswith("4.6.0 ")
    assert about["wrapstodon"] is None
    assert about["thumbnail"]["description"]
    limits = about["configuration"]["accounts"]
    assert limits["max_avatar_description_length"] == 1500
    assert limits["max_header_description_length"] == 1500
    assert limits["collection_limit"] == 10


async def test_a_role_says_how_many_collections_one_may_make(call, maya):
    me = await call(maya, "GET", "/api/v1/accounts/verify_credentials")

    assert me["role"]["collection_limit"] == 10
    for number in range(10):
        await call(maya, "POST", "/api/v1/collections", name=f"C{number}")


class TestFallback:
    @pytest.mark.parametrize("asked", ["supported_types[]=mention", "supported_types[]="])
    async def test_an_app_is_given_words_for_what_it_does_not_know(
        self, call, tom, made, asked
    ):
        [told] = await call(tom, "GET", f"{V1}?{asked}")
        one = await call(tom, "GET", f"{V1}/{told['id']}?{asked}")
        [group] = (await call(tom, "GET", f"{V2}?{asked}"))["notification_groups"]
        by_key = await call(tom, "GET", f"{V2}/{group['group_key']}?{asked}")

        words = told["fallback"]
        assert words["title"] == (
            '<span class="h-card"><a href="https://home.example/@maya" class="u-url mention">'
            "@<span>maya</span></a></span> put you into a collection"
        )
        page = f'<a href="https://home.example/collections/{made["id"]}">'
        assert page in words["summary"]
        assert words["details"] == "<p>A &lt;b&gt;</p>"
        for other in (one, group, by_key["notification_groups"][0]):
            assert other["fallback"] == words

    @pytest.mark.parametrize("asked", ["", "supported_types[]=added_to_collection"])
    async def test_who_says_nothing_or_knows_the_type_has_none(self, call, tom, made, asked):
        [told] = await call(tom, "GET", f"{V1}?{asked}")
        [group] = (await call(tom, "GET", f"{V2}?{asked}"))["notification_groups"]

        assert told["collection"]["id"] == made["id"]
        assert "fallback" not in told
        assert "fallback" not in group

    async def test_what_every_app_knows_has_none(self, call, maya, tom):
        await call(maya, "POST", "/api/v1/statuses", status="@tom hello")

        [told] = await call(tom, "GET", f"{V1}?supported_types[]=poll")

        assert told["type"] == "mention"
        assert "fallback" not in told

    async def test_the_words_are_of_the_apps_language(self, client, tom, made):
        for language, words in (("es-MX,en", "te puso en una colección"), ("fr", "put you")):
            answer = await client.get(
                f"{V1}?supported_types[]=poll",
                headers={**tom.headers, "Accept-Language": language},
            )
            assert words in (await answer.json())[0]["fallback"]["title"]

    async def test_reports_warnings_and_ended_follows_have_words(
        self, ctx, call, tom, make_member, make_remote
    ):
        mona = await make_member("mona", role=Role.MODERATOR)
        lou = await make_remote("lou", "loud.example")
        await ctx.write(
            notifications.warn,
            account_id=tom.account.id, action="none", text="Be <kind>", now=ctx.clock(),
        )  # fmt: skip
        await ctx.write(
            follows.request_follow,
            follower=lou, target=tom.account, uri="http://x/1", now=ctx.clock(),
        )  # fmt: skip
        await ctx.write(
            moderation.set_host_policy,
            actor=None, domain="loud.example", severity="suspend", now=ctx.clock(),
        )  # fmt: skip
        await call(tom, "POST", "/api/v1/reports", account_id=str(mona.account.id))

        [report] = await call(mona, "GET", f"{V1}?supported_types[]=poll&types[]=admin.report")
        told = await call(tom, "GET", f"{V1}?supported_types[]=poll")
        words = {one["type"]: one["fallback"] for one in told}

        assert report["fallback"]["title"].endswith("reported something")
        assert f"/moderation/reports/{report['report']['id']}" in report["fallback"]["summary"]
        assert words["moderation_warning"]["details"] == "<p>Be &lt;kind&gt;</p>"
        assert "loud.example" in words["severed_relationships"]["title"]
        assert "/severed" in words["severed_relationships"]["summary"]

    async def test_each_of_our_own_kinds_has_words(self, ctx, call, maya, tom):
        post = await call(maya, "POST", "/api/v1/statuses", status="x", visibility="public")
        await ctx.write(
            notifications.notify,
            account_id=tom.account.id, kind="event_invite", from_id=maya.account.id,
            post_id=int(post["id"]), now=ctx.clock(),
        )  # fmt: skip

        [told] = await call(tom, "GET", f"{V1}?types[]=event_invite&supported_types[]=poll")

        assert told["fallback"]["title"].endswith("invites you to an event")


async def test_nobodys_year_is_reported_and_apps_are_told_so(ask, maya):
    path = "/api/v1/annual_reports"
    nothing = {"annual_reports": [], "accounts": [], "statuses": []}

    assert await ask(maya, "GET", path) == (200, nothing)
    assert await ask(maya, "GET", f"{path}/2026/state") == (200, {"state": "ineligible"})
    assert await ask(maya, "POST", f"{path}/2026/generate") == (200, {})
    assert (await ask(maya, "GET", f"{path}/2026"))[0] == 404
    assert (await ask(maya, "POST", f"{path}/2026/read"))[0] == 404
    assert (await ask(maya, "GET", f"{path}/soon/state"))[0] == 404
    assert (await ask(None, "GET", path))[0] == 401


class TestTaggedCollections:
    @pytest.mark.parametrize("which", ["url", "uri"])
    async def test_a_post_that_links_to_a_collection_carries_it(
        self, call, maya, tom, made, which
    ):
        text = f"Follow these: {made[which]} and {made[which]} and https://other.example/"
        post = await call(tom, "POST", "/api/v1/statuses", status=text, visibility="public")

        assert [one["id"] for one in post["tagged_collections"]] == [made["id"]]
        for who in (maya, None):
            seen = await call(who, "GET", f"/api/v1/statuses/{post['id']}")
            assert [one["name"] for one in seen["tagged_collections"]] == ["A <b>"]

    async def test_a_collection_elsewhere_is_known_by_its_page(self, call, tom, elsewhere):
        uri, _owner = await elsewhere(f"{BASE}/collections/7")
        text = f"{BASE}/collections/7"

        post = await call(tom, "POST", "/api/v1/statuses", status=text)

        assert [one["uri"] for one in post["tagged_collections"]] == [uri]

    async def test_nobody_puts_their_collection_under_anothers_address(
        self, call, tom, made, elsewhere
    ):
        await elsewhere("https://other.example/")
        text = f"https://other.example/ http://evil.example/collections/{made['id']}"

        post = await call(tom, "POST", "/api/v1/statuses", status=text)

        assert post["tagged_collections"] == []

    async def test_one_of_somebody_who_blocks_is_not_shown(self, call, maya, tom, made):
        post = await call(
            maya, "POST", "/api/v1/statuses", status=made["url"], visibility="public"
        )
        answer = await call(tom, "POST", "/api/v1/statuses", status=made["url"])
        await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/block")

        seen = await call(tom, "GET", f"/api/v1/statuses/{answer['id']}")

        assert len(post["tagged_collections"]) == 1
        assert seen["tagged_collections"] == []


class TestSearch:
    async def test_an_address_here_leads_to_its_collection(self, call, made):
        found = await call(None, "GET", f"/api/v2/search?q={made['url']}")

        assert [one["id"] for one in found["collections"]] == [made["id"]]
        assert (found["accounts"], found["statuses"]) == ([], [])

    async def test_of_another_type_nothing_is_told(self, call, tom, made):
        found = await call(tom, "GET", f"/api/v2/search?q={made['url']}&type=accounts")
        nothing = await call(tom, "GET", "/api/v2/search?q=https://home.example/collections/1")

        assert found["collections"] == nothing["collections"] == []


class TestReports:
    async def test_a_report_names_collections_of_whom_it_is_about(
        self, call, maya, tom, made, findable
    ):
        other = (await call(tom, "POST", "/api/v1/collections", name="Mine"))["collection"]

        report = await call(
            tom, "POST", "/api/v1/reports", account_id=str(maya.account.id),
            collection_ids=[made["id"], other["id"], "1"],
        )  # fmt: skip
        plain = await call(tom, "POST", "/api/v1/reports", account_id=str(maya.account.id))

        assert report["collection_ids"] == [made["id"]]
        assert plain["collection_ids"] == []

    async def test_moderators_hear_which(self, call, make_member, maya, tom, made):
        mona = await make_member("mona", role=Role.MODERATOR)
        await call(
            tom, "POST", "/api/v1/reports", account_id=str(maya.account.id),
            collection_ids=[made["id"]],
        )  # fmt: skip

        [told] = await call(mona, "GET", f"{V1}?types[]=admin.report")

        assert told["report"]["collection_ids"] == [made["id"]]


class TestFeatureApproval:
    @pytest.fixture
    def word(self, call):
        async def run(who, account_id):
            shown = await call(who, "GET", f"/api/v1/accounts/{account_id}")
            many = await call(who, "GET", f"/api/v1/accounts?id[]={account_id}")
            assert many[0]["feature_approval"] == shown["feature_approval"]
            return shown["feature_approval"]["current_user"]

        return run

    async def test_it_is_what_would_come_of_it(self, ask, call, word, maya, tom, findable):
        assert await word(maya, tom.account.id) == "automatic"
        assert await word(tom, tom.account.id) == "automatic"
        assert await word(None, tom.account.id) == "automatic"

        await call(tom, "POST", f"/api/v1/accounts/{maya.account.id}/block")

        assert await word(maya, tom.account.id) == "denied"
        assert await word(tom, maya.account.id) == "denied"
        made = (await call(maya, "POST", "/api/v1/collections", name="x"))["collection"]
        path = f"/api/v1/collections/{made['id']}/items"
        assert (await ask(maya, "POST", path, account_id=str(tom.account.id)))[0] == 403

    async def test_who_lets_followers_only_tells_each_the_truth(
        self, ctx, word, maya, tom, make_remote
    ):
        ren = await make_remote(
            "ren", feature_policy={"automatic": ["followers"], "manual": ["following"]}
        )
        strange = await make_remote("sue", feature_policy={"automatic": [tom.account.uri]})

        assert await word(None, ren.id) == "unknown"
        assert await word(maya, ren.id) == "denied"
        await ctx.write(befriend, maya.account, ren, now=ctx.clock())
        assert await word(maya, ren.id) == "automatic"
        await ctx.write(befriend, ren, tom.account, now=ctx.clock())
        assert await word(tom, ren.id) == "manual"
        assert await word(tom, strange.id) == "automatic"
        assert await word(maya, strange.id) == "unknown"

    async def test_it_is_true_beside_posts_and_among_notifications(
        self, call, maya, tom, findable
    ):
        await call(maya, "POST", "/api/v1/statuses", status="@tom hello")
        [told] = await call(tom, "GET", V1)
        assert told["account"]["feature_approval"]["current_user"] == "automatic"
        assert told["status"]["account"]["feature_approval"]["current_user"] == "automatic"

        await call(tom, "POST", f"/api/v1/accounts/{maya.account.id}/block")

        [blocked] = await call(tom, "GET", "/api/v1/blocks")
        assert blocked["feature_approval"]["current_user"] == "denied"


async def test_a_member_says_which_tabs_their_page_has(call, maya):
    names = ("show_media", "show_media_replies", "show_featured")
    account = f"/api/v1/accounts/{maya.account.id}"
    assert [(await call(None, "GET", account))[name] for name in names] == [True] * 3

    changed = await call(
        maya, "PATCH", "/api/v1/profile", show_media=False, show_featured=False
    )

    assert [changed[name] for name in names] == [False, True, False]
    assert [(await call(None, "GET", account))[name] for name in names] == [False, True, False]


@pytest.mark.parametrize("name", ["avatar_description", "header_description"])
async def test_a_description_of_a_picture_has_the_length_that_is_told(ask, maya, name):
    assert (await ask(maya, "PATCH", "/api/v1/profile", **{name: "x" * 1500}))[0] == 200
    status, body = await ask(maya, "PATCH", "/api/v1/profile", **{name: "x" * 1501})
    assert (status, "too long" in body["error"]) == (422, True)
