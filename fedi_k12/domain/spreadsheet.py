"""Tables for spreadsheets: words stay words, whatever they begin with (FED-104)."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV that Excel, too, reads as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([plain_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def plain_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = "".join(letter for letter in text if letter.isprintable() or letter in "\t\n")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
