"""What a letter that tells of several things looks like: plain text, and the same as HTML.

Without pictures, styles from elsewhere, and links that count who opens them (H2, H3).
"""

from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.postman import Letter
from webui.locales import direction_of
from webui.pages import environment
from webui.words import spoken_locale


class Item(Struct, frozen=True):
    """One thing that is told: a sentence, what was said, and where it stands on this server."""

    text: str
    href: str = ""
    quote: str = ""


class Sheet(Struct, frozen=True):
    """What a letter says, in the language that is spoken now."""

    subject: str
    intro: str
    items: tuple[Item, ...]
    after: tuple[Item, ...]
    """What is told below: where the rest is."""
    foot: tuple[str, ...]
    """Why it comes."""
    stop: str
    """What the link says that ends such letters."""


def letter(ctx: Context, sheet: Sheet, *, to: str, stop: str, cause: str) -> Letter:
    """Return a sheet as a letter; `stop` is the path that ends letters of its kind."""
    base = ctx.settings.base_url
    html = (
        environment()
        .get_template("letter.html")
        .render(
            sheet=sheet,
            base=base,
            stop=base + stop,
            language=spoken_locale(),
            direction=direction_of(spoken_locale()),
        )
    )
    text = "\n".join(_lines(sheet, base, base + stop))
    return Letter(to, sheet.subject, text, cause, html=html, stop=base + stop)


def _lines(sheet: Sheet, base: str, stop: str) -> list[str]:
    lines = [sheet.intro, ""]
    for item in (*sheet.items, *sheet.after):
        lines.append(item.text)
        if item.quote:
            lines.extend(f"> {line}" for line in item.quote.splitlines())
        if item.href:
            lines.append(base + item.href)
        lines.append("")
    # The mark of what is no part of the letter itself (RFC 3676, 4.3).
    lines += ["-- ", *sheet.foot, f"{sheet.stop}: {stop}", ""]
    return lines
