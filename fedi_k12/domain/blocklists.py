"""Lists of blocked servers as Mastodon writes them: read with suspicion, written back."""

import csv
import io
from collections.abc import Collection, Iterable

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.hosts import Severity, covers, normalise_domain
from fedi_k12.domain.registrable import is_public_suffix

MAX_ROWS = 100_000
MAX_BYTES = 8_388_608
COLUMNS = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
_FROM_CSV: dict[str, Severity] = {
    "suspend": "suspend",
    "silence": "limit",
    "limit": "limit",
    "noop": "normal",
}
_TO_CSV = {"suspend": "suspend", "limit": "silence", "normal": "noop"}
_MAX_COMMENT = 2000


class Entry(Struct, frozen=True):
    """What one row of a list decides."""

    domain: str
    severity: Severity
    reject_media: bool = False
    reject_reports: bool = False
    obfuscate: bool = False
    public_comment: str = ""


class LeftOut(Struct, frozen=True):
    """A row that is not taken over, and why."""

    line: int
    domain: str
    why: str


class Parsed(Struct, frozen=True):
    """A list that has been read."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]


def parse(data: bytes | str, *, own_hosts: Collection[str] = ()) -> Parsed:
    """Return what a list decides; raise `InvalidError` naming the line that cannot be read.

    Rows that would be about everybody, or about this server, are left out and named
    (FED-112): a list can have been tampered with.
    """
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), restval="")
    found: dict[str, Entry] = {}
    left_out: list[LeftOut] = []
    try:
        for number, row in enumerate(reader):
            if number == MAX_ROWS:
                raise InvalidError(f"The list has more than {MAX_ROWS} rows.")
            # What has no column of its own comes under None, as a list.
            cells = {
                name.lstrip("#").strip(): value.strip()
                for name, value in row.items()
                if name is not None
            }
            taken = _entry(cells, line=reader.line_num, own_hosts=own_hosts)
            if isinstance(taken, LeftOut):
                left_out.append(taken)
            elif taken is not None:
                found[taken.domain] = taken
    except csv.Error as error:
        raise InvalidError(
            f"The list cannot be read after line {reader.line_num}: {error}."
        ) from error
    return Parsed(tuple(found.values()), tuple(left_out))


def write(entries: Iterable[Entry]) -> str:
    """Return decisions as the CSV that Mastodon reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in entries:
        if one.severity in _TO_CSV:
            writer.writerow(
                [
                    one.domain,
                    _TO_CSV[one.severity],
                    one.reject_media,
                    one.reject_reports,
                    harmless(one.public_comment),
                    one.obfuscate,
                ]
            )
    return out.getvalue()


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (FED-104)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _text(data: bytes | str) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidError(f"The list has more than {MAX_BYTES // 1_048_576} MiB.")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise InvalidError(f"The list cannot be read: {error}") from error
    first = text.lstrip()[:200].lower()
    if first.startswith(("<", "{", "[")):
        raise InvalidError("That is not a CSV but a web page or another document.")
    return text


def _entry(
    row: dict[str, str], *, line: int, own_hosts: Collection[str]
) -> Entry | LeftOut | None:
    severity = row.get("severity", "") or "suspend"
    text = row.get("domain", "")
    if not text:
        raise InvalidError(
            f"line {line}: there is no domain. The first line names the columns."
        )
    if severity not in _FROM_CSV:
        raise InvalidError(f"line {line}: {severity!r} is neither suspend nor silence.")
    if text.strip("*. ") == "":
        return LeftOut(line, text, "would be about every server")
    try:
        domain = normalise_domain(text)
    except InvalidError as error:
        raise InvalidError(f"line {line}: {error}") from error
    if any(covers(domain, own) for own in own_hosts):
        return LeftOut(line, domain, "is this server itself, or what it is part of")
    if is_public_suffix(domain):
        return LeftOut(line, domain, "is what many others register their domains under")
    entry = Entry(
        domain,
        _FROM_CSV[severity],
        _flag(row, "reject_media"),
        _flag(row, "reject_reports"),
        _flag(row, "obfuscate"),
        row.get("public_comment", "")[:_MAX_COMMENT],
    )
    nothing = entry.severity == "normal" and not (entry.reject_media or entry.reject_reports)
    return None if nothing else entry


def _flag(row: dict[str, str], name: str) -> bool:
    return row.get(name, "").lower() in {"true", "1", "yes", "t"}
