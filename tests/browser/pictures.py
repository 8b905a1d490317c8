"""Draw the pictures of the help pages from the pages themselves: `make pictures`.

They show what the help speaks of, in each language of the pages, as a phone shows it in light
colors. They are kept with the code; whoever changes a page that is shown draws them anew.
"""

import asyncio
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from fedi_k12.observe import set_up_logging
from fedi_k12.services import login
from fedi_k12.services.keys import generate_keys
from tests.browser.pages import Visit
from tests.browser.town import open_town
from tests.browser.town_life import fill
from tests.browser.windows import CHROMIUM, Windows
from tests.conftest import PASSWORD
from webui.help_pages import PICTURES
from webui.locales import LOCALES

WIDTH, COLORS = 440, 32
SHOWN: dict[str, tuple[Visit, str, int]] = {
    "speak": (Visit("voice", "/speak?account={official}"), "main", 480),
    "banner": (Visit("speaker", "/home"), "body", 640),
    "review": (Visit("member", "/approvals/{waiting}"), "main", 760),
    "app": (
        Visit(
            "member",
            "/oauth/authorize?client_id={app}&redirect_uri=https://app.example/"
            "&response_type=code&scope=read",
        ),
        "main",
        560,
    ),
    "deleted": (Visit("member", "/deletions/{deleted}"), "main", 640),
}
"""By name: where it is to be seen, from which part of the page on, and how tall."""


async def draw() -> None:
    """Draw all pictures anew, in every language."""
    keys, hashed = generate_keys(), login.hash_password(PASSWORD)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_town(Path(folder), None, keys, hashed) as town,
            async_playwright() as play,
        ):
            await fill(town)
            browser = await play.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            windows = Windows(browser, town)
            for locale in LOCALES:
                (PICTURES / locale).mkdir(parents=True, exist_ok=True)
                for name, (visit, part, tall) in SHOWN.items():
                    window = await windows.of(
                        visit.who, width=WIDTH, locale=locale, color_scheme="light"
                    )
                    await window.open(visit)
                    # So tall that nothing stays at its lower edge, over what is shown.
                    await window.page.set_viewport_size({"width": WIDTH, "height": 3000})
                    box = await window.page.locator(part).first.bounding_box()
                    assert box is not None
                    clip = {"x": 0, "y": box["y"], "width": WIDTH, "height": tall}
                    shot = await window.page.screenshot(clip=clip)
                    _keep(PICTURES / locale / f"{name}.webp", shot)
            await browser.close()


def _keep(path: Path, shot: bytes) -> None:
    with Image.open(io.BytesIO(shot)) as picture:
        # Pages are letters on few colors: so they are sharp, and half as large as a photo.
        few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).convert("RGB")
    few.save(path, "WEBP", lossless=True, method=6)
    print(f"{path.parent.name}/{path.name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    set_up_logging(style="text", level="error")
    asyncio.run(draw())
