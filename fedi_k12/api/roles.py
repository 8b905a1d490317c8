"""Roles: https://docs.joinmastodon.org/entities/Role/."""

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.collections import MAX_COLLECTIONS
from fedi_k12.domain.permissions import Role

PLAIN = "-99"
"""The id of Mastodon's role of everybody."""
_AUDIT_LOG, _REPORTS, _BLOCKS, _USERS = 1 << 2, 1 << 4, 1 << 7, 1 << 10
_USER_ACCESS, _DELETE_DATA = 1 << 18, 1 << 19
_PERMISSIONS = {
    Role.MEMBER: 0,
    Role.MODERATOR: _AUDIT_LOG | _REPORTS | _BLOCKS | _USERS | _USER_ACCESS | _DELETE_DATA,
    # Mastodon's bit of who may everything.
    Role.ADMIN: 1 | _REPORTS,
    Role.OWNER: 1,
}
OFFICIAL = {"id": "official", "name": "Official account", "color": ""}
"""The AccountRole of an account that speaks for a school or the district: what it is in words.

https://docs.joinmastodon.org/entities/Account/#roles
"""


def shown(view: AccountView) -> list[dict[str, str]]:
    """Return the AccountRoles of an account: what is said beside its name."""
    if view.official:
        return [OFFICIAL]
    if view.label:
        kind = "column" if view.column else "personal"
        return [{"id": kind, "name": str(view.label), "color": ""}]
    return []


def role(given: Role) -> dict[str, object]:
    """Return a Role, with the bits of Mastodon's permissions."""
    plain = given is Role.MEMBER
    return {
        "id": PLAIN if plain else given.value,
        "name": "" if plain else given.value.title(),
        "permissions": str(_PERMISSIONS[given]),
        "color": "",
        "highlighted": False,
        "collection_limit": MAX_COLLECTIONS,
    }


def role_named(number: str) -> Role | None:
    """Return the role with this id, or None where there is none."""
    if number == PLAIN:
        return Role.MEMBER
    return next((one for one in Role if one.value == number and one is not Role.MEMBER), None)
