"""The rules of the house that a machine can check."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

import federation.routes
import fedi_k12.api.routes
import fedi_k12.oauth.routes
import webui.routes
from fedi_k12.domain.jobs import Job
from fedi_k12.web import media, ops
from fedi_k12.web.auth import access_of
from fedi_k12.wiring import JOB_HANDLERS

ROOT = Path(__file__).parent.parent
PACKAGES = ("fedi_k12", "federation", "storage", "webui")
ROUTES = [
    *ops.ROUTES,
    *federation.routes.ROUTES,
    *fedi_k12.api.routes.ROUTES,
    *fedi_k12.oauth.routes.ROUTES,
    *media.ROUTES,
    *webui.routes.ROUTES,
]


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def calls(path: Path) -> set[str]:
    """Return the dotted names of everything that the module calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
    return found


def test_every_job_has_a_handler():
    assert set(get_args(Job)) == set(JOB_HANDLERS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_says_who_may_come_in(route):
    assert access_of(route.handler) is not None


def test_no_route_is_declared_twice():
    declared = [(route.method, re.sub(r"\{(\w+)[^}]*\}", "{}", route.path)) for route in ROUTES]

    assert sorted(declared) == sorted(set(declared))


@pytest.mark.parametrize("path", sources("fedi_k12/services"), ids=lambda p: p.name)
def test_services_never_commit(path):
    assert not {name for name in calls(path) if name.endswith((".commit", ".rollback"))}


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda p: str(p.relative_to(ROOT)))
def test_there_is_one_outbound_client(path):
    """Whatever goes out goes through the guard (FED-51)."""
    if path.name.startswith("guard"):
        return

    text = path.read_text()
    forbidden = ("ClientSession(", "TCPConnector(", "urllib.request", "http.client", "httpx")

    assert not [name for name in forbidden if name in text]


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda p: str(p.relative_to(ROOT)))
def test_there_is_one_sanitiser(path):
    if path.parent.name == "domain":
        return

    assert "import nh3" not in path.read_text()


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_tells_more_than_one_story(path):
    if "versions" in path.parts:
        return

    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize(
    "path", sources("fedi_k12/services", "federation"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_network_while_a_transaction_is_open(path):
    """What `ctx.write` runs takes a session and no context: it cannot reach the network."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.AsyncWith):
            continue
        opened = [ast.unparse(item.context_expr) for item in node.items]
        if not any(name in {"ctx.read()", "ctx.slow_read()"} for name in opened):
            continue
        inside = {
            ast.unparse(call.func)
            for child in node.body
            for call in ast.walk(child)
            if isinstance(call, ast.Call)
        }
        assert not {name for name in inside if name.startswith(("ctx.http.", "fetch."))}


def test_pages_and_apps_never_see_storage():
    for path in sources("webui", "fedi_k12/api", "fedi_k12/oauth"):
        assert not re.search(r"^\s*(from|import) storage", path.read_text(), re.MULTILINE), path
