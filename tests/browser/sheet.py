"""A contact sheet of every page: `make sheet` writes it to `build/sheet`.

Each page is drawn at two widths and in four themes; `index.html` shows them all side by side,
and one PNG for each width and theme shows them on a look. Words behind the command choose
pages: `make sheet ARGS="settings"`.
"""

import asyncio
import re
import sys
import tempfile
from html import escape
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from fedi_k12.observe import set_up_logging
from fedi_k12.services import login
from fedi_k12.services.keys import generate_keys
from tests.browser.pages import Visit, visits
from tests.browser.town import open_town
from tests.browser.town_life import fill
from tests.browser.windows import NARROW, THEMES, WIDE, Windows
from tests.chromium import ARGUMENTS, CHROMIUM
from tests.conftest import PASSWORD

SHEET = Path("build/sheet")
THUMB, TALL, COLUMNS = 240, 420, 10


async def draw(words: list[str]) -> None:
    """Draw the pages whose visits hold one of the words, or all."""
    SHEET.mkdir(parents=True, exist_ok=True)
    chosen = [one for one in visits() if not words or any(word in str(one) for word in words)]
    if not chosen:
        raise SystemExit("No page is called so: give part of an address, or who looks at it.")
    keys, hashed = generate_keys(), login.hash_password(PASSWORD)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_town(Path(folder), None, keys, hashed) as town,
            async_playwright() as play,
        ):
            await fill(town)
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            windows = Windows(browser, town)
            for at, visit in enumerate(chosen, 1):
                await _draw_one(windows, visit)
                print(f"{at} of {len(chosen)}: {visit}", flush=True)
            await browser.close()
    _write(chosen)


async def _draw_one(windows: Windows, visit: Visit) -> None:
    window = await windows.of(visit.who, width=WIDE)
    await window.open(visit)
    for width in (WIDE, NARROW):
        await window.page.set_viewport_size({"width": width, "height": 800})
        for theme, media in THEMES.items():
            await window.page.emulate_media(**media)
            await window.page.screenshot(
                path=SHEET / _name(visit, width, theme), full_page=True
            )


def _name(visit: Visit, width: int, theme: str) -> str:
    said = re.sub(r"[^a-z0-9]+", "-", f"{visit} {theme}".lower()).strip("-")
    return f"{said}-{width}.png"


def _write(chosen: list[Visit]) -> None:
    """Write the sheets: one to open in a browser, and one picture for each way to look."""
    ways = [(width, theme) for width in (WIDE, NARROW) for theme in THEMES]
    rows = "".join(
        f"<tr><th>{escape(str(visit))}"
        + "".join(
            f'<td><a href="{_name(visit, *way)}"><img src="{_name(visit, *way)}" '
            f'width="{THUMB if way[0] == WIDE else THUMB // 2}" loading="lazy" alt=""></a>'
            for way in ways
        )
        for visit in chosen
    )
    (SHEET / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title>'
        "<h1>Every page</h1><table><tr><th>Page"
        + "".join(f"<th>{theme}, {width} px" for width, theme in ways)
        + rows
        + "</table>"
    )
    for width, theme in ways:
        high = -(-len(chosen) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * (THUMB + 8), high * (TALL + 8)), "#888")
        for at, visit in enumerate(chosen):
            with Image.open(SHEET / _name(visit, width, theme)) as page:
                scaled = page.convert("RGB").resize((THUMB, page.height * THUMB // page.width))
            place = (at % COLUMNS * (THUMB + 8), at // COLUMNS * (TALL + 8))
            sheet.paste(scaled.crop((0, 0, THUMB, min(TALL, scaled.height))), place)
        sheet.save(SHEET / f"sheet-{width}-{theme.replace(' ', '-')}.png")


if __name__ == "__main__":
    set_up_logging(style="text", level="error")
    asyncio.run(draw(sys.argv[1:]))
