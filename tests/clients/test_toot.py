"""toot, the command line client: signs in through the real pages, posts, reads."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.timeout(120)


class Toot:
    def __init__(self, folder: Path) -> None:
        self.environment = {
            **{n: v for n, v in os.environ.items() if "CA_BUNDLE" not in n},
            "XDG_CONFIG_HOME": str(folder),
            "HOME": str(folder),
            "BROWSER": "true",
        }

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "toot", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_toot_signs_in_posts_a_picture_and_reads(instance, tmp_path):
    toot = Toot(tmp_path)
    asked = subprocess.run(
        [sys.executable, "-m", "toot", "login", "--instance", instance.url],
        env=toot.environment,
        input="n\n\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    address = re.search(r"http://\S+/oauth/authorize/?\?\S+", asked.stdout)
    assert address, asked.stdout + asked.stderr
    code = instance.allow(address[0])

    signed = toot("login", "--instance", instance.url, stdin=f"n\n{code}\n")

    assert "Successfully logged in" in signed
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
        shown = toot(*timeline)
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
