"""Pictures in the help: in the reader's language, described, and small."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from webui.help_pages import PICTURES, help_pictures
from webui.locales import LOCALES

HELP = Path(__file__).parents[2] / "webui" / "help"
NAMED = re.compile(r"!\[([^\]]*)\]\((?:\.\./)+static/help/\w+/(\w+)\.webp\)")
HEAVIEST = 70_000
"""Bytes of all pictures of a page: with all else it stays under what a page may weigh (H18)."""


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag == "img" and "/help/" in (dict(attributes).get("src") or ""):
            self.found.append(dict(attributes))


def pages():
    return sorted(HELP.rglob("*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(HELP)))
def test_every_picture_is_there_described_and_small(page):
    locale = page.parent.name if page.parent != HELP else "en"
    named = NAMED.findall(page.read_text("utf-8"))
    assert all(len(said) > 30 for said, _name in named)
    sizes = [(PICTURES / locale / f"{name}.webp").stat().st_size for _said, name in named]
    assert sum(sizes) <= HEAVIEST


def test_no_picture_is_drawn_in_vain():
    named = {
        f"help/{locale}/{name}.webp"
        for locale in LOCALES
        for page in (HELP if locale == "en" else HELP / locale).glob("*.md")
        for _said, name in NAMED.findall(page.read_text("utf-8"))
    }
    assert set(help_pictures()) == named


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_reader_sees_pictures_in_their_language(client, locale):
    answer = await client.get("/help/communication", headers={"Accept-Language": locale})
    page = Pictures()
    page.feed(await answer.text())
    assert len(page.found) >= 5
    for picture in page.found:
        assert f"/help/{locale}/" in picture["src"]
        # What has its room from the beginning moves nothing when it comes.
        assert int(picture["width"]) > 0 < int(picture["height"])
        shown = await client.get(picture["src"])
        assert (shown.status, shown.content_type) == (200, "image/webp")
        assert "immutable" in shown.headers["Cache-Control"]


async def test_what_is_no_picture_of_ours_is_not_served(client):
    for name in ("help/en/nothing.webp", "help/../app.css", "help/en/../../tokens.css"):
        answer = await client.get(f"/assets/0123456789ab/{name}")
        assert answer.status == 404
