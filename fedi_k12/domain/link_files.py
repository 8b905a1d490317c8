"""Bookmarks as files: the HTML that browsers, Diigo and Pinboard write, and Diigo's CSV (S-48).

The HTML is the "Netscape bookmark file", which has no standard: one `<A HREF TAGS ADD_DATE>`
for each link, a `<DD>` with its note, a `<H3>` for each folder. It is read as text, never as a
page: each mark is looked at once, so that a file made to be slow is not.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape, unescape
from itertools import chain, pairwise

from msgspec import Struct, field

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.links import (
    MAX_TITLE,
    LinkView,
    clean_note,
    clean_tags,
    clean_url,
)
from fedi_k12.domain.portability import MAX_BYTES, MAX_ROWS, Entry, Parsed, Unread
from fedi_k12.domain.text import clean_line

_MARK = re.compile(r"<(/?)(a|dt|dd|h3|dl)\b([^<>]*)>", re.IGNORECASE)
_OTHER_MARK = re.compile(r"<[^<>]*>")
_PART = re.compile(
    r"""(?<![\w-])([A-Za-z_-]{1,30})\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
_KNOWN = {
    "href", "tags", "add_date", "personal_toolbar_folder", "unfiled_bookmarks_folder",
}  # fmt: skip
_TAG = re.compile(r'"([^"]*)"|([^\s,"]+)')
_MAX_PARTS = 100_000
"""Letters of a mark that are looked at: some carry a picture."""
_CSV_NAMES = ("title", "url", "tags", "description", "comments", "created_at")
_NO_TAGS = {"no_tag", "no-tag"}
_SHOWN = 200
_HEAD = """\
<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""


class _Item(Struct):
    parts: dict[str, str]
    folder: str
    title: str = ""
    note: str = ""


class _Reading(Struct):
    """Where one is in a file."""

    items: list[_Item] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    coming: str = ""
    """The folder whose links come next."""


def parse_links(data: bytes) -> Parsed:
    """Return the links of a file, or raise `InvalidError` with what to do about it.

    What leads nowhere on the web comes back with the reason, and everything else is taken.
    """
    if len(data) > MAX_BYTES:
        raise InvalidError(f"The file has more than {MAX_BYTES // 1_048_576} MiB.")
    text = data.decode("utf-8-sig", "replace").replace("\0", "")
    rows = _of_html(text) if text.lstrip()[:1] == "<" else _of_csv(text)
    found: dict[str, Entry] = {}
    unread: list[Unread] = []
    for number, (address, title, note, tags, added) in enumerate(rows):
        if number >= MAX_ROWS:
            raise InvalidError(
                f"The file has more than {MAX_ROWS:,} links. Split it, and import one part "
                "after the other."
            )
        try:
            url = clean_url(address)
        except InvalidError as error:
            unread.append(Unread((address[:_SHOWN],), str(error)))
            continue
        found.setdefault(
            url,
            Entry(
                url,
                title=clean_line(title, MAX_TITLE),
                note=clean_note(note),
                tags=clean_tags(one for one in tags if one not in _NO_TAGS),
                added=added,
            ),
        )
    if not found:
        raise InvalidError("There is no link to a web page in the file.")
    return Parsed("links", tuple(found.values()), tuple(unread))


def write_links(links: Iterable[LinkView]) -> str:
    """Return links as the HTML that browsers and Diigo read."""
    lines = []
    for one in links:
        added = int(one.added_at.timestamp())
        tags = f' TAGS="{escape(",".join(one.tags))}"' if one.tags else ""
        title = escape(one.title or one.url)
        lines.append(
            f'<DT><A HREF="{escape(one.url)}" ADD_DATE="{added}" PRIVATE="1"{tags}>{title}</A>'
        )
        if one.note:
            lines.append(f"<DD>{escape(one.note)}")
    return _HEAD + "".join(f"{line}\n" for line in lines) + "</DL><p>\n"


_Row = tuple[str, str, str, Sequence[str], float | None]
"""Address, title, note, tags, when it was kept."""


def _of_html(text: str) -> Iterator[_Row]:
    state = _Reading()
    for mark, following in pairwise(chain(_MARK.finditer(text), (None,))):
        end = following.start() if following is not None else len(text)
        if mark is not None:
            _see(state, mark, text[mark.end() : end])
        if len(state.items) > MAX_ROWS:
            break
    for item in state.items:
        tags = [*item.parts.get("tags", "").split(","), item.folder]
        added = _moment(item.parts.get("add_date", ""))
        yield item.parts["href"], item.title, item.note, tags, added


def _see(state: _Reading, mark: re.Match[str], after: str) -> None:
    """Take in a mark and the text after it."""
    closing, name = mark[1], mark[2].lower()
    if name == "dl":
        if closing:
            state.folders = state.folders[:-1]
        elif len(state.folders) < _SHOWN:
            state.folders.append(state.coming)
        state.coming = ""
    elif closing:
        return
    elif name == "h3":
        parts = _parts(mark[3])
        # The bars of browsers are no subject of anybody's.
        own = not {"personal_toolbar_folder", "unfiled_bookmarks_folder"} & set(parts)
        state.coming = _plain(after) if own else ""
    elif name == "a":
        parts = _parts(mark[3])
        if "href" in parts:
            folder = state.folders[-1] if state.folders else ""
            state.items.append(_Item(parts, folder, _plain(after)))
    elif name == "dd" and state.items:
        state.items[-1].note = _plain(after, lines=True)


def _parts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _PART.finditer(text[:_MAX_PARTS].replace("\n", " ")):
        name = part[1].lower()
        if name in _KNOWN:
            found.setdefault(name, unescape(part[2] or part[3] or part[4] or ""))
    return found


def _plain(text: str, *, lines: bool = False) -> str:
    bare = unescape(_OTHER_MARK.sub("", text)).strip()
    return bare if lines else " ".join(bare.split())


def _of_csv(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n"), newline=""))
    try:
        head = [cell.strip().casefold() for cell in next(reader, [])]
        at = {name: head.index(name) for name in _CSV_NAMES if name in head}
        if "url" not in at:
            raise InvalidError(
                "That is neither a file of bookmarks (HTML) nor the CSV that Diigo writes."
            )
        for row in reader:
            cells = {name: row[place] for name, place in at.items() if place < len(row)}
            if not cells.get("url", "").strip():
                continue
            tags = [one[0] or one[1] for one in _TAG.findall(cells.get("tags", ""))]
            notes = (cells.get("description", ""), cells.get("comments", ""))
            note = "\n\n".join(filter(None, (one.strip() for one in notes)))
            added = _moment(cells.get("created_at", ""))
            yield cells["url"], cells.get("title", ""), note, tags, added
    except csv.Error as error:
        raise InvalidError(
            f"The file cannot be read after line {reader.line_num}: {error}."
        ) from error


def _moment(text: str) -> float | None:
    """Return when a link was kept, in seconds since 1970; None for what is no such moment."""
    said = text.strip()
    if said.isascii() and said.isdigit() and len(said) <= 16:  # noqa: PLR2004 - microseconds
        number = float(said)
        for unit in (1, 1e3, 1e6):
            if 0 < number / unit < 4e9:  # noqa: PLR2004 - until 2096
                return number / unit
        return None
    try:
        found = datetime.fromisoformat(said.removesuffix(" UTC"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
