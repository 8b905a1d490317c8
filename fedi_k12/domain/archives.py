"""What an official account said on X or Facebook before, out of the archives of those (S-22).

X: the files `data/tweets.js` of the archive that its settings make
(https://help.x.com/en/managing-your-account/how-to-download-your-x-archive). Facebook: the
files of posts in a copy of a page's information, in the format JSON. Taken is what the account
itself said to everybody. Left out are answers to others, what others said, and direct messages,
whose files are never opened.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.text import clean_line, without_tracking
from fedi_k12.domain.words import marked

MAX_POSTS = 200_000
MAX_TEXT = 70_000
"""Facebook takes some 63,000 characters."""
MAX_LINE = 10_000
MAX_PICTURES = 20
MAX_COMMAS = 6_000_000
"""In a file of posts: a real one has some forty for each post, and far fewer in all."""
PAGE = 20
"""Posts on a page of an archive."""
EARLIEST = datetime(2004, 1, 1, tzinfo=UTC)
"""Neither of the two is older."""
X_TWEETS = re.compile(r"(?:.*/)?data/tweets?(?:-part\d+)?\.js")
X_ACCOUNT = re.compile(r"(?:.*/)?data/account\.js")
X_MESSAGES = re.compile(r"(?:.*/)?data/direct-messages?[^/]*\.js")
FACEBOOK_POSTS = re.compile(r"(?:.*/)?posts/(?:your|profile|page)_posts[^/]*\.json")
FACEBOOK_OTHERS = re.compile(
    r"(?:.*/)?posts/(?:other_people|visitor_posts|posts_by_others)[^/]*\.json"
)
FACEBOOK_MESSAGES = re.compile(r"(?:.*/)?messages/.*\.json")
_ASSIGNED = re.compile(rb"^\s*window\.YTD\.[\w.]+\s*=\s*")
_TWEET_KEY = re.compile(r"\d{1,25}")
_NAME = re.compile(r"\w{1,50}")
_X_TIME = "%a %b %d %H:%M:%S %z %Y"
_ON_ANOTHERS = re.compile(r" wrote on .+ timeline\.?$| replied to | commented on ")
_NOT_READ = (ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError)


class Source(StrEnum):
    """Where an archive comes from."""

    X = "x"
    FACEBOOK = "facebook"


NAMES: Mapping[Source, str] = {Source.X: "X", Source.FACEBOOK: "Facebook"}


class Left(StrEnum):
    """Why something of an archive was not taken."""

    REPLY = "reply"
    REPOST = "repost"
    OTHERS = "others"
    MESSAGES = "messages"
    FILM = "film"
    EMPTY = "empty"
    UNREAD = "unread"
    PICTURE = "picture"
    KNOWN = "known"


LEFT_WORDS: Mapping[Left, str] = {
    Left.REPLY: marked("answers to others, or words on their pages"),
    Left.REPOST: marked("posts of others that were passed on"),
    Left.OTHERS: marked("posts of others on the page"),
    Left.MESSAGES: marked("files of direct messages, which nobody opened"),
    Left.FILM: marked("films: pictures only are taken"),
    Left.EMPTY: marked("entries without words and pictures"),
    Left.UNREAD: marked("entries that could not be read"),
    Left.PICTURE: marked("pictures that are not in the archive, or are broken"),
    Left.KNOWN: marked("posts that were here already"),
}


class PastPicture(Struct, frozen=True):
    """A picture of a post: the name of its file in the archive, and what it shows."""

    name: str
    alt: str = ""


class PastPost(Struct, frozen=True):
    """What an account said once."""

    key: str
    """What makes it the same post, however often its archive is made."""
    at: datetime
    text: str
    pictures: tuple[PastPicture, ...] = ()
    films: int = 0
    """So many films belonged to it, which are not taken."""


class Skipped(Struct, frozen=True):
    """An entry that is not taken."""

    why: Left


class PastOwner(Struct, frozen=True):
    """Whose archive of X it is; empty where the archive does not say."""

    number: str = ""
    name: str = ""


def entries_in(data: bytes) -> list[msgspec.Raw]:
    """Return the entries of a file of posts, each as its own JSON.

    What stands before the JSON in files of X (`window.YTD.tweets.part0 = `) is left away; of an
    object the first list in it is taken, as Facebook wraps some. Raises `InvalidError` for
    what is no JSON.
    """
    plain = _ASSIGNED.sub(b"", data.removeprefix(b"\xef\xbb\xbf"), count=1).strip()
    if plain.count(b",") > MAX_COMMAS:
        raise InvalidError("The archive holds too many posts.")
    try:
        if plain.startswith(b"{"):
            wrapped = msgspec.json.decode(plain, type=dict[str, msgspec.Raw])
            plain = next(
                (bytes(one) for one in wrapped.values() if bytes(one).startswith(b"[")), plain
            )
            if plain.startswith(b"{"):
                return [msgspec.Raw(plain)]
        return msgspec.json.decode(plain, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError(
            "A file of posts in this archive is broken. Download the archive once more."
        ) from error


def owner_in(data: bytes) -> PastOwner:
    """Return whose archive of X it is, out of its file `account.js`."""
    try:
        account = _decoded(entries_in(data)[0])["account"]
        number, name = str(account["accountId"]), str(account["username"])
    except (InvalidError, IndexError, *_NOT_READ):
        return PastOwner()
    return PastOwner(
        number if _TWEET_KEY.fullmatch(number) else "", name if _NAME.fullmatch(name) else ""
    )


def tweet(
    entry: msgspec.Raw, *, owner: PastOwner, folder: str, now: datetime
) -> PastPost | Skipped:
    """Return what an entry of X's `tweets.js` says, or why it is not taken.

    `folder` is where the archive keeps the pictures of posts. An answer to oneself is a thread
    and is taken.
    """
    try:
        found = _decoded(entry)
        found = found.get("tweet", found)
        text = html.unescape(str(found.get("full_text") or found.get("text") or ""))
        key = str(found.get("id_str") or found["id"])
        at = datetime.strptime(str(found["created_at"]), _X_TIME).astimezone(UTC)
        if not _TWEET_KEY.fullmatch(key) or not EARLIEST <= at <= now:
            return Skipped(Left.UNREAD)
        if text.startswith("RT @") or found.get("retweeted") is True:
            return Skipped(Left.REPOST)
        if _answers_another(found, owner):
            return Skipped(Left.REPLY)
        media = _list(
            (found.get("extended_entities") or found.get("entities") or {}).get("media")
        )
        pictures, films = _tweet_media(media, key, folder)
        text = _with_addresses(text, _list((found.get("entities") or {}).get("urls")), media)
    except _NOT_READ:
        return Skipped(Left.UNREAD)
    return _made(key, at, text, pictures, films)


def facebook_post(entry: msgspec.Raw, *, now: datetime) -> PastPost | Skipped:
    """Return what an entry of Facebook's files of posts says, or why it is not taken.

    Facebook gives posts no number: the same moment, words and files are the same post.
    """
    try:
        found = _mended(_decoded(entry))
        at = datetime.fromtimestamp(int(found["timestamp"]), UTC)
        if not EARLIEST <= at <= now:
            return Skipped(Left.UNREAD)
        if _ON_ANOTHERS.search(str(found.get("title") or "")):
            return Skipped(Left.REPLY)
        words = [str(one["post"]) for one in _list(found.get("data")) if one.get("post")]
        pictures: list[PastPicture] = []
        films = 0
        for part in _attached(found):
            media, outside = part.get("media"), part.get("external_context")
            if isinstance(media, dict) and media.get("uri"):
                if _is_picture(str(media["uri"])):
                    alt = str(media.get("description") or "")
                    pictures.append(PastPicture(str(media["uri"]), clean_line(alt, 1500)))
                else:
                    films += 1
            elif isinstance(outside, dict) and outside.get("url"):
                words.append(without_tracking(str(outside["url"])))
        text = "\n\n".join(dict.fromkeys(words))
        said = "\0".join([str(int(found["timestamp"])), text, *(one.name for one in pictures)])
    except _NOT_READ:
        return Skipped(Left.UNREAD)
    key = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    return _made(key, at, text, pictures, films)


def mended(text: str) -> str:
    """Return a text of Facebook's files as it was written.

    They write each byte of UTF-8 as a sign of its own (`Ã©` for `é`); what is no such text is
    returned as it is.
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _made(
    key: str, at: datetime, text: str, pictures: Sequence[PastPicture], films: int
) -> PastPost | Skipped:
    lines = (clean_line(line, MAX_LINE) for line in text[:MAX_TEXT].splitlines())
    plain = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if not plain and not pictures:
        return Skipped(Left.FILM if films else Left.EMPTY)
    return PastPost(key, at, plain, tuple(pictures[:MAX_PICTURES]), films)


def _answers_another(found: Mapping[str, Any], owner: PastOwner) -> bool:
    if not (found.get("in_reply_to_status_id_str") or found.get("in_reply_to_user_id_str")):
        return False
    to = str(found.get("in_reply_to_user_id_str") or "")
    named = str(found.get("in_reply_to_screen_name") or "").lower()
    own = (owner.number and to == owner.number) or (owner.name and named == owner.name.lower())
    return not own


def _tweet_media(
    media: Iterable[Mapping[str, Any]], key: str, folder: str
) -> tuple[list[PastPicture], int]:
    pictures, films = [], 0
    for one in media:
        if one.get("type", "photo") != "photo":
            films += 1
            continue
        address = str(one.get("media_url_https") or one.get("media_url") or "")
        name = urlsplit(address).path.rpartition("/")[2]
        if name:
            alt = clean_line(str(one.get("ext_alt_text") or ""), 1500)
            pictures.append(PastPicture(f"{folder}{key}-{name}", alt))
    return pictures, films


def _with_addresses(
    text: str, links: Iterable[Mapping[str, Any]], media: Iterable[Mapping[str, Any]]
) -> str:
    """Return a text with the addresses it meant, and without those of its own pictures."""
    for one in links:
        short, meant = str(one.get("url") or ""), str(one.get("expanded_url") or "")
        if short and meant.startswith(("https://", "http://")):
            text = text.replace(short, without_tracking(meant))
    for one in media:
        if short := str(one.get("url") or ""):
            text = text.replace(short, "")
    return text


def _attached(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in _list(found.get("attachments")):
        yield from _list(one.get("data"))


def _is_picture(name: str) -> bool:
    return name.lower().rpartition(".")[2] in {"jpg", "jpeg", "png", "gif", "webp"}


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _decoded(entry: msgspec.Raw) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(entry)
    except msgspec.DecodeError as error:
        raise ValueError from error
    if not isinstance(found, dict):
        raise TypeError
    return found


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {name: _mended(one) for name, one in value.items()}
    return value
