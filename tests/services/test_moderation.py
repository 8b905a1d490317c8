"""What staff decide: about hosts, accounts and roles, each with an entry in the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.services import follows, moderation, sanctions, timelines, views


@pytest.fixture
def decide(do):
    async def run(domain, severity="suspend", actor=None, **parts):
        return await do(
            moderation.set_host_policy, actor=actor, domain=domain, severity=severity, **parts
        )

    return run


@pytest.fixture
def allowed(see):
    async def run(host, mode="open"):
        return await see(moderation.decision_for, host, mode=mode)

    return run


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("spam.example", id="itself"),
        pytest.param("a.b.spam.example", id="FED-109 a subdomain"),
        pytest.param("SPAM.example", id="FED-109 capitals"),
        pytest.param("spam.example.", id="FED-109 a trailing dot"),
        pytest.param("spam.example:8443", id="FED-109 a port"),
    ],
)
async def test_a_block_holds_in_every_spelling(decide, allowed, host):
    await decide("spam.example")

    found = await allowed(host)

    assert not found.allowed
    assert "spam.example" in found.why


@pytest.mark.parametrize("host", ["notspam.example", "spam.example.org", "example"])
async def test_a_block_holds_for_nobody_else(decide, allowed, host):
    await decide("spam.example")

    assert (await allowed(host)).allowed


async def test_the_nearest_decision_counts(decide, allowed):
    await decide("k12.st.us")
    await decide("a.k12.st.us", "allow")

    assert (await allowed("a.k12.st.us")).allowed
    assert not (await allowed("b.k12.st.us")).allowed


async def test_a_limited_host_is_limited(decide, allowed):
    await decide("loud.example", "limit", reject_media=True, reject_reports=True)

    found = await allowed("a.loud.example")

    assert (found.allowed, found.limited) == (True, True)
    assert (found.reject_media, found.reject_reports) == (True, True)


async def test_accounts_of_a_limited_host_are_kept_out_of_lists(
    do, decide, see, arrive, maya, make_remote
):
    async def listed(viewer=None):
        found = await see(timelines.public, viewer=viewer, page=PageRequest())
        return {view.account.acct for view in found.items}

    await arrive(await make_remote("ria", "a.loud.example"))
    await decide("loud.example", "limit")
    await arrive(await make_remote("pat", "b.loud.example"))
    assert await listed() == set()

    await decide("b.loud.example", "allow")
    assert await listed() == {"pat@b.loud.example"}

    await do(moderation.remove_host_policy, actor=None, domain="loud.example")
    assert await listed() == {"pat@b.loud.example", "ria@a.loud.example"}


async def test_in_allowlist_mode_only_the_named_are_talked_with(decide, allowed):
    await decide("good.example", "allow")
    await decide("loud.example", "limit")

    assert (await allowed("good.example", "allowlist")).allowed
    for host in ("a.good.example", "other.example", "loud.example"):
        assert not (await allowed(host, "allowlist")).allowed


async def test_in_allowlist_mode_a_block_beats_an_allow(decide, allowed):
    await decide("st.example")
    await decide("a.st.example", "allow")

    assert "blocked" in (await allowed("a.st.example", "allowlist")).why


async def test_when_federation_is_off_nobody_is_talked_with(decide, allowed):
    await decide("good.example", "allow")

    assert not (await allowed("good.example", "off")).allowed


async def test_a_block_ends_follows_both_ways_and_counts_them_off(
    do, decide, counts, home, arrive, maya, make_remote, see
):
    ria = await make_remote("ria", "a.spam.example")
    await do(follows.follow, actor=maya.actor, target_id=ria.id)
    await do(follows.accepted_by_remote, target=ria, follower=maya.account, follow_uri=None)
    await do(follows.request_follow, follower=ria, target=maya.account, uri="http://x/1")
    await arrive(ria)

    await decide("spam.example")

    between = await see(follows.relationships, actor=maya.actor, target_ids=[ria.id])
    assert not between[0].following
    assert not between[0].followed_by
    assert await counts(maya.account.id) == (0, 0, 0)
    assert (await counts(ria.id))[:2] == (0, 0)
    assert await home(maya) == []


async def test_a_decision_can_be_changed_and_taken_back(do, decide, allowed, see):
    await decide("x.example", public_comment="Spam")
    await decide("x.example", "limit", private_comment="Better now")

    [policy] = await see(moderation.host_policies)
    assert (policy.severity, policy.private_comment) == ("limit", "Better now")
    await do(moderation.remove_host_policy, actor=None, domain="x.example")
    assert not (await allowed("x.example")).limited
    with pytest.raises(NotFoundError):
        await do(moderation.remove_host_policy, actor=None, domain="x.example")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Spam.Example. ", "spam.example"),
        ("https://spam.example/about", "spam.example"),
        ("spam.example:8443", "spam.example"),
        ("*.spam.example", "spam.example"),
        ("schüle.example", "xn--schle-mva.example"),
    ],
)
def test_domains_are_compared_in_one_form(text, name):
    assert moderation.normalise_domain(text) == name


@pytest.mark.parametrize("text", ["", "*", "a b", "spam_example!", "\u2488", "https://"])
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(InvalidError):
        moderation.normalise_domain(text)


@given(st.text(max_size=60))
def test_any_text_is_a_domain_or_refused(text):
    try:
        name = moderation.normalise_domain(text)
    except InvalidError:
        return

    assert moderation.normalise_domain(name) == name


async def test_a_suspension_hides_everything_and_can_end(do, see, publish, maya):
    post = await publish(maya)
    about = {"actor": None, "account_id": maya.account.id}

    await do(moderation.suspend_account, **about, reason="Spam")

    hidden = await see(views.account_view, maya.account.id)
    assert hidden.suspended
    assert hidden.display_name == ""
    with pytest.raises(NotFoundError):
        await see(views.post_view, post.id, viewer=None)
    await do(moderation.unsuspend_account, **about)
    assert (await see(views.account_view, maya.account.id)).display_name == "Maya"
    assert await see(views.post_view, post.id, viewer=None)


async def test_somebody_elsewhere_can_be_suspended(do, see, arrive, make_remote):
    ria = await make_remote("ria")
    post_id = await arrive(ria)

    await do(moderation.suspend_account, actor=None, account_id=ria.id, reason="")

    with pytest.raises(NotFoundError):
        await see(views.post_view, post_id, viewer=None)


async def test_what_is_not_there_cannot_be_suspended(do):
    with pytest.raises(NotFoundError):
        await do(moderation.suspend_account, actor=None, account_id=1, reason="")


async def test_nobody_suspends_those_above(do, make_member):
    moderator = await make_member("mona", role=Role.MODERATOR)
    owner = await make_member("olga", role=Role.OWNER)

    with pytest.raises(ForbiddenError, match="higher role"):
        await do(
            moderation.suspend_account,
            actor=moderator.actor,
            account_id=owner.account.id,
            reason="",
        )


@pytest.mark.parametrize(
    ("service", "given_", "needed"),
    [
        (moderation.set_host_policy, {"domain": "a.org", "severity": "allow"}, Role.ADMIN),
        (moderation.remove_host_policy, {"domain": "a.org"}, Role.ADMIN),
        (moderation.suspend_account, {"reason": ""}, Role.MODERATOR),
        (moderation.unsuspend_account, {}, Role.MODERATOR),
        (sanctions.give_role, {"role": Role.MODERATOR}, Role.OWNER),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_each_decision_needs_its_role(
    do, decide, audited, tom, make_member, service, given_, needed
):
    await decide("a.org")
    before = await audited()
    roles = list(Role)
    below = await make_member("low", role=roles[roles.index(needed) - 1])
    enough = await make_member("high", role=needed)
    if "domain" not in given_:
        given_ = {**given_, "account_id": tom.account.id}

    with pytest.raises(ForbiddenError, match=needed.value):
        await do(service, actor=below.actor, **given_)
    assert await audited() == before
    await do(service, actor=enough.actor, **given_)

    assert len(await audited()) == len(before) + 1


async def test_roles_are_given_to_members_only(do, make_remote, maya):
    ria = await make_remote("ria")
    given_ = {"actor": None, "role": Role.ADMIN}

    await do(sanctions.give_role, **given_, account_id=maya.account.id)

    with pytest.raises(NotFoundError):
        await do(sanctions.give_role, **given_, account_id=1)
    with pytest.raises(InvalidError, match="Nobody signs in"):
        await do(sanctions.give_role, **given_, account_id=ria.id)


async def test_every_act_of_staff_is_written_down(do, decide, audited, maya):
    await decide("x.example")
    await do(moderation.remove_host_policy, actor=None, domain="x.example")
    about = {"actor": None, "account_id": maya.account.id}
    await do(moderation.suspend_account, **about, reason="Spam")
    await do(moderation.unsuspend_account, **about)
    await do(sanctions.give_role, **about, role=Role.ADMIN)

    assert await audited() == [
        "host suspend", "host undecided", "account suspended", "account restored", "role given",
    ]  # fmt: skip
