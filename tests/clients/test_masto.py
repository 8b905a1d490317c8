"""masto, the npm library under several web clients: a smoke of every call of the kernel."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)
HERE = Path(__file__).parent / "masto"
VERSION = "masto@8.0.0"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script, where the library was installed for it."""
    folder = tmp_path_factory.mktemp("masto")
    shutil.copy(HERE / "smoke.mjs", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", VERSION],
        cwd=folder,
        check=True,
        timeout=150,
        capture_output=True,
    )
    return folder / "smoke.mjs"


def test_masto_makes_every_call(instance, script):
    done = subprocess.run(
        ["node", str(script), instance.url, instance.token, instance.other],
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "all of it" in done.stdout
