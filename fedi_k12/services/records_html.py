"""Records to be read by people: one plain, accessible page for each thread."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from fedi_k12.domain.records import moment
from fedi_k12.domain.redaction import REASONS
from fedi_k12.domain.sanitise import safe_html
from storage.records import Kept

_WAYS = {"in": "came in", "out": "went out", "here": "done here"}
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    "<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
)
_FOOT = "</main>\n</body>\n</html>\n"


def thread_page(path: Path, *, title: str, records: Iterable[tuple[Kept, bytes | None]]) -> int:
    """Write a page of records, each with the bytes that may be shown; return how many."""
    number = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(title=escape(title)))
        file.write("<ol>\n")
        for kept, body in records:
            file.write(f"<li>\n{_article(kept, body)}</li>\n")
            number += 1
        file.write("</ol>\n")
        file.write(_FOOT)
    return number


def index_page(path: Path, *, title: str, threads: Sequence[tuple[str, str, int]]) -> None:
    """Write the page that leads to those of the threads: (file, what it is about, records)."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(title=escape(title)))
        file.write("<ul>\n")
        for name, about, number in threads:
            file.write(
                Markup('<li><a href="{}">{}</a> ({} records)</li>\n').format(
                    name, about, number
                )
            )
        file.write("</ul>\n")
        file.write(_FOOT)


def _article(kept: Kept, body: bytes | None) -> str:
    entry = kept.entry
    heading = Markup("<article>\n<h2>Record {}: {}, {}</h2>\n").format(
        entry.seq, entry.kind, _WAYS.get(entry.direction, entry.direction)
    )
    when = moment(entry.at)
    facts = Markup(
        '<dl>\n<dt>When</dt><dd><time datetime="{}">{}</time></dd>\n'
        "<dt>Who</dt><dd>{}</dd>\n<dt>About</dt><dd>{}</dd>\n"
    ).format(when, when, entry.person or "the command line", entry.object_id)
    if kept.hash:
        facts += Markup("<dt>Hash</dt><dd><code>{}</code></dd>\n").format(kept.hash)
    for reason in kept.redacted:
        facts += Markup("<dt>Left out [{}]</dt><dd>{}</dd>\n").format(reason, REASONS[reason])
    facts += Markup("</dl>\n")
    return str(heading + facts + _words(body)) + _files(entry.media) + "</article>\n"


def _words(body: bytes | None) -> Markup:
    if body is None:
        return Markup("<p>Its bytes were disposed of when their time was over.</p>\n")
    try:
        document = json.loads(body)
    except ValueError:
        return Markup("<pre>{}</pre>\n").format(body.decode("utf-8", "replace"))
    thing = document.get("object") if isinstance(document, dict) else None
    shown = thing if isinstance(thing, dict) else document
    parts = Markup("")
    if isinstance(shown, dict):
        for name in ("name", "summary", "content"):
            if isinstance(shown.get(name), str) and shown[name]:
                parts += _block(shown, name)
    if not parts:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        parts = Markup("<pre>{}</pre>\n").format(text)
    return parts


def _block(shown: dict[str, Any], name: str) -> Markup:
    # Sanitised anew: what came in is not believed because it was kept.
    return Markup("<div>{}</div>\n").format(Markup(safe_html(shown[name])))  # noqa: S704


def _files(media: Sequence[str]) -> str:
    if not media:
        return ""
    items = Markup("").join(
        Markup('<li><a href="../media/{}">{}</a></li>').format(key, key) for key in media
    )
    return f"<ul>{items}</ul>\n"
