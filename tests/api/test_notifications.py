"""Notifications as apps ask for them: one by one, in groups, and set aside."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from fedi_k12.domain.permissions import Role
from fedi_k12.services import apps, event_news, moderation, reports
from storage.tables import AccountRow

GROUPS = "/api/v2/notifications"


@pytest.fixture
def write(ask):
    """Return a function that publishes a post and returns it."""

    async def run(member, text, **parts):
        status, post = await ask(member, "POST", "/api/v1/statuses", status=text, **parts)
        assert status == 200, post
        return post

    return run


@pytest.fixture
async def crowd(make_member):
    return [await make_member(f"kim{number}") for number in range(10)]


async def favourite(ask, member, post):
    assert (await ask(member, "POST", f"/api/v1/statuses/{post['id']}/favourite"))[0] == 200


async def test_what_many_did_is_told_as_one(ask, write, crowd, maya, tom):
    post = await write(maya, "Field trip")
    for member in crowd:
        await favourite(ask, member, post)
    await write(tom, "@maya when?")

    _, told = await ask(maya, "GET", GROUPS)

    mention, favourites = told["notification_groups"]
    assert (mention["type"], mention["notifications_count"]) == ("mention", 1)
    assert mention["group_key"] == f"ungrouped-{mention['most_recent_notification_id']}"
    assert (favourites["type"], favourites["notifications_count"]) == ("favourite", 10)
    assert favourites["status_id"] == post["id"]
    assert favourites["sample_account_ids"] == [
        str(member.account.id) for member in reversed(crowd[2:])
    ]
    assert isinstance(favourites["most_recent_notification_id"], int)
    assert favourites["page_max_id"] == str(favourites["most_recent_notification_id"])
    assert int(favourites["page_min_id"]) < int(favourites["page_max_id"])
    assert {one["id"] for one in told["statuses"]} == {post["id"], mention["status_id"]}
    assert {one["id"] for one in told["accounts"]} == {
        str(tom.account.id), *favourites["sample_account_ids"],
    }  # fmt: skip


async def test_accounts_can_come_in_part(ask, write, crowd, maya):
    post = await write(maya, "Field trip")
    for member in crowd:
        await favourite(ask, member, post)

    _, told = await ask(maya, "GET", f"{GROUPS}?expand_accounts=partial_avatars")

    assert [one["username"] for one in told["accounts"]] == ["kim9"]
    assert len(told["partial_accounts"]) == 7
    assert set(told["partial_accounts"][0]) == {
        "id", "acct", "locked", "bot", "url", "avatar", "avatar_static",
    }  # fmt: skip
    assert (await ask(maya, "GET", f"{GROUPS}?expand_accounts=x"))[0] == 422


async def test_an_app_chooses_what_is_told_together(ask, write, crowd, maya):
    post = await write(maya, "Field trip")
    for member in crowd[:2]:
        await favourite(ask, member, post)
        await ask(member, "POST", f"/api/v1/statuses/{post['id']}/reblog")

    _, told = await ask(maya, "GET", f"{GROUPS}?grouped_types[]=reblog")

    kinds = [(one["type"], one["notifications_count"]) for one in told["notification_groups"]]
    assert sorted(kinds) == [("favourite", 1), ("favourite", 1), ("reblog", 2)]
    assert all(
        one["group_key"].startswith("ungrouped-")
        for one in told["notification_groups"]
        if one["type"] == "favourite"
    )
    assert (await ask(maya, "GET", f"{GROUPS}/unread_count"))[1] == {"count": 2}
    assert (await ask(maya, "GET", f"{GROUPS}/unread_count?grouped_types[]=reblog"))[1] == {
        "count": 3
    }
    assert (await ask(maya, "GET", f"{GROUPS}/unread_count?types[]=reblog"))[1] == {"count": 1}


async def test_a_group_is_read_and_forgotten(ask, write, crowd, maya, tom):
    """FED-81: a group is its owner's, whatever its key says."""
    post = await write(maya, "Field trip")
    for member in crowd:
        await favourite(ask, member, post)
    _, told = await ask(maya, "GET", GROUPS)
    path = f"{GROUPS}/{told['notification_groups'][0]['group_key']}"

    for method, address in (
        ("GET", path),
        ("GET", path + "/accounts"),
        ("POST", path + "/dismiss"),
    ):
        assert (await ask(tom, method, address))[0] == 404, address
    assert (await ask(maya, "GET", path))[1]["notification_groups"][0][
        "notifications_count"
    ] == 10
    _, people = await ask(maya, "GET", path + "/accounts")
    assert [one["username"] for one in people] == [f"kim{n}" for n in range(9, -1, -1)]
    assert await ask(maya, "POST", path + "/dismiss") == (200, {})
    assert (await ask(maya, "GET", GROUPS))[1]["notification_groups"] == []
    assert (await ask(maya, "POST", path + "/dismiss"))[0] == 404


async def test_what_stands_alone_is_a_group_of_its_own(ask, write, maya, tom):
    await write(tom, "@maya when?")
    _, told = await ask(maya, "GET", GROUPS)
    path = f"{GROUPS}/{told['notification_groups'][0]['group_key']}"

    for member, status in ((maya, 200), (tom, 404)):
        assert (await ask(member, "GET", path))[0] == status
        assert (await ask(member, "GET", path + "/accounts"))[0] == status
    assert (await ask(tom, "POST", path + "/dismiss"))[0] == 404
    assert (await ask(maya, "POST", path + "/dismiss"))[0] == 200
    assert (await ask(maya, "GET", path))[0] == 404


@pytest.mark.parametrize("key", ["ungrouped-x", "ungrouped-", "favourite-1-1", "ungrouped-1"])
async def test_keys_of_nothing_are_not_found(ask, maya, key):
    for method, address in (("GET", ""), ("GET", "/accounts"), ("POST", "/dismiss")):
        assert (await ask(maya, method, f"{GROUPS}/{key}{address}"))[0] == 404


async def test_groups_come_by_the_page_and_none_twice(ask, write, leaf, crowd, maya):
    posts = [await write(maya, f"Post {number}") for number in range(5)]
    for member in crowd[:3]:
        for post in posts:
            await favourite(ask, member, post)

    pages = await leaf(maya, f"{GROUPS}?limit=2")

    keys = [one["group_key"] for page in pages for one in page["notification_groups"]]
    assert [len(page["notification_groups"]) for page in pages[:3]] == [2, 2, 1]
    assert len(keys) == len(set(keys)) == 5


async def test_our_own_kinds_reach_only_apps_that_ask(ask, ctx, write, maya, tom):
    post = await write(tom, "Science fair")
    await ctx.write(
        event_news.tell, "event_changed", post_id=int(post["id"]), from_id=tom.account.id,
        account_ids=[maya.account.id], now=ctx.clock(),
    )  # fmt: skip

    for path in ("/api/v1/notifications", f"{GROUPS}?limit=5"):
        _, told = await ask(maya, "GET", path)
        assert (told if isinstance(told, list) else told["notification_groups"]) == []
    assert (await ask(maya, "GET", "/api/v1/notifications/unread_count"))[1] == {"count": 0}
    _, asked = await ask(maya, "GET", "/api/v1/notifications?types[]=event_changed")
    assert [one["type"] for one in asked] == ["event_changed"]


async def test_moderators_are_told_of_reports_and_new_members(ask, ctx, maya, tom, make_member):
    ann = await make_member("ann", role=Role.MODERATOR)
    await ctx.write(
        reports.file, actor=maya.actor, target_id=tom.account.id, comment="Look",
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip

    _, told = await ask(ann, "GET", "/api/v1/notifications")

    assert [one["type"] for one in told] == ["admin.report"]
    assert told[0]["account"]["username"] == "maya"
    assert told[0]["report"]["comment"] == "Look"
    assert told[0]["report"]["target_account"]["username"] == "tom"
    _, grouped = await ask(ann, "GET", GROUPS)
    assert grouped["notification_groups"][0]["report"] == told[0]["report"]
    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []
    await ctx.write(
        reports.file, actor=maya.actor, target_id=ann.account.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    assert len((await ask(ann, "GET", "/api/v1/notifications"))[1]) == 2


async def test_a_member_is_told_of_a_suspension_that_is_over(ask, ctx, maya, make_member):
    await ctx.write(
        moderation.suspend_account, actor=None, account_id=maya.account.id, reason="x",
        now=ctx.clock(),
    )  # fmt: skip
    assert (await ask(maya, "GET", "/api/v1/notifications"))[0] == 401
    await ctx.write(
        moderation.unsuspend_account, actor=None, account_id=maya.account.id, now=ctx.clock()
    )
    again = await make_app(ctx, maya)

    _, told = await ask(again, "GET", "/api/v1/notifications")

    assert [one["type"] for one in told] == ["moderation_warning"]
    assert told[0]["account"]["id"] == str(maya.account.id)
    warning = told[0]["moderation_warning"]
    assert (warning["action"], warning["text"], warning["appeal"]) == ("suspend", "", None)
    assert warning["created_at"].endswith("Z")
    assert warning["target_account"]["id"] == str(maya.account.id)


async def make_app(ctx, member):
    token = await ctx.write(
        apps.create_token, username=member.account.username, scopes="read write",
        app_name="Again", now=ctx.clock(),
    )  # fmt: skip
    return replace(member, token=token)


# Set aside


POLICY = "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


async def test_a_policy_is_chosen_in_both_forms(ask, maya):
    _, first = await ask(maya, "GET", POLICY)
    assert first == {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "filter",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }

    _, changed = await ask(maya, "PATCH", POLICY, for_not_following="drop")
    assert changed["for_not_following"] == "drop"
    _, again = await ask(maya, "PUT", POLICY, for_new_accounts="filter")
    assert (again["for_not_following"], again["for_new_accounts"]) == ("drop", "filter")
    _, older = await ask(maya, "GET", "/api/v1/notifications/policy")
    assert older["filter_not_following"] is True
    assert older["filter_not_followers"] is False
    _, older = await ask(
        maya, "PATCH", "/api/v1/notifications/policy", filter_not_following=False
    )
    assert older["filter_not_following"] is False
    assert (await ask(maya, "GET", POLICY))[1]["for_not_following"] == "accept"
    assert (await ask(maya, "PATCH", POLICY, for_not_following="maybe"))[0] == 422


async def test_what_strangers_do_waits_until_they_are_let_through(ask, write, maya, tom):
    await ask(maya, "PATCH", POLICY, for_not_following="filter")
    post = await write(tom, "@maya hello")
    await write(tom, "@maya again")

    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []
    assert (await ask(maya, "GET", GROUPS))[1]["notification_groups"] == []
    assert (await ask(maya, "GET", "/api/v1/notifications/unread_count"))[1] == {"count": 0}
    assert len((await ask(maya, "GET", "/api/v1/notifications?include_filtered=true"))[1]) == 2
    assert (
        len((await ask(maya, "GET", f"/api/v1/notifications?account_id={tom.account.id}"))[1])
        == 2
    )
    assert (await ask(maya, "GET", POLICY))[1]["summary"] == {
        "pending_requests_count": 1, "pending_notifications_count": 2,
    }  # fmt: skip
    _, [waiting] = await ask(maya, "GET", REQUESTS)
    assert waiting["notifications_count"] == "2"
    assert waiting["account"]["username"] == "tom"
    assert waiting["last_status"]["id"] > post["id"]
    one = f"{REQUESTS}/{waiting['id']}"
    assert (await ask(maya, "GET", one))[1] == waiting
    for method, path in (("GET", one), ("POST", one + "/accept"), ("POST", one + "/dismiss")):
        assert (await ask(tom, method, path))[0] == 404, "FED-81"

    assert await ask(maya, "POST", one + "/accept") == (200, {})

    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == 2
    assert (await ask(maya, "GET", REQUESTS))[1] == []
    assert (await ask(maya, "GET", REQUESTS + "/merged"))[1] == {"merged": True}
    await write(tom, "@maya and on")
    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == 3


async def test_who_is_dismissed_may_wait_again(ask, write, maya, tom):
    await ask(maya, "PATCH", POLICY, for_not_following="filter")
    await write(tom, "@maya hello")
    _, [waiting] = await ask(maya, "GET", REQUESTS)

    assert (await ask(maya, "POST", f"{REQUESTS}/{waiting['id']}/dismiss"))[0] == 200

    assert (await ask(maya, "GET", REQUESTS))[1] == []
    assert (await ask(maya, "GET", "/api/v1/notifications?include_filtered=1"))[1] == []
    await write(tom, "@maya please")
    assert len((await ask(maya, "GET", REQUESTS))[1]) == 1


async def test_several_are_decided_at_once(ask, write, leaf, maya, tom, crowd):
    await ask(maya, "PATCH", POLICY, for_not_following="filter")
    for member in crowd[:4]:
        await write(member, "@maya hello")
    ids = [one["id"] for page in await leaf(maya, f"{REQUESTS}?limit=3") for one in page]

    assert len(ids) == 4
    assert (await ask(tom, "POST", f"{REQUESTS}/accept", id=ids))[0] == 404
    assert (await ask(maya, "POST", f"{REQUESTS}/accept", id=[*ids, "1"]))[0] == 404
    assert (await ask(maya, "POST", f"{REQUESTS}/accept", id=ids[:2]))[0] == 200
    assert (await ask(maya, "POST", f"{REQUESTS}/dismiss", id=ids[2:]))[0] == 200
    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == 2
    assert (await ask(maya, "GET", REQUESTS))[1] == []


async def test_a_policy_forgets_what_is_to_be_dropped(ask, write, maya, tom):
    await ask(maya, "PATCH", POLICY, for_not_following="drop")

    await write(tom, "@maya hello")

    assert (await ask(maya, "GET", "/api/v1/notifications?include_filtered=1"))[1] == []


@pytest.mark.parametrize(
    ("part", "followed"),
    [
        ("for_not_followers", False), ("for_new_accounts", True),
        ("for_private_mentions", True),
    ],
)  # fmt: skip
async def test_each_part_of_a_policy_has_its_strangers(ask, write, maya, tom, part, followed):
    await ask(maya, "PATCH", POLICY, **{part: "filter"})
    letter = {"visibility": "direct"} if part == "for_private_mentions" else {}

    await write(tom, "@maya hello", **letter)

    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []
    await ask(maya, "POST", f"/api/v1/accounts/{tom.account.id}/follow")
    await write(tom, "@maya now?", **letter)
    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == int(followed)


async def test_answers_to_ones_own_letters_are_no_strangers(ask, write, maya, tom):
    await ask(maya, "PATCH", POLICY, for_private_mentions="filter")
    mine = await write(maya, "@tom may I ask?", visibility="direct")

    await write(tom, "@maya yes", visibility="direct", in_reply_to_id=mine["id"])

    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == 1


async def test_accounts_of_limited_servers_wait_by_themselves(ask, write, ctx, maya, tom):
    async def limit(session):
        await session.execute(
            update(AccountRow)
            .where(AccountRow.id == tom.account.id)
            .values(silenced_at=ctx.clock())
        )

    await ctx.write(limit)

    await write(tom, "@maya hello")

    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []
    assert len((await ask(maya, "GET", REQUESTS))[1]) == 1


async def test_moderators_are_always_heard(ask, write, maya, make_member):
    await ask(maya, "PATCH", POLICY, for_not_following="drop", for_new_accounts="drop")
    ann = await make_member("ann", role=Role.MODERATOR)

    await write(ann, "@maya please read the rules")

    assert len((await ask(maya, "GET", "/api/v1/notifications"))[1]) == 1


async def test_a_filter_for_notifications_marks_or_hides(ask, write, maya, tom):
    _, made = await ask(
        maya, "POST", "/api/v2/filters", title="w", context=["notifications"],
        filter_action="warn", keywords_attributes=[{"keyword": "exam"}],
    )  # fmt: skip
    await write(tom, "@maya the exam")
    _, [told] = await ask(maya, "GET", "/api/v1/notifications")
    assert told["status"]["filtered"][0]["keyword_matches"] == ["exam"]
    _, grouped = await ask(maya, "GET", GROUPS)
    assert grouped["statuses"][0]["filtered"][0]["keyword_matches"] == ["exam"]

    await ask(maya, "PUT", f"/api/v2/filters/{made['id']}", filter_action="hide")

    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []
    assert (await ask(maya, "GET", GROUPS))[1]["notification_groups"] == []
    assert (await ask(maya, "GET", f"/api/v1/notifications/{told['id']}"))[0] == 200


@pytest.mark.parametrize("path", ["/api/v1/notifications", GROUPS])
async def test_a_page_costs_the_same_for_one_and_for_forty(
    ask, write, queries, maya, crowd, path
):
    await write(crowd[0], "@maya #one")
    await favourite(ask, crowd[0], await write(maya, "Post"))
    few, _ = await queries(maya, path)
    for number in range(20):
        await write(crowd[number % 10], f"@maya #tag{number}")
        await favourite(ask, crowd[number % 10], await write(maya, f"Post {number}"))

    many, found = await queries(maya, f"{path}?limit=40")

    assert many == few
    assert len(found if isinstance(found, list) else found["notification_groups"]) == 40


async def test_requests_cost_the_same_for_one_and_for_many(ask, write, queries, maya, crowd):
    await ask(maya, "PATCH", POLICY, for_not_following="filter")
    await write(crowd[0], "@maya hello")
    few, _ = await queries(maya, REQUESTS)
    for member in crowd[1:]:
        await write(member, "@maya hello")

    many, found = await queries(maya, REQUESTS)

    assert (many, len(found)) == (few, 10)
