"""What the server says of itself."""

import pytest

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Role
from fedi_k12.services import site
from fedi_k12.services.site import SiteChanges


async def test_a_new_server_says_the_usual_things(see):
    found = await see(site.site, name="Lincoln", contact_email="a@b.example")

    assert (found.title, found.contact_email) == ("Lincoln", "a@b.example")
    assert tuple(rule.text for rule in found.rules) == site.DEFAULT_RULES
    assert found.contact is None


async def test_an_admin_may_say_it_differently(do, see, make_member):
    admin = await make_member("ann", role=Role.ADMIN)
    owner = await make_member("olga", role=Role.OWNER)
    changes = SiteChanges(
        title=" Lincoln ", description="All of us", rules=("Be kind", " ", "Listen"),
        accent_hue=400, accent_chroma=5,
    )  # fmt: skip

    await do(site.save_site, actor=admin.actor, changes=changes)
    await do(site.save_site, actor=None, changes=SiteChanges(contact_email="a@b.example"))

    found = await see(site.site)
    assert (found.title, found.description) == ("Lincoln", "All of us")
    assert [rule.text for rule in found.rules] == ["Be kind", "Listen"]
    assert (found.accent_hue, found.accent_chroma) == (40.0, site.MAX_CHROMA)
    assert found.contact.acct == owner.account.acct
    assert found.contact_email == "a@b.example"


async def test_there_may_be_no_rules_at_all(do, see):
    await do(site.save_site, actor=None, changes=SiteChanges(rules=()))

    assert (await see(site.site)).rules == ()


async def test_members_do_not_change_the_site(do, maya):
    with pytest.raises(ForbiddenError, match="admin"):
        await do(site.save_site, actor=maya.actor, changes=SiteChanges(title="Mine"))


async def test_the_size_of_the_server_is_counted(see, publish, maya, tom, make_remote, clock):
    await make_remote("ria")
    await publish(maya)

    found = await see(site.stats)

    assert (found.members, found.posts, found.hosts) == (2, 1, 1)
    assert (found.active_month, found.active_half_year) == (1, 1)
    clock.advance(days=60)
    assert (await see(site.stats)).active_month == 0
    assert await see(site.peers) == ["remote.example"]


async def test_the_names_of_a_server_in_use_never_change(do, maya):
    names = {"domain": "home.example", "handle_domain": "home.example"}
    await do(site.fix_names, **names)

    for changes in ({"domain": "new.example"}, {"handle_domain": "new.example"}):
        with pytest.raises(InvalidError, match="FEDI_K12_DOMAIN=home"):
            await do(site.fix_names, **{**names, **changes})


async def test_a_server_that_nobody_used_can_have_another_name(do):
    await do(site.fix_names, domain="new.example", handle_domain="new.example")
