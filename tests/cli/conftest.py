"""Commands, run in this process against a store of their own."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from fedi_k12.cli.commands import main
from tests.databases import migrated


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """Put logging back as it was: commands set it up for a process of their own."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command against a store of its own."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    shutil.copy(migrated(), "data/fedi-k12.db")

    def invoke(*arguments: str, stdin: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke
