"""Read and write `interactionPolicy` (FEP-044f, GoToSocial): who may do what with a post."""

from collections.abc import Mapping

from federation.vocab import values
from federation.vocab.values import PUBLIC as PUBLIC_ID
from federation.vocab.values import PUBLIC_NAMES, Json
from fedi_k12.domain.approvals import (
    AUTHOR,
    FOLLOWERS,
    FOLLOWING,
    MAX_NAMED,
    PUBLIC,
    Interaction,
    Policy,
    Rule,
)
from fedi_k12.domain.posts import Visibility

PROPERTIES: Mapping[Interaction, str] = {
    Interaction.REPLY: "canReply",
    Interaction.QUOTE: "canQuote",
    Interaction.BOOST: "canAnnounce",
    Interaction.FAVOURITE: "canLike",
}
_TO_OTHERS = {Interaction.QUOTE, Interaction.BOOST}
_AUTOMATIC = ("automaticApproval", "always")
_MANUAL = ("manualApproval", "approvalRequired")
"""GoToSocial's names since 0.20 and FEP-044f's, then the older ones."""


def parse_policy(raw: Json) -> Policy:
    """Return what a post says of itself; accounts and collections are still their ids."""
    said = raw.get("interactionPolicy")
    if not isinstance(said, Mapping):
        return Policy()
    rules = {
        interaction.value: Rule(_ids(part, _AUTOMATIC), _ids(part, _MANUAL))
        for interaction, name in PROPERTIES.items()
        if isinstance(part := said.get(name, said.get(f"gts:{name}")), Mapping)
    }
    return Policy(**rules)


def feature_rule(
    raw: Json, *, author: str, followers: str | None, following: str | None
) -> Rule | None:
    """Return who may put an actor into collections (`canFeature`, FEP-7aa9), None for no word.

    A part that names nobody at all is no word either, as JSON-LD cannot tell the two apart.
    """
    said = raw.get("interactionPolicy")
    part = said.get("canFeature") if isinstance(said, Mapping) else None
    if not isinstance(part, Mapping):
        return None
    rule = Rule(_ids(part, _AUTOMATIC), _ids(part, _MANUAL))
    if not rule.automatic and not rule.manual:
        return None
    return _known(rule, _groups(author, followers, following))


def build_feature_policy(rule: Rule, *, author: str) -> dict[str, object]:
    """Return the `interactionPolicy` of a member: who may put them into collections."""
    ids = {PUBLIC: PUBLIC_ID, AUTHOR: author}
    automatic = [ids[word] for word in rule.automatic]
    return {"canFeature": {"automaticApproval": automatic, "manualApproval": []}}


def understood(
    policy: Policy, *, author: str, followers: str | None, following: str | None
) -> Policy:
    """Return the policy with what its author's collections are called here."""
    groups = _groups(author, followers, following)
    rules = (policy.rule(one) for one in Interaction)
    return Policy(*(rule and _known(rule, groups) for rule in rules))


def build_policy(
    policy: Policy, *, visibility: Visibility, author: str, followers: str, following: str
) -> dict[str, object]:
    """Return the `interactionPolicy` of a post of ours: only what is really held to here.

    What is not for everybody is quoted and passed on by its author alone, whatever was chosen.
    """
    ids = {PUBLIC: PUBLIC_ID, FOLLOWERS: followers, FOLLOWING: following, AUTHOR: author}
    alone = Rule((AUTHOR,))
    narrow = visibility.breadth < Visibility.UNLISTED.breadth
    said: dict[str, object] = {}
    for interaction, name in PROPERTIES.items():
        rule = policy.rule(interaction)
        if rule is None and interaction is Interaction.QUOTE:
            rule = alone
        if narrow and rule is not None and interaction in _TO_OTHERS:
            rule = alone
        if rule is not None:
            said[name] = {
                "automaticApproval": [ids[word] for word in rule.automatic if word in ids],
                "manualApproval": [ids[word] for word in rule.manual if word in ids],
            }
    return said


def _groups(author: str, followers: str | None, following: str | None) -> dict[str, str]:
    groups = dict.fromkeys(PUBLIC_NAMES, PUBLIC) | {author: AUTHOR}
    groups |= {followers: FOLLOWERS} if followers else {}
    groups |= {following: FOLLOWING} if following else {}
    return groups


def _known(rule: Rule, groups: Mapping[str, str]) -> Rule:
    return Rule(
        tuple(groups.get(uri, uri) for uri in rule.automatic),
        tuple(groups.get(uri, uri) for uri in rule.manual),
    )


def _ids(part: Json, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        found = values.ids(part.get(name, part.get(f"gts:{name}")), limit=MAX_NAMED)
        if found:
            return found
    return ()
