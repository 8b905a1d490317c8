"""Build the wish to follow, and its answers. Pure."""

from typing import Literal


def build_follow(*, uri: str, actor_uri: str, target_uri: str) -> dict[str, object]:
    """Return the wish to follow."""
    return {
        "id": uri,
        "type": "Follow",
        "actor": actor_uri,
        "object": target_uri,
        "to": [target_uri],
    }


def build_answer(
    kind: Literal["Accept", "Reject"],
    *,
    uri: str,
    actor_uri: str,
    follower_uri: str,
    follow_uri: str,
    asked_by: str = "Follow",
) -> dict[str, object]:
    """Return the Accept or Reject of a Follow (of a group also a Join), carried in full."""
    follow = {
        "id": follow_uri,
        "type": asked_by,
        "actor": follower_uri,
        "object": actor_uri,
    }
    return {
        "id": uri,
        "type": kind,
        "actor": actor_uri,
        "object": follow,
        "to": [follower_uri],
    }
