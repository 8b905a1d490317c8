"""Which test proves which demand of schools: `python -m tests.demands`.

Capabilities (`S-37`) and requirements (`R-8`) come from what educators and districts ask for. A
test or a module of tests that proves one cites its number in the docstring. What is built is
listed in `DONE`; the script prints number and tests, and fails where one has none.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

from tests.rows import docstrings

HERE = Path(__file__).parent
DONE = (
    "R-13",
    "R-14",
    "R-16",
    "R-17",
    "R-18",
    "R-31",
    "R-35",
    "R-36",
    "R-4",
    "R-43",
    "R-44",
    "R-45",
    "R-11",
    "R-33",
    "R-46",
    "R-47",
    "R-48",
    "R-51",
    "R-49",
    "R-8",
    "R-12",
    "R-15",
    "R-19",
    "R-21",
    "R-22",
    "R-30",
    "R-32",
    "S-39",
    "R-9",
    "R-34",
    "R-10",
    "R-53",
    "R-54",
    "R-55",
    "S-20",
    "S-21",
    "S-24",
    "R-50",
    "S-35",
    "S-36",
    "S-15",
    "S-17",
    "S-18",
    "S-19",
    "S-22",
    "S-23",
    "S-25",
    "R-59",
    "S-37",
    "S-38",
    "S-40",
    "S-41",
    "S-42",
    "S-43",
    "S-45",
    "S-46",
    "S-47",
    "S-44",
    "S-48",
    "S-49",
)
_NUMBER = re.compile(r"\b([SR]-\d+)\b")


def cited() -> dict[str, list[str]]:
    """Return, by number, the tests that say they prove it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(HERE.rglob("test_*.py")):
        for name, words in docstrings(path):
            for number in sorted(set(_NUMBER.findall(words))):
                found[number].append(f"{path.relative_to(HERE)}{name}")
    return found


def missing() -> list[str]:
    """Return the numbers that are said to be done and that no test cites by name."""
    found = cited()
    return [
        number for number in DONE if not any("::" in test for test in found.get(number, ()))
    ]


def main() -> int:
    """Print number and tests; return 1 where one that is done has none."""
    found = cited()
    for number in sorted({*DONE, *found}, key=lambda one: (one[0], int(one[2:]))):
        tests = found.get(number, [])
        print(f"{number:5} {', '.join(tests[:3]) or 'NO TEST'}")
    for number in missing():
        print(f"gap: {number}", file=sys.stderr)
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
