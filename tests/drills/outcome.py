"""What came of a drill, and how it is shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import fill


@dataclass
class Outcome:
    """What was done to a server, and what came of it."""

    drill: str
    done: str
    """What was done to it."""
    store: str = "SQLite"
    acknowledged: int = 0
    """Writes that were answered 200 or 202, and deliveries owed for them."""
    lost: list[str] = field(default_factory=list)
    """Of these, what was not found afterwards."""
    twice: list[str] = field(default_factory=list)
    """What took effect more than once."""
    again: int = 0
    """Deliveries that came a second time, which whoever gets them knows by their ids."""
    refused: Counter[int] = field(default_factory=Counter)
    """Answers that were no acknowledgement, by status; 0 where there was no connection."""
    slowest: float = 0.0
    """Seconds that the longest answer took."""
    recovered: float | None = None
    """Seconds from the end of the trouble to the next write that was acknowledged."""
    ready: list[str] = field(default_factory=list)
    """What `/readyz` said meanwhile, each once."""
    log: list[str] = field(default_factory=list)
    """What the log said of it, each once."""
    wrong: list[str] = field(default_factory=list)
    """What should not have been: an answer of 500, silence, no word of what is wrong."""
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, nothing done twice, and the server recovered."""
        return not (self.lost or self.twice or self.wrong) and self.recovered is not None


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes under one another."""
    heads = ("drill", "store", "acknowledged", "lost", "twice", "again", "refused", "slowest",
             "recovered", "passed")  # fmt: skip
    rows = [heads, *(_cells(one) for one in outcomes)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = []
    for row, one in zip(rows, [None, *outcomes], strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        if one is not None:
            lines += _words(one)
    return "\n".join(lines)


def _cells(one: Outcome) -> tuple[str, ...]:
    refused = " ".join(f"{status}:{number}" for status, number in sorted(one.refused.items()))
    return (
        one.drill,
        one.store,
        str(one.acknowledged),
        str(len(one.lost)) if one.lost else "nothing",
        str(len(one.twice)) if one.twice else "nothing",
        str(one.again),
        refused or "-",
        f"{one.slowest:.2f} s",
        "NOT" if one.recovered is None else f"{one.recovered:.1f} s",
        "yes" if one.passed else "NO",
    )


def _words(one: Outcome) -> list[str]:
    parts = [("done", one.done)]
    parts += [("/readyz", said) for said in one.ready]
    parts += [("log", said) for said in one.log]
    parts += [("figures", ", ".join(f"{name} {n:g}" for name, n in one.figures.items()))]
    parts += [("WRONG", said) for said in one.wrong]
    parts += [("LOST", said) for said in one.lost[:3]]
    parts += [("TWICE", said) for said in one.twice[:3]]
    return [
        fill(f"{name}: {said}", 110, initial_indent="    ", subsequent_indent="        ")
        for name, said in parts
        if said
    ]
