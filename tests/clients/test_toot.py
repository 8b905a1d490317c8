"""toot, the command line client: signs in through the real pages, posts, reads."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon
from PIL import Image

from tests.clients.conftest import Instance

pytestmark = pytest.mark.timeout(240)
SCREEN = struct.pack("HHHH", 40, 120, 0, 0)
"""Forty lines of a hundred and twenty characters."""
SILENCE_SECONDS = 60
DOWN, ENTER = "\x1b[B", "\r"


class Toot:
    """The program with a home of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.environment = {
            **{n: v for n, v in os.environ.items() if "CA_BUNDLE" not in n},
            "XDG_CONFIG_HOME": str(folder),
            "HOME": str(folder),
            "BROWSER": "true",
            "TERM": "xterm",
        }

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever that is."""
        return subprocess.run(
            [sys.executable, "-m", "toot", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            # Where a page is full it asks the terminal itself whether to go on, whatever its
            # input is: without a terminal that fails, and does not wait for somebody's key.
            start_new_session=True,
        )

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run a command that says what it was answered."""
        return json.loads(self(*arguments, "--json"))

    @contextmanager
    def screen(self) -> Iterator["Screen"]:
        """Open the program's full screen, where one moves and types."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, SCREEN)
        process = subprocess.Popen(
            [sys.executable, "-m", "toot", "tui"],
            env=self.environment,
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        try:
            yield Screen(ours)
        finally:
            process.kill()
            process.wait()
            os.close(ours)


class Screen:
    """What a program draws on a terminal, and the keys that are pressed there."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.drawn = ""

    def shows(self, words: str) -> None:
        """Wait until words are drawn that were not there at the last look."""
        while words not in self.drawn:
            more, _, _ = select.select([self.terminal], [], [], SILENCE_SECONDS)
            assert more, f"{words!r} is not drawn: {self.drawn}"
            self.drawn += os.read(self.terminal, 65536).decode(errors="replace")
        self.drawn = self.drawn.partition(words)[2]

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        os.write(self.terminal, "".join(keys).encode())


def signed_in(instance: Instance, folder: Path, name: str) -> Toot:
    """Return the program after a member let it in by the real pages."""
    toot = Toot(folder)
    asked = toot.run("login", "--instance", instance.url, stdin="n\n\n")
    address = re.search(r"http://\S+/oauth/authorize/?\?\S+", asked.stdout)
    assert address, asked.stdout + asked.stderr
    code = instance.allow(address[0], name)
    signed = toot("login", "--instance", instance.url, stdin=f"n\n{code}\n")
    assert "Successfully logged in" in signed
    return toot


def test_toot_signs_in_posts_a_picture_and_reads(instance, tmp_path):
    toot = signed_in(instance, tmp_path, "maya")

    assert "maya" in toot("whoami")
    Image.new("RGB", (64, 48), "green").save(tmp_path / "strip.png")
    posted = toot(
        "post", "From the command line #math", "--media", str(tmp_path / "strip.png"),
        "--description", "A green strip", "--visibility", "public",
    )  # fmt: skip
    assert "/@maya/" in posted or "statuses" in posted
    for timeline in (
        ("timelines", "home"),
        ("timelines", "public"),
        ("timelines", "tag", "math"),
    ):
        shown = toot(*timeline, "--no-pager")
        assert "From the command line" in shown
    number = re.search(r"/(\d{10,})", posted)
    assert number
    toot("favourite", number[1])
    toot("bookmark", number[1])
    toot("reblog", number[1])
    assert "From the command line" in toot("bookmarks")
    assert "tom" in toot("search", "tom")
    toot("follow", "tom")
    assert "tom" in toot("following", "maya")
    toot("mute", "tom")
    toot("unmute", "tom")
    toot("block", "tom")
    toot("unblock", "tom")
    toot("notifications")
    assert "fedi-k12" in toot("instance")
    toot("delete", number[1])


def test_a_day_with_toot(instance, tmp_path):
    """A full day of two members, as far as the program goes.

    It has no command for these: to list or cancel what is scheduled, quote, filter, and take a
    list along; there she uses another app, or a page, and toot shows what came of it. It knows
    neither streams nor push, and asks for notifications instead. It edits only on its full
    screen. Signing out is to forget the token: it tells the server nothing.
    """
    maya = signed_in(instance, tmp_path / "maya", "maya")
    tom = signed_in(instance, tmp_path / "tom", "tom")
    elsewhere = Mastodon(access_token=instance.token, api_base_url=instance.url)
    toms = Mastodon(access_token=instance.other, api_base_url=instance.url)

    post = profile_and_pictures(maya, tmp_path)
    poll_and_schedule(maya, tom, elsewhere)
    thread_and_edit(maya, tom, post["id"])
    tom("follow", "maya")
    quoting = toms.status_post("See", quoted_status_id=post["id"], visibility="public")
    quoted = maya.json("status", str(quoting["id"]))["quote"]["quoted_status"]
    assert quoted["id"] == post["id"]
    list_filter_and_search(maya, tom, elsewhere)
    tom("favourite", post["id"])
    told = maya.json("notifications")
    assert {one["type"] for one in told} == {"follow", "quote", "favourite"}
    assert told[0]["status"]["id"] == post["id"]
    assert maya("notifications", "--type", "favourite").count("favourited your status") == 1
    maya("notifications", "--clear")
    assert maya.json("notifications") == []
    assert instance.taken_along("lists.csv").startswith("Colleagues,tom@")

    maya("logout", f"maya@{instance.server.domain}")
    refused = maya.run("whoami")
    assert (refused.returncode, "logged in" in refused.stderr) == (1, True)


def profile_and_pictures(maya: Toot, folder: Path) -> Any:
    pictures = {name: str(folder / f"{name}.png") for name in ("navy", "teal")}
    for name, path in pictures.items():
        Image.new("RGB", (60, 40), name).save(path)
    before = maya.json("whoami")
    maya("update-account", "--display-name", "Maya", "--avatar", pictures["navy"])
    after = maya.json("whoami")
    assert (after["display_name"], after["avatar"] == before["avatar"]) == ("Maya", False)

    post = maya.json(
        "post", "Two fields #tootdays", "--visibility", "public", "--spoiler-text", "Colours",
        "--media", pictures["navy"], "--description", "All navy",
        "--media", pictures["teal"], "--description", "All teal",
    )  # fmt: skip
    described = [one["description"] for one in post["media_attachments"]]
    assert (described, post["spoiler_text"]) == (["All navy", "All teal"], "Colours")
    return post


def poll_and_schedule(maya: Toot, tom: Toot, elsewhere: Mastodon) -> None:
    asked = maya.json(
        "post", "Which day?", "--visibility", "public",
        "--poll-option", "Monday", "--poll-option", "Friday", "--poll-expires-in", "1h",
    )  # fmt: skip
    assert tom.json("polls", "vote", asked["poll"]["id"], "1")["own_votes"] == [1]
    assert maya.json("polls", "show", asked["poll"]["id"])["votes_count"] == 1

    later = maya.json("post", "Later", "--scheduled-in", "1 day")
    assert [str(one["id"]) for one in elsewhere.scheduled_statuses()] == [later["id"]]
    elsewhere.scheduled_status_delete(later["id"])


def thread_and_edit(maya: Toot, tom: Toot, head: str) -> None:
    second = maya.json("post", "And so on", "--reply-to", head, "--visibility", "public")
    third = maya.json("post", "And on", "--reply-last", "--visibility", "public")
    thread = maya.json("thread", head)["descendants"]
    assert [one["id"] for one in thread] == [second["id"], third["id"]]
    with maya.screen() as screen:
        screen.shows("to continue")
        screen.press(ENTER)
        screen.shows("And on")
        screen.press("e")
        screen.shows("Edit status")
        screen.press(" and on")
        screen.shows("And on and on")
        screen.press(*[DOWN] * 4, ENTER)
        screen.shows(f"Status edited {third['id']}")
    edited = tom.json("status", third["id"])
    assert (edited["content"], bool(edited["edited_at"])) == ("<p>And on and on</p>", True)


def list_filter_and_search(maya: Toot, tom: Toot, elsewhere: Mastodon) -> None:
    maya("follow", "tom")
    maya("lists", "create", "Colleagues")
    maya("lists", "add", "Colleagues", "tom")
    written = tom.json("post", "Exam week", "--visibility", "public")
    assert maya.json("timelines", "list", "Colleagues")[0]["id"] == written["id"]
    exams = [{"keyword": "exam"}]
    elsewhere.create_filter_v2("Exams", ["home"], "warn", keywords_attributes=exams)
    [newest] = maya.json("timelines", "home", "--limit", "1")
    assert newest["filtered"][0]["filter"]["title"] == "Exams"
    found = maya.json("search", "tootdays", "--type", "hashtags")
    assert [one["name"] for one in found["hashtags"]] == ["tootdays"]
