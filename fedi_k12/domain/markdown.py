"""The readers of Markdown: of posts, and of long texts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@cache
def short_markdown() -> MarkdownIt:
    """Return what reads a post."""
    return _reader("strikethrough")


@cache
def long_markdown() -> MarkdownIt:
    """Return what reads a long text: with tables, too."""
    return _reader("strikethrough", "table")


def _reader(*more: str) -> MarkdownIt:
    # Loaded with the first Markdown: sixty modules, which many a server starts without.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(list(more))
