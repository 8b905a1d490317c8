"""Who may do what: one table, asked through `decide`."""

from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.delegates import Deed, Delegation, may, why_not
from fedi_k12.domain.officials import Standing


class Role(StrEnum):
    """What a member may do here, each including the ones before."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"

    def at_least(self, other: "Role") -> bool:
        """Return whether this role includes `other`."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Actor(Struct, frozen=True):
    """Who does something: the person, and the account acted for.

    For a personal account they belong together; a delegate acts for an official account with
    a sign-in of their own, and `delegation` says what they may do for it. `member_id` is None
    only for the command line.
    """

    account_id: int
    member_id: int | None = None
    role: Role = Role.MEMBER
    delegation: Delegation | None = None


class Action(StrEnum):
    """What needs a permission."""

    PUBLISH = "publish"
    INVITE = "invite"
    REVIEW_MEMBERS = "review members"
    HANDLE_REPORTS = "handle reports"
    REVIEW_HOLDS = "let new servers in"
    SUSPEND = "suspend accounts"
    RESTRAIN = "restrain accounts"
    DECIDE_ENTRY = "decide who may come in"
    DECIDE_HOSTS = "decide about hosts"
    CHANGE_SITE = "change the site"
    KEEP_EMOJIS = "look after the emojis"
    MAKE_OFFICIALS = "look after official accounts"
    READ_RECORDS = "read the records of official accounts"
    GIVE_ALERTS = "say who may raise alerts"
    GIVE_ROLES = "give roles"
    SEE_METRICS = "see metrics"


NEEDED: dict[Action, Role] = {
    Action.PUBLISH: Role.MEMBER,
    Action.INVITE: Role.MODERATOR,
    Action.REVIEW_MEMBERS: Role.MODERATOR,
    Action.HANDLE_REPORTS: Role.MODERATOR,
    Action.REVIEW_HOLDS: Role.MODERATOR,
    Action.SUSPEND: Role.MODERATOR,
    Action.RESTRAIN: Role.MODERATOR,
    Action.DECIDE_ENTRY: Role.MODERATOR,
    Action.DECIDE_HOSTS: Role.ADMIN,
    Action.CHANGE_SITE: Role.ADMIN,
    Action.KEEP_EMOJIS: Role.MODERATOR,
    Action.MAKE_OFFICIALS: Role.ADMIN,
    Action.READ_RECORDS: Role.ADMIN,
    Action.GIVE_ALERTS: Role.ADMIN,
    Action.GIVE_ROLES: Role.OWNER,
    Action.SEE_METRICS: Role.ADMIN,
}


class Decision(Struct, frozen=True):
    """An answer and, for a refusal, why: a sentence for the person who asked."""

    allowed: bool
    why: str = ""


def decide(actor: Actor, action: Action) -> Decision:
    """Return whether the actor may do this, and why not."""
    needed = NEEDED[action]
    if actor.role.at_least(needed):
        return Decision(True)
    return Decision(False, f"To {action.value}, one needs to be {needed.value} here.")


class Judged(Struct, frozen=True):
    """Whom staff decide about; `role` is None where nobody signs in to the account."""

    account_id: int
    member_id: int | None = None
    role: Role | None = None


def decide_about(actor: Actor, action: Action, judged: Judged) -> Decision:
    """Return whether the actor may do this to somebody, and why not.

    Nobody decides about themselves, whichever account they act for, nor about who has a
    higher role.
    """
    decision = decide(actor, action)
    if not decision.allowed:
        return decision
    own = judged.member_id is not None and judged.member_id == actor.member_id
    if own or judged.account_id == actor.account_id:
        return Decision(False, "One cannot decide about oneself. Ask another moderator.")
    if judged.role is not None and not actor.role.at_least(judged.role):
        return Decision(False, "One cannot decide about somebody with a higher role.")
    return decision


class Gate(Struct, frozen=True):
    """What happens with a post that somebody wants to publish: the one gate before it is out.

    `hold_seconds` pass before other servers are told. Approval is for official accounts. With
    `unfit` the account is what is wrong, not who writes: nobody could publish for it now.
    """

    publish: bool = True
    hold_seconds: int = 0
    needs_approval: bool = False
    why: str = ""
    unfit: bool = False
    official: bool = False


def gate_before_publication(
    actor: Actor,
    *,
    standing: Standing | None = None,
    answers: bool = False,
    needs_approval: bool = False,
    hold_seconds: int = 0,
) -> Gate:
    """Return what is to happen with a post written by this actor: publish, hold, or refuse.

    `standing` is that of an official account, None for others. `answers` says whether the
    post answers another, `needs_approval` whether a second person has to read it first.
    """
    decision = decide(actor, Action.PUBLISH)
    if not decision.allowed:
        return Gate(publish=False, why=decision.why)
    if standing is None:
        return Gate(hold_seconds=hold_seconds)
    deed = Deed.ANSWER if answers else Deed.WRITE
    if not may(actor.delegation, deed):
        return Gate(publish=False, why=why_not(actor.delegation, deed))
    if actor.delegation is not None and actor.delegation.emergency:
        # reviewed afterwards, and sent before anybody has second thoughts.
        return Gate()
    if standing.silent_because:
        return Gate(publish=False, why=standing.silent_because, unfit=True)
    return Gate(
        hold_seconds=max(hold_seconds, standing.hold_seconds), needs_approval=needs_approval
    )
