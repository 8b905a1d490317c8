"""Long texts: Markdown with headings, tables and pictures as HTML."""

from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
    ["strikethrough", "table"]
)


def markdown_html(source: str) -> str:
    """Return Markdown as HTML, which is yet to be made safe."""
    return str(_markdown.render(source))
