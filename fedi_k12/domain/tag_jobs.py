"""Jobs about hashtags of the district; see `domain.jobs`."""

from msgspec import Struct


class AnnounceTagged(Struct, frozen=True):
    """Let the accounts of the district's hashtags pass a post on, or take that back.

    Which of the two, and which accounts, is decided by how the post stands when it is done.
    """

    post_id: int
