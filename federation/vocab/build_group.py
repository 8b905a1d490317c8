"""Build what a group says (FEP-1b12): posts in it, and what it passes on. Pure."""

from collections.abc import Mapping
from datetime import datetime

from federation.vocab.build_parts import moment
from federation.vocab.contexts import PUBLIC


def in_group(
    document: Mapping[str, object], *, group_uri: str, title: str = ""
) -> dict[str, object]:
    """Return a post's document as it is in a group; with a title, as a `Page`."""
    to = document["to"] if isinstance(document["to"], list) else []
    page = {"type": "Page", "name": title, "commentsEnabled": True} if title else {}
    rest = [uri for uri in to if uri != group_uri]
    return {**document, "to": [*rest, group_uri], "audience": group_uri, **page}


def for_group(activity: Mapping[str, object], *, group_uri: str | None) -> dict[str, object]:
    """Return an activity that says in which group it is; for None as it was."""
    return {**activity, "audience": group_uri} if group_uri else dict(activity)


def build_group_announce(
    activity: Mapping[str, object],
    *,
    uri: str,
    group_uri: str,
    followers_uri: str,
    published: datetime,
) -> dict[str, object]:
    """Return the Announce of an activity, which stands in it just as it came."""
    return {
        "id": uri,
        "type": "Announce",
        "actor": group_uri,
        "published": moment(published),
        "to": [PUBLIC],
        "cc": [followers_uri],
        "audience": group_uri,
        "object": activity,
    }
