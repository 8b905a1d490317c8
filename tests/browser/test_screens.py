"""Pages as a browser shows them: no scripts, on small screens and in the dark."""

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts, signup

pytestmark = pytest.mark.timeout(120)

VISITOR = ("/", "/about", "/help/operators", "/@maya", "/@maya/{post}", "/auth/sign_in",
           "/invite/{invite}", "/nothing/here")  # fmt: skip
MEMBER = ("/home", "/@tom", "/@maya/{post}", "/write", "/settings", "/settings/reading",
          "/settings/appearance",
          "/settings/files", "/settings/security", "/settings/filters/new",
          "/settings/notifications", "/notifications", "/search?q=clay",
          "/posts/{post}/edit")  # fmt: skip
WIDER = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
PALE = """() => {
  const canvas = document.createElement("canvas"); canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const seen = (colour, ground) => {
    pen.clearRect(0, 0, 1, 1);
    if (ground) { pen.fillStyle = ground; pen.fillRect(0, 0, 1, 1); }
    pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(
      v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (seen(colour)[3] === 255) return colour;
    }
    return "#fff";
  };
  const pale = [];
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const box = element.getBoundingClientRect();
    if (!words || box.width < 2 || element.closest("svg")) continue;
    const under = ground(element);
    const one = light(seen(getComputedStyle(element).color, under));
    const other = light(seen(under));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 7) pale.push(`${ratio.toFixed(1)} ${element.tagName} ${element.className} ` +
                             element.textContent.trim().slice(0, 40));
  }
  return pale;
}"""
SMALL = """() => [...document.querySelectorAll("button, summary, select, input")]
  .map(e => [e, e.closest("label") ?? e])
  .map(([e, touched]) => [e, touched.getBoundingClientRect()])
  .filter(([e, box]) => box.width > 2 && (box.height < 43.5 || box.width < 43.5))
  .map(([e, box]) => `${e.outerHTML.slice(0, 60)} ${box.width}×${box.height}`)"""


@pytest.fixture
async def places(ctx, maya, tom) -> dict[str, str]:
    async def publish(member, text: str, **draft) -> int:
        return await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, visibility=Visibility.PUBLIC, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    long = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
    post = await publish(maya, f"Clay https://example.org/{'a' * 120} {long} #clay")
    reply = await publish(tom, "@maya Yes.", in_reply_to_id=post)
    deep = await publish(maya, "@tom No.", in_reply_to_id=reply)
    await publish(tom, "@maya Well.", in_reply_to_id=deep, summary="A note")
    invite = await ctx.write(signup.create_invite, actor=None, now=ctx.clock())
    return {"post": str(post), "invite": invite}


def open_to(who: str) -> tuple[str, ...]:
    return MEMBER if who else VISITOR


@pytest.mark.parametrize("who", ["", "maya"], ids=["visitor", "member"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_is_wider_than_the_screen(look, places, who, width):
    page, _troubles = await look(width=width, name=who, scripts=True)
    wide = {}
    for path in open_to(who):
        await page.goto(path.format(**places))
        wide[path] = await page.evaluate(WIDER)

    assert {path: extra for path, extra in wide.items() if extra > 0} == {}


@pytest.mark.parametrize("who", ["", "maya"], ids=["visitor", "member"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_word_can_be_read(look, places, who, dark):
    """Contrast of 7:1 at least, WCAG 2.2's 1.4.6."""
    page, _troubles = await look(dark=dark, name=who, scripts=True)
    pale = {}
    for path in open_to(who):
        await page.goto(path.format(**places))
        pale[path] = await page.evaluate(PALE)

    assert {path: words for path, words in pale.items() if words} == {}


@pytest.mark.parametrize("who", ["", "maya"], ids=["visitor", "member"])
async def test_what_is_touched_is_large_enough(look, places, who):
    page, _troubles = await look(width=390, name=who, scripts=True)
    small = {}
    for path in open_to(who):
        await page.goto(path.format(**places))
        small[path] = await page.evaluate(SMALL)

    assert {path: things for path, things in small.items() if things} == {}


@pytest.mark.parametrize("who", ["", "maya"], ids=["visitor", "member"])
async def test_the_browser_refuses_nothing_and_asks_nobody_else(look, places, who):
    page, troubles = await look(name=who, scripts=True)
    for path in open_to(who):
        if path != "/nothing/here":
            await page.goto(path.format(**places))

    assert troubles == []


async def test_the_first_key_leads_past_the_navigation(look, places):
    page, _troubles = await look(name="maya")
    await page.goto("/home")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    assert page.url.endswith("#main")


async def test_a_morning_without_scripts(look, maya, tom):
    """Sign in, write, be answered, answer, and go: everything with forms alone."""
    page, _troubles = await look(name="maya", width=390)
    await page.get_by_label("Your post").fill("What did the clay teach you?")
    await page.get_by_label("Who can read it").select_option("public")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url("**/@maya/*")
    where = page.url

    other, _troubles = await look(name="tom")
    await other.goto(where)
    await other.get_by_role("button", name="Recommend", exact=True).click()
    await other.locator("#f-text").fill("@maya One cuts, the other chooses.")
    await other.locator("#reply").get_by_role("button", name="Reply").click()
    await other.wait_for_url("**/@tom/*")

    await page.goto("/notifications")
    words = await page.get_by_role("main").inner_text()
    await page.goto(where)
    thread = await page.get_by_role("main").inner_text()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/")

    assert "Tom recommends your post" in words
    assert "One cuts, the other chooses." in words
    assert "One cuts, the other chooses." in thread
    assert await page.get_by_role("link", name="Sign in").count() >= 1
