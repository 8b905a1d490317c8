"""What others may do with a post: who may answer, quote or pass it on, and who asks first.

The words are those of FEP-044f and of GoToSocial's interaction policies.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

PUBLIC, FOLLOWERS, FOLLOWING, AUTHOR = "public", "followers", "following", "author"
MEMBERS = "members"
"""Whoever is on the author's own server; never said to others, who cannot be meant."""
GROUPS = frozenset({PUBLIC, FOLLOWERS, FOLLOWING, AUTHOR, MEMBERS})
MAX_NAMED = 20
"""So many ids that a policy names are kept."""


QUEUED = "queued"
"""Of an answer that waits at the desk of an official account, whose team looks at it first."""


class Interaction(StrEnum):
    """Something that others do with a post."""

    REPLY = "reply"
    QUOTE = "quote"
    BOOST = "boost"
    FAVOURITE = "favourite"


class Verdict(StrEnum):
    """What a policy says to one account, in the words of Mastodon's `quote_approval`."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """It speaks of accounts in a way that is not understood here: better not."""

    @property
    def possible(self) -> bool:
        """Whether it can be tried at all."""
        return self in {Verdict.AUTOMATIC, Verdict.MANUAL}


class Consent(StrEnum):
    """How far somebody's quote or answer has come with the author of what it is about."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"
    DELETED = "deleted"
    """What was quoted is gone."""


class Rule(Struct, frozen=True):
    """Who may do one thing at once, and who if the author agrees: groups, or accounts' ids."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()

    def stored(self) -> dict[str, object]:
        """Return the rule as it is kept."""
        return {"automatic": list(self.automatic), "manual": list(self.manual)}

    @classmethod
    def kept(cls, part: object) -> "Rule | None":
        """Return the rule that was kept, None for none."""
        if not isinstance(part, Mapping):
            return None
        return cls(_words(part.get("automatic")), _words(part.get("manual")))


class Policy(Struct, frozen=True):
    """The rules of a post; None where nothing is said of a thing."""

    reply: Rule | None = None
    quote: Rule | None = None
    boost: Rule | None = None
    favourite: Rule | None = None

    def rule(self, interaction: Interaction) -> Rule | None:
        """Return what is said of one thing."""
        found: Rule | None = getattr(self, interaction.value)
        return found

    def stored(self) -> dict[str, object] | None:
        """Return the policy as a post keeps it, None for one that says nothing."""
        said: dict[str, object] = {
            name: rule.stored()
            for name in self.__struct_fields__
            if (rule := self.rule(Interaction(name))) is not None
        }
        return said or None

    @classmethod
    def kept(cls, part: Mapping[str, object] | None, *, closed: bool = False) -> "Policy":
        """Return the policy that a post keeps; `closed`: it takes no answers at all."""
        rules = {
            name.value: rule
            for name in Interaction
            if (rule := Rule.kept((part or {}).get(name.value))) is not None
        }
        if closed:
            rules["reply"] = Rule((AUTHOR,))
        return cls(**rules)


class Standing(Struct, frozen=True):
    """How an account stands to the author of a post."""

    uri: str = ""
    is_author: bool = False
    follows_author: bool = False
    followed_by_author: bool = False
    is_member: bool = False
    """Both are of this server."""
    named: bool = False
    """The post names the account, or answers it."""


def verdict(interaction: Interaction, policy: Policy, standing: Standing) -> Verdict:
    """Return what a policy says to an account.

    Where nothing is said, everything goes but quoting: that needs a word from the author
    (FEP-044f). Whoever is named in a post, or answered by it, may always answer.
    """
    if standing.is_author or (interaction is Interaction.REPLY and standing.named):
        return Verdict.AUTOMATIC
    rule = policy.rule(interaction)
    if rule is None:
        return Verdict.DENIED if interaction is Interaction.QUOTE else Verdict.AUTOMATIC
    return judged(rule, standing)


def judged(rule: Rule, standing: Standing) -> Verdict:
    """Return what one rule says to an account."""
    if _means(rule.automatic, standing):
        return Verdict.AUTOMATIC
    if _means(rule.manual, standing):
        return Verdict.MANUAL
    strange = {*rule.automatic, *rule.manual} - GROUPS
    return Verdict.UNKNOWN if strange else Verdict.DENIED


def _means(named: tuple[str, ...], standing: Standing) -> bool:
    return (
        PUBLIC in named
        or (FOLLOWERS in named and standing.follows_author)
        or (FOLLOWING in named and standing.followed_by_author)
        or (MEMBERS in named and standing.is_member)
        or (bool(standing.uri) and standing.uri in named)
    )


REPLY_CHOICES = ("public", "ask", "followers", "nobody")
QUOTE_CHOICES = ("public", "ask", "followers", "nobody")
BOOST_CHOICES = ("public", "followers", "nobody")
_RULES: Mapping[Interaction, Mapping[str, Rule]] = {
    Interaction.REPLY: {
        "public": Rule((PUBLIC,)),
        "ask": Rule((FOLLOWERS, FOLLOWING, MEMBERS), (PUBLIC,)),
        "followers": Rule((FOLLOWERS, FOLLOWING)),
        "nobody": Rule((AUTHOR,)),
    },
    Interaction.QUOTE: {
        "public": Rule((PUBLIC,)),
        "ask": Rule((FOLLOWERS,), (PUBLIC,)),
        "followers": Rule((FOLLOWERS,)),
        "nobody": Rule((AUTHOR,)),
    },
    Interaction.BOOST: {
        "public": Rule((PUBLIC,)),
        "followers": Rule((FOLLOWERS,)),
        "nobody": Rule((AUTHOR,)),
    },
}


class Choices(Struct, frozen=True):
    """Who may do what with a post, as its author says it; None for as they usually do."""

    reply: str | None = None
    quote: str | None = None
    boost: str | None = None


def rule_for(interaction: Interaction, choice: str) -> Rule | None:
    """Return the rule that a member chose by a word, None for an unknown word."""
    return _RULES.get(interaction, {}).get(choice)


def choice_of(interaction: Interaction, policy: Policy) -> str:
    """Return the word for what a policy says of a thing, as members choose it."""
    rule = policy.rule(interaction)
    if rule is None:
        return "nobody" if interaction is Interaction.QUOTE else "public"
    found = [word for word, known in _RULES.get(interaction, {}).items() if known == rule]
    return found[0] if found else "nobody"


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
