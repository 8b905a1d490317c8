"""Draw the pictures of the help pages from the pages themselves: `make pictures`.

They show what the help speaks of, in each language of the pages, as a phone shows it in light
colors. They are kept with the code; whoever changes a page that is shown draws them anew.
"""

import asyncio
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import FloatRect, async_playwright

from fedi_k12.domain.posts import Draft
from fedi_k12.observe import set_up_logging
from fedi_k12.services import acting, login, posts
from fedi_k12.services.keys import generate_keys
from tests.browser.pages import Visit
from tests.browser.town import Town, open_town
from tests.browser.town_life import fill
from tests.browser.windows import Window, Windows
from tests.chromium import ARGUMENTS, CHROMIUM
from tests.conftest import PASSWORD
from webui.help_pages import PICTURES
from webui.locales import LOCALES

WIDTH, COLORS = 440, 32


@dataclass(frozen=True, slots=True)
class Shot:
    """Where something is to be seen, from which part of the page on, and how tall."""

    visit: Visit
    part: str
    tall: int
    typed: Mapping[str, str] = field(default_factory=dict)
    """What stands in fields, by selectors: the page is in any language."""
    ticked: str = ""


SHOWN: dict[str, Shot] = {
    # First, while what it shows still holds: other servers are told soon.
    "held": Shot(Visit("speaker", "/@lincoln_elementary/{held}"), "main", 500),
    "speak": Shot(Visit("voice", "/speak?account={official}"), "main", 480),
    "banner": Shot(Visit("speaker", "/home"), "body", 640),
    "review": Shot(Visit("member", "/approvals/{waiting}"), "main", 760),
    "returning": Shot(
        Visit("tom", "/approvals/{waiting}"),
        "section:has(#decide-head)",
        420,
        {"#f-comment": "Please leave out the name and the room."},
    ),
    "desk": Shot(Visit("speaker", "/desk/{question}"), "main", 960),
    "digest": Shot(
        Visit("member", "{digest_desk}"),
        "main",
        775,
        {"[name^=line-]": "Look at what grade 4 built."},
        "[name^=in-]",
    ),
    "app": Shot(
        Visit(
            "member",
            "/oauth/authorize?client_id={app}&redirect_uri=https://app.example/"
            "&response_type=code&scope=read",
        ),
        "main",
        560,
    ),
    "deleted": Shot(Visit("member", "/deletions/{deleted}"), "main", 640),
}


async def draw() -> None:
    """Draw all pictures anew, in every language."""
    keys, hashed = generate_keys(), login.hash_password(PASSWORD)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_town(Path(folder), None, keys, hashed) as town,
            async_playwright() as play,
        ):
            await fill(town)
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            windows = Windows(browser, town)
            for locale in LOCALES:
                (PICTURES / locale).mkdir(parents=True, exist_ok=True)
                await _hold(town)
                for name, shot in SHOWN.items():
                    window = await windows.of(
                        shot.visit.who, width=WIDTH, locale=locale, color_scheme="light"
                    )
                    _keep(PICTURES / locale / f"{name}.webp", await _take(window, shot))
            await browser.close()


async def _hold(town: Town) -> None:
    """Let the school publish what it could still take back."""
    given = {
        "member_id": town.people["sal"].actor.member_id,
        "account_id": int(town.places["official"]),
    }
    actor = await town.see(acting.actor_for, **given)
    draft = Draft("Open house on Thursday at six. Come and see the robots!")
    number = await town.do(posts.publish, actor=actor, draft=draft, hold_seconds=90)
    town.places["held"] = str(number)


async def _take(window: Window, shot: Shot) -> bytes:
    await window.open(shot.visit)
    page = window.page
    for box_of, text in shot.typed.items():
        await page.locator(box_of).first.fill(text)
    if shot.ticked:
        await page.locator(shot.ticked).first.check()
    await page.evaluate("() => document.activeElement.blur()")
    # So tall that nothing stays at its lower edge, over what is shown.
    await page.set_viewport_size({"width": WIDTH, "height": 3000})
    box = await page.locator(shot.part).first.bounding_box()
    assert box is not None
    clip: FloatRect = {"x": 0, "y": box["y"], "width": WIDTH, "height": shot.tall}
    return await page.screenshot(clip=clip)


def _keep(path: Path, shot: bytes) -> None:
    with Image.open(io.BytesIO(shot)) as picture:
        # Pages are letters on few colors: so they are sharp, and half as large as a photo.
        few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).convert("RGB")
    few.save(path, "WEBP", lossless=True, method=6)
    print(f"{path.parent.name}/{path.name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    set_up_logging(style="text", level="error")
    asyncio.run(draw())
