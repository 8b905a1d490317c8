"""Who judges what is said to an official account: who approves for it, and moderators."""

from fedi_k12.domain.delegates import Deed, may, why_not
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Action, Actor, decide


def is_staff(actor: Actor | None) -> bool:
    """Return whether somebody moderates here, as themselves."""
    return (
        actor is not None
        and actor.delegation is None
        and decide(actor, Action.RESTRAIN).allowed
    )


def may_judge(actor: Actor | None, account_id: int) -> bool:
    """Return whether somebody judges what is said to this account."""
    if actor is None:
        return False
    acts_for = actor.account_id == account_id and may(actor.delegation, Deed.APPROVE)
    return acts_for or is_staff(actor)


def demand(actor: Actor, account_id: int) -> None:
    """Refuse who does not judge what is said to this account."""
    if not may_judge(actor, account_id):
        raise ForbiddenError(why_not(actor.delegation, Deed.APPROVE))


def whose(actor: Actor) -> int | None:
    """Return the account whose answers somebody judges, None for all of them.

    Raises `ForbiddenError` for who judges none.
    """
    if is_staff(actor):
        return None
    if not may(actor.delegation, Deed.APPROVE):
        raise ForbiddenError(why_not(actor.delegation, Deed.APPROVE))
    return actor.account_id
