"""Long texts: Markdown with headings, tables and pictures as HTML."""

from fedi_k12.domain.markdown import long_markdown


def markdown_html(source: str) -> str:
    """Return Markdown as HTML, which is yet to be made safe."""
    return str(long_markdown().render(source))
