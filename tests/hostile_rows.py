"""Which test sends which hostile input: `python -m tests.hostile_rows`.

The inputs that broke other servers have numbers, FED-1 to FED-112. A test that sends one names
it in its name (`test_fed_27_…`), in the id of a case (`"FED-3 by another than its signer"`) or
in its docstring (`FED-31.`). The script prints number and tests, and fails where one has none.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
LAST = 112
OPEN: frozenset[int] = frozenset()
"""Not tested yet: whoever tests one takes it out."""
_NAMED = re.compile(r"\bFED-(\d+)|(?:^|_)fed_(\d+)")


def named() -> dict[int, list[str]]:
    """Return, by number, the tests that send that input."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(HERE.rglob("test_*.py")):
        for name, words in _said(ast.parse(path.read_text(encoding="utf-8"))):
            for one, other in _NAMED.findall(words):
                place = f"{path.relative_to(HERE)}{name}"
                if place not in found[int(one or other)]:
                    found[int(one or other)].append(place)
    return found


def missing() -> list[int]:
    """Return the numbers that no test names."""
    found = named()
    return [number for number in range(1, LAST + 1) if number not in found]


def _said(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield where something is said in a file of tests, and the words: names and strings."""
    for node in tree.body:
        here = ""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            here = f"::{node.name}"
            yield here, node.name
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield here, inner.value


def main() -> int:
    """Print number and tests; return 1 where one has none."""
    found = named()
    for number in range(1, LAST + 1):
        print(f"FED-{number:<4} {', '.join(found.get(number, [])[:3]) or 'NO TEST'}")
    gaps = missing()
    print(f"gaps: {', '.join(map(str, gaps)) or 'none'}", file=sys.stderr)
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
