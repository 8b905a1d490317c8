"""Bring the catalogues of translations up to date: `python -m tests.catalogue`.

Sentences are found where they are written: `_()` and `ngettext()` in templates, `words()`,
`counted()` and `marked()` in Python, the first argument of a refusal, and among the pages every
text that reads like one. What is new comes untranslated, what is no longer said goes.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PLACES = ("fedi_k12/domain", "fedi_k12/oauth", "fedi_k12/services", "fedi_k12/web", "webui")
TRANSLATIONS = ROOT / "webui" / "translations"
SINGLE = {"gettext", "marked", "words"}
PLURAL = {"counted", "ngettext"}
PREFIX = "Validation failed: "
"""Apps expect it before what a service says is wrong; pages leave it out."""
_READS_LIKE_ONE = re.compile(r"[A-Z][a-z']+( .*|[a-z]*[.…]?)|[A-Z] .*", re.DOTALL)
_NOT_SAID = {"Amazonbot", "Announce", "Cookie", "Create", "Follow", "Like", "Location", "Vary"}
_NO_PAGE = {"webui/assets.py", "webui/cap.py", "webui/times.py"}
"""What is in them is for programs, or for English alone."""

Sentence = str | tuple[str, str]


def sentences() -> dict[Sentence, list[tuple[str, int]]]:
    """Return every sentence that is said, and where."""
    found: dict[Sentence, list[tuple[str, int]]] = {}
    for place in PLACES:
        for file in sorted((ROOT / place).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            tree = ast.parse(file.read_text("utf-8"))
            for line, sentence in _in_python(
                tree, page=place == "webui" and name not in _NO_PAGE
            ):
                found.setdefault(sentence, []).append((name, line))
    for file in sorted((ROOT / "webui" / "templates").rglob("*.html")):
        for line, sentence, _comments, _context in extract_from_file("jinja2", str(file)):
            found.setdefault(sentence, []).append((str(file.relative_to(ROOT)), line))
    return found


def _in_python(tree: ast.AST, *, page: bool) -> Iterator[tuple[int, Sentence]]:
    silent = {id(node) for one in ast.walk(tree) for node in _not_said(one)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = [one.value for one in node.args[:2] if _is_text(one)]
            if name in PLURAL and len(said) == 2:
                silent |= {id(one) for one in node.args}
                yield node.lineno, (said[0], said[1])
            elif said and _is_text(node.args[0]) and (name in SINGLE or name.endswith("Error")):
                silent.add(id(node.args[0]))
                yield node.lineno, said[0].removeprefix(PREFIX)
        elif (
            page
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
            and node.value not in _NOT_SAID
            and _READS_LIKE_ONE.fullmatch(node.value)
        ):
            yield node.lineno, node.value


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a node and no sentence: descriptions, and parts of f-strings."""
    if isinstance(node, ast.Expr):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from node.values


def renewed(locale: str) -> Catalog:
    """Return a catalogue with everything that is said today, translated as far as it was."""
    path = TRANSLATIONS / f"{locale}.po"
    known = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=locale)
    fresh = Catalog(
        locale=locale,
        project="fedi-k12",
        charset="utf-8",
        fuzzy=False,
        # The file changes when its sentences do, and not each time somebody looks.
        creation_date=known.creation_date,
    )
    fresh.header_comment = "# What the pages of fedi-k12 say."
    for sentence, places in sentences().items():
        old = known.get(sentence if isinstance(sentence, str) else sentence[0])
        fresh.add(
            sentence,
            string=old.string if old is not None and type(old.id) is type(sentence) else "",
            locations=sorted({(file, None) for file, _line in places}),  # type: ignore[misc]
        )
    return fresh


def main() -> None:
    """Write the catalogues anew, or print what is untranslated."""
    for path in sorted(TRANSLATIONS.glob("*.po")):
        fresh = renewed(path.stem)
        with path.open("wb") as file:
            write_po(file, fresh, width=96, sort_output=True)
        missing = [one for one in fresh if one.id and not (one.string and all(one.string))]
        sys.stdout.write(f"{path.name}: {len(fresh)} sentences, {len(missing)} untranslated\n")


if __name__ == "__main__":
    main()
