"""Quote, ShallowQuote and QuoteApproval: https://docs.joinmastodon.org/entities/Quote/."""

from collections.abc import Callable

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.approvals import (
    AUTHOR,
    FOLLOWERS,
    FOLLOWING,
    GROUPS,
    PUBLIC,
    Interaction,
    Policy,
    Rule,
    Standing,
    Verdict,
    choice_of,
)
from fedi_k12.domain.collections import may_feature
from fedi_k12.domain.posts import Allowed, PostView, QuoteView

Entity = dict[str, object]
_SAID = (PUBLIC, FOLLOWERS, FOLLOWING)


def quote(
    view: QuoteView | None, status: Callable[[PostView], Entity], *, inside: bool
) -> Entity | None:
    """Return the Quote of a post; `inside` another quote it is a ShallowQuote."""
    if view is None:
        return None
    if inside:
        shown = str(view.post_id) if view.post_id is not None else None
        return {"state": view.state, "quoted_status_id": shown}
    return {
        "state": view.state,
        "quoted_status": status(view.post) if view.post is not None else None,
    }


def approval(allowed: Allowed) -> Entity:
    """Return the QuoteApproval of a post: who may quote it, and what that is for the viewer."""
    rule = allowed.policy.quote
    return {
        "automatic": _words(rule.automatic) if rule is not None else [],
        "manual": _words(rule.manual) if rule is not None else [],
        "current_user": allowed.quote.value,
    }


def feature_approval(view: AccountView) -> Entity:
    """Return a FeatureApproval: who may put an account into collections, as it says itself."""
    rule = view.featuring
    if rule is None:
        return {"automatic": [], "manual": [], "current_user": "missing"}
    return {
        "automatic": _words(rule.automatic),
        "manual": _words(rule.manual),
        "current_user": (view.featured_by_viewer or _for_anybody(view, rule)).value,
    }


def _for_anybody(view: AccountView, rule: Rule) -> Verdict:
    """Return what a rule says where it is not known how whoever looks stands to the account."""
    found = may_feature(view, Standing())
    narrow = {FOLLOWERS, FOLLOWING} & {*rule.automatic, *rule.manual}
    return Verdict.UNKNOWN if narrow and not found.possible else found


def quote_policy(policy: Policy) -> str:
    """Return a quote policy in Mastodon's words, which know nobody who has to ask."""
    return quote_word(choice_of(Interaction.QUOTE, policy))


def quote_word(word: str) -> str:
    """Return Mastodon's word for a choice of ours."""
    return "followers" if word == "ask" else word


def _words(named: tuple[str, ...]) -> list[str]:
    found = [word for word in _SAID if word in named]
    strange = [word for word in named if word not in GROUPS and word != AUTHOR]
    return [*found, "unsupported_policy"] if strange else found
