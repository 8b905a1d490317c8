"""Read the files of translations: PO, as GNU gettext's manual describes it (section 3).

Babel reads them, too, but looks up for it what it knows of languages: 5 MB, at each start.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain


def messages(lines: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each sentence of a file, without its head, and its translation.

    One with a plural has a translation for each form that the language knows. What nobody has
    translated yet, or not in all forms, is left out.
    """
    fields: dict[str, list[str]] = {}
    name = ""
    # Line by line: all at once they are twice as large as what is kept of them.
    for line in chain(map(str.strip, lines), ("",)):
        if line.startswith('"'):
            fields[name].append(_said(line))
        elif line and not line.startswith("#"):
            name, _, words = line.partition(" ")
            fields[name] = [_said(words)]
        elif fields:
            # A comment begins the next one as well as an empty line does.
            message = "".join(fields["msgid"])
            forms = tuple("".join(fields[one]) for one in fields if one.startswith("msgstr"))
            if message and all(forms):
                yield message, forms
            fields = {}


def _said(quoted: str) -> str:
    # What C writes with a backslash in our files (\n, \", \\, \t) JSON writes in the same way.
    return str(json.loads(quoted))
