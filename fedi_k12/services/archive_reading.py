"""Read the ZIP file of an archive from X or Facebook, within bounds.

Nothing is unpacked: files are found by their names in the archive and read into memory up to
a size, whatever the archive says of them, so no name leads anywhere and no bomb goes off.
Pure work of the processor and the disk: callers run it in a thread.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

import msgspec
from msgspec import Struct

from fedi_k12.domain.archives import (
    FACEBOOK_MESSAGES,
    FACEBOOK_OTHERS,
    FACEBOOK_POSTS,
    MAX_POSTS,
    X_ACCOUNT,
    X_MESSAGES,
    X_TWEETS,
    Left,
    PastOwner,
    PastPost,
    Skipped,
    Source,
    entries_in,
    facebook_post,
    owner_in,
    tweet,
)
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import marked

MAX_FILES = 300_000
MAX_JSON = 134_217_728
"""Bytes of one file of posts."""
MAX_ALL_JSON = 536_870_912
MAX_PICTURE = 33_554_432
DAMAGED = (
    BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What reading a file raises that is none, is locked, or was cut off."""
_NONE = marked(
    "That is no archive of X or Facebook. From X choose the whole ZIP file, from Facebook a "
    "copy of the page’s information in the format JSON, not HTML."
)


class Read(Struct, frozen=True):
    """What an archive holds: the posts that can be taken, oldest first, and what is left."""

    source: Source
    owner: str
    """Whose archive of X it is; of Facebook it does not say."""
    posts: tuple[PastPost, ...]
    left: Mapping[str, int]
    """How many entries are not taken, by `Left`."""


def read(path: Path, *, now: datetime) -> Read:
    """Return what an archive holds; raises `InvalidError` with what to do about it."""
    try:
        with ZipFile(path) as packed:
            return _read(packed, now)
    except DAMAGED as error:
        raise InvalidError(_NONE) from error


class Pictures:
    """The pictures of an archive, by the names that posts call them."""

    def __init__(self, path: Path) -> None:
        self._packed = ZipFile(path)
        self._by_name = _by_name(self._packed)

    def get(self, name: str) -> bytes | None:
        """Return the bytes of a picture; None where the archive has none, or one too large."""
        info = self._by_name.get(name)
        # Facebook names files from the top of the archive, which may be one folder down.
        info = info or self._by_name.get(_shortened(name))
        if info is None:
            return None
        try:
            return _bytes(self._packed, info, MAX_PICTURE)
        except (InvalidError, *DAMAGED):
            return None

    def close(self) -> None:
        """Let go of the file."""
        self._packed.close()


def _read(packed: ZipFile, now: datetime) -> Read:
    infos = packed.infolist()
    if len(infos) > MAX_FILES:
        raise InvalidError("The archive holds too many files.")
    names = sorted(info.filename for info in infos)
    source = _source(names)
    owner = PastOwner()
    if source is Source.X:
        account = next((name for name in names if X_ACCOUNT.fullmatch(name)), None)
        if account is not None:
            owner = owner_in(_bytes(packed, packed.getinfo(account), MAX_JSON))
    posts: dict[str, PastPost] = {}
    left: Counter[str] = Counter()
    for name, entry in _entries(packed, names, source):
        if source is Source.X:
            found = tweet(entry, owner=owner, folder=_media_folder(name), now=now)
        else:
            found = facebook_post(entry, now=now)
        if isinstance(found, Skipped):
            left[found.why] += 1
        elif posts.setdefault(found.key, found) is found and found.films:
            left[Left.FILM] += found.films
        if len(posts) > MAX_POSTS:
            raise InvalidError("The archive holds too many posts.")
    _count_unopened(packed, names, source, left)
    ordered = sorted(posts.values(), key=lambda one: (one.at, one.key))
    return Read(source, owner.name, tuple(ordered), dict(left))


def _source(names: list[str]) -> Source:
    if any(X_TWEETS.fullmatch(name) for name in names):
        return Source.X
    if any(FACEBOOK_POSTS.fullmatch(name) for name in names):
        return Source.FACEBOOK
    raise InvalidError(_NONE)


def _entries(
    packed: ZipFile, names: list[str], source: Source
) -> Iterator[tuple[str, msgspec.Raw]]:
    wanted = X_TWEETS if source is Source.X else FACEBOOK_POSTS
    so_far = 0
    for name in names:
        if not wanted.fullmatch(name):
            continue
        data = _bytes(packed, packed.getinfo(name), MAX_JSON)
        so_far += len(data)
        if so_far > MAX_ALL_JSON:
            raise InvalidError("The archive holds too many posts.")
        for entry in entries_in(data):
            yield name, entry


def _count_unopened(
    packed: ZipFile, names: list[str], source: Source, left: Counter[str]
) -> None:
    """Count what others wrote on the page, and files of direct messages, which stay closed."""
    messages = X_MESSAGES if source is Source.X else FACEBOOK_MESSAGES
    left[Left.MESSAGES] += sum(bool(messages.fullmatch(name)) for name in names)
    if source is Source.FACEBOOK:
        for name in names:
            if FACEBOOK_OTHERS.fullmatch(name):
                data = _bytes(packed, packed.getinfo(name), MAX_JSON)
                left[Left.OTHERS] += len(entries_in(data))
    for why in [why for why, number in left.items() if not number]:
        del left[why]


def _media_folder(name: str) -> str:
    """Return where the archive keeps the pictures of the posts in a file, `…/tweets_media/`."""
    file = PurePosixPath(name)
    stem = file.stem.partition("-")[0]
    return f"{file.parent.as_posix()}/{stem}_media/"


def _by_name(packed: ZipFile) -> dict[str, ZipInfo]:
    found: dict[str, ZipInfo] = {}
    for info in packed.infolist():
        found.setdefault(info.filename, info)
        found.setdefault(_shortened(info.filename), info)
    return found


def _shortened(name: str) -> str:
    """Return a name from the folder of posts on, by which files of Facebook are told apart."""
    _before, mark, rest = name.rpartition("posts/")
    return mark + rest if mark else name


def _bytes(packed: ZipFile, info: ZipInfo, most: int) -> bytes:
    with packed.open(info) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InvalidError("A file in the archive is far too large.")
    return data
