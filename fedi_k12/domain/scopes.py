"""OAuth scopes as Mastodon names them: https://docs.joinmastodon.org/api/oauth-scopes/."""

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import marked, words

_PARTS = {
    "read": (
        "accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows",
        "lists", "mutes", "notifications", "search", "statuses",
    ),
    "write": (
        "accounts", "blocks", "bookmarks", "collections", "conversations", "favourites",
        "filters", "follows", "lists", "media", "mutes", "notifications", "reports", "statuses",
    ),
    "admin:read": (
        "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks",
        "email_domain_blocks", "canonical_email_blocks",
    ),
    "admin:write": (
        "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks",
        "email_domain_blocks", "canonical_email_blocks",
    ),
}  # fmt: skip
_FOLLOW = frozenset(
    f"{verb}:{part}" for verb in ("read", "write") for part in ("blocks", "follows", "mutes")
)
SCOPES: tuple[str, ...] = (
    "profile",
    "follow",
    "push",
    *(
        name
        for parent, parts in _PARTS.items()
        for name in (parent, *(f"{parent}:{p}" for p in parts))
    ),
)
"""Every scope there is, for the server's metadata (RFC 8414)."""
DEFAULT = "read"
ADMIN = frozenset(name for name in SCOPES if name.startswith("admin:"))

PLAIN_WORDS = {
    "read": marked("read everything of your account, letters too"),
    "write": marked("post, reply, and change everything of your account"),
    "follow": marked("follow, mute and block people for you"),
    "push": marked("send you notifications"),
    "profile": marked("know your name and picture"),
    "admin:read": marked("read what moderators read"),
    "admin:write": marked("do what moderators do"),
}
"""What a scope allows, said to a person."""
_VERBS = {
    "read": marked("read your %(things)s"),
    "write": marked("change your %(things)s"),
    "admin:read": marked("as a moderator, read %(things)s"),
    "admin:write": marked("as a moderator, change %(things)s"),
}
_THINGS = {
    "accounts": marked("accounts"),
    "blocks": marked("blocks"),
    "bookmarks": marked("saved posts"),
    "canonical_email_blocks": marked("blocks of e-mail addresses"),
    "collections": marked("collections"),
    "conversations": marked("letters"),
    "domain_allows": marked("allowed servers"),
    "domain_blocks": marked("blocked servers"),
    "email_domain_blocks": marked("blocks of e-mail domains"),
    "favourites": marked("recommendations"),
    "filters": marked("filters"),
    "follows": marked("follows"),
    "ip_blocks": marked("blocked networks"),
    "lists": marked("lists"),
    "media": marked("pictures and films"),
    "mutes": marked("mutes"),
    "notifications": marked("notifications"),
    "reports": marked("reports"),
    "search": marked("searches"),
    "statuses": marked("posts"),
}


def parse_scopes(text: str) -> frozenset[str]:
    """Return the scopes that a space-separated list names; raise `InvalidError` for others."""
    names = frozenset(text.replace("+", " ").split()) or frozenset({DEFAULT})
    unknown = sorted(names - set(SCOPES))
    if unknown:
        raise InvalidError(f"The requested scope is invalid: {unknown[0][:80]}")
    return names


def covers(granted: frozenset[str], needed: str) -> bool:
    """Return whether the granted scopes include the needed one; a parent includes its parts."""
    if needed in granted:
        return True
    parent, _, part = needed.rpartition(":")
    if parent and parent in granted:
        return True
    if needed == "profile":
        return covers(granted, "read:accounts")
    return bool(part) and needed in _FOLLOW and "follow" in granted


def all_covered(granted: frozenset[str], wanted: frozenset[str]) -> bool:
    """Return whether each of `wanted` is included in what was granted."""
    return all(covers(granted, name) for name in wanted)


def in_order(scopes: frozenset[str]) -> str:
    """Return scopes as one text, in the order of the documentation."""
    return " ".join(name for name in SCOPES_IN_WORDS if name in scopes)


SCOPES_IN_WORDS = (
    "read",
    "write",
    *(name for name in SCOPES if name not in {"read", "write"}),
)


def in_plain_words(scopes: frozenset[str]) -> list[tuple[str, str]]:
    """Return (scope, what it allows) for the consent page."""
    rows = []
    for name in SCOPES_IN_WORDS:
        if name in scopes:
            verb, _, part = name.rpartition(":")
            rows.append((name, PLAIN_WORDS.get(name) or _words_for_part(verb, part)))
    return rows


def _words_for_part(verb: str, part: str) -> str:
    return words(_VERBS[verb], things=words(_THINGS[part]))
