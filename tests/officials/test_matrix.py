"""What a delegate may do by role, on every way in (S-37): what is not named is refused."""

import re

import pytest

from fedi_k12.domain.delegates import NEEDED, Deed, DelegateRole, Delegation, may
from fedi_k12.web.auth import access_of
from fedi_k12.web.deeds import DEEDS, PERSONAL, deed_of

REFUSALS = (
    "Only authors, approvers and managers of this account",
    "Only approvers and managers of this account",
    "Only managers of this account",
    "Nobody can do this for an official account",
)
ASKED_AGAIN = {"/api/v1/statuses"}
"""Where the service knows more than the address: whoever may only answer does not begin."""
STAFF = ("/moderation", "/desk/alerts", "/api/v1/admin/")
FOR_ONESELF = {
    # The sign-in, the data and the end of an account, other servers, groups of one's own.
    "/api/v1/accounts",
    "/api/v1/emails/confirmations",
    "/api/v1/domain_blocks",
    "/api/v1/annual_reports/{year}/read",
    "/api/v1/annual_reports/{year}/generate",
    "/api/fedi/v1/groups",
    "/api/fedi/v1/groups/{id}",
    "/api/fedi/v1/groups/{id}/members/{account_id}/remove",
    "/api/fedi/v1/groups/{id}/requests/{account_id}/accept",
    "/api/fedi/v1/groups/{id}/requests/{account_id}/reject",
    "/api/fedi/v1/groups/{id}/rulings",
    "/groups/new",
    "/groups/{id}/settings",
    "/groups/{id}/members",
    "/groups/{id}/members/{account}/{what}",
    "/groups/{id}/desk",
    "/groups/{id}/rule",
    # What one keeps, with notes for nobody else.
    "/links",
    "/links/week",
    "/links/{id}",
    "/links/{id}/remove",
    # Hashtags of the district are looked after by people.
    "/tags/{name}/steward",
    "/tags/{name}/off/{id}",
    "/tags/{name}/back/{id}",
}


def unsafe_routes(app):
    """Return (method, path of the route, handler) of all that could change something."""
    for route in app.router.routes():
        access = access_of(route.handler)
        if route.method in {"GET", "HEAD", "OPTIONS", "*"} or access is None:
            continue
        if access.kind != "servers":
            yield route.method, route.resource.canonical.rstrip("/"), route.resource


def spelled(resource):
    """Return the paths of a route with each of the words that it takes for `what`."""
    path = resource.canonical.rstrip("/")
    if "{what}" not in path:
        return [path]
    pattern = resource.get_info()["pattern"].pattern
    words = re.search(r"\(\?P<what>([^)]+)\)", pattern)[1].split("|")
    return [path.replace("{what}", word) for word in words]


async def test_every_way_in_was_thought_about(client):
    named = {path for paths in DEEDS.values() for path in paths}
    missing, known = set(), set()
    for _method, path, resource in unsafe_routes(client.app):
        known.update(spelled(resource))
        if path.startswith((*STAFF, *PERSONAL)) or path in FOR_ONESELF:
            continue
        missing.update(one for one in spelled(resource) if one not in named)
    assert missing == set()
    assert named - known == set(), "no longer a way in"


def test_what_is_not_named_is_refused_to_everybody():
    assert deed_of("POST", "/something/new") is Deed.NEVER
    assert deed_of("GET", "/settings/security/codes") is Deed.NEVER
    assert deed_of("GET", "/settings") is Deed.READ
    assert NEEDED[Deed.NEVER] is None


async def _refused(answer):
    text = await answer.text()
    return answer.status == 403 and any(sentence in text for sentence in REFUSALS)


@pytest.mark.parametrize("role", DelegateRole)
async def test_apps_and_programs(client, lincoln, maya, delegate_to, role):
    """By the client API and the outbox: refused exactly where the role does not reach."""
    speaking = await delegate_to(lincoln, maya, role.value)
    headers = {"Authorization": f"Bearer {speaking.token}"}
    wrong = []
    for method, path, resource in unsafe_routes(client.app):
        if not path.startswith(("/api/", "/users/")) or path.startswith("/api/v1/admin"):
            continue
        for one in spelled(resource):
            deed = deed_of(method, one)
            if one in ASKED_AGAIN and role is DelegateRole.RESPONDER:
                continue
            there = re.sub(r"\{username\}", "lincoln", one)
            there = re.sub(r"\{[^}]+\}", "1", there)
            answer = await client.request(method, there, headers=headers, json={})
            if await _refused(answer) is may(Delegation(role), deed):
                wrong.append((method, one, deed, answer.status))
    assert wrong == []


@pytest.mark.parametrize("role", DelegateRole)
async def test_pages(client, seated, lincoln, maya, delegate_to, role):
    """By the forms of the web."""
    await delegate_to(lincoln, maya, role.value)
    browser = await seated(maya, lincoln)
    wrong = []
    for method, path, resource in unsafe_routes(client.app):
        if path.startswith(("/api/", "/users/", "/oauth", "/auth", "/invite", *STAFF)):
            continue
        for one in spelled(resource):
            deed = deed_of(method, one)
            page = await browser.post(re.sub(r"\{[^}]+\}", "1", one), {"csrf": "x"})
            refused = page.status == 403 and any(words in page.text for words in REFUSALS)
            if refused is may(Delegation(role), deed):
                wrong.append((method, one, deed, page.status))
    assert wrong == []


ACTS = [
    ({"type": "Like", "object": "x"}, Deed.WRITE),
    ({"type": "Follow", "object": "x"}, Deed.WRITE),
    ({"type": "Block", "object": "x"}, Deed.MANAGE),
    ({"type": "Undo", "object": {"type": "Announce", "object": "x"}}, Deed.WRITE),
    ({"type": "Create", "object": {"type": "Note", "content": "News"}}, Deed.WRITE),
    ({"type": "Update", "object": {"id": "me", "type": "Person", "name": "Else"}}, Deed.MANAGE),
    ({"type": "Add", "object": "x", "target": "y"}, Deed.MANAGE),
]


@pytest.mark.parametrize("role", DelegateRole)
@pytest.mark.parametrize(("act", "deed"), ACTS, ids=lambda one: getattr(one, "value", None))
async def test_what_is_posted_to_the_outbox(
    client, lincoln, maya, delegate_to, role, act, deed
):
    """By ActivityPub's client-to-server: the same table, for each type of activity."""
    speaking = await delegate_to(lincoln, maya, role.value)
    body = dict(act)
    if body["type"] == "Update":
        body["object"] = {**body["object"], "id": lincoln.uri}
    answer = await client.post(
        "/users/lincoln/outbox",
        json={"@context": "https://www.w3.org/ns/activitystreams", **body},
        headers={
            "Authorization": f"Bearer {speaking.token}",
            "Content-Type": "application/activity+json",
        },
    )

    assert await _refused(answer) is not may(Delegation(role), deed), await answer.text()
