"""What holds for every page, as functions that run inside it: each returns what is wrong."""

from playwright.async_api import Page

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
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - wide;
  if (over <= 0) return [];
  const inner = element => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
  };
  const found = [...document.querySelectorAll("body *")].filter(element => {
    const box = element.getBoundingClientRect();
    return (box.right > wide + 0.5 || box.left < -0.5) && box.width > 1 && !inner(element);
  });
  return [`${over} px wider than ${wide}: ` + found.slice(-2).map(
    element => element.outerHTML.slice(0, 120)).join(" … ")];
}"""
_TOO_SMALL = """() => [...document.querySelectorAll(
    "button, summary, select, input, textarea, nav a, a.btn, a.act")]
  .map(element => [element, element.closest("label") ?? element])
  .filter(([element, touched]) => touched.checkVisibility() && element.type !== "hidden")
  .map(([element, touched]) => [element, touched.getBoundingClientRect()])
  .filter(([element, box]) => box.width > 2 && (box.height < 43.5 || box.width < 43.5))
  .map(([element, box]) =>
    `${box.width | 0}×${box.height | 0} px: ${element.outerHTML.slice(0, 90)}`)"""

_OUT_OF_BOX = """() => [...document.querySelectorAll("main *, .aside *, .masthead *")]
  .filter(element => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
  .filter(element => element.checkVisibility())
  // Sheets reach over the margin of a small screen, on purpose.
  .filter(element => !element.querySelector(".sheet, .tabs"))
  .filter(element => {
    const style = getComputedStyle(element);
    return style.overflowX === "visible" && !style.display.startsWith("inline");
  })
  .slice(-2).map(element => `${element.scrollWidth} px in ${element.clientWidth}: ` +
    element.outerHTML.slice(0, 160))"""


async def wider(page: Page) -> list[str]:
    """Return what makes the page wider than its window."""
    return list(await page.evaluate(_TOO_WIDE))


async def small(page: Page) -> list[str]:
    """Return what is touched and smaller than 44 px: buttons and controls, links of menus."""
    return list(await page.evaluate(_TOO_SMALL))


async def pale(page: Page) -> list[str]:
    """Return words whose contrast is under 7:1 (WCAG 2.2's 1.4.6), large ones too."""
    return list(await page.evaluate(PALE))


async def out_of_box(page: Page) -> list[str]:
    """Return what is wider than the box that it stands in, and neither moves nor is cut."""
    return list(await page.evaluate(_OUT_OF_BOX))
