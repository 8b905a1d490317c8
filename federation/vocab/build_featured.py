"""Build what we send about what an account features: pinned posts and hashtags. Pure."""

from typing import Literal

from federation.vocab.contexts import PUBLIC


def build_hashtag(name: str, url: str) -> dict[str, object]:
    """Return a hashtag as it is featured: `name` without its #, and its page."""
    return {"type": "Hashtag", "href": url, "name": f"#{name}"}


def build_featuring(
    kind: Literal["Add", "Remove"],
    *,
    uri: str,
    actor_uri: str,
    followers_uri: str,
    featured: object,
    collection_uri: str,
) -> dict[str, object]:
    """Return that an account begins to feature something, or no longer does."""
    return {
        "id": uri,
        "type": kind,
        "actor": actor_uri,
        "object": featured,
        "target": collection_uri,
        "to": [PUBLIC],
        "cc": [followers_uri],
    }
