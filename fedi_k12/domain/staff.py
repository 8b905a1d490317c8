"""What staff see of accounts that others do not, and how they look for them."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.permissions import Role

Origin = Literal["", "local", "remote"]
Status = Literal["", "active", "pending", "disabled", "silenced", "suspended", "sensitized"]
"""As https://docs.joinmastodon.org/methods/admin/accounts/ names them; "" for all."""
ORIGINS: tuple[Origin, ...] = ("local", "remote")
STATUSES: tuple[Status, ...] = (
    "active", "pending", "disabled", "silenced", "suspended", "sensitized",
)  # fmt: skip


class AccountFilter(Struct, frozen=True):
    """Which accounts staff look for: those for which all of this holds."""

    origin: Origin = ""
    status: Status = ""
    username: str = ""
    """The beginning of it, as the two below."""
    display_name: str = ""
    domain: str = ""
    """The whole domain of a handle."""
    email: str = ""
    """The whole address."""
    roles: tuple[Role, ...] = ()
    """Of members with one of these; everybody where there is none."""
    invited_by: int | None = None
    """The account of the member whose invitation they followed."""
    text: str = ""
    """What somebody typed to find them: part of a name, a handle, a whole e-mail address."""
    nobody: bool = False
    """What is asked for is nobody's, whatever else holds."""


class StaffAccount(Struct, frozen=True):
    """An account as staff see it; what is said of a member is None for other servers'."""

    view: AccountView
    created_at: datetime
    silenced: bool = False
    sensitized: bool = False
    suspended: bool = False
    member_id: int | None = None
    email: str | None = None
    role: Role | None = None
    locale: str | None = None
    affiliation: str = ""
    staff_since: datetime | None = None
    """Since when those who run this place stand for it that they are staff."""
    confirmed: bool = False
    approved: bool = False
    disabled: bool = False
    invited_by: int | None = None
    """The account of who invited them."""
    reason: str = ""
    """What they wrote to the moderators, for as long as they wait to be let in."""

    @property
    def pending(self) -> bool:
        """Whether somebody waits for a moderator to let them in."""
        return self.member_id is not None and not self.approved
