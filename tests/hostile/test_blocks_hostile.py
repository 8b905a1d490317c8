"""Ways around a suspension: every path asks about every host involved (FED-34, FED-109).

Row 1.17 "Domain policies": actor, key, inboxes, handle, media, redirects, boosts.
"""

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from federation.resolve import resolve_account, resolve_url
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows, moderation
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage.tables import AccountRow, FollowRow, MediaRow, PostRow
from tests.remote import PUBLIC

EVIL, GOOD = "evil.test", "good.test"


@pytest.fixture
def mode():
    return "open"


@pytest.fixture
def settings(settings, mode):
    return replace(settings, federation=mode)


@pytest.fixture
async def evil(make_server):
    return await make_server(EVIL)


@pytest.fixture
async def good(make_server):
    return await make_server(GOOD)


@pytest.fixture
def decide(ctx):
    async def run(domain=EVIL, severity="suspend", **parts):
        await ctx.write(
            moderation.set_host_policy,
            actor=None,
            domain=domain,
            severity=severity,
            now=ctx.clock(),
            **parts,
        )

    return run


@pytest.fixture
def count(ctx):
    async def run(table, *conditions):
        async with ctx.read() as session:
            return await session.scalar(
                select(func.count()).select_from(table).where(*conditions)
            )

    return run


@pytest.fixture
async def friend(good, send, maya):
    """Gil at good.test, who follows maya, so that what he sends matters."""
    gil = good.actor("gil")
    assert await send(gil, gil.activity("Follow", maya.account.uri)) == 202
    return gil


async def follow_by(ctx, member, actor, account_by_uri):
    row = await account_by_uri(actor.uri)
    await ctx.write(
        follows.follow,
        actor=member.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await ctx.write(
        follows.accepted_by_remote,
        target=row,
        follower=member.account,
        follow_uri=None,
        now=ctx.clock(),
    )


@pytest.mark.parametrize("host", [EVIL, f"a.{EVIL}", f"a.b.{EVIL}"])
async def test_fed_34_a_suspended_server_is_refused_before_its_key_is_asked_for(
    make_server, send, maya, decide, host
):
    server = await make_server(host)
    eve = server.actor("eve")
    await decide()

    assert await send(eve, eve.activity("Follow", maya.account.uri)) == 403

    assert server.asked == []


async def test_fed_34_a_key_on_another_host_opens_no_door(good, evil, send, maya, decide):
    eve = evil.actor("eve")
    key = f"http://{GOOD}/keys/eve"
    good.show({"id": key, "owner": eve.uri, "publicKeyPem": eve.keys.public_pem}, "/keys/eve")
    await decide()

    assert await send(eve, eve.activity("Follow", maya.account.uri), key_id=key) in {401, 403}

    assert evil.asked == []


async def test_fed_109_a_suspended_actor_of_a_letter_by_another(friend, send, maya, decide):
    await decide()
    forged = friend.activity("Follow", maya.account.uri, "2", actor=f"http://{EVIL}/users/eve")

    assert await send(friend, forged) in {401, 403, 422}


async def test_fed_109_a_boost_brings_nothing_in(
    ctx, evil, friend, send, maya, decide, count, account_by_uri
):
    await follow_by(ctx, maya, friend, account_by_uri)
    eve = evil.actor("eve")
    note = eve.note()
    evil.show(note)
    await decide()

    await send(friend, friend.activity("Announce", note["id"], to=[PUBLIC]))
    await send(friend, friend.activity("Announce", note, "2", to=[PUBLIC]))

    assert await count(PostRow) == 0
    assert evil.asked == []


async def test_fed_109_answers_quotes_and_mentions_fetch_nothing(
    ctx, evil, friend, send, maya, decide, count, account_by_uri
):
    await follow_by(ctx, maya, friend, account_by_uri)
    eve = evil.actor("eve")
    evil.show(eve.note())
    await decide()
    note = friend.note(
        inReplyTo=eve.note()["id"],
        quote=eve.note()["id"],
        quoteUrl=eve.note()["id"],
        tag=[
            {"type": "Mention", "href": eve.uri, "name": "@eve"},
            {"type": "Mention", "href": maya.account.uri, "name": "@maya"},
        ],
    )

    assert await send(friend, friend.create(note)) == 202
    await run_until_idle(ctx)

    assert await count(PostRow) == 1
    assert await count(AccountRow, AccountRow.host == EVIL) == 0
    assert evil.asked == []


async def test_fed_109_attachments_there_are_not_even_named(
    ctx, friend, send, maya, decide, count, account_by_uri
):
    await follow_by(ctx, maya, friend, account_by_uri)
    await decide()
    pictures = [
        {"type": "Document", "mediaType": "image/png", "url": f"http://{host}/a.png"}
        for host in (f"cdn.{EVIL}", GOOD)
    ]

    await send(friend, friend.create(friend.note(attachment=pictures)))

    assert await count(MediaRow) == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"endpoints": {"sharedInbox": f"http://{EVIL}/inbox"}}, id="shared inbox"),
        pytest.param({"inbox": f"http://{EVIL}/inbox"}, id="inbox"),
    ],
)
async def test_fed_109_an_actor_with_an_inbox_there_is_never_sent_to(
    good, evil, ctx, send, maya, decide, changes, account_by_uri
):
    gil = good.actor("gil", **changes)
    await decide()

    await send(gil, gil.activity("Follow", maya.account.uri))
    await run_until_idle(ctx)

    assert evil.delivered == []
    row = await account_by_uri(gil.uri)
    assert row is None or EVIL not in f"{row.inbox} {row.shared_inbox}"


async def test_fed_109_a_handle_there_is_refused(ctx, good, evil, maya, decide):
    gil = good.actor("gil")
    evil.webfinger = lambda resource: {
        "subject": f"acct:gil@{EVIL}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": gil.uri}],
    }
    await decide()

    with pytest.raises(DomainError):
        await resolve_account(ctx, f"gil@{EVIL}")

    assert evil.asked == good.asked == []


async def test_fed_109_a_redirect_leads_nowhere(ctx, good, evil, maya, decide):
    evil.show(evil.actor("eve").note())
    good.documents["/1"] = (302, f"http://{EVIL}/users/eve/posts/1", b"")
    await decide()

    with pytest.raises(DomainError):
        await resolve_url(ctx, f"http://{GOOD}/1")

    assert evil.asked == []


async def test_fed_109_an_account_does_not_move_there(
    ctx, evil, friend, send, maya, decide, count, account_by_uri
):
    await follow_by(ctx, maya, friend, account_by_uri)
    eve = evil.actor("eve", alsoKnownAs=[friend.uri])
    await decide()

    await send(friend, friend.activity("Move", friend.uri, target=eve.uri))

    assert await count(AccountRow, AccountRow.host == EVIL) == 0
    assert evil.asked == []


async def test_a_letter_that_waited_when_its_server_was_suspended_has_no_effect(
    ctx, evil, send, maya, decide, count
):
    eve = evil.actor("eve")
    assert await send(eve, eve.activity("Follow", maya.account.uri), process=False) == 202
    await decide()

    await run_until_idle(ctx)

    assert await count(FollowRow) == 0
    assert evil.delivered == []


async def test_fed_53_nothing_asks_this_server_itself(ctx, friend, send, maya, count):
    with pytest.raises(DomainError):
        await resolve_url(ctx, "https://home.example:443/users/maya/statuses/12345")
    assert (
        await send(
            friend,
            friend.activity("Announce", "https://home.example/users/maya/statuses/1", "3"),
        )
        == 202
    )
    assert await count(PostRow) == 0


async def test_what_is_for_few_is_not_sent_where_it_leaks(
    ctx, good, friend, maya, decide, client
):
    await decide(GOOD, "normal", no_followers_only=True)
    before = len(good.delivered)
    for visibility in (Visibility.FOLLOWERS, Visibility.PUBLIC):
        await ctx.write(
            publish,
            actor=maya.actor,
            draft=Draft(f"To {visibility}", visibility=visibility),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    await ctx.write(
        publish,
        actor=maya.actor,
        draft=Draft(f"@gil@{GOOD} Between us", visibility=Visibility.DIRECT),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    await run_until_idle(ctx)

    sent = [one.body["object"]["content"] for one in good.delivered[before:]]
    assert sent == ["<p>To public</p>"]


class TestAllowlist:
    """Row 1.17 "Allowlist mode": who is not on it is not asked for a key; pages stay public."""

    @pytest.fixture
    def mode(self):
        return "allowlist"

    async def test_who_is_not_on_the_list_is_refused_without_being_asked(
        self, good, send, maya, decide
    ):
        gil = good.actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 403

        assert good.asked == []

    async def test_who_is_on_the_list_is_talked_with(self, good, send, maya, decide):
        await decide(GOOD, "allow")
        gil = good.actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 202

        assert "Accept" in good.types()

    async def test_a_letter_that_waited_when_its_allow_was_taken_back_has_no_effect(
        self, ctx, good, send, maya, decide, count
    ):
        await decide(GOOD, "allow")
        gil = good.actor("gil")
        assert await send(gil, gil.activity("Follow", maya.account.uri), process=False) == 202
        await ctx.write(moderation.remove_host_policy, actor=None, domain=GOOD, now=ctx.clock())

        await run_until_idle(ctx)

        assert await count(FollowRow) == 0

    async def test_an_allow_for_taking_sends_nothing(self, good, send, maya, decide):
        await decide(GOOD, "allow", direction="in")
        gil = good.actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 202

        assert good.delivered == []

    async def test_an_allow_for_sending_takes_nothing(self, good, send, maya, decide):
        await decide(GOOD, "allow", direction="out")
        gil = good.actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 403

    async def test_a_star_that_somebody_wrote_lets_all_below_in(
        self, make_server, send, maya, decide
    ):
        await decide("*.k12.test", "allow")
        gil = (await make_server("lincoln.k12.test")).actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 202

    @pytest.mark.parametrize(
        "path",
        [
            "/", "/about", "/@maya", "/auth/sign_in", "/nodeinfo/2.1", "/api/v2/instance",
            "/.well-known/webfinger?resource=acct:maya@home.example", "/.well-known/nodeinfo",
            "/api/v1/instance/domain_blocks", "/actor",
        ],
    )  # fmt: skip
    async def test_the_public_face_does_not_depend_on_it(self, client, maya, path):
        assert (await client.get(path)).status == 200


class TestOff:
    @pytest.fixture
    def mode(self):
        return "off"

    async def test_nobody_is_heard_or_asked(self, good, send, maya):
        gil = good.actor("gil")

        assert await send(gil, gil.activity("Follow", maya.account.uri)) == 404

        assert good.asked == []

    async def test_nobody_is_found_and_nodeinfo_says_why(self, client, maya):
        path = "/.well-known/webfinger?resource=acct:maya@home.example"
        assert (await client.get(path)).status == 404

        info = await (await client.get("/nodeinfo/2.1")).json()

        assert info["metadata"]["federation"]["enabled"] is False

    @pytest.mark.parametrize("path", ["/", "/@maya", "/auth/sign_in", "/nodeinfo/2.1"])
    async def test_pages_stay(self, client, maya, path):
        assert (await client.get(path)).status == 200


async def test_fed_91_an_address_in_a_letter_is_not_looked_at(
    ctx, good, friend, send, maya, count
):
    before = list(good.asked)
    mention = {"type": "Mention", "href": maya.account.uri}
    note = friend.note(
        text=f'<p><a href="http://{GOOD}/reset?token=secret">sign</a></p>',
        to=[maya.account.uri],
        cc=[],
        tag=[mention],
    )

    await send(friend, friend.create(note))
    await ctx.write(
        publish,
        actor=maya.actor,
        draft=Draft(
            f"@gil@{GOOD} http://{GOOD}/mine?token=secret", visibility=Visibility.DIRECT
        ),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert await count(PostRow) == 2
    assert [path for path in good.asked if "secret" in path] == []
    assert before == good.asked[: len(before)]


async def test_fed_97_players_of_others_are_not_embedded(
    ctx, client, friend, send, maya, account_by_uri
):
    await follow_by(ctx, maya, friend, account_by_uri)
    player = '<iframe src="http://good.test/player"></iframe><object data="x"></object>'
    note = friend.note(
        text=f"<p>Look</p>{player}", preview={"type": "Link", "href": "http://good.test/oembed"}
    )

    await send(friend, friend.create(note))

    answer = await client.get("/api/v1/timelines/home", headers=maya.headers)
    [status] = await answer.json()
    assert "iframe" not in str(status)
    assert "<object" not in str(status)
    assert status["card"] is None


async def test_a_block_is_shown_to_the_public_as_staff_chose(client, decide):
    await decide("harassment.example", "suspend", obfuscate=True, public_comment="Harassment")
    await decide("loud.example", "limit", private_comment="for us alone")

    answer = await (await client.get("/api/v1/instance/domain_blocks")).json()

    found = {one["domain"]: one for one in answer}
    assert found.keys() == {"hara******.***mple", "loud.example"}
    assert found["loud.example"]["severity"] == "silence"
    assert len(found["loud.example"]["digest"]) == 64
    assert "for us alone" not in str(answer)
