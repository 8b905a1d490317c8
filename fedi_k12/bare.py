"""Begin commands that run for weeks again, without what only readers of the program need.

Docstrings, assertions and the columns of source lines are 8 MB of a server's memory, most of
them of libraries. Python leaves them out where it is told to before it reads the first module,
so the process becomes another program (`execv`), with the same number, files and surroundings.
"""

import os
import sys
from collections.abc import Sequence
from importlib.util import cache_from_source, find_spec
from pathlib import Path

LONG = ("serve", "worker")
"""Commands that run until they are told to stop."""
PACKAGES = ("fedi_k12", "sqlalchemy")
"""One of ours and one of others: they may lie in different places."""
WITHOUT_DOCSTRINGS = 2
_BARE = ("-OO", "-X", "no_debug_ranges")
_WITH_VALUE = ("--config", "--set")
_HELP = ("-h", "--help")


def begin_bare(arguments: Sequence[str]) -> None:
    """Run the same command line again without docstrings, where it is worth the while.

    It is not where help is asked for, which is made of docstrings; in Python's development
    mode; where the program has been read already; and where nothing that was compiled so can
    be kept, for then every start would take seconds longer.
    """
    if (
        sys.flags.optimize < WITHOUT_DOCSTRINGS
        and not sys.flags.dev_mode
        and "sqlalchemy" not in sys.modules
        and runs_long(arguments)
        and not set(_HELP).intersection(arguments)
        and all(_is_kept(name) for name in PACKAGES)
    ):
        os.execv(sys.executable, [sys.executable, *_BARE, *sys.orig_argv[1:]])  # noqa: S606


def runs_long(arguments: Sequence[str]) -> bool:
    """Return whether the first word is such a command, options and their values apart."""
    words = iter(arguments)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word in LONG
    return False


def _is_kept(package: str) -> bool:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return False
    kept = Path(cache_from_source(spec.origin, optimization=WITHOUT_DOCSTRINGS))
    if kept.exists():
        return True
    folder = kept.parent if kept.parent.exists() else kept.parent.parent
    return not sys.dont_write_bytecode and os.access(folder, os.W_OK)
