"""Which hosts a server talks with, and how far: the rules, without the store."""

from collections.abc import Mapping
from typing import Literal

import idna
from msgspec import Struct

from fedi_k12.domain.errors import InvalidError

Severity = Literal["allow", "normal", "limit", "suspend"]
Mode = Literal["open", "allowlist", "off"]
Direction = Literal["both", "in", "out"]
SEVERITIES = ("allow", "normal", "limit", "suspend")
DIRECTIONS = ("both", "in", "out")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_MAX_NAME = 253


class HostRule(Struct, frozen=True):
    """What staff decided about a host and its subdomains (`*.a.b`: about subdomains alone)."""

    domain: str
    severity: str
    reject_media: bool = False
    reject_reports: bool = False
    no_followers_only: bool = False
    direction: str = "both"
    """Of an `allow` in allowlist mode: what is taken (`in`), what is sent (`out`), both."""


class HostDecision(Struct, frozen=True):
    """Whether we talk with a host, and how far; `why` is for logs and staff."""

    allowed: bool
    """Whether anything is asked of it at all; what it sends and is sent may be less."""
    limited: bool = False
    reject_media: bool = False
    reject_reports: bool = False
    no_followers_only: bool = False
    """Letters and what is for followers alone are not sent there."""
    takes: bool = True
    """Whether what it sends is taken."""
    sends: bool = True
    """Whether anything is sent to it."""
    why: str = ""


def decide_host(host: str, rules: Mapping[str, HostRule], *, mode: str) -> HostDecision:
    """Return whether we talk with `host` (its port does not matter).

    A suspension beats everything, but in open mode the explicit allow of `a.k12.st.us` beats
    the suspension of `k12.st.us`. In allowlist mode only what is named is talked with, or what
    is under a `*.k12.st.us` that somebody wrote; there a suspension beats every allow.
    """
    if mode == "off":
        return _refused("Federation is off.")
    names = lineage(host)
    decided = [rules[name] for name in names_asked(host) if name in rules]
    if mode == "allowlist":
        blocked = next((rule for rule in decided if rule.severity == "suspend"), None)
        if blocked is not None:
            return _refused(f"{blocked.domain} is blocked.")
        allow = next((rule for rule in decided if _admits(rule, names[0])), None)
        if allow is None:
            return _refused(f"{names[0]} is not on the list of allowed servers.")
        return _accepted(decided[0], allow.direction)
    if not decided:
        return HostDecision(allowed=True)
    # Only an allow excepts from a suspension of a shorter name; a limit does not.
    final = next((rule for rule in decided if rule.severity in {"allow", "suspend"}), None)
    if final is not None and final.severity == "suspend":
        return _refused(f"{final.domain} is blocked.")
    return _accepted(decided[0], "both")


def lineage(host: str) -> list[str]:
    """Return the host and every domain it is a subdomain of, the nearest first (FED-109)."""
    if host.startswith("["):
        return [host.lower().partition("]")[0] + "]"]
    name = host.lower().partition(":")[0].strip(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            return [name]
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def names_asked(host: str) -> list[str]:
    """Return the names of all rules that could be about a host, the nearest first."""
    first, *wider = lineage(host)
    found = [first]
    for name in wider:
        found += [f"*.{name}", name]
    return found


def normalise_domain(text: str) -> str:
    """Return a domain as it is compared: ASCII letters, lower case, no port, no final dot."""
    host = text.strip().lower().removeprefix("https://").partition("/")[0]
    host = host.partition(":")[0].strip(".").removeprefix("*.")
    try:
        name = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError as error:
        raise InvalidError(f"{text!r} is not a domain.") from error
    if not name or len(name) > _MAX_NAME or not set(name) <= _LETTERS or ".." in name:
        raise InvalidError(f"{text!r} is not a domain. Write it like mastodon.example.")
    return name


def rule_name(text: str, severity: str) -> str:
    """Return the name of a rule: an allow keeps the `*.` that somebody wrote before it."""
    name = normalise_domain(text)
    written = text.strip().lower().removeprefix("https://").startswith("*.")
    return f"*.{name}" if written and severity == "allow" else name


def covers(rule: str, host: str) -> bool:
    """Return whether a rule of this name is about a host."""
    return rule in names_asked(host)


def obfuscated(domain: str) -> str:
    """Return a domain with its middle hidden: one who knows it recognises it."""
    chars = list(domain)
    quarter = max(1, len(chars) // 4)
    for at in range(quarter, len(chars) - quarter):
        if chars[at] != ".":
            chars[at] = "*"
    return "".join(chars)


def _admits(rule: HostRule, host: str) -> bool:
    exact = not rule.domain.startswith("*.") and rule.domain == host
    return rule.severity == "allow" and (exact or rule.domain.startswith("*."))


def _accepted(rule: HostRule, direction: str) -> HostDecision:
    limited = rule.severity == "limit"
    return HostDecision(
        allowed=True,
        limited=limited,
        reject_media=rule.reject_media,
        reject_reports=rule.reject_reports,
        no_followers_only=rule.no_followers_only,
        takes=direction != "out",
        sends=direction != "in",
        why=f"{rule.domain} is limited." if limited else "",
    )


def _refused(why: str) -> HostDecision:
    return HostDecision(allowed=False, takes=False, sends=False, why=why)
