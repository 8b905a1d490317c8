"""The house itself: what a newcomer reads is true, and what is installed was locked."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import federation
import fedi_k12
import storage
import webui
from fedi_k12.cli.commands import main
from tests.browser import pages

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = [ROOT / ".ci/lock/runtime.txt", ROOT / ".ci/lock/dev.txt"]
HELP = sorted((ROOT / "webui/help").rglob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *HELP]
SOURCES = [
    path
    for folder in ("fedi_k12", "federation", "storage", "webui")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


ROOM = r"`((?:fedi_k12|federation|storage|webui|tests|\.ci)/[\w./-]*\w/?)[:`]"


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_blocks(text: str) -> str:
    return "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("command", ["make serve", "make test"])
def test_readme_shows_the_two_commands_once_and_the_makefile_has_them(command):
    shown = code_blocks((ROOT / "README.md").read_text())
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert shown.count(command) == 1
    assert command.removeprefix("make ") in targets


def test_every_make_command_in_the_pages_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word for page in PAGES for word in re.findall(r"`make ([a-z]+)`", page.read_text())
    }

    assert named <= targets


def test_ci_runs_what_people_run():
    script = (ROOT / ".ci/run").read_text()

    assert "make check" in script
    assert "make test" in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("lock", LOCKS, ids=by_name)
def test_every_locked_package_has_hashes_and_no_address(lock):
    text = lock.read_text()
    packages = re.split(r"\n(?=[a-z0-9])", text.strip())

    assert len(packages) > 20
    assert not [item for item in packages if "--hash=sha256:" not in item]
    assert not re.search(r"://|/tmp|/opt|/home|/root|/work|index", text)


def test_the_lock_of_the_tests_holds_that_of_the_server():
    runtime, dev = (
        set(re.findall(r"^[^\s\\]+", lock.read_text(), re.MULTILINE)) for lock in LOCKS
    )

    assert runtime <= dev


def test_everything_the_project_needs_is_locked():
    names = [
        re.match(r"[A-Za-z0-9-]+", item).group().lower() for item in PROJECT["dependencies"]
    ]
    locked = re.findall(r"^([a-z0-9-]+)==", LOCKS[0].read_text(), re.MULTILINE)

    assert set(names) <= set(locked)


def test_there_is_one_version():
    saying = [
        by_name(path) for path in SOURCES if f'"{fedi_k12.__version__}"' in path.read_text()
    ]

    assert PROJECT["version"] == fedi_k12.__version__
    assert len(saying) == 1


def test_the_changelog_speaks_of_this_version():
    text = (ROOT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## \[{re.escape(fedi_k12.__version__)}\]", text, re.MULTILINE)


def test_the_licence_is_the_agpl_whole():
    text = (ROOT / "LICENSE").read_text()

    assert PROJECT["license"] == "AGPL-3.0-or-later"
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "13. Remote Network Interaction" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) > 600


@pytest.mark.parametrize("package", [fedi_k12, federation, storage, webui])
def test_the_packages_are_ours_and_not_others_of_the_same_name(package):
    assert Path(package.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_between_pages_lead_somewhere(page):
    for place in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if not place.startswith(("https://", "http://", "mailto:", "#")):
            assert (page.parent / place.partition("#")[0]).exists(), place


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_files_that_pages_name_exist(page):
    """`fedi_k12/guard.py` and its like: a tour that names rooms which are gone misleads."""
    named = re.findall(
        r"`((?:fedi_k12|federation|storage|webui|tests|\.ci)/[\w./-]*\w/?)[:`]",
        page.read_text(),
    )

    assert not [place for place in named if not (ROOT / place).exists()]


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_explained_to_operators(command):
    assert f"`fedi-k12 {command}`" in (ROOT / "webui/help/operators.md").read_text()


def test_no_command_is_explained_that_does_not_exist():
    for page in HELP:
        named = re.findall(r"`fedi-k12 ([a-z]+)", page.read_text())
        assert set(named) <= set(main.commands), page.name


def test_every_page_is_described_for_those_who_look_at_pages():
    assert pages.undescribed() == []


def test_a_new_page_is_found_and_said_where_to_describe(monkeypatch):
    fewer = {path: seen for path, seen in pages.PAGES.items() if path != "/settings/reading"}
    monkeypatch.setattr(pages, "PAGES", {**fewer, "/settings/old": pages.seen_by("member")})

    found = [sentence.partition(",")[0].partition(".")[0] for sentence in pages.undescribed()]

    assert "/settings/reading is a new address" in found
    assert "/settings/old is described in tests/browser/pages" in found


def test_the_container_runs_without_root_and_says_whether_it_is_well():
    text = (ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER 10001", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert "/healthz" in text
    assert "--require-hashes" in text


def test_nothing_lies_about_at_the_top():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        names = {"pyproject.toml"}
    else:
        names = {line.partition("/")[0] for line in listed.stdout.splitlines()}

    assert names <= {
        "fedi_k12", "federation", "storage", "webui", "tests", ".ci", "pyproject.toml",
        "Dockerfile", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
        "FEDERATION.md", "compose.yaml", ".gitignore", ".dockerignore",
    }  # fmt: skip
    assert "uv.lock" not in names
