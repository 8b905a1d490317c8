"""axe-core, the checks of accessibility, run inside pages: https://github.com/dequelabs/axe-core.

Without npm on the machine what needs it is not collected; the head of the run says so.
"""

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from playwright.async_api import Page

PACKAGE = "axe-core@4.14.1"
NPM = shutil.which("npm")
COLOURS = ("color-contrast-enhanced", "link-in-text-block")
"""What depends on the theme; all other rules find the same in each."""
_OPTIONS = {
    "resultTypes": ["violations", "incomplete"],
    "preload": False,
    "rules": {
        # 7:1 (WCAG 2.2's 1.4.6), which asks for all that 4.5:1 (1.4.3) does, and takes as long.
        "color-contrast-enhanced": {"enabled": True},
        "color-contrast": {"enabled": False},
        # Labels that say what stands on them (2.5.3), and 24 px for what is touched (2.5.8).
        "label-content-name-mismatch": {"enabled": True},
        "target-size": {"enabled": True},
    },
}
_RUN = """async options => {
  const found = await axe.run(document, options);
  const said = results => results.map(rule => ({
    id: rule.id, impact: rule.impact, help: rule.help, tags: rule.tags,
    nodes: rule.nodes.map(node => ({
      target: node.target.join(" "), html: node.html.slice(0, 200),
      summary: node.failureSummary })),
  }));
  return { violations: said(found.violations), incomplete: said(found.incomplete),
           version: found.testEngine.version };
}"""


def install(folder: Path) -> str:
    """Return the source of axe-core, fetched with npm into a folder."""
    (folder / "package.json").write_text("{}")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", PACKAGE],
        cwd=folder,
        check=True,
        timeout=200,
        capture_output=True,
    )
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


async def look(page: Page, *, colours: bool = False) -> dict[str, Any]:
    """Return what axe finds wrong in a page, and what it cannot decide.

    With `colours` only the rules run that depend on the theme.
    """
    options = {**_OPTIONS, "runOnly": list(COLOURS)} if colours else _OPTIONS
    return dict(await page.evaluate(_RUN, options))


@dataclass
class Report:
    """What was found on which page, for people to read and to keep."""

    pages: list[dict[str, Any]] = field(default_factory=list)

    def add(self, page: str, mode: str, found: dict[str, Any]) -> list[str]:
        """Note what was found; return a line for each violation."""
        self.pages.append({"page": page, "mode": mode, **found})
        return [
            f"{mode}: {rule['id']} ({rule['help']}): {node['target']} {node['html']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def write(self, folder: Path, name: str) -> None:
        """Write the report as JSON and as a page."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(asdict(self), indent=1))
        (folder / f"{name}.html").write_text(self._page())

    def _page(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(one['page'])}<td>{escape(one['mode'])}"
            f"<td>{_said(one['violations'])}<td>{_said(one['incomplete'])}"
            for one in sorted(self.pages, key=lambda one: (one["page"], one["mode"]))
        )
        wrong = sum(bool(one["violations"]) for one in self.pages)
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Accessibility</title>'
            f"<h1>Accessibility of every page</h1><p>{PACKAGE}: {len(self.pages)} looks, "
            f"{wrong} with violations. All rules run in light at each width; in the other "
            f"themes those of colour do ({', '.join(COLOURS)}).</p>"
            "<table border=1><tr><th>Page<th>Mode<th>Violations<th>To be judged by people"
            f"{rows}</table>"
        )


def _said(rules: list[dict[str, Any]]) -> str:
    return "<br>".join(
        f"{escape(rule['id'])} × {len(rule['nodes'])}: "
        f"<code>{escape(rule['nodes'][0]['target'])}</code>"
        for rule in rules
    )
