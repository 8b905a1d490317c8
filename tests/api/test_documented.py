"""What apps expect, walked: it is served, described, for the right scope, and refused."""

import re

import federation.routes
import fedi_k12.api.routes
import fedi_k12.oauth.routes
import webui.routes
from fedi_k12.api.openapi import IN_PATH
from fedi_k12.api.shapes import SHAPES, shape_of
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.scopes import covers
from fedi_k12.web import ops
from fedi_k12.web.auth import Access, access_of
from tests.api.documented import ROWS

KINDS = {"user": {"token"}, "app": {"app token"}, "page": {"signed in"}}
NOBODY = "999999999999999999"
SENT = {
    # What has to be there before anybody looks for the rest.
    "votes": {"choices": [0]}, "keywords": {"keyword": "x"}, "statuses": {"status_id": NOBODY},
    "filters": {"title": "x", "phrase": "x", "context": ["home"]}, "lists": {"title": "x"},
    "accounts": {"account_ids": [NOBODY]}, "scheduled_statuses": {"scheduled_at": "2099-01-01"},
    "interaction_policy": {"quote_approval_policy": "nobody"}, "items": {"account_id": NOBODY},
    "collections": {"name": "x"},
}  # fmt: skip


def named(path):
    """Return an address without the names of what stands in it."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def served():
    found = {}
    for module in (
        ops,
        federation.routes,
        fedi_k12.api.routes,
        fedi_k12.oauth.routes,
        webui.routes,
    ):
        for route in module.ROUTES:
            for version in ("2.0", "2.1") if route.path.startswith("/nodeinfo/") else ("",):
                path = route.path.replace("{version:2\\.[01]}", version)
                found.setdefault((route.method, named(path)), route)
    return found


SERVED = served()
ALL = [
    (method, path, scopes)
    for _, method, path, *scopes in map(str.split, ROWS.split("\n")[1:-1])
]
HERE = [row for row in ALL if (row[0], named(row[1])) in SERVED]
GUARDED = [row for row in HERE if row[2] and row[2] != ["page"] and "/streaming" not in row[1]]


def handler_of(method, path):
    return SERVED[method, named(path)].handler


def is_covered(scopes, access):
    """Return whether each way in that is documented is one."""
    if not scopes:
        return access.kind in {"public", "servers"}
    if scopes[0] in KINDS:
        return access.kind in KINDS[scopes[0]] and not access.needs
    return access.kind in {"token", "app token"} and all(
        any(covers(frozenset({scope}), need) for scope in scopes) for need in access.needs
    )


def test_each_address_is_served():
    assert [f"{row[0]} {row[1]}" for row in ALL if row not in HERE] == []


def test_the_documented_scope_lets_one_in():
    refused = {
        row[:2]: (row[2], access_of(handler_of(*row[:2])))
        for row in HERE
        if "/streaming/" not in row[1]
        and not is_covered(row[2], access_of(handler_of(*row[:2])) or Access("none"))
    }

    assert refused == {}


def test_what_each_answers_with_is_described():
    undescribed = []
    for method, path, _ in HERE:
        own = IN_PATH.sub(r"{\1}", SERVED[method, named(path)].path)
        if path.startswith("/api/") and shape_of(method, own) is object:
            undescribed.append((method, path))

    assert undescribed == []
    assert object not in SHAPES.values()


def address(path, number=NOBODY):
    return re.sub(r"\{[^}]*\}", number, path)


async def refusals(client, rows, expected, headers=None):
    """Return which rows were refused otherwise than as documented."""
    wrong = {}
    for method, path, _ in rows:
        body = SENT.get(path.rpartition("/")[2]) or SENT.get(path.split("/")[3], {})
        given = {"json": body} if method in {"POST", "PUT", "PATCH"} else {}
        answer = await client.request(method, address(path), headers=headers or {}, **given)
        is_json = answer.content_type == "application/json"
        said = await answer.json() if is_json else None
        told = isinstance(said, dict) and isinstance(said.get("error"), str)
        if answer.status != expected or not told:
            wrong[method, path] = answer.status, await answer.text()
    return wrong


async def test_without_a_token_each_is_refused(client):
    assert await refusals(client, GUARDED, 401) == {}


async def test_with_the_scope_for_something_else_each_is_refused(client, make_member):
    other = await make_member("mia", scopes="admin:read:ip_blocks")
    scoped = [row for row in GUARDED if row[2][0] not in KINDS]

    assert await refusals(client, scoped, 403, other.headers) == {}


async def test_streams_are_refused_alike(client, make_member):
    """Which scope a stream asks for depends on the stream: one of its own is enough."""
    other = await make_member("mia", scopes="write")
    rows = [
        (method, f"{path}?tag=x&list={NOBODY}", scopes)
        for method, path, scopes in HERE
        if "/streaming/" in path and scopes
    ]

    assert await refusals(client, rows, 401) == {}
    assert await refusals(client, rows, 403, other.headers) == {}


async def test_an_id_of_nobody_is_not_found(client, make_member):
    scopes = "read write follow push admin:read admin:write"
    ann = await make_member("ann", role=Role.ADMIN, scopes=scopes)
    # Hashtags have names, and whatever can be one is one; years are numbers.
    others = re.compile("/tags?/|/annual_reports/")
    rows = [row for row in HERE if "{" in row[1] and not others.search(row[1])]

    assert await refusals(client, rows, 404, ann.headers) == {}
