"""What apps can listen to: https://docs.joinmastodon.org/methods/streaming/#streams."""

from msgspec import Struct

from fedi_k12.domain.errors import ForbiddenError, MalformedError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.scopes import covers
from fedi_k12.domain.text import tag_key

PUBLIC = (
    "public",
    "public:media",
    "public:local",
    "public:local:media",
    "public:remote",
    "public:remote:media",
)
TAGS = ("hashtag", "hashtag:local")
NAMES = ("user", "user:notification", *PUBLIC, *TAGS, "list", "direct")


class Stream(Struct, frozen=True):
    """One stream; `key` is the hashtag's key or the list's id where the name needs one."""

    name: str
    key: str = ""


class Subscription(Struct, frozen=True):
    """A stream with the words by which the app that asked for it knows it again."""

    stream: Stream
    label: tuple[str, ...]


class UnknownStreamError(MalformedError):
    """A stream that does not exist, or one without its hashtag or list."""


def subscription(name: str, *, tag: str = "", list_id: str = "") -> Subscription:
    """Return what an app asks for by these words; raise `UnknownStreamError`."""
    if name not in NAMES:
        raise UnknownStreamError("Unknown stream type")
    if name in TAGS:
        key = tag_key(tag.lstrip("#"))
        if not key:
            raise UnknownStreamError("Missing tag name parameter")
        return Subscription(Stream(name, key), (name, tag))
    if name == "list":
        number = parse_id(list_id)
        if number is None:
            raise UnknownStreamError("Missing list name parameter")
        return Subscription(Stream(name, str(number)), (name, list_id))
    return Subscription(Stream(name), (name,))


def check_scopes(stream: Stream, scopes: frozenset[str]) -> None:
    """Refuse a stream that a token with these scopes does not open, as Mastodon does.

    `user` opens with `read:statuses`, and is without notifications unless the token may read
    those too.
    """
    needed = "read:notifications" if stream.name == "user:notification" else "read:statuses"
    if not covers(scopes, needed):
        raise ForbiddenError("This action is outside the authorized scopes")


def public_streams(*, local: bool, has_media: bool) -> list[Stream]:
    """Return the public streams that a post belongs to."""
    place = "local" if local else "remote"
    names = ["public", f"public:{place}"]
    if has_media:
        names += [f"{name}:media" for name in names]
    return [Stream(name) for name in names]


def tag_streams(keys: list[str], *, local: bool) -> list[Stream]:
    """Return the hashtag streams that a post with these tags belongs to."""
    names = TAGS if local else TAGS[:1]
    return [Stream(name, key) for key in keys for name in names]
