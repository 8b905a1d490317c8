"""Build what moderation says to other servers: Flag and Block."""

from collections.abc import Sequence


def build_flag(
    *, uri: str, actor_uri: str, target_uri: str, post_uris: Sequence[str], content: str
) -> dict[str, object]:
    """Return the Flag of an account and posts of it, by this server itself."""
    return {
        "id": uri,
        "type": "Flag",
        "actor": actor_uri,
        "object": [target_uri, *post_uris],
        "content": content,
        "to": [target_uri],
    }


def build_block(*, uri: str, actor_uri: str, target_uri: str) -> dict[str, object]:
    """Return the Block of an account by a member who wants it to be known."""
    return {
        "id": uri,
        "type": "Block",
        "actor": actor_uri,
        "object": target_uri,
        "to": [target_uri],
    }
