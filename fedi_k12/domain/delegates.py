"""Who may do what for an official account: one table, asked through `decide_for`.

An official account speaks for a school, a team or a whole district. Nobody signs in to it:
people who were delegated act for it, each with a sign-in of their own.
"""

from dataclasses import dataclass
from enum import StrEnum


class DelegateRole(StrEnum):
    """What a person may do for an official account, each including the ones before."""

    RESPONDER = "responder"
    AUTHOR = "author"
    APPROVER = "approver"
    MANAGER = "manager"

    def at_least(self, other: "DelegateRole") -> bool:
        """Return whether this role includes `other`."""
        order = list(DelegateRole)
        return order.index(self) >= order.index(other)


class Deed(StrEnum):
    """What is done for an official account."""

    READ = "read what it is told"
    ANSWER = "answer"
    WRITE = "write posts"
    APPROVE = "approve posts"
    MANAGE = "change what it says of itself and who acts for it"
    NEVER = "do this"
    """What nobody does for it: move or delete it, take its data along, its sign-in."""


NEEDED: dict[Deed, DelegateRole | None] = {
    Deed.READ: DelegateRole.RESPONDER,
    Deed.ANSWER: DelegateRole.RESPONDER,
    Deed.WRITE: DelegateRole.AUTHOR,
    Deed.APPROVE: DelegateRole.APPROVER,
    Deed.MANAGE: DelegateRole.MANAGER,
    Deed.NEVER: None,
}

MANAGERS_NEEDED = 2
"""With fewer nothing is posted: one person's leaving must not silence or capture a school."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """That a person acts for an official account; on probation they publish nothing alone."""

    role: DelegateRole
    probationary: bool = False


def may(delegation: Delegation | None, deed: Deed) -> bool:
    """Return whether somebody with this delegation may do this; without one, nothing."""
    needed = NEEDED.get(deed)
    return delegation is not None and needed is not None and delegation.role.at_least(needed)


def why_not(delegation: Delegation | None, deed: Deed) -> str:
    """Return the sentence of a refusal, for the person who asked."""
    needed = NEEDED.get(deed)
    if delegation is None:
        return "You do not act for this account."
    if needed is None:
        return "Nobody can do this for an official account. Speak as yourself again first."
    return (
        f"To {deed.value} for this account, one needs to be {needed.value}. "
        f"You are {delegation.role.value}."
    )
