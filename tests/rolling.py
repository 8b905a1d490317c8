"""Two releases on one PostgreSQL, as in an upgrade: `python -m tests.rolling [COMMIT]`.

`serve` and `worker` of an older commit run; then those of this tree start beside them, which
migrates the store. What is done at the one is looked for at the other, both ways, with the
workers of both and of each alone. Prints what did not hold, and ends with 1 then.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import requests

from tests.live import ROOT, free_port, listens, seen
from tests.several import new_database, rows

WITHIN = 1.0
"""Seconds after which what one process did holds at all others (issue 7)."""
WORKED_WITHIN = 10.0
"""Seconds after which a worker has done what was left to it."""
DOMAIN = "localhost:8080"
AGO = 20


@dataclass
class Release:
    """The processes of one release."""

    name: str
    root: Path
    environment: dict[str, str]
    folder: Path
    place: str = field(default_factory=lambda: f"127.0.0.1:{free_port('127.0.0.1')}")
    serving: subprocess.Popen[bytes] | None = None
    working: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What its processes wrote."""
        return (self.folder / f"{self.name}.log").read_text()

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a process of it."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "fedi_k12", *arguments],
                env={**self.environment, "PYTHONPATH": str(self.root)},
                cwd=self.root,
                stdout=log,
                stderr=log,
            )

    def serve(self) -> None:
        """Start its `serve`, and wait until it takes connections."""
        self.serving = self.run("serve", "--no-worker", "--listen", self.place)
        address, port = self.place.split(":")
        ends = monotonic() + 60
        while not listens(address, int(port)):
            if self.serving.poll() is not None or monotonic() > ends:
                raise AssertionError(f"{self.name} did not start: {self.log}")

    def work(self) -> None:
        """Start its `worker`."""
        self.working = self.run("worker")

    def rest(self) -> None:
        """End its `worker`, as an operator does."""
        if self.working is not None:
            self.working.terminate()
            self.working.wait(30)
        self.working = None

    def stop(self) -> None:
        """End all of it."""
        self.rest()
        if self.serving is not None:
            self.serving.terminate()
            self.serving.wait(30)
        self.serving = None

    def ask(self, method: str, path: str, token: str, /, **form: Any) -> Any:
        """Return what it answers."""
        answer = requests.request(
            method,
            f"http://{self.place}/api/v1{path}",
            headers={"Host": DOMAIN, "Authorization": f"Bearer {token}"},
            json=form or None,
            timeout=20,
        )
        if answer.status_code != 200:
            raise AssertionError(f"{self.name}: {method} {path}: {answer.status_code}")
        return answer.json()

    def home(self, token: str) -> dict[str, str]:
        """Return what the posts at home say, by id."""
        return {one["id"]: one["content"] for one in self.ask("GET", "/timelines/home", token)}


class Check:
    """Looks whether things hold, and remembers what did not."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def __call__(self, what: str, look: Callable[[], Any], *, within: float = WITHIN) -> None:
        """Note and print whether this comes to hold within so many seconds."""
        began = monotonic()
        try:
            seen(look, within=within)
        except AssertionError as error:
            self.wrong.append(what)
            print(f"WRONG  {what}: {error}", flush=True)
        else:
            print(f"holds  {what} ({monotonic() - began:.2f} s)", flush=True)


def exercise(here: Release, there: Release, tokens: list[str], check: Check) -> None:
    """Do things at one release, and look for them at the other."""
    maya, tom, tom_id = tokens
    way = f"{here.name} to {there.name}"
    there.home(maya)
    post = here.ask(
        "POST", "/statuses", tom, status=f"A frog, {way} #pond", visibility="public"
    )["id"]
    check(f"{way}: post at home", lambda: post in there.home(maya))
    there.ask("GET", f"/statuses/{post}", maya)
    here.ask("PUT", f"/statuses/{post}", tom, status=f"A toad, {way} #pond")
    check(f"{way}: edit", lambda: "toad" in there.home(maya).get(post, ""))
    check(
        f"{way}: hashtag",
        lambda: post in {one["id"] for one in there.ask("GET", "/timelines/tag/pond", maya)},
    )
    here.ask("POST", f"/statuses/{post}/favourite", maya)
    check(
        f"{way}: favourite",
        lambda: there.ask("GET", f"/statuses/{post}", tom)["favourites_count"] == 1,
    )
    check(
        f"{way}: notification",
        lambda: any(
            (one["status"] or {}).get("id") == post
            for one in there.ask("GET", "/notifications", tom)
        ),
    )
    here.ask("POST", f"/accounts/{tom_id}/block", maya)
    check(f"{way}: block", lambda: post not in there.home(maya))
    here.ask("POST", f"/accounts/{tom_id}/unblock", maya)
    here.ask("POST", f"/accounts/{tom_id}/follow", maya)
    check(
        f"{way}: follow",
        lambda: there.ask("GET", f"/accounts/relationships?id={tom_id}", maya)[0]["following"],
    )
    second = here.ask("POST", "/statuses", tom, status=f"A newt, {way}")["id"]
    check(f"{way}: the next post", lambda: second in there.home(maya))
    here.ask("DELETE", f"/statuses/{second}", tom)
    check(f"{way}: deletion", lambda: second not in there.home(maya))


def waiting(url: str) -> list[tuple[Any, ...]]:
    """Return what jobs are due and not done."""
    return rows(url, "SELECT kind, state, attempts FROM job WHERE due_at <= now()")


def compare(old: Release, new: Release, url: str, check: Check) -> None:
    """Start the one, then the other beside it, and look at both."""
    old.serve()
    old.work()
    maya, tom = members(old)
    tom_id = old.ask("GET", "/accounts/verify_credentials", tom)["id"]
    old.ask("POST", f"/accounts/{tom_id}/follow", maya)
    tokens = [maya, tom, tom_id]
    before = rows(url, "SELECT version_num FROM alembic_version")[0][0]
    new.serve()
    new.work()
    after = rows(url, "SELECT version_num FROM alembic_version")[0][0]
    print(f"store: {before} before, {after} after the new release started", flush=True)
    # Last the old one rests: in front of the store as it is now it does not start again.
    for name, resting in (("both workers", None), ("old worker", new), ("new worker", old)):
        print(f"-- {name}", flush=True)
        if resting is not None:
            resting.rest()
        exercise(old, new, tokens, check)
        exercise(new, old, tokens, check)
        check(f"{name}: all jobs done", lambda: not waiting(url), within=WORKED_WITHIN)
        print(f"       jobs that are due: {waiting(url) or 'none'}", flush=True)
        if resting is new:
            new.work()
    _look_at_end(old, new, before != after, check)


def members(release: Release) -> tuple[str, str]:
    """Make two members with the commands of a release; return their tokens."""

    def run(*arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fedi_k12", *arguments],
            env={**release.environment, "PYTHONPATH": str(release.root)},
            cwd=release.root,
            input=given,
            text=True,
            capture_output=True,
            check=True,
        )
        return done.stdout.strip().splitlines()[-1]

    for name in ("maya", "tom"):
        run("account", "create", name, "--password-stdin", given="seven quiet maple windows\n")
    return run("token", "create", "maya"), run("token", "create", "tom")


def _look_at_end(old: Release, new: Release, migrated: bool, check: Check) -> None:
    for release in (old, new):
        bad = [line for line in release.log.splitlines() if _is_bad(line)]
        for line in bad[:5]:
            print(f"       {release.name} said: {line[:600]}", flush=True)
        check(f"{release.name}: nothing failed in its log", lambda bad=bad: not bad, within=0)
    old.stop()
    if migrated:
        ended = old.run("serve", "--no-worker", "--listen", old.place).wait(60)
        plain = "The store is of revision" in old.log
        check("old: started again it says plainly why not", lambda: ended and plain, within=0)


def _is_bad(line: str) -> bool:
    return '"level":"error"' in line or "Traceback" in line or "[error" in line


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Unpack the tree of a commit for a while."""
    packed = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with tempfile.TemporaryDirectory(prefix="older-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def main() -> int:
    """Compare this tree with an older one."""
    parser = argparse.ArgumentParser("python -m tests.rolling", description=__doc__)
    parser.add_argument("commit", nargs="?", default=f"HEAD~{AGO}")
    asked = parser.parse_args()
    check = Check()
    with checked_out(asked.commit) as root, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = new_database()
        environment = {
            **{name: value for name, value in os.environ.items() if "FEDI_K12" not in name},
            "FEDI_K12_DOMAIN": DOMAIN,
            "FEDI_K12_SCHEME": "http",
            "FEDI_K12_DATA_DIR": str(folder / "data"),
            "FEDI_K12_DATABASE_URL": url,
            "FEDI_K12_RATE_LIMITS": "off",
            "FEDI_K12_HOLD_SECONDS": "0",
        }
        old = Release("old", root, environment, folder)
        new = Release("new", ROOT, environment, folder)
        try:
            compare(old, new, url, check)
        finally:
            old.stop()
            new.stop()
    print(f"\nWhat did not hold: {len(check.wrong) or 'nothing'}.")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
