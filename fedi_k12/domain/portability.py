"""What members take along: lists of accounts, hosts and posts as CSV, in Mastodon's form.

The columns are those of https://docs.joinmastodon.org/user/moving/#export and of the files that
Mastodon writes; files of other programs, with other separators or without a head, are read too.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import normalise_host, parse_handle
from fedi_k12.domain.spreadsheet import plain_cell
from fedi_k12.domain.urls import host_of

Kind = Literal["following", "blocks", "mutes", "domain_blocks", "lists", "bookmarks", "links"]
KINDS: tuple[Kind, ...] = (
    "following", "lists", "mutes", "blocks", "domain_blocks", "bookmarks", "links",
)  # fmt: skip
MAX_BYTES = 8_388_608
MAX_ROWS = 20_000
"""As Mastodon takes them."""
MAX_CELL = 2_500
ACCOUNT, HIDE, BOOSTS = "Account address", "Hide notifications", "Show boosts"
NOTIFY, LANGUAGES, LIST, DOMAIN, URI, URL = (
    "Notify on new posts", "Languages", "List name", "#domain", "#uri", "url",
)  # fmt: skip
HEADS: Mapping[Kind, tuple[str, ...]] = {
    "following": (ACCOUNT, BOOSTS, NOTIFY, LANGUAGES),
    "blocks": (ACCOUNT,),
    "mutes": (ACCOUNT, HIDE),
    "domain_blocks": (DOMAIN,),
    "lists": (LIST, ACCOUNT),
    "bookmarks": (URI,),
    "links": (URL,),
}
WITH_HEAD: frozenset[str] = frozenset({"following", "mutes", "followers", "links"})
"""Mastodon writes the others without one."""
FILES: Mapping[str, str] = {
    "following": "following_accounts.csv",
    "followers": "followers.csv",
    "lists": "lists.csv",
    "mutes": "muted_accounts.csv",
    "blocks": "blocked_accounts.csv",
    "domain_blocks": "blocked_domains.csv",
    "bookmarks": "bookmarks.csv",
    "links": "links.html",
}
"""What can be taken along, and the names under which Mastodon offers it; links are our own."""
_GIVEAWAYS: Mapping[str, Kind] = {
    HIDE: "mutes", BOOSTS: "following", NOTIFY: "following", LIST: "lists",
    DOMAIN: "domain_blocks", URI: "bookmarks",
}  # fmt: skip
_CALLED: Mapping[Kind, str] = {
    "following": "of those whom somebody follows",
    "blocks": "of blocked people",
    "mutes": "of muted people",
    "domain_blocks": "of blocked servers",
    "lists": "of lists",
    "bookmarks": "of saved posts",
    "links": "of links",
}
_LOCAL = re.compile(r"[A-Za-z0-9_.-]+")
_TRUE, _FALSE = {"true", "1", "t", "yes"}, {"false", "0", "f", "no"}


class Entry(Struct, frozen=True):
    """One row of a file: an account's handle without @, a host, or an address."""

    subject: str
    host: str = ""
    """The server to be asked; empty for this one, and where none has to be."""
    list_title: str = ""
    show_boosts: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] = ()
    hide_notifications: bool | None = None
    title: str = ""
    """Of a link; so are the next ones."""
    note: str = ""
    tags: tuple[str, ...] = ()
    added: float | None = None
    """When it was kept, in seconds since 1970."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two rows the same wish."""
        return self.list_title, self.subject.lower()


class Unread(Struct, frozen=True):
    """A row that is no wish anybody could fulfil, and why."""

    cells: tuple[str, ...]
    """One for each of the kind's `HEADS`."""
    why: str


class Parsed(Struct, frozen=True):
    """A file that has been read; the same wish said twice stands here once."""

    kind: Kind
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...]


def parse(data: bytes, *, kind: Kind, own_hosts: Collection[str]) -> Parsed:
    """Return what a file wishes for, or raise `InvalidError` with what to do about it."""
    rows = _rows(_text(data))
    if not rows:
        raise InvalidError("The file is empty.")
    if len(rows) > MAX_ROWS:
        raise InvalidError(
            f"The file has more than {MAX_ROWS:,} lines. Split it, and import one part after "
            "the other."
        )
    at = _columns(rows[0], kind)
    if at is not None:
        rows = rows[1:]
    at = at or {name: number for number, name in enumerate(HEADS[kind])}
    found: dict[tuple[str, str], Entry] = {}
    unread: list[Unread] = []
    for row in rows:
        try:
            entry = _entry(row, at, kind, own_hosts)
        except InvalidError as error:
            cells = tuple(_cell(row, at, name)[:200] for name in HEADS[kind])
            unread.append(Unread(cells, str(error)))
        else:
            found.setdefault(entry.key, entry)
    if not found:
        why = f" The first line: {unread[0].why}" if unread else ""
        raise InvalidError(f"Nothing in the file is a line {_CALLED[kind]}.{why}")
    return Parsed(kind, tuple(found.values()), tuple(unread))


def write(kind: str, entries: Iterable[Entry]) -> str:
    """Return entries as the file that Mastodon writes of them; `kind` may be `followers`."""
    rows = [_cells(kind, entry) for entry in entries]
    head = (ACCOUNT,) if kind == "followers" else HEADS[kind]  # type: ignore[index]  # the other is a Kind
    return _written([head, *rows] if kind in WITH_HEAD else rows)


def write_failures(kind: Kind, failed: Iterable[tuple[Entry | Sequence[str], str]]) -> str:
    """Return what could not be done, and why, as a file that can be imported again.

    Rows that were never understood come as the cells that they were.
    """
    rows = [
        (*(_cells(kind, what) if isinstance(what, Entry) else what), why)
        for what, why in failed
    ]
    return _written([(*HEADS[kind], "Reason"), *rows])


def _written(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([plain_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _cells(kind: str, entry: Entry) -> tuple[str, ...]:
    match kind:
        case "following":
            return (
                entry.subject,
                _word(entry.show_boosts is not False),
                _word(entry.notify is True),
                ", ".join(entry.languages),
            )
        case "mutes":
            return (entry.subject, _word(entry.hide_notifications is not False))
        case "lists":
            return (entry.list_title, entry.subject)
        case _:
            return (entry.subject,)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidError(f"The file has more than {MAX_BYTES // 1_048_576} MiB.")
    if data.startswith(b"PK"):
        raise InvalidError(
            "That is an archive or a spreadsheet's own file. Choose one of the CSV files in "
            "it, or save the spreadsheet as CSV."
        )
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(
            "The file is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."
        ) from error
    if "\0" in text:
        raise InvalidError("The file holds bytes that no CSV has. Is it another kind of file?")
    if text.lstrip()[:1] in {"<", "{", "["}:
        raise InvalidError("That is not a CSV but a web page or another document.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(text: str) -> list[list[str]]:
    first = text.lstrip("\n").partition("\n")[0]
    separator = next((mark for mark in ("\t", ";") if mark in first and "," not in first), ",")
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                found.append(cells)
            if len(found) > MAX_ROWS + 1:
                break
    except csv.Error as error:
        raise InvalidError(
            f"The file cannot be read after line {reader.line_num}: {error}."
        ) from error
    return found


def _columns(first: Sequence[str], kind: Kind) -> dict[str, int] | None:
    """Return where each column stands by the head of a file, None for one without a head."""
    known = {name.casefold(): name for heads in HEADS.values() for name in heads}
    at = {
        known[cell.casefold()]: number
        for number, cell in enumerate(first)
        if cell.casefold() in known
    }
    if not at:
        return None
    needed = {LIST, ACCOUNT} if kind == "lists" else {HEADS[kind][0]}
    other = next((_GIVEAWAYS[name] for name in at if name in _GIVEAWAYS), kind)
    if other != kind or not needed <= set(at):
        what = f"a file {_CALLED[other]}" if other != kind else "another kind of file"
        raise InvalidError(f"That looks like {what}, not like one {_CALLED[kind]}.")
    return at


def _entry(
    row: Sequence[str], at: Mapping[str, int], kind: Kind, own_hosts: Collection[str]
) -> Entry:
    def cell(name: str) -> str:
        return _cell(row, at, name)

    if max(map(len, row)) > MAX_CELL:
        raise InvalidError("A cell is far too long.")
    if kind == "domain_blocks":
        return Entry(_host(cell(DOMAIN)))
    if kind == "bookmarks":
        address = cell(URI)
        if not address.startswith(("https://", "http://")):
            raise InvalidError(f"“{address[:80]}” is not the address of a post.")
        return Entry(address, host_of(address))
    handle = parse_handle(cell(ACCOUNT), own_hosts=own_hosts)
    if handle.host is None and not _LOCAL.fullmatch(handle.username):
        raise InvalidError(f"“{cell(ACCOUNT)[:80]}” is not a handle.")
    subject = handle.username + (f"@{handle.host}" if handle.host else "")
    title = " ".join(cell(LIST).split()) if kind == "lists" else ""
    if kind == "lists" and not title:
        raise InvalidError("There is no name of a list.")
    return Entry(
        subject,
        handle.host or "",
        list_title=title[:255],
        show_boosts=_flag(cell(BOOSTS)),
        notify=_flag(cell(NOTIFY)),
        languages=tuple(_tags(cell(LANGUAGES))),
        hide_notifications=_flag(cell(HIDE)),
    )


def _cell(row: Sequence[str], at: Mapping[str, int], name: str) -> str:
    number = at.get(name, len(row))
    text = row[number] if number < len(row) else ""
    # What was guarded against spreadsheets, here or by others, is what it was before.
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text


def _host(text: str) -> str:
    host = normalise_host(text)
    if "." not in host:
        raise InvalidError(f"“{text[:80]}” is not a server.")
    return host


def _tags(text: str) -> list[str]:
    words = (word.strip().lower() for word in text.split(","))
    return [word for word in words if word and word.replace("-", "").isalnum()][:50]


def _flag(text: str) -> bool | None:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None
