"""Build what a moderator of a group decides, as Lemmy and FEP-1b12 put it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from federation.vocab.build import build_undo
from federation.vocab.build_parts import moment
from federation.vocab.contexts import PUBLIC
from fedi_k12.domain.groups import Act

_UNDONE: Mapping[Act, Act] = {
    Act.RESTORE: Act.REMOVE,
    Act.UNLOCK: Act.LOCK,
    Act.UNBAN: Act.BAN,
}
_TYPES: Mapping[Act, str] = {
    Act.REMOVE: "Delete",
    Act.LOCK: "Lock",
    Act.BAN: "Block",
    Act.PIN: "Add",
    Act.UNPIN: "Remove",
    Act.APPOINT: "Add",
    Act.DISMISS: "Remove",
}


class GroupOut(Struct, frozen=True):
    """A group and the lists that its moderators change."""

    uri: str
    featured: str
    moderators: str


def build_ruling(
    act: Act,
    *,
    uri: str,
    actor_uri: str,
    group: GroupOut,
    target_uri: str,
    reason: str = "",
    expires_at: datetime | None = None,
    remove_data: bool = False,
) -> dict[str, object]:
    """Return the activity that tells what a moderator decided."""
    if act in _UNDONE:
        undone = build_ruling(
            _UNDONE[act],
            uri=f"{uri}/undone",
            actor_uri=actor_uri,
            group=group,
            target_uri=target_uri,
            reason=reason,
            expires_at=expires_at,
            remove_data=remove_data,
        )
        return {**build_undo(undone), "id": uri, "audience": group.uri}
    activity: dict[str, object] = {
        "id": uri,
        "type": _TYPES[act],
        "actor": actor_uri,
        "object": target_uri,
        "to": [PUBLIC],
        "cc": [group.uri],
        "audience": group.uri,
    }
    if act in {Act.PIN, Act.UNPIN}:
        activity["target"] = group.featured
    if act in {Act.APPOINT, Act.DISMISS}:
        activity["target"] = group.moderators
    if act is Act.BAN:
        activity |= {"target": group.uri, "removeData": remove_data}
        if expires_at is not None:
            activity["endTime"] = moment(expires_at)
    if reason:
        activity["summary"] = reason
    return activity
