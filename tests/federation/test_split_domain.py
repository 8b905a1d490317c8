"""A handle domain apart from the web domain, ours and others'.

Row 1.1 "Split domain". Row 1.1 "FEP-2c59 webfinger on actor".
Row 1.1 "Resource forms accepted". Row 1.1 "Reverse check".
"""

import json

import pytest
from aiohttp import web
from msgspec.structs import replace

from federation.resolve import resolve_account
from fedi_k12.services import views
from fedi_k12.settings import Settings
from tests.remote import ACTIVITY

SELF = "http://social.remote.example/users/ren"


@pytest.fixture
def settings(settings, request) -> Settings:
    """The usual settings with handles of another name."""
    return replace(settings, **getattr(request, "param", {"handle_domain": "lincoln.example"}))


@pytest.mark.parametrize("host", ["home.example", "lincoln.example"])
@pytest.mark.parametrize(
    "resource",
    [
        "acct:maya@lincoln.example", "maya@lincoln.example", "acct:maya@home.example",
        "https://home.example/users/maya", "https://home.example/@maya",
        "https://lincoln.example/@maya",
    ],
)  # fmt: skip
async def test_a_member_is_found_under_both_names(client, maya, host, resource):
    answer = await client.get(
        "/.well-known/webfinger", params={"resource": resource}, headers={"Host": host}
    )

    said = json.loads(await answer.text())
    assert said["subject"] == "acct:maya@lincoln.example"
    assert {link["href"] for link in said["links"] if link["rel"] == "self"} == {
        "https://home.example/users/maya"
    }


@pytest.mark.parametrize("resource", ["https://home.example/", "https://lincoln.example/"])
async def test_the_server_is_found_under_both_names(client, resource):
    answer = await client.get("/.well-known/webfinger", params={"resource": resource})

    said = json.loads(await answer.text())
    assert said["subject"] == "acct:lincoln.example@lincoln.example"
    assert said["links"][0]["href"] == "https://home.example/actor"


@pytest.mark.parametrize("path", ["/.well-known/host-meta", "/.well-known/nodeinfo"])
async def test_the_other_wellknown_addresses_lead_to_the_web_domain(client, path):
    answer = await client.get(path, headers={"Host": "lincoln.example"})

    assert answer.status == 200
    assert "https://home.example/" in await answer.text()


async def test_an_actor_says_its_handle(client, maya):
    answer = await client.get("/actor", headers={"Accept": ACTIVITY})

    assert json.loads(await answer.text())["webfinger"] == "lincoln.example@lincoln.example"


@pytest.fixture
async def split(make_server):
    """A server whose handles are of `remote.example` and whose ids of a host below it."""
    front = await make_server("remote.example")
    back = await make_server("social.remote.example")
    back.actor("ren", webfinger="ren@remote.example")

    def finger(resource):
        raise web.HTTPFound(
            f"http://social.remote.example/.well-known/webfinger?resource={resource}"
        )

    front.webfinger = finger
    back.webfinger = lambda _resource: {
        "subject": "acct:ren@remote.example",
        "links": [{"rel": "self", "type": ACTIVITY, "href": SELF}],
    }
    return front, back


@pytest.mark.parametrize("handle", ["@ren@remote.example", "@ren@social.remote.example"])
async def test_somebody_of_a_split_domain_has_one_handle(ctx, split, handle):
    number = await resolve_account(ctx, handle)

    async with ctx.read() as session:
        view = await views.account_view(session, number)
    assert (view.acct, view.uri, view.handle_verified) == ("ren@remote.example", SELF, True)


@pytest.mark.parametrize(
    "said", ["http://remote.example/users/ren", f"{SELF}/", "http://SOCIAL.remote.example/users/ren"]
)  # fmt: skip
async def test_fed_10_a_handle_that_names_another_id_is_not_shown(ctx, split, said):
    front, back = split
    front.webfinger = lambda _resource: {
        "subject": "acct:ren@remote.example",
        "links": [{"rel": "self", "type": ACTIVITY, "href": said}],
    }
    back.webfinger = lambda _resource: web.Response(status=404)

    from federation.learn import account_of

    row = await account_of(ctx, SELF)

    assert (row.domain, row.handle_verified) == ("social.remote.example", False)
