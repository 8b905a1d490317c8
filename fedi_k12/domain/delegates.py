"""Who may do what for an official account: one table, asked through `decide_for`.

An official account speaks for a school, a team or a whole district. Nobody signs in to it:
people who were delegated act for it, each with a sign-in of their own.
"""

from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.words import marked, words


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

    READ = "read"
    ANSWER = "answer"
    WRITE = "write"
    APPROVE = "approve"
    MANAGE = "manage"
    """Change what it says of itself, and who acts for it."""
    NEVER = "never"
    """What nobody does for it: move or delete it, take its data along, its sign-in."""


NEEDED: dict[Deed, DelegateRole | None] = {
    Deed.READ: DelegateRole.RESPONDER,
    Deed.ANSWER: DelegateRole.RESPONDER,
    Deed.WRITE: DelegateRole.AUTHOR,
    Deed.APPROVE: DelegateRole.APPROVER,
    Deed.MANAGE: DelegateRole.MANAGER,
    Deed.NEVER: None,
}

ROLE_WORDS = {
    "responder": marked("Responder"),
    "author": marked("Author"),
    "approver": marked("Approver"),
    "manager": marked("Manager"),
}
ROLE_MEANINGS = {
    "responder": marked("Reads what it is told and answers."),
    "author": marked("Writes posts, too."),
    "approver": marked("Lets out what authors wrote, too."),
    "manager": marked("Changes what it says of itself and who acts for it, too."),
}

MANAGERS_NEEDED = 2
"""With fewer nothing is posted: one person's leaving must not silence or capture a school."""


class Delegation(Struct, frozen=True):
    """That a person acts for an official account; on probation they publish nothing alone."""

    role: DelegateRole
    probationary: bool = False
    emergency: bool = False
    """Raises an alert: publishes alone and at once. Given by `services.alerts` for one post."""
    unread: str = ""
    """The page of the guide that they did not accept yet: until then they only read (S-45)."""


def may(delegation: Delegation | None, deed: Deed) -> bool:
    """Return whether somebody with this delegation may do this; without one, nothing."""
    needed = NEEDED.get(deed)
    if delegation is None or needed is None or (delegation.unread and deed is not Deed.READ):
        return False
    return delegation.role.at_least(needed)


_ONLY = {
    DelegateRole.RESPONDER: marked("Only who acts for this account may do that."),
    DelegateRole.AUTHOR: marked(
        "Only authors, approvers and managers of this account may do that."
    ),
    DelegateRole.APPROVER: marked("Only approvers and managers of this account may do that."),
    DelegateRole.MANAGER: marked("Only managers of this account may do that."),
}


def why_not(delegation: Delegation | None, deed: Deed) -> str:
    """Return the sentence of a refusal, for the person who asked."""
    needed = NEEDED.get(deed)
    if delegation is None:
        return words("You do not act for this account.")
    if needed is None:
        return words(
            "Nobody can do this for an official account. Speak as yourself again first."
        )
    if delegation.unread and delegation.role.at_least(needed):
        return words(
            "Before you do anything for this account, read its guide and accept it: %(page)s",
            page=delegation.unread,
        )
    return words(_ONLY[needed])
