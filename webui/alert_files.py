"""The file that has all that is shown of alerts, also where the store does not answer (R-54).

Whenever something changes, it is written anew into the data folder under a name that says how
new it is. Each process that serves shows the newest file it finds there.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import msgspec

KEPT = 3
"""So many files stay: a process may still read one that is no longer the newest."""


class Shown(msgspec.Struct, frozen=True):
    """An alert as the banner of each page says it."""

    id: str
    level: str
    drill: bool
    headings: dict[str, str]
    """The line that says what holds where, by language."""
    texts: dict[str, str]
    starts_at: datetime
    ends_at: datetime

    def heading_in(self, language: str) -> str:
        """Return the line in a language, or as it is said first."""
        return self.headings.get(language) or next(iter(self.headings.values()))


class Files(msgspec.Struct, frozen=True):
    """All that is shown of alerts, as it was when it was written."""

    pages: dict[str, str]
    """The page, by the language around the alerts."""
    atom: str
    index: str
    """Where the CAP documents are, as an Atom feed."""
    caps: dict[str, str]
    """The CAP documents, by the number of the alert."""
    current: list[Shown]
    written_at: datetime
    colour: str = ""
    """The district's colour, as a style sheet."""

    def now(self, at: datetime) -> list[Shown]:
        """Return the alerts that last at a moment."""
        return [one for one in self.current if one.starts_at <= at < one.ends_at]


class _Known(NamedTuple):
    name: str
    files: Files


_known: dict[Path, _Known] = {}
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Files)


def newest(folder: Path) -> Files | None:
    """Return what was written last into the data folder, None where nothing was."""
    folder = folder / "alerts"
    names = _names(folder)
    for name in reversed(names):
        known = _known.get(folder)
        if known is not None and known.name == name:
            return known.files
        try:
            files = _decoder.decode((folder / name).read_bytes())
        except (OSError, msgspec.DecodeError):
            # Another process has just tidied it away: the one before is as good.
            continue
        _known[folder] = _Known(name, files)
        return files
    return None


def lasting(folder: Path, at: datetime) -> tuple[Shown, ...]:
    """Return the alerts that last at a moment, by the newest file of the data folder."""
    files = newest(folder)
    return tuple(files.now(at)) if files is not None else ()


def keep(folder: Path, name: str, files: Files) -> None:
    """Put the file in its place, at once and whole, and tidy up what is old."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".{uuid4().hex}"
    made.write_bytes(_encoder.encode(files))
    made.replace(folder / name)
    for old in _names(folder)[:-KEPT]:
        (folder / old).unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.iterdir() if file.suffix == ".json")
    except OSError:
        return []
