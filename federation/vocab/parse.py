"""Read the envelope of an activity: who does what with what, and who is to know."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import same_origin

ACTIVITIES = frozenset(
    {
        "Accept", "Add", "Announce", "AnnounceRequest", "Block", "Create", "Delete",
        "Dislike", "EmojiReact", "FeatureRequest", "Flag", "Follow", "Ignore",
        "Invite", "Join", "Leave", "Like", "LikeRequest", "Lock", "Move", "QuoteRequest",
        "Reject", "Remove",
        "ReplyRequest", "TentativeAccept", "TentativeReject", "Undo", "Update", "View",
    }
)  # fmt: skip
MAX_SEVERAL = 500
"""As many as a question may have answers."""
_MAY_LACK_ID = frozenset({"Follow", "Undo", "Accept", "Reject", "Add", "Remove"})
"""Mastodon gives its Add and Remove none."""


class Activity(Struct, frozen=True):
    """An activity's envelope; `raw` is what was sent."""

    id: str
    """Empty for one of the passing kinds that came without."""
    key: str
    """What says that this activity is the same as another: its id, or made of its parts."""
    type: str
    actor: str
    object_id: str
    object_type: str
    object: Json | None
    """The object as it was embedded; true only of what its origin may say."""
    target_id: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published: datetime | None
    raw: Json


def parse_activity(raw: object) -> Activity:
    """Return the envelope of `raw`, or raise `InvalidError` naming what is missing."""
    if not isinstance(raw, Mapping):
        raise InvalidError("An activity is a JSON object.")
    kind = next((name for name in values.types(raw) if name in ACTIVITIES), "")
    if not kind:
        kind = next(iter(values.types(raw)), "")
        if not kind:
            raise InvalidError("type: exactly one is needed.")
    actor = _needed(raw, "actor")
    found = raw.get("object")
    if isinstance(found, list):
        # Some servers put one thing into a list; several at once are nobody's practice here.
        found = (
            found[0] if len(found) == 1 or (found and kind in {"Flag", "Announce"}) else None
        )
    if found is None and kind == "Create":
        # Votes for several answers may come together (GoToSocial): the first stands for all.
        found = next(iter(several(raw)), None)
    embedded = found if isinstance(found, Mapping) else None
    object_id = values.id_of(found)
    if not object_id and embedded is None:
        raise InvalidError("object: an id or an object is needed.")
    activity_id = values.id_of(raw.get("id"))
    if activity_id:
        values.remote_id(activity_id)
        if not same_origin(activity_id, actor):
            raise InvalidError("id: it is not of the actor's server.")
    elif kind not in _MAY_LACK_ID:
        raise InvalidError("id: one is needed.")
    return Activity(
        id=activity_id,
        key=activity_id or _key(kind, actor, object_id, embedded, raw),
        type=kind,
        actor=actor,
        object_id=object_id,
        object_type=next(iter(values.types(embedded)), "") if embedded is not None else "",
        object=embedded,
        target_id=values.id_of(raw.get("target")),
        to=values.ids(raw.get("to")),
        cc=values.ids(raw.get("cc")),
        published=values.moment(raw.get("published")),
        raw=raw,
    )


def several(raw: Json) -> tuple[Json, ...]:
    """Return the votes of an activity that carries several; nothing else comes so."""
    found = raw.get("object")
    if not isinstance(found, list) or len(found) > MAX_SEVERAL:
        return ()
    votes = [one for one in found if isinstance(one, Mapping)]
    fit = all("name" in one and not one.get("content") for one in votes)
    return tuple(votes) if fit and len(votes) == len(found) else ()


def _needed(raw: Json, name: str) -> str:
    value = raw.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    try:
        return values.remote_id(value)
    except InvalidError as error:
        raise InvalidError(f"{name}: an id is needed.") from error


def _key(kind: str, actor: str, object_id: str, embedded: Json | None, raw: Json) -> str:
    target = values.id_of(raw.get("target")) if kind in {"Add", "Remove"} else ""
    inner = values.id_of(embedded.get("object")) if embedded is not None else ""
    digest = hashlib.sha256(f"{kind} {object_id} {inner}{target}".encode()).hexdigest()
    return f"{actor}#{kind.lower()}/{digest[:32]}"
