"""Servers run without what only readers of the program need, and nobody sees it."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from fedi_k12.api.openapi import description
from fedi_k12.app import build_app
from fedi_k12.bare import begin_bare
from fedi_k12.settings import Settings
from tests.cli.test_at_rest import LATE
from tests.live import ROOT, Live, free_port

pytestmark = pytest.mark.timeout(120)
TELL = """
import atexit, json, sys
def tell():
    loaded = sorted(name for name, one in sys.modules.items() if one is not None)
    open("loaded.json", "w").write(json.dumps([sys.flags.optimize, loaded]))
atexit.register(tell)
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """What a server loaded that ran for a moment, and how it described its API."""
    port = free_port("127.0.0.1")
    server = Live(
        tmp_path_factory.mktemp("bare"),
        domain=f"localhost:{port}",
        port=port,
        environment={"PYTHONDONTWRITEBYTECODE": ""},
    )
    server.begin_with(TELL)
    server.start()
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/api/openapi.json") as answer:
            described = json.load(answer)
    finally:
        server.stop()
    optimised, loaded = json.loads((server.folder / "loaded.json").read_text())
    return optimised, set(loaded), described


def test_a_server_does_without_docstrings(bare):
    optimised, _, _ = bare

    assert optimised == 2


def test_a_server_loads_nothing_large_before_it_is_needed(bare):
    _, loaded, _ = bare
    tops = {name.partition(".")[0] for name in loaded}

    assert "sqlalchemy" in tops
    # A new store needs keys.
    assert tops & {*LATE, "rich", "pygments", "backports", "brotli"} == {"cryptography"}
    commands = {name for name in loaded if name.startswith("fedi_k12.cli.")}
    assert commands == {f"fedi_k12.cli.{name}" for name in ("command", "serve", "arenas")}


def test_the_description_of_the_api_has_its_words_all_the_same(bare, tmp_path):
    _, _, described = bare
    settings = Settings(
        domain="a.example", data_dir=tmp_path, database_url="sqlite+aiosqlite://"
    )

    whole = description(build_app(settings), title="", base_url="https://a.example")

    assert described["paths"].keys() == whole["paths"].keys()
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            there = described["paths"][path][method]
            for word in ("summary", "description", "tags"):
                assert there.get(word) == operation.get(word), (method, path)


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fedi_k12", *arguments],
        env={"PYTHONPATH": str(ROOT)}, cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_help_is_made_of_docstrings_and_keeps_them(tmp_path):
    assert "Do the jobs only" in run("worker", "--help", cwd=tmp_path)
    assert "Serve pages" in run("--help", cwd=tmp_path)


@pytest.mark.parametrize(
    ("line", "again"),
    [
        (["serve"], True),
        (["worker"], True),
        (["--config", "a.toml", "--set", "name=x", "serve", "--listen", "a:1"], True),
        (["--set", "serve", "stats"], False),
        (["account", "create", "serve"], False),
        (["serve", "--help"], False),
        ([], False),
    ],
    ids=["serve", "worker", "after options", "a value", "an argument", "help", "nothing"],
)
def test_only_what_runs_for_weeks_begins_again(line, again, monkeypatch):
    begun = []
    monkeypatch.setattr("os.execv", lambda *given: begun.append(given))
    monkeypatch.delitem(sys.modules, "sqlalchemy", raising=False)
    monkeypatch.setattr("fedi_k12.bare._is_kept", lambda _name: True)

    begin_bare(line)

    assert bool(begun) is again


def test_a_server_that_could_not_keep_what_it_compiles_begins_only_once(monkeypatch):
    begun = []
    monkeypatch.setattr("os.execv", lambda *given: begun.append(given))
    monkeypatch.delitem(sys.modules, "sqlalchemy", raising=False)
    monkeypatch.setattr("pathlib.Path.exists", lambda _path: False)
    monkeypatch.setattr("os.access", lambda *_given: False)

    begin_bare(["serve"])

    assert begun == []
