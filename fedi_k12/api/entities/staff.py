"""What the apps of those who moderate read: https://docs.joinmastodon.org/methods/admin/."""

from collections.abc import Mapping
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


class AdminDomainBlock(TypedDict):
    """How a server is restrained: https://docs.joinmastodon.org/entities/Admin_DomainBlock/."""

    id: Id
    domain: str
    digest: str
    created_at: Moment
    severity: str
    reject_media: bool
    reject_reports: bool
    private_comment: str | None
    public_comment: str | None
    obfuscate: bool
    ground: str | None
    """Ours: the rule that it breaks, of the list at `/about/forum-rules`."""


class AdminDomainAllow(TypedDict):
    """A server that is let in: https://docs.joinmastodon.org/entities/Admin_DomainAllow/."""

    id: Id
    domain: str
    created_at: Moment


class AdminEmailDomainBlock(TypedDict):
    """A domain that nobody signs up with; its history is not kept here.

    https://docs.joinmastodon.org/entities/Admin_EmailDomainBlock/.
    """

    id: Id
    domain: str
    created_at: Moment
    history: list[dict[str, str]]


class AdminIpBlock(TypedDict):
    """What was decided about a network: https://docs.joinmastodon.org/entities/Admin_IpBlock/."""

    id: Id
    ip: str
    severity: str
    comment: str
    created_at: Moment
    expires_at: Moment | None


DECISIONS: Mapping[str, object] = {
    "domain_blocks": AdminDomainBlock,
    "domain_allows": AdminDomainAllow,
    "email_domain_blocks": AdminEmailDomainBlock,
    "ip_blocks": AdminIpBlock,
}
"""What staff decide about, by the name in its address."""
LISTS_OF_DECISIONS: Mapping[str, object] = {
    "domain_blocks": list[AdminDomainBlock],
    "domain_allows": list[AdminDomainAllow],
    "email_domain_blocks": list[AdminEmailDomainBlock],
    "ip_blocks": list[AdminIpBlock],
}
