"""Which test proves which row of the protocol table: `python -m tests.rows`.

The table lists what a server of the fediverse has to understand and send, section by
section (discovery, actors, signatures, delivery, …). A test or a test module that proves a row
cites it in its docstring: `Row 1.12 "Moderation".` Every row that we promise is listed here;
the script prints row and tests, and fails where a row has none.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent
ROWS: Mapping[str, tuple[str, ...]] = {
    "1.1": (
        "WebFinger acct:",
        "Resource forms accepted",
        "Reverse check",
        "Split domain",
        "FEP-2c59 webfinger on actor",
        "host-meta",
        "NodeInfo",
        "Server (application) actor",
        "FEP-844e capabilities",
        "Actor content negotiation",
        "Activity intents",
        "FEDERATION.md",
    ),
    "1.2": (
        "Types out",
        "Types in",
        "Required fields out",
        "Required fields in",
        "Profile fields",
        "Author attribution",
    ),
    "1.3": (
        "draft-cavage-12 out, POST",
        "cavage out, GET",
        "Query quirk",
        "cavage in",
        "Clock",
        "keyId shapes",
        "Key to actor binding",
        "Key rotation",
        "Deleted sender",
        "RFC 9421 in",
        "RFC 9421 out, double-knock",
        "Authorised fetch (secure mode)",
        "Followers-only fetch",
    ),
    "1.4": (
        "Actor keys (Multikey)",
        "Proofs out",
        "Proofs in",
        "LD signatures",
        "@context out",
        "Context caching",
    ),
    "1.5": (
        "Shared inbox",
        "Dedup",
        "Delivery queue",
        "Self-inflicted storms",
        "Followers sync",
        "Inbox forwarding",
        "Fetch rules",
        "Collections",
        "Dead peers",
    ),
    "1.6": (
        "Levels out",
        "Levels in",
        "Local-only",
        "bto/bcc",
    ),
    "1.7": (
        "Note",
        "Article (long form)",
        "Page",
        "Question",
        "Event",
        "Image / Document / Album",
        "Others",
        "HTML in",
        "HTML out",
        "Content maps / language",
        "Summary / sensitive",
        "Mention",
        "Hashtag",
        "Emoji",
        "Attachments",
        "Licence (OER)",
    ),
    "1.8": (
        "Follow / Accept / Reject",
        "Locked accounts",
        "Remove follower / soft-block",
        "Block",
        "Announce",
        "Undo",
        "Like",
        "Emoji reactions",
        "Flag",
        "Update",
        "Edit history",
        "Delete / Tombstone",
        "Add / Remove pins",
        "Move",
    ),
    "1.9": (
        "outbox",
        "replies",
        "likes / shares",
        "Featured collections",
        "Lists of members",
    ),
    "1.10": (
        "Poll out",
        "Voting",
        "Results",
    ),
    "1.11": (
        "Read quotes",
        "Authorised quotes out",
        "Authorised quotes in",
        "canReply/canLike/canAnnounce",
        "Approval UI",
    ),
    "1.12": (
        "Group actor",
        "Posting to group",
        "Distribution",
        "Receiving group Announce",
        "Moderation",
        "Membership",
        "Forum / tree limits",
        "NodeBB / Discourse",
        "Upvote semantics",
    ),
    "1.13": (
        "context",
        "Backfill",
        "Profile backfill",
    ),
    "1.14": (
        "discoverable, indexable",
        "searchableBy",
        "Relays",
    ),
    "1.15": (
        "Event out",
        "Event in",
        "RSVP",
        "Attendee privacy",
        "Mastodon fallback",
    ),
    "1.16": (
        "PeerTube follow",
        "Pixelfed",
    ),
    "1.17": (
        "Domain policies",
        "Allowlist mode",
        "Shared lists",
        "CSAM / hash",
    ),
    "1.18": (
        "Outbox POST",
        "OAuth discovery",
        "proxyUrl",
        "uploadMedia",
        "Mastodon client API",
    ),
    "1.19": ("Direct messages honesty",),
    "1.20": (
        "RSS/Atom per actor, tag, group",
        "oEmbed / OpenGraph",
        "robots / AI opt-out",
        "AT Protocol via Bridgy Fed",
    ),
}
OTHERS: Mapping[str, tuple[str, ...]] = {
    "1.2": (
        "Memorial / suspended flags",
        "Staff / role display",
        "Private instances of profile",
    ),
    "1.3": (
        "Accept-Signature",
        "OpenWebAuth",
    ),
    "1.5": ("Error replies",),
    "1.6": ("Circles/classes",),
    "1.7": (
        "Video / Audio",
        "BookWyrm",
        "Source",
        "Link card",
    ),
    "1.8": (
        "Resolve reports",
        "Featured tags",
        "Undelete/restore",
        "Post migration",
    ),
    "1.10": ("Hidden totals",),
    "1.11": ("Older reply flags",),
    "1.12": (
        "Private groups",
        "Hashtag groups / Guppe",
    ),
    "1.13": ("Reply removal reach",),
    "1.14": (
        "FEP-5e53 opt-out signals",
        "FASP (Fediverse Auxiliary Service Providers)",
        "Hashtag follow",
        "Trends",
    ),
    "1.15": ("Invites",),
    "1.16": (
        "Castopod/Funkwhale",
        "Live stream",
    ),
    "1.17": (
        "Labels / annotations",
        "moderatedBy, moderator inbox",
        "Warn (Lemmy)",
    ),
    "1.18": ("Streaming",),
    "1.19": (
        "E2EE (MLS over AP)",
        "LOLA / data portability",
        "Portable objects (ap://)",
    ),
    "1.20": (
        "WebSub, Salmon, OStatus",
        "diaspora*",
    ),
}
"""Rows that may be cited, and that nobody has to have."""
_CITED = re.compile(r'Rows? (1\.\d+) ((?:"[^"]+"(?:, | and )?)+)')


def cited() -> dict[tuple[str, str], list[str]]:
    """Return, by row, the tests that say they prove it."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in sorted(HERE.rglob("test_*.py")):
        for name, words in docstrings(path):
            for section, names in _CITED.findall(" ".join(words.split())):
                for row in re.findall(r'"([^"]+)"', names):
                    found[section, row].append(f"{path.relative_to(HERE)}{name}")
    return found


def unknown() -> list[str]:
    """Return citations of rows that are not in the list: misspelt, so they prove nothing."""
    may = {
        (section, row)
        for listed in (ROWS, OTHERS)
        for section, rows in listed.items()
        for row in rows
    }
    return [
        f'{section} "{row}" ({", ".join(tests)})'
        for (section, row), tests in cited().items()
        if (section, row) not in may
    ]


def missing() -> list[str]:
    """Return the rows that no test cites."""
    found = cited()
    return [
        f'{section} "{row}"'
        for section, rows in ROWS.items()
        for row in rows
        if (section, row) not in found
    ]


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Return the docstrings of a file of tests: its own under "", and those of its tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in ast.walk(tree) if _is_test(node)]
    if tests:
        yield "", ast.get_docstring(tree) or ""
    for node in tests:
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield f"::{node.name}", ast.get_docstring(node) or ""


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
        "test_"
    )


def main() -> int:
    """Print row and tests; return 1 where a row has none."""
    found = cited()
    for section, rows in ROWS.items():
        for row in rows:
            tests = found.get((section, row), [])
            print(f"{section:5} {row:38} {', '.join(tests[:3]) or 'NO TEST'}")
    gaps = [*missing(), *(f"not a row: {item}" for item in unknown())]
    for gap in gaps:
        print(f"gap: {gap}", file=sys.stderr)
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
