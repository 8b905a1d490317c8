"""Who may find a post by its words (FEP-268d), as its author wishes.

Two signals, and the stricter of them counts: `indexable` of the account (FEP-5feb) and
`searchableBy` of the post or, where it says nothing, of the account.
"""

from enum import StrEnum

from fedi_k12.domain.posts import Visibility


class Searchable(StrEnum):
    """Who may find a post by its words, besides those whom it concerns."""

    PUBLIC = "public"
    """Everybody who may see it."""
    FOLLOWERS = "followers"
    """Those of them who follow its author."""
    SELF = "self"
    """Nobody but its author."""

    @property
    def breadth(self) -> int:
        """How many find it, 2 for everybody."""
        return {"public": 2, "followers": 1, "self": 0}[self.value]


def searchable_by(
    visibility: Visibility, *, indexable: bool, account: str, post: str | None = None
) -> Searchable:
    """Return who may find a post; `account` and `post` are what they say, "" for nothing.

    Only what is public is found by everybody, and only what says so by followers.
    """
    if not indexable or visibility is Visibility.DIRECT:
        return Searchable.SELF
    said = [Searchable(word) for word in (account, post) if word]
    wished = min(said, key=lambda level: level.breadth, default=Searchable.PUBLIC)
    if wished is Searchable.PUBLIC and visibility is not Visibility.PUBLIC:
        return Searchable.SELF
    return wished
