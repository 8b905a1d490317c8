"""What a server at rest has in its memory."""

import subprocess
import sys
from importlib import import_module

import fedi_k12.app
from fedi_k12.domain.late import Late

# Each is loaded by who first needs it, and takes up to 30 MB.
LATE = (
    "PIL", "aiosmtplib", "alembic", "argon2", "av", "asyncpg", "babel", "blurhash",
    "cryptography", "feedparser", "jsonschema", "markdown_it", "markdownify", "nh3", "obstore",
    "pillow_heif", "publicsuffixlist", "pyotp", "referencing", "segno", "warcio", "webauthn",
)  # fmt: skip
OURS = ("federation", "fedi_k12", "storage", "webui")


def test_large_modules_are_not_loaded_before_they_are_needed():
    program = "import fedi_k12.cli.serve, fedi_k12.app, sys; print(*sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert {"fedi_k12", "sqlalchemy", "aiohttp"} <= loaded
    assert loaded.isdisjoint(LATE), sorted(loaded.intersection(LATE))


def test_what_is_loaded_late_is_there():
    ours = [one for name, one in sys.modules.items() if name.startswith(OURS)]
    names = {
        vars(one)["_name"]
        for module in ours
        for one in list(vars(module).values())
        if type(one) is Late
    }

    assert fedi_k12.app in ours
    assert len(names) > 10
    for name in names:
        import_module(name)
