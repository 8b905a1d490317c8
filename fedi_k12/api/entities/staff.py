"""What the apps of those who moderate read: https://docs.joinmastodon.org/methods/admin/."""

from typing import NotRequired, TypedDict

from fedi_k12.api.entities.people import Account, Role
from fedi_k12.api.entities.posts import Status
from fedi_k12.api.entities.server import Rule
from fedi_k12.api.entities.values import Id, Moment


class AdminIp(TypedDict):
    """From where somebody came, and when; this server does not keep it."""

    ip: str
    used_at: Moment


class AdminAccount(TypedDict):
    """Somebody, with what staff know: https://docs.joinmastodon.org/entities/Admin_Account/."""

    id: Id
    username: str
    domain: str | None
    created_at: Moment
    email: str | None
    ip: str | None
    ips: list[AdminIp]
    role: Role | None
    confirmed: bool
    approved: bool
    disabled: bool
    silenced: bool
    sensitized: bool
    suspended: bool
    locale: str | None
    invite_request: str | None
    account: Account
    invited_by_account_id: NotRequired[Id]


class AdminReport(TypedDict):
    """What somebody told the moderators: https://docs.joinmastodon.org/entities/Admin_Report/."""

    id: Id
    action_taken: bool
    action_taken_at: Moment | None
    category: str
    comment: str
    forwarded: bool
    created_at: Moment
    updated_at: Moment
    account: AdminAccount
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: list[Status]
    rules: list[Rule]
