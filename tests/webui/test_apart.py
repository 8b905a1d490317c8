"""Whom a member keeps at a distance, and who follows whom."""

from datetime import timedelta

import pytest

from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows

LISTS = ("/settings/muted", "/settings/blocked", "/settings/servers", "/follow-requests")


def about(one: timedelta, other: timedelta) -> bool:
    return abs(one - other) < timedelta(minutes=1)


@pytest.fixture
def between(ctx, maya, tom):
    async def look():
        async with ctx.read() as session:
            found = await follows.relationships(
                session, actor=maya.actor, target_ids=[tom.account.id]
            )
        return found[0]

    return look


@pytest.fixture
def asking(ctx):
    async def look(member) -> list[str]:
        async with ctx.read() as session:
            page = await follows.follow_requests(
                session, actor=member.actor, page=PageRequest(limit=40)
            )
        return [one.username for one in page.items]

    return look


@pytest.mark.parametrize("path", [*LISTS, "/@maya/followers", "/@maya/following"])
async def test_these_pages_are_for_members(visitor, maya, path):
    del maya
    answer = await visitor.get(path)

    assert (answer.status, answer.location.partition("?")[0]) == (303, "/auth/sign_in")


@pytest.mark.parametrize("path", LISTS)
async def test_empty_lists_say_so(at_maya, path):
    page = await at_maya.get(path)

    assert page.status == 200
    assert page.main.find("section", class_="empty")


class TestMuting:
    async def test_for_a_week_it_says_until_when_and_ends(
        self, at_maya, between, maya, tom, clock
    ):
        profile = await at_maya.get("/@tom")
        await at_maya.submit(profile, f"/people/{tom.account.id}/mute", {"lasts": "604800"})
        relation = await between()
        listed = await at_maya.get("/settings/muted")

        assert relation.muting
        assert relation.muting_notifications
        assert about(relation.muting_expires_at - clock(), timedelta(days=7))
        assert "@tom" in listed.text
        assert "Until " in listed.text
        assert "Until you end it." not in listed.text

        ended = await at_maya.submit(listed, f"/people/{tom.account.id}/unmute")
        assert ended.location == "/settings/muted"
        assert not (await between()).muting

    async def test_for_good_and_still_told(self, at_maya, between, tom):
        profile = await at_maya.get("/@tom")
        await at_maya.submit(profile, f"/people/{tom.account.id}/mute", {"still_told": "1"})
        relation = await between()
        listed = await at_maya.get("/settings/muted")

        assert (relation.muting_expires_at, relation.muting_notifications) == (None, False)
        assert "Until you end it. You are still told" in listed.text

    @pytest.mark.parametrize("lasts", ["-5", "9" * 40, "x", "0", ""])
    async def test_a_span_that_is_not_offered_is_for_good(self, at_maya, between, tom, lasts):
        profile = await at_maya.get("/@tom")
        await at_maya.submit(profile, f"/people/{tom.account.id}/mute", {"lasts": lasts})

        assert (await between()).muting
        assert (await between()).muting_expires_at is None

    async def test_how_long_is_changed_on_the_list(self, at_maya, between, tom, clock):
        profile = await at_maya.get("/@tom")
        await at_maya.submit(profile, f"/people/{tom.account.id}/mute")
        listed = await at_maya.get("/settings/muted")
        await at_maya.submit(listed, f"/people/{tom.account.id}/mute", {"lasts": "3600"})

        assert about((await between()).muting_expires_at - clock(), timedelta(hours=1))


async def test_a_block_is_listed_and_ended(at_maya, between, tom):
    profile = await at_maya.get("/@tom")
    await at_maya.submit(profile, f"/people/{tom.account.id}/block")
    listed = await at_maya.get("/settings/blocked")
    assert "@tom" in listed.text

    ended = await at_maya.submit(listed, f"/people/{tom.account.id}/unblock")

    assert ended.location == "/settings/blocked"
    assert not (await between()).blocking


class TestServers:
    async def test_one_is_shut_out_and_let_in_again(self, at_maya, ctx, maya):
        page = await at_maya.get("/settings/servers")
        await at_maya.submit(page, "/settings/servers", {"host": "@someone@Bad.Example"})
        listed = await at_maya.get("/settings/servers")
        assert [code.text for code in listed.main.find("code")] == ["bad.example"]

        await at_maya.submit(listed, "/settings/servers/let-in")
        async with ctx.read() as session:
            left = await follows.domain_blocks(
                session, actor=maya.actor, page=PageRequest(limit=40)
            )
        assert left.items == []

    @pytest.mark.parametrize(
        "host", ["", "not a host", "a..b", "home.example", "HOME.example", "x" * 300 + ".org"]
    )
    async def test_what_is_no_other_server_comes_back(self, at_maya, host):
        page = await at_maya.get("/settings/servers")
        answer = await at_maya.submit(page, "/settings/servers", {"host": host})

        assert answer.status == 422
        assert answer.root.find("a", href="#f-host")
        assert answer.root.find("input", id="f-host")[0]["value"] == host

    async def test_nobody_is_led_elsewhere(self, at_maya):
        page = await at_maya.get("/settings/servers")
        answer = await at_maya.submit(
            page, "/settings/servers", {"host": "bad.example", "back": "//bad.example"}
        )

        assert answer.location == "/settings/servers"

    @pytest.mark.parametrize("host", ["", "no host"])
    async def test_letting_in_what_is_no_server_is_refused(self, at_maya, host):
        await at_maya.submit(
            await at_maya.get("/settings/servers"), "/settings/servers", {"host": "a.example"}
        )
        page = await at_maya.get("/settings/servers")
        answer = await at_maya.submit(page, "/settings/servers/let-in", {"host": host})

        assert answer.status == 404

    async def test_somebodys_server_is_shut_out_from_their_page(
        self, at_maya, make_remote, ctx, maya
    ):
        far = await make_remote("alice")
        page = await at_maya.get(f"/@{far.acct}")
        answer = await at_maya.submit(page, "/settings/servers")
        after = await at_maya.follow(answer)

        assert answer.location == f"/@{far.acct}"
        assert f"You shut out all of {far.domain}." in after.text


class TestFollowers:
    async def test_a_follower_is_taken_away(self, at_maya, befriend, between, maya, tom):
        await befriend(tom, maya)
        page = await at_maya.get("/@maya/followers")
        answer = await at_maya.submit(page, f"/people/{tom.account.id}/remove")

        assert answer.location == "/@maya/followers"
        assert not (await between()).followed_by
        assert "@tom" not in (await at_maya.follow(answer)).main.text

    async def test_somebody_is_no_longer_followed(self, at_maya, befriend, between, maya, tom):
        await befriend(maya, tom)
        page = await at_maya.get("/@maya/following")
        await at_maya.submit(page, f"/people/{tom.account.id}/unfollow")

        assert not (await between()).following

    async def test_others_see_none_unless_their_owner_wishes(
        self, at_maya, at_tom, befriend, present, maya, tom
    ):
        await befriend(tom, maya)
        assert "does not show" in (await at_tom.get("/@maya/followers")).text

        settings = await at_maya.get("/settings")
        await at_maya.submit(
            settings,
            "/settings",
            {"show_follows": "1"},
            files={"avatar": ("", b"", "application/octet-stream")},
        )
        shown = await at_tom.get("/@maya/followers")

        assert "@tom" in shown.main.text
        assert not shown.root.find("form", action=f"/people/{tom.account.id}/remove")

    async def test_there_are_pages_of_them(
        self, at_maya, befriend, make_member, maya, monkeypatch
    ):
        monkeypatch.setattr("webui.following.PEOPLE", 2)
        for name in ("ana", "ben", "cleo"):
            await befriend(await make_member(name), maya)
        first = await at_maya.get("/@maya/followers")
        way = next(link["href"] for link in first.root.find("a") if "max_id" in link["href"])
        second = await at_maya.get("/@maya/followers" + way)

        assert [a.text for a in first.main.find("code")] == ["@cleo", "@ben"]
        assert [a.text for a in second.main.find("code")] == ["@ana"]
        assert not [a for a in second.root.find("a") if "max_id" in a["href"]]

    @pytest.mark.parametrize("name", ["nobody", "a@b@c", "nobody@elsewhere.example", "%20"])
    @pytest.mark.parametrize("tab", ["followers", "following"])
    async def test_of_nobody_there_is_no_page(self, at_maya, name, tab):
        assert (await at_maya.get(f"/@{name}/{tab}")).status == 404

    async def test_a_handle_in_other_letters_leads_there(self, at_maya):
        answer = await at_maya.get("/@MAYA/followers")

        assert answer.location == "/@maya/followers"


class TestRequests:
    @pytest.mark.parametrize(("what", "follows_then"), [("accept", True), ("decline", False)])
    async def test_who_asks_is_answered(
        self, at_maya, befriend, present, between, asking, maya, tom, what, follows_then
    ):
        await present(maya, locked=True)
        await befriend(tom, maya)
        followers = await at_maya.get("/@maya/followers")
        page = await at_maya.get("/follow-requests")
        answer = await at_maya.submit(page, f"/people/{tom.account.id}/{what}")

        assert followers.root.find("a", href="/follow-requests")
        assert answer.location == "/follow-requests"
        assert await asking(maya) == []
        assert (await between()).followed_by is follows_then
