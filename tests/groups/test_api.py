"""Groups in apps: as accounts for those of Mastodon, and by endpoints of our own."""

import pytest

from fedi_k12.worker import run_until_idle

GROUPS = "/api/fedi/v1/groups"


@pytest.fixture
def call(client, ctx):
    async def run(member, method, path, answers=200, **fields):
        answer = await client.request(
            method, path, headers=member.headers, **({"json": fields} if fields else {})
        )
        found = await answer.json()
        assert answer.status == answers, found
        await run_until_idle(ctx)
        return found

    return run


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ""),
        ("GET", "/members"),
        ("GET", "/requests"),
        ("GET", "/log"),
        ("GET", "/bans"),
        ("POST", "/requests/1/accept"),
        ("POST", "/members/1/remove"),
    ],
)
async def test_what_is_for_moderators_is_refused_to_others(call, tom, fractions, method, path):
    await call(tom, method, f"{GROUPS}/{fractions.id}{path}", answers=403)


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("GET", "/1", {}, 404),
        ("POST", "/1/join", {}, 404),
        ("POST", "/{id}/rulings", {"act": "burn", "post_id": "1"}, 422),
        ("POST", "/{id}/rulings", {"act": "lock"}, 422),
        ("POST", "/{id}/rulings", {"act": "lock", "post_id": "1"}, 404),
        ("POST", "/{id}/rulings", {"act": "ban", "account_id": "1"}, 404),
        ("POST", "/{id}/rulings", {"act": "ban", "account_id": "1", "ends_at": "soon"}, 404),
        ("POST", "/{id}/posts", {"status": ""}, 422),
        ("POST", "", {"username": "x y", "display_name": "X"}, 422),
        ("POST", "", {"username": "shapes"}, 422),
    ],
)
async def test_what_cannot_be_is_refused(call, maya, fractions, method, path, fields, status):
    await call(maya, method, GROUPS + path.format(id=fractions.id), answers=status, **fields)


async def test_an_app_makes_joins_and_writes(call, maya, tom):
    made = await call(
        maya,
        "POST",
        GROUPS,
        username="fractions",
        display_name="Fractions",
        rules="Be kind\nNo names",
    )
    number = made["id"]
    assert made["moderates"]
    assert made["account"]["group"] is True
    assert made["rules"] == ["Be kind", "No names"]

    joined = await call(tom, "POST", f"{GROUPS}/{number}/join")
    assert (joined["standing"], joined["members_count"]) == ("member", 2)
    post = await call(
        tom, "POST", f"{GROUPS}/{number}/posts", title="Strips", status="Cut *them*"
    )
    short = await call(tom, "POST", "/api/v1/statuses", status="@fractions Another idea")
    listed = await call(maya, "GET", f"{GROUPS}/{number}/posts")
    assert [one["id"] for one in listed] == [short["id"], post["id"]]

    await call(
        maya,
        "POST",
        f"{GROUPS}/{number}/rulings",
        act="remove",
        post_id=short["id"],
        reason="Twice",
    )
    await call(maya, "POST", f"{GROUPS}/{number}/rulings", act="pin", post_id=post["id"])
    assert [p["id"] for p in await call(tom, "GET", f"{GROUPS}/{number}/pinned")] == [
        post["id"]
    ]
    log = await call(maya, "GET", f"{GROUPS}/{number}/log")
    assert [(one["act"], one["reason"]) for one in log] == [("pin", ""), ("remove", "Twice")]
    assert [a["username"] for a in await call(maya, "GET", f"{GROUPS}/{number}/members")] == [
        "tom",
        "maya",
    ]

    await call(
        maya,
        "POST",
        f"{GROUPS}/{number}/rulings",
        act="ban",
        account_id=str(tom.account.id),
        ends_at="2099-01-01T00:00:00Z",
    )
    bans = await call(maya, "GET", f"{GROUPS}/{number}/bans")
    assert [one["account"]["username"] for one in bans] == ["tom"]
    await call(tom, "POST", f"{GROUPS}/{number}/join", answers=403)
    await call(tom, "POST", f"{GROUPS}/{number}/posts", answers=403, status="Hi")


async def test_an_app_lets_people_in_and_changes_the_group(call, maya, tom, make_group):
    group = await make_group(approval=True)
    asked = await call(tom, "POST", f"{GROUPS}/{group.id}/join")
    assert asked["standing"] == "asked"
    assert (await call(maya, "GET", f"{GROUPS}/{group.id}"))["requests_count"] == 1

    await call(maya, "POST", f"{GROUPS}/{group.id}/requests/{tom.account.id}/accept")
    assert (await call(tom, "GET", f"{GROUPS}/{group.id}"))["standing"] == "member"
    changed = await call(
        maya, "PUT", f"{GROUPS}/{group.id}", display_name="Shapes", restricted=True
    )
    assert (changed["account"]["display_name"], changed["restricted"]) == ("Shapes", True)
    left = await call(tom, "POST", f"{GROUPS}/{group.id}/leave")
    assert left["standing"] == "none"
    assert [one["id"] for one in await call(tom, "GET", GROUPS)] == [str(group.id)]


async def test_any_mastodon_app_joins_by_following_and_reads_at_home(
    call, maya, tom, fractions, write
):
    await call(tom, "POST", f"/api/v1/accounts/{fractions.id}/follow")
    post = await write(maya, "Cut them", group_id=fractions.id)

    home = await call(tom, "GET", "/api/v1/timelines/home")
    shown = await call(tom, "GET", f"/api/v1/accounts/{fractions.id}/statuses")

    assert home[0]["reblog"]["id"] == str(post.id)
    assert home[0]["account"]["group"] is True
    assert shown[0]["reblog"]["id"] == str(post.id)


async def test_what_is_said_in_a_private_group_looks_like_for_followers(
    call, maya, make_group, write
):
    group = await make_group(private=True)
    post = await write(maya, "Staff only", group_id=group.id)

    shown = await call(maya, "GET", f"/api/v1/statuses/{post.id}")

    assert shown["visibility"] == "private"


async def test_a_report_of_a_post_from_elsewhere_reaches_who_looks_after_the_group(
    ctx, maya, tom, fractions, send, remote
):
    """Row 1.8 "Flag"."""
    from fedi_k12.services import reports
    from tests.groups.conftest import to_group

    kim, ren = remote.actor("kim"), remote.actor("ren")
    page = to_group(kim, fractions)
    await send(kim, kim.create(page))

    await send(ren, ren.activity("Flag", [page["id"]], summary="Spam", to=[fractions.uri]))

    async with ctx.read() as session:
        found = await reports.in_group(session, actor=maya.actor, group_id=fractions.id)
        with pytest.raises(Exception, match="look after"):
            await reports.in_group(session, actor=tom.actor, group_id=fractions.id)
    assert [(one.comment, one.posts[0].uri) for one in found] == [("Spam", page["id"])]
