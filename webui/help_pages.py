"""Pages of help: files of Markdown, with pictures of the pages that they speak of."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from webui.locales import USUAL
from webui.pages import asset
from webui.words import spoken_locale

PICTURES = Path(str(files("webui"))) / "static" / "help"
"""By language: `en/speak.webp`. `python -m tests.browser.pictures` draws them anew."""
_PICTURE = re.compile(
    r'<p><img src="(?:\.\./)+static/(help/\w+/\w+\.webp)" alt="([^"]+)" /></p>'
)


def help_pictures() -> list[str]:
    """Return the names of all pictures, as `asset` takes them."""
    return sorted(f"help/{path.parent.name}/{path.name}" for path in PICTURES.glob("*/*.webp"))


def help_in(name: str) -> tuple[str, Markup]:
    """Return a page of help in the reader's language, or in English where there is none."""
    locale = spoken_locale()
    if not (files("webui") / "help" / locale / f"{name}.md").is_file():
        locale = USUAL
    return locale, _help(locale, name)


@cache
def _help(locale: str, name: str) -> Markup:
    place = files("webui") / "help"
    text = ((place if locale == USUAL else place / locale) / f"{name}.md").read_text("utf-8")
    # Who reads no help needs neither this nor what knows the size of its pictures.
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Links between the files lead to pages here.
    html = reader.render(text).replace('.md"', '"').replace(".md#", "#")
    # Names of settings are long: a narrow column breaks them between their parts.
    html = re.sub(
        r"<td><code>([A-Z0-9_]+)</code>",
        lambda found: f"<td><code>{found[1].replace('_', '_<wbr>')}</code>",
        html,
    )
    html = _PICTURE.sub(lambda found: _figure(found[1], found[2]), html)
    return Markup(html)  # noqa: S704 - our own words; HTML in them is off


def _figure(name: str, said: str) -> str:
    """Return a picture that takes its room before it is there."""
    from PIL import Image

    with Image.open(PICTURES.parent / name) as picture:
        width, height = picture.size
    return (
        f'<p class="seen"><img src="{asset(name)}" alt="{said}" '
        f'width="{width}" height="{height}" loading="lazy" decoding="async"></p>'
    )
