"""What a server at rest has in its memory."""

import subprocess
import sys

# Each is loaded by who first needs it, and takes 1 to 30 MB.
LATE = (
    "PIL", "alembic", "av", "asyncpg", "babel", "feedparser", "jsonschema", "markdown_it",
    "markdownify", "obstore", "pillow_heif", "publicsuffixlist", "referencing", "segno",
    "webauthn",
)  # fmt: skip


def test_large_modules_are_not_loaded_before_they_are_needed():
    program = "import fedi_k12.cli, fedi_k12.app, sys; print(*sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert {"fedi_k12", "sqlalchemy", "aiohttp"} <= loaded
    assert loaded.isdisjoint(LATE), sorted(loaded.intersection(LATE))
