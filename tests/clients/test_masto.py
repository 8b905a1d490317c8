"""masto, the npm library under several web clients: every call we need, and a full day."""

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.live import seen

pytestmark = pytest.mark.timeout(300)
HERE = Path(__file__).parent / "masto"
PACKAGES = ("masto@8.0.0", "node@22")


class Script:
    """A script that runs: it says lines of JSON, and is answered."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self.process = process
        self.errors = errors

    def said(self) -> Any:
        """Wait for what it says next."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.errors.read_text()
        return json.loads(line)

    def answer(self, words: str) -> None:
        """Answer what it asked."""
        assert self.process.stdin
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts, the library, and a Node that is new enough for it.

    With an older one, which has no WebSocket, the library tries to open its stream for ever.
    """
    folder = tmp_path_factory.mktemp("masto")
    for script in ("smoke.mjs", "day.mjs"):
        shutil.copy(HERE / script, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES],
        cwd=folder,
        check=True,
        timeout=200,
        capture_output=True,
    )
    return folder


@contextmanager
def running(folder: Path, script: str, *arguments: str) -> Iterator[Script]:
    errors = folder / "errors.log"
    with (
        errors.open("w") as log,
        subprocess.Popen(
            ["node_modules/node/bin/node", script, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Script(process, errors)
        finally:
            process.kill()


def picture(colour: str) -> str:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


def url_safe(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def test_masto_makes_every_call(instance, installed):
    done = subprocess.run(
        [
            "node_modules/node/bin/node",
            "smoke.mjs",
            instance.url,
            instance.token,
            instance.other,
        ],
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "all of it" in done.stdout


def test_a_day_with_masto(instance, installed, woken):
    """A full day, the encryption of push included that the library's types still ask for.

    It has no call to take something along: that is a page.
    """
    phone, endpoint = woken
    settings = {
        "url": instance.url,
        "otherToken": instance.other,
        "pictures": {name: picture(name) for name in ("navy", "teal")},
        "push": {
            "endpoint": endpoint,
            "keys": {"p256dh": url_safe(phone.point), "auth": url_safe(phone.auth)},
        },
    }
    with running(installed, "day.mjs", json.dumps(settings)) as script:
        script.answer(instance.allow(script.said()["address"]))
        told = script.said()
        [message] = seen(lambda: phone.messages, within=60)
        assert message["notification_type"] == "favourite"
        assert (message["access_token"], str(message["notification_id"])) == (
            told["accessToken"],
            told["notification"],
        )
        assert instance.taken_along("lists.csv").startswith("Colleagues,tom@")
        script.answer("compared")

        assert script.said() == {"done": True}
